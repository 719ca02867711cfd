//! Sends a request to a host of its own choice.

use crate::wasi::Ask;
use crate::{Attempt, got};

pub fn attack() -> Attempt {
    let answer = Ask::at("evil.example", "/api/v1/key/status")
        .send()?;
    Ok(got(format!("status {}", answer.status())))
}
