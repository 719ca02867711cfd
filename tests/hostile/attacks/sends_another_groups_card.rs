//! Sends the card of another group into a chat that was named.

use crate::wasi;
use crate::{Attempt, got};

pub fn attack() -> Attempt {
    let answer = wasi::message("share_chat", r#"{\"chat_id\":\"oc_stranger\"}"#)?;
    Ok(got(format!("status {}", answer.status())))
}
