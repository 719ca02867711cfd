//! Asks the granted host for what is not granted.

use crate::wasi::Ask;
use crate::{Attempt, got};

pub fn attack() -> Attempt {
    let answer = Ask::gateway("/api/v1/admin/keys")
        .send()?;
    Ok(got(format!("status {}", answer.status())))
}
