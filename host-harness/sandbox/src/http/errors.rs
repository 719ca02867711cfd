//! How transport errors reach the component. It decides by them whether a paid request can have been applied, so
//! there are two groups, and the line between them is the first byte of the request:
//!
//! - **never sent**: `connection-refused`, `connection-timeout`, `DNS-timeout`, `DNS-error`, `destination-*`, `TLS-*`,
//!   `HTTP-request-denied`, and `internal-error` behind one of the marks of `contract::transport`. Only errors from making the connection, or from our own checks, are among these.
//! - **may have been applied**: everything else (`connection-terminated`, `connection-read-timeout`,
//!   `HTTP-response-incomplete`, `HTTP-protocol-error`, …).

use std::error::Error as StdError;

use contract::transport::{NOT_SENT, NOT_SET_UP};
use wasmtime_wasi_http::Error as WasiError;

use super::connector::ConnectError;

/// An error of the client: before or after the request began.
pub(super) fn from_client(error: &hyper_util::client::legacy::Error) -> WasiError {
    if let Some(connect) = find::<ConnectError>(error) {
        return connect.to_wasi();
    }
    // Whatever is behind it, it came of making the connection: nothing was sent.
    if error.is_connect() {
        return WasiError::ConnectionRefused;
    }
    match find::<hyper::Error>(error) {
        Some(error) => from_hyper(error),
        // What isn't known counts as sent: repeating a paid request that arrived costs money, asking
        // whether it did doesn't.
        None => WasiError::ConnectionTerminated,
    }
}

/// An error on an established connection. Never one of the "never sent" group.
pub(super) fn from_hyper(error: &hyper::Error) -> WasiError {
    if let Some(own) = find::<WasiError>(error) {
        return match own {
            WasiError::HttpRequestBodySize(size) => WasiError::HttpRequestBodySize(*size),
            WasiError::ConnectionReadTimeout => WasiError::ConnectionReadTimeout,
            // Also a body that the search stopped on its way: its own error, `HTTP-request-denied`, would
            // say that nothing was sent, and its first pieces have left.
            _ => WasiError::ConnectionTerminated,
        };
    }
    if error.is_parse_too_large() {
        WasiError::HttpResponseHeaderSectionSize(
            u32::try_from(crate::limits::RESPONSE_HEADER_BYTES).ok(),
        )
    } else if error.is_parse() {
        WasiError::HttpProtocolError
    } else if error.is_incomplete_message() {
        WasiError::HttpResponseIncomplete
    } else if error.is_timeout() {
        WasiError::HttpResponseTimeout
    } else if error.is_body_write_aborted() || error.is_user() {
        WasiError::HttpRequestBodySize(None)
    } else {
        WasiError::ConnectionTerminated
    }
}

/// Whether a request of the client that ended so certainly never left: the first of the two groups.
pub(super) fn is_never_sent(error: &WasiError) -> bool {
    match error {
        WasiError::InternalError(Some(text)) => {
            text.starts_with(NOT_SENT) || text.starts_with(NOT_SET_UP)
        }
        WasiError::DnsTimeout
        | WasiError::DnsError { .. }
        | WasiError::DestinationIpProhibited
        | WasiError::ConnectionRefused
        | WasiError::ConnectionTimeout
        | WasiError::TlsCertificateError
        | WasiError::TlsProtocolError
        | WasiError::HttpRequestDenied => true,
        // What isn't known may have left: a place that is given back for it would be spent twice.
        _ => false,
    }
}

/// The name in the record of an error that isn't [`ConnectError`]: those that this client makes have one of their own.
pub(super) fn name(error: &WasiError) -> &'static str {
    match error {
        WasiError::ConnectionRefused => "connection-refused",
        WasiError::ConnectionTerminated => "connection-terminated",
        WasiError::ConnectionReadTimeout | WasiError::HttpResponseTimeout => "read-timeout",
        WasiError::HttpRequestDenied => "denied",
        WasiError::HttpRequestBodySize(_) => "request-too-large",
        WasiError::HttpResponseIncomplete => "response-incomplete",
        WasiError::HttpResponseHeaderSectionSize(_) => "response-header-too-large",
        WasiError::HttpResponseBodySize(_) => "response-too-large",
        WasiError::HttpProtocolError => "protocol-error",
        _ => "failed",
    }
}

/// The first error of type `E` in the chain of causes.
pub(super) fn find<'a, E: StdError + 'static>(
    error: &'a (dyn StdError + 'static),
) -> Option<&'a E> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<E>() {
            return Some(found);
        }
        // An io::Error hides its cause one level deeper.
        if let Some(inner) = error
            .downcast_ref::<std::io::Error>()
            .and_then(std::io::Error::get_ref)
            && let Some(found) = inner.downcast_ref::<E>()
        {
            return Some(found);
        }
        next = error.source();
    }
    None
}
