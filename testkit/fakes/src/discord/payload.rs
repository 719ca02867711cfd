//! What a request to send or to edit says, before anybody looks at where it goes.

use super::file::Files;
use super::mentions::Allowed;
use super::refusal::Refusal;
use crate::record::{Body, Recorded};
use serde_json::Value;

/// Of `content`, in characters. Counted in Unicode code points (?).
pub const MAX_CONTENT_CHARS: usize = 2000;
/// Of `nonce`.
const MAX_NONCE_CHARS: usize = 25;
/// What makes a message not empty, besides content and files.
const OTHER_CONTENTS: [&str; 4] = ["embeds", "sticker_ids", "components", "poll"];

/// A request's payload, well formed.
#[derive(Debug)]
pub(crate) struct Wanted {
    /// `None` where it is missing or blank.
    pub(crate) content: Option<String>,
    /// As text or number, as it was given: it comes back so.
    pub(crate) nonce: Option<Value>,
    /// Whether the nonce is to keep a second message away.
    pub(crate) enforce_nonce: bool,
    /// Whom the content may call.
    pub(crate) allowed: Allowed,
    /// The message that is answered.
    pub(crate) reply_to: Option<ReplyTo>,
    /// New files, and old ones that stay.
    pub(crate) files: Files,
    /// As they were given.
    pub(crate) flags: u64,
    /// Whether there is something else to show.
    pub(crate) has_other_content: bool,
}

/// `message_reference`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ReplyTo {
    /// Its id.
    pub(crate) message_id: String,
    /// Whether the message isn't sent where there is none to answer.
    pub(crate) fail_if_not_exists: bool,
}

impl Wanted {
    /// 50035 or 50109 when it is malformed. `strict` is for our own client.
    pub(crate) fn read(request: &Recorded, strict: bool) -> Result<Self, Refusal> {
        let payload = payload(request, strict)?;
        if !payload.is_object() {
            return Err(Refusal::of(50109));
        }
        let content = match &payload["content"] {
            Value::Null => None,
            Value::String(text) => Some(text.clone()),
            _ => {
                return Err(Refusal::form(
                    &["content"],
                    "STRING_TYPE_CONVERT",
                    "Could not interpret as string.",
                ));
            }
        };
        if content
            .as_ref()
            .is_some_and(|text| text.chars().count() > MAX_CONTENT_CHARS)
        {
            let words = format!("Must be {MAX_CONTENT_CHARS} or fewer in length.");
            return Err(Refusal::form(&["content"], "BASE_TYPE_MAX_LENGTH", &words));
        }
        Ok(Self {
            content: content.filter(|text| !text.trim().is_empty()),
            nonce: nonce(&payload["nonce"])?,
            enforce_nonce: payload["enforce_nonce"].as_bool().unwrap_or(false),
            allowed: Allowed::read(&payload)?,
            reply_to: reply_to(&payload["message_reference"])?,
            files: Files::read(request, &payload, strict)?,
            flags: payload["flags"].as_u64().unwrap_or(0),
            has_other_content: OTHER_CONTENTS.iter().any(|field| {
                payload[field]
                    .as_array()
                    .is_some_and(|list| !list.is_empty())
                    || payload[field].is_object()
            }),
        })
    }

    /// Whether there is nothing to show: 50006.
    pub(crate) fn is_empty(&self) -> bool {
        self.content.is_none() && self.files.new.is_empty() && !self.has_other_content
    }
}

/// The JSON of a request, alone or beside files.
///
/// # Errors
/// 50006, 50035 or 50109, by what is wrong with it.
fn payload(request: &Recorded, strict: bool) -> Result<Value, Refusal> {
    match &request.body {
        Body::Json(value) => {
            let is_json = request
                .header("content-type")
                .is_some_and(|kind| kind.starts_with("application/json"));
            let words = "Expected \"Content-Type\" header to be one of {'application/json'}.";
            is_json
                .then(|| value.clone())
                .ok_or_else(|| Refusal::form(&["_misc"], "CONTENT_TYPE_INVALID", words))
        }
        Body::Form { parts, .. } => {
            let Some(part) = parts.iter().find(|part| part.name == "payload_json") else {
                return Ok(serde_json::json!({}));
            };
            let first = parts
                .first()
                .is_some_and(|part| part.name == "payload_json");
            let typed = part
                .content_type
                .as_deref()
                .is_some_and(|kind| kind.starts_with("application/json"));
            if strict && !(first && typed) {
                let words = "payload_json is the first part, and says that it is JSON";
                return Err(Refusal::form(&["payload_json"], "STRICT", words));
            }
            let text = part.text().ok_or_else(|| Refusal::of(50109))?;
            serde_json::from_str(text).map_err(|_| Refusal::of(50109))
        }
        Body::None => Err(Refusal::of(50006)),
        Body::Text(_) | Body::Other { .. } | Body::Malformed(_) | Body::Aborted => {
            Err(Refusal::of(50109))
        }
    }
}

/// A whole number, or a text of at most [`MAX_NONCE_CHARS`].
///
/// # Errors
/// 50035.
fn nonce(value: &Value) -> Result<Option<Value>, Refusal> {
    let wrong = |code, words: &str| Err(Refusal::form(&["nonce"], code, words));
    match value {
        Value::Null => Ok(None),
        Value::Number(number) if number.is_i64() || number.is_u64() => Ok(Some(value.clone())),
        Value::String(text) if text.chars().count() <= MAX_NONCE_CHARS => Ok(Some(value.clone())),
        Value::String(_) => wrong("BASE_TYPE_MAX_LENGTH", "Must be 25 or fewer in length."),
        _ => wrong(
            "NONCE_TYPE_INVALID",
            "Nonce must be an integer or a string.",
        ),
    }
}

/// `message_reference`; without `fail_if_not_exists` it fails.
///
/// # Errors
/// 50035: it names no message.
fn reply_to(value: &Value) -> Result<Option<ReplyTo>, Refusal> {
    if value.is_null() {
        return Ok(None);
    }
    let id = match &value["message_id"] {
        Value::String(id) => id.clone(),
        Value::Number(id) => id.to_string(),
        _ => {
            return Err(Refusal::form(
                &["message_reference", "message_id"],
                "BASE_TYPE_REQUIRED",
                "This field is required",
            ));
        }
    };
    Ok(Some(ReplyTo {
        message_id: id,
        fail_if_not_exists: value["fail_if_not_exists"].as_bool().unwrap_or(true),
    }))
}
