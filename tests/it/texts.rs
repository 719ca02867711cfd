//! What the chat is told: in the language of the request, and calling nobody.

use fakes::Job;

use crate::env::{CHAT, TestEnv};

/// What the chat is told of a job that fails with this reason.
#[track_caller]
fn told(request: &str, reason: &str) -> String {
    let env = TestEnv::new();
    env.gateway().set_default_job(Job::fails(reason));
    let id = env.submit_to(request, CHAT);
    env.watch(&id);
    let messages = env.chat();
    let texts: Vec<&str> = messages.iter().filter_map(|sent| sent.text()).collect();
    assert_eq!(texts.len(), 1, "{texts:?}");
    texts[0].to_owned()
}

#[test]
fn a_failure_is_told_in_the_language_of_the_request() {
    assert_eq!(
        told("a cat on the moon", "no"),
        "❌ “a cat on the moon” failed: no"
    );
    assert_eq!(told("月球上的猫", "no"), "❌ “月球上的猫”失败：no");
}

#[test]
fn words_from_elsewhere_call_nobody() {
    let everybody = "<at user_id=\"all\">everyone</at>";
    let text = told(
        &format!("{everybody} a cat"),
        &format!("{everybody} &lt;AT user_id=ou_1>"),
    );
    assert!(
        text.contains("everyone") && text.contains("a cat"),
        "{text}"
    );
    let folded = text.to_lowercase();
    for call in ["<at", "</at", "&lt;at"] {
        assert!(!folded.contains(call), "{text}");
    }
}
