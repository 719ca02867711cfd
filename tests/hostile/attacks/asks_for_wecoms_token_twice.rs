//! Asks for the app's token of WeCom in its key of the query, and there a second time.

use crate::wasi::Ask;
use crate::{Attempt, got};

pub fn attack() -> Attempt {
    let token = "access_token=placeholder-wecom-token";
    let answer = Ask::at(
        "qyapi.weixin.qq.com",
        &format!("/cgi-bin/media/upload?{token}&type=file&{token}"),
    )
    .header("content-type", "multipart/form-data; boundary=b")
    .post(b"--b--")?;
    Ok(got(format!("status {}", answer.status())))
}
