//! Begins with a granted path and climbs out of it.

use crate::wasi::Ask;
use crate::{Attempt, got};

pub fn attack() -> Attempt {
    let answer = Ask::gateway("/libtv/v1/session/%2e%2e/%2e%2e/admin")
        .send()?;
    Ok(got(format!("status {}", answer.status())))
}
