//! Waits for a service that never answers.

use crate::wasi::Ask;
use crate::{Attempt, got};

pub fn attack() -> Attempt {
    let answer = Ask::gateway("/api/v1/tasks/silent").send()?;
    Ok(got(format!("status {}", answer.status())))
}
