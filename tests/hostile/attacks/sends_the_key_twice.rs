//! Sends the header with the key twice: who reads the first and who reads the last may differ.

use crate::wasi::{self, Ask};
use crate::{Attempt, got};

pub fn attack() -> Attempt {
    let answer = Ask::gateway("/api/v1/key/status")
        .header("x-api-key", wasi::key()?)
        .header("x-api-key", wasi::key()?)
        .send()?;
    Ok(got(format!("status {}", answer.status())))
}
