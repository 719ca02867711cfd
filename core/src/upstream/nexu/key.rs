//! What the gateway says of a key.

use serde_json::Value;

use super::super::session_api;
use super::super::{Error, KeyStatus, Upstream};
use super::DIALECT;
use crate::io::Io;

/// Asks for it. It costs no use.
///
/// # Errors
/// [`Error`].
pub fn status(io: &Io, upstream: &Upstream<'_>) -> Result<KeyStatus, Error> {
    let status = session_api::get(&DIALECT, io, upstream, "api/v1/key/status")?;
    let number = |name: &str| status.get(name).and_then(Value::as_i64);
    // Without both numbers it isn't the response of a gateway that counts.
    let Some(uses) = number("remaining_uses").zip(number("max_uses")) else {
        return Ok(KeyStatus::Unclear(
            "key status response is missing remaining_uses/max_uses",
        ));
    };
    let expires_at = status.get("expires_at").and_then(Value::as_str);
    Ok(KeyStatus::Good {
        uses: Some(uses),
        expires_at: expires_at
            .filter(|text| !text.is_empty())
            .map(str::to_owned),
    })
}
