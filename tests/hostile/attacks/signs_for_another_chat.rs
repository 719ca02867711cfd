//! Has a message signed for a chat that nobody named.

use crate::wasi::Ask;
use crate::{Attempt, got};

const BODY: &str = r#"{"type":"libtv.message","timestamp":"x","chat":"another","data":{"text":"hello"}}"#;

pub fn attack() -> Attempt {
    let answer = Ask::at("hooks.example.com", "/in")
        .header("webhook-signature", "placeholder-webhook-secret")
        .header("webhook-id", "msg_1")
        .header("content-type", "application/json")
        .post(BODY.as_bytes())?;
    Ok(got(format!("status {}", answer.status())))
}
