//! Which address answers what.
//!
//! ```text
//! /TOKEN/            the page              /TOKEN/api/status    what is known of the jobs
//! /TOKEN/page.js     its script            /TOKEN/api/events    the timer's events, as they come
//! /TOKEN/page.css    its looks             /TOKEN/api/egress    what was let out, of one session or of all
//! /TOKEN/icon.svg    its icon
//! /TOKEN/media?url=  one result, with ranges, fetched under the media store's rules, and for which session
//! /TOKEN/api/cancel?session=   a `POST` from the page itself: stops that job, where its service can
//! ```

use host::Cancellation;
use http::header::{ACCEPT_RANGES, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, RANGE};
use http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use serde_json::{Value, json};

use crate::Shared;
use crate::answer::{self, Body};
use crate::guard::CANCEL;

const PAGE: &str = include_str!("../assets/page.html");
const SCRIPT: &str = include_str!("../assets/page.js");
const ICON: &str = include_str!("../assets/icon.svg");
const STYLE: &str = include_str!("../assets/page.css");

/// Calls of the record that one look shows: as many as a job of two hours makes.
const SHOWN_CALLS: usize = 500;

pub(crate) async fn answer(shared: &Shared, request: Request<Incoming>) -> Response<Body> {
    let (head, _) = request.into_parts();
    let path = match shared.guard.admit(&head.method, &head.uri, &head.headers) {
        Ok(path) => path,
        Err(status) => {
            return answer::refused(status, status.canonical_reason().unwrap_or("Refused"));
        }
    };
    let query = |name: &str| {
        let pairs = head.uri.query().unwrap_or_default().split('&');
        pairs
            .filter_map(|pair| pair.split_once('='))
            .find(|(key, _)| *key == name)
            .and_then(|(_, value)| decoded(value))
    };
    match path {
        "" => answer::whole(StatusCode::OK, "text/html; charset=utf-8", PAGE),
        "page.js" => answer::whole(StatusCode::OK, "text/javascript; charset=utf-8", SCRIPT),
        "icon.svg" => answer::whole(StatusCode::OK, "image/svg+xml", ICON),
        "page.css" => answer::whole(StatusCode::OK, "text/css; charset=utf-8", STYLE),
        "api/status" => match shared.jobs.status().await {
            Ok(status) => answer::json(&*status),
            Err(reason) => answer::refused(StatusCode::INTERNAL_SERVER_ERROR, &reason),
        },
        "api/events" => {
            let feed = shared.feed.subscribe();
            let headers = [("content-type", "text/event-stream")];
            answer::with(StatusCode::OK, &headers, feed.boxed_unsync())
        }
        CANCEL => match query("session") {
            Some(session) => cancel(shared, &session).await,
            None => answer::refused(StatusCode::BAD_REQUEST, "Which job?"),
        },
        "api/egress" => egress(shared, query("session")).await,
        "media" => match query("url") {
            Some(url) => media(shared, &url, query("session").as_deref(), &head.headers).await,
            None => answer::refused(StatusCode::BAD_REQUEST, "Which result?"),
        },
        _ => answer::refused(StatusCode::NOT_FOUND, "Not Found"),
    }
}

/// Stops a job. That it can't be, or is too late, is an answer: the sentence for the user.
async fn cancel(shared: &Shared, session: &str) -> Response<Body> {
    let reason = match shared.harness.cancel(session).await {
        Ok(Cancellation::Cancelled) => None,
        Ok(Cancellation::NotSupported(reason) | Cancellation::TooLate(reason)) => Some(reason),
        Err(error) => return answer::refused(StatusCode::BAD_GATEWAY, &error.to_string()),
    };
    // The page looks at once, and must not be told what was so before.
    shared.jobs.forget().await;
    answer::json(&json!({"cancelled": reason.is_none(), "reason": reason}))
}

/// One result. Only what stands in the policy for media can be fetched so, whatever the page asks for.
async fn media(
    shared: &Shared,
    url: &str,
    session: Option<&str>,
    headers: &HeaderMap,
) -> Response<Body> {
    let range = headers.get(RANGE).and_then(|range| range.to_str().ok());
    let response = match shared.harness.open_result(url, range, session).await {
        Ok(response) => response,
        Err(error) => return answer::refused(StatusCode::BAD_GATEWAY, &error.to_string()),
    };
    let (head, body) = response.into_parts();
    let passed: Vec<(&str, &str)> = [CONTENT_LENGTH, CONTENT_RANGE, ACCEPT_RANGES]
        .iter()
        .filter_map(|name| Some((name.as_str(), head.headers.get(name)?.to_str().ok()?)))
        .collect();
    // What isn't a picture or a film is not shown as anything else.
    let content_type = head
        .headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .filter(|value| value.starts_with("image/") || value.starts_with("video/"))
        .filter(|value| !value.starts_with("image/svg"))
        .unwrap_or("application/octet-stream");
    let headers = [&passed[..], &[("content-type", content_type)]].concat();
    answer::with(head.status, &headers, body)
}

async fn egress(shared: &Shared, session: Option<String>) -> Response<Body> {
    let log = shared.harness.audit().clone();
    let read = tokio::task::spawn_blocking(move || {
        let mut calls: std::collections::VecDeque<Value> = std::collections::VecDeque::new();
        log.read(|_, line| {
            let wanted = session
                .as_ref()
                .is_none_or(|session| line["session"] == session.as_str());
            if wanted {
                if calls.len() == SHOWN_CALLS {
                    calls.pop_front();
                }
                calls.push_back(line.clone());
            }
        })
        .map(|()| calls)
    })
    .await;
    match read {
        Ok(Ok(calls)) => answer::json(&json!({"calls": calls})),
        Ok(Err(error)) => answer::refused(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
        Err(_) => answer::refused(
            StatusCode::INTERNAL_SERVER_ERROR,
            "The record can't be read.",
        ),
    }
}

/// A value of a query, percent-decoded; nothing when it is no text.
fn decoded(value: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digits = [rest.next()?, rest.next()?];
                u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?
            }
            byte => byte,
        });
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::decoded;

    #[test]
    fn values_are_decoded_and_broken_ones_refused() {
        assert_eq!(decoded("a%2Fb+c%E6%9C%88").as_deref(), Some("a/b c月"));
        for broken in ["%", "%2", "%zz", "%ff"] {
            assert_eq!(decoded(broken), None, "{broken}");
        }
    }
}
