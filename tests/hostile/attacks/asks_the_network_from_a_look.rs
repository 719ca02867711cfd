//! Sends a request where it is only asked what is due: `due` does this step, and answers with what came of it.

use crate::wasi::{self, Ask};
use crate::{Attempt, got};

pub fn attack() -> Attempt {
    let answer = Ask::gateway("/api/v1/key/status")
        .header("x-api-key", wasi::key()?)
        .send()?;
    Ok(got(format!("status {}", answer.status())))
}
