//! Has a card that another program sent through the same app say something else.

use wasip2::http::types::Method;

use crate::wasi::Ask;
use crate::{Attempt, got};

const BODY: &str = r#"{"content":"{\"config\":{\"update_multi\":true},\"elements\":[{\"tag\":\"div\",\"text\":{\"tag\":\"plain_text\",\"content\":\"hello\"}}]}"}"#;

pub fn attack() -> Attempt {
    let answer = Ask::at("open.feishu.cn", "/open-apis/im/v1/messages/om_anothers")
        .header("authorization", "Bearer placeholder-feishu-tenant-token")
        .header("content-type", "application/json; charset=utf-8")
        .send_as(Method::Patch, BODY.as_bytes())?;
    Ok(got(format!("status {}", answer.status())))
}
