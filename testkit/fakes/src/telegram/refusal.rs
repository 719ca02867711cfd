//! What Telegram says when it doesn't do something: a status, the same number in the body, and words that begin with
//! it. There are no finer codes: a client goes by how the words begin.

use crate::reply::Reply;
use serde_json::{Value, json};
use std::time::Duration;

/// An answer with `ok: false`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Refusal {
    pub(crate) code: u16,
    pub(crate) description: String,
    /// Boxed: every `Result` of the fake carries a refusal.
    parameters: Option<Box<Value>>,
}

impl Refusal {
    pub(crate) fn new(code: u16, description: &str) -> Self {
        Self {
            code,
            description: description.to_owned(),
            parameters: None,
        }
    }

    /// 400 `Bad Request: …`.
    pub(crate) fn bad(what: &str) -> Self {
        Self::new(400, &format!("Bad Request: {what}"))
    }

    /// 429 with whole seconds, in header and body.
    pub(crate) fn rate(wait: Duration) -> Self {
        let seconds = wait.as_millis().div_ceil(1000).max(1) as u64;
        Self {
            parameters: Some(Box::new(json!({ "retry_after": seconds }))),
            ..Self::new(429, &format!("Too Many Requests: retry after {seconds}"))
        }
    }

    /// The group is another chat now.
    pub(crate) fn migrated(to: i64) -> Self {
        Self {
            parameters: Some(Box::new(json!({ "migrate_to_chat_id": to }))),
            ..Self::bad("group chat was upgraded to a supergroup chat")
        }
    }

    pub(crate) fn reply(&self) -> Reply {
        let mut body =
            json!({"ok": false, "error_code": self.code, "description": self.description});
        let Some(parameters) = &self.parameters else {
            return Reply::json(self.code, &body);
        };
        body["parameters"] = (**parameters).clone();
        let reply = Reply::json(self.code, &body);
        match parameters["retry_after"].as_u64() {
            Some(seconds) => reply.header("retry-after", &seconds.to_string()),
            None => reply,
        }
    }
}
