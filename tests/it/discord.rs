//! Results in Discord: the whole way, against a fake that demands what the documents show.

use std::time::Duration;

use fakes::discord::Permission;
use fakes::{Discord, Fake, Fault, Job, media};

use crate::delivery::{job, url, watched};
use crate::env::{Output, TestEnv};

/// A text channel that the bot is in.
const CHANNEL: &str = "200000000000000001";
/// A thread of it.
const THREAD: &str = "200000000000000002";
/// A person.
pub const PERSON: &str = "300000000000000001";
/// The route of messages.
const MESSAGES: &str = "POST /api/v10/channels/*/messages";
const FILM: &str = "/claw/p/fox.mp4";

fn env() -> TestEnv {
    let builder = TestEnv::builder().without_feishu();
    set_up(
        builder
            .var("DISCORD_BOT_TOKEN", fakes::DISCORD_BOT_TOKEN)
            .start(),
    )
}

fn set_up(env: TestEnv) -> TestEnv {
    let discord = env.world().discord();
    discord.strict(true);
    discord.add_channel(CHANNEL);
    discord.add_thread(THREAD, CHANNEL);
    discord.add_user(PERSON);
    env.media().put(FILM, media::mp4(5_000, 300_000, false));
    env.gateway().set_default_job(job(&[FILM]));
    env
}

fn discord(env: &TestEnv) -> Discord {
    env.world().discord()
}

fn submit(env: &TestEnv, chat: &str, more: &[&str]) -> Output {
    env.ask_with("a cat", "discord", chat, more)
}

/// Submits and watches to the end. Gives the session's id.
fn deliver(env: &TestEnv, chat: &str, more: &[&str]) -> String {
    watched(env, submit(env, chat, more))
}

#[test]
fn a_film_arrives_once_with_a_player_and_calls_nobody() {
    let env = env();
    deliver(&env, CHANNEL, &[]);
    let messages = discord(&env).channel(CHANNEL).messages();
    let [message] = messages.as_slice() else {
        panic!("one message was expected: {messages:#?}");
    };
    assert_eq!(message.attachments.len(), 1);
    let film = &message.attachments[0];
    assert_eq!(
        (film.bytes, film.content_type.as_str()),
        (300_000, "video/mp4")
    );
    assert!(film.filename.starts_with("fox-") && film.filename.ends_with(".mp4"));
    assert!(message.called.is_empty() && message.content.is_empty());
}

#[test]
fn nine_pictures_arrive_once_each() {
    let env = env();
    let paths: Vec<String> = (1..=9).map(|n| format!("/claw/p/{n}.png")).collect();
    let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
    for path in &paths {
        env.media().put(path, media::png(64, 64));
    }
    env.gateway()
        .set_default_job(Job::new().works().images(&paths).says("done"));
    deliver(&env, &format!("channel:{CHANNEL}"), &[]);
    let messages = discord(&env).channel(CHANNEL).messages();
    let mut names: Vec<_> = messages
        .iter()
        .map(|one| one.attachments[0].filename.clone())
        .collect();
    names.dedup();
    assert_eq!(names.len(), 9, "{names:?}");
}

#[test]
fn a_person_gets_it_in_a_direct_conversation_and_a_thread_in_the_thread() {
    let env = env();
    deliver(&env, &format!("user:{PERSON}"), &[]);
    let direct = discord(&env).direct_channel(PERSON).unwrap();
    assert_eq!(discord(&env).channel(&direct).messages().len(), 1);
    deliver(&env, CHANNEL, &["--thread", THREAD]);
    assert_eq!(discord(&env).channel(THREAD).messages().len(), 1);
    assert!(discord(&env).channel(CHANNEL).messages().is_empty());
}

#[test]
fn a_result_answers_the_message_that_asked() {
    let env = env();
    let question = discord(&env).add_message(CHANNEL, PERSON, "a cat, please");
    deliver(&env, CHANNEL, &["--reply-to", &question]);
    let messages = discord(&env).channel(CHANNEL).messages();
    assert_eq!(messages[0].reply_to.as_deref(), Some(question.as_str()));
}

#[test]
fn whatever_becomes_of_a_response_the_film_is_there_once() {
    for fault in [
        Fault::ResetAfterApplied,
        Fault::ResetBeforeHeaders,
        Fault::ResetInBody,
        Fault::Html(502),
        Fault::Refuse,
        Fault::Json(
            429,
            serde_json::json!({"message": "slow", "retry_after": 0.2, "global": false}),
        ),
    ] {
        let env = env();
        discord(&env).fault(MESSAGES, fault.clone(), 1);
        deliver(&env, CHANNEL, &[]);
        let messages = discord(&env).channel(CHANNEL).messages();
        assert_eq!(messages.len(), 1, "{fault:?}");
        assert!(!discord(&env).requests_to(MESSAGES).is_empty(), "{fault:?}");
    }
}

#[test]
fn a_film_whose_answer_was_lost_is_looked_for_before_it_is_sent_again() {
    let env = env();
    let discord = discord(&env);
    // Its nonce may be forgotten by then where a clock was set back.
    discord.fault(MESSAGES, Fault::ResetAfterApplied, 1);
    deliver(&env, CHANNEL, &[]);
    assert_eq!(discord.requests_to(MESSAGES).len(), 1);
    assert_eq!(discord.channel(CHANNEL).messages().len(), 1);
}

#[test]
fn a_film_that_is_larger_than_a_server_takes_is_a_link_that_says_so() {
    let env = env();
    env.media().put(FILM, media::mp4(5_000, 11 << 20, false));
    deliver(&env, CHANNEL, &[]);
    let messages = discord(&env).channel(CHANNEL).messages();
    assert_eq!(messages.len(), 1);
    let content = &messages[0].content;
    assert!(
        content.contains(&url(FILM)) && content.contains("10 MB"),
        "{content}"
    );
    assert_eq!(messages[0].flags, 4, "no preview unfolds beside it");
}

#[test]
fn where_only_files_may_not_be_attached_the_link_arrives() {
    let env = env();
    discord(&env).deny(CHANNEL, Permission::AttachFiles);
    deliver(&env, CHANNEL, &[]);
    let messages = discord(&env).channel(CHANNEL).messages();
    assert_eq!(messages.len(), 1);
    assert!(messages[0].content.contains(&url(FILM)), "{messages:?}");
}

#[test]
fn what_stands_in_the_way_is_told_in_its_own_sentence() {
    type Way = fn(&Discord);
    let ways: [(&str, Way, &str); 5] = [
        ("200000000000000009", |_| {}, "no such channel"),
        (
            CHANNEL,
            |discord| discord.deny(CHANNEL, Permission::SendMessages),
            "may not write",
        ),
        (
            CHANNEL,
            |discord| discord.revoke(fakes::DISCORD_BOT_TOKEN),
            "doesn't accept the bot's token",
        ),
        (
            "user:300000000000000001",
            |discord| discord.block(PERSON),
            "takes no direct messages",
        ),
        (
            THREAD,
            |discord| discord.archive(THREAD, true),
            "archived or locked",
        ),
    ];
    for (chat, way, sentence) in ways {
        let env = env();
        way(&discord(&env));
        let reply = submit(&env, chat, &[]).ok().json();
        let id = reply["sessionId"].as_str().unwrap();
        let serve = env.serve();
        serve.wait_for_line(sentence);
        drop(serve);
        assert!(discord(&env).messages().is_empty(), "{sentence}");
        assert!(env.log(id).contains(sentence), "{}", env.log(id));
    }
}

#[test]
fn a_chat_that_can_not_be_one_of_discord_is_refused_before_anything_is_paid_for() {
    let env = env();
    for chat in [
        "oc_a",
        "channel:general",
        "channel:a1b2c3d4e5f6",
        "feishu:200000000000000001",
    ] {
        submit(&env, chat, &[])
            .exits(1)
            .says("Nothing was submitted")
            .says("channel:<id>");
    }
    submit(&env, CHANNEL, &["--reply-to", "om_1"])
        .exits(1)
        .says("17 to 20 digits");
    assert!(env.gateway().requests().is_empty());
}

#[test]
fn words_from_outside_call_nobody_and_are_no_markup() {
    let env = env();
    env.gateway().set_default_job(Job::asks(
        "@everyone <@300000000000000001> **which** [one](https://x.example)?",
    ));
    let reply = submit(&env, CHANNEL, &[]).ok().json();
    let id = reply["sessionId"].as_str().unwrap();
    let _serve = env.serve();
    let discord = discord(&env);
    let sent = discord.wait_for_messages(CHANNEL, 1, Duration::from_secs(60));
    let sent = crate::env::block_on(sent).unwrap();
    assert!(sent[0].called.is_empty(), "{:?} of {id}", sent[0].called);
    assert!(
        sent[0].content.contains("\\*\\*which\\*\\*"),
        "{}",
        sent[0].content
    );
}

#[test]
fn the_doctor_sends_a_test_to_the_chat_and_says_what_the_bot_may_not() {
    let env = env();
    let _serve = env.serve();
    let chat = ["doctor", "--channel", "discord", "--chat-id", CHANNEL];
    env.run(chat)
        .ok()
        .says("Discord credentials: found in DISCORD_BOT_TOKEN in the environment")
        .says("Bot: its token is accepted")
        .says("Picture: arrived in the chat");
    assert_eq!(discord(&env).channel(CHANNEL).messages().len(), 2);
    discord(&env).deny(CHANNEL, Permission::ViewChannel);
    env.run(chat).exits(1).says("View Channel");
    env.run(["doctor", "--channel", "pigeon"])
        .exits(1)
        .says("no such channel");
}

#[test]
fn openclaw_keeps_its_token_too() {
    let env = set_up(TestEnv::builder().without_feishu().start());
    env.plant_secret(fakes::DISCORD_BOT_TOKEN);
    let folder = env.folder().join("user/.openclaw");
    std::fs::create_dir_all(&folder).unwrap();
    let token = fakes::DISCORD_BOT_TOKEN;
    let text = format!(
        r#"{{"channels": {{"discord": {{"accounts": {{"main": {{"token": "{token}"}}}}}}}}}}"#
    );
    std::fs::write(folder.join("openclaw.json"), text).unwrap();
    deliver(&env, CHANNEL, &[]);
    assert_eq!(discord(&env).channel(CHANNEL).messages().len(), 1);
    env.run(["check"]).ok().says("openclaw.json, account main");
}
