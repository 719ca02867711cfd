//! Where in a chat results belong: asked in a topic, answered in it.

use fakes::{Fake, Fault, SentMessage};

use crate::delivery::job;
use crate::env::{CHAT, TestEnv};

const QUESTION: &str = "om_question";

/// A world in which somebody asked in a topic, and a job with a film and a picture.
fn asked_in_a_topic() -> TestEnv {
    let env = TestEnv::new();
    env.feishu().add_message(CHAT, QUESTION);
    env.gateway().set_default_job(job(&[
        "/sd-gen-save-img/{session}.mp4",
        "/sd-gen-save-img/{session}.png",
    ]));
    env
}

/// Submits with these options, and gives what stands in the chat in the end.
#[track_caller]
fn delivered(env: &TestEnv, options: &[&str]) -> Vec<SentMessage> {
    let line = ["create-session", "a red fox", "--channel", "feishu"];
    let line = line.iter().chain(options);
    let submitted = env.run(line.copied()).ok().json();
    env.watch(submitted["sessionId"].as_str().unwrap()).ok();
    let messages = env.chat();
    assert_eq!(messages.len(), 2, "{messages:?}");
    messages
}

fn places(messages: &[SentMessage]) -> Vec<(Option<&str>, bool)> {
    messages
        .iter()
        .map(|sent| (sent.reply_to.as_deref(), sent.reply_in_thread))
        .collect()
}

#[test]
fn results_go_into_the_topic_of_the_message_that_is_answered_however_it_is_named() {
    for options in [
        &["--chat-id", CHAT, "--reply-to", QUESTION][..],
        &["--chat-id", CHAT, "--thread", QUESTION],
        &["--chat-id", "oc_test:topic:om_question"],
        &["--chat-id", "oc_test:topic:om_question:sender:ou_somebody"],
        &["--chat-id", "feishu:group:oc_test:topic:om_question"],
    ] {
        let env = asked_in_a_topic();
        let messages = delivered(&env, options);
        assert_eq!(
            places(&messages),
            [(Some(QUESTION), true); 2],
            "{options:?}"
        );
        assert_eq!(messages[0].receive_id, CHAT);
    }
}

#[test]
fn a_message_that_is_gone_or_has_no_thread_is_answered_in_the_chat_itself() {
    let gone: [fn(&TestEnv); 3] = [
        |env| env.feishu().recall(QUESTION),
        |env| env.feishu().has_no_threads(CHAT),
        |_| (),
    ];
    for (at, spoil) in gone.into_iter().enumerate() {
        let env = asked_in_a_topic();
        spoil(&env);
        // The last one names a message that nobody knows.
        let message = if at == 2 { "om_unknown" } else { QUESTION };
        let messages = delivered(&env, &["--chat-id", CHAT, "--reply-to", message]);
        assert_eq!(places(&messages), [(None, false); 2], "{at}");
    }
}

#[test]
fn a_reply_whose_answer_was_lost_is_shown_once_and_in_its_topic() {
    let env = asked_in_a_topic();
    let route = "POST /open-apis/im/v1/messages/*/reply";
    env.feishu().fault(route, Fault::ResetAfterApplied, 1);
    let messages = delivered(&env, &["--chat-id", CHAT, "--reply-to", QUESTION]);
    assert_eq!(places(&messages), [(Some(QUESTION), true); 2]);
}

#[test]
fn a_continued_session_stays_in_its_topic_and_another_chat_has_none() {
    let env = asked_in_a_topic();
    let id = env.submit_to("a red fox", "oc_test:topic:om_question");
    env.watch(&id).ok();
    env.gateway()
        .set_default_job(job(&["/sd-gen-save-img/b.png"]));
    env.run(["create-session", "brighter", "--session-id", &id])
        .ok();
    env.watch(&id).ok();
    let places_of = |messages: &[SentMessage]| {
        let replied = messages.iter().filter(|sent| sent.reply_to.is_some());
        replied.count()
    };
    assert_eq!(places_of(&env.chat()), env.chat().len());
    env.gateway()
        .set_default_job(job(&["/sd-gen-save-img/c.png"]));
    env.run([
        "create-session",
        "darker",
        "--session-id",
        &id,
        "--chat-id",
        "oc_other",
    ])
    .ok();
    env.watch(&id).ok();
    let other = env.feishu().chat("oc_other").messages();
    assert!(!other.is_empty() && places_of(&other) == 0, "{other:?}");
}

#[test]
fn a_recipient_that_cannot_be_one_is_refused_before_anything_is_paid() {
    let env = TestEnv::new();
    for wrong in [
        "slack:C01",
        "om_question",
        "chat:ou_somebody",
        "agent:main:main",
        "oc_a oc_b",
        "oc_test:what:x",
        "@all",
    ] {
        env.ask("a cat", "feishu", wrong)
            .exits(1)
            .says("❌ That chat can't be sent to: ")
            .says("Accepted: ou_… or user:…, oc_… or chat:…");
    }
    let options = [
        ("--reply-to", "oc_test", "--reply-to can't be used"),
        ("--thread", "omt_1", "name that with --reply-to om_…"),
    ];
    for (option, value, told) in options {
        env.ask_with("a cat", "feishu", CHAT, &[option, value])
            .exits(1)
            .says(told);
    }
    assert_eq!(env.gateway().submits().len(), 0);
    assert_eq!(env.gateway().requests().len(), 0);
}
