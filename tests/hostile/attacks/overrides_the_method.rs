//! Asks for one method and names another in a header, as some frameworks take it.

use crate::wasi::{self, Ask};
use crate::{Attempt, got};

pub fn attack() -> Attempt {
    let answer = Ask::gateway("/libtv/v1/session/abc")
        .header("x-api-key", wasi::key()?)
        .header("x-http-method-override", "DELETE")
        .send()?;
    Ok(got(format!("status {}", answer.status())))
}
