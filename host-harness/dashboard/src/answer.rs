//! Responses. Each carries headers that keep the page to itself: it loads nothing from elsewhere, is framed by nobody,
//! stays in no cache, and tells its address to nobody.

use std::io;

use bytes::Bytes;
use http::{Response, StatusCode};
use http_body_util::{BodyExt, Full, combinators::UnsyncBoxBody};
use serde::Serialize;

pub(crate) type Body = UnsyncBoxBody<Bytes, io::Error>;

const HEADERS: [(&str, &str); 7] = [
    (
        "content-security-policy",
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
    // The address holds the token.
    ("referrer-policy", "no-referrer"),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("cross-origin-resource-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cache-control", "no-store"),
];

/// A response with any body.
pub(crate) fn with(status: StatusCode, headers: &[(&str, &str)], body: Body) -> Response<Body> {
    let builder = HEADERS.iter().chain(headers).fold(
        Response::builder().status(status),
        |builder, (name, value)| builder.header(*name, *value),
    );
    builder.body(body).unwrap_or_else(|_| {
        // A header value of a service that isn't one.
        let mut response = Response::new(
            Full::default()
                .map_err(|never| match never {})
                .boxed_unsync(),
        );
        *response.status_mut() = StatusCode::BAD_GATEWAY;
        response
    })
}

/// A whole body.
pub(crate) fn whole(
    status: StatusCode,
    content_type: &str,
    body: impl Into<Bytes>,
) -> Response<Body> {
    let body = Full::new(body.into()).map_err(|never| match never {});
    with(
        status,
        &[("content-type", content_type)],
        body.boxed_unsync(),
    )
}

/// JSON.
pub(crate) fn json(value: &impl Serialize) -> Response<Body> {
    match serde_json::to_vec(value) {
        Ok(text) => whole(StatusCode::OK, "application/json", text),
        // None of what is answered here: a defect is told, not hidden.
        Err(error) => refused(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
    }
}

/// A sentence for a person who looks at the network panel.
pub(crate) fn refused(status: StatusCode, reason: &str) -> Response<Body> {
    whole(status, "text/plain; charset=utf-8", format!("{reason}\n"))
}
