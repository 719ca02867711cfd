//! What an error of `wasi:http` means for the core: did the request certainly not leave, was it
//! refused, or may the service have acted on it?
//!
//! When in doubt it was lost: a paid submit that is wrongly called "not sent" would be sent twice.

use contract::transport::{LIMIT, NOT_SENT, NOT_SET_UP};
use libtv_video_core::io::HttpError;
use wasip2::http::types::ErrorCode;

/// An error after the request was handed over.
pub fn meaning(code: ErrorCode) -> HttpError {
    if let ErrorCode::InternalError(Some(text)) = &code {
        // The codes that mean this have no room for words, so that our harness sends them here, behind a mark.
        if let Some(words) = text.strip_prefix(NOT_SENT) {
            return HttpError::NotSent(shortened(words));
        }
        if let Some(words) = text.strip_prefix(NOT_SET_UP) {
            return HttpError::Setting(shortened(words));
        }
        if let Some(words) = text.strip_prefix(LIMIT) {
            return HttpError::Limit(shortened(words));
        }
    }
    let reason = reason(&code);
    match code {
        ErrorCode::HttpRequestDenied => HttpError::Denied(reason),
        ErrorCode::DestinationIpProhibited | ErrorCode::DestinationIpUnroutable => {
            HttpError::Setting(reason)
        }
        ErrorCode::DnsTimeout
        | ErrorCode::DnsError(_)
        | ErrorCode::DestinationNotFound
        | ErrorCode::DestinationUnavailable
        | ErrorCode::ConnectionRefused
        | ErrorCode::ConnectionTimeout
        | ErrorCode::ConnectionLimitReached
        // Before a handshake is through nothing of a request has left.
        | ErrorCode::TlsProtocolError
        | ErrorCode::TlsCertificateError
        | ErrorCode::TlsAlertReceived(_)
        | ErrorCode::HttpRequestLengthRequired
        | ErrorCode::HttpRequestMethodInvalid
        | ErrorCode::HttpRequestUriInvalid
        | ErrorCode::HttpRequestUriTooLong
        | ErrorCode::HttpRequestHeaderSectionSize(_)
        | ErrorCode::HttpRequestHeaderSize(_) => HttpError::NotSent(reason),
        _ => HttpError::Lost(reason),
    }
}

/// An error of the hand-over itself: the runtime did not take the request.
pub fn refused(code: ErrorCode) -> HttpError {
    match meaning(code) {
        // At the hand-over nothing has left, whatever the code is.
        HttpError::Lost(reason) => HttpError::NotSent(reason),
        other => other,
    }
}

/// The error in words. They reach the user.
pub fn reason(code: &ErrorCode) -> String {
    let words = match code {
        ErrorCode::DnsTimeout | ErrorCode::DnsError(_) => "the host's name could not be resolved",
        ErrorCode::DestinationNotFound | ErrorCode::DestinationUnavailable => {
            "the host can't be reached"
        }
        ErrorCode::DestinationIpProhibited | ErrorCode::DestinationIpUnroutable => {
            "the host's address is not a public one (look at the name service and the hosts file)"
        }
        ErrorCode::ConnectionRefused => "the connection was refused",
        ErrorCode::ConnectionTerminated => "the connection broke",
        ErrorCode::ConnectionTimeout => "the connection took too long",
        ErrorCode::ConnectionReadTimeout | ErrorCode::HttpResponseTimeout => {
            "the service took too long to answer"
        }
        ErrorCode::ConnectionWriteTimeout => "the service stopped taking the request",
        ErrorCode::ConnectionLimitReached => "too many connections are open",
        ErrorCode::TlsProtocolError | ErrorCode::TlsAlertReceived(_) => {
            "no secure connection could be made"
        }
        ErrorCode::TlsCertificateError => "the host's certificate is not trusted",
        ErrorCode::HttpRequestDenied => "the sandbox does not allow this request",
        ErrorCode::HttpRequestUriInvalid | ErrorCode::HttpRequestUriTooLong => {
            "the address is not valid"
        }
        ErrorCode::HttpRequestBodySize(_) => "the request's length was wrong or over a limit",
        ErrorCode::HttpResponseIncomplete => "the answer ended early",
        ErrorCode::HttpResponseBodySize(_) => "the answer was over a limit",
        ErrorCode::InternalError(Some(text)) => return shortened(text),
        ErrorCode::InternalError(None) => "the runtime failed",
        ErrorCode::ConfigurationError => "the runtime is not set up for HTTP",
        _ => "the service gave no valid answer",
    };
    words.to_owned()
}

/// A runtime's own words, cut to a sensible length.
fn shortened(text: &str) -> String {
    const LONGEST: usize = 400;
    let kept: String = text.chars().take(LONGEST).collect();
    if kept.trim().is_empty() {
        "the runtime failed".to_owned()
    } else {
        kept
    }
}
