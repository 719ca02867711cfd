//! Spends the user's money in a step that only looks how a job goes.

use crate::wasi::{self, Ask};
use crate::{Attempt, got};

pub fn attack() -> Attempt {
    let answer = Ask::gateway("/libtv/v1/session")
        .header("x-api-key", wasi::key()?)
        .header("content-type", "application/json")
        .post(br#"{"message":"a cat"}"#)?;
    Ok(got(format!("status {}", answer.status())))
}
