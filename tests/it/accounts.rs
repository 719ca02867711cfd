//! Several accounts of one channel in OpenClaw's configuration: each bot writes where it was named, and none in another's place.

use fakes::slack::{App, SentMessage};
use fakes::{Fake, SLACK_BOT_ID, SLACK_BOT_TOKEN, feishu};
use host_harness::Submit;
use serde_json::json;

use crate::delivery::job;
use crate::env::{CHAT, Output, TestEnv, block_on};

const CHANNEL: &str = "C0123456789";
const OPS_TOKEN: &str = "xoxb-testkit-ops-9876543210-zyxwvutsrqponmlkjihgf";
const OPS_ID: &str = "U0TESTOPS01";
const FILM: &str = "/sd-gen-save-img/{session}.mp4";

/// With these accounts of a channel in `~/.openclaw/openclaw.json`; the secret of `ops` stands in OpenClaw's `.env`.
fn env(channels: &serde_json::Value) -> TestEnv {
    let env = TestEnv::builder().without_feishu().start();
    let folder = env.folder().join("user/.openclaw");
    std::fs::create_dir_all(&folder).unwrap();
    let config = json!({ "channels": channels }).to_string();
    std::fs::write(folder.join("openclaw.json"), config).unwrap();
    std::fs::write(folder.join(".env"), format!("OPS_TOKEN={OPS_TOKEN}\n")).unwrap();
    for name in ["openclaw.json", ".env"] {
        env.holds_secrets(folder.join(name));
    }
    for secret in [SLACK_BOT_TOKEN, OPS_TOKEN] {
        env.plant_secret(secret);
    }
    env.slack().strict(true);
    env.slack().add_app(App::new(OPS_TOKEN, OPS_ID));
    env.gateway().set_default_job(job(&[FILM]));
    env
}

fn slack() -> TestEnv {
    let reference = json!({"source": "env", "provider": "default", "id": "OPS_TOKEN"});
    env(&json!({"slack": {"accounts": {
        "main": {"botToken": SLACK_BOT_TOKEN},
        "ops": {"botToken": reference},
    }}}))
}

fn ask(env: &TestEnv, more: &[&str]) -> Output {
    env.ask_with("a cat", "slack", CHANNEL, more)
}

/// Who wrote in the channel.
fn writers(env: &TestEnv) -> Vec<String> {
    let messages = env.slack().channel(CHANNEL).messages();
    let by = |message: SentMessage| message.user_id;
    messages.into_iter().map(by).collect()
}

#[test]
fn the_account_that_is_named_writes_and_no_other_one() {
    for (account, bot) in [("main", SLACK_BOT_ID), ("ops", OPS_ID)] {
        let env = slack();
        let id = ask(&env, &["--account", account]).ok().session_id();
        env.watch(&id).ok();
        assert_eq!(writers(&env), [bot], "{account}");
        // Going on without a name keeps the account, as it keeps the chat.
        let line = ["create-session", "another cat", "--session-id", &id];
        env.run(line).ok();
        env.watch(&id);
        assert!(writers(&env).iter().all(|writer| writer == bot));
    }
}

#[test]
fn where_none_is_meant_a_name_is_asked_for_before_anything_is_paid_for() {
    let env = slack();
    ask(&env, &[])
        .exits(1)
        .says("Several accounts of slack are configured: main, ops. Name one with --account.")
        .says("Nothing was submitted");
    ask(&env, &["--account", "other"])
        .exits(1)
        .says("No account of slack is called other. There are: main, ops.");
    assert!(env.gateway().requests().is_empty());
    // Where one is called so that it is meant, or is the only one, none has to be named.
    for accounts in [
        json!({"default": {"botToken": SLACK_BOT_TOKEN}, "ops": {"botToken": OPS_TOKEN}}),
        json!({"main": {"botToken": SLACK_BOT_TOKEN}}),
    ] {
        let env = self::env(&json!({"slack": {"accounts": accounts}}));
        let id = ask(&env, &[]).ok().session_id();
        env.watch(&id).ok();
        assert_eq!(writers(&env), [SLACK_BOT_ID]);
    }
}

#[test]
fn an_app_whose_secret_is_exchanged_is_named_as_well() {
    let (id, secret) = ("cli_ops", "ops-secret-ops-secret-0123456789");
    let accounts = json!({
        "main": {"appId": fakes::FEISHU_APP_ID, "appSecret": fakes::FEISHU_APP_SECRET},
        "ops": {"appId": id, "appSecret": secret},
    });
    let env = env(&json!({"feishu": {"accounts": accounts}}));
    env.feishu().add_app(feishu::App::new(id, secret));
    env.plant_secret(secret);
    for (account, writer) in [(None, fakes::FEISHU_APP_ID), (Some("ops"), id)] {
        let more = account.map_or(vec![], |account| vec!["--account", account]);
        let asked = env.ask_with("a cat", "feishu", CHAT, &more);
        let session = asked.ok().session_id();
        env.watch(&session).ok();
        let latest = env.chat().pop().unwrap();
        assert_eq!(latest.app_id, writer, "{account:?}");
    }
}

#[test]
fn a_thread_that_is_a_chat_of_its_own_may_be_written_to_by_a_program_as_well() {
    const CHANNEL: &str = "200000000000000001";
    const THREAD: &str = "200000000000000002";
    let builder = TestEnv::builder().without_feishu();
    let builder = builder.var("DISCORD_BOT_TOKEN", fakes::DISCORD_BOT_TOKEN);
    let env = builder.start();
    let discord = env.world().discord();
    discord.add_channel(CHANNEL);
    discord.add_thread(THREAD, CHANNEL);
    env.gateway().set_default_job(job(&[FILM]));
    let submit = Submit::message("a cat")
        .to("discord", CHANNEL)
        .in_thread(THREAD);
    let id = block_on(env.harness().submit(submit)).unwrap().session_id;
    env.watch(&id).ok();
    assert_eq!(discord.channel(THREAD).messages().len(), 1);
}
