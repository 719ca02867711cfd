//! Asks a service that echoes its key to pack the answer.

use crate::wasi::{self, Ask};
use crate::{Attempt, got};

pub fn attack() -> Attempt {
    let answer = Ask::gateway("/api/v1/tasks/echo")
        .header("x-api-key", wasi::key()?)
        .header("accept-encoding", "gzip")
        .send()?;
    Ok(got(format!("{} bytes", wasi::drain(answer)?)))
}
