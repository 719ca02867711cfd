//! Results in DingTalk: the whole way, against a fake that demands what the documents show. Nothing there tells a repetition, so
//! that everything is sent once, and what was lost is told.

use fakes::dingtalk::SentMessage;
use fakes::{
    DINGTALK_CLIENT_ID, DINGTALK_CLIENT_SECRET, DingTalk, DingTalkMedia, Fake, Fault, Job, Shows,
    media,
};
use serde_json::json;

use crate::delivery::{self, job, recovered, told_once, url, watched};
use crate::env::{Output, TestEnv};

const PERSON: &str = "manager1";
const GROUP: &str = "cid6KeBBLoveMJOGXoYKF5x7EeiodoA==";
const FILM: &str = "/claw/p/fox.mp4";
const TO_PERSON: &str = "POST /v1.0/robot/oToMessages/batchSend";
const TO_GROUP: &str = "POST /v1.0/robot/groupMessages/send";
const UPLOAD: &str = "POST /media/upload";

fn env() -> TestEnv {
    let builder = TestEnv::builder().without_feishu();
    let builder = builder.var("DINGTALK_CLIENT_ID", DINGTALK_CLIENT_ID);
    set_up(
        builder
            .var("DINGTALK_CLIENT_SECRET", DINGTALK_CLIENT_SECRET)
            .start(),
    )
}

fn set_up(env: TestEnv) -> TestEnv {
    env.plant_secret(DINGTALK_CLIENT_SECRET);
    dingtalk(&env).add_person(PERSON);
    dingtalk(&env).add_group(GROUP);
    env.media().put(FILM, media::mp4(5_000, 300_000, false));
    env.gateway().set_default_job(job(&[FILM]));
    env
}

fn dingtalk(env: &TestEnv) -> DingTalk {
    env.world().dingtalk()
}

fn older(env: &TestEnv) -> DingTalkMedia {
    env.world().dingtalk_media()
}

fn submit(env: &TestEnv, chat: &str) -> Output {
    env.ask("a cat", "dingtalk", chat)
}

/// Submits and watches to the end. Gives the session's id.
fn deliver(env: &TestEnv, chat: &str) -> String {
    watched(env, submit(env, chat))
}

#[track_caller]
fn only(env: &TestEnv) -> SentMessage {
    delivery::only(dingtalk(env).messages())
}

fn kinds(env: &TestEnv) -> Vec<String> {
    let messages = dingtalk(env).messages().into_iter();
    messages.map(|message| message.kind).collect()
}

#[test]
fn a_film_has_a_player_its_length_and_its_first_frame_for_a_person_and_in_a_group() {
    for (channel, chat, to) in [
        ("dingtalk", PERSON, PERSON),
        ("dingtalk-connector", "dingtalk:user:manager1", PERSON),
        ("dingtalk-connector", GROUP, GROUP),
    ] {
        let env = env();
        let id = env.ask("a cat", channel, chat).ok().session_id();
        env.watch(&id);
        let message = only(&env);
        assert_eq!((message.kind.as_str(), &*message.to), ("sampleVideo", to));
        assert_eq!(message.param["duration"], "5000");
        let film = message.media.unwrap();
        assert_eq!((film.bytes, film.file_name.as_str()), (300_000, "fox.mp4"));
        assert_eq!(message.cover.unwrap().kind, "image");
        assert!(recovered(&env, &id)["deliveredAt"].is_string());
        // One token of each host, and neither in a record.
        assert_eq!(dingtalk(&env).tokens().len(), 2);
        let record = env.run(["audit"]).ok().stdout;
        assert!(
            record.contains("/gettoken") && !record.contains("appsecret="),
            "{record}"
        );
    }
}

#[test]
fn a_film_whose_length_or_first_frame_is_not_known_is_a_file() {
    let env = env();
    // Its length stands at its end, which only a range would reach.
    env.media().put(FILM, media::mp4(5_000, 300_000, true));
    let without = media::Serving {
        ranges: false,
        ..Default::default()
    };
    env.media().serve(without);
    deliver(&env, PERSON);
    let message = only(&env);
    assert_eq!(message.kind, "sampleFile");
    assert_eq!(message.param["fileType"], "mp4");
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
    deliver(&env, GROUP);
    assert!(kinds(&env).iter().all(|kind| kind == "sampleImageMsg"));
    let messages = dingtalk(&env).messages().into_iter();
    let mut names: Vec<_> = messages.map(|one| one.media.unwrap().file_name).collect();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), 9, "{names:?}");
}

#[test]
fn a_message_whose_answer_was_lost_is_told_with_its_link_and_never_sent_again() {
    for (chat, send) in [(PERSON, TO_PERSON), (GROUP, TO_GROUP)] {
        for (fault, films) in [
            (Fault::ResetAfterApplied, 1),
            (Fault::ResetBeforeHeaders, 0),
            (Fault::Html(502), 0),
        ] {
            let env = env();
            dingtalk(&env).fault(send, fault.clone(), 1);
            let id = deliver(&env, chat);
            let messages = dingtalk(&env).messages().into_iter();
            let shown = messages
                .map(|one| (one.media.is_some(), one.text))
                .collect();
            told_once(shown, films, &url(FILM), &fault);
            // The film, and what tells of it.
            assert_eq!(dingtalk(&env).requests_to(send).len(), 2, "{fault:?}");
            assert!(recovered(&env, &id).to_string().contains("uncertain"));
        }
    }
}

#[test]
fn what_certainly_was_not_taken_is_sent_again() {
    for fault in [
        Fault::Json(429, json!({"code": "tooMany"})),
        Fault::Json(
            403,
            json!({"code": "Forbidden.AccessDenied.QpsLimitForApi"}),
        ),
        Fault::Json(401, json!({"code": "InvalidAuthentication"})),
    ] {
        let env = env();
        dingtalk(&env).fault(TO_PERSON, fault.clone(), 1);
        let id = deliver(&env, PERSON);
        assert_eq!(only(&env).kind, "sampleVideo", "{fault:?}");
        assert!(recovered(&env, &id)["deliveredAt"].is_string(), "{fault:?}");
    }
}

#[test]
fn a_lost_upload_is_made_again_since_nobody_sees_it() {
    let env = env();
    older(&env).fault(UPLOAD, Fault::ResetAfterApplied, 1);
    deliver(&env, PERSON);
    assert_eq!(only(&env).kind, "sampleVideo");
}

#[test]
fn what_is_too_large_goes_as_a_link_that_says_so() {
    let env = env();
    env.media().put(FILM, media::mp4(5_000, 21 << 20, false));
    deliver(&env, GROUP);
    let text = only(&env).text;
    assert!(
        text.contains(&url(FILM)) && text.contains("20 MB"),
        "{text}"
    );
}

#[test]
fn what_stands_in_the_way_is_told_in_its_own_sentence() {
    type Way = fn(&TestEnv);
    let ways: [(&str, Way, &str); 6] = [
        ("nobody", |_| {}, "doesn't reach that person"),
        (
            "cid7KeBBLoveMJOGXoYKF5x7EeiodoA==",
            |_| {},
            "isn't in that group",
        ),
        (
            PERSON,
            |env| {
                let said = "应用尚未开通所需的权限：[qyapi_robot_sendmsg]";
                let code = "Forbidden.AccessDenied.AccessTokenPermissionDenied";
                dingtalk(env).refuse(Some((403, code, said)));
            },
            "qyapi_robot_sendmsg",
        ),
        (
            PERSON,
            |env| {
                let code = "invalidParameter.robotCode.notExisted";
                dingtalk(env).refuse(Some((400, code, "robot 不存在")));
            },
            "has no robot",
        ),
        (
            PERSON,
            |env| {
                let wrong = json!({"code": "invalidClientSecret", "message": "x"});
                let token = "POST /v1.0/oauth2/accessToken";
                dingtalk(env).fault(token, Fault::Json(400, wrong), fakes::ALWAYS);
            },
            "doesn't accept the app's secret",
        ),
        (
            PERSON,
            |env| {
                let wrong = json!({"errcode": 40089, "errmsg": "x"});
                older(env).fault("GET /gettoken", Fault::Json(200, wrong), fakes::ALWAYS);
            },
            "doesn't accept the app's secret",
        ),
    ];
    for (chat, way, sentence) in ways {
        let env = env();
        way(&env);
        let id = submit(&env, chat).ok().session_id();
        let serve = env.serve();
        serve.wait_for_line(sentence);
        drop(serve);
        assert!(dingtalk(&env).messages().is_empty(), "{sentence}");
        assert!(env.log(&id).contains(sentence), "{}", env.log(&id));
    }
}

#[test]
fn who_is_held_back_gets_it_later() {
    let env = env();
    dingtalk(&env).hold_back(PERSON, true);
    let id = submit(&env, PERSON).ok().session_id();
    let serve = env.serve();
    serve.wait_for_line("too many messages at once");
    drop(serve);
    assert!(dingtalk(&env).messages().is_empty());
    assert!(env.log(&id).contains("again in"), "{}", env.log(&id));
}

#[test]
fn who_can_not_be_reached_by_a_robot_is_refused_before_anything_is_paid_for() {
    let env = env();
    for chat in ["@all", "a,b", "$:LWCP_v1:$abc", "a1b2c3d4e5f6", "张三"] {
        submit(&env, chat)
            .exits(1)
            .says("Nothing was submitted")
            .says("staffId");
    }
    assert!(env.gateway().requests().is_empty());
}

#[test]
fn words_from_outside_call_nobody() {
    let env = env();
    env.gateway()
        .set_default_job(Job::asks("<at id=\"all\"></at> which one?"));
    let _serve = {
        submit(&env, GROUP).ok();
        env.serve()
    };
    let dingtalk = dingtalk(&env);
    let sent = dingtalk.wait_for_messages(GROUP, 1, crate::env::TIMEOUT);
    let sent = crate::env::block_on(sent).unwrap();
    assert!(sent[0].text.contains("which one?"), "{}", sent[0].text);
    assert!(!sent[0].text.contains("<at"), "{}", sent[0].text);
}

#[test]
fn the_doctor_sends_a_test_to_the_chat_and_says_what_stands_in_the_way() {
    let env = env();
    let _serve = env.serve();
    let chat = ["doctor", "--channel", "dingtalk", "--chat-id", GROUP];
    env.run(chat)
        .ok()
        .says("DingTalk credentials: found in DINGTALK_CLIENT_ID and DINGTALK_CLIENT_SECRET")
        .says("Upload: the app may upload media")
        .says("Picture: arrived in the chat");
    assert_eq!(kinds(&env), ["sampleText", "sampleImageMsg"]);
    let no_robot = "invalidParameter.robotCode.notExisted";
    dingtalk(&env).refuse(Some((400, no_robot, "robot 不存在")));
    env.run(chat).exits(1).says("Add a robot to the app");
}

#[test]
fn openclaws_connector_keeps_the_app_too() {
    let env = set_up(TestEnv::builder().without_feishu().start());
    let folder = env.folder().join("user/.openclaw");
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("openclaw.json");
    let section = json!({"clientId": DINGTALK_CLIENT_ID, "clientSecret": DINGTALK_CLIENT_SECRET});
    let config = json!({"channels": {"dingtalk-connector": section}});
    std::fs::write(&path, config.to_string()).unwrap();
    env.holds_secrets(path);
    deliver(&env, PERSON);
    assert_eq!(only(&env).kind, "sampleVideo");
}
