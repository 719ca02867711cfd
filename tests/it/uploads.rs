//! `upload`. docs/spec.md section 4.

use std::fs;
use std::path::PathBuf;

use crate::env::TestEnv;
use fakes::{Fake, Fault, MediaFile, media};
use serde_json::json;

fn put(env: &TestEnv, name: &str, file: &MediaFile) -> PathBuf {
    let path = env.folder().join(name);
    file.write_to(&path).unwrap();
    path
}

fn upload(env: &TestEnv, path: &std::path::Path) -> crate::env::Output {
    env.run(["upload".as_ref(), "--file".as_ref(), path.as_os_str()])
}

#[test]
fn an_upload_prints_its_address_for_people_and_for_programs() {
    let env = TestEnv::new();
    let file = media::png(64, 64);
    let out = upload(&env, &put(&env, "cat.png", &file)).ok();
    let uploaded = env.gateway().uploads().remove(0);
    let url = &uploaded.url;
    assert_eq!(
        out.stdout,
        format!(
            "✅ Upload successful\n   url: {url}\n{}\n",
            json!({ "url": url })
        )
    );
    assert_eq!(
        (
            uploaded.file_name.as_str(),
            uploaded.content_type.as_deref()
        ),
        ("cat.png", Some("image/png"))
    );
    assert_eq!(
        (uploaded.bytes, uploaded.sha256),
        (file.len(), file.sha256())
    );
}

#[test]
fn a_direct_key_uploads_to_its_own_route() {
    let env = TestEnv::direct();
    let file = media::mp4(1000, 100_000, false);
    let json = env
        .run([
            "upload",
            "--json",
            "--file",
            put(&env, "v.mp4", &file).to_str().unwrap(),
        ])
        .ok()
        .json();
    let uploaded = env.direct_api().uploads().remove(0);
    assert_eq!(json, json!({"url": uploaded.url}));
    assert_eq!(uploaded.content_type.as_deref(), Some("video/mp4"));
    assert_eq!(env.direct_api().requests()[0].path, "/openapi/file/upload");
}

#[test]
fn a_large_file_streams_with_its_length_announced() {
    let env = TestEnv::new();
    let file = media::mp4(5_000, 20 << 20, true);
    upload(&env, &put(&env, "large.mp4", &file)).ok();
    let request = env.gateway().requests().remove(0);
    let length: u64 = request.header("content-length").unwrap().parse().unwrap();
    assert!(
        length > file.len() && length < file.len() + 2000,
        "{length}"
    );
    assert_eq!(request.header("transfer-encoding"), None);
    assert_eq!(env.gateway().uploads()[0].sha256, file.sha256());
}

#[test]
fn a_missing_file_is_named() {
    let env = TestEnv::new();
    env.run(["upload", "--file", "/no/such/cat.png"])
        .refused("File not found: /no/such/cat.png");
    let folder = env.folder().to_str().unwrap().to_owned();
    env.run(["upload", "--file", &folder]).exits(1).says("❌ ");
}

#[test]
fn more_than_200_mb_is_refused_before_anything_is_sent() {
    let env = TestEnv::new();
    let path = put(&env, "huge.mp4", &media::mp4(1000, 1000, false));
    let file = fs::OpenOptions::new().write(true).open(&path).unwrap();
    file.set_len(210 << 20).unwrap();
    upload(&env, &path).refused("File too large (210.0MB). Maximum 200MB.");
    assert!(env.gateway().requests().is_empty());
}

#[test]
fn content_decides_as_well_as_the_name() {
    let env = TestEnv::new();
    for (name, content) in [
        ("notes.txt", "hello"),
        ("page.html", "<html></html>"),
        ("fake.png", "not a picture at all"),
        ("fake.mp4", "#!/bin/sh\n"),
    ] {
        let path = env.folder().join(name);
        fs::write(&path, content).unwrap();
        let out = upload(&env, &path).exits(1);
        out.says("❌ Unsupported file type: ")
            .says("Only image and video files supported.");
    }
    let path = env.folder().join("notes.txt");
    upload(&env, &path)
        .refused("Unsupported file type: text/plain. Only image and video files supported.");
    assert!(env.gateway().requests().is_empty());
}

#[test]
fn what_the_content_is_stands_above_a_wrong_ending() {
    let env = TestEnv::new();
    upload(&env, &put(&env, "really-a.jpg", &media::png(8, 8))).ok();
    assert_eq!(
        env.gateway().uploads()[0].content_type.as_deref(),
        Some("image/png")
    );
}

#[test]
fn an_empty_file_is_refused() {
    let env = TestEnv::new();
    let path = env.folder().join("empty.png");
    fs::write(&path, "").unwrap();
    upload(&env, &path).exits(1).says("❌ ");
    assert!(env.gateway().requests().is_empty());
}

#[test]
fn a_cdn_that_refuses_the_size_is_told_in_words() {
    let env = TestEnv::new();
    env.gateway().set_max_upload_bytes(1000);
    upload(&env, &put(&env, "v.mp4", &media::mp4(1000, 50_000, false)))
        .exits(1)
        .says("HTTP 413")
        .says("size");
}

#[test]
fn the_file_with_the_key_is_no_picture_and_is_never_sent() {
    let env = TestEnv::new();
    let key_file = env.config_path();
    upload(&env, &key_file)
        .exits(1)
        .says("Unsupported file type")
        .never_says(fakes::GATEWAY_KEY);
    assert!(env.gateway().requests().is_empty());
}

#[test]
fn a_refusal_says_the_whole_path_and_the_component_hears_of_the_name_alone() {
    let env = TestEnv::new();
    let path = env.folder().join("empty.png");
    fs::write(&path, "").unwrap();
    upload(&env, &path).refused(&format!("The file is empty: {}", path.display()));
    let reply = env
        .run(["upload", "--json", "--file", "empty.png"])
        .exits(1)
        .json();
    assert_eq!(reply["error"]["kind"], "permanent");
    assert_eq!(reply["error"]["message"], "The file is empty: empty.png");
    let path = put(&env, "cat.png", &media::png(8, 8));
    upload(&env, &path).ok().hints("Uploading cat.png (");
}

#[test]
fn what_a_user_sent_through_openclaw_is_uploaded_and_openclaws_own_files_are_not() {
    let env = TestEnv::new();
    let claw = env.home().join("runtime/openclaw/state");
    for (folder, works) in [
        ("media/inbound", true),
        ("workspace", true),
        ("credentials/feishu", false),
        ("agents/main/agent", false),
    ] {
        fs::create_dir_all(claw.join(folder)).unwrap();
        let path = claw.join(folder).join("cat.png");
        media::png(8, 8).write_to(&path).unwrap();
        let out = upload(&env, &path);
        if works {
            out.ok();
        } else {
            out.exits(1).says("can't be uploaded");
        }
    }
}

#[test]
fn a_failed_upload_shows_the_reason_of_the_service() {
    let env = TestEnv::new();
    let refusal = json!({"error": {"user_message": "Service temporarily unavailable"}});
    env.gateway()
        .fault("POST /libtv/v1/upload", Fault::Json(503, refusal), 1);
    upload(&env, &put(&env, "cat.png", &media::png(8, 8)))
        .refused("Service temporarily unavailable");
}
