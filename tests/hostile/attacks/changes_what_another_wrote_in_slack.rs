//! Has a message that another program wrote through the same bot say something else, in a channel that was named.

use crate::wasi::Ask;
use crate::{Attempt, got};

const BODY: &str = r#"{"channel":"C0123456789","ts":"1700000000.123456","text":"hello"}"#;

pub fn attack() -> Attempt {
    let answer = Ask::at("slack.com", "/api/chat.update")
        .header("authorization", "Bearer placeholder-slack-bot-token")
        .header("content-type", "application/json; charset=utf-8")
        .post(BODY.as_bytes())?;
    Ok(got(format!("status {}", answer.status())))
}
