//! What Discord says when it doesn't do something: a status, a code and words.

use crate::reply::Reply;
use serde_json::{Value, json};
use std::time::Duration;

/// The codes that are played here, with their HTTP status and words. (?) where the status isn't documented: 20028, 20029, 40003, 160005.
const CODES: &[(u32, u16, &str)] = &[
    (0, 401, "401: Unauthorized"),
    (10003, 404, "Unknown Channel"),
    (10008, 404, "Unknown Message"),
    (10013, 404, "Unknown User"),
    (
        20009,
        400,
        "Explicit content cannot be sent to the desired recipient(s)",
    ),
    (
        20016,
        429,
        "This action cannot be performed due to slowmode rate limit",
    ),
    (
        20028,
        429,
        "The channel you are writing has hit the write rate limit",
    ),
    (
        20029,
        429,
        "The write action you are performing on the server has hit the write rate limit",
    ),
    (40003, 400, "You are opening direct messages too fast"),
    (40005, 413, "Request entity too large"),
    (40333, 403, "internal network error"),
    (50001, 403, "Missing Access"),
    (50005, 403, "Cannot edit a message authored by another user"),
    (50006, 400, "Cannot send an empty message"),
    (50007, 403, "Cannot send messages to this user"),
    (50008, 400, "Cannot send messages in a non-text channel"),
    (50013, 403, "Missing Permissions"),
    (50035, 400, "Invalid Form Body"),
    (50045, 400, "File uploaded exceeds the maximum size"),
    (50083, 400, "Thread is archived"),
    (50109, 400, "The request body contains invalid JSON."),
    (
        50278,
        403,
        "Cannot send messages to this user due to having no mutual guilds",
    ),
    (
        130000,
        503,
        "API resource is currently overloaded. Try again a little later.",
    ),
    (
        160002,
        400,
        "Cannot reply without permission to read message history",
    ),
    (160005, 400, "Thread is locked"),
    (200000, 400, "Message was blocked by automatic moderation"),
];

/// An answer that isn't what was asked for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Refusal {
    /// The HTTP status.
    pub(crate) status: u16,
    /// Discord's own code; 0 where there is none.
    pub(crate) code: u32,
    message: String,
    /// Boxed: every `Result` of the fake carries a refusal.
    errors: Option<Box<Value>>,
    wait: Option<Wait>,
}

/// How long a client has to wait, and whose limit it met.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Wait {
    after: Duration,
    global: bool,
    scope: &'static str,
}

impl Refusal {
    /// One of the known codes; another is an error of the service.
    pub(crate) fn of(code: u32) -> Self {
        let known = CODES.iter().find(|(known, ..)| *known == code);
        let (status, message) = known
            .map_or((500, "Internal Server Error"), |(_, status, message)| {
                (*status, *message)
            });
        Self {
            status,
            code,
            message: message.to_owned(),
            errors: None,
            wait: None,
        }
    }

    /// 50035: `path` leads to what is wrong, for example `["attachments", "0", "id"]`.
    pub(crate) fn form(path: &[&str], code: &str, message: &str) -> Self {
        let wrong = json!({"_errors": [{"code": code, "message": message}]});
        let errors = path
            .iter()
            .rev()
            .fold(wrong, |inner, name| json!({ *name: inner }));
        Self {
            errors: Some(Box::new(errors)),
            ..Self::of(50035)
        }
    }

    /// 429 with the time in header and body. Slow mode and write limits have a code besides.
    pub(crate) fn rate(code: u32, after: Duration, scope: &'static str) -> Self {
        let message = if code == 0 {
            "You are being rate limited.".to_owned()
        } else {
            Self::of(code).message
        };
        Self {
            status: 429,
            code,
            message,
            errors: None,
            wait: Some(Wait {
                after,
                global: scope == "global",
                scope,
            }),
        }
    }

    /// As a response; of a rate limit with the time in body and header.
    pub(crate) fn reply(&self) -> Reply {
        let mut body = json!({"message": self.message, "code": self.code});
        if let Some(errors) = &self.errors {
            body["errors"] = (**errors).clone();
        }
        let Some(wait) = self.wait else {
            return Reply::json(self.status, &body);
        };
        body["retry_after"] = json!((wait.after.as_secs_f64() * 1000.0).ceil() / 1000.0);
        body["global"] = wait.global.into();
        // The header counts whole seconds, and never too few.
        let whole = wait.after.as_millis().div_ceil(1000).to_string();
        let reply = Reply::json(self.status, &body)
            .header("retry-after", &whole)
            .header("x-ratelimit-scope", wait.scope);
        if wait.global {
            reply.header("x-ratelimit-global", "true")
        } else {
            reply
        }
    }
}
