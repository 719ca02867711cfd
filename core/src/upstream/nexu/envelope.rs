//! The gateway has no envelope: a response is the payload, or has an `error`.

use serde_json::Value;

use super::super::Error;
use super::super::session_api::{Dialect, is_success, meaning, not_json, said};
use crate::io::Response;

/// Takes the payload.
///
/// # Errors
/// [`Error`].
pub fn payload(dialect: &Dialect, response: &Response, body: Value) -> Result<Value, Error> {
    let error = body.get("error").filter(|error| !error.is_null());
    let Some(error) = error else {
        return if is_success(response.status) {
            Ok(body)
        } else {
            Err(not_json(dialect, response))
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
        Some(message) => Err(said(
            meaning(response.status, &[code, message]),
            message.to_owned(),
        )),
        None => Err(not_json(dialect, response)),
    }
}
