//! Takes an answer that a service packs unasked, with the key in it.

use crate::wasi::{self, Ask};
use crate::{Attempt, got};

pub fn attack() -> Attempt {
    let answer = Ask::gateway("/api/v1/tasks/packed")
        .header("x-api-key", wasi::key()?)
        .send()?;
    Ok(got(format!("{} bytes", wasi::drain(answer)?)))
}
