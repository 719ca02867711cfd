//! How the two services differ: paths, the key's header, the envelope of answers.

use super::{State, Uses};
use crate::record::{Recorded, percent_decode};
use crate::reply::Reply;
use serde_json::{Value, json};

/// What the retired direct API says instead of submitting.
pub(crate) const RETIRED_TEXT: &str = "LibTV Skill 已升级为 LibTV CLI";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    Gateway,
    Direct,
}

/// A request as both dialects mean it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Call {
    KeyStatus,
    Tasks,
    Task(String),
    Submit,
    Messages(String),
    Results(String),
    ChangeProject,
    Upload,
}

/// Why a call is refused.
#[derive(Debug)]
pub(crate) enum Refusal {
    BadKey,
    UsesExhausted(Uses),
    NoSession,
    NoTask,
    Retired,
    BadRequest(String),
}

impl Dialect {
    pub(crate) fn seed(self) -> u32 {
        match self {
            Self::Gateway => 0x1000,
            Self::Direct => 0x2000,
        }
    }

    pub(crate) fn first_key(self) -> &'static str {
        match self {
            Self::Gateway => crate::GATEWAY_KEY,
            Self::Direct => crate::DIRECT_KEY,
        }
    }

    pub(crate) fn key(self, request: &Recorded) -> Option<&str> {
        match self {
            Self::Gateway => request.header("x-api-key"),
            Self::Direct => request.header("authorization")?.strip_prefix("Bearer "),
        }
    }

    pub(crate) fn call(self, method: &str, path: &str) -> Option<Call> {
        let segments: Vec<_> = path.trim_start_matches('/').split('/').collect();
        match (self, method, &segments[..]) {
            (Self::Gateway, "GET", ["api", "v1", "key", "status"]) => Some(Call::KeyStatus),
            (Self::Gateway, "GET", ["api", "v1", "tasks"]) => Some(Call::Tasks),
            (Self::Gateway, "GET", ["api", "v1", "tasks", id]) => Some(Call::Task(decoded(id))),
            (Self::Gateway, "GET", ["libtv", "v1", "session", id, "results"]) => {
                Some(Call::Results(decoded(id)))
            }
            (Self::Gateway, _, ["libtv", "v1", rest @ ..]) => {
                Self::common(method, rest, &["upload"])
            }
            (Self::Direct, _, ["openapi", rest @ ..]) => {
                Self::common(method, rest, &["file", "upload"])
            }
            _ => None,
        }
    }

    fn common(method: &str, rest: &[&str], upload: &[&str]) -> Option<Call> {
        match (method, rest) {
            ("POST", ["session"]) => Some(Call::Submit),
            ("POST", ["session", "change-project"]) => Some(Call::ChangeProject),
            ("GET", ["session", id]) => Some(Call::Messages(decoded(id))),
            ("POST", rest) if rest == upload => Some(Call::Upload),
            _ => None,
        }
    }

    pub(crate) fn success(self, data: Value, state: &State) -> Reply {
        match self {
            Self::Gateway => Reply::json(200, &data),
            Self::Direct => Reply::json(200, &envelope(0, "success", Some(data), state)),
        }
    }

    pub(crate) fn refusal(self, refusal: &Refusal, state: &State) -> Reply {
        match self {
            Self::Gateway => gateway_refusal(refusal),
            Self::Direct => direct_refusal(refusal, state),
        }
    }
}

fn decoded(segment: &str) -> String {
    percent_decode(segment, false)
}

fn gateway_refusal(refusal: &Refusal) -> Reply {
    let (status, code, text, details) = match refusal {
        Refusal::BadKey => (401, "invalid_api_key", "Invalid API Key", None),
        Refusal::UsesExhausted(uses) => {
            let used = uses.max - uses.remaining.min(uses.max);
            let details = json!({"used_count": used, "max_uses": uses.max});
            (
                403,
                "quota_exceeded",
                "Free trial uses exhausted",
                Some(details),
            )
        }
        Refusal::NoSession => (404, "not_found", "Session not found", None),
        Refusal::NoTask => (404, "not_found", "Task not found", None),
        Refusal::Retired => (503, "unavailable", "Service temporarily unavailable", None),
        Refusal::BadRequest(what) => (400, "bad_request", what.as_str(), None),
    };
    let mut error = json!({"code": code, "user_message": text});
    if let Some(details) = details {
        error["details"] = details;
    }
    Reply::json(status, &json!({ "error": error }))
}

fn direct_refusal(refusal: &Refusal, state: &State) -> Reply {
    let (status, code, text) = match refusal {
        Refusal::BadKey => (401, 401, "accessKey 不存在或无效"),
        Refusal::UsesExhausted(_) => (200, 5001, "算力不足"),
        Refusal::NoSession | Refusal::NoTask => (200, 4004, "会话不存在或无效"),
        Refusal::Retired => (200, 0, RETIRED_TEXT),
        Refusal::BadRequest(what) => (400, 400, what.as_str()),
    };
    Reply::json(status, &envelope(code, text, None, state))
}

fn envelope(code: u32, text: &str, data: Option<Value>, state: &State) -> Value {
    let code = if state.code_as_text {
        json!(code.to_string())
    } else {
        json!(code)
    };
    let text_field = if state.text_in_msg { "msg" } else { "message" };
    let mut envelope = json!({"code": code, text_field: text});
    if let Some(data) = data {
        envelope["data"] = data;
    }
    envelope
}
