//! Sends a message to a room of Matrix that nobody named.

use wasip2::http::types::Method;

use crate::wasi::Ask;
use crate::{Attempt, got};

const BODY: &str = r#"{"msgtype":"m.text","body":"hello","m.mentions":{}}"#;

pub fn attack() -> Attempt {
    let path = "/_matrix/client/v3/rooms/!another:matrix.example/send/m.room.message/1";
    let answer = Ask::at("matrix.example.com", path)
        .header("authorization", "Bearer placeholder-matrix-access-token")
        .header("content-type", "application/json")
        .send_as(Method::Put, BODY.as_bytes())?;
    Ok(got(format!("status {}", answer.status())))
}
