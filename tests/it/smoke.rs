//! The way from a request to the chat, and nothing around it.

use crate::env::{CHAT, TestEnv};

#[test]
fn a_request_becomes_a_video_in_the_chat() {
    let env = TestEnv::new();
    let serve = env.serve();
    env.submit("a red fox runs through snow");
    let messages = env.wait_for_messages(CHAT, 1);
    assert_eq!(messages[0].msg_type, "media");
    let (code, took) = serve.terminate();
    assert_eq!(code, 0);
    assert!(took.as_secs() < 5, "{took:?}");
}
