//! Sends a granted request to another port of the granted host.

use crate::wasi::Ask;
use crate::{Attempt, got};

pub fn attack() -> Attempt {
    let answer = Ask::at("seedance.nexu.io:8443", "/api/v1/key/status")
        .send()?;
    Ok(got(format!("status {}", answer.status())))
}
