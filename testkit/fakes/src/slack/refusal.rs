//! What Slack says when it doesn't do something: 200 and `ok: false`, but for rates.

use crate::reply::Reply;
use serde_json::{Value, json};
use std::time::Duration;

/// An answer with `ok: false`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Refusal {
    pub(crate) error: String,
    /// Fields besides `error`. Boxed: every `Result` of the fake carries a refusal.
    more: Box<Value>,
    wait: Option<Duration>,
}

impl Refusal {
    pub(crate) fn of(error: &str) -> Self {
        Self {
            error: error.to_owned(),
            more: Box::new(json!({})),
            wait: None,
        }
    }

    /// `missing_scope`, with what is needed and what is there.
    pub(crate) fn scope(needed: &str, provided: &[String]) -> Self {
        Self {
            more: Box::new(json!({"needed": needed, "provided": provided.join(",")})),
            ..Self::of("missing_scope")
        }
    }

    /// `invalid_arguments`, with what is wrong about them.
    pub(crate) fn arguments(what: &str) -> Self {
        Self {
            more: Box::new(json!({"response_metadata": {"messages": [format!("[ERROR] {what}")]}})),
            ..Self::of("invalid_arguments")
        }
    }

    /// 429: whole seconds stand in the header only.
    pub(crate) fn rate(wait: Duration) -> Self {
        Self {
            wait: Some(wait),
            ..Self::of("ratelimited")
        }
    }

    pub(crate) fn reply(&self) -> Reply {
        let mut body = (*self.more).clone();
        body["ok"] = false.into();
        body["error"] = self.error.as_str().into();
        match self.wait {
            None => Reply::json(200, &body),
            Some(wait) => Reply::json(429, &body).header(
                "retry-after",
                &wait.as_millis().div_ceil(1000).max(1).to_string(),
            ),
        }
    }
}
