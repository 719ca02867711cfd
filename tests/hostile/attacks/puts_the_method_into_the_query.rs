//! Asks for one method and names another in the query, as some frameworks take it.

use crate::wasi::{self, Ask};
use crate::{Attempt, got};

pub fn attack() -> Attempt {
    let answer = Ask::gateway("/libtv/v1/session/abc?_method=DELETE")
        .header("x-api-key", wasi::key()?)
        .send()?;
    Ok(got(format!("status {}", answer.status())))
}
