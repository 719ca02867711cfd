//! When a job is finished, and what is told meanwhile. docs/spec.md section 6.

use crate::env::scenes::{POLL, impatient, submitted};
use crate::env::{CHAT, TestEnv, texts, wait_until};
use fakes::libtv::{FailureForm, VideoField};
use fakes::{ALWAYS, Fake, Fault, Job, When};
use serde_json::json;

/// The state that `recover` shows.
fn state(env: &TestEnv, id: &str) -> String {
    let reply = env.run(["recover", "--json"]).ok().json();
    let sessions = reply["sessions"].as_array().unwrap().clone();
    let session = sessions
        .iter()
        .find(|session| session["sessionId"] == id)
        .unwrap();
    session["state"].as_str().unwrap().to_owned()
}

#[test]
fn results_appear_in_order_each_as_soon_as_it_is_there() {
    let job = Job::new()
        .works_on(3)
        .images(["/sd-gen-save-img/1.png"])
        .at(When::Advanced)
        .images(["/sd-gen-save-img/2.png", "/sd-gen-save-img/1.png"])
        .at(When::Advanced)
        .images(["/claw/3.png"])
        .says("done");
    let (env, id) = submitted(job);
    let serve = env.serve();
    env.wait_for_messages(CHAT, 1);
    env.gateway().advance(&id);
    env.wait_for_messages(CHAT, 2);
    env.gateway().advance(&id);
    env.wait_for_messages(CHAT, 3);
    serve.wait_for_line("completed");
    let base = "https://libtv-res.liblib.art";
    let results = [
        "/sd-gen-save-img/1.png",
        "/sd-gen-save-img/2.png",
        "/claw/3.png",
    ]
    .map(|path| format!("{base}{path}"));
    let reply = env.run(["query-session", &id]).ok().json();
    assert_eq!(reply["result_urls"], json!(results));
    let names: Vec<String> = env
        .chat()
        .iter()
        .filter_map(|message| message.image.as_ref()?.part_file_name.clone())
        .collect();
    assert_eq!(names, ["1.png", "2.png", "3.png"]);
}

#[test]
fn every_field_that_carries_a_video_is_read() {
    for field in [
        VideoField::PreviewPath,
        VideoField::Url,
        VideoField::VideoUrl,
    ] {
        let (env, id) = submitted(
            Job::new()
                .works()
                .video_field(field)
                .videos(["/sd-gen-save-img/v.mp4"])
                .says("done"),
        );
        env.watch(&id)
            .ok()
            .line("https://libtv-res.liblib.art/sd-gen-save-img/v.mp4");
    }
}

#[test]
fn addresses_in_the_last_words_are_results_too() {
    let words = "好了：**https://libtv-res.liblib.art/claw/p/a.mp4**，还有 `https://libtv-res.liblib.art/claw/p/b.png`。";
    let (env, id) = submitted(
        Job::new()
            .works()
            .at(When::Polls(2))
            .videos(["/claw/p/a.mp4"])
            .says(words),
    );
    env.watch(&id)
        .ok()
        .line("https://libtv-res.liblib.art/claw/p/b.png");
    assert_eq!(texts(&env.chat()), ["[media]", "[image]"]);
}

#[test]
fn without_a_last_word_three_quiet_polls_end_the_job() {
    let (env, id) = submitted(Job::new().works().videos(["/sd-gen-save-img/v.mp4"]));
    env.watch(&id).ok();
    assert!(
        (4..=6).contains(&env.gateway().polls(&id)),
        "{}",
        env.gateway().polls(&id)
    );
}

#[test]
fn an_open_call_keeps_the_job_going() {
    let job = Job::new()
        .works_on(2)
        .images(["/sd-gen-save-img/1.png"])
        .says("one more is coming")
        .at(When::Polls(8))
        .images(["/sd-gen-save-img/2.png"])
        .says("done");
    let (env, id) = submitted(job);
    env.watch(&id).ok();
    assert_eq!(texts(&env.chat()), ["[image]", "[image]"]);
    assert!(env.gateway().polls(&id) >= 8);
}

#[test]
fn every_form_of_failure_reaches_the_chat_with_its_reason() {
    for form in [
        FailureForm::TaskResult,
        FailureForm::Error,
        FailureForm::IsError,
    ] {
        let (env, id) = submitted(
            Job::new()
                .works()
                .fails_as(form, "内容不符合平台规则")
                .says("sorry"),
        );
        env.watch(&id).exits(1).says("内容不符合平台规则");
        let texts = texts(&env.chat());
        assert_eq!(texts.len(), 1, "{texts:?}");
        assert!(
            texts[0].starts_with('❌') && texts[0].contains("内容不符合平台规则"),
            "{texts:?}"
        );
        assert_eq!(state(&env, &id), "failed");
    }
}

#[test]
fn a_refusal_by_the_service_ends_the_job_with_its_reason() {
    let (env, id) = submitted(Job::never());
    let refusal = json!({"error": {"code": "medeo_credits_exhausted", "user_message": "Platform credits insufficient"}});
    env.gateway().fault(POLL, Fault::Json(402, refusal), ALWAYS);
    env.watch(&id)
        .exits(1)
        .says("Platform credits insufficient");
    assert!(texts(&env.chat())[0].contains("Platform credits insufficient"));
}

#[test]
fn one_failed_call_of_two_does_not_hide_the_other_result() {
    let job = Job::new()
        .works_on(2)
        .fails_as(FailureForm::TaskResult, "too dark")
        .at(When::Polls(3))
        .images(["/sd-gen-save-img/1.png"])
        .says("done");
    let (env, id) = submitted(job);
    env.watch(&id).ok();
    assert_eq!(env.chat()[0].msg_type, "image");
    assert_eq!(state(&env, &id), "completed");
}

#[test]
fn a_question_goes_to_the_chat_and_its_answer_goes_on() {
    let (env, id) = submitted(Job::asks("Which colour?"));
    env.watch(&id).ok().line("❓ Which colour?");
    assert!(texts(&env.chat())[0].contains("Which colour?"));
    assert_eq!(state(&env, &id), "awaiting_user");
    env.gateway()
        .set_default_job(Job::video("/sd-gen-save-img/red.mp4"));
    env.continue_session(&id, "red");
    env.watch(&id).ok();
    assert_eq!(env.chat().last().unwrap().msg_type, "media");
    assert_eq!(env.chat().len(), 2, "the question is asked once");
}

#[test]
fn a_job_that_takes_too_long_is_told_in_the_chat_and_a_late_result_still_arrives() {
    let env = impatient(3);
    let _serve = env.serve();
    let id = env.submit("a cat");
    let told = texts(&env.wait_for_messages(CHAT, 1));
    assert!(told[0].contains('⌛'), "{told:?}");
    env.gateway().advance(&id);
    let messages = env.wait_for_messages(CHAT, 2);
    assert_eq!(messages[1].msg_type, "media");
}

#[test]
fn a_timeout_in_the_foreground_ends_with_one_and_recover_fetches_the_late_result() {
    let env = impatient(2);
    let id = env.submit("a cat");
    env.watch(&id).exits(1).says("⌛");
    env.gateway().advance(&id);
    env.run(["recover"]).ok().says("late.mp4 (delivered)");
    assert_eq!(env.chat().len(), 2);
}

#[test]
fn a_bad_network_and_odd_replies_are_only_tried_again() {
    let (env, id) = submitted(Job::video("/sd-gen-save-img/v.mp4"));
    for fault in [
        Fault::Html(502),
        Fault::GarbageOk,
        Fault::ErrorString("busy".into()),
        Fault::ResetBeforeHeaders,
        Fault::TruncatedBody,
        Fault::Status(408, vec![], String::new()),
        Fault::Status(425, vec![], String::new()),
    ] {
        env.gateway().fault(POLL, fault, 1);
    }
    env.watch(&id).ok();
    assert_eq!(texts(&env.chat()), ["[media]"]);
    // Seven that failed, of which the truncated one counted at the service, and the last.
    assert_eq!(env.gateway().requests_to(POLL).len(), 8);
}

#[test]
fn retry_after_is_honoured() {
    let (env, id) = submitted(Job::video("/sd-gen-save-img/v.mp4"));
    env.gateway()
        .fault(POLL, Fault::rate_limited("retry-after", "2"), 1);
    env.watch(&id).ok();
    let polls = env.gateway().requests_to(POLL);
    assert!(
        polls[1].at_ms - polls[0].at_ms >= 1900,
        "{} ms",
        polls[1].at_ms - polls[0].at_ms
    );
}

#[test]
fn a_refused_key_makes_the_session_wait_and_say_so() {
    let (env, id) = submitted(Job::video("/sd-gen-save-img/v.mp4"));
    env.gateway().remove_key(fakes::GATEWAY_KEY);
    let _serve = env.serve();
    wait_until(&env.gateway(), |gateway| {
        gateway.requests_to(POLL).len() >= 2
    });
    let out = env.run(["recover"]).ok();
    out.says("Invalid API Key");
    env.gateway().add_key(fakes::GATEWAY_KEY);
    env.run(["recover"]).ok();
    env.wait_for_messages(CHAT, 1);
    assert_eq!(state(&env, &id), "completed");
}

#[test]
fn a_session_waits_for_a_key_of_its_kind_after_the_user_switched() {
    let (env, id) = submitted(Job::video("/sd-gen-save-img/v.mp4"));
    env.run(["update-key", "--api-key", fakes::DIRECT_KEY]).ok();
    let out = env.run(["recover"]).ok();
    out.says("key of another kind").says(&id);
    env.run(["query-session", &id])
        .exits(1)
        .says("another kind of key");
    assert!(env.direct_api().requests().is_empty());
    assert!(env.gateway().requests_to(POLL).is_empty());
    env.run(["update-key", "--api-key", fakes::GATEWAY_KEY])
        .ok();
    env.watch(&id).ok();
    assert_eq!(env.chat().len(), 1);
}

#[test]
fn messages_without_numbers_unknown_roles_and_null_are_taken_as_they_come() {
    let job = Job::new()
        .without_seq()
        .message(json!({"role": "observer", "content": {"odd": [1]}, "extra": true}))
        .message(json!({"role": "assistant", "content": [{"type": "text", "text": "working"}]}))
        .works()
        .at(When::Polls(3))
        .videos(["/sd-gen-save-img/v.mp4"])
        .says("done");
    let (env, id) = submitted(job);
    env.gateway().null_messages(true);
    env.watch(&id).ok();
    assert_eq!(texts(&env.chat()), ["[media]"]);
}

#[test]
fn watching_a_delivered_session_again_does_nothing() {
    let (env, id) = submitted(Job::video("/sd-gen-save-img/v.mp4"));
    env.watch(&id).ok();
    let polls = env.gateway().requests().len();
    env.watch(&id).ok().says("✅ Already delivered at ");
    assert_eq!(
        (env.gateway().requests().len(), env.chat().len()),
        (polls, 1)
    );
}

#[test]
fn watching_an_unknown_session_is_refused() {
    let env = TestEnv::new();
    env.watch("no-such-session")
        .refused("Unknown LibTV session: no-such-session");
}

#[test]
fn a_default_session_of_the_direct_api_shows_only_what_is_new() {
    let env = TestEnv::direct();
    env.direct_api().reuse_default_session(true);
    let first = env.submit("a cat");
    env.watch(&first).ok();
    let second = env.submit("a dog");
    assert_eq!(first, second);
    env.watch(&second).ok();
    let names: Vec<String> = env
        .chat()
        .iter()
        .filter_map(|message| message.file.as_ref()?.file_name.clone())
        .collect();
    assert_eq!(names, ["1.mp4", "2.mp4"]);
}

#[test]
fn the_watched_session_shows_the_project_that_is_named_above_the_stored_one() {
    let (env, id) = submitted(
        Job::new()
            .works()
            .at(When::Polls(1))
            .videos(["/claw/1.mp4"])
            .says("done"),
    );
    let watch = [
        "wait-and-deliver",
        "--session-id",
        &id,
        "--project-id",
        "p-1",
    ];
    let shown = env.run(watch).ok().stdout;
    let link = "https://www.liblib.tv/canvas?projectId=";
    let links: Vec<&str> = shown.lines().filter(|line| line.contains(link)).collect();
    assert_eq!(links, [format!("{link}p-1")], "{shown}");
}
