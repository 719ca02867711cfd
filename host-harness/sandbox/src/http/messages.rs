//! A message leaves only for a recipient that a submit named, and a reply only to a message that went to one. Where the
//! recipient stands, and what else the body may hold, the route says; the body is read whole, strictly, and written anew from
//! what was read: no server can find another recipient in it than the one that was checked. Not here: who was named
//! (the harness's [`Recipients`]), how a body is read (`json_body.rs`).

use std::sync::Arc;

use bytes::Bytes;
use contract::ids::{is_room_id, is_service_id};
use contract::services::{
    Body, IdKind, Key, Named, Names, OWN_MESSAGE_SEGMENT, ROOM_SEGMENT, Recipient as Place, Route,
    Shape,
};
use http::{HeaderMap, HeaderValue, Request, Response, Uri, header};
use http_body_util::{BodyExt, Limited};
use serde_json::{Map, Value};
use wasmtime_wasi_http::{Error as WasiError, WasiBody};

use super::app::Contexts;
use super::body::{CallMeter, full};
use super::client::collect_small;
use super::json_body;
use super::parts::Form;
use super::recipients::Recipients;
use super::refusal::{Refusal, RefusalReason};
use super::request;
use super::target::segment;

/// Whom a request is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum To {
    /// Somebody: the kind of id, and the id.
    Recipient(String, String),
    /// Whoever is in the chat of this message.
    Message(String),
    /// The same of this message of one's own.
    OwnMessage(String),
}

/// Beside what one's own messages are noted whose ids no two chats share.
const ANYWHERE: (&str, &str) = ("", "");

/// A request as it may leave.
pub(super) struct Admitted {
    /// It.
    pub(super) request: Request<WasiBody>,
    /// Whom it is about.
    pub(super) whom: Option<To>,
    /// What its response may name.
    pub(super) names: Vec<Names>,
}

/// What a request is judged by.
#[derive(Clone, Copy)]
pub(super) struct Asking<'a> {
    /// Its route.
    pub(super) route: &'static Route,
    /// Who may get messages.
    pub(super) recipients: &'a dyn Recipients,
    /// What the conversations are known by of the app that sends it.
    pub(super) contexts: Option<&'a Contexts>,
}

#[cfg(test)]
impl<'a> Asking<'a> {
    /// Of an app whose conversations are known by nothing.
    pub(super) fn of(route: &'static Route, recipients: &'a dyn Recipients) -> Self {
        Self {
            route,
            recipients,
            contexts: None,
        }
    }
}

/// The request on its route as it may leave, and whom it is about.
///
/// # Errors
/// The refusal, which says for whom it was.
pub(super) async fn admit(
    request: Request<WasiBody>,
    asking: Asking<'_>,
    meter: &Arc<CallMeter>,
) -> Result<Admitted, Refusal> {
    let Asking {
        route,
        recipients,
        contexts,
    } = asking;
    let passes = !matches!(route.body, Body::Parts { .. }) && route.members.is_empty();
    if route.recipient.is_none() && passes {
        return Ok(Admitted {
            request,
            whom: None,
            names: route.names.to_vec(),
        });
    }
    let (mut head, mut body) = request.into_parts();
    let target = (head.method.clone(), head.uri.clone());
    let refuse = |reason, whom: &str| Refusal::new(&target.0, &target.1, reason).of_message(whom);
    let unreadable = || refuse(RefusalReason::Message, "");
    let mut members = Map::new();
    if !passes {
        (members, body) = anew(&mut head, body, route, unreadable(), meter)
            .await
            .ok_or_else(unreadable)?;
    }
    let whom = match route.recipient {
        None => None,
        Some(place) => Some(whom(place, route, &head.uri, &members).ok_or_else(unreadable)?),
    };
    let foreign = || refuse(RefusalReason::Recipient, "a message of another chat");
    let named = |shape| json_body::messages(&members, route.members, shape);
    let is_foreign = named(Shape::Message)
        .iter()
        .any(|id| !recipients.has_message(id));
    if is_foreign
        || named(Shape::OwnMessage)
            .iter()
            .any(|id| !is_own(id, whom.as_ref(), recipients))
    {
        return Err(foreign());
    }
    match &whom {
        Some(To::Recipient(kind, id)) if !recipients.is_named(kind, id) => {
            Err(refuse(RefusalReason::Recipient, &format!("{kind} {id}")))
        }
        Some(_) | None if !has_messages(&head.uri, route, whom.as_ref(), recipients) => {
            Err(foreign())
        }
        Some(To::Message(id)) if !recipients.has_message(id) => Err(foreign()),
        Some(To::OwnMessage(id)) if !recipients.has_own_message(ANYWHERE, id) => Err(foreign()),
        None | Some(To::Recipient(..) | To::Message(_) | To::OwnMessage(_)) => {
            if let Some(To::Recipient(kind, id)) = &whom
                // Only now that the recipient is certain: it is theirs alone.
                && let Some((contexts, context)) =
                    contexts.and_then(|known| Some((known, known.of.get(id)?)))
                && json_body::fill(&mut members, route.members, context.expose())
            {
                body = written(&mut head, &members).ok_or_else(unreadable)?;
                recipients.note_sent((kind, id), &contexts.mark(id).unwrap_or_default());
            }
            let names = route.names.iter().copied();
            let names = names.filter(|names| json_body::is_asked(names.of, &members));
            Ok(Admitted {
                names: names.collect(),
                request: Request::from_parts(head, body),
                whom,
            })
        }
    }
}

/// A body read by its route and written anew: the members of its JSON, and the whole. `None` for one that isn't exactly what
/// the route takes. `odd` is noted where that shows only while it leaves.
async fn anew(
    head: &mut http::request::Parts,
    body: WasiBody,
    route: &'static Route,
    odd: Refusal,
    meter: &Arc<CallMeter>,
) -> Option<(Map<String, Value>, WasiBody)> {
    let (json, files) = match route.body {
        Body::None
        | Body::Fields(_)
        | Body::Bytes(_)
        | Body::Sealed(_)
        | Body::Measured(_)
        | Body::Multipart(_) => return None,
        Body::Json(max_bytes) => (Some(max_bytes), None),
        Body::Parts { json, files } => (json.map(|part| part.max_bytes), Some((json, files))),
    };
    if let (Some(max_bytes), true) = (json, is_json(&head.headers)) {
        let max_bytes = usize::try_from(max_bytes).ok()?;
        let body = Limited::new(body, max_bytes).collect().await.ok()?;
        let members = json_body::anew(&body.to_bytes(), route.members)?;
        let body = written(head, &members)?;
        return Some((members, body));
    }
    let (json, files) = files?;
    let form = Form {
        boundary: request::boundary(only_type(&head.headers)?)?,
        json,
        members: route.members,
        files,
        refusal: odd,
        meter: Arc::clone(meter),
    };
    let admitted = form.admit(body).await?;
    // A form without a length would have no end that a server could miss when it is cut off here.
    let announced = head.headers.get(header::CONTENT_LENGTH)?.to_str().ok()?;
    let (read, written) = admitted.rewritten;
    let rest = announced.parse::<usize>().ok()?.checked_sub(read)?;
    let length = HeaderValue::from(rest.checked_add(written)?);
    head.headers.insert(header::CONTENT_LENGTH, length);
    Some((admitted.members, admitted.body))
}

/// Members as a body. Written anew it may be shorter or longer than what the component announced.
fn written(head: &mut http::request::Parts, members: &Map<String, Value>) -> Option<WasiBody> {
    let text = serde_json::to_vec(members).ok()?;
    let length = HeaderValue::from(text.len());
    head.headers.insert(header::CONTENT_LENGTH, length);
    Some(full(Bytes::from(text)))
}

/// Whom a request names in this place; `None` where that can't be read for certain.
fn whom(place: Place, route: &Route, uri: &Uri, members: &Map<String, Value>) -> Option<To> {
    let (id, kind) = match place {
        Place::JsonField { name, kind } => (only_text(json_body::member(members, name)?)?, kind),
        Place::Query { name, kind } => (in_query(uri, name)?, kind),
        // A room's id, where the template has one: what else stands in it isn't who is meant.
        Place::Path { kind } if route.path.contains(ROOM_SEGMENT) => {
            let at = segment(uri.path(), route.path, ROOM_SEGMENT)?;
            let id = uri.path().get(at)?;
            (is_room_id(id).then_some(id)?, kind)
        }
        Place::Path { kind } => (in_path(uri, route, "{}")?, kind),
        Place::Message => {
            let is_alone = uri.query().is_none();
            return is_alone.then_some(To::Message(in_path(uri, route, "{}")?.to_owned()));
        }
        Place::OwnMessage => {
            let id = in_path(uri, route, OWN_MESSAGE_SEGMENT)?;
            let is_alone = uri.query().is_none();
            return is_alone.then_some(To::OwnMessage(id.to_owned()));
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

/// A text, or the only one of a list.
fn only_text(value: &Value) -> Option<&str> {
    match value {
        Value::Array(all) => match all.as_slice() {
            [only] => only.as_str(),
            _ => None,
        },
        value => value.as_str(),
    }
}

/// Whether this message of one's own is in the chat that a request is about.
fn is_own(id: &str, whom: Option<&To>, recipients: &dyn Recipients) -> bool {
    match whom {
        Some(To::Recipient(kind, chat)) => recipients.has_own_message((kind, chat), id),
        // By itself it names the chat; what else names one names no chat for it.
        Some(To::OwnMessage(own)) => own == id,
        Some(To::Message(_)) | None => false,
    }
}

/// Whether the messages that the address names are known: those that may be answered, and one's own in this chat.
fn has_messages(uri: &Uri, route: &Route, whom: Option<&To>, recipients: &dyn Recipients) -> bool {
    let stands = |name: &str| {
        let mut pairs = uri.query().unwrap_or_default().split('&');
        pairs.any(|pair| pair.split('=').next() == Some(name))
    };
    let has_own_segment = route
        .path
        .split('/')
        .any(|part| part == OWN_MESSAGE_SEGMENT);
    let in_path = || in_path(uri, route, OWN_MESSAGE_SEGMENT);
    if has_own_segment && !in_path().is_some_and(|id| is_own(id, whom, recipients)) {
        return false;
    }
    route.query.iter().all(|key| match key {
        Key::Is(_) | Key::Begins(_) => true,
        Key::Message(name) => {
            let named = in_query(uri, name);
            !stands(name) || named.is_some_and(|id| recipients.has_message(id))
        }
        // Needed: without it the request would be about something else.
        Key::OwnMessage(name) => in_query(uri, name).is_some_and(|id| is_own(id, whom, recipients)),
    })
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

/// What stands in the place of the template's first such segment. What the service is moved behind stands before it.
fn in_path<'a>(uri: &'a Uri, route: &Route, named: &str) -> Option<&'a str> {
    let at = segment(uri.path(), route.path, named)?;
    let id = &uri.path()[at];
    is_service_id(id).then_some(id)
}

/// JSON that is not packed: what is checked is what is read.
fn is_json(headers: &HeaderMap) -> bool {
    only_type(headers).is_some_and(request::is_json)
}

/// The content type of what isn't packed, where there is one and no other.
fn only_type(headers: &HeaderMap) -> Option<&str> {
    let mut types = headers.get_all(header::CONTENT_TYPE).iter();
    let only = types.next()?.to_str().ok()?;
    let plain = types.next().is_none() && !headers.contains_key(header::CONTENT_ENCODING);
    plain.then_some(only)
}

/// Reads a response on its way for what it names: a message that may be answered, a recipient that the one of the request
/// led to, an address that may be asked in this call.
///
/// # Errors
/// The transport's, or a response far larger than such are.
pub(super) async fn note_answer(
    response: Response<WasiBody>,
    names: &[Names],
    whom: Option<To>,
    recipients: &dyn Recipients,
    meter: &CallMeter,
) -> Result<Response<WasiBody>, WasiError> {
    let response = collect_small(response).await?;
    let said = serde_json::from_slice::<Value>(response.body()).unwrap_or_default();
    // Only what the service says in so many words: another answer may repeat an id of the request, which would name a
    // message by itself.
    let is_told = |names: &&Names| {
        response.status() == names.status && json_body::succeeded(names.success, &said)
    };
    for names in names.iter().filter(is_told) {
        let id = match said.pointer(names.at) {
            Some(Value::String(id)) => id.clone(),
            Some(Value::Number(number)) if number.is_i64() => number.to_string(),
            _ => continue,
        };
        match (names.what, &whom) {
            // With a blank it could be what one's own is noted as.
            (Named::Message | Named::OwnMessageAnywhere, _) if id.contains(' ') => {}
            (Named::Message, _) => recipients.note_message(id),
            (Named::Address, _) => meter.note_address(&id),
            (Named::OwnMessage, Some(To::Recipient(kind, chat))) => {
                recipients.note_own_message((kind, chat), &id);
            }
            (Named::Recipient(kind), Some(To::Recipient(of_kind, of))) => {
                recipients.note_derived((of_kind, of), kind, id);
            }
            // A request that was about nobody leads to nobody.
            (Named::OwnMessageAnywhere, _) => recipients.note_own_message(ANYWHERE, &id),
            (
                Named::OwnMessage | Named::Recipient(_),
                None | Some(To::Message(_) | To::OwnMessage(_)),
            ) => {}
        }
    }
    Ok(response.map(full))
}

#[cfg(test)]
#[path = "tests/contexts.rs"]
mod contexts;
#[cfg(test)]
#[path = "tests/messages.rs"]
mod tests;
