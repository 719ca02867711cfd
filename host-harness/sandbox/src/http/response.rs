//! A response that can't be searched for secrets doesn't reach the component: one that is packed, or a part of one. What it
//! would say is unknown then, so it fails like one that was lost on the way.

use http::header::{CONTENT_ENCODING, HeaderName, TRANSFER_ENCODING};
use http::{HeaderMap, Response, StatusCode};
use wasmtime_wasi_http::Error as WasiError;

use contract::services::Service;

/// What of a response prevents a search, by its name; of a service whose responses are searched.
pub(super) fn unsearchable<B>(response: &Response<B>, service: &Service) -> Option<&'static str> {
    // A service that gets no credential has none to echo.
    service.credential?;
    let headers = response.headers();
    if !says_only(headers, &CONTENT_ENCODING, "identity") {
        Some("content-encoding")
    } else if !says_only(headers, &TRANSFER_ENCODING, "chunked") {
        Some("transfer-encoding")
    } else {
        // A secret could be cut in two by the borders of two parts, each of which looks harmless.
        let in_parts = response.status() == StatusCode::PARTIAL_CONTENT && !service.ranges;
        in_parts.then_some("content-range")
    }
}

/// How the component hears of it: in the group of errors after which a request may have been applied.
pub(super) fn error(part: &str, headers: &HeaderMap) -> WasiError {
    let coding = headers.get(part).and_then(|value| value.to_str().ok());
    match part {
        "content-encoding" => WasiError::HttpResponseContentCoding(coding.map(str::to_owned)),
        "transfer-encoding" => WasiError::HttpResponseTransferCoding(coding.map(str::to_owned)),
        _ => WasiError::HttpProtocolError,
    }
}

/// Whether a header that lists codings names none but this.
fn says_only(headers: &HeaderMap, name: &HeaderName, coding: &str) -> bool {
    headers.get_all(name).iter().all(|value| {
        value.to_str().is_ok_and(|text| {
            let mut codings = text.split(',').map(str::trim);
            codings.all(|given| given.is_empty() || given.eq_ignore_ascii_case(coding))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::services::{DIRECT, FEISHU, GATEWAY, MEDIA};

    fn response(status: u16, headers: &[(&str, &str)]) -> Response<()> {
        let mut builder = Response::builder().status(status);
        for (name, value) in headers {
            builder = builder.header(*name, *value);
        }
        builder.body(()).unwrap()
    }

    #[test]
    fn what_is_packed_or_a_part_is_not_passed_on_where_a_secret_could_be_echoed() {
        for (status, headers) in [
            (200, vec![("content-encoding", "gzip")]),
            (400, vec![("content-encoding", "identity, br")]),
            (
                200,
                vec![
                    ("content-encoding", "identity"),
                    ("content-encoding", "deflate"),
                ],
            ),
            (200, vec![("content-encoding", "x-gzip")]),
            (200, vec![("transfer-encoding", "gzip, chunked")]),
            (206, vec![("content-range", "bytes 0-15/30")]),
            (206, vec![]),
        ] {
            let answer = response(status, &headers);
            for service in [&GATEWAY, &DIRECT, &FEISHU] {
                assert!(unsearchable(&answer, service).is_some(), "{headers:?}");
            }
            assert_eq!(unsearchable(&answer, &MEDIA), None);
        }
    }

    #[test]
    fn a_plain_response_is_passed_on() {
        for headers in [
            vec![],
            vec![("content-encoding", "identity")],
            vec![("content-encoding", "")],
            vec![("transfer-encoding", "chunked")],
        ] {
            assert_eq!(unsearchable(&response(200, &headers), &GATEWAY), None);
        }
    }
}
