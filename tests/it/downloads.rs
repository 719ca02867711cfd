//! `download-results`. docs/spec.md section 4.

use std::fs;

use crate::env::{TestEnv, files_below};
use fakes::media::{ContentLength, Serving};
use fakes::{Fake, Job, media};
use serde_json::json;

const BASE: &str = "https://libtv-res.liblib.art/sd-gen-save-img";

fn finished(env: &TestEnv, job: Job) -> String {
    env.gateway().set_default_job(job.clone());
    env.direct_api().set_default_job(job);
    let id = env.submit("a cat");
    env.watch(&id).ok();
    id
}

fn job() -> Job {
    Job::new()
        .works()
        .images(["/sd-gen-save-img/a.png", "/sd-gen-save-img/b.png"])
        .says("done")
}

#[test]
fn results_of_a_session_are_numbered_files_of_their_kind() {
    let env = TestEnv::new();
    let id = finished(&env, job());
    let out = env.folder().join("out");
    let dir = out.to_str().unwrap();
    let reply = env
        .run(["download-results", &id, "--output-dir", dir])
        .ok()
        .json();
    let expected = json!({"output_dir": dir, "downloaded": [format!("{dir}/01.png"), format!("{dir}/02.png")], "total": 2});
    assert_eq!(reply, expected);
    let content = env
        .media()
        .file("/sd-gen-save-img/a.png")
        .unwrap()
        .to_bytes();
    assert_eq!(fs::read(out.join("01.png")).unwrap(), content);
    assert_eq!(
        env.gateway()
            .requests_to("GET /libtv/v1/session/*/results")
            .len(),
        1
    );
}

#[test]
fn a_prefix_stands_before_the_number_and_without_a_folder_it_is_the_users() {
    let env = TestEnv::new();
    let id = finished(
        &env,
        Job::new()
            .works()
            .videos(["/sd-gen-save-img/v.mp4"])
            .says("done"),
    );
    env.run(["download-results", &id, "--prefix", "cat"]).ok();
    assert!(
        env.folder()
            .join("user/Downloads/libtv_results/cat_01.mp4")
            .is_file()
    );
}

#[test]
fn with_a_direct_key_the_messages_are_read() {
    let env = TestEnv::direct();
    let id = finished(&env, job());
    env.run(["download-results", &id, "--output-dir", "out"])
        .ok();
    assert!(env.folder().join("out/02.png").is_file());
}

#[test]
fn addresses_are_taken_instead_of_a_session_but_results_only() {
    let env = TestEnv::new();
    env.run([
        "download-results",
        "--urls",
        &format!("{BASE}/x.mp4"),
        &format!("{BASE}/y.png"),
        "--output-dir",
        "out",
    ])
    .ok();
    assert!(env.folder().join("out/01.mp4").is_file() && env.folder().join("out/02.png").is_file());
    for other in [
        "https://example.com/a.mp4",
        "http://libtv-res.liblib.art/claw/a.mp4",
        "https://libtv-res.liblib.art:8443/claw/a.mp4",
        "https://user@libtv-res.liblib.art/claw/a.mp4",
        "https://libtv-res.liblib.art/other/a.mp4",
        "https://libtv-res.liblib.art/claw/../secret",
        "file:///etc/passwd",
    ] {
        env.run(["download-results", "--urls", other, "--output-dir", "none"])
            .exits(1)
            .says("❌ Not a result URL: ");
    }
    assert_eq!(env.media().requests().len(), 2);
}

#[test]
fn no_results_are_an_error() {
    let env = TestEnv::new();
    env.gateway().set_default_job(Job::never());
    let id = env.submit("a cat");
    let reply = env
        .run(["download-results", &id, "--output-dir", "out"])
        .exits(1)
        .json();
    assert_eq!(
        reply,
        json!({"error": "No result URLs found", "downloaded": []})
    );
    env.run(["download-results", "not-known-here", "--output-dir", "out"])
        .refused("Unknown LibTV session: not-known-here");
}

#[test]
fn five_are_loaded_at_a_time_and_no_more() {
    // As long as five connections may take to be made on a machine that does other things as well.
    const LATENCY_MS: u64 = 1_000;
    let env = TestEnv::new();
    env.media()
        .fault("*", fakes::Fault::Latency(LATENCY_MS), fakes::ALWAYS);
    let urls: Vec<String> = (0..11).map(|n| format!("{BASE}/{n}.png")).collect();
    let mut arguments = vec![
        "download-results".to_owned(),
        "--output-dir".into(),
        "out".into(),
        "--urls".into(),
    ];
    arguments.extend(urls);
    let reply = env.run(&arguments).ok().json();
    assert_eq!(reply["downloaded"].as_array().unwrap().len(), 11);
    let mut at: Vec<u64> = env
        .media()
        .requests()
        .iter()
        .map(|request| request.at_ms)
        .collect();
    at.sort_unstable();
    assert!(
        at[4] - at[0] < LATENCY_MS,
        "the first five come together: {at:?}"
    );
    assert!(
        at[5] - at[0] >= LATENCY_MS - 10,
        "the sixth waits for one of them: {at:?}"
    );
}

#[test]
fn a_truncated_file_is_not_kept_and_does_not_stop_the_others() {
    let env = TestEnv::new();
    let short = Serving {
        truncated_at_bytes: Some(50_000),
        ..Serving::default()
    };
    env.media().put_served(
        "/sd-gen-save-img/short.mp4",
        media::mp4(1000, 100_000, false),
        short,
    );
    let reply = env
        .run([
            "download-results",
            "--urls",
            &format!("{BASE}/short.mp4"),
            &format!("{BASE}/b.png"),
            "--output-dir",
            "out",
        ])
        .exits(1)
        .json();
    assert_eq!(
        (
            &reply["total"],
            reply["downloaded"].as_array().unwrap().len()
        ),
        (&json!(2), 1)
    );
    assert_eq!(reply["errors"][0]["file"], "01.mp4");
    let names: Vec<_> = files_below(&env.folder().join("out"))
        .iter()
        .map(|path| path.file_name().unwrap().to_owned())
        .collect();
    assert_eq!(names, ["02.png"], "nothing half is left");
}

#[test]
fn a_file_without_a_length_is_taken_to_its_end_and_a_wrong_length_is_refused() {
    let env = TestEnv::new();
    let serve = |content_length| Serving {
        content_length,
        ..Serving::default()
    };
    env.media().put_served(
        "/claw/absent.png",
        media::png(64, 64),
        serve(ContentLength::Absent),
    );
    env.media().put_served(
        "/claw/wrong.png",
        media::png(64, 64),
        serve(ContentLength::Above(9)),
    );
    let url = |name: &str| format!("https://libtv-res.liblib.art/claw/{name}.png");
    env.run([
        "download-results",
        "--urls",
        &url("absent"),
        "--output-dir",
        "out",
    ])
    .ok();
    env.run([
        "download-results",
        "--urls",
        &url("wrong"),
        "--output-dir",
        "none",
    ])
    .exits(1);
    assert!(files_below(&env.folder().join("none")).is_empty());
}

#[test]
fn an_existing_file_of_other_content_is_never_overwritten() {
    let env = TestEnv::new();
    let out = env.folder().join("out");
    fs::create_dir(&out).unwrap();
    fs::write(out.join("01.png"), "mine").unwrap();
    let arguments = [
        "download-results",
        "--urls",
        &format!("{BASE}/a.png"),
        "--output-dir",
        "out",
    ];
    let reply = env.run(arguments).exits(1).json();
    assert_eq!(reply["errors"][0]["file"], "01.png");
    assert_eq!(fs::read_to_string(out.join("01.png")).unwrap(), "mine");
    assert_eq!(files_below(&out).len(), 1, "nothing is left beside it");
}

#[test]
fn the_same_download_again_gives_the_same_files() {
    let env = TestEnv::new();
    let arguments = [
        "download-results",
        "--urls",
        &format!("{BASE}/a.png"),
        "--output-dir",
        "out",
    ];
    let first = env.run(arguments).ok().json();
    assert_eq!(
        env.run(arguments).ok().json()["downloaded"],
        first["downloaded"]
    );
    assert_eq!(files_below(&env.folder().join("out")).len(), 1);
}

#[test]
fn the_media_store_is_told_where_the_request_comes_from_and_no_key() {
    let env = TestEnv::new();
    env.media().serve(Serving {
        requires_referer: true,
        ..Serving::default()
    });
    env.run([
        "download-results",
        "--urls",
        &format!("{BASE}/a.png"),
        "--output-dir",
        "out",
    ])
    .ok();
    let request = env.media().requests().remove(0);
    assert_eq!(request.header("referer"), Some("https://www.liblib.art/"));
    assert_eq!(
        (request.header("authorization"), request.header("x-api-key")),
        (None, None)
    );
}

#[test]
fn the_folder_where_keys_are_kept_is_not_opened_for_downloads() {
    let env = TestEnv::new();
    for folder in [env.home(), env.state(), env.folder().to_owned()] {
        let out = env.run([
            "download-results",
            "--urls",
            &format!("{BASE}/a.png"),
            "--output-dir",
            folder.to_str().unwrap(),
        ]);
        out.exits(1).says("❌ ");
    }
    assert!(env.media().requests().is_empty());
}

#[test]
fn a_folder_that_is_refused_is_not_made() {
    let env = TestEnv::new();
    let before = files_below(&env.home());
    let claw = env.home().join("libtv-recipients");
    for folder in [
        "libtv-audit/audit-000009.jsonl",
        "libtv-recipients/x.json",
        "libtv-harness.lock",
        "new/deep",
    ] {
        let folder = env.home().join(folder);
        let existed = folder.exists();
        env.run([
            "download-results",
            "x",
            "--output-dir",
            folder.to_str().unwrap(),
        ])
        .exits(1)
        .says("❌ ");
        assert_eq!(folder.exists(), existed, "{}", folder.display());
    }
    assert!(!claw.join("x.json").exists());
    assert!(files_below(&env.home()).len() >= before.len());
    env.run(["audit", "--verify"]).exits(0);
    env.submit("a cat");
}

#[test]
fn a_page_in_the_place_of_a_film_is_not_put_into_the_users_folder() {
    let env = TestEnv::new();
    let page = fakes::MediaFile::from_bytes("text/html", b"<html>log in</html>");
    env.media().put("/sd-gen-save-img/film.mp4", page);
    let reply = env
        .run([
            "download-results",
            "--urls",
            &format!("{BASE}/film.mp4"),
            &format!("{BASE}/b.png"),
            "--output-dir",
            "out",
        ])
        .exits(1)
        .json();
    assert_eq!(reply["errors"][0]["file"], "01.mp4", "{reply}");
    assert_eq!(reply["downloaded"].as_array().unwrap().len(), 1);
    assert!(!env.folder().join("out/01.mp4").exists());
}

#[test]
fn downloads_go_into_a_folder_with_secrets_below_it_and_not_into_that_of_compiled_code() {
    let env = TestEnv::builder().start();
    let user = env.folder().join("user");
    fs::create_dir_all(user.join(".openclaw")).unwrap();
    fs::write(user.join(".openclaw/openclaw.json"), "{}").unwrap();
    let download = |folder: &std::path::Path| {
        env.run([
            "download-results",
            "--urls",
            &format!("{BASE}/a.png"),
            "--output-dir",
            folder.to_str().unwrap(),
        ])
    };
    download(&user).ok();
    assert!(user.join("01.png").is_file());
    download(&crate::env::cache())
        .exits(1)
        .says("can't be the output folder");
}

#[test]
fn what_a_killed_download_left_is_removed_by_the_next_one() {
    let env = TestEnv::new();
    let out = env.folder().join("out");
    fs::create_dir_all(out.join(".libtv-download-left")).unwrap();
    fs::write(out.join(".libtv-download-left/01.png"), "half").unwrap();
    let url = format!("{BASE}/a.png");
    env.run(["download-results", "--urls", &url, "--output-dir", "out"])
        .ok();
    let names: Vec<_> = files_below(&out);
    assert_eq!(names, [out.join("01.png")]);
    assert!(!out.join(".libtv-download-left").exists());
}

#[test]
fn a_folder_may_be_named_by_the_way_through_another() {
    let env = TestEnv::new();
    let id = finished(&env, job());
    for way in ["out/../out", "./out/deep/../../out/."] {
        let reply = env
            .run(["download-results", &id, "--output-dir", way])
            .ok()
            .json();
        let real = fs::canonicalize(env.folder()).unwrap().join("out");
        assert_eq!(reply["output_dir"], real.to_str().unwrap(), "{way}");
        assert!(real.join("02.png").is_file(), "{way}");
    }
}

#[test]
fn a_large_download_arrives_whole() {
    let env = TestEnv::new();
    let file = media::mp4(5_000, 20 << 20, true);
    env.media().put("/sd-gen-save-img/large.mp4", file.clone());
    env.run([
        "download-results",
        "--urls",
        &format!("{BASE}/large.mp4"),
        "--output-dir",
        "out",
    ])
    .ok();
    assert_eq!(
        fs::metadata(env.folder().join("out/01.mp4")).unwrap().len(),
        file.len()
    );
}
