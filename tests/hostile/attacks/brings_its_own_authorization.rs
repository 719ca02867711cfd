//! Brings a token of its own along.

use crate::wasi::Ask;
use crate::{Attempt, got};

pub fn attack() -> Attempt {
    let answer = Ask::gateway("/api/v1/key/status")
        .header("authorization", "Bearer stolen-elsewhere")
        .send()?;
    Ok(got(format!("status {}", answer.status())))
}
