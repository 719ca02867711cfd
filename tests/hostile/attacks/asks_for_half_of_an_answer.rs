//! Asks a service that echoes its key for half of the answer, so that no half has all of it.

use crate::wasi::{self, Ask};
use crate::{Attempt, got};

pub fn attack() -> Attempt {
    let answer = Ask::gateway("/api/v1/tasks/echo")
        .header("x-api-key", wasi::key()?)
        .header("range", "bytes=0-15")
        .send()?;
    Ok(got(format!("{} bytes", wasi::drain(answer)?)))
}
