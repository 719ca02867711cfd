//! Pippit, the whole way: from `setup` to films in the chat, against the fake. Its codes and forms of results stand beside the
//! code (`core/src/upstream/pippit/`).

use fakes::pippit::OUT_OF_CREDITS;
use fakes::{Fake, Fault, PIPPIT_INTL_KEY, PIPPIT_KEY, PippitError, Run, When};
use serde_json::{Value, json};

use crate::env::{CHAT, Output, TestEnv, texts};

/// The route of submits.
const SUBMIT: &str = "POST /api/biz/v1/skill/submit_run";
/// The route of threads.
const THREAD: &str = "POST /api/biz/v1/skill/get_thread";

/// With a key of it alone.
fn pippit() -> TestEnv {
    let config = json!({"service": "pippit", "services": {"pippit": {"apiKey": PIPPIT_KEY}}});
    TestEnv::builder().config(Some(&config.to_string())).start()
}

fn ask(env: &TestEnv, text: &str, more: &[&str]) -> Output {
    let chat = ["--channel", "feishu", "--chat-id", CHAT];
    env.run([&["create-session"], more, &chat, &["--", text]].concat())
}

/// Submits, and gives the session's id.
fn begun(env: &TestEnv, text: &str) -> String {
    let submitted = ask(env, text, &[]).ok().json();
    submitted["sessionId"].as_str().unwrap().to_owned()
}

/// The types of what stands in the chat.
fn types(env: &TestEnv) -> Vec<String> {
    let chat = env.chat();
    chat.iter().map(|sent| sent.msg_type.clone()).collect()
}

#[test]
fn a_newcomer_gets_from_setup_to_a_film_in_the_chat() {
    let env = TestEnv::builder().config(None).start();
    let setup = ["setup", "--service", "pippit", "--api-key", "-"];
    env.run_with_input(setup, PIPPIT_KEY).ok();
    env.run(["check"])
        .ok()
        .line("🌐 Pippit: https://xyq.jianying.com")
        .line("✅ Key valid");
    let words = "月球上的猫，  慢镜头\n海边";
    let id = begun(&env, words);
    env.watch(&id).ok();
    assert_eq!(types(&env), ["media"]);
    let submits = env.world().pippit().submits();
    assert_eq!(submits.len(), 1);
    assert_eq!((&*submits[0].text, submits[0].new_thread), (words, true));
    assert!(env.gateway().requests().is_empty());
    for request in env.world().pippit().requests() {
        let expected = format!("Bearer {PIPPIT_KEY}");
        assert_eq!(request.header("authorization"), Some(&*expected));
    }
    for request in env.world().pippit_media().requests() {
        assert_eq!(request.header("authorization"), None);
    }
}

#[test]
fn abroad_is_another_service_with_its_own_key() {
    let env = TestEnv::builder()
        .config(None)
        .var("PIPPIT_ACCESS_KEY", PIPPIT_INTL_KEY)
        .start();
    ask(&env, "a cat", &[]).ok();
    assert_eq!(env.world().pippit_intl().submits().len(), 1);
    assert!(env.world().pippit().requests().is_empty());
    // A key of the one is none of the other.
    let wrong = TestEnv::builder()
        .config(None)
        .var("XYQ_ACCESS_KEY", PIPPIT_INTL_KEY)
        .start();
    wrong
        .run(["check"])
        .exits(1)
        .says("❌ Pippit: the key isn't accepted");
    ask(&wrong, "a cat", &[])
        .exits(1)
        .says("the key isn't accepted");
}

#[test]
fn results_of_each_kind_arrive_once_although_their_links_are_signed_anew() {
    let env = pippit();
    let fake = env.world().pippit();
    fake.sign_links_anew(true);
    let run = Run::new().at(When::Polls(1)).images(["/a.png", "/b.png"]);
    let run = run
        .at(When::Polls(3))
        .videos(["/{run}.mp4"])
        .at(When::Polls(5));
    fake.set_default_run(run.says("都好了").done());
    let id = begun(&env, "a cat");
    env.watch(&id).ok();
    let mut types = types(&env);
    types.sort_unstable();
    assert_eq!(types, ["image", "image", "media"]);
    env.watch(&id).ok();
    assert_eq!(env.chat().len(), 3);
}

#[test]
fn every_form_that_was_met_is_read() {
    for form in 0..3 {
        let env = pippit();
        let fake = env.world().pippit();
        match form {
            0 => fake.data_is_object(true),
            1 => fake.links_in_download_url(true),
            _ => fake.hide_seq(true),
        }
        let id = begun(&env, "a cat");
        env.watch(&id).ok();
        assert_eq!(types(&env), ["media"], "{form}");
    }
}

#[test]
fn a_link_elsewhere_is_told_as_a_link_and_not_fetched() {
    let env = pippit();
    let link = "https://cdn.example.com/film.mp4?a=1";
    env.world().pippit().set_default_run(Run::video(link));
    let id = begun(&env, "a cat");
    env.watch(&id).ok();
    let told = texts(&env.chat());
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].contains(link), "{told:?}");
    assert!(env.world().pippit_media().requests().is_empty());
}

#[test]
fn a_question_is_asked_in_the_chat_and_its_answer_goes_to_the_same_thread() {
    let env = pippit();
    let fake = env.world().pippit();
    fake.on_message_containing("cat", Run::asking("什么风格？", &["水墨", "油画"]));
    let id = begun(&env, "a cat");
    env.watch(&id);
    let told = texts(&env.chat());
    assert!(
        told[0].contains("什么风格？") && told[0].contains("- 油画"),
        "{told:?}"
    );
    env.continue_session(&id, "水墨");
    env.watch(&id).ok();
    assert_eq!(types(&env), ["text", "media"]);
    let submits = fake.submits();
    assert_eq!(
        (submits[1].thread_id.as_str(), submits[1].new_thread),
        (&*id, false)
    );
}

#[test]
fn a_request_that_lands_in_a_thread_that_was_there_is_answered_by_its_own_run() {
    let env = pippit();
    let fake = env.world().pippit();
    fake.reuse_default_thread(true);
    let first = begun(&env, "a cat");
    env.watch(&first).ok();
    let second = begun(&env, "a dog");
    assert_eq!(first, second);
    env.watch(&second).ok();
    assert_eq!(types(&env), ["media", "media"]);
}

#[test]
fn a_request_right_behind_another_takes_nothing_from_it() {
    for only_asked in [false, true] {
        let env = pippit();
        let fake = env.world().pippit();
        fake.tell_only_the_asked_run(only_asked);
        // It still waits when the second one is asked for, and when that one is done.
        let waits = Run::new().at(When::Advanced).videos(["/{run}.mp4"]);
        fake.on_message_containing("a cat", waits.done());
        let _serve = env.serve();
        let id = begun(&env, "a cat");
        env.continue_session(&id, "a dog");
        env.wait_for_messages(CHAT, 1);
        assert!(fake.advance(&fake.submits()[0].run_id));
        env.wait_for_messages(CHAT, 2);
        assert_eq!(types(&env), ["media", "media"]);
    }
}

#[test]
fn why_nothing_was_made_is_told_in_the_chat() {
    for (run, says) in [
        (Run::fails(OUT_OF_CREDITS, "积分不足"), "buy more"),
        (Run::fails(12006, ""), "a video isn't allowed there"),
        (
            Run::new().at(When::Polls(1)).says("我不能做这个").done(),
            "我不能做这个",
        ),
    ] {
        let env = pippit();
        env.world().pippit().set_default_run(run);
        let id = begun(&env, "a cat");
        env.watch(&id);
        let told = texts(&env.chat());
        assert!(told.len() == 1 && told[0].contains(says), "{told:?}");
    }
}

#[test]
fn a_refusal_is_told_at_once_with_what_to_do_and_is_no_submit_of_unknown_outcome() {
    let env = pippit();
    let fake = env.world().pippit();
    for (error, says) in [
        (PippitError::sensitive_text(), "Say it in other words"),
        (PippitError::daily_limit(), "Ask again tomorrow"),
        (PippitError::too_often(), "In a minute"),
        (PippitError::overloaded(), "overloaded"),
        (PippitError::expired_key(), "the key isn't accepted"),
    ] {
        fake.fault(SUBMIT, Fault::from(error), 1);
        ask(&env, "a cat", &[]).exits(1).says(says);
    }
    assert!(fake.submits().is_empty());
    ask(&env, "a cat", &[]).ok();
}

#[test]
fn a_submit_whose_answer_was_lost_is_not_sent_again_and_stays_unknown() {
    let env = pippit();
    let fake = env.world().pippit();
    for fault in [
        Fault::ResetAfterApplied,
        Fault::from(PippitError::upstream()),
    ] {
        let before = fake.submits().len();
        fake.fault(SUBMIT, fault, 1);
        ask(&env, &format!("a cat {before}"), &[])
            .exits(1)
            .says("isn't known");
        assert!(fake.submits().len() <= before + 1);
    }
    let told = env.run(["recover", "--json"]).ok().json();
    let unknown = told["unknown_submits"]
        .as_array()
        .or(told["unknownSubmits"].as_array());
    assert_eq!(unknown.map(Vec::len), Some(2), "{told}");
}

#[test]
fn trouble_between_two_looks_passes() {
    let env = pippit();
    let fake = env.world().pippit();
    let id = begun(&env, "a cat");
    fake.fault(THREAD, Fault::from(PippitError::overloaded()), 1);
    fake.fault(THREAD, Fault::Html(502), 1);
    fake.fault(THREAD, Fault::from(PippitError::check_failed()), 1);
    env.watch(&id).ok();
    assert_eq!(types(&env), ["media"]);
}

#[test]
fn an_uploaded_picture_goes_along_by_its_id() {
    let env = pippit();
    let picture = env.folder().join("cat.png");
    fakes::media::png(64, 64).write_to(&picture).unwrap();
    let out = env
        .run(["upload".as_ref(), "--file".as_ref(), picture.as_os_str()])
        .ok();
    let last: Value = serde_json::from_str(out.stdout.lines().last().unwrap()).unwrap();
    let reference = last["url"].as_str().unwrap();
    ask(&env, &format!("make it dance\n{reference}"), &[]).ok();
    let submits = env.world().pippit().submits();
    let assets = env.world().pippit().assets();
    assert_eq!(submits[0].text, "make it dance");
    assert_eq!(submits[0].asset_ids, [assets[0].pippit_asset_id.clone()]);
}

#[test]
fn a_ratio_is_said_only_where_one_is_given_and_the_words_stay() {
    let env = pippit();
    ask(&env, "a cat", &[]).ok();
    ask(&env, "a dog, 9:16", &[]).ok();
    let bodies: Vec<Value> = env
        .world()
        .pippit()
        .requests_to(SUBMIT)
        .iter()
        .map(|request| request.json().unwrap().clone())
        .collect();
    assert_eq!(bodies[0], json!({"message": "a cat"}));
    assert_eq!(bodies[1]["message"], "a dog, 9:16");
    assert_eq!(bodies[1]["general_agent_settings"], json!({"ratio": 3}));
}
