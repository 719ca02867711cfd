//! Results in WeChat: the whole way, against a fake that opens what was encrypted and demands what the plug-in sends. Nothing
//! there is known to tell a repetition, so that everything is sent once, and what was lost is told.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use fakes::wechat::SentMessage;
use fakes::{Fake, Fault, Job, Shows, WECHAT_BOT_TOKEN, WeChat, media};
use serde_json::{Value, json};

use crate::delivery::{self, job, recovered, told_once, url, watched, wordy};
use crate::env::{Output, TIMEOUT, TestEnv, block_on};

const PERSON: &str = "o9fox_Ab-1@im.wechat";
const ACCOUNT: &str = "b0f5860fdecb-im-bot";
const FILM: &str = "/claw/p/fox.mp4";
const SEND: &str = "POST /ilink/bot/sendmessage";
const ANNOUNCE: &str = "POST /ilink/bot/getuploadurl";
const UPLOAD: &str = "POST /c2c/upload";

/// With one account that OpenClaw's plug-in has logged in, to which somebody has written.
fn env() -> TestEnv {
    let env = set_up(TestEnv::builder().without_feishu().start());
    log_in(&env, &[(ACCOUNT, json!({"token": WECHAT_BOT_TOKEN}))]);
    hear(&env, ACCOUNT, PERSON);
    env
}

fn set_up(env: TestEnv) -> TestEnv {
    env.media().put(FILM, media::mp4(5_000, 300_001, false));
    env.gateway().set_default_job(job(&[FILM]));
    env
}

/// What the plug-in keeps of these accounts, as it writes it.
fn log_in(env: &TestEnv, accounts: &[(&str, Value)]) {
    let ids: Vec<&str> = accounts.iter().map(|(id, _)| *id).collect();
    write(env, "openclaw-weixin/accounts.json", &json!(ids));
    let updated = json!({"channelConfigUpdatedAt": "2026-11-30T08:00:00Z"});
    let config = json!({"channels": {"openclaw-weixin": updated}});
    write(env, "openclaw.json", &config);
    for (id, account) in accounts {
        write(env, &format!("openclaw-weixin/accounts/{id}.json"), account);
    }
}

fn kept_at(env: &TestEnv, name: &str) -> PathBuf {
    env.folder().join("user/.openclaw").join(name)
}

fn contexts_at(env: &TestEnv, account: &str) -> PathBuf {
    let name = format!("openclaw-weixin/accounts/{account}.context-tokens.json");
    kept_at(env, &name)
}

fn write(env: &TestEnv, name: &str, content: &Value) {
    let path = kept_at(env, name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, content.to_string()).unwrap();
    env.holds_secrets(path);
}

/// Somebody writes to the account, and the plug-in keeps what the conversation is known by.
fn hear(env: &TestEnv, account: &str, from: &str) {
    let context = wechat(env).hear(from);
    let known = fs::read(contexts_at(env, account)).unwrap_or_default();
    let mut known: Value = serde_json::from_slice(&known).unwrap_or_else(|_| json!({}));
    known[from] = context.into();
    let name = format!("openclaw-weixin/accounts/{account}.context-tokens.json");
    write(env, &name, &known);
}

fn wechat(env: &TestEnv) -> WeChat {
    env.world().wechat()
}

fn submit(env: &TestEnv, chat: &str) -> Output {
    env.ask("a cat", "openclaw-weixin", chat)
}

/// Submits and watches to the end. Gives the session's id.
fn deliver(env: &TestEnv) -> String {
    watched(env, submit(env, PERSON))
}

#[track_caller]
fn only(env: &TestEnv) -> SentMessage {
    delivery::only(wechat(env).messages())
}

fn kinds(env: &TestEnv) -> Vec<&'static str> {
    let messages = wechat(env).messages().into_iter();
    messages.map(|message| message.kind).collect()
}

#[test]
fn a_film_is_encrypted_described_and_shown_as_one_and_no_secret_is_anywhere() {
    for (channel, chat) in [
        ("wechat", PERSON),
        ("weixin", "openclaw-weixin:o9fox_Ab-1@im.wechat"),
        ("openclaw-weixin", PERSON),
    ] {
        let env = env();
        let id = env.ask("a cat", channel, chat).ok().session_id();
        env.watch(&id);
        let message = only(&env);
        assert_eq!((message.kind, message.to.as_str()), ("video", PERSON));
        let film = message.media.unwrap();
        assert_eq!((film.bytes, film.kind), (300_001, "video"));
        assert_eq!(&film.head[4..8], b"ftyp", "the fake has opened it");
        assert!(recovered(&env, &id)["deliveredAt"].is_string());
        // What it was described by never left, and the address of the upload is in no record.
        assert_eq!(wechat(&env).requests_to("POST /measure").len(), 0);
        let record = env.run(["audit"]).ok().stdout;
        assert!(
            record.contains("/measure") && record.contains("answered-here"),
            "{record}"
        );
        assert!(!record.contains("encrypted_query_param"), "{record}");
    }
}

#[test]
fn nine_pictures_arrive_once_each_and_what_is_neither_film_nor_picture_as_a_file() {
    let env = env();
    let mut paths: Vec<String> = (1..=8).map(|n| format!("/claw/p/{n}.png")).collect();
    for path in &paths {
        env.media().put(path, media::png(64, 64));
    }
    paths.push("/claw/p/9.webp".to_owned());
    env.media().put("/claw/p/9.webp", media::webp(64, 64));
    let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
    let pictures = Job::new().works().images(&paths).says("done");
    env.gateway().set_default_job(pictures);
    submit(&env, PERSON).ok();
    let serve = env.serve();
    let wechat = wechat(&env);
    let sent = block_on(wechat.wait_for_messages(PERSON, 9, TIMEOUT)).unwrap();
    drop(serve);
    let files: Vec<_> = sent.iter().filter(|one| one.kind == "file").collect();
    assert_eq!(sent.iter().filter(|one| one.kind == "image").count(), 8);
    assert_eq!((files.len(), files[0].text.as_str()), (1, "9.webp"));
}

#[test]
fn a_message_whose_answer_was_lost_is_told_with_its_link_and_never_sent_again() {
    for (fault, films) in [
        (Fault::ResetAfterApplied, 1),
        (Fault::ResetBeforeHeaders, 0),
        (Fault::Html(502), 0),
        (Fault::GarbageOk, 0),
    ] {
        let env = env();
        wechat(&env).fault(SEND, fault.clone(), 1);
        let id = deliver(&env);
        let messages = wechat(&env).messages().into_iter();
        let shown = messages
            .map(|one| (one.media.is_some(), one.text))
            .collect();
        told_once(shown, films, &url(FILM), &fault);
        // The film, and what tells of it.
        assert_eq!(wechat(&env).requests_to(SEND).len(), 2, "{fault:?}");
        assert!(recovered(&env, &id).to_string().contains("uncertain"));
    }
}

#[test]
fn a_job_that_fails_is_told_once_and_nothing_else_is() {
    let env = env();
    env.gateway().set_default_job(Job::fails("no credits"));
    deliver(&env);
    let message = only(&env);
    assert_eq!((message.kind, message.to.as_str()), ("text", PERSON));
    assert_eq!(message.text, "❌ “a cat” failed: no credits");
    assert!(wechat(&env).uploads().is_empty());
}

#[test]
fn a_text_is_as_long_as_a_message_may_be_in_characters() {
    for job in wordy("狐") {
        let env = env();
        env.gateway().set_default_job(job);
        deliver(&env);
        let chars = only(&env).text.chars().count();
        assert!((2_000..=4_000).contains(&chars), "{chars}");
    }
}

#[test]
fn a_lost_upload_is_made_again_since_nobody_sees_it() {
    let env = env();
    wechat(&env).fault(ANNOUNCE, Fault::ResetAfterApplied, 1);
    env.world()
        .wechat_media()
        .fault(UPLOAD, Fault::ResetAfterApplied, 1);
    deliver(&env);
    assert_eq!(only(&env).kind, "video");
    assert_eq!(wechat(&env).requests_to(SEND).len(), 1);
}

#[test]
fn what_can_not_be_uploaded_goes_as_a_link_with_the_reason() {
    type Way = fn(&TestEnv);
    let ways: [(Way, &str); 3] = [
        (
            |env| env.media().put(FILM, media::mp4(5_000, 51 << 20, false)),
            "50 MB",
        ),
        (|env| wechat(env).name_no_address(true), "names no address"),
        (
            |env| {
                let odd = vec![("x-error-message".to_owned(), "bad file".to_owned())];
                let media = env.world().wechat_media();
                media.fault(
                    UPLOAD,
                    Fault::Status(400, odd, String::new()),
                    fakes::ALWAYS,
                );
            },
            "doesn't take the upload: bad file",
        ),
    ];
    for (way, reason) in ways {
        let env = env();
        way(&env);
        deliver(&env);
        let text = only(&env).text;
        assert!(text.contains(&url(FILM)) && text.contains(reason), "{text}");
    }
}

#[test]
fn what_stands_in_the_way_is_told_in_its_own_sentence_and_waits() {
    type Way = fn(&TestEnv);
    let closed = "takes no message for this person now";
    let ways: [(Way, &str); 4] = [
        (|env| wechat(env).log_out(), "login is over"),
        // The account's own program has sent as many.
        (
            |env| {
                let full = json!({"ret": -2, "errmsg": "unknown error"});
                wechat(env).fault(SEND, Fault::Json(200, full), fakes::ALWAYS);
            },
            closed,
        ),
        // They wrote again, and the plug-in hasn't kept it: what is known is of no use.
        (|env| drop(wechat(env).hear(PERSON)), closed),
        (
            |env| {
                let burst = json!({"ret": -2, "errmsg": "prepare failed"});
                wechat(env).fault(SEND, Fault::Json(200, burst), fakes::ALWAYS);
            },
            "too many messages at once",
        ),
    ];
    for (way, sentence) in ways {
        let env = env();
        let id = submit(&env, PERSON).ok().session_id();
        way(&env);
        let serve = env.serve();
        serve.wait_for_line(sentence);
        drop(serve);
        assert!(wechat(&env).messages().is_empty(), "{sentence}");
        assert!(env.log(&id).contains(sentence), "{}", env.log(&id));
    }
}

#[test]
fn who_takes_no_message_by_then_is_told_before_anything_is_paid_for() {
    type Way = fn(&TestEnv);
    let ways: [(&str, Way, &str); 3] = [
        (
            "o9other@im.wechat",
            |_| {},
            "hasn't written to this account",
        ),
        (
            PERSON,
            |env| {
                // A day without half an hour: a video could arrive too late.
                let ago = SystemTime::now() - Duration::from_secs(24 * 3600 - 1700);
                let file = fs::File::options()
                    .append(true)
                    .open(contexts_at(env, ACCOUNT));
                file.unwrap().set_modified(ago).unwrap();
            },
            "wrote too long ago",
        ),
        (
            PERSON,
            |env| {
                for _ in 0..5 {
                    env.run(["doctor", "--channel", "wechat", "--chat-id", PERSON]);
                }
                assert_eq!(wechat(env).messages().len(), 10);
            },
            "has got as many since they wrote",
        ),
    ];
    for (chat, way, sentence) in ways {
        let env = env();
        way(&env);
        let before = env.gateway().requests().len();
        submit(&env, chat)
            .exits(1)
            .says(sentence)
            .says("Nothing was submitted");
        assert!(env.gateway().submits().is_empty(), "{before} {sentence}");
        // They write, and it is as it was.
        hear(&env, ACCOUNT, chat);
        submit(&env, chat).ok();
    }
}

#[test]
fn who_is_nobody_there_is_refused_before_anything_is_paid_for() {
    let env = env();
    for chat in [
        "o9fox",
        "123@chatroom",
        "a1b2c3d4e5f6",
        "a,b@im.wechat",
        "o9@im.bot",
    ] {
        submit(&env, chat)
            .exits(1)
            .says("Nothing was submitted")
            .says("@im.wechat");
    }
    assert!(env.gateway().requests().is_empty());
}

#[test]
fn what_waits_is_sent_when_they_write_again() {
    let env = env();
    let _ = wechat(&env).hear(PERSON);
    submit(&env, PERSON).ok();
    let serve = env.serve();
    serve.wait_for_line("takes no message for this person now");
    hear(&env, ACCOUNT, PERSON);
    let wechat = wechat(&env);
    block_on(wechat.wait_for_messages(PERSON, 1, TIMEOUT)).unwrap();
}

#[test]
fn an_older_plug_in_that_keeps_conversations_to_itself_is_written_for_without() {
    let env = env();
    fs::remove_file(contexts_at(&env, ACCOUNT)).unwrap();
    wechat(&env).needs_context(false);
    deliver(&env);
    assert_eq!(only(&env).kind, "video");
    let sent = wechat(&env).requests_to(SEND);
    assert!(
        sent[0].json().unwrap()["msg"]
            .get("context_token")
            .is_none()
    );
}

#[test]
fn of_several_accounts_the_one_that_is_named_writes_from_where_it_is() {
    let env = set_up(TestEnv::builder().without_feishu().start());
    let (other, elsewhere) = ("other-token_0123456789abcdef", fakes::WECHAT_HOSTS[1]);
    env.plant_secret(other);
    wechat(&env).add_account(other);
    let at = json!({"token": other, "baseUrl": format!("https://{elsewhere}"), "userId": "x"});
    log_in(
        &env,
        &[
            (ACCOUNT, json!({"token": WECHAT_BOT_TOKEN})),
            ("second-im-bot", at),
        ],
    );
    hear(&env, "second-im-bot", PERSON);
    submit(&env, PERSON)
        .exits(1)
        .says("Several accounts of wechat are configured");
    let line = [
        "create-session",
        "a cat",
        "--channel",
        "wechat",
        "--chat-id",
        PERSON,
    ];
    let id = env
        .run(line.into_iter().chain(["--account", "second-im-bot"]))
        .ok()
        .session_id();
    env.watch(&id);
    assert_eq!(only(&env).kind, "video");
    let sent = wechat(&env).requests_to(SEND);
    let header = |name: &str| sent[0].header(name).unwrap().to_owned();
    assert_eq!(
        (header("host"), header("authorization")),
        (elsewhere.to_owned(), format!("Bearer {other}"))
    );
}

#[test]
fn an_account_whose_address_is_elsewhere_or_that_is_switched_off_is_none() {
    for (account, more, says) in [
        (
            json!({"token": WECHAT_BOT_TOKEN, "baseUrl": "https://evil.example"}),
            json!({}),
            "weixin.qq.com",
        ),
        (
            json!({"token": WECHAT_BOT_TOKEN, "baseUrl": "http://127.0.0.1:1"}),
            json!({}),
            "weixin.qq.com",
        ),
        (json!({}), json!({}), "no app is configured there"),
        (
            json!({"token": WECHAT_BOT_TOKEN}),
            json!({"enabled": false}),
            "switched off",
        ),
    ] {
        let env = set_up(TestEnv::builder().without_feishu().start());
        log_in(&env, &[(ACCOUNT, account)]);
        write(
            &env,
            "openclaw.json",
            &json!({"channels": {"openclaw-weixin": more}}),
        );
        let doctor = env.run(["doctor", "--channel", "wechat"]).exits(1);
        assert!(doctor.stdout.contains(says), "{}", doctor.stdout);
        assert!(wechat(&env).requests().is_empty());
    }
}

#[test]
fn words_from_outside_are_no_markup() {
    let env = env();
    env.gateway().set_default_job(Job::asks(
        "<a href=\"x\">which</a> [one](https://evil.example)?",
    ));
    submit(&env, PERSON).ok();
    let _serve = env.serve();
    let wechat = wechat(&env);
    let sent = block_on(wechat.wait_for_messages(PERSON, 1, TIMEOUT)).unwrap();
    let text = &sent[0].text;
    assert!(
        text.contains("which") && !text.contains('<') && !text.contains("]("),
        "{text}"
    );
}

#[test]
fn the_doctor_sends_a_test_to_the_chat_and_says_what_stands_in_the_way() {
    let env = env();
    let _serve = env.serve();
    env.run(["doctor", "--channel", "wechat"])
        .says("Login: WeChat takes the account's requests");
    let chat = ["doctor", "--channel", "wechat", "--chat-id", PERSON];
    env.run(chat)
        .ok()
        .says("WeChat credentials: found in")
        .says("Login: WeChat takes the account's requests")
        .says("Picture: arrived in the chat");
    assert_eq!(kinds(&env), ["text", "image"]);
    wechat(&env).log_out();
    env.run(chat).exits(1).says("openclaw channels login");
}

#[test]
fn the_environment_names_an_account_as_well() {
    let builder = TestEnv::builder().without_feishu();
    let env = set_up(builder.var("WECHAT_BOT_TOKEN", WECHAT_BOT_TOKEN).start());
    wechat(&env).needs_context(false);
    let _ = wechat(&env).hear(PERSON);
    deliver(&env);
    assert_eq!(only(&env).kind, "video");
}
