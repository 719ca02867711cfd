//! Has DingTalk show somebody who was named a picture at an address of its own, which tells who looks at it.

use crate::wasi::Ask;
use crate::{Attempt, got};

const BODY: &str = r#"{"robotCode":"dingtestkit00000001","userIds":["manager1"],"msgKey":"sampleImageMsg","msgParam":"{\"photoURL\":\"https://evil.example/a.png\"}"}"#;

pub fn attack() -> Attempt {
    let answer = Ask::at("api.dingtalk.com", "/v1.0/robot/oToMessages/batchSend")
        .header("x-acs-dingtalk-access-token", "placeholder-dingtalk-token")
        .header("content-type", "application/json")
        .post(BODY.as_bytes())?;
    Ok(got(format!("status {}", answer.status())))
}
