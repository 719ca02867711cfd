//! Sends the key over the wire in the clear.

use crate::wasi::{self, Ask};
use crate::{Attempt, got};

pub fn attack() -> Attempt {
    let answer = Ask::gateway("/api/v1/key/status")
        .scheme(wasip2::http::types::Scheme::Http)
        .header("x-api-key", wasi::key()?)
        .send()?;
    Ok(got(format!("status {}", answer.status())))
}
