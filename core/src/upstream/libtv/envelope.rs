//! The envelope of the direct API: `{code, message, data}`, with `code` 0 for good.

use serde_json::Value;

use super::super::session_api::{Dialect, is_success, meaning, not_json, said};
use super::super::{Error, Meaning};
use crate::io::Response;

/// What the retired service says instead of data.
const RETIRED: &str = "LibTV CLI";

/// Takes the data out.
///
/// # Errors
/// [`Error`].
pub fn payload(dialect: &Dialect, response: &Response, mut body: Value) -> Result<Value, Error> {
    let code_is_zero = match body.get("code") {
        Some(Value::Number(code)) => code.as_i64() == Some(0),
        // Seen as a number and as a text.
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
            let message = "Direct LibTV response missing data object.".to_owned();
            let mut error = Error::unasked(Meaning::Passing, message);
            error.may_be_applied = true;
            error
        } else {
            not_json(dialect, response)
        });
    };
    // `code` 0 without data: how the retired service answers. As a refusal, since it took nothing.
    if code_is_zero {
        let mut error = said(Meaning::Refused, message);
        if error.message.contains(RETIRED) {
            error.message.push_str(
                " (Direct keys of this kind no longer work there: use a gateway key, mgk_…)",
            );
        }
        return Err(error);
    }
    Err(said(meaning(response.status, &[&message]), message))
}
