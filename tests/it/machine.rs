//! Every command answers programs with one line of JSON, also when it is refused. docs/spec.md section 4.

use crate::env::TestEnv;
use fakes::media;
use serde_json::Value;

fn with_json(env: &TestEnv, arguments: &[&str]) -> (i32, Value) {
    let mut arguments = arguments.to_vec();
    arguments.push("--json");
    let out = env.run(&arguments);
    (out.code, out.json())
}

#[test]
fn every_command_answers_with_one_line_of_json() {
    let env = TestEnv::new();
    media::png(8, 8)
        .write_to(env.folder().join("cat.png"))
        .unwrap();
    let id = env.submit("a cat");
    for (arguments, member) in [
        (vec!["check"], "verified"),
        (vec!["setup", "--video-ratio", "1:1"], "videoRatio"),
        (vec!["update-ratio", "--video-ratio", "9:16"], "new"),
        (vec!["upload", "--file", "cat.png"], "url"),
        (vec!["create-session", "a dog"], "sessionId"),
        (vec!["wait-and-deliver", "--session-id", &id], "state"),
        (vec!["wait-and-deliver", "--session-id", &id], "deliveredAt"),
        (vec!["query-session", &id], "messages"),
        (
            vec!["download-results", &id, "--output-dir", "out"],
            "downloaded",
        ),
        (vec!["tasks"], "tasks"),
        (vec!["recover"], "sessions"),
        (vec!["change-project"], "projectUuid"),
        (vec!["update-key", "--api-key", "mgk_abcdefgh9999"], "new"),
        (vec!["remove-key"], "removed"),
    ] {
        let (code, reply) = with_json(&env, &arguments);
        assert_eq!(code, 0, "{arguments:?}: {reply}");
        assert!(!reply[member].is_null(), "{arguments:?}: {reply}");
    }
}

#[test]
fn every_refusal_says_what_failed_and_whether_trying_again_can_help() {
    let env = TestEnv::builder().config(None).start();
    for arguments in [
        vec!["check"],
        vec!["setup", "--api-key", "nonsense"],
        vec!["update-ratio", "--video-ratio", "nonsense"],
        vec!["upload", "--file", "/no/such.png"],
        vec!["create-session", "a cat"],
        vec!["wait-and-deliver", "--session-id", "unknown-1"],
        vec!["query-session", "unknown-1"],
        vec!["download-results", "unknown-1", "--output-dir", "out"],
        vec!["tasks"],
        vec!["change-project"],
    ] {
        let (code, reply) = with_json(&env, &arguments);
        assert_eq!(code, 1, "{arguments:?}: {reply}");
        assert_eq!(
            reply["error"]["kind"], "permanent",
            "{arguments:?}: {reply}"
        );
        assert!(
            !reply["error"]["message"].as_str().unwrap().is_empty(),
            "{arguments:?}: {reply}"
        );
    }
}
