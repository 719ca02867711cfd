//! Results in Slack: the way of a file in three steps, and what becomes of it where one of them fails.

use fakes::slack::{App, SentMessage};
use fakes::{Fake, Fault, SLACK_BOT_ID, SLACK_BOT_TOKEN, Slack};

use crate::delivery::{job, recovered, watched};
use crate::env::{TestEnv, files_below};

const CHANNEL: &str = "C0123456789";
const PERSON: &str = "U0123456789";
const THREAD: &str = "1700000000.123456";
const COMPLETE: &str = "POST /api/files.completeUploadExternal";
const VIDEO: &str = "/sd-gen-save-img/{session}.mp4";
const IMAGE: &str = "/sd-gen-save-img/{session}.png";

fn env() -> TestEnv {
    let builder = TestEnv::builder().without_feishu();
    let env = builder.var("SLACK_BOT_TOKEN", SLACK_BOT_TOKEN).start();
    env.plant_secret(SLACK_BOT_TOKEN);
    env.slack().strict(true);
    env
}

/// The same with an app that lacks these rights.
fn without(scopes: &[&str]) -> TestEnv {
    let env = env();
    let app = App::new(SLACK_BOT_TOKEN, SLACK_BOT_ID);
    let app = scopes
        .iter()
        .fold(app, |app, scope| app.without_scope(scope));
    env.slack().add_app(app);
    env
}

/// Submits for this chat, watches the job to its end, and gives its id.
fn deliver(env: &TestEnv, chat: &[&str], results: &[&str]) -> String {
    env.gateway().set_default_job(job(results));
    let line = ["create-session", "a <!channel> cat", "--channel", "slack"];
    watched(env, env.run(line.iter().chain(chat).copied()))
}

fn in_channel(slack: &Slack) -> Vec<SentMessage> {
    slack.channel(CHANNEL).messages()
}

/// What a message shows: its files' types, or its words.
fn shown(messages: &[SentMessage]) -> Vec<String> {
    let of = |message: &SentMessage| match message.files.as_slice() {
        [] => message.text.clone(),
        files => files.iter().map(|file| file.title.clone()).collect(),
    };
    messages.iter().map(of).collect()
}

#[test]
fn a_film_and_a_picture_are_shown_once_each_in_the_channel_and_in_the_thread_that_asked() {
    for (chat, thread) in [
        (&["--chat-id", "channel:C0123456789"][..], None),
        (&["--chat-id", CHANNEL, "--thread", THREAD], Some(THREAD)),
        (&["--chat-id", CHANNEL, "--reply-to", THREAD], Some(THREAD)),
        (
            &["--chat-id", "slack:C0123456789:thread:1700000000.123456"],
            Some(THREAD),
        ),
    ] {
        let env = env();
        let id = deliver(&env, chat, &[VIDEO, IMAGE]);
        let messages = in_channel(&env.slack());
        let names = [format!("{id}.mp4"), format!("{id}.png")];
        assert_eq!(shown(&messages), names, "{chat:?}");
        assert!(
            messages
                .iter()
                .all(|sent| sent.thread_ts.as_deref() == thread)
        );
        assert!(recovered(&env, &id)["deliveredAt"].is_string());
        // The addresses that Slack named are permissions: they are nowhere.
        let capabilities = env.slack().capabilities();
        assert_eq!(capabilities.len(), 2);
        let files = files_below(&env.home()).into_iter().map(|path| {
            let bytes = std::fs::read(&path).unwrap();
            (path.display().to_string(), bytes)
        });
        for (path, bytes) in files.chain(env.records()) {
            let text = String::from_utf8_lossy(&bytes);
            let held = capabilities.iter().find(|secret| text.contains(*secret));
            assert_eq!(held, None, "{path:?}");
        }
    }
}

#[test]
fn a_person_gets_the_film_in_a_conversation_that_is_opened_and_a_link_where_that_is_not_allowed() {
    let env = env();
    let id = deliver(&env, &["--chat-id", "user:U0123456789"], &[VIDEO]);
    let direct = env.slack().direct_channel(PERSON).expect("it is opened");
    let messages = env.slack().channel(&direct).messages();
    assert_eq!(shown(&messages), [format!("{id}.mp4")]);
    // As Nexu's own app.
    let env = without(&["im:write", "files:read"]);
    deliver(&env, &["--chat-id", PERSON], &[VIDEO]);
    let direct = env.slack().direct_channel(PERSON).expect("a text opens it");
    let messages = env.slack().channel(&direct).messages();
    let [message] = messages.as_slice() else {
        panic!("{messages:?}");
    };
    assert!(message.text.starts_with("https://"), "{}", message.text);
    assert!(message.text.contains("im:write"), "{}", message.text);
}

#[test]
fn a_lost_answer_of_the_completion_is_looked_for_and_the_file_is_shown_once() {
    for fault in [
        Fault::ResetAfterApplied,
        Fault::ResetBeforeHeaders,
        Fault::Html(502),
    ] {
        let env = env();
        env.slack().fault(COMPLETE, fault.clone(), 1);
        let id = deliver(&env, &["--chat-id", CHANNEL], &[VIDEO]);
        let messages = in_channel(&env.slack());
        assert_eq!(shown(&messages), [format!("{id}.mp4")], "{fault:?}");
        assert!(recovered(&env, &id)["deliveredAt"].is_string(), "{fault:?}");
        // One file, however often it was completed.
        assert_eq!(env.slack().capabilities().len(), 1);
    }
}

#[test]
fn without_the_right_to_look_a_completion_that_was_applied_is_told_as_uncertain_and_never_shown_twice()
 {
    let env = without(&["files:read", "im:write"]);
    env.slack().fault(COMPLETE, Fault::ResetAfterApplied, 1);
    let id = deliver(&env, &["--chat-id", CHANNEL], &[VIDEO]);
    let shown_of = shown(&in_channel(&env.slack()));
    let [film, note] = shown_of.as_slice() else {
        panic!("the film once, and a note: {shown_of:?}");
    };
    assert_eq!(*film, format!("{id}.mp4"));
    assert!(note.contains("isn't known"), "{note}");
    assert_eq!(env.slack().capabilities().len(), 1);
    let told = recovered(&env, &id).to_string();
    assert!(told.contains("uncertain"), "{told}");
    // What was lost before it was applied is completed again.
    let env = without(&["files:read"]);
    env.slack().fault(COMPLETE, Fault::ResetBeforeHeaders, 1);
    let id = deliver(&env, &["--chat-id", CHANNEL], &[VIDEO]);
    assert_eq!(shown(&in_channel(&env.slack())), [format!("{id}.mp4")]);
    assert!(recovered(&env, &id)["deliveredAt"].is_string());
}

#[test]
fn a_text_whose_answer_was_lost_is_never_sent_again() {
    let env = env();
    env.slack()
        .refuse_method("files.getUploadURLExternal", Some("file_uploads_disabled"));
    env.slack()
        .fault("POST /api/chat.postMessage", Fault::ResetAfterApplied, 1);
    let id = deliver(&env, &["--chat-id", CHANNEL], &[VIDEO]);
    let messages = shown(&in_channel(&env.slack()));
    let notes = messages.iter().map(|text| text.contains("isn't known"));
    assert_eq!(notes.collect::<Vec<_>>(), [false, true], "{messages:?}");
    let told = recovered(&env, &id).to_string();
    assert!(told.contains("uncertain"), "{told}");
}

#[test]
fn what_the_workspace_does_not_take_goes_as_a_link_with_the_reason_and_calls_nobody() {
    let env = env();
    env.slack()
        .refuse_method("files.getUploadURLExternal", Some("file_type_not_allowed"));
    deliver(&env, &["--chat-id", CHANNEL], &[VIDEO]);
    let env_of_scopes = without(&["files:write"]);
    deliver(&env_of_scopes, &["--chat-id", CHANNEL], &[VIDEO, IMAGE]);
    for (env, told) in [
        (&env, "file_type_not_allowed"),
        (&env_of_scopes, "files:write"),
    ] {
        let messages = in_channel(&env.slack());
        let [message] = messages.as_slice() else {
            panic!("{messages:?}");
        };
        assert!(
            message.text.starts_with("https://libtv-res"),
            "{}",
            message.text
        );
        assert!(message.text.contains(told), "{}", message.text);
        assert!(message.called.is_empty() && message.unfurls_links == Some(false));
    }
}

#[test]
fn words_from_outside_call_nobody() {
    let env = env();
    let failing = fakes::Job::fails("no <!channel> <@U0123456789> & <https://x|y>");
    env.gateway().set_default_job(failing);
    let id = env.ask("a <!here> cat", "slack", CHANNEL).ok().session_id();
    env.watch(&id);
    let messages = in_channel(&env.slack());
    let [message] = messages.as_slice() else {
        panic!("{messages:?}");
    };
    assert!(message.text.contains("&lt;!here&gt;"), "{}", message.text);
    assert!(message.called.is_empty(), "{:?}", message.called);
}

#[test]
fn a_service_that_names_another_address_for_the_bytes_gets_no_film_sent_there() {
    for address in [
        "https://127.0.0.1/upload/v1/x",
        "http://files.slack.com/upload/v1/x",
        "https://files.slack.com:444/upload/v1/x",
        "https://me@files.slack.com/upload/v1/x",
        "https://files.slack.com.evil.example/upload/v1/x",
        "https://libtv-res.liblib.art/upload/v1/x",
        "https://files.slack.com/api/chat.postMessage",
    ] {
        let env = env();
        let lie = serde_json::json!({"ok": true, "upload_url": address, "file_id": "F0123456789"});
        let ask = "POST /api/files.getUploadURLExternal";
        env.slack().fault(ask, Fault::Json(200, lie), 99);
        deliver(&env, &["--chat-id", CHANNEL], &[VIDEO]);
        let messages = in_channel(&env.slack());
        assert_eq!(messages.len(), 1, "{address}: {messages:?}");
        assert!(
            messages[0].text.starts_with("https://libtv-res"),
            "{address}"
        );
        assert!(env.slack_files().requests().is_empty(), "{address}");
    }
}

#[test]
fn a_bot_that_is_not_in_the_channel_and_a_chat_that_is_none_are_told() {
    let env = env();
    for chat in [
        "c0123456789",
        "channel:U0123456789",
        "prefix:0123456789ab",
        "oc_test",
    ] {
        let out = env.ask("a cat", "slack", chat);
        assert!(
            out.stdout.contains("That chat can't be sent to"),
            "{chat}: {}",
            out.stdout
        );
    }
    assert!(env.gateway().requests().is_empty(), "before money is spent");
    env.slack().remove_bot_from(CHANNEL);
    env.gateway().set_default_job(job(&[VIDEO]));
    let id = env.ask("a cat", "slack", CHANNEL).ok().session_id();
    let (harness, mut told) = (env.harness(), String::new());
    while env.slack().attempts().is_empty() {
        let step = crate::env::block_on(harness.poll(&id)).unwrap();
        told = format!("{:?}", step.events);
    }
    assert!(told.contains("/invite"), "{told}");
}

/// Ids of two channels can look alike, and the usual one's grammar says nothing of this one's.
#[test]
fn a_session_goes_on_in_another_chat_only_with_its_channel_beside_it_and_in_its_own_without() {
    let env = env();
    let id = deliver(&env, &["--chat-id", CHANNEL], &[VIDEO]);
    let go_on = |chat: &[&str]| {
        let line = ["create-session", "another", "--session-id", &id];
        env.run(line.iter().chain(chat).copied())
    };
    let asked = go_on(&["--chat-id", PERSON]);
    assert_eq!(asked.code, 1);
    let told = format!("{}{}", asked.stdout, asked.stderr);
    assert!(told.contains("In which channel is that chat?"), "{told}");
    assert!(told.contains("--channel slack"), "{told}");
    assert_eq!(env.gateway().submits().len(), 1);
    for chat in [
        &["--chat-id", CHANNEL][..],
        &["--chat-id", PERSON, "--channel", "slack"],
    ] {
        let reply = go_on(chat).ok().json();
        assert_eq!(reply["channel"], "slack", "{chat:?}");
    }
    assert_eq!(env.gateway().submits().len(), 3);
}
