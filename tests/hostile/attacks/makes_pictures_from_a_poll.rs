//! Has pictures made, which cost money, in a step that only looks how a job goes.

use crate::wasi::{self, Ask};
use crate::{Attempt, got};

pub fn attack() -> Attempt {
    let answer = Ask::at("ark.cn-beijing.volces.com", "/api/v3/images/generations")
        .header("authorization", wasi::bearer("ARK_API_KEY")?)
        .header("content-type", "application/json")
        .post(br#"{"model":"m","prompt":"a cat"}"#)?;
    Ok(got(format!("status {}", answer.status())))
}
