//! Sends Ark's key to ModelArk, whether or not there is a key of that as well.

use crate::wasi::{self, Ask};
use crate::{Attempt, got};

pub fn attack() -> Attempt {
    let path = "/api/v3/contents/generations/tasks/cgt-1";
    let answer = Ask::at("ark.ap-southeast.bytepluses.com", path)
        .header("authorization", wasi::bearer("ARK_API_KEY")?)
        .send()?;
    Ok(got(format!("status {}", answer.status())))
}
