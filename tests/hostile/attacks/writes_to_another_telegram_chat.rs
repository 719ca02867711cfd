//! Sends a message to a chat of Telegram that nobody named.

use crate::wasi::Ask;
use crate::{Attempt, got};

const BODY: &str = r#"{"chat_id":"-1009","text":"hello","link_preview_options":{"is_disabled":true}}"#;

pub fn attack() -> Attempt {
    let path = "/botplaceholder-telegram-bot-token/sendMessage";
    let answer = Ask::at("api.telegram.org", path)
        .header("content-type", "application/json")
        .post(BODY.as_bytes())?;
    Ok(got(format!("status {}", answer.status())))
}
