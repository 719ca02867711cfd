//! What a reply means. Neither service documents its errors: every shape that was seen is read, and
//! anything else is shown as it came, cut short.

use serde_json::Value;

use crate::backoff;
use crate::config::Mode;
use crate::io::{HttpError, Response};
use crate::json;
use crate::problem::Problem;

/// How much of an unreadable reply is shown.
const SHOWN_CHARS: usize = 200;

/// Texts of the service that end a job: trying again gives the same.
const REFUSALS: [&str; 6] = [
    "内容不符合平台规则",
    "审核不合规",
    "Platform credits insufficient",
    "Free trial uses exhausted",
    "quota_exceeded",
    "medeo_credits_exhausted",
];
/// Texts that speak of the key.
const KEY_TROUBLES: [&str; 4] = [
    "accessKey 不存在或无效",
    "Invalid API Key",
    "Key expired",
    "key_expired",
];
/// The session is unknown upstream.
const NO_SESSION: &str = "会话不存在或无效";
/// Capacity or credits: may pass.
const CAPACITY: &str = "算力不足";
/// What the retired direct service says instead of data.
const RETIRED: &str = "LibTV CLI";

/// What kind of trouble a reply is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TroubleKind {
    /// Network, load, or a reply that is no reply: passes by itself.
    Passing,
    /// The sandbox doesn't let the request out: whoever runs it has to change that.
    Denied,
    /// A setting of this machine is in the way of every request: whoever runs it has to change that.
    Setting,
    /// The key isn't accepted.
    Key,
    /// The service refuses: moderation, credits, a wrong request.
    Refused,
    /// The service doesn't know the session.
    NoSession,
}

/// A call without the result it should have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// What kind it is.
    pub kind: TroubleKind,
    /// The sentence for the user, without `❌`.
    pub message: String,
    /// How long the service wants to be left alone, in milliseconds.
    pub retry_after_ms: Option<u64>,
    /// Whether a submit may have taken effect all the same.
    pub may_be_applied: bool,
    /// Whether the service itself answered, in its own words.
    pub from_service: bool,
}

impl Trouble {
    fn new(kind: TroubleKind, message: String) -> Self {
        Self {
            kind,
            message,
            retry_after_ms: None,
            may_be_applied: false,
            from_service: true,
        }
    }

    /// A reply that can't be understood.
    #[must_use]
    pub fn garbage(reason: &str) -> Self {
        Self {
            kind: TroubleKind::Passing,
            message: format!("The service's answer can't be understood: {reason}"),
            retry_after_ms: None,
            may_be_applied: true,
            from_service: false,
        }
    }

    /// A good reply that lacks a field.
    #[must_use]
    pub fn incomplete(message: String) -> Self {
        Self {
            may_be_applied: true,
            ..Self::new(TroubleKind::Passing, message)
        }
    }

    /// Whether these are words that the service is known to end a job with.
    #[must_use]
    pub fn ends_job(&self) -> bool {
        self.from_service && REFUSALS.iter().any(|text| self.message.contains(text))
    }

    /// As a command's failure.
    #[must_use]
    pub fn problem(&self) -> Problem {
        let mut failure = crate::problem::Failure::new(self.message.clone());
        failure.retry_after_ms = self.retry_after_ms;
        match self.kind {
            TroubleKind::Passing => {
                failure.advice = "Try again in a moment.".to_owned();
                Problem::Temporary(failure)
            }
            TroubleKind::Denied => {
                failure.advice = "Whoever runs this has to allow it in the sandbox's rules; trying again changes nothing.".to_owned();
                Problem::Permanent(failure)
            }
            TroubleKind::Setting => {
                failure.advice = "Whoever runs this has to change that setting or network (libtv-video doctor looks at both); trying again changes nothing.".to_owned();
                Problem::Permanent(failure)
            }
            TroubleKind::Key => {
                failure.advice = "Check the key with: libtv-video check. Replace it with: libtv-video update-key --api-key K".to_owned();
                Problem::Permanent(failure)
            }
            TroubleKind::Refused | TroubleKind::NoSession => Problem::Permanent(failure),
        }
    }
}

/// Reads a reply: the payload, or what is wrong.
///
/// # Errors
/// [`Trouble`].
pub fn read(
    mode: Mode,
    answer: Result<Response, HttpError>,
    now_ms: u64,
) -> Result<Value, Trouble> {
    let response = answer.map_err(|error| unreachable(mode, &error))?;
    let mut result = match json::foreign(&response.body) {
        Some(body @ Value::Object(_)) if !response.truncated => match mode {
            Mode::Gateway => gateway(&response, body),
            Mode::Direct => direct(&response, body),
        },
        Some(_) | None => Err(no_json(mode, &response)),
    };
    if let Err(trouble) = &mut result {
        trouble.retry_after_ms = response
            .header("retry-after")
            .and_then(|value| backoff::retry_after_ms(value, now_ms));
        // A service that fails may have acted before, whatever its words are.
        trouble.may_be_applied |= response.status >= 500 || response.status == 408;
    }
    result
}

fn unreachable(mode: Mode, error: &HttpError) -> Trouble {
    let service = match mode {
        Mode::Gateway => "gateway",
        Mode::Direct => "direct LibTV API",
    };
    Trouble {
        kind: match error {
            HttpError::Denied(_) => TroubleKind::Denied,
            HttpError::Setting(_) => TroubleKind::Setting,
            HttpError::NotSent(_) | HttpError::Lost(_) => TroubleKind::Passing,
        },
        message: format!("Cannot connect to {service}: {}", error.reason()),
        retry_after_ms: None,
        may_be_applied: matches!(error, HttpError::Lost(_)),
        from_service: false,
    }
}

fn gateway(response: &Response, body: Value) -> Result<Value, Trouble> {
    let error = body.get("error").filter(|error| !error.is_null());
    let Some(error) = error else {
        return if is_success(response.status) {
            Ok(body)
        } else {
            Err(no_json(Mode::Gateway, response))
        };
    };
    let code = error.get("code").and_then(Value::as_str).unwrap_or("");
    let message = error
        .get("user_message")
        .or_else(|| error.get("message"))
        .unwrap_or(error)
        .as_str()
        .filter(|text| !text.trim().is_empty());
    match message {
        Some(message) => Err(Trouble::new(
            kind(response.status, &[code, message]),
            message.to_owned(),
        )),
        None => Err(no_json(Mode::Gateway, response)),
    }
}

fn direct(response: &Response, mut body: Value) -> Result<Value, Trouble> {
    let code_is_zero = match body.get("code") {
        Some(Value::Number(code)) => code.as_i64() == Some(0),
        Some(Value::String(code)) => code.trim() == "0",
        Some(_) | None => false,
    };
    let message = ["message", "msg"]
        .iter()
        .find_map(|name| body.get(*name)?.as_str())
        .filter(|text| !text.trim().is_empty());
    let message = message.map(str::to_owned);
    if is_success(response.status) && code_is_zero && body.get("data").is_some_and(Value::is_object)
    {
        return Ok(body.get_mut("data").map(Value::take).unwrap_or_default());
    }
    let Some(message) = message else {
        return Err(if is_success(response.status) {
            Trouble {
                kind: TroubleKind::Passing,
                may_be_applied: true,
                ..Trouble::garbage("")
            }
            .worded("Direct LibTV response missing data object.")
        } else {
            no_json(Mode::Direct, response)
        });
    };
    if code_is_zero {
        let mut trouble = Trouble::new(TroubleKind::Refused, message);
        if trouble.message.contains(RETIRED) {
            trouble.message.push_str(
                " (Direct keys of this kind no longer work there: use a gateway key, mgk_…)",
            );
        }
        return Err(trouble);
    }
    Err(Trouble::new(kind(response.status, &[&message]), message))
}

impl Trouble {
    fn worded(mut self, message: &str) -> Self {
        message.clone_into(&mut self.message);
        self
    }
}

fn kind(status: u16, texts: &[&str]) -> TroubleKind {
    let says = |needle: &str| texts.iter().any(|text| text.contains(needle));
    if says(NO_SESSION) {
        TroubleKind::NoSession
    } else if says(CAPACITY) {
        TroubleKind::Passing
    } else if REFUSALS.iter().any(|text| says(text)) {
        TroubleKind::Refused
    } else if KEY_TROUBLES.iter().any(|text| says(text)) || matches!(status, 401 | 403) {
        TroubleKind::Key
    } else if is_success(status) || matches!(status, 408 | 425 | 429 | 500..) {
        // `{"error":"text"}` under a 200, too: nothing says that it is final.
        TroubleKind::Passing
    } else {
        TroubleKind::Refused
    }
}

/// A reply in no known form: shown cut short, judged by its status.
fn no_json(mode: Mode, response: &Response) -> Trouble {
    let shown: String = String::from_utf8_lossy(&response.body)
        .chars()
        .take(SHOWN_CHARS)
        .map(|c| if contract::text::is_unseen(c) { ' ' } else { c })
        .collect();
    let status = response.status;
    let mut message = match mode {
        Mode::Gateway => format!("Request failed (HTTP {status}): {shown}"),
        Mode::Direct => format!("Direct LibTV request failed (HTTP {status}): {shown}"),
    };
    if status == 413 {
        message.push_str(" (The service refuses files of this size; around 100 MB is its limit.)");
    }
    Trouble {
        kind: match status {
            401 | 403 => TroubleKind::Key,
            200..=399 | 408 | 425 | 429 | 500.. => TroubleKind::Passing,
            _ => TroubleKind::Refused,
        },
        message,
        retry_after_ms: None,
        // A gateway in between may have lost the service's answer; a refusal is one.
        may_be_applied: is_success(status) || status >= 500 || status == 408,
        from_service: false,
    }
}

const fn is_success(status: u16) -> bool {
    status >= 200 && status < 300
}

#[cfg(test)]
#[path = "reply_tests.rs"]
mod tests;
