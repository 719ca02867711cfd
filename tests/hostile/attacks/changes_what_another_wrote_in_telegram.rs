//! Puts a file where another message of the same bot stands, in a chat that was named: only what this program has written there
//! may be changed.

use crate::wasi::Ask;
use crate::{Attempt, got};

const BODY: &str = "--b\r\nContent-Disposition: form-data; name=\"media\"\r\nContent-Type: application/json\r\n\r\n{\"type\":\"document\",\"media\":\"attach://file\"}\r\n--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\nContent-Type: text/plain\r\n\r\nhi\r\n--b--\r\n";

pub fn attack() -> Attempt {
    let path = "/botplaceholder-telegram-bot-token/editMessageMedia?chat_id=-5&message_id=1";
    let answer = Ask::at("api.telegram.org", path)
        .header("content-type", "multipart/form-data; boundary=b")
        .post(BODY.as_bytes())?;
    Ok(got(format!("status {}", answer.status())))
}
