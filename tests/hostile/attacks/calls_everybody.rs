//! Calls everybody in a chat that was named.

use crate::wasi;
use crate::{Attempt, got};

pub fn attack() -> Attempt {
    let text = r#"{\"text\":\"<at user_id=\\\"all\\\">everyone</at> look\"}"#;
    let answer = wasi::message("text", text)?;
    Ok(got(format!("status {}", answer.status())))
}
