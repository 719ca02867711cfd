//! A request written anew: what leaves has the method, target, headers and body that its route names in the contract, and
//! nothing else. A header is an instruction to whoever understands it (another method, another path, a key of its own), so
//! one that nobody named is refused, not passed on. Not here: credentials, and what a message may be.

use contract::services::{Body as Kind, Header, Route, Value, seal};
use http::header::{HOST, HeaderMap, HeaderName, HeaderValue};
use http::{Method, Request, Uri};
use http_body::Body;
use http_body_util::{BodyExt, Empty, Limited};
use wasmtime_wasi_http::{Error as WasiError, WasiBody};

use super::policy::Grant;
use super::refusal::{Refusal, RefusalReason};

/// What a client calls itself has some dozens of characters.
const VALUE_BYTES: usize = 256;
/// RFC 2046.
const BOUNDARY_BYTES: usize = 70;

/// The request as it may leave, of one that the policy grants and the broker has put the credential into.
///
/// # Errors
/// The refusal, with the name of what the route doesn't take.
pub(super) fn anew(
    request: Request<WasiBody>,
    grant: &Grant,
) -> Result<Request<WasiBody>, Refusal> {
    let (head, body) = request.into_parts();
    let refuse = |reason, part: &str| Refusal::new(&head.method, &head.uri, reason).about(part);
    let odd = |name: &HeaderName| refuse(RefusalReason::Header, name.as_str());
    let credential = credential_header(grant);
    let mut headers = HeaderMap::new();
    // The runtime's own, from the target; the component can set none. The client writes it from the target again.
    let from_component = head.headers.iter().filter(|(name, _)| **name != HOST);
    for (name, value) in from_component {
        let named = || grant.route.headers.iter().find(|known| known.name == name);
        let fits = credential.as_ref() == Some(name)
            || named().is_some_and(|known| fits(known, value, grant.route));
        // A header that stands twice is read by some as the first and by others as the last.
        if !fits || headers.contains_key(name) {
            return Err(odd(name));
        }
        headers.insert(name.clone(), value.clone());
    }
    let body = of_route(grant.route, body, &headers)
        .ok_or_else(|| refuse(RefusalReason::Body, grant.route.method.name()))?;
    let uri = target(grant, &head.uri).ok_or_else(|| refuse(RefusalReason::Url, ""))?;
    let mut anew = Request::new(body);
    *anew.method_mut() = match grant.route.method {
        contract::services::Method::Get => Method::GET,
        contract::services::Method::Post => Method::POST,
        contract::services::Method::Put => Method::PUT,
        contract::services::Method::Patch => Method::PATCH,
        contract::services::Method::Delete => Method::DELETE,
    };
    *anew.uri_mut() = uri;
    *anew.headers_mut() = headers;
    Ok(anew)
}

/// The header that the broker has put a credential into; none where the route takes no credential.
fn credential_header(grant: &Grant) -> Option<HeaderName> {
    let name = grant.service.credential?.position.header()?;
    if !grant.route.credential {
        return None;
    }
    HeaderName::from_bytes(name.as_bytes()).ok()
}

/// The granted origin, and the path and query that were judged.
fn target(grant: &Grant, uri: &Uri) -> Option<Uri> {
    let path = uri.path_and_query()?;
    format!("{}{path}", grant.own_origin).parse().ok()
}

/// Whether a header that the route names has a value that it may have there.
fn fits(known: &Header, value: &HeaderValue, route: &Route) -> bool {
    let Ok(text) = value.to_str() else {
        return false;
    };
    match known.value {
        Value::Any => text.len() <= VALUE_BYTES,
        Value::Exactly(said) => text == said,
        Value::Range => is_range(text),
        Value::Length => number(text).is_some_and(|bytes| bytes <= route.body.max_bytes()),
        Value::Key => seal::is_key(text),
        Value::ContentType => match route.body {
            Kind::None => false,
            Kind::Json(_) => is_json(text),
            Kind::Fields(_) => is_utf8(text, "application/x-www-form-urlencoded"),
            Kind::Bytes(_) => text == "application/octet-stream" || is_medium(text),
            Kind::Sealed(_) | Kind::Measured(_) => text == "application/octet-stream",
            Kind::Multipart(_) => boundary(text).is_some(),
            Kind::Parts { json, .. } => boundary(text).is_some() || json.is_some() && is_json(text),
        },
    }
}

/// A picture or a film, without any parameter.
fn is_medium(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-.+".contains(&byte);
    matches!(text.split_once('/'), Some(("image" | "video", kind)) if !kind.is_empty() && kind.bytes().all(plain))
}

/// `bytes=FROM-TO`: one range, with both ends.
fn is_range(text: &str) -> bool {
    let ends = text
        .strip_prefix("bytes=")
        .and_then(|range| range.split_once('-'));
    ends.is_some_and(|(from, to)| number(from).is_some() && number(to).is_some())
}

/// Digits alone: a sign is read by some and not by others.
fn number(text: &str) -> Option<u64> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

/// JSON in UTF-8.
pub(super) fn is_json(text: &str) -> bool {
    is_utf8(text, "application/json")
}

/// This type, in UTF-8.
fn is_utf8(text: &str, wanted: &str) -> bool {
    let (kind, parameters) = text.split_once(';').unwrap_or((text, ""));
    let parameters = parameters.trim().to_ascii_lowercase();
    kind.trim().eq_ignore_ascii_case(wanted) && ["", "charset=utf-8"].contains(&parameters.as_str())
}

/// The boundary of a form of parts, where it needs no quotes.
pub(super) fn boundary(text: &str) -> Option<&str> {
    let rest = text.strip_prefix("multipart/form-data;")?;
    let boundary = rest.trim_start().strip_prefix("boundary=")?;
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    let good = (1..=BOUNDARY_BYTES).contains(&boundary.len()) && boundary.bytes().all(is_plain);
    good.then_some(boundary)
}

/// The body, no longer than the route takes; `None` for one that it doesn't take.
fn of_route(route: &Route, body: WasiBody, headers: &HeaderMap) -> Option<WasiBody> {
    let longest = route.body.max_bytes();
    if route.body == Kind::None {
        let none = Empty::new().map_err(|never| match never {}).boxed_unsync();
        return body.is_end_stream().then_some(none);
    }
    let is_named = headers.contains_key(http::header::CONTENT_TYPE);
    let max = usize::try_from(longest).unwrap_or(usize::MAX);
    let bounded =
        Limited::new(body, max).map_err(move |error| match error.downcast::<WasiError>() {
            Ok(error) => *error,
            Err(_) => WasiError::HttpRequestBodySize(Some(longest)),
        });
    is_named.then(|| bounded.boxed_unsync())
}

#[cfg(test)]
#[path = "tests/request.rs"]
mod tests;
