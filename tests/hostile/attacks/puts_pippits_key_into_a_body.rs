//! Sends Pippit's key to Pippit, where it may go, but within the words.

use crate::wasi::{self, Ask};
use crate::{Attempt, got};

pub fn attack() -> Attempt {
    let key = wasi::bearer("XYQ_ACCESS_KEY")?;
    let body = format!(r#"{{"thread_id":"{key}","run_id":"r"}}"#);
    let answer = Ask::at("xyq.jianying.com", "/api/biz/v1/skill/get_thread")
        .header("authorization", key)
        .header("content-type", "application/json")
        .post(body.as_bytes())?;
    Ok(got(format!("status {}", answer.status())))
}
