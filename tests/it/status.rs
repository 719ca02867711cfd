//! `status`: what is known here, for people and for programs.

use fakes::Fake;
use serde_json::json;

use crate::env::{CHAT, TestEnv};

#[test]
fn without_sessions_it_says_so() {
    let env = TestEnv::new();
    env.run(["status"]).ok().line("No sessions found.");
    let status = env.run(["status", "--json"]).ok().json();
    assert_eq!(status["sessions"], json!([]));
}

#[test]
fn a_job_is_shown_from_its_submit_to_the_chat_and_nobody_is_asked() {
    let env = TestEnv::new();
    let id = env.submit("a red fox runs through snow");
    let asked = env.gateway().requests().len();
    env.run(["status"])
        .ok()
        .says("submitted")
        .says("due")
        .says("a red fox runs through snow");
    env.watch(&id).ok();
    let watched = env.gateway().requests().len();
    let table = env
        .run(["status"])
        .ok()
        .says("completed")
        .says("1/1")
        .says(CHAT);
    assert!(
        table.stdout.lines().nth(1).unwrap().starts_with(&id[..11]),
        "{}",
        table.stdout
    );
    let status = env.run(["status", "--json"]).ok().json();
    let session = &status["sessions"][0];
    assert_eq!(session["sessionId"], json!(id));
    assert_eq!(session["nextPollAt"], json!(null));
    assert_eq!(session["turns"][0]["state"], "completed");
    assert_eq!(session["deliveries"][0]["state"], "delivered");
    assert_eq!(
        session["deliveries"][0]["url"],
        session["turns"][0]["results"][0]
    );
    assert_eq!(
        session["deliveries"][0]["messageId"],
        json!(env.chat()[0].message_id)
    );
    assert!(asked > 0 && env.gateway().requests().len() == watched);
    assert_eq!(env.chat().len(), 1);
}

#[test]
fn one_session_is_shown_with_each_of_its_messages() {
    let env = TestEnv::new();
    let id = env.submit("a cat");
    env.watch(&id).ok();
    let message = env.chat()[0].message_id.clone();
    env.run(["status", &id[..10]])
        .ok()
        .says(&id)
        .says("Turn 1")
        .says("delivered")
        .says(&message);
    env.run(["status", "nobody-knows-it"])
        .refused("Unknown LibTV session: nobody-knows-it");
}

#[test]
fn of_ended_sessions_the_latest_are_shown_and_none_that_goes_on_is_left_out() {
    let env = TestEnv::new();
    let ended: Vec<String> = (0..3)
        .map(|n| {
            let id = env.submit(&format!("job {n}"));
            env.watch(&id).ok();
            id
        })
        .collect();
    let going_on = env.submit("the one that goes on");
    let shown = |arguments: &[&str]| -> Vec<String> {
        let status = env.run(arguments).ok().json();
        let sessions = status["sessions"].as_array().unwrap();
        sessions
            .iter()
            .map(|session| session["sessionId"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(
        shown(&["status", "--json", "--last", "0"]),
        std::slice::from_ref(&going_on)
    );
    assert_eq!(
        shown(&["status", "--json", "--last", "2"]),
        [going_on.clone(), ended[2].clone(), ended[1].clone()]
    );
    assert_eq!(shown(&["status", "--json"]).len(), 4);
}

#[test]
fn a_watched_status_tells_each_change_once_and_ends_when_interrupted() {
    let env = TestEnv::new();
    let id = env.submit("a cat");
    let watching = env.serve_with(["status", "--json", "--watch"]);
    watching.wait_for_line("\"state\":\"submitted\"");
    env.watch(&id).ok();
    watching.wait_for_line("\"deliveredAt\":\"");
    let (code, _) = watching.terminate();
    assert_eq!(code, 0);
}
