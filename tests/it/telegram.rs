//! Results in Telegram: the whole way, against a fake that demands what the documents show. Nothing there tells a repetition,
//! so a film takes the place of a line that announces it.

use fakes::telegram::{Kind, SentMessage};
use fakes::{Fake, Fault, Job, TELEGRAM_BOT_TOKEN, Telegram, media};

use crate::delivery::{job, only, recovered, url, watched};
use crate::env::{Output, TestEnv};

/// A group with topics.
const GROUP: &str = "-1001234567890";
const GROUP_ID: i64 = -1_001_234_567_890;
const PERSON: &str = "4200001";
const PERSON_ID: i64 = 4_200_001;
const TOPIC: i64 = 7;
const FILM: &str = "/claw/p/fox.mp4";
const LINE: &str = "POST /*/sendMessage";
const EDIT: &str = "POST /*/editMessageMedia";
const DIRECT: &str = "POST /*/sendVideo";

fn env() -> TestEnv {
    let builder = TestEnv::builder().without_feishu();
    let builder = builder.var("TELEGRAM_BOT_TOKEN", TELEGRAM_BOT_TOKEN);
    set_up(builder.start())
}

fn set_up(env: TestEnv) -> TestEnv {
    env.plant_secret(TELEGRAM_BOT_TOKEN);
    let telegram = telegram(&env);
    telegram.strict(true);
    telegram.add_chat(GROUP_ID);
    telegram.add_chat(PERSON_ID);
    telegram.add_topic(GROUP_ID, TOPIC, false);
    env.media().put(FILM, media::mp4(5_000, 300_000, false));
    env.gateway().set_default_job(job(&[FILM]));
    env
}

fn telegram(env: &TestEnv) -> Telegram {
    env.world().telegram()
}

fn submit(env: &TestEnv, chat: &str, more: &[&str]) -> Output {
    env.ask_with("a @somebody cat", "telegram", chat, more)
}

/// Submits and watches to the end. Gives the session's id.
fn deliver(env: &TestEnv, chat: &str, more: &[&str]) -> String {
    watched(env, submit(env, chat, more))
}

fn in_group(env: &TestEnv) -> Vec<SentMessage> {
    telegram(env).chat(GROUP_ID).messages()
}

#[test]
fn a_film_takes_the_place_of_one_line_with_all_that_a_player_needs_and_the_token_is_nowhere() {
    let env = env();
    let id = deliver(&env, PERSON, &[]);
    let message = only(telegram(&env).chat(PERSON_ID).messages());
    // The fake's film has no sound: Telegram calls that an animation.
    assert_eq!((message.kind, message.edits), (Kind::Animation, 1));
    assert!(message.text.is_empty() && message.called.is_empty() && !message.is_quiet);
    let film = message.file.unwrap();
    assert_eq!((film.bytes, film.supports_streaming), (300_000, true));
    let seen = (film.width_px, film.height_px, film.duration_s);
    assert_eq!(seen, (Some(1280), Some(720), Some(5)));
    assert!(film.thumbnail_bytes.is_some_and(|bytes| bytes <= 200 << 10));
    assert_eq!(film.file_name.as_deref(), Some("fox.mp4"));
    assert!(recovered(&env, &id)["deliveredAt"].is_string());
    // That the token is in no file, output or memory is what every test ends with.
}

#[test]
fn nine_pictures_arrive_once_each() {
    let env = env();
    let paths: Vec<String> = (1..=9).map(|n| format!("/claw/p/{n}.png")).collect();
    let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
    for path in &paths {
        env.media().put(path, media::png(64, 64));
    }
    let pictures = Job::new().works().images(&paths).says("done");
    env.gateway().set_default_job(pictures);
    deliver(&env, GROUP, &[]);
    let messages = in_group(&env);
    assert!(messages.iter().all(|one| one.kind == Kind::Photo));
    let names = messages.into_iter().map(|one| one.file.unwrap().file_name);
    let mut names: Vec<_> = names.collect();
    names.dedup();
    assert_eq!(names.len(), 9, "{names:?}");
}

#[test]
fn a_result_stands_in_the_topic_that_asked_and_answers_its_message() {
    for (chat, more) in [
        (GROUP, &["--thread", "7"][..]),
        ("telegram:group:-1001234567890:topic:7", &[]),
    ] {
        let env = env();
        let asked = telegram(&env).add_message(GROUP_ID, "a cat, please");
        let asked_text = asked.to_string();
        deliver(&env, chat, &[more, &["--reply-to", &asked_text]].concat());
        let message = only(in_group(&env));
        let place = (message.topic, message.reply_to);
        assert_eq!(place, (Some(TOPIC), Some(asked)), "{chat}");
    }
    // A topic that was deleted meanwhile doesn't keep the result from the group.
    let env = env();
    deliver(&env, GROUP, &["--thread", "8"]);
    assert_eq!(only(in_group(&env)).topic, None);
}

#[test]
fn whatever_becomes_of_the_answer_to_a_film_it_is_there_once() {
    for fault in [
        Fault::ResetAfterApplied,
        Fault::ResetBeforeHeaders,
        Fault::ResetInBody,
        Fault::Html(502),
        Fault::Refuse,
        Fault::Json(
            429,
            serde_json::json!({"ok": false, "error_code": 429, "description": "Too Many Requests: retry after 1", "parameters": {"retry_after": 1}}),
        ),
    ] {
        for repeated_is_new in [false, true] {
            let env = env();
            telegram(&env).every_upload_is_new(repeated_is_new);
            telegram(&env).fault(EDIT, fault.clone(), 1);
            let id = deliver(&env, GROUP, &[]);
            let message = only(in_group(&env));
            assert!(message.file.is_some(), "{fault:?}");
            assert!(recovered(&env, &id)["deliveredAt"].is_string(), "{fault:?}");
        }
    }
}

#[test]
fn a_line_whose_answer_was_lost_is_not_sent_again_and_the_film_goes_without() {
    let env = env();
    telegram(&env).fault(LINE, Fault::ResetAfterApplied, 1);
    deliver(&env, GROUP, &["--thread", "7"]);
    let messages = in_group(&env);
    let kinds: Vec<_> = messages.iter().map(|one| one.kind).collect();
    assert_eq!(kinds, [Kind::Text, Kind::Animation]);
    assert!(messages.iter().all(|one| one.topic == Some(TOPIC)));
    // Not sent at all: nothing is lost.
    let env = self::env();
    telegram(&env).fault(LINE, Fault::Refuse, 1);
    deliver(&env, GROUP, &[]);
    assert!(only(in_group(&env)).file.is_some());
}

#[test]
fn a_film_without_a_line_whose_answer_was_lost_is_told_with_its_link_and_never_sent_again() {
    for (fault, films) in [
        (Fault::ResetAfterApplied, 1),
        (Fault::ResetBeforeHeaders, 0),
    ] {
        let env = env();
        telegram(&env).fault(LINE, Fault::ResetBeforeHeaders, 1);
        telegram(&env).fault(DIRECT, fault, 1);
        let id = deliver(&env, GROUP, &[]);
        let messages = in_group(&env);
        let (shown, told): (Vec<_>, Vec<_>) =
            messages.into_iter().partition(|one| one.file.is_some());
        assert_eq!(shown.len(), films);
        let told = only(told);
        assert!(told.text.starts_with(&url(FILM)), "{}", told.text);
        assert!(told.text.contains("isn't known"), "{}", told.text);
        assert!(told.called.is_empty() && !told.previews_links);
        assert_eq!(telegram(&env).requests_to(DIRECT).len(), 1);
        let kept = recovered(&env, &id).to_string();
        assert!(kept.contains("uncertain"), "{kept}");
    }
}

#[test]
fn a_text_whose_answer_was_lost_is_told_and_never_sent_again() {
    let env = env();
    env.media().put(FILM, media::mp4(5_000, 51 << 20, false));
    telegram(&env).fault(LINE, Fault::ResetAfterApplied, 1);
    deliver(&env, GROUP, &[]);
    let messages = in_group(&env);
    let told: Vec<_> = messages
        .iter()
        .map(|one| one.text.contains("isn't known"))
        .collect();
    assert_eq!(told, [false, true], "{messages:#?}");
}

#[test]
fn what_is_no_picture_for_telegram_is_a_document_and_what_is_too_large_a_link_that_says_so() {
    let env = env();
    let (wide, moving) = ("/claw/p/wide.png", "/claw/p/moving.gif");
    env.media().put(wide, media::png(9_000, 1_001));
    env.media().put(moving, media::gif(64, 64));
    let pictures = Job::new().works().images([wide, moving]).says("done");
    env.gateway().set_default_job(pictures);
    deliver(&env, GROUP, &[]);
    let kinds: Vec<_> = in_group(&env).iter().map(|one| one.kind).collect();
    assert_eq!(kinds, [Kind::Document, Kind::Document]);
    let env = self::env();
    env.media().put(FILM, media::mp4(5_000, 51 << 20, false));
    deliver(&env, GROUP, &[]);
    let message = only(in_group(&env));
    let (text, link) = (&message.text, url(FILM));
    assert!(text.contains(&link) && text.contains("50 MB"), "{text}");
    assert!(!message.previews_links);
}

#[test]
fn where_films_are_not_allowed_the_line_is_taken_back_and_the_link_arrives() {
    let env = env();
    telegram(&env).deny(GROUP_ID, Kind::Video);
    deliver(&env, GROUP, &[]);
    let message = only(in_group(&env));
    assert!(message.text.contains(&url(FILM)), "{}", message.text);
    assert!(message.text.contains("may not send such files"));
}

#[test]
fn a_group_that_became_another_chat_is_followed_and_nobody_else_is() {
    const OLD: i64 = -5;
    for after_line in [false, true] {
        let env = env();
        telegram(&env).add_chat(OLD);
        if after_line {
            // The line stays behind: it was shown before the move.
            telegram(&env).fault(EDIT, Fault::Html(502), 1);
            let id = submit(&env, "-5", &[]).ok().session_id();
            let harness = env.harness();
            while telegram(&env).requests_to(EDIT).is_empty() {
                crate::env::block_on(harness.poll(&id)).unwrap();
            }
            telegram(&env).migrate(OLD, GROUP_ID);
            env.watch(&id);
            // Whether the film was shown in the old group can't be known: it is told, and not sent again.
            let message = only(in_group(&env));
            assert!(message.text.contains("isn't known"), "{}", message.text);
        } else {
            telegram(&env).migrate(OLD, GROUP_ID);
            deliver(&env, "-5", &[]);
            assert!(only(in_group(&env)).file.is_some());
        }
    }
}

#[test]
fn what_stands_in_the_way_is_told_in_its_own_sentence() {
    type Way = fn(&Telegram);
    let ways: [(&str, &[&str], Way, &str); 7] = [
        ("-42", &[], |_| {}, "there is no such chat"),
        (PERSON, &[], |it| it.block(PERSON_ID), "has blocked the bot"),
        (
            GROUP,
            &[],
            |it| it.kick(GROUP_ID),
            "isn't in that chat any more",
        ),
        (
            PERSON,
            &[],
            |it| {
                let refusal = "Forbidden: bot can't initiate conversation with a user";
                it.refuse(PERSON_ID, Some((403, refusal)));
            },
            "has never written to the bot",
        ),
        (
            GROUP,
            &["--thread", "7"],
            |it| it.add_topic(GROUP_ID, TOPIC, true),
            "the topic is closed",
        ),
        (
            GROUP,
            &[],
            |it| it.deny(GROUP_ID, Kind::Text),
            "the bot may not write there",
        ),
        (
            GROUP,
            &[],
            |it| it.revoke(TELEGRAM_BOT_TOKEN),
            "doesn't accept the bot's token",
        ),
    ];
    for (chat, more, way, sentence) in ways {
        let env = env();
        way(&telegram(&env));
        let id = submit(&env, chat, more).ok().session_id();
        let serve = env.serve();
        serve.wait_for_line(sentence);
        drop(serve);
        assert!(telegram(&env).messages().is_empty(), "{sentence}");
        assert!(env.log(&id).contains(sentence), "{}", env.log(&id));
    }
}

#[test]
fn a_chat_that_can_not_be_one_of_telegram_is_refused_before_anything_is_paid_for() {
    let env = env();
    for chat in ["oc_a", "@somebody", "telegram:@group", "a1b2c3d4e5f6"] {
        submit(&env, chat, &[])
            .exits(1)
            .says("Nothing was submitted")
            .says("the chat's number");
    }
    for (option, told) in [
        ("--thread", "a topic is named by a number"),
        ("--reply-to", "the id of a message is a number"),
    ] {
        let out = submit(&env, GROUP, &[option, "om_1"]);
        out.exits(1).says(told);
    }
    assert!(env.gateway().requests().is_empty());
}

#[test]
fn words_from_outside_call_nobody_and_are_no_markup() {
    let env = env();
    let question = "@somebody *which* <b>one</b> [x](tg://user?id=1)?";
    env.gateway().set_default_job(Job::asks(question));
    let _serve = {
        submit(&env, GROUP, &[]).ok();
        env.serve()
    };
    let telegram = telegram(&env);
    let sent = telegram.wait_for_messages(GROUP_ID, 1, crate::env::TIMEOUT);
    let sent = crate::env::block_on(sent).unwrap();
    assert!(sent[0].called.is_empty(), "{:?}", sent[0].called);
    assert_eq!(sent[0].parse_mode, None);
    assert!(
        sent[0].text.contains("*which* <b>one</b>"),
        "{}",
        sent[0].text
    );
}

#[test]
fn the_doctor_sends_a_test_to_the_chat_and_says_what_the_bot_may_not() {
    let env = env();
    let _serve = env.serve();
    let chat = ["doctor", "--channel", "telegram", "--chat-id", GROUP];
    env.run(chat)
        .ok()
        .says("Telegram credentials: found in TELEGRAM_BOT_TOKEN in the environment")
        .says("Bot: its token is accepted")
        .says("Picture: arrived in the chat");
    assert_eq!(in_group(&env).len(), 2);
    telegram(&env).kick(GROUP_ID);
    env.run(chat).exits(1).says("add the bot again");
}

#[test]
fn openclaw_keeps_its_token_too_also_in_a_file_of_its_own() {
    let token = TELEGRAM_BOT_TOKEN;
    for (account, file) in [
        (format!(r#""botToken": "{token}""#), None),
        (r#""tokenFile": "~/.openclaw/bot""#.to_owned(), Some(token)),
    ] {
        let env = set_up(TestEnv::builder().without_feishu().start());
        let folder = env.folder().join("user/.openclaw");
        std::fs::create_dir_all(&folder).unwrap();
        let text = format!(r#"{{"channels": {{"telegram": {{{account}}}}}}}"#);
        std::fs::write(folder.join("openclaw.json"), text).unwrap();
        if let Some(token) = file {
            std::fs::write(folder.join("bot"), token).unwrap();
            env.holds_secrets(folder.join("bot"));
        }
        deliver(&env, GROUP, &[]);
        assert!(only(in_group(&env)).file.is_some());
        env.run(["check"])
            .ok()
            .says("openclaw.json, account default");
    }
}
