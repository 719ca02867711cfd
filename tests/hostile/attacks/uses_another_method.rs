//! Deletes what it may only read.

use crate::wasi::Ask;
use crate::{Attempt, got};

pub fn attack() -> Attempt {
    let answer = Ask::gateway("/libtv/v1/session/abc")
        .method(wasip2::http::types::Method::Delete)
        .send()?;
    Ok(got(format!("status {}", answer.status())))
}
