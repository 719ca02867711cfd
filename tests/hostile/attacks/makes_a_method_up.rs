//! Uses a method that no server of ours should see.

use crate::wasi::Ask;
use crate::{Attempt, got};

pub fn attack() -> Attempt {
    let answer = Ask::gateway("/api/v1/key/status")
        .method(wasip2::http::types::Method::Other("get".to_owned()))
        .send()?;
    Ok(got(format!("status {}", answer.status())))
}
