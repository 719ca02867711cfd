//! What an answer of the platform means. The body's `code` decides, not the HTTP status; the edge
//! answers in HTML.

use serde_json::Value;

use crate::backoff;
use crate::io::{HttpError, RelayError, Response};
use crate::json;

/// What to make of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Done, with its `data`.
    Done(Value),
    /// Nothing was sent; trying again is safe at any time.
    NotSent(String),
    /// The media could not be read from the store.
    NoMedia(String),
    /// The media store doesn't have the media, or not yet.
    Gone(String),
    /// It may or may not have taken effect: again, with the same uuid.
    Unclear(String),
    /// Too fast: again after this many milliseconds.
    Wait(u64, String),
    /// The token isn't accepted.
    TokenRefused(String),
    /// The app lacks a scope; where it is granted, if the answer says so.
    NoScope(Option<String>, String),
    /// The uploaded key belongs to another app: upload again.
    ForeignKey(String),
    /// There is no such message to reply to, or no replying to it: the chat itself can have it.
    NoReply(String),
    /// Refused for a cause outside of what was sent: the chat, the app, its rights. Once that is mended the same is taken.
    Withheld(String),
    /// The text is too long.
    TooLong(String),
    /// Refused for good.
    Refused(String),
}

/// How long to wait when a rate limit doesn't say.
const DEFAULT_WAIT_MS: u64 = 1000;

/// Reads the answer to a call.
#[must_use]
pub fn read(answer: Result<Response, RelayError>, now_ms: u64) -> Answer {
    match answer {
        Ok(response) => read_response(&response, now_ms),
        Err(RelayError::Source { status, reason }) => Answer::NoMedia(match status {
            0 => format!("the media could not be read: {reason}"),
            status => format!("the media could not be read (HTTP {status}): {reason}"),
        }),
        Err(RelayError::Upload(HttpError::NotSent(reason) | HttpError::Setting(reason))) => {
            Answer::NotSent(reason)
        }
        // The same rules refuse it again.
        Err(RelayError::Upload(HttpError::Denied(reason))) => Answer::Refused(reason),
        Err(RelayError::Upload(HttpError::Lost(reason))) => Answer::Unclear(reason),
    }
}

/// Reads the token route's answer that holds no token: nothing was sent by it.
#[must_use]
pub fn token_failure(response: &Response, now_ms: u64) -> Answer {
    let told = describe(response);
    match code(response) {
        Some(10003 | 10014) => Answer::Withheld(format!(
            "Feishu doesn't accept the app's credentials: {told}"
        )),
        Some(_) | None => match read_response(response, now_ms) {
            answer @ (Answer::Wait(..) | Answer::Withheld(_)) => answer,
            _ => Answer::NotSent(format!("no token: {told}")),
        },
    }
}

fn read_response(response: &Response, now_ms: u64) -> Answer {
    let told = describe(response);
    match code(response) {
        Some(0) => {
            let body = json::foreign(&response.body).unwrap_or_default();
            Answer::Done(body.get("data").cloned().unwrap_or_default())
        }
        Some(99_991_661 | 99_991_663 | 99_991_664 | 99_991_668 | 99_991_671) => {
            Answer::TokenRefused(told)
        }
        Some(99_991_672) => Answer::NoScope(grant_url(response), told),
        Some(230_020 | 99_991_400 | 11232 | 11233) => Answer::Wait(wait_ms(response, now_ms), told),
        Some(230_017) => Answer::ForeignKey(told),
        Some(230_049 | 2200 | 18121 | 232_096) => Answer::Unclear(told),
        // Recalled, invisible, deleted, of a kind without replies, in a group without threads; and an id that is none.
        Some(
            230_011 | 230_019 | 230_050 | 230_054 | 230_071 | 230_110 | 99_992_351..=99_992_354,
        ) => Answer::NoReply(told),
        // The bot isn't in the chat, its ability is off, the user is outside of its range, the id is another app's; this
        // machine's address isn't allowed, the month's quota is used up; the app is off or not published.
        Some(
            230_002 | 230_006 | 230_013 | 99_992_361 | 99_991_401 | 99_991_403 | 99_991_662
            | 99_991_673 | 10003 | 10014,
        ) => Answer::Withheld(told),
        Some(230_025) => Answer::TooLong(told),
        Some(40009) => Answer::Refused(told),
        Some(_) if response.status == 429 => Answer::Wait(wait_ms(response, now_ms), told),
        Some(_) if response.status >= 500 => Answer::Unclear(told),
        Some(_) => Answer::Refused(told),
        None => match response.status {
            429 => Answer::Wait(wait_ms(response, now_ms), told),
            413 | 444 => Answer::Refused(told),
            _ => Answer::Unclear(told),
        },
    }
}

fn code(response: &Response) -> Option<i64> {
    json::foreign(&response.body)?.get("code")?.as_i64()
}

fn wait_ms(response: &Response, now_ms: u64) -> u64 {
    ["x-ogw-ratelimit-reset", "retry-after"]
        .iter()
        .find_map(|name| backoff::retry_after_ms(response.header(name)?, now_ms))
        .unwrap_or(DEFAULT_WAIT_MS)
        .max(1)
}

/// The answer in one line for the log, with the platform's log id.
fn describe(response: &Response) -> String {
    const SHOWN_CHARS: usize = 160;
    let body = json::foreign(&response.body).unwrap_or_default();
    let text = match (
        body.get("code").and_then(Value::as_i64),
        body.get("msg").and_then(Value::as_str),
    ) {
        (Some(code), msg) => format!("{code} {}", msg.unwrap_or("")),
        (None, _) => format!("HTTP {}", response.status),
    };
    let mut line: String = text
        .chars()
        .take(SHOWN_CHARS)
        .map(|c| if contract::text::is_unseen(c) { ' ' } else { c })
        .collect();
    let log_id = body
        .get("error")
        .and_then(|error| error.get("log_id"))
        .and_then(Value::as_str)
        .or_else(|| response.header("x-tt-logid"));
    if let Some(log_id) = log_id {
        line.push_str(" (log id ");
        line.extend(log_id.chars().filter(char::is_ascii_alphanumeric).take(64));
        line.push(')');
    }
    line
}

/// The page that grants the scope, when the message names one of the platform's own.
fn grant_url(response: &Response) -> Option<String> {
    let body = json::foreign(&response.body)?;
    let msg = body.get("msg")?.as_str()?;
    [
        "https://open.feishu.cn/app/",
        "https://open.larksuite.com/app/",
    ]
    .iter()
    .find_map(|prefix| {
        let url: String = msg[msg.find(prefix)?..]
            .chars()
            .take_while(|c| c.is_ascii_graphic() && !matches!(c, '"' | '\'' | '<' | '>'))
            .collect();
        Some(url)
    })
}
