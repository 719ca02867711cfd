//! Requests, and how a response is read: the service's JSON, or its error with what to do about it.

use contract::ids::is_service_id;
use serde_json::Value;

use super::super::{Error, Meaning, Order, Upstream};
use super::{errors, references};
use crate::backoff;
use crate::io::{
    HttpError, Io, LongRequest, MAX_API_RESPONSE_BYTES, Method, Request, Response, USER_AGENT,
};
use crate::json;
use crate::secret::Secret;

/// Makes tasks, and lists them; one of them has its id behind it.
pub const TASKS: &str = "contents/generations/tasks";
/// Makes pictures, which are in its answer.
pub const PICTURES: &str = "images/generations";
/// What all routes begin with.
const BEGIN: &str = "api/v3";
/// So many tasks are listed for people: what is older is in the console.
pub const SHOWN_TASKS: u32 = 50;

/// A part of the list of tasks.
pub struct Tasks {
    /// As the service lists them.
    pub items: Vec<Value>,
    /// How many there are in all, where it says so.
    pub total: Option<u64>,
}

/// Sends an order's JSON to a path, once; its pictures stand where [`references::place`] says.
///
/// # Errors
/// [`Error`]; `may_be_applied` is false only where the service itself refused it, or it never left.
pub fn post(
    io: &Io,
    upstream: &Upstream<'_>,
    path: &str,
    body: &Value,
    order: &Order<'_>,
) -> Result<Value, Error> {
    let mut request = request(upstream, Method::Post, path);
    let json = "application/json; charset=utf-8".to_owned();
    request.headers.push(("content-type", json));
    let (body, inserts) = references::inserted(&json::text(body), order);
    request.body = body;
    let answer = if upstream.takes_long(order) {
        io.long(LongRequest { request, inserts })
    } else {
        io.http(request)
    };
    read(upstream, answer, io.now_ms())
}

/// Asks for a task, or takes it back.
///
/// # Errors
/// [`Error`].
pub fn ask(io: &Io, upstream: &Upstream<'_>, method: Method, id: &str) -> Result<Value, Error> {
    // What is no id would be another path, or a route of another meaning.
    if !is_service_id(id) {
        return Err(Error::unasked(
            Meaning::NotFound,
            "That can't be the id of a task.".to_owned(),
        ));
    }
    let request = request(upstream, method, &[TASKS, "/", id].concat());
    read(upstream, io.http(request), io.now_ms())
}

/// The newest tasks of the key.
///
/// # Errors
/// [`Error`].
pub fn list(io: &Io, upstream: &Upstream<'_>, count: u32) -> Result<Tasks, Error> {
    let path = format!("{TASKS}?page_num=1&page_size={count}");
    let answer = io.http(request(upstream, Method::Get, &path));
    let mut found = read(upstream, answer, io.now_ms())?;
    match found.get_mut("items").map(Value::take) {
        Some(Value::Array(items)) => Ok(Tasks {
            items,
            total: found.get("total").and_then(Value::as_u64),
        }),
        Some(Value::Null) | None => Ok(Tasks {
            items: Vec::new(),
            total: found.get("total").and_then(Value::as_u64),
        }),
        Some(_) => Err(Error::unreadable("the tasks are no list")),
    }
}

/// A request to a path, without a body.
fn request(upstream: &Upstream<'_>, method: Method, path: &str) -> Request {
    let key = Secret::new(["Bearer ", upstream.secret().expose()].concat());
    Request {
        method,
        url: [upstream.base(), "/", BEGIN, "/", path].concat(),
        headers: vec![("user-agent", USER_AGENT.to_owned())],
        credential: Some(("authorization", key)),
        body: Vec::new(),
        max_response_bytes: MAX_API_RESPONSE_BYTES,
    }
}

/// Reads a response: an object of the service's, or what is wrong.
fn read(
    upstream: &Upstream<'_>,
    answer: Result<Response, HttpError>,
    now_ms: u64,
) -> Result<Value, Error> {
    let title = upstream.service().member().title;
    let response = answer.map_err(|error| Error::unreachable(title, &error))?;
    let is_good = (200..300).contains(&response.status);
    // A body that was cut could still be JSON, of which the end is missing.
    let body = json::foreign(&response.body).filter(|_| !response.truncated);
    let given = body.as_ref().and_then(|body| body.get("error"));
    let mut error = match (body.as_ref(), given.and_then(errors::Given::read)) {
        (_, Some(given)) => given.error(title),
        (Some(Value::Object(_)), None) if is_good => return Ok(body.unwrap_or_default()),
        (Some(_) | None, None) => Error::foreign(title, response.status),
    };
    error.retry_after_ms = response
        .header("retry-after")
        .and_then(|value| backoff::retry_after_ms(value, now_ms));
    // A service that fails may have acted before, whatever its words are.
    error.may_be_applied |= is_good || response.status >= 500 || response.status == 408;
    Err(error)
}
