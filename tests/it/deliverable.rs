//! `deliverable` is what the harness that polls can do, not what the process that submits could. Cases from elsewhere,
//! "deliverable by the agents environment".

use crate::env::{CHAT, TestEnv};
use serde_json::{Value, json};

fn submit(env: &TestEnv, words: &str) -> Value {
    let to = ["--channel", "feishu", "--chat-id", CHAT];
    let arguments = ["create-session", words];
    env.run([&arguments[..], &to[..]].concat()).ok().json()
}

/// What is missing is told with what to do, by the submit, by `check` and by `doctor`.
fn lacks(env: &TestEnv, what: &str, remedy: &str) {
    let reply = submit(env, "a cat");
    let note = reply.to_string();
    assert_eq!(reply["deliverable"], false, "{reply}");
    assert!(note.contains(what) && note.contains(remedy), "{note}");
    let check = env.run(["check", "--json"]);
    let check = check.json();
    assert_eq!(check["harnessLacks"], what, "{check}");
    env.run(["check"]).says(what);
    env.run(["doctor"]).exits(1).says(what).says(remedy);
}

#[test]
fn an_app_that_only_the_agents_environment_has_delivers_nothing() {
    let mut env = TestEnv::builder().without_feishu().start();
    let _serve = env.serve();
    env.set("FEISHU_APP_ID", fakes::FEISHU_APP_ID);
    env.set("FEISHU_APP_SECRET", fakes::FEISHU_APP_SECRET);
    let what = "The harness that polls has no Feishu or Lark credentials";
    lacks(&env, what, "FEISHU_APP_ID");
}

#[test]
fn a_key_that_only_the_agents_environment_has_polls_nothing() {
    let mut env = TestEnv::builder().config(None).start();
    let _serve = env.serve();
    env.set("LIBTV_API_KEY", fakes::GATEWAY_KEY);
    lacks(
        &env,
        "The harness that polls has no API key",
        "libtv-video setup",
    );
}

#[test]
fn a_key_of_another_kind_in_the_agents_environment_polls_nothing() {
    let mut env = TestEnv::new();
    let _serve = env.serve();
    env.set("LIBTV_API_KEY", fakes::DIRECT_KEY);
    let what = "The harness that polls has a key of another kind";
    lacks(&env, what, "LIBTV_API_KEY");
}

#[test]
fn another_app_in_the_agents_environment_delivers_nothing() {
    for (name, value) in [
        ("FEISHU_APP_ID", "cli_another"),
        ("FEISHU_BASE_URL", "https://open.larksuite.com"),
    ] {
        let mut env = TestEnv::new();
        let _serve = env.serve();
        env.set(name, value);
        let reply = submit(&env, "a cat");
        let note = reply.to_string();
        assert_eq!(reply["deliverable"], false, "{reply}");
        assert!(note.contains("another Feishu or Lark app"), "{note}");
    }
}

#[test]
fn an_app_that_only_the_harness_has_delivers() {
    let mut env = TestEnv::new();
    let _serve = env.serve();
    env.set("FEISHU_APP_ID", "");
    env.set("FEISHU_APP_SECRET", "");
    assert_eq!(submit(&env, "a cat")["deliverable"], true);
    env.wait_for_messages(CHAT, 1);
}

#[test]
fn a_key_that_was_saved_a_moment_ago_is_the_harness_key_too() {
    let env = TestEnv::builder().config(None).start();
    let _serve = env.serve();
    env.run(["setup", "--api-key", fakes::GATEWAY_KEY]).ok();
    assert_eq!(submit(&env, "a cat")["deliverable"], true);
    env.wait_for_messages(CHAT, 1);
}

#[test]
fn what_is_told_beside_the_lock_holds_no_secret_and_counts_only_while_its_harness_polls() {
    let env = TestEnv::new();
    let serve = env.serve();
    let path = env.home().join("libtv-harness.json");
    let told: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
    assert_eq!(told["process"], json!(serve.pid()));
    assert_eq!(told["app"]["id"], fakes::FEISHU_APP_ID);
    serve.kill();
    let reply = submit(&env, "a cat");
    assert!(
        reply.to_string().contains("No harness is polling"),
        "{reply}"
    );
}
