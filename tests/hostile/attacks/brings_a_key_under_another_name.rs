//! Brings a key of its own beside the user's, under another name.

use crate::wasi::{self, Ask};
use crate::{Attempt, got};

pub fn attack() -> Attempt {
    let answer = Ask::gateway("/api/v1/key/status")
        .header("x-api-key", wasi::key()?)
        .header("apikey", "mgk_attackers_own_key")
        .send()?;
    Ok(got(format!("status {}", answer.status())))
}
