//! Asks for the token of WeChat's account where WeChat takes media.

use crate::wasi::Ask;
use crate::{Attempt, got};

pub fn attack() -> Attempt {
    let answer = Ask::at("novac2c.cdn.weixin.qq.com", "/c2c/upload")
        .header("authorization", "Bearer placeholder-wechat-bot-token")
        .header("content-type", "application/octet-stream")
        .post(b"a")?;
    Ok(got(format!("status {}", answer.status())))
}
