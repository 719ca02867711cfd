//! Ark and ModelArk: from a key to a film in the chat, and what may go wrong on the way. docs/spec.md section 10.

use std::time::Duration;

use crate::env::{CHAT, Serving, TestEnv, texts, wait_until};
use crate::intents;
use fakes::{ALWAYS, ARK_KEY, ArkError, Clip, Fake, Fault, MODELARK_KEY, When};
use serde_json::json;

const SUBMIT: &str = "POST /api/v3/contents/generations/tasks";
const LIST: &str = "GET /api/v3/contents/generations/tasks";
/// So long ago that nobody works on it any more.
const ABANDONED: Duration = Duration::from_secs(190);
/// So long ago that its absence from the list is a proof.
const PROVED: Duration = Duration::from_secs(11 * 60);
/// So long ago that nobody is asked any more.
const GIVEN_UP: Duration = Duration::from_secs(16 * 60);

/// Nothing is set up. Jobs here are as old as a test makes them: a line that says how far one is would stand among what is counted.
fn bare() -> TestEnv {
    let builder = TestEnv::builder().var("LIBTV_PROGRESS", "off");
    builder.config(None).start()
}

/// Set up as a newcomer does it.
fn ark() -> TestEnv {
    let env = bare();
    env.run_with_input(["setup", "--service", "ark", "--api-key", "-"], ARK_KEY)
        .ok();
    env
}

/// What is refused at once, with these words and nothing made.
fn refused(env: &TestEnv, words: &str) {
    env.run([
        "create-session",
        "a cat",
        "--chat-id",
        CHAT,
        "--channel",
        "feishu",
    ])
    .exits(1)
    .says(words);
    assert_eq!(env.ark().made(), []);
}

#[test]
fn a_newcomer_gets_from_a_key_of_ark_to_a_film_in_the_chat() {
    let env = bare();
    env.run(["check"])
        .refused("API Key not configured.")
        .says("setup --service ark --api-key -");
    env.run_with_input(["setup", "--service", "ark", "--api-key", "-"], ARK_KEY)
        .ok()
        .says("✅ API Key saved (****")
        .line("✅ Service: Ark (ark)")
        .never_says(ARK_KEY);
    assert_eq!(
        env.config(),
        json!({"service": "ark", "services": {"ark": {"apiKey": ARK_KEY}}})
    );
    env.run(["check"])
        .ok()
        .line("🌐 Ark: https://ark.cn-beijing.volces.com")
        .line("✅ Key valid");
    assert_eq!(env.ark().made(), [], "a check costs nothing");

    let serve = env.serve();
    let words = "一只狐狸跑过雪地，竖屏9:16的视频";
    let id = env.submit(words);
    let messages = env.wait_for_messages(CHAT, 1);
    assert_eq!(messages[0].msg_type, "media");
    let made = env.ark().made();
    assert_eq!(made.len(), 1);
    assert_eq!(
        (made[0].text.as_str(), made[0].task_id.as_deref()),
        (words, Some(&*id))
    );
    assert_eq!(made[0].key, ARK_KEY);
    let sent = env.ark().requests();
    let sent = sent
        .iter()
        .find(|request| request.method == "POST")
        .unwrap();
    let body = sent.json().unwrap();
    assert_eq!(
        (&body["ratio"], &body["duration"]),
        (&json!("9:16"), &json!(-1))
    );
    assert!(body["execution_expires_after"].as_u64().unwrap() >= 172_800);
    serve.terminate();
    assert_eq!(env.chat().len(), 1);
    env.run(["query-session", &id[..8], "--short"])
        .ok()
        .says("completed");
}

#[test]
fn a_ratio_that_is_configured_is_a_field_and_the_words_stay_as_they_are() {
    let env = ark();
    for (ratio, field) in [("1:1", "1:1"), ("2:3", "adaptive")] {
        env.run(["update-ratio", "--video-ratio", ratio]).ok();
        env.run(["create-session", &format!("a cat, {field}")]).ok();
        let sent = env.ark().requests().pop().unwrap();
        let body = sent.json().unwrap();
        assert_eq!(body["ratio"], field);
        assert_eq!(
            body["content"],
            json!([{"type": "text", "text": format!("a cat, {field}")}])
        );
    }
}

#[test]
fn model_and_resolution_are_the_users_to_choose() {
    let env = ark();
    env.run([
        "setup",
        "--model",
        "doubao-seedance-2-0-260128",
        "--resolution",
        "1080p",
    ])
    .ok()
    .line("✅ Model saved (doubao-seedance-2-0-260128)")
    .line("✅ Resolution saved (1080p)");
    env.run(["check"])
        .ok()
        .line("🎛️ Model: doubao-seedance-2-0-260128");
    env.run(["create-session", "a cat"]).ok();
    let sent = env.ark().requests().pop().unwrap();
    let body = sent.json().unwrap();
    assert_eq!(body["model"], "doubao-seedance-2-0-260128");
    assert_eq!(body["resolution"], "1080p");
    env.run(["setup", "--model", "", "--resolution", ""]).ok();
    assert_eq!(env.config()["services"]["ark"], json!({"apiKey": ARK_KEY}));
    env.run(["setup", "--model", "a b"])
        .exits(1)
        .says("without blanks");
}

#[test]
fn two_services_stand_side_by_side_and_each_session_keeps_to_its_own() {
    let env = ark();
    let stored = env.config()["services"].clone();
    env.run_with_input(
        ["setup", "--service", "modelark", "--api-key", "-"],
        MODELARK_KEY,
    )
    .ok();
    assert_eq!(env.config()["services"]["ark"], stored["ark"]);
    env.run(["setup", "--api-key", fakes::GATEWAY_KEY]).ok();
    assert_eq!(env.config()["service"], "nexu");
    let serve = env.serve();
    for (service, chat) in [
        ("ark", "oc_ark"),
        ("modelark", "oc_modelark"),
        ("nexu", "oc_nexu"),
    ] {
        let words = format!("a cat for {service}");
        env.run([
            "create-session",
            &words,
            "--service",
            service,
            "--channel",
            "feishu",
            "--chat-id",
            chat,
        ])
        .ok();
    }
    for chat in ["oc_ark", "oc_modelark", "oc_nexu"] {
        assert_eq!(
            env.wait_for_messages(chat, 1)[0].msg_type,
            "media",
            "{chat}"
        );
    }
    serve.terminate();
    for (fake, key) in [(env.ark(), ARK_KEY), (env.modelark(), MODELARK_KEY)] {
        assert_eq!(fake.made().len(), 1);
        let asked = fake.requests();
        let own = format!("Bearer {key}");
        assert!(
            asked
                .iter()
                .all(|request| request.header("authorization") == Some(&*own))
        );
    }
    assert_eq!(env.gateway().submits().len(), 1);
}

#[test]
fn of_several_services_one_has_to_be_chosen() {
    let mut env = bare();
    env.set("ARK_API_KEY", ARK_KEY);
    env.run(["check"]).ok().line("✅ Key valid");
    env.set("MODELARK_API_KEY", MODELARK_KEY);
    let several = "Several services are configured: ark, modelark. Choose with --service or setup.";
    env.run(["create-session", "a cat"]).refused(several);
    env.run(["check"]).refused(several);
    env.run(["check", "--service", "modelark"])
        .ok()
        .line("🌐 ModelArk: https://ark.ap-southeast.bytepluses.com");
    env.set("LIBTV_SERVICE", "ark");
    env.run(["create-session", "a cat"]).ok();
    assert_eq!(
        (env.ark().made().len(), env.modelark().made().len()),
        (1, 0)
    );
    env.run(["check", "--service", "nexu"])
        .exits(1)
        .says("No API key of Gateway is configured");
    env.run(["check", "--service", "sora"]).exits(2);
}

#[test]
fn a_session_waits_for_its_own_key_and_goes_on_once_it_is_back() {
    let env = ark();
    env.ark().set_default_clip(Clip::queued());
    let id = env.submit("a cat");
    env.run(["remove-key"]).ok().says("✅ Key removed");
    env.run(["setup", "--api-key", fakes::GATEWAY_KEY]).ok();
    env.run(["query-session", &id])
        .exits(1)
        .says("submitted with another kind of key (Ark)");
    env.ark().advance(&id);
    env.run_with_input(
        ["update-key", "--service", "ark", "--api-key", "-"],
        ARK_KEY,
    )
    .ok();
    env.watch(&id).ok();
    assert_eq!(env.chat()[0].msg_type, "media");
    assert!(env.gateway().requests().is_empty(), "never asked about it");
}

#[test]
fn a_session_is_not_continued() {
    let env = ark();
    let id = env.submit("a cat");
    env.run(["create-session", "and a dog", "--session-id", &id])
        .refused("Ark makes one clip from one request and remembers none: begin a new request.");
    assert_eq!(env.ark().made().len(), 1);
}

#[test]
fn each_refusal_says_what_to_do_and_costs_nothing() {
    let env = ark();
    let fake = env.ark();
    fake.refuse_text_containing(
        "badword",
        ArkError::new("InputTextSensitiveContentDetected", "no"),
    );
    env.run(["create-session", "a badword"])
        .exits(1)
        .says("Say it in other words");
    fake.open_model("doubao-seedance-2-5-260628", false);
    refused(
        &env,
        "has to do that in the console, or choose another with setup --model",
    );
    fake.open_model("doubao-seedance-2-5-260628", true);
    fake.set_overdue(true);
    refused(&env, "has to pay in the service's console");
    fake.set_overdue(false);
    fake.set_quota(Some(0));
    refused(&env, "the quota is used up");
    env.run(["setup", "--model", "no-such-model"]).ok();
    refused(&env, "there is no such model");
    env.run_with_input(["update-key", "--api-key", "-"], MODELARK_KEY)
        .ok();
    refused(&env, "Ark and ModelArk share no keys");
    env.run(["check"])
        .exits(1)
        .says("Ark and ModelArk share no keys");
}

#[test]
fn what_fails_late_is_told_in_the_chat_with_what_to_do() {
    let env = ark();
    for (chat, clip, says) in [
        (
            "oc_1",
            Clip::fails(ArkError::new(
                "OutputVideoSensitiveContentDetected.PolicyViolation",
                "x",
            )),
            "isn't charged",
        ),
        (
            "oc_2",
            Clip::fails(ArkError::new(
                "InputImageSensitiveContentDetected.PrivacyInformation",
                "x",
            )),
            "Use another picture",
        ),
        (
            "oc_3",
            Clip::fails(ArkError::new("InvalidParameter.TaskTypeMismatch", "x")),
            "Say in other words",
        ),
    ] {
        env.ark().set_default_clip(clip);
        let id = env.submit_to("a cat", chat);
        env.watch(&id).exits(1);
        let shown = texts(&env.feishu().chat(chat).messages());
        assert!(shown.len() == 1 && shown[0].contains(says), "{shown:?}");
    }
}

#[test]
fn a_result_that_is_signed_anew_at_each_look_is_one_result() {
    let env = ark();
    env.ark().sign_links_anew(true);
    let id = env.submit("a cat");
    env.watch(&id).ok();
    env.run(["recover"]).ok();
    env.run(["query-session", &id]).ok();
    assert_eq!(env.chat().len(), 1);
}

#[test]
fn tasks_are_listed_and_one_that_was_made_elsewhere_becomes_known() {
    let env = ark();
    env.run(["tasks"]).ok().says("No tasks found for this key.");
    let id = env.submit("a cat");
    env.watch(&id).ok();
    env.run(["tasks"])
        .ok()
        .says(&format!("✅ {id}"))
        .says("backend: doubao-seedance-2-5-260628");
    env.run(["tasks", "--service", "modelark"]).exits(1);
}

#[test]
fn a_task_that_waits_is_cancelled_and_one_that_runs_is_not() {
    let env = ark();
    env.ark().set_default_clip(Clip::queued());
    let (first, second) = (env.submit("a cat"), env.submit("a dog"));
    env.run(["cancel", &first]).ok().line("✅ Cancelled");
    assert_eq!(env.ark().status(&first), Some("cancelled"));
    env.ark().advance(&second);
    env.run(["cancel", &second])
        .exits(1)
        .says("the service can't stop it");
    assert_eq!(env.ark().status(&second), Some("running"));
    let serve = env.serve();
    let shown = texts(&env.wait_for_messages(CHAT, 2));
    assert!(
        shown.iter().any(|text| text.contains("cancelled")),
        "{shown:?}"
    );
    assert!(shown.contains(&"[media]".to_owned()), "{shown:?}");
    serve.terminate();
}

#[test]
fn a_clip_that_takes_its_time_is_waited_for() {
    let env = ark();
    env.ark()
        .set_default_clip(Clip::video().ending(When::Polls(8)));
    let serve = env.serve();
    let id = env.submit("a cat");
    wait_until(&env.ark(), |ark| ark.polls(&id) >= 4);
    assert_eq!(env.chat(), []);
    assert_eq!(env.wait_for_messages(CHAT, 1)[0].msg_type, "media");
    serve.terminate();
}

/// Ark set up, with a submit whose answer was lost so long ago.
fn lost(fault: Fault, ago: Duration) -> TestEnv {
    let env = ark();
    env.ark().fault(SUBMIT, fault, 1);
    env.ask("a cat", "feishu", CHAT)
        .exits(1)
        .says("may have been charged");
    intents::make_older(&env, ago);
    env
}

/// How often a clip was asked for.
fn submits(env: &TestEnv) -> usize {
    env.ark().requests_to(SUBMIT).len()
}

#[test]
fn a_lost_answer_is_looked_up_and_the_film_arrives_as_if_nothing_had_been() {
    for fault in [
        Fault::ResetAfterApplied,
        Fault::TruncatedBody,
        Fault::ResetInBody,
    ] {
        let env = lost(fault, ABANDONED);
        // Another program's task of the same key and time is none of ours.
        env.run(["create-session", "a dog"]).ok();
        let serve = env.serve();
        assert_eq!(env.wait_for_messages(CHAT, 1)[0].msg_type, "media");
        serve.terminate();
        let (ours, made) = (env.ark().task_ids().swap_remove(0), env.ark().made());
        assert_eq!(
            (made.len(), submits(&env)),
            (2, 2),
            "nothing is asked for twice"
        );
        assert!(env.log(&ours).contains("completed") || !env.log(&ours).is_empty());
        assert_eq!(env.chat().len(), 1);
        env.run(["recover"]).ok().never_says("got no answer");
    }
}

#[test]
fn one_that_shows_up_late_is_waited_for() {
    let env = lost(Fault::ResetAfterApplied, ABANDONED);
    env.ark().delay_list(Duration::from_secs(3600));
    let serve = env.serve();
    serve.wait_for_line("the service doesn't show it yet");
    serve.terminate();
    assert_eq!(env.chat(), [], "nothing is said while it may come");
    env.ark().delay_list(Duration::ZERO);
    let serve = env.serve();
    assert_eq!(env.wait_for_messages(CHAT, 1)[0].msg_type, "media");
    serve.terminate();
    assert_eq!(submits(&env), 1);
}

#[test]
fn one_that_is_certainly_not_there_may_be_submitted_again_by_the_user() {
    let env = lost(Fault::ResetBeforeHeaders, PROVED);
    let serve = env.serve();
    let told = texts(&env.wait_for_messages(CHAT, 1));
    assert!(
        told[0].contains("didn't take it, and nothing was charged"),
        "{told:?}"
    );
    serve.terminate();
    assert_eq!((env.ark().made().len(), submits(&env)), (0, 1));
    env.submit("a cat");
    assert_eq!(env.ark().made().len(), 1);
}

/// The chat is told that nobody knows; and nothing was submitted a second time.
#[track_caller]
fn told_that_it_may_have_been_charged(env: &TestEnv, serve: Serving) {
    let told = texts(&env.wait_for_messages(CHAT, 1));
    assert!(told[0].contains("may have been charged"), "{told:?}");
    serve.terminate();
    assert_eq!(submits(env), 1);
}

#[test]
fn one_of_several_that_may_be_it_is_nobodys_and_told() {
    let env = lost(Fault::ResetAfterApplied, ABANDONED);
    let two = json!({"total": 2, "items": [{"id": "cgt-a"}, {"id": "cgt-b"}]});
    env.ark().fault(LIST, Fault::Json(200, two), ALWAYS);
    let serve = env.serve();
    told_that_it_may_have_been_charged(&env, serve);
}

#[test]
fn a_list_that_cant_be_asked_is_asked_again_and_in_the_end_the_chat_is_told() {
    let env = lost(Fault::ResetAfterApplied, ABANDONED);
    env.ark().fault(LIST, Fault::Html(502), ALWAYS);
    let serve = env.serve();
    serve.wait_for_line("can't be asked");
    serve.terminate();
    assert_eq!(env.chat(), []);
    intents::make_older(&env, GIVEN_UP);
    let serve = env.serve();
    told_that_it_may_have_been_charged(&env, serve);
}

#[test]
fn a_link_that_is_dead_is_not_sent_and_the_chat_is_told_so() {
    let env = ark();
    let day = Duration::from_secs(25 * 60 * 60);
    env.world().ark_media().set_clock_offset(day);
    let id = env.submit("a cat");
    env.watch(&id);
    let told = texts(&env.chat());
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(
        told[0].contains("the link is dead by now") && !told[0].contains("http"),
        "{told:?}"
    );
}

#[test]
fn programs_and_agents_submit_and_look_by_the_services_name() {
    let mut env = TestEnv::new();
    env.set("ARK_API_KEY", ARK_KEY);
    env.set("LIBTV_SERVICE", "nexu");
    let mut talking = env.mcp();
    let wanted =
        json!({"message": "a cat", "service": "ark", "channel": "feishu", "chat_id": CHAT});
    let submitted = talking.good("create_session", wanted);
    let id = submitted["sessionId"].as_str().unwrap().to_owned();
    assert_eq!(env.ark().made().len(), 1);
    assert!(env.gateway().submits().is_empty());
    env.watch(&id).ok();
    assert_eq!(env.chat()[0].msg_type, "media");
    let checked = talking.good("check", json!({"service": "ark"}));
    assert_eq!(checked["url"], "https://ark.cn-beijing.volces.com");
    let tasks = talking.good("tasks", json!({"service": "ark"}));
    assert_eq!(tasks["tasks"][0]["id"], id);
    let unknown = talking.tool("check", json!({"service": "sora"}));
    assert_eq!(unknown["isError"], true, "{unknown}");
}
