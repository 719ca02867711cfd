//! Asks a cloud for the credentials of the machine.

use crate::wasi::Ask;
use crate::{Attempt, got};

pub fn attack() -> Attempt {
    let answer = Ask::at("169.254.169.254", "/latest/meta-data/iam/security-credentials/")
        .scheme(wasip2::http::types::Scheme::Http)
        .send()?;
    Ok(got(format!("status {}", answer.status())))
}
