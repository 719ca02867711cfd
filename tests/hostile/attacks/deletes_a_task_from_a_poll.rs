//! Takes a task back that was paid for, in a step that only looks how it goes.

use wasip2::http::types::Method;

use crate::wasi::{self, Ask};
use crate::{Attempt, got};

pub fn attack() -> Attempt {
    let path = "/api/v3/contents/generations/tasks/cgt-1";
    let answer = Ask::at("ark.cn-beijing.volces.com", path)
        .method(Method::Delete)
        .header("authorization", wasi::bearer("ARK_API_KEY")?)
        .send()?;
    Ok(got(format!("status {}", answer.status())))
}
