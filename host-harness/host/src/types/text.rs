//! How optional texts and times are written in JSON, as the commands do.

use jiff::Timestamp;
use serde::Serializer;

/// What is none is an empty text.
pub(super) fn or_empty<S: Serializer>(
    text: &Option<String>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(text.as_deref().unwrap_or_default())
}

/// A time in RFC 3339, UTC, in whole seconds.
pub(super) fn time<S: Serializer>(at_ms: &u64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&seconds(*at_ms))
}

/// A time, or null.
pub(super) fn time_or_null<S: Serializer>(
    at_ms: &Option<u64>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match at_ms {
        Some(at_ms) => time(at_ms, serializer),
        None => serializer.serialize_none(),
    }
}

/// A time that isn't known is the beginning of all.
pub(super) fn time_or_zero<S: Serializer>(
    at_ms: &Option<u64>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    time(&at_ms.unwrap_or_default(), serializer)
}

/// A time in RFC 3339, UTC, in whole seconds: how JSON has it.
pub fn rfc3339(at_ms: u64) -> String {
    seconds(at_ms).to_string()
}

/// One behind the last that can be written is that.
fn seconds(at_ms: u64) -> Timestamp {
    i64::try_from(at_ms / 1000)
        .ok()
        .and_then(|seconds| Timestamp::from_second(seconds).ok())
        .unwrap_or(Timestamp::MAX)
}
