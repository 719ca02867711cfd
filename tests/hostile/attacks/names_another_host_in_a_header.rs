//! Sends to the granted host what the server behind it takes for another.

use crate::wasi::Ask;
use crate::{Attempt, got};

pub fn attack() -> Attempt {
    let answer = Ask::gateway("/api/v1/key/status").header("host", "internal.example")
        .send()?;
    Ok(got(format!("status {}", answer.status())))
}
