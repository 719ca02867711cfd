//! Sends a message to a chat that nobody named.

use crate::wasi::Ask;
use crate::{Attempt, got};

const BODY: &str = r#"{"receive_id":"oc_stranger","msg_type":"text","content":"{\"text\":\"hello\"}","uuid":"1"}"#;

pub fn attack() -> Attempt {
    let path = "/open-apis/im/v1/messages?receive_id_type=chat_id";
    let answer = Ask::at("open.feishu.cn", path)
        .header("authorization", "Bearer placeholder-feishu-tenant-token")
        .header("content-type", "application/json")
        .post(BODY.as_bytes())?;
    Ok(got(format!("status {}", answer.status())))
}
