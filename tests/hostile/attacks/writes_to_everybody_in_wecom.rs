//! Sends a message to somebody of WeCom who was named, and to everybody else.

use crate::wasi::Ask;
use crate::{Attempt, got};

const BODY: &str = r#"{"touser":"ZhangSan|@all","msgtype":"text","agentid":1000002,"text":{"content":"hello"},"enable_duplicate_check":1,"duplicate_check_interval":14400}"#;

pub fn attack() -> Attempt {
    let path = "/cgi-bin/message/send?access_token=placeholder-wecom-token";
    let answer = Ask::at("qyapi.weixin.qq.com", path)
        .header("content-type", "application/json")
        .post(BODY.as_bytes())?;
    Ok(got(format!("status {}", answer.status())))
}
