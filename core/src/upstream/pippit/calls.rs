//! Requests, and how a response is read: the service's `data`, or its `ret` with what to do about it.

use serde_json::Value;

use super::super::{Error, Upstream};
use super::errors;
use crate::io::{HttpError, Io, MAX_API_RESPONSE_BYTES, Method, Request, Response, USER_AGENT};
use crate::json;
use crate::secret::Secret;

/// Begins a run; costs money.
pub const SUBMIT: &str = "skill/submit_run";
/// Shows a thread.
pub const THREAD: &str = "skill/get_thread";
/// Takes a file.
pub const UPLOAD: &str = "skill/upload_file";
/// What all routes begin with.
const BEGIN: &str = "/api/biz/v1/";

/// Sends JSON to a path, once, and gives the `data` of the response.
///
/// # Errors
/// [`Error`]; `may_be_applied` is false only where the service refused it at its gate, or it never left.
pub fn post(io: &Io, upstream: &Upstream<'_>, path: &str, body: &Value) -> Result<Value, Error> {
    let body = json::text(body).into_bytes();
    let json = "application/json; charset=utf-8".to_owned();
    let answer = io.http(request(upstream, path, json, body));
    read(upstream.service().member().title, answer)
}

/// A request to a path: all are POSTs.
#[must_use]
pub fn request(
    upstream: &Upstream<'_>,
    path: &str,
    content_type: String,
    body: Vec<u8>,
) -> Request {
    let key = Secret::new(["Bearer ", upstream.secret().expose()].concat());
    Request {
        method: Method::Post,
        url: [upstream.base(), BEGIN, path].concat(),
        headers: vec![
            ("user-agent", USER_AGENT.to_owned()),
            ("content-type", content_type),
        ],
        credential: Some(("authorization", key)),
        body,
        max_response_bytes: MAX_API_RESPONSE_BYTES,
    }
}

/// Reads a response: its `data`, or what is wrong. The status is always 200; `ret` decides.
///
/// # Errors
/// [`Error`].
pub fn read(title: &str, answer: Result<Response, HttpError>) -> Result<Value, Error> {
    let response = answer.map_err(|error| Error::unreachable(title, &error))?;
    let (status, truncated) = (response.status, response.truncated);
    // A body that was cut could still be JSON, of which the end is missing.
    let body = json::foreign(&response.body).filter(|_| !truncated);
    let Some(mut body) = body.filter(|body| body.get("ret").is_some()) else {
        return Err(Error::foreign(title, status));
    };
    // A text in every answer that was seen; a number says the same.
    let ret = errors::number(&body["ret"]);
    if ret == Some(0) {
        return Ok(body["data"].take());
    }
    Err(errors::of(
        title,
        ret,
        body["errmsg"].as_str().unwrap_or_default(),
    ))
}
