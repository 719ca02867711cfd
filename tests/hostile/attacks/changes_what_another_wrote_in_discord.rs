//! Has a message that another program wrote through the same bot say something else, in a channel that was named.

use wasip2::http::types::Method;

use crate::wasi::Ask;
use crate::{Attempt, got};

const BODY: &str = r#"{"content":"hello","allowed_mentions":{"parse":[]},"flags":4}"#;

pub fn attack() -> Attempt {
    let path = "/api/v10/channels/200000000000000001/messages/400000000000000001";
    let answer = Ask::at("discord.com", path)
        .header("authorization", "Bot placeholder-discord-bot-token")
        .header("content-type", "application/json")
        .send_as(Method::Patch, BODY.as_bytes())?;
    Ok(got(format!("status {}", answer.status())))
}
