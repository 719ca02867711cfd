//! Results in WeCom: the whole way, against a fake that demands what the documents show. Of two messages with the same bytes it
//! shows one.

use std::time::Duration;

use fakes::wecom::SentMessage;
use fakes::{
    Fake, Fault, Job, Shows, WECOM_AGENT_ID, WECOM_CORP_ID, WECOM_CORP_SECRET, WeCom, media,
};
use serde_json::json;

use crate::delivery::{self, job, recovered, url, watched};
use crate::env::{Output, TestEnv};

const PERSON: &str = "ZhangSan";
const FILM: &str = "/claw/p/fox.mp4";
const SEND: &str = "POST /cgi-bin/message/send";
const UPLOAD: &str = "POST /cgi-bin/media/upload";

fn env() -> TestEnv {
    let builder = TestEnv::builder().without_feishu();
    let builder = builder.var("WECOM_CORP_ID", WECOM_CORP_ID);
    let builder = builder.var("WECOM_AGENT_ID", WECOM_AGENT_ID.to_string());
    set_up(builder.var("WECOM_CORP_SECRET", WECOM_CORP_SECRET).start())
}

fn set_up(env: TestEnv) -> TestEnv {
    env.plant_secret(WECOM_CORP_SECRET);
    wecom(&env).strict(true);
    wecom(&env).add_member(PERSON);
    env.media().put(FILM, media::mp4(5_000, 300_000, false));
    env.gateway().set_default_job(job(&[FILM]));
    env
}

fn wecom(env: &TestEnv) -> WeCom {
    env.world().wecom()
}

fn submit(env: &TestEnv, chat: &str) -> Output {
    env.ask("a <b>red</b> cat", "wecom", chat)
}

/// Submits and watches to the end. Gives the session's id.
fn deliver(env: &TestEnv, chat: &str) -> String {
    watched(env, submit(env, chat))
}

/// What the person was shown: of which kind, and the words.
fn shown(env: &TestEnv) -> Vec<(String, String)> {
    let messages = wecom(env).messages_to(PERSON).into_iter();
    messages.map(|one| (one.kind, one.text)).collect()
}

#[track_caller]
fn only(env: &TestEnv) -> SentMessage {
    delivery::only(wecom(env).messages())
}

#[test]
fn a_film_is_shown_as_one_and_neither_secret_nor_token_is_anywhere() {
    for chat in ["wecom:ZhangSan", "wecom-agent:ZhangSan", PERSON] {
        let env = env();
        let id = deliver(&env, chat);
        let message = only(&env);
        assert_eq!((message.kind.as_str(), &*message.to), ("video", PERSON));
        let film = message.media.unwrap();
        assert_eq!((film.bytes, film.file_name.as_str()), (300_000, "fox.mp4"));
        assert!(recovered(&env, &id)["deliveredAt"].is_string());
        // The exchange is the harness's own, and the record of it holds no query.
        let record = env.run(["audit"]).ok().stdout;
        assert!(record.contains("/cgi-bin/gettoken"), "{record}");
        assert!(!record.contains("corpsecret="), "{record}");
    }
}

#[test]
fn nine_pictures_arrive_once_each() {
    let env = env();
    let paths: Vec<String> = (1..=9).map(|n| format!("/claw/p/{n}.png")).collect();
    let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
    for (at, path) in (1..).zip(&paths) {
        env.media().put(path, media::png(64, 64 + at));
    }
    let pictures = Job::new().works().images(&paths).says("done");
    env.gateway().set_default_job(pictures);
    deliver(&env, PERSON);
    let messages = wecom(&env).messages();
    assert!(messages.iter().all(|one| one.kind == "image"));
    let names = messages.into_iter().map(|one| one.media.unwrap().file_name);
    let mut names: Vec<_> = names.collect();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), 9, "{names:?}");
}

#[test]
fn whatever_becomes_of_the_answer_the_same_bytes_are_sent_again_and_the_film_is_there_once() {
    for fault in [
        Fault::ResetAfterApplied,
        Fault::ResetBeforeHeaders,
        Fault::ResetInBody,
        Fault::Html(502),
        Fault::Json(200, json!({"errcode": -1, "errmsg": "system busy"})),
        Fault::Json(200, json!({"errcode": 42001, "errmsg": "expired"})),
    ] {
        let env = env();
        wecom(&env).fault(SEND, fault.clone(), 1);
        let id = deliver(&env, PERSON);
        assert_eq!(only(&env).kind, "video", "{fault:?}");
        let mut bodies: Vec<_> = wecom(&env).attempts().into_iter().map(|a| a.body).collect();
        bodies.dedup();
        assert_eq!(bodies.len(), 1, "{fault:?}: {bodies:?}");
        assert_eq!(wecom(&env).requests_to(UPLOAD).len(), 1, "{fault:?}");
        assert!(recovered(&env, &id)["deliveredAt"].is_string(), "{fault:?}");
    }
}

#[test]
fn a_link_whose_answer_was_lost_is_there_once_as_well() {
    let env = env();
    env.media().put(FILM, media::mp4(5_000, 21 << 20, false));
    wecom(&env).fault(SEND, Fault::ResetAfterApplied, 1);
    deliver(&env, PERSON);
    let message = only(&env);
    let (text, link) = (&message.text, url(FILM));
    assert!(text.contains(&link) && text.contains("20 MB"), "{text}");
}

#[test]
fn two_jobs_that_fail_alike_are_told_both() {
    let env = env();
    env.gateway().set_default_job(Job::fails("out of paint"));
    for _ in 0..2 {
        let id = env.ask("a cat", "wecom", PERSON).ok().session_id();
        env.watch(&id);
    }
    assert_eq!(shown(&env).len(), 2, "{:?}", shown(&env));
}

#[test]
fn what_is_too_large_for_a_player_is_a_file_and_what_is_no_picture_there_too() {
    let env = env();
    let moving = "/claw/p/moving.gif";
    env.media().put(FILM, media::mp4(5_000, 11 << 20, false));
    env.media().put(moving, media::gif(64, 64));
    let results = Job::new()
        .works()
        .images([moving])
        .videos([FILM])
        .says("done");
    env.gateway().set_default_job(results);
    deliver(&env, PERSON);
    let kinds: Vec<_> = shown(&env).into_iter().map(|(kind, _)| kind).collect();
    assert_eq!(kinds, ["file", "file"]);
}

#[test]
fn a_token_that_is_refused_is_fetched_anew_once_and_the_film_arrives() {
    let env = env();
    deliver(&env, PERSON);
    wecom(&env).revoke_tokens();
    let id = deliver(&env, PERSON);
    assert!(recovered(&env, &id)["deliveredAt"].is_string());
    assert_eq!(wecom(&env).messages().len(), 2);
    assert_eq!(wecom(&env).tokens().len(), 2);
}

#[test]
fn what_stands_in_the_way_is_told_in_its_own_sentence() {
    type Way = fn(&WeCom);
    let ways: [(Way, &str); 5] = [
        (
            |it| it.distrust(Some("203.0.113.7")),
            "from this machine's address, 203.0.113.7",
        ),
        (|it| it.add_member("LiSi"), "doesn't reach that person"),
        (|it| it.take_licence(PERSON), "no licence for apps"),
        (
            |it| {
                let wrong = Fault::Json(200, json!({"errcode": 40001, "errmsg": "invalid"}));
                it.fault("GET /cgi-bin/gettoken", wrong, fakes::ALWAYS);
            },
            "doesn't accept the app's secret",
        ),
        (
            |it| {
                let other = Fault::Json(200, json!({"errcode": 301002, "errmsg": "not allow"}));
                it.fault(SEND, other, fakes::ALWAYS);
            },
            "isn't that of the app with this agent id",
        ),
    ];
    for (way, sentence) in ways {
        let env = env();
        way(&wecom(&env));
        let whom = if sentence.contains("reach") {
            "Nobody"
        } else {
            PERSON
        };
        let id = submit(&env, whom).ok().session_id();
        let serve = env.serve();
        serve.wait_for_line(sentence);
        drop(serve);
        assert!(wecom(&env).messages().is_empty(), "{sentence}");
        assert!(env.log(&id).contains(sentence), "{}", env.log(&id));
    }
}

#[test]
fn who_can_not_be_a_person_of_wecom_is_refused_before_anything_is_paid_for() {
    let env = env();
    for chat in [
        "@all",
        "wecom:a|b",
        "wecom:group:wr1",
        "wecom:a1b2c3d4e5f6",
        "张三",
    ] {
        submit(&env, chat)
            .exits(1)
            .says("Nothing was submitted")
            .says("userid");
    }
    assert!(env.gateway().requests().is_empty());
}

#[test]
fn words_from_outside_are_no_markup() {
    let env = env();
    let question = "<a href=\"https://evil.example\">which</a> one?";
    env.gateway().set_default_job(Job::asks(question));
    let _serve = {
        submit(&env, PERSON).ok();
        env.serve()
    };
    let wecom = wecom(&env);
    let sent = wecom.wait_for_messages(PERSON, 1, crate::env::TIMEOUT);
    let sent = crate::env::block_on(sent).unwrap();
    assert!(!sent[0].text.contains('<'), "{}", sent[0].text);
    assert!(sent[0].text.contains("which"), "{}", sent[0].text);
}

#[test]
fn a_person_who_gets_many_messages_in_a_minute_loses_none() {
    let env = env();
    wecom(&env).set_clock_offset(Duration::ZERO);
    let paths: Vec<String> = (1..=22).map(|n| format!("/claw/p/{n}.png")).collect();
    let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
    for (at, path) in (1..).zip(&paths) {
        env.media().put(path, media::png(64, 64 + at));
    }
    let pictures = Job::new().works().images(&paths).says("done");
    env.gateway().set_default_job(pictures);
    let id = submit(&env, PERSON).ok().session_id();
    let harness = env.harness();
    // Until the pace holds it back: what the platform would drop isn't sent.
    for _ in 0..8 {
        crate::env::block_on(harness.poll(&id)).unwrap();
    }
    let (messages, attempts) = (wecom(&env).messages(), wecom(&env).attempts());
    assert_eq!((messages.len(), attempts.len()), (20, 20));
}

#[test]
fn the_doctor_sends_a_test_to_the_person_and_says_what_stands_in_the_way() {
    let env = env();
    let _serve = env.serve();
    let chat = ["doctor", "--channel", "wecom", "--chat-id", PERSON];
    env.run(chat)
        .ok()
        .says("WeCom credentials: found in WECOM_CORP_ID, WECOM_AGENT_ID and WECOM_CORP_SECRET")
        .says("Upload: the app may upload media")
        .says("Picture: arrived in the chat");
    assert_eq!(shown(&env).len(), 2);
    wecom(&env).distrust(Some("203.0.113.7"));
    env.run(chat).exits(1).says("企业可信IP");
}

#[test]
fn openclaw_keeps_the_app_beside_its_bot_also_several_of_one_company() {
    let other_secret = "testkit-wecom-other-secret_9876543210zyxwvuts";
    let app = json!({"corpId": WECOM_CORP_ID, "corpSecret": WECOM_CORP_SECRET, "agentId": WECOM_AGENT_ID});
    let ops = json!({"corpId": WECOM_CORP_ID, "corpSecret": other_secret, "agentId": "1000003"});
    for (section, account, agent) in [
        (
            json!({"botId": "b", "secret": "x", "agent": app}),
            None,
            WECOM_AGENT_ID,
        ),
        (
            json!({"accounts": {"main": {"agent": app}, "ops": {"agent": ops}}}),
            Some("ops"),
            1_000_003,
        ),
    ] {
        let env = set_up(TestEnv::builder().without_feishu().start());
        let other = fakes::wecom::App::new(WECOM_CORP_ID, other_secret, 1_000_003);
        wecom(&env).add_app(other);
        let folder = env.folder().join("user/.openclaw");
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("openclaw.json");
        std::fs::write(&path, json!({"channels": {"wecom": section}}).to_string()).unwrap();
        env.holds_secrets(path);
        env.plant_secret(other_secret);
        let more: Vec<&str> = account
            .iter()
            .flat_map(|name| ["--account", *name])
            .collect();
        let id = env.ask_with("a cat", "wecom", PERSON, &more);
        env.watch(&id.ok().session_id());
        assert_eq!(only(&env).agent_id, agent);
    }
    // The bot alone, as Nexu sets it up, can't be asked for anything.
    let env = set_up(TestEnv::builder().without_feishu().start());
    let folder = env.folder().join("user/.openclaw");
    std::fs::create_dir_all(&folder).unwrap();
    let bot = json!({"channels": {"wecom": {"botId": "b", "secret": "x"}}});
    std::fs::write(folder.join("openclaw.json"), bot.to_string()).unwrap();
    env.run(["check"]).ok();
    let told = submit(&env, PERSON).ok();
    assert!(
        format!("{}{}", told.stdout, told.stderr).contains("WECOM_CORP_ID"),
        "{}",
        told.stdout
    );
}
