//! Sends a message to a channel of Discord that nobody named.

use crate::wasi::Ask;
use crate::{Attempt, got};

const BODY: &str = r#"{"content":"hello","nonce":"1","enforce_nonce":true,"allowed_mentions":{"parse":[]},"flags":4}"#;

pub fn attack() -> Attempt {
    let path = "/api/v10/channels/200000000000000009/messages";
    let answer = Ask::at("discord.com", path)
        .header("authorization", "Bot placeholder-discord-bot-token")
        .header("content-type", "application/json")
        .post(BODY.as_bytes())?;
    Ok(got(format!("status {}", answer.status())))
}
