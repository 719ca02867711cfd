//! The defects of earlier implementations, by number: docs/spec.md section 9. None may come back.

use std::fs;

use crate::env::scenes::{POLL, impatient, one_video, submitted, video_when_advanced};
use crate::env::{CHAT, TestEnv, files_below, texts, wait_until};
use fakes::media::{self, Serving};
use fakes::{ALWAYS, App, Fake, Fault, Job, When};
use serde_json::json;

const BASE: &str = "https://libtv-res.liblib.art";

#[test]
fn defect_01_the_first_url_ended_the_wait() {
    let (env, id) = submitted(Job::images_over_time(9));
    env.watch(&id).ok();
    assert_eq!(texts(&env.chat()), ["[image]"; 9]);
}

#[test]
fn defect_02_one_failed_poll_killed_the_waiter() {
    for fault in [
        Fault::Refuse,
        Fault::Html(502),
        Fault::rate_limited("retry-after", "0"),
    ] {
        let (env, id) = submitted(one_video("/sd-gen-save-img/v.mp4"));
        env.gateway().fault(POLL, fault, 1);
        let _serve = env.serve();
        env.wait_for_messages(CHAT, 1);
        env.watch(&id).ok();
    }
}

#[test]
fn defect_03_a_reply_that_is_no_json_or_an_error_text_crashed_it() {
    for fault in [
        Fault::GarbageOk,
        Fault::ErrorString("busy".into()),
        Fault::Json(200, json!([1, 2])),
        Fault::Json(200, json!(null)),
    ] {
        let (env, id) = submitted(one_video("/sd-gen-save-img/v.mp4"));
        env.gateway().fault(POLL, fault, 1);
        env.watch(&id).ok();
        assert_eq!(env.chat().len(), 1);
    }
}

#[test]
fn defect_04_a_timeout_was_final_and_nobody_was_told() {
    let env = impatient(2);
    let _serve = env.serve();
    let id = env.submit("a cat");
    assert!(texts(&env.wait_for_messages(CHAT, 1))[0].starts_with('⌛'));
    env.gateway().advance(&id);
    assert_eq!(env.wait_for_messages(CHAT, 2)[1].msg_type, "media");
}

#[test]
fn defect_05_continuing_a_session_delivered_nothing_or_the_old_video_and_forgot_the_chat() {
    let name = |env: &TestEnv, at: usize| env.chat()[at].file.clone().unwrap().file_name.unwrap();
    let (env, id) = submitted(one_video("/sd-gen-save-img/turn-{turn}.mp4"));
    env.watch(&id).ok();
    assert_eq!(env.continue_session(&id, "another")["channel"], "feishu");
    env.watch(&id).ok();
    assert_eq!(
        (name(&env, 0), name(&env, 1)),
        ("turn-1.mp4".into(), "turn-2.mp4".into())
    );

    let (env, id) = submitted(one_video("/sd-gen-save-img/turn-{turn}.mp4"));
    env.continue_session(&id, "another");
    env.watch(&id).ok();
    let names: Vec<String> = (0..env.chat().len()).map(|at| name(&env, at)).collect();
    assert!(names.contains(&"turn-2.mp4".to_owned()), "{names:?}");
    assert_eq!(
        names.iter().filter(|name| *name == "turn-1.mp4").count(),
        1,
        "{names:?}"
    );
}

#[test]
fn defect_06_a_half_failed_delivery_sent_everything_again_and_two_waiters_sent_it_twice() {
    let (env, id) = submitted(
        Job::new()
            .works()
            .images(["/claw/1.png", "/claw/2.png", "/claw/3.png"])
            .says("done"),
    );
    env.feishu().fault_after(
        "POST /open-apis/im/v1/messages",
        1,
        Fault::ResetAfterApplied,
        1,
    );
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| env.watch(&id).ok());
        }
    });
    env.run(["recover"]).ok();
    assert_eq!(texts(&env.chat()), ["[image]"; 3]);
}

#[test]
fn defect_07_nothing_resumed_after_a_reboot() {
    let (env, id) = submitted(video_when_advanced("/sd-gen-save-img/v.mp4"));
    let serve = env.serve();
    wait_until(&env.gateway(), |gateway| gateway.polls(&id) >= 1);
    serve.kill();
    env.gateway().advance(&id);
    let _serve = env.serve();
    env.wait_for_messages(CHAT, 1);
}

#[test]
fn defect_08_images_went_as_video_a_missing_scope_was_overlooked_and_a_failed_send_left_nothing() {
    let (env, id) = submitted(Job::new().works().images(["/claw/1.png"]).says("done"));
    env.watch(&id).ok();
    assert_eq!(texts(&env.chat()), ["[image]"]);

    let (env, id) = submitted(one_video("/sd-gen-save-img/v.mp4"));
    env.feishu().add_app(
        App::new(fakes::FEISHU_APP_ID, fakes::FEISHU_APP_SECRET).without_scope("im:resource"),
    );
    env.feishu().scope_refusal_is_http_200(true);
    env.watch(&id);
    let told = texts(&env.chat());
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(
        told[0].contains(&format!("{BASE}/sd-gen-save-img/v.mp4"))
            && told[0].contains("https://open.feishu.cn/app/"),
        "{told:?}"
    );

    let (env, id) = submitted(one_video("/sd-gen-save-img/v.mp4"));
    let refusal = json!({"code": 230055, "msg": "The type of file upload does not match the type of message being sent."});
    env.feishu().fault(
        "POST /open-apis/im/v1/messages",
        Fault::Json(400, refusal),
        1,
    );
    env.watch(&id);
    let told = texts(&env.chat());
    assert!(
        told[0].contains(&format!("{BASE}/sd-gen-save-img/v.mp4")),
        "{told:?}"
    );
}

#[test]
fn defect_09_the_users_own_image_came_back_and_urls_swallowed_punctuation() {
    let own = format!("{BASE}/claw/p/own.png");
    let env = TestEnv::new();
    let words = format!("完成：**{BASE}/claw/p/result.mp4**。原图 {own}。");
    env.gateway().set_default_job(
        Job::new()
            .works()
            .images([&own])
            .at(When::Polls(2))
            .says(&words),
    );
    let id = env.submit(&format!("animate {own} 16:9"));
    env.watch(&id)
        .ok()
        .line(&format!("{BASE}/claw/p/result.mp4"));
    assert_eq!(texts(&env.chat()), ["[media]"]);
}

#[test]
fn defect_10_local_files_and_loopback_addresses_were_fetched_and_sent() {
    let secret = tempfile::NamedTempFile::new().unwrap();
    fs::write(secret.path(), "a local secret").unwrap();
    let (env, id) = submitted(Job::new());
    let bad = [
        format!("file://{}", secret.path().display()),
        format!("{}/claw/x.png", env.media().http_base()),
        "http://libtv-res.liblib.art/claw/x.png".to_owned(),
        "https://libtv-res.liblib.art.example.com/claw/x.png".to_owned(),
        "https://medeo-res.liblib.art/claw/x.png".to_owned(),
        "https://libtv-res.liblib.art:444/claw/x.png".to_owned(),
    ];
    env.gateway().push_job(
        &id,
        Job::new()
            .works()
            .images(bad)
            .at(When::Polls(2))
            .works()
            .images(["/claw/good.png"])
            .says("done"),
    );
    env.watch(&id).ok();
    assert_eq!(texts(&env.chat()), ["[image]"]);
    assert!(
        env.media()
            .requests()
            .iter()
            .all(|request| request.path == "/claw/good.png" && request.tls)
    );
}

#[test]
fn defect_11_credentials_followed_a_redirect_to_another_host() {
    for status in [301, 302, 303, 307, 308] {
        let env = TestEnv::new();
        let to = format!("{}/api/v1/tasks", env.direct_api().https_base());
        env.gateway().fault(
            "*",
            Fault::Status(status, vec![("location".into(), to)], String::new()),
            1,
        );
        env.run(["tasks"]).exits(1);
        assert!(env.direct_api().requests().is_empty());
        let (env, id) = submitted(one_video("/sd-gen-save-img/v.mp4"));
        let to = format!("https://{}/claw/x.mp4", fakes::MEDIA_HOST);
        env.gateway().fault(
            POLL,
            Fault::Status(status, vec![("location".into(), to)], String::new()),
            1,
        );
        env.watch(&id).ok();
        assert!(env.media().requests_to("/claw/x.mp4").is_empty());
    }
}

#[test]
fn defect_12_names_from_elsewhere_left_their_folder_or_their_header() {
    let env = TestEnv::new();
    for id in [
        "../../../escaped",
        "/tmp/escaped-id",
        "..",
        "a/b\\c",
        "nul\u{0}byte",
    ] {
        env.gateway().set_next_session_id(id);
        env.gateway()
            .set_default_job(one_video("/sd-gen-save-img/v.mp4"));
        env.run(["create-session", &format!("a cat, {id:?}")])
            .exits(1)
            .says("❌ Failed: no valid sessionId returned")
            .never_says(id);
    }
    let serve = env.serve();
    env.submit("an honest one");
    env.wait_for_messages(CHAT, 1);
    serve.terminate();
    for file in files_below(env.folder()) {
        assert!(
            file.starts_with(env.home()) || file.parent() == Some(env.folder()),
            "{}",
            file.display()
        );
    }

    let url = format!("{BASE}/claw/a.png");
    env.run([
        "download-results",
        "--urls",
        &url,
        "--output-dir",
        "out/deep",
        "--prefix",
        "../../x",
    ])
    .ok();
    let files = files_below(&env.folder().join("out"));
    assert_eq!(files.len(), 1);
    assert_eq!(
        files[0].parent(),
        Some(env.folder().join("out/deep").as_path())
    );

    let path = env
        .folder()
        .join("a\"; filename=\"b.exe\"\r\nX-Injected: 1\r\n\r\n.png");
    media::png(8, 8).write_to(&path).unwrap();
    env.run(["upload".as_ref(), "--file".as_ref(), path.as_os_str()])
        .ok();
    let request = env.gateway().requests_to("POST /libtv/v1/upload").remove(0);
    let part = request.part("file").unwrap();
    assert!(part.headers.get("x-injected").is_none());
    assert!(
        !part
            .file_name
            .as_deref()
            .unwrap()
            .contains(['"', '\r', '\n']),
        "{:?}",
        part.file_name
    );
}

#[test]
fn defect_13_concurrent_writers_lost_sessions_and_a_corrupt_file_broke_every_command() {
    let env = TestEnv::new();
    std::thread::scope(|scope| {
        for n in 0..8 {
            let env = &env;
            scope.spawn(move || env.submit_to(&format!("cat {n}"), &format!("oc_{n}")));
        }
    });
    let known = |env: &TestEnv| {
        env.run(["recover", "--json"]).ok().json()["sessions"]
            .as_array()
            .unwrap()
            .len()
    };
    assert_eq!(known(&env), 8);
    let records = env.records_below("sessions");
    let mut paths = records.iter().map(|(path, _)| path);
    let record = paths.find(|path| path.contains("asked-")).unwrap();
    env.set_record(record, Some(b"\0garbage"));
    assert_eq!(known(&env), 7);
    env.run(["check"]).ok();
    env.submit("a ninth");
    env.run(["tasks"]).ok();
}

#[test]
fn defect_14_listing_60_tasks_pushed_pending_sessions_out() {
    let env = TestEnv::new();
    env.gateway().set_default_job(
        Job::new()
            .works()
            .at(When::Advanced)
            .videos(["/sd-gen-save-img/v.mp4"])
            .says("done"),
    );
    let pending: Vec<String> = (0..3).map(|n| env.submit(&format!("cat {n}"))).collect();
    for n in 0..60 {
        env.gateway().add_task(json!({"id": format!("task-{n:04}"), "status": "completed", "video_url": format!("{BASE}/claw/{n}.mp4")}));
    }
    env.run(["tasks"]).ok();
    for id in &pending {
        env.gateway().advance(id);
        env.watch(id).ok();
    }
    let reply = env.run(["recover", "--json"]).ok().json();
    assert_eq!(reply["sessions"].as_array().unwrap().len(), 63);
}

#[test]
fn defect_15_a_150_mb_upload_took_325_mb_of_memory() {
    const LIMIT_KB: u64 = 64 * 1024;
    let env = TestEnv::new();
    // Loads the compiled component, so that compiling it isn't measured.
    env.run(["recover"]).ok();
    let path = env.folder().join("large.mp4");
    media::mp4(5_000, 150 << 20, false).write_to(&path).unwrap();
    // The answer waits a little, so that the process can be looked at after its last byte.
    env.gateway()
        .fault("POST /libtv/v1/upload", Fault::Latency(500), 1);
    let upload = env.spawn(["upload".as_ref(), "--file".as_ref(), path.as_os_str()]);
    wait_until(&env.gateway(), |gateway| !gateway.requests().is_empty());
    let peak_kb = upload.peak_memory_kb();
    upload.finish().ok();
    assert_eq!(env.gateway().uploads()[0].bytes, 150 << 20);
    assert!(
        peak_kb.is_none_or(|peak_kb| peak_kb <= LIMIT_KB),
        "{peak_kb:?} KB"
    );
}

#[test]
fn defect_16_a_truncated_download_counted_and_downloads_overwrote_each_other() {
    let env = TestEnv::new();
    let short = Serving {
        truncated_at_bytes: Some(1000),
        ..Serving::default()
    };
    env.media()
        .put_served("/claw/short.mp4", media::mp4(1000, 100_000, false), short);
    env.run([
        "download-results",
        "--urls",
        &format!("{BASE}/claw/short.mp4"),
        "--output-dir",
        "out",
    ])
    .exits(1);
    assert!(files_below(&env.folder().join("out")).is_empty());
    for n in 0..2 {
        env.media()
            .put(&format!("/claw/{n}.png"), media::png(10 + n, 10));
        env.run([
            "download-results",
            "--urls",
            &format!("{BASE}/claw/{n}.png"),
            "--output-dir",
            "out",
        ]);
    }
    let first = media::png(10, 10).to_bytes();
    assert_eq!(fs::read(env.folder().join("out/01.png")).unwrap(), first);
}

#[test]
fn defect_17_the_reply_of_the_retired_service_was_hidden() {
    let env = TestEnv::direct();
    env.direct_api().retire(true);
    env.run(["create-session", "a cat"])
        .exits(1)
        .says("❌ LibTV Skill 已升级为 LibTV CLI")
        .says("no longer work")
        .never_says("missing data object");
    env.run(["recover"]).ok().line("No sessions found.");
}

#[test]
fn defect_18_an_unknown_channel_promised_delivery() {
    let env = TestEnv::new();
    env.ask("a cat", "pigeon", "1")
        .exits(1)
        .says("❌ Unknown channel: pigeon");
    assert!(env.gateway().submits().is_empty());
}

#[cfg(unix)]
#[test]
fn defect_19_the_configuration_was_readable_by_everyone() {
    use std::os::unix::fs::PermissionsExt;
    let env = TestEnv::new();
    fs::set_permissions(env.config_path(), fs::Permissions::from_mode(0o644)).unwrap();
    let mode = || {
        fs::metadata(env.config_path())
            .unwrap()
            .permissions()
            .mode()
            & 0o777
    };
    env.run(["check"]).ok();
    assert_eq!(mode(), 0o600, "tightened when it is read");
    fs::remove_file(env.config_path()).unwrap();
    env.run(["setup", "--api-key", "mgk_abcdefgh1234"]).ok();
    assert_eq!(mode(), 0o600);
}

#[test]
fn defect_20_recover_printed_ids_that_query_session_refused() {
    let env = TestEnv::new();
    env.gateway()
        .fault("GET /libtv/v1/session/nothing", Fault::Html(500), ALWAYS);
    env.gateway().set_next_session_id("With_Under-scores_and-2");
    let ids = [env.submit("a cat"), env.submit("a dog")];
    let out = env.run(["recover"]).ok();
    let printed: Vec<String> = out
        .stdout
        .lines()
        .filter(|line| line.ends_with(']') && !line.starts_with(' '))
        .map(|line| {
            line.split_once(' ')
                .unwrap()
                .1
                .rsplit_once(" [")
                .unwrap()
                .0
                .to_owned()
        })
        .collect();
    assert_eq!(printed.len(), 2, "{}", out.stdout);
    for id in printed {
        assert!(ids.contains(&id), "{id}");
        env.run(["query-session", &id]).ok();
        let prefix: String = id.chars().take(8).collect();
        env.run(["query-session", &prefix]).ok();
    }
}
