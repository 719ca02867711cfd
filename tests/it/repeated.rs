//! A caller that asks for the same again: its first call took too long, or two tools call at once. Cases from elsewhere,
//! "same words twice".

use std::time::Duration;

use crate::env::{CHAT, TestEnv, wait_until};
use crate::intents;
use fakes::{Fake, Fault};
use serde_json::{Value, json};

const SUBMIT: &str = "POST /libtv/v1/session";
/// A gateway that takes its time: long enough for a second process to start and ask.
const SLOW: Fault = Fault::Latency(2_500);

fn arguments<'a>(words: &'a str, chat: &'a str) -> [&'a str; 6] {
    let to = ["--channel", "feishu", "--chat-id"];
    ["create-session", words, to[0], to[1], to[2], chat]
}

/// Asks once, slowly, and for this as soon as the first request is there.
fn while_under_way(env: &TestEnv, again: &[[&str; 6]]) -> Vec<Value> {
    env.gateway().fault(SUBMIT, SLOW, 1);
    let ask = &|words: [&str; 6]| env.run(words).ok().json();
    std::thread::scope(|scope| {
        let first = scope.spawn(|| ask(arguments("a cat", CHAT)));
        wait_until(&env.gateway(), |gateway| {
            !gateway.requests_to(SUBMIT).is_empty()
        });
        let again: Vec<_> = again
            .iter()
            .map(|words| scope.spawn(move || ask(*words)))
            .collect();
        let all = std::iter::once(first).chain(again);
        all.map(|one| one.join().unwrap()).collect()
    })
}

#[test]
fn the_same_request_while_the_first_is_under_way_gets_its_answer_and_is_charged_once() {
    let env = TestEnv::new();
    let same = arguments("a cat", CHAT);
    let replies = while_under_way(&env, &[same, same]);
    assert_eq!((&replies[1], &replies[2]), (&replies[0], &replies[0]));
    assert_eq!(env.gateway().requests_to(SUBMIT).len(), 1);
    // Once it is answered, the same words are a new job.
    let later = env.run(same).ok().json();
    assert_ne!(later["sessionId"], replies[0]["sessionId"]);
    assert_eq!(env.gateway().requests_to(SUBMIT).len(), 2);
}

#[test]
fn other_words_and_the_same_words_for_another_chat_are_jobs_of_their_own() {
    let env = TestEnv::new();
    let replies = while_under_way(
        &env,
        &[arguments("a cat", "oc_other"), arguments("a dog", CHAT)],
    );
    assert_eq!(env.gateway().submits().len(), 3);
    assert_ne!(replies[0]["sessionId"], replies[1]["sessionId"]);
}

#[test]
fn a_continuation_that_is_repeated_while_it_is_under_way_is_charged_once() {
    let env = TestEnv::new();
    let id = env.submit("a cat");
    env.gateway().fault(SUBMIT, SLOW, 1);
    let more = ["create-session", "with a hat", "--session-id", &id];
    std::thread::scope(|scope| {
        let first = scope.spawn(|| env.run(more).ok().json());
        wait_until(&env.gateway(), |gateway| {
            gateway.requests_to(SUBMIT).len() == 2
        });
        assert_eq!(env.run(more).ok().json(), first.join().unwrap());
    });
    assert_eq!(env.gateway().requests_to(SUBMIT).len(), 2);
}

#[test]
fn two_tools_that_call_at_once_with_the_same_words_are_charged_once() {
    let env = TestEnv::new();
    env.gateway().fault(SUBMIT, Fault::Latency(400), 1);
    let mut talking = env.mcp();
    let request = json!({"message": "a cat", "channel": "feishu", "chat_id": CHAT});
    let calls = [(); 3].map(|()| talking.start_tool("create_session", request.clone(), None));
    let answers = calls.map(|call| {
        let result = talking.answer(call)["result"]["structuredContent"].clone();
        assert_eq!(result["status"], "submitted", "{result}");
        result["sessionId"].clone()
    });
    assert!(answers.iter().all(|id| *id == answers[0]), "{answers:?}");
    assert_eq!(env.gateway().requests_to(SUBMIT).len(), 1);
}

#[test]
fn the_second_goes_out_when_the_first_was_refused() {
    let env = TestEnv::new();
    let refusal = json!({"error": {"user_message": "not now"}});
    env.gateway().fault(SUBMIT, Fault::Latency(2_000), 1);
    env.gateway().fault(SUBMIT, Fault::Json(400, refusal), 1);
    std::thread::scope(|scope| {
        let first = scope.spawn(|| env.run(arguments("a cat", CHAT)).exits(1));
        wait_until(&env.gateway(), |gateway| {
            !gateway.requests_to(SUBMIT).is_empty()
        });
        env.run(arguments("a cat", CHAT)).ok();
        first.join().unwrap().says("not now");
    });
    assert_eq!(env.gateway().submits().len(), 1);
}

#[test]
fn the_same_request_is_refused_while_the_outcome_of_the_first_is_unknown_and_later_is_a_new_job() {
    let env = TestEnv::new();
    env.gateway().fault(SUBMIT, Fault::ResetAfterApplied, 1);
    let same = arguments("a cat", CHAT);
    env.run(same).exits(1);
    let refused = env.run([&same[..], &["--json"]].concat()).exits(1).json();
    assert_eq!(refused["error"]["kind"], "permanent-outcome-unknown");
    env.run(same).exits(1).says("isn't known").says("charged");
    assert_eq!(env.gateway().requests_to(SUBMIT).len(), 1);
    env.run(arguments("a cat", "oc_other")).ok();
    env.run(arguments("a dog", CHAT)).ok();
    intents::make_older(&env, Duration::from_secs(11 * 60));
    env.run(same).ok();
    assert_eq!(env.gateway().requests_to(SUBMIT).len(), 4);
    let told = env.run(["recover", "--json"]).ok().json();
    assert_eq!(
        told["unknownSubmits"].as_array().unwrap().len(),
        1,
        "the first stays unknown"
    );
}
