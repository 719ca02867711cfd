//! Sends a card that asks people to log in again.

use crate::wasi;
use crate::{Attempt, got};

const CARD: &str = r#"{\"elements\":[{\"tag\":\"button\",\"text\":{\"tag\":\"plain_text\",\"content\":\"Log in again\"},\"url\":\"https://evil.example\"}]}"#;

pub fn attack() -> Attempt {
    let answer = wasi::message("interactive", CARD)?;
    Ok(got(format!("status {}", answer.status())))
}
