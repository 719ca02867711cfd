//! What a response means. Neither service documents its errors: every shape that was seen is read, and anything else is
//! shown as it came, cut short.

use serde_json::Value;

use super::Dialect;
use crate::backoff;
use crate::io::{HttpError, Response};
use crate::json;
use crate::upstream::{Error, Meaning};

/// How much of an unreadable response is shown.
const SHOWN_CHARS: usize = 200;

/// Texts that end a job: what was asked for isn't allowed. Asking again gives the same.
const MODERATED: [&str; 2] = ["内容不符合平台规则", "审核不合规"];
/// Texts that end a job: nothing is left to pay with.
const USED_UP: [&str; 4] = [
    "Platform credits insufficient",
    "Free trial uses exhausted",
    "quota_exceeded",
    "medeo_credits_exhausted",
];
/// Texts that speak of the key.
const KEY_REFUSED: [&str; 4] = [
    "accessKey 不存在或无效",
    "Invalid API Key",
    "Key expired",
    "key_expired",
];
/// The session is unknown upstream.
const NO_SESSION: &str = "会话不存在或无效";
/// Capacity or credits: may pass.
const CAPACITY: &str = "算力不足";

/// Reads a response: the payload, or what is wrong.
///
/// # Errors
/// [`Error`].
pub fn read(
    dialect: &Dialect,
    answer: Result<Response, HttpError>,
    now_ms: u64,
) -> Result<Value, Error> {
    let response = answer.map_err(|error| Error::unreachable(dialect.called, &error))?;
    let mut result = match json::foreign(&response.body) {
        // A body that was cut could still be JSON, of which the end is missing.
        Some(body @ Value::Object(_)) if !response.truncated => {
            (dialect.payload)(dialect, &response, body)
        }
        Some(_) | None => Err(not_json(dialect, &response)),
    };
    if let Err(error) = &mut result {
        error.retry_after_ms = response
            .header("retry-after")
            .and_then(|value| backoff::retry_after_ms(value, now_ms));
        // A service that fails may have acted before, whatever its words are.
        error.may_be_applied |= response.status >= 500 || response.status == 408;
    }
    result
}

/// What the service says in its own words, beside a code that may say more.
#[must_use]
pub fn said(meaning: Meaning, message: String) -> Error {
    let known = MODERATED.iter().chain(&USED_UP);
    let is_last_word = known.into_iter().any(|text| message.contains(text));
    let mut error = Error::said(meaning, message);
    error.is_last_word = is_last_word;
    error
}

/// What a status and these texts mean.
#[must_use]
pub fn meaning(status: u16, texts: &[&str]) -> Meaning {
    let says = |needle: &str| texts.iter().any(|text| text.contains(needle));
    // Texts before the status: the services send the same status for most of these.
    if says(NO_SESSION) {
        Meaning::NotFound
    // In front of the quota: its words speak of credits as well, and it passes.
    } else if says(CAPACITY) {
        Meaning::Passing
    } else if MODERATED.iter().any(|text| says(text)) {
        Meaning::Moderated
    } else if USED_UP.iter().any(|text| says(text)) {
        Meaning::Quota
    } else if KEY_REFUSED.iter().any(|text| says(text)) || matches!(status, 401 | 403) {
        Meaning::KeyRefused
    } else if status == 429 {
        Meaning::RateLimited
    } else if is_success(status) || matches!(status, 408 | 425 | 500..) {
        // `{"error":"text"}` under a 200, too: nothing says that it is final.
        Meaning::Passing
    } else {
        Meaning::Refused
    }
}

/// A response in no known form: shown cut short, judged by its status.
#[must_use]
pub fn not_json(dialect: &Dialect, response: &Response) -> Error {
    let shown = contract::text::one_line(&String::from_utf8_lossy(&response.body), SHOWN_CHARS);
    let status = response.status;
    let mut message = format!("{} (HTTP {status}): {shown}", dialect.failed);
    if status == 413 {
        message.push_str(" (The service refuses files of this size; around 100 MB is its limit.)");
    }
    let meaning = match status {
        // Without words of the service this may be a proxy's: `from_service` is false, so that no job ends by
        // it.
        401 | 403 => Meaning::KeyRefused,
        429 => Meaning::RateLimited,
        200..=399 | 408 | 425 | 500.. => Meaning::Passing,
        _ => Meaning::Refused,
    };
    let mut error = Error::unasked(meaning, message);
    // A gateway in between may have lost the service's answer; a refusal is one.
    error.may_be_applied = is_success(status) || status >= 500 || status == 408;
    error
}

/// Whether a status says that it went well.
#[must_use]
pub const fn is_success(status: u16) -> bool {
    status >= 200 && status < 300
}

#[cfg(test)]
#[path = "reply_tests.rs"]
mod tests;
