//! Takes half of an answer that a service sends unasked.

use crate::wasi::{self, Ask};
use crate::{Attempt, got};

pub fn attack() -> Attempt {
    let answer = Ask::gateway("/api/v1/tasks/half")
        .header("x-api-key", wasi::key()?)
        .send()?;
    Ok(got(format!("{} bytes", wasi::drain(answer)?)))
}
