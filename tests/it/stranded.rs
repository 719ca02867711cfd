//! Submits whose process dies, or whose future is dropped, and then no command: `serve` alone takes up what is left.

use std::thread;
use std::time::Duration;

use crate::env::{CHAT, TIMEOUT, TestEnv, block_on, texts, wait_until};
use crate::intents;
use fakes::{Fake, Fault, Job};
use host_harness::Submit;

const SUBMIT: &str = "POST /libtv/v1/session";
/// So long nobody says that a submit is over.
const ABANDONED: Duration = Duration::from_secs(5 * 60);
/// So long ago that it counts as abandoned, and the service's task as its own.
const JUST_ABANDONED: Duration = Duration::from_secs(190);
/// Submits that are cut off at any moment.
const CUTS: u64 = 20;
/// A submit takes about half of this.
const LONGEST_MS: u64 = 160;

/// Submits, and dies while the request waits for its answer, which was charged.
fn die_waiting(env: &TestEnv, arguments: &[&str]) {
    let before = env.gateway().held_requests();
    env.gateway().fault(SUBMIT, Fault::SilentAfterApplied, 1);
    let mut child = env.start(arguments);
    wait_until(&env.gateway(), |gateway| gateway.held_requests() > before);
    child.kill().unwrap();
    child.wait().unwrap();
}

fn request<'a>(words: &'a str, chat: &'a str) -> Vec<&'a str> {
    vec![
        "create-session",
        words,
        "--channel",
        "feishu",
        "--chat-id",
        chat,
    ]
}

/// Without anything that the service could be asked for.
fn without_tasks(env: &TestEnv) {
    let none = serde_json::json!({"tasks": []});
    let tasks = Fault::Json(200, none);
    env.gateway()
        .fault("GET /api/v1/tasks", tasks, fakes::ALWAYS);
}

#[test]
fn a_chat_is_told_once_of_a_submit_whose_process_died_and_commands_say_so_until_it_is_resolved() {
    let env = TestEnv::new();
    without_tasks(&env);
    die_waiting(&env, &request("a blue whale", CHAT));
    intents::make_older(&env, ABANDONED);
    let serve = env.serve();
    let told = texts(&env.wait_for_messages(CHAT, 1));
    assert!(
        told[0].contains("a blue whale") && told[0].contains("may have been charged"),
        "{told:?}"
    );
    serve.wait_for_line("it is kept");
    serve.terminate();
    let serve = env.serve();
    env.submit_to("another", "oc_other");
    env.wait_for_messages("oc_other", 1);
    serve.terminate();
    assert_eq!(env.chat().len(), 1, "once");
    for _ in 0..3 {
        let reply = env.run(["recover", "--json"]).ok().json();
        let words = reply["unknownSubmits"][0]["text"].as_str().unwrap();
        assert!(words.starts_with("a blue whale"), "{reply}");
        env.run(["check"]).hints("a blue whale");
        let status = env.run(["status", "--json"]).ok().json();
        assert_eq!(status["unknownSubmits"].as_array().unwrap().len(), 1);
    }
    assert_eq!(env.gateway().submits().len(), 2, "nothing was repeated");
}

#[test]
fn a_submit_whose_future_was_dropped_is_told_to_its_chat() {
    let env = TestEnv::new();
    without_tasks(&env);
    env.gateway().fault(SUBMIT, Fault::SilentAfterApplied, 1);
    block_on(async {
        let harness = env.harness();
        let submit = harness.submit(Submit::message("a red fox").to("feishu", CHAT));
        let gateway = env.gateway();
        tokio::select! {
            result = submit => panic!("{result:?}"),
            held = gateway.wait_until(TIMEOUT, |gateway| gateway.held_requests() > 0) => held.unwrap(),
        }
    });
    intents::make_older(&env, ABANDONED);
    let _serve = env.serve();
    let told = texts(&env.wait_for_messages(CHAT, 1));
    assert!(told[0].contains("a red fox"), "{told:?}");
}

#[test]
fn a_submit_whose_answer_was_lost_is_found_where_the_service_can_prove_it_and_the_film_arrives() {
    let env = TestEnv::new();
    env.gateway()
        .set_default_job(Job::video("/sd-gen-save-img/{session}.mp4"));
    die_waiting(&env, &request("a blue whale", CHAT));
    intents::make_older(&env, JUST_ABANDONED);
    let _serve = env.serve();
    let shown = env.wait_for_messages(CHAT, 1);
    assert_eq!(shown[0].msg_type, "media", "{:?}", texts(&shown));
    let reply = env.run(["recover", "--json"]).ok().json();
    assert_eq!(reply["unknownSubmits"], serde_json::json!([]));
}

#[test]
fn a_continuation_whose_answer_was_lost_is_found_in_its_session() {
    let env = TestEnv::new();
    let id = env.submit("a cat");
    env.watch(&id).ok();
    let before = env.chat().len();
    let more = ["create-session", "now with a hat", "--session-id", &id];
    die_waiting(&env, &more);
    intents::make_older(&env, ABANDONED);
    let _serve = env.serve();
    let shown = env.wait_for_messages(CHAT, before + 1);
    assert_eq!(shown[before].msg_type, "media", "{:?}", texts(&shown));
}

/// Two that said the same can't be told apart: neither chat gets the other's film.
#[test]
fn what_cannot_be_proved_is_told_and_not_guessed() {
    let env = TestEnv::new();
    for chat in ["oc_one", "oc_two"] {
        die_waiting(&env, &request("a blue whale", chat));
    }
    intents::make_older(&env, JUST_ABANDONED);
    let _serve = env.serve();
    for chat in ["oc_one", "oc_two"] {
        let told = texts(&env.wait_for_messages(chat, 1));
        assert!(told[0].contains("a blue whale"), "{told:?}");
    }
}

#[test]
fn a_stored_session_that_is_not_among_those_that_are_polled_is_taken_up() {
    let env = TestEnv::new();
    env.submit("a cat");
    for (entry, _) in env.records_below("active") {
        env.set_record(&entry, None);
    }
    let _serve = env.serve();
    env.wait_for_messages(CHAT, 1);
}

#[test]
fn submits_that_are_cut_off_at_any_moment_arrive_or_are_told_by_the_timer_alone() {
    let env = TestEnv::new();
    env.gateway()
        .set_default_job(Job::video("/sd-gen-save-img/{session}.mp4"));
    for nth in 0..CUTS {
        env.gateway().fault(SUBMIT, Fault::Latency(20), 1);
        let (words, chat) = (format!("film number {nth}."), format!("oc_{nth}"));
        let mut child = env.start(request(&words, &chat));
        thread::sleep(Duration::from_millis(nth * LONGEST_MS / CUTS));
        child.kill().unwrap();
        child.wait().unwrap();
    }
    intents::make_older(&env, JUST_ABANDONED);
    let serve = env.serve();
    for charge in env.gateway().submits() {
        let number = charge.text.split(['.', ' ']).nth(2).unwrap();
        let shown = env.wait_for_messages(&format!("oc_{number}"), 1);
        assert_eq!(shown.len(), 1, "{:?}", texts(&shown));
    }
    serve.terminate();
}
