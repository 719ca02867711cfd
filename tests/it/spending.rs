//! The lid on spending: `limits` in `libtv.json`, counted by the harness. docs/spec.md section 12. That a component can't get
//! round it: `no_component/calls.rs`.

use fakes::{Fake, Fault, GATEWAY_KEY};
use serde_json::{Value, json};

use crate::env::{CHAT, Output, TestEnv};

/// The route of submits.
const SUBMIT: &str = "POST /libtv/v1/session";

fn limited(limits: &Value) -> TestEnv {
    let config = json!({"apiKey": GATEWAY_KEY, "limits": limits}).to_string();
    TestEnv::builder().config(Some(&config)).start()
}

/// Submits with a chat.
fn ask(env: &TestEnv, text: &str, chat: &str) -> Output {
    env.ask(text, "feishu", chat)
}

/// Refused with this in front of the time of day at which the next is possible, and nothing else on standard output.
#[track_caller]
fn refused_until(out: &Output, sentence: &str) {
    let line = out.stdout.trim_end();
    let time = line.strip_prefix(&format!(
        "❌ {sentence} is reached; the next is possible at "
    ));
    let time = time.and_then(|rest| rest.strip_suffix('.'));
    let is_time = |time: &str| {
        let digits = time.replace(':', "");
        time.len() == 5 && digits.len() == 4 && digits.bytes().all(|digit| digit.is_ascii_digit())
    };
    assert!(time.is_some_and(is_time), "{line}");
}

#[test]
fn the_limit_of_a_chat_ends_its_jobs_for_the_day_and_no_others() {
    let env = limited(&json!({"jobsPerDay": 5, "jobsPerChatPerDay": 2}));
    ask(&env, "a cat", CHAT).ok();
    ask(&env, "a dog", &format!("chat:{CHAT}")).ok();
    refused_until(
        &ask(&env, "a fox", CHAT).exits(1),
        "The limit of 2 jobs a day for this chat",
    );
    ask(&env, "a fox", "oc_other").ok();
    // Nothing is left behind of what was refused: it is no submit of unknown outcome.
    env.run(["recover"]).ok().never_says("a fox”");
    // Jobs that no chat is named for have the same limit, so that leaving it out is no way round.
    env.run(["create-session", "an owl"]).ok();
    env.run(["create-session", "a bat"]).ok();
    refused_until(
        &ask(&env, "a hen", "oc_third").exits(1),
        "The limit of 5 jobs a day",
    );
    assert_eq!(env.gateway().submits().len(), 5);
}

#[test]
fn a_continued_session_counts_as_every_other_job() {
    let env = limited(&json!({"jobsPerDay": 2}));
    let id = env.submit("a cat");
    env.continue_session(&id, "with a hat");
    let out = env.run(["create-session", "and a coat", "--session-id", &id]);
    refused_until(&out.exits(1), "The limit of 2 jobs a day");
}

#[test]
fn of_two_processes_one_takes_the_last_place() {
    let env = limited(&json!({"jobsPerDay": 1}));
    let both = ["a cat", "a dog"].map(|text| env.spawn(["create-session", text]));
    let codes = both.map(|running| running.finish().code);
    assert_eq!(
        codes.iter().filter(|code| **code == 0).count(),
        1,
        "{codes:?}"
    );
    assert_eq!(env.gateway().submits().len(), 1);
}

#[test]
fn a_request_that_never_left_gives_its_place_back_and_one_whose_answer_was_lost_keeps_it() {
    let mut env = limited(&json!({"jobsPerDay": 1}));
    let connect_to = env.vars()[std::ffi::OsStr::new("LIBTV_CONNECT_TO")].clone();
    // Nobody listens there.
    env.set("LIBTV_CONNECT_TO", "seedance.nexu.io=127.0.0.1:1");
    env.run(["create-session", "a cat"])
        .exits(1)
        .says("refused");
    env.set("LIBTV_CONNECT_TO", connect_to);
    env.gateway().fault(SUBMIT, Fault::ResetAfterApplied, 1);
    env.run(["create-session", "a cat"]).exits(1);
    assert_eq!(env.gateway().submits().len(), 1);
    let out = env.run(["create-session", "a dog"]);
    refused_until(&out.exits(1), "The limit of 1 job a day");
}

#[test]
fn what_is_left_is_told_by_check_doctor_and_status() {
    let env = limited(&json!({"jobsPerDay": 3, "jobsPerChatPerDay": 1}));
    ask(&env, "a cat", CHAT).ok();
    let said = "2 of 3 left today, at most 1 for one chat";
    env.run(["check"]).ok().line(&format!("🧾 Jobs: {said}"));
    env.run(["status"]).ok().line(&format!("Jobs: {said}"));
    env.run(["doctor"]).says(&format!("✅ Jobs: {said}"));
    let jobs = json!({"said": said, "perDay": 3, "left": 2, "perChatPerDay": 1});
    for command in ["check", "status"] {
        let told = env.run([command, "--json"]).ok().json();
        assert_eq!(told["jobs"], jobs, "{command}");
    }
    env.run(["doctor", "--chat-id", CHAT])
        .says("⚠️ Jobs: 2 of 3 left today, 0 of 1 for this chat; the next is possible at ");
}

#[test]
fn without_limits_there_are_a_hundred_a_day() {
    let env = TestEnv::new();
    env.run(["create-session", "a cat"]).ok();
    env.run(["status"]).ok().line("Jobs: 99 of 100 left today");
}

#[test]
fn a_count_that_is_damaged_is_named_refuses_and_is_left_alone() {
    let env = limited(&json!({"jobsPerDay": 3}));
    let path = env.home().join("libtv-spending.json");
    std::fs::write(&path, r#"{"version":1,"#).unwrap();
    let out = env.run(["create-session", "a cat"]).exits(1);
    out.says(&path.display().to_string()).says("it is damaged");
    assert!(env.gateway().submits().is_empty());
    env.run(["check"]).ok().says("it is damaged");
    env.run(["doctor"])
        .exits(1)
        .says("❌ Jobs: The count of today's jobs");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), r#"{"version":1,"#);
    // What costs nothing needs no count.
    env.run(["tasks"]).ok();
    std::fs::remove_file(path).unwrap();
    env.run(["create-session", "a cat"]).ok();
}

#[test]
fn what_is_no_limit_is_named_before_anything_is_spent_and_setup_leaves_limits_alone() {
    let env = limited(&json!({"jobsPerDay": "five"}));
    env.run(["create-session", "a cat"])
        .exits(1)
        .says("❌ limits.jobsPerDay in libtv.json is no limit of jobs");
    assert!(env.gateway().submits().is_empty());
    env.run(["setup", "--video-ratio", "1:1"]).ok();
    assert_eq!(env.config()["limits"], json!({"jobsPerDay": "five"}));
}

#[test]
fn agents_are_told_in_the_same_words_and_see_what_is_left() {
    let env = limited(&json!({"jobsPerDay": 1}));
    let mut talking = env.mcp();
    let checked = talking.good("check", json!({}));
    assert_eq!(
        (&checked["jobs"]["left"], &checked["jobs"]["perDay"]),
        (&json!(1), &json!(1))
    );
    talking.good("create_session", json!({"message": "a cat"}));
    let refused = talking.tool("create_session", json!({"message": "a dog"}));
    let text = refused["content"][0]["text"].as_str().unwrap();
    assert_eq!(refused["isError"], true, "{refused}");
    assert!(
        text.contains("The limit of 1 job a day is reached; the next is possible at "),
        "{text}"
    );
    assert_eq!(env.gateway().submits().len(), 1);
}
