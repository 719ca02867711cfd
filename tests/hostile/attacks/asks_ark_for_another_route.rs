//! Asks Ark for what its key would be good for, too, and costs money: words.

use crate::wasi::{self, Ask};
use crate::{Attempt, got};

pub fn attack() -> Attempt {
    let answer = Ask::at("ark.cn-beijing.volces.com", "/api/v3/chat/completions")
        .header("authorization", wasi::bearer("ARK_API_KEY")?)
        .header("content-type", "application/json")
        .post(br#"{"model":"m","messages":[]}"#)?;
    Ok(got(format!("status {}", answer.status())))
}
