//! Sends a body that has no end.

use wasip2::http::outgoing_handler;
use wasip2::http::types::Method;

use crate::wasi::{self, Ask};
use crate::{Attempt, got};

pub fn attack() -> Attempt {
    let request = Ask::at("open.feishu.cn", "/open-apis/im/v1/images")
        .method(Method::Post)
        .header("authorization", "Bearer placeholder-feishu-tenant-token")
        .header("content-type", "multipart/form-data; boundary=x")
        .build()?;
    let body = request.body().map_err(|()| "no body")?;
    let stream = body.write().map_err(|()| "no stream")?;
    let coming = outgoing_handler::handle(request, None).map_err(wasi::name)?;
    let mut sent = 0;
    while stream.blocking_write_and_flush(&[0; 4096]).is_ok() {
        sent += 4096;
    }
    let answer = wasi::answer(&coming)?;
    Ok(got(format!("{sent} bytes and status {}", answer.status())))
}
