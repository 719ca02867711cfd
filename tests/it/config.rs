//! `setup`, `update-key`, `update-ratio`, `remove-key`, and the file they write. docs/spec.md section 3 and 4.

use crate::env::TestEnv;
use fakes::GATEWAY_KEY;
use serde_json::json;

const BAD_KEY: &str = "Invalid API Key format. It should start with mgk_ or sk-libtv-.";
const BAD_RATIO: &str = "Invalid video ratio format. Use WIDTH:HEIGHT, for example 16:9.";

fn unconfigured() -> TestEnv {
    TestEnv::builder().config(None).start()
}

#[cfg(unix)]
fn mode(env: &TestEnv) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(env.config_path())
        .unwrap()
        .permissions()
        .mode()
        & 0o777
}

#[test]
fn setup_stores_key_and_ratio_and_says_where() {
    let env = unconfigured();
    let out = env
        .run([
            "setup",
            "--api-key",
            "mgk_abcdefgh1234",
            "--video-ratio",
            "9:16",
        ])
        .ok();
    let expected = format!(
        "✅ API Key saved (****1234)\n✅ Video ratio saved (9:16)\n📁 Config: {}\n",
        env.config_path().display()
    );
    assert_eq!(out.stdout, expected);
    assert_eq!(
        env.config(),
        json!({"apiKey": "mgk_abcdefgh1234", "videoRatio": "9:16"})
    );
    #[cfg(unix)]
    assert_eq!(mode(&env), 0o600);
}

#[test]
fn setup_takes_the_key_from_standard_input() {
    let env = unconfigured();
    let out = env
        .run_with_input(["setup", "--api-key", "-"], "sk-libtv-fromstdin7777\n")
        .ok();
    out.line("✅ API Key saved (****7777)")
        .never_says("fromstdin");
    assert_eq!(env.config()["apiKey"], "sk-libtv-fromstdin7777");
}

#[test]
fn setup_writes_nothing_when_one_of_two_values_is_wrong() {
    let env = unconfigured();
    env.run([
        "setup",
        "--api-key",
        "mgk_abcdefgh1234",
        "--video-ratio",
        "16-9",
    ])
    .refused(BAD_RATIO);
    env.run([
        "setup",
        "--api-key",
        "sk-other1234",
        "--video-ratio",
        "16:9",
    ])
    .refused(BAD_KEY);
    assert!(!env.config_path().exists());
}

#[test]
fn ratios_are_one_to_ninety_nine_on_both_sides() {
    let env = unconfigured();
    for ratio in ["0:9", "16:100", "16:9:1", "a:b", "16", ":", "1.5:1", "-1:2"] {
        env.run(["setup".to_owned(), format!("--video-ratio={ratio}")])
            .refused(BAD_RATIO);
    }
    env.run(["setup", "--video-ratio", "1:99"])
        .ok()
        .line("✅ Video ratio saved (1:99)");
}

#[test]
fn update_key_says_what_it_was_and_what_it_is() {
    let env = unconfigured();
    env.run(["update-key", "--api-key", "mgk_abcdefgh9999"])
        .ok()
        .line("✅ Key saved: ****9999");
    env.run(["update-key", "--api-key", "sk-libtv-abcdefgh1234"])
        .ok()
        .line("✅ Key updated: ****9999 → ****1234");
    assert_eq!(env.config()["apiKey"], "sk-libtv-abcdefgh1234");
    env.run(["update-key", "--api-key", "hello"])
        .refused(BAD_KEY);
    assert_eq!(env.config()["apiKey"], "sk-libtv-abcdefgh1234");
}

#[test]
fn update_ratio_says_what_it_was_and_what_it_is() {
    let env = TestEnv::new();
    env.run(["update-ratio", "--video-ratio", "9:16"])
        .ok()
        .line("✅ Video ratio saved: 9:16");
    env.run(["update-ratio", "--video-ratio", "1:1"])
        .ok()
        .line("✅ Video ratio updated: 9:16 → 1:1");
    env.run(["update-ratio", "--video-ratio", "1/1"])
        .refused(BAD_RATIO);
    assert_eq!(
        env.config(),
        json!({"apiKey": GATEWAY_KEY, "videoRatio": "1:1"})
    );
}

#[test]
fn remove_key_removes_only_the_key() {
    let env = TestEnv::builder()
        .config(Some(
            r#"{"apiKey": "mgk_abcdefgh9999", "videoRatio": "1:1", "mine": [1]}"#,
        ))
        .start();
    env.run(["remove-key"])
        .ok()
        .line("✅ Key removed (****9999)");
    assert_eq!(env.config(), json!({"videoRatio": "1:1", "mine": [1]}));
    env.run(["remove-key"])
        .ok()
        .line("ℹ️ No API Key saved locally.");
}

#[test]
fn members_that_are_not_ours_stay_in_their_order() {
    let env = TestEnv::builder()
        .config(Some(
            r#"{"z": {"b": 1, "a": 2}, "apiKey": "mgk_old1", "a": null}"#,
        ))
        .start();
    env.run([
        "setup",
        "--api-key",
        "mgk_abcdefgh1234",
        "--video-ratio",
        "4:3",
    ])
    .ok();
    let text = serde_json::to_string(&env.config()).unwrap();
    assert_eq!(
        text,
        r#"{"z":{"b":1,"a":2},"apiKey":"mgk_abcdefgh1234","a":null,"videoRatio":"4:3"}"#
    );
}

#[test]
fn a_damaged_file_is_named_and_left_alone() {
    let damaged = r#"{"apiKey": "mgk_abcdefgh1234","#;
    let env = TestEnv::builder().config(Some(damaged)).start();
    for command in [
        vec!["setup", "--api-key", "mgk_other1234"],
        vec!["update-ratio", "--video-ratio", "1:1"],
        vec!["remove-key"],
        vec!["check"],
        vec!["create-session", "a cat"],
    ] {
        let out = env.run(&command).exits(1);
        out.says("libtv.json").never_says("mgk_abcdefgh");
    }
    assert_eq!(std::fs::read_to_string(env.config_path()).unwrap(), damaged);
    assert!(env.gateway().submits().is_empty());
}

#[test]
fn a_damaged_file_does_not_stop_commands_that_can_do_without_it() {
    let mut env = TestEnv::builder().config(Some("no json")).start();
    env.run(["recover"]).ok().line("No sessions found.");
    env.set("LIBTV_API_KEY", GATEWAY_KEY);
    env.run(["create-session", "a cat"]).ok();
    env.run(["tasks"]).ok();
}

#[test]
fn two_setups_at_once_lose_neither_value() {
    for _ in 0..5 {
        let env = unconfigured();
        std::thread::scope(|scope| {
            scope.spawn(|| env.run(["setup", "--api-key", "mgk_abcdefgh1234"]).ok());
            scope.spawn(|| env.run(["setup", "--video-ratio", "9:16"]).ok());
        });
        assert_eq!(env.config()["apiKey"], "mgk_abcdefgh1234");
        assert_eq!(env.config()["videoRatio"], "9:16");
    }
}

#[test]
fn wrong_usage_ends_with_two_and_help_with_zero() {
    let env = unconfigured();
    for wrong in [
        vec!["setup"],
        vec!["update-key"],
        vec!["frobnicate"],
        vec!["query-session"],
        vec!["check", "--no"],
    ] {
        let out = env.run(&wrong).exits(2);
        assert!(out.stdout.starts_with("❌ "), "{wrong:?}: {}", out.stdout);
    }
    for command in [
        "setup",
        "check",
        "update-key",
        "update-ratio",
        "remove-key",
        "upload",
        "create-session",
        "query-session",
        "download-results",
        "wait-and-deliver",
        "tasks",
        "recover",
        "change-project",
    ] {
        env.run([command, "--help"]).ok().says(command);
    }
}

#[test]
fn the_replies_for_machines_hold_the_same() {
    let env = unconfigured();
    let json = |out: crate::env::Output| out.json();
    let saved = json(
        env.run([
            "setup",
            "--api-key",
            "mgk_abcdefgh1234",
            "--video-ratio",
            "9:16",
            "--json",
        ])
        .ok(),
    );
    assert_eq!(
        (&saved["apiKey"], &saved["videoRatio"]),
        (&json!("****1234"), &json!("9:16"))
    );
    let updated = json(
        env.run(["update-key", "--api-key", "mgk_abcdefgh9999", "--json"])
            .ok(),
    );
    assert_eq!(updated, json!({"old": "****1234", "new": "****9999"}));
    let ratio = json(
        env.run(["update-ratio", "--video-ratio", "1:1", "--json"])
            .ok(),
    );
    assert_eq!(ratio, json!({"old": "9:16", "new": "1:1"}));
    let removed = json(env.run(["remove-key", "--json"]).ok());
    assert_eq!(removed, json!({"removed": "****9999"}));
    let refused = json(env.run(["check", "--json"]).exits(1));
    assert_eq!(refused["error"]["message"], "API Key not configured.");
}
