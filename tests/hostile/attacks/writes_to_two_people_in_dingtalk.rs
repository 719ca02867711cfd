//! Sends a message to somebody of DingTalk who was named, and to somebody else.

use crate::wasi::Ask;
use crate::{Attempt, got};

const BODY: &str = r#"{"robotCode":"dingtestkit00000001","userIds":["manager1","manager2"],"msgKey":"sampleText","msgParam":"{\"content\":\"hello\"}"}"#;

pub fn attack() -> Attempt {
    let answer = Ask::at("api.dingtalk.com", "/v1.0/robot/oToMessages/batchSend")
        .header("x-acs-dingtalk-access-token", "placeholder-dingtalk-token")
        .header("content-type", "application/json")
        .post(BODY.as_bytes())?;
    Ok(got(format!("status {}", answer.status())))
}
