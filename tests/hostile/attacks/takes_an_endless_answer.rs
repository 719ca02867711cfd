//! Reads an answer that has no end.

use crate::wasi::{self, Ask};
use crate::{Attempt, got};

pub fn attack() -> Attempt {
    let answer = Ask::gateway("/api/v1/tasks/endless").send()?;
    Ok(got(format!("{} bytes", wasi::drain(answer)?)))
}
