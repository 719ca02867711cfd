//! Secrets stay in the harness: none leaves in a body, none comes back in an answer, none reaches the component. What
//! every test is searched for at its end (`env/secrets.rs`) is shown here to be found.

use std::fs;

use fakes::{DIRECT_KEY, FEISHU_APP_SECRET, Fake, Fault, GATEWAY_KEY, media};
use serde_json::json;
use tests::canary::spellings;
use tests::memory::CLEAN;

use crate::delivery::{TOKENS, job};
use crate::env::{CHAT, TestEnv, block_on, wait_until};
use host_harness::{CallError, Submit};

const IMAGE: &str = "/sd-gen-save-img/1.png";
const SEND: &str = "POST /open-apis/im/v1/messages";
const POLL: &str = "GET /libtv/v1/session/*";
/// As long as a key, and none: the harness doesn't know it.
const CANARY: &str = "canary_text-0123456789-abcdefghij";

#[test]
fn a_secret_in_a_users_words_is_refused_in_every_spelling_and_not_repeated() {
    let env = TestEnv::new();
    for secret in [GATEWAY_KEY, FEISHU_APP_SECRET] {
        for (spelling, text) in spellings(secret) {
            let out = env
                .run(["create-session", &format!("my key is {text}, draw a cat")])
                .exits(1)
                .says("❌ An API key, app secret or token stands in the arguments");
            let told = [out.stdout, out.stderr].concat();
            assert!(!told.contains(&text), "{spelling}: {told}");
        }
    }
    assert!(env.gateway().requests().is_empty(), "nothing was sent");
}

#[test]
fn an_embedding_programs_words_are_searched_as_well() {
    let env = TestEnv::new();
    let submit = Submit::message(format!("use {GATEWAY_KEY}")).to("feishu", CHAT);
    let refused = block_on(env.harness().submit(submit));
    assert!(matches!(refused, Err(CallError::Refused(_))));
    assert!(env.gateway().requests().is_empty());
}

#[test]
fn an_upload_that_holds_a_secret_is_stopped_before_the_secret_leaves() {
    let env = TestEnv::new();
    let (path, image) = (env.folder().join("cat.png"), env.folder().join("plain.png"));
    media::png(64, 64).write_to(&image).unwrap();
    env.holds_secrets(&path);
    // In the first piece, across the borders of pieces, and far behind.
    for at in [100, 65_530, 131_060, 1_000_000] {
        let mut bytes = fs::read(&image).unwrap();
        bytes.resize(at, b'.');
        bytes.extend_from_slice(GATEWAY_KEY.as_bytes());
        bytes.resize(1_100_000, b'.');
        fs::write(&path, bytes).unwrap();
        env.run(["upload", "--file", "cat.png"])
            .exits(1)
            .says("cat.png holds an API key, app secret or token");
    }
    assert!(env.gateway().requests().is_empty());
    env.run(["upload", "--file", "plain.png"]).ok();
}

#[test]
fn a_placeholder_in_a_users_words_goes_nowhere() {
    let env = TestEnv::new();
    env.run(["create-session", "say mgk_placeholder-libtv-api-key-1234"])
        .exits(1)
        .hints("a credential's placeholder stands outside");
    assert!(env.gateway().requests().is_empty());
}

/// The answer that echoes a secret, in its body and in a header, as JSON that isn't escaped any further.
fn echo(status: u16, before: &str, secret: &str, after: &str) -> Fault {
    let headers = [("content-type", "application/json"), ("x-echo", secret)];
    let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned()));
    Fault::Status(status, headers.to_vec(), format!("{before}{secret}{after}"))
}

/// Submits one job for each spelling of a secret, starts the timer, and waits until each is in its chat.
fn deliver_one_for_each(env: &TestEnv, secret: &str) {
    let chats: Vec<String> = (0..spellings(secret).len())
        .map(|n| format!("oc_{n}"))
        .collect();
    for chat in &chats {
        env.submit_to("a cat", chat);
    }
    let _serve = env.serve();
    for chat in &chats {
        env.wait_for_messages(chat, 1);
    }
}

#[test]
fn a_key_that_a_service_echoes_in_any_spelling_does_not_reach_the_component() {
    let env = TestEnv::new();
    env.gateway().set_default_job(job(&[IMAGE]));
    for (_, text) in spellings(GATEWAY_KEY) {
        let answer = echo(
            401,
            r#"{"error":{"user_message":"bad key "#,
            &text,
            r#""}}"#,
        );
        env.gateway().fault(POLL, answer, 1);
    }
    deliver_one_for_each(&env, GATEWAY_KEY);
    assert_eq!(env.leaks(), Vec::<String>::new());
    // In each submit and each poll that was answered so; those that deliver may not have ended yet.
    let searched = env.memory_report().len();
    let answered = 2 * spellings(GATEWAY_KEY).len();
    assert!(searched >= answered, "{searched} of {answered}");
}

#[test]
fn a_secret_that_feishu_echoes_in_any_spelling_does_not_reach_the_component() {
    let env = TestEnv::new();
    env.gateway().set_default_job(job(&[IMAGE]));
    env.submit("a cat");
    {
        let _serve = env.serve();
        env.wait_for_messages(CHAT, 1);
    }
    let token = env.feishu().tokens().remove(0);
    for (secret, route) in [(token.as_str(), SEND), (FEISHU_APP_SECRET, TOKENS)] {
        for (_, text) in spellings(secret) {
            let answer = echo(200, r#"{"code":2200,"msg":"bad "#, &text, r#""}"#);
            env.feishu().fault(route, answer, 1);
        }
    }
    deliver_one_for_each(&env, &token);
    assert_eq!(env.leaks(), Vec::<String>::new());
}

#[test]
fn the_search_finds_a_canary_in_each_spelling_in_memory_files_outputs_and_messages() {
    for (spelling, text) in spellings(CANARY) {
        let env = TestEnv::new();
        env.plant_secret(CANARY);
        let serve = env.serve();
        // The backend's question goes to the chat: the canary comes by everywhere.
        let fail = json!({"error": {"code": "x", "message": text}});
        env.gateway()
            .fault("POST /libtv/v1/session", Fault::Json(400, fail), 1);
        env.run(["create-session", &text]).exits(1);
        env.submit(&text);
        wait_until(&env.gateway(), |gateway| gateway.requests().len() > 2);
        fs::write(env.home().join("a-file"), &text).unwrap();
        drop(serve);
        let leaks = env.leaks().join("\n");
        for place in ["a-file", "sessions/", "printed", "the component's memory"] {
            let found = leaks
                .lines()
                .any(|leak| leak.starts_with("a key") && leak.contains(place));
            assert!(found, "{spelling} in {place}:\n{leaks}");
        }
        env.forgive();
    }
}

#[test]
fn the_memory_of_every_call_is_searched() {
    let env = TestEnv::new();
    for calls in 1..=3 {
        env.run(["check"]).ok();
        assert_eq!(env.memory_report(), vec![CLEAN; calls]);
    }
    let harness = env.harness();
    block_on(harness.due()).unwrap();
    block_on(harness.recover(None)).unwrap();
    assert_eq!(env.memory_report().len(), 5);
}

#[test]
fn a_second_key_and_one_of_the_environment_are_not_seen_either() {
    let mut env = TestEnv::new();
    env.set("LIBTV_API_KEY", DIRECT_KEY);
    env.run(["check"]).ok().says("****5678");
    env.run(["update-key", "--api-key", "mgk_another-key-abcdefgh9999"])
        .ok()
        .says("****9999");
    env.run_with_input(
        ["setup", "--api-key", "-"],
        "mgk_the-third-key-abcdef7777\n",
    )
    .ok()
    .says("****7777");
    env.run(["remove-key"]).ok();
    assert!(env.memory_report().iter().all(|line| line == CLEAN));
    assert_eq!(env.memory_report().len(), 4);
}
