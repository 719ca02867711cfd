//! Asks for a token with a secret of its own instead of the placeholder.

use crate::wasi::Ask;
use crate::{Attempt, got};

const BODY: &str = r#"{"app_id":"cli_testkit000000001","app_secret":"guessed"}"#;

pub fn attack() -> Attempt {
    let path = "/open-apis/auth/v3/tenant_access_token/internal";
    let answer = Ask::at("open.feishu.cn", path)
        .header("content-type", "application/json")
        .post(BODY.as_bytes())?;
    Ok(got(format!("status {}", answer.status())))
}
