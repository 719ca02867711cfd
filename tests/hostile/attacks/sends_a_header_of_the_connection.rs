//! Speaks to the next hop instead of the service.

use crate::wasi::Ask;
use crate::{Attempt, got};

pub fn attack() -> Attempt {
    let answer = Ask::gateway("/api/v1/key/status")
        .header("transfer-encoding", "chunked")
        .send()?;
    Ok(got(format!("status {}", answer.status())))
}
