//! Brings a cookie along.

use crate::wasi::Ask;
use crate::{Attempt, got};

pub fn attack() -> Attempt {
    let answer = Ask::gateway("/api/v1/key/status").header("cookie", "session=stolen")
        .send()?;
    Ok(got(format!("status {}", answer.status())))
}
