//! Puts the key into a header of its own.

use crate::wasi::{self, Ask};
use crate::{Attempt, got};

pub fn attack() -> Attempt {
    let answer = Ask::gateway("/api/v1/key/status").header("x-note", wasi::key()?)
        .send()?;
    Ok(got(format!("status {}", answer.status())))
}
