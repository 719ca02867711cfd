//! A message leaves only for a recipient that a submit named, and a reply only to a message that went to one. Where the
//! recipient stands, and what else the body may hold, the route says; the body is read whole, strictly, and written anew from
//! what was read: no server can find another recipient in it than the one that was checked. Not here: who was named
//! (the harness's [`Recipients`]), how a body is read (`json_body.rs`).

use bytes::Bytes;
use contract::ids::is_service_id;
use contract::services::{Body, IdKind, Named, Names, Recipient as Place, Route};
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, Uri, header};
use http_body_util::{BodyExt, Limited};
use serde_json::{Map, Value};
use wasmtime_wasi_http::{Error as WasiError, WasiBody};

use super::body::full;
use super::client::collect_small;
use super::json_body;
use super::recipients::Recipients;
use super::refusal::{Refusal, RefusalReason};
use super::request;

/// Whom a message is for.
enum To {
    /// Somebody: the kind of id, and the id.
    Recipient(String, String),
    /// Whoever is in the chat of this message.
    Message(String),
}

/// The request on `route` as it may leave.
///
/// # Errors
/// The refusal, which says for whom it was.
pub(super) async fn admit(
    request: Request<WasiBody>,
    route: &Route,
    recipients: &dyn Recipients,
) -> Result<Request<WasiBody>, Refusal> {
    if route.recipient.is_none() && route.members.is_empty() {
        return Ok(request);
    }
    let (mut head, mut body) = request.into_parts();
    let target = (head.method.clone(), head.uri.clone());
    let refuse = |reason, whom: &str| Refusal::new(&target.0, &target.1, reason).of_message(whom);
    let unreadable = || refuse(RefusalReason::Message, "");
    let mut members = Map::new();
    if let (Body::Json(bytes), false) = (route.body, route.members.is_empty()) {
        members = read(&head.headers, body, bytes, route)
            .await
            .ok_or_else(unreadable)?;
        let text = serde_json::to_vec(&members).map_err(|_| unreadable())?;
        // Written anew it may be shorter or longer than what the component announced.
        let length = HeaderValue::from(text.len());
        body = full(Bytes::from(text));
        head.headers.insert(header::CONTENT_LENGTH, length);
    }
    if let Some(place) = route.recipient {
        match whom(place, route, &head.uri, &members) {
            None => return Err(unreadable()),
            Some(To::Recipient(kind, id)) if !recipients.is_named(&kind, &id) => {
                return Err(refuse(RefusalReason::Recipient, &format!("{kind} {id}")));
            }
            Some(To::Message(id)) if !recipients.has_message(&id) => {
                let whom = "a message of another chat";
                return Err(refuse(RefusalReason::Recipient, whom));
            }
            Some(To::Recipient(..) | To::Message(_)) => {}
        }
    }
    Ok(Request::from_parts(head, body))
}

/// The members of a body; `None` for one that isn't exactly what the route takes.
async fn read(
    headers: &HeaderMap,
    body: WasiBody,
    max_bytes: u64,
    route: &Route,
) -> Option<Map<String, Value>> {
    if !is_json(headers) {
        return None;
    }
    let max_bytes = usize::try_from(max_bytes).ok()?;
    let body = Limited::new(body, max_bytes).collect().await.ok()?;
    json_body::anew(&body.to_bytes(), route.members)
}

/// Whom a request names in this place; `None` where that can't be read for certain.
fn whom(place: Place, route: &Route, uri: &Uri, members: &Map<String, Value>) -> Option<To> {
    let (id, kind) = match place {
        Place::JsonField { name, kind } => (members.get(name)?.as_str()?, kind),
        Place::Query { name, kind } => (in_query(uri, name)?, kind),
        Place::Path { kind } => (in_path(uri, route)?, kind),
        Place::Message => {
            let is_alone = uri.query().is_none();
            return is_alone.then_some(To::Message(in_path(uri, route)?.to_owned()));
        }
    };
    let kind = match kind {
        IdKind::Always(kind) => kind,
        // The query is nothing else: a second key could be another recipient to somebody.
        IdKind::Query(key) => {
            let said = uri.query()?.strip_prefix(key)?.strip_prefix('=')?;
            is_service_id(said).then_some(said)?
        }
    };
    Some(To::Recipient(kind.to_owned(), id.to_owned()))
}

/// The value of a key that stands in the query once, in characters that everybody reads alike.
fn in_query<'a>(uri: &'a Uri, name: &str) -> Option<&'a str> {
    let pairs = uri
        .query()?
        .split('&')
        .filter_map(|pair| pair.split_once('='));
    let mut values = pairs.filter(|(key, _)| *key == name);
    let (_, value) = values.next()?;
    (values.next().is_none() && is_service_id(value)).then_some(value)
}

/// What stands in the place of the template's first `{}`. What the service is moved behind stands before it.
fn in_path<'a>(uri: &'a Uri, route: &Route) -> Option<&'a str> {
    let behind = route.path.rsplit('/').collect::<Vec<_>>();
    let at = behind.iter().rposition(|segment| *segment == "{}")?;
    let id = uri.path().rsplit('/').nth(at)?;
    is_service_id(id).then_some(id)
}

/// JSON that is not packed: what is checked is what is read.
fn is_json(headers: &HeaderMap) -> bool {
    let mut types = headers.get_all(header::CONTENT_TYPE).iter();
    let json = types
        .next()
        .and_then(|value| value.to_str().ok())
        .is_some_and(request::is_json);
    json && types.next().is_none() && !headers.contains_key(header::CONTENT_ENCODING)
}

/// Reads a response on its way for what it names: a message that may be answered, a recipient that another one led to.
///
/// # Errors
/// The transport's, or a response far larger than such are.
pub(super) async fn note_answer(
    response: Response<WasiBody>,
    names: Names,
    recipients: &dyn Recipients,
) -> Result<Response<WasiBody>, WasiError> {
    let response = collect_small(response).await?;
    // Only what the service confirms: an error may repeat an id of the request, which would name a message
    // by itself.
    if response.status() == StatusCode::OK
        && let Ok(said) = serde_json::from_slice::<Value>(response.body())
        && said[names.success.member] == names.success.is
        && let Some(Value::String(id)) = said.pointer(names.at)
    {
        match names.what {
            Named::Message => recipients.note_message(id.clone()),
            Named::Recipient(kind) => recipients.note_derived(kind, id.clone()),
        }
    }
    Ok(response.map(full))
}

#[cfg(test)]
#[path = "tests/messages.rs"]
mod tests;
