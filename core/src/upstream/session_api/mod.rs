//! LibTV's API of sessions, which more than one service offers, each in its own dialect: requests, and what their responses
//! mean. `docs/apis/libtv.md` is the source of every route and text.

mod look_for;
pub mod messages;
mod offers;
mod reply;
pub mod turns;

use contract::ids::is_service_id;
use serde_json::{Map, Value};

use super::results::{self, Links, ResultUrl};
use super::{Baseline, Error, Job, Order, Submitted, Upstream, View};
use crate::io::{HttpError, Io, MAX_API_RESPONSE_BYTES, Method, Request, Response, USER_AGENT};
use crate::json::{self, object};
use crate::multipart::encoded;
use crate::secret::Secret;
use messages::Role;

use look_for::look_for;

pub use look_for::answered;
pub use offers::Offers;
pub use reply::{is_success, meaning, not_json, said};

/// What one service's way of offering this API differs in.
pub struct Dialect {
    /// What the path of a session begins with.
    pub sessions: &'static str,
    /// Where files are uploaded to.
    pub uploads: &'static str,
    /// The service in a sentence that says that it can't be reached.
    pub called: &'static str,
    /// What is said of a response in no known form, in front of its status.
    pub failed: &'static str,
    /// What is said of a response that lacks fields: they stand between these two.
    pub lacking: (&'static str, &'static str),
    /// The header that carries the key, in lower case, and what stands before the key in it.
    pub key_header: (&'static str, &'static str),
    /// Takes the payload out of a response whose body is a JSON object.
    pub payload: fn(&Dialect, &Response, Value) -> Result<Value, Error>,
}

/// A request to a path of the service; `content_type` where it has a body.
#[must_use]
pub fn request(
    dialect: &Dialect,
    upstream: &Upstream<'_>,
    method: Method,
    path: &str,
    content_type: Option<String>,
    body: Vec<u8>,
) -> Request {
    let (name, before) = dialect.key_header;
    let key = Secret::new([before, upstream.secret().expose()].concat());
    let mut headers = vec![
        ("user-agent", USER_AGENT.to_owned()),
        ("accept", "application/json".to_owned()),
    ];
    headers.extend(content_type.map(|value| ("content-type", value)));
    Request {
        method,
        url: format!("{}/{path}", upstream.base()),
        headers,
        credential: Some((name, key)),
        body,
        max_response_bytes: MAX_API_RESPONSE_BYTES,
    }
}

/// Asks a path.
///
/// # Errors
/// [`Error`].
pub fn get(
    dialect: &Dialect,
    io: &Io,
    upstream: &Upstream<'_>,
    path: &str,
) -> Result<Value, Error> {
    let request = request(dialect, upstream, Method::Get, path, None, Vec::new());
    let answer = io.http(request);
    reply::read(dialect, answer, io.now_ms())
}

/// Sends JSON to a path. It is never repeated here: it may be a submit.
///
/// # Errors
/// [`Error`].
fn post(
    dialect: &Dialect,
    io: &Io,
    upstream: &Upstream<'_>,
    path: &str,
    body: &Value,
) -> Result<Value, Error> {
    let json = "application/json; charset=utf-8".to_owned();
    let body = json::text(body).into_bytes();
    let request = request(dialect, upstream, Method::Post, path, Some(json), body);
    let answer = io.http(request);
    reply::read(dialect, answer, io.now_ms())
}

/// Submits, once.
///
/// # Errors
/// [`Error`]; its `may_be_applied` says whether it may have been charged.
fn submit(
    dialect: &Dialect,
    io: &Io,
    upstream: &Upstream<'_>,
    order: &Order<'_>,
) -> Result<Submitted, Error> {
    let mut body = Map::new();
    for (name, value) in [("sessionId", order.session_id), ("message", order.words)] {
        if let Some(value) = value {
            body.insert(name.to_owned(), Value::String(value.to_owned()));
        }
    }
    let body = Value::Object(body);
    let data = post(dialect, io, upstream, dialect.sessions, &body)?;
    // Both, though only the session is needed: a response without a project has not been one of this call.
    let mut found = required(dialect, &data, &["sessionId", "projectUuid"])?;
    let project_uuid = found.pop().unwrap_or_default();
    Ok(Submitted::job(
        found.pop().unwrap_or_default(),
        project_uuid,
    ))
}

/// Looks at a session.
///
/// # Errors
/// [`Error`].
fn observe(
    dialect: &Dialect,
    io: &Io,
    upstream: &Upstream<'_>,
    job: &Job<'_>,
) -> Result<View, Error> {
    let shown = list(dialect, io, upstream, job.session_id, job.after)?;
    let messages = messages::parse(&shown);
    let mut own = own_files(job);
    // A user's own picture lies in the same store as results: it was given and must not come back as one.
    let said_by_user = messages.iter().filter(|one| one.role == Role::User);
    own.extend(said_by_user.flat_map(|message| message.urls.clone()));
    let others = messages.iter().filter(|one| one.role != Role::User);
    let results = without(others.flat_map(|message| message.urls.clone()), &own);
    Ok(View {
        turns: turns::observe_turns(&messages, job.turns),
        results,
        end: Baseline::after(&messages),
        shown,
    })
}

/// A session's messages, as they are; `null` and a missing list are an empty one.
fn list(
    dialect: &Dialect,
    io: &Io,
    upstream: &Upstream<'_>,
    session_id: &str,
    after_seq: Option<u64>,
) -> Result<Value, Error> {
    let mut path = session_path(dialect, session_id);
    if let Some(seq) = after_seq {
        path.push_str(&format!("?afterSeq={seq}"));
    }
    let data = get(dialect, io, upstream, &path)?;
    match data.get("messages") {
        Some(list @ Value::Array(_)) => Ok(list.clone()),
        Some(Value::Null) | None => Ok(Value::Array(Vec::new())),
        Some(_) => Err(Error::unreadable("the messages are no list")),
    }
}

/// Starts a new project.
///
/// # Errors
/// [`Error`].
fn begin_project(dialect: &Dialect, io: &Io, upstream: &Upstream<'_>) -> Result<String, Error> {
    let path = format!("{}/change-project", dialect.sessions);
    let data = post(dialect, io, upstream, &path, &object! {})?;
    required(dialect, &data, &["projectUuid"]).map(|mut found| found.remove(0))
}

/// The request that uploads a file, without its body.
#[must_use]
fn upload(dialect: &Dialect, upstream: &Upstream<'_>, content_type: &str) -> Request {
    let content_type = Some(content_type.to_owned());
    request(
        dialect,
        upstream,
        Method::Post,
        dialect.uploads,
        content_type,
        Vec::new(),
    )
}

/// Where an uploaded file is; none where the response doesn't say.
///
/// # Errors
/// [`Error`].
fn uploaded(
    dialect: &Dialect,
    io: &Io,
    answer: Result<Response, HttpError>,
) -> Result<Option<String>, Error> {
    let data = reply::read(dialect, answer, io.now_ms())?;
    let url = data.get("url").and_then(Value::as_str);
    // It goes into the words of a later request, and from there to whoever reads them.
    let url = url.filter(|url| url.starts_with("https://"));
    Ok(url.map(str::to_owned))
}

/// The path of a session.
#[must_use]
pub fn session_path(dialect: &Dialect, session_id: &str) -> String {
    format!("{}/{}", dialect.sessions, segment(session_id))
}

/// The files that the user passed in with the words of a job.
#[must_use]
pub fn own_files(job: &Job<'_>) -> Links {
    let turns = job.turns.iter();
    turns.flat_map(|turn| results::extract(turn.text)).collect()
}

/// The newest link of each result, in order, without the user's own files.
#[must_use]
pub fn without(urls: impl Iterator<Item = ResultUrl>, own: &Links) -> Vec<ResultUrl> {
    let results: Links = urls.filter(|url| !own.contains(url)).collect();
    results.into_vec()
}

/// The ids of these names, or which of them are missing or can't be one.
fn required(dialect: &Dialect, data: &Value, names: &[&str]) -> Result<Vec<String>, Error> {
    let text = |name: &&str| data.get(*name).and_then(Value::as_str);
    let id = |name: &&str| text(name).filter(|text| is_service_id(text));
    let missing: Vec<&str> = names
        .iter()
        .filter(|name| id(name).is_none())
        .copied()
        .collect();
    if missing.is_empty() {
        return Ok(names.iter().filter_map(id).map(str::to_owned).collect());
    }
    // What is there and is no id isn't repeated: it may be anything.
    let is_empty = |name: &&str| text(name).is_none_or(str::is_empty);
    let what = if missing.iter().all(is_empty) {
        ""
    } else {
        "valid "
    };
    let (before, behind) = dialect.lacking;
    let missing = missing.join(", ");
    Err(Error::incomplete(format!(
        "{before}{what}{missing}{behind}"
    )))
}

/// An id as one segment of a path, whatever the server put into it.
fn segment(id: &str) -> String {
    // Dots would be another path to whoever normalises it on the way.
    encoded(id).replace("..", "%2E%2E")
}
