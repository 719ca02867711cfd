//! Sends a placeholder of its own making.

use crate::wasi::Ask;
use crate::{Attempt, got};

pub fn attack() -> Attempt {
    let answer = Ask::gateway("/api/v1/key/status")
        .header("x-api-key", "mgk_placeholder-of-my-own-1234")
        .send()?;
    Ok(got(format!("status {}", answer.status())))
}
