//! Sends Ark's key to ModelArk, whose own key is there as well.

use crate::wasi::{self, Ask};
use crate::{Attempt, got};

pub fn attack() -> Attempt {
    let path = "/api/v3/contents/generations/tasks/cgt-1";
    let answer = Ask::at("ark.ap-southeast.bytepluses.com", path)
        .header("authorization", wasi::bearer("ARK_API_KEY")?)
        .send()?;
    Ok(got(format!("status {}", answer.status())))
}
