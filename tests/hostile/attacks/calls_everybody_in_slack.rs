//! Calls everybody in a channel of Slack that was named.

use crate::wasi::Ask;
use crate::{Attempt, got};

const BODY: &str = r#"{"channel":"C0123456789","text":"<!channel> hello","mrkdwn":false,"unfurl_links":false,"unfurl_media":false}"#;

pub fn attack() -> Attempt {
    let answer = Ask::at("slack.com", "/api/chat.postMessage")
        .header("authorization", "Bearer placeholder-slack-bot-token")
        .header("content-type", "application/json; charset=utf-8")
        .post(BODY.as_bytes())?;
    Ok(got(format!("status {}", answer.status())))
}
