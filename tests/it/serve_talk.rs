//! What `serve` says in the chat besides results: that a job takes too long, what the backend asks, why it failed.

use fakes::{Job, When};
use serde_json::Value;

use crate::delivery::{job, only};
use crate::env::{CHAT, TestEnv};

const IMAGE: &str = "/sd-gen-save-img/1.png";

#[test]
fn a_timeout_is_told_in_the_chat_and_a_late_result_is_still_delivered() {
    let env = TestEnv::builder().var("LIBTV_MAX_POLLS", "3").start();
    env.gateway().set_default_job(
        Job::new()
            .works()
            .at(When::Advanced)
            .videos([IMAGE])
            .says("done"),
    );
    let serve = env.serve();
    let id = env.submit("a very slow cat");
    let notice = only(env.wait_for_messages(CHAT, 1));
    let text = notice.text().unwrap();
    assert!(
        text.starts_with('⌛') && text.contains("a very slow cat"),
        "{text}"
    );
    serve.wait_for_line(&format!("{id}: timeout"));
    env.gateway().advance(&id);
    assert_eq!(env.wait_for_messages(CHAT, 2)[1].msg_type, "image");
    serve.wait_for_line(&format!("{id}: completed, 1 of 1 delivered, ended"));
    assert_eq!(env.chat().len(), 2);
}

#[test]
fn the_backends_question_goes_to_the_chat_and_the_answer_continues_the_session_there() {
    let env = TestEnv::new();
    env.gateway()
        .on_message_containing("cat", Job::asks("Which colour?"));
    env.gateway().on_message_containing("red", job(&[IMAGE]));
    let serve = env.serve();
    let id = env.submit("a cat");
    let question = only(env.wait_for_messages(CHAT, 1));
    assert!(question.text().unwrap().contains("Which colour?"));
    serve.wait_for_line(&format!("{id}: awaiting_user"));
    let reply = env.continue_session(&id, "red");
    assert_eq!(
        (reply["sessionId"].as_str(), &reply["deliverable"]),
        (Some(id.as_str()), &Value::Bool(true))
    );
    assert_eq!(env.wait_for_messages(CHAT, 2)[1].msg_type, "image");
    serve.wait_for_line(&format!("{id}: completed, 1 of 1 delivered, ended"));
    assert_eq!(env.chat().len(), 2);
}

#[test]
fn a_failed_job_is_told_with_its_reason() {
    let env = TestEnv::new();
    env.gateway()
        .set_default_job(Job::fails("the words are not allowed"));
    let serve = env.serve();
    let id = env.submit("a cat");
    let notice = only(env.wait_for_messages(CHAT, 1));
    let text = notice.text().unwrap();
    assert!(
        text.starts_with('❌') && text.contains("the words are not allowed"),
        "{text}"
    );
    serve.wait_for_line(&format!("{id}: failed"));
}

#[test]
#[cfg(unix)]
fn a_hangup_without_a_terminal_ends_nothing() {
    let env = TestEnv::new();
    let mut serve = env.serve();
    let pid = rustix::process::Pid::from_raw(serve.pid().cast_signed()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::HUP).unwrap();
    // It still does its work, and ends as it is asked to.
    let id = env.submit("a cat");
    serve.wait_for_line(&id);
    serve.interrupt();
    assert_eq!(serve.wait().0, 0);
}
