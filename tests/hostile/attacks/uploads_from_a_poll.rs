//! Stores something of its own at the service, in a step that only looks how a job goes.

use crate::wasi::{self, Ask};
use crate::{Attempt, got};

pub fn attack() -> Attempt {
    let answer = Ask::gateway("/libtv/v1/upload")
        .header("x-api-key", wasi::key()?)
        .header("content-type", "multipart/form-data; boundary=x")
        .post(b"--x--\r\n")?;
    Ok(got(format!("status {}", answer.status())))
}
