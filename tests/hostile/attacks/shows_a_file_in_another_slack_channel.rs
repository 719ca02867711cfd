//! Shows a file in a channel of Slack that nobody named.

use crate::wasi::Ask;
use crate::{Attempt, got};

const BODY: &str = r#"{"files":[{"id":"F0000000001","title":"a"}],"channel_id":"C0000000009"}"#;

pub fn attack() -> Attempt {
    let answer = Ask::at("slack.com", "/api/files.completeUploadExternal")
        .header("authorization", "Bearer placeholder-slack-bot-token")
        .header("content-type", "application/json; charset=utf-8")
        .post(BODY.as_bytes())?;
    Ok(got(format!("status {}", answer.status())))
}
