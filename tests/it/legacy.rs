//! `libtv-sessions.json` of an earlier installation. docs/spec.md section 3.

use crate::env::{CHAT, TestEnv, texts};
use fakes::{Fake, Job};
use serde_json::json;

/// A file as earlier installations wrote it.
fn write(env: &TestEnv, sessions: &serde_json::Value) -> String {
    let text = serde_json::to_string_pretty(sessions).unwrap();
    std::fs::write(env.home().join("libtv-sessions.json"), &text).unwrap();
    text
}

fn entry(id: &str, status: &str) -> serde_json::Value {
    json!({
        "session_id": id, "project_uuid": "old-project", "status": status, "submitted_text": "an old cat",
        "auth_mode": "nexu_gateway", "delivery": {"channel": "feishu", "chat_id": CHAT}, "result_urls": [],
        "created_at": "2026-01-02T03:04:05", "updated_at": "2026-01-02T03:04:05", "completed_at": null,
        "delivered_at": null, "failure_message": null,
    })
}

#[test]
fn finished_sessions_are_taken_over_and_not_delivered_again() {
    let env = TestEnv::new();
    let url = "https://libtv-res.liblib.art/claw/old.mp4";
    let mut old = entry("old-session-1", "completed");
    old["result_urls"] = json!([url]);
    old["completed_at"] = json!("2026-01-02T03:14:05");
    old["delivered_at"] = json!("2026-01-02T03:15:05");
    let mut failed = entry("old-session-2", "failed");
    failed["failure_message"] = json!("审核不合规");
    let original = write(&env, &json!([old, failed]));
    let out = env.run(["recover"]).ok();
    out.says("✅ old-session-1")
        .says(url)
        .says("❌ old-session-2")
        .says("审核不合规")
        .says("an old cat")
        .hints("2 sessions");
    assert!(env.chat().is_empty(), "{:?}", texts(&env.chat()));
    assert!(env.gateway().requests().is_empty());
    assert_eq!(
        std::fs::read_to_string(env.home().join("libtv-sessions.json")).unwrap(),
        original
    );
    let again = env.run(["recover"]).ok();
    assert!(
        !again.stderr.contains("earlier installation"),
        "{}",
        again.stderr
    );
}

#[test]
fn a_pending_session_is_taken_up_by_the_timer() {
    let env = TestEnv::new();
    env.gateway().set_next_session_id("old-session-1");
    env.gateway().set_default_job(
        Job::new()
            .works()
            .videos(["/sd-gen-save-img/old.mp4"])
            .says("done"),
    );
    // Known upstream, submitted by the earlier installation.
    env.run(["create-session", "an old cat"]).ok();
    std::fs::remove_dir_all(env.state()).unwrap();
    write(&env, &json!([entry("old-session-1", "submitted")]));
    let _serve = env.serve();
    assert_eq!(env.wait_for_messages(CHAT, 1)[0].msg_type, "media");
}

#[test]
fn a_session_of_before_can_be_queried_and_downloaded_by_the_first_command() {
    for command in ["query-session", "download-results"] {
        let env = TestEnv::new();
        env.gateway().set_next_session_id("old-session-1");
        env.gateway().set_default_job(
            Job::new()
                .works()
                .images(["/sd-gen-save-img/a.png"])
                .says("done"),
        );
        env.run(["create-session", "an old cat"]).ok();
        std::fs::remove_dir_all(env.state()).unwrap();
        write(&env, &json!([entry("old-session-1", "submitted")]));
        env.run([command, "old-session-1"]).ok();
    }
}

#[test]
fn a_damaged_file_of_before_is_named_and_stops_nothing() {
    let env = TestEnv::new();
    let path = env.home().join("libtv-sessions.json");
    std::fs::write(&path, "[{\"session_id\": ").unwrap();
    env.run(["create-session", "a cat"])
        .ok()
        .hints("libtv-sessions.json");
    env.run(["check"]).ok();
    assert_eq!(
        std::fs::read_to_string(&path).unwrap(),
        "[{\"session_id\": "
    );
}

#[test]
fn hundreds_of_sessions_lose_none() {
    let env = TestEnv::new();
    let all: Vec<_> = (0..120)
        .map(|n| entry(&format!("old-session-{n:03}"), "failed"))
        .collect();
    write(&env, &json!(all));
    let reply = env.run(["recover", "--json"]).ok().json();
    assert_eq!(reply["sessions"].as_array().unwrap().len(), 120);
}
