//! One request over `wasi:http`: handed over, its body written, its answer taken.
//!
//! Redirects are never followed, nothing is tried again, no header is added but the length.

use std::time::Duration;

use contract::services::CREDENTIAL_SEGMENT;
use libtv_video_core::io::{HttpError, Method, Request, Response};
use url::{Position, Url};
use wasip2::http::outgoing_handler;
use wasip2::http::types::{
    Fields, FutureIncomingResponse, Method as WasiMethod, OutgoingBody, OutgoingRequest,
    RequestOptions, Scheme,
};
use wasip2::io::poll::Pollable;
use wasip2::io::streams::OutputStream;

use super::body::{self, Reader, STALLED_AFTER};
use super::grant::PIECE;
use super::{http_error, media_store};
use crate::environment;

/// A name, a TCP and a TLS handshake take a second or two on a bad line; services that are down
/// should be noticed well within one poll interval.
const CONNECT: Duration = Duration::from_secs(15);

/// The APIs answer within seconds; the submit, which starts a job, has been seen to take half a
/// minute. Longer would hold a poll step and the sessions behind it.
const FIRST_BYTE: Duration = Duration::from_secs(60);

/// Runtimes count this from the start of the request, so it has to hold the whole upload: 200 MB at
/// 1 Mbit/s. What notices a dead line is [`STALLED_AFTER`].
const FIRST_BYTE_OF_UPLOAD: Duration = Duration::from_secs(30 * 60);

/// How long the answer may take once the body is out. Above [`CONNECT`] and [`FIRST_BYTE`], so that
/// the runtime's own error comes first; it is for runtimes that know no limits, and for uploads,
/// which the services store before they answer.
pub const ANSWER: Duration = Duration::from_secs(120);

/// What became of a part of the body.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    /// It was taken.
    Open,
    /// The service has answered, or is gone: it wants no more.
    Answered,
}

/// A request under way.
pub struct Call {
    // Dropped in this order: a stream is a child of its body and traps when it outlives it. A body
    // that is dropped without being finished aborts the request.
    stream: Option<OutputStream>,
    body: Option<OutgoingBody>,
    answer: FutureIncomingResponse,
}

/// An answer whose body has not been read.
pub struct Opened {
    /// The status code.
    pub status: u16,
    /// Header names in lower case, with their values.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub reader: Reader,
}

/// A request with a small body, and its answer.
pub fn exchange(request: &Request) -> Result<Response, HttpError> {
    let len = request.body.len() as u64;
    let mut call = Call::begin(request, len, false)?;
    // Who has been answered already doesn't finish the body: the response says why.
    if call.write(&request.body)? == Flow::Open {
        call.finish()?;
    }
    call.response(request.max_response_bytes)
}

/// Reads an answer's body to its end and counts it.
pub fn measure(request: &Request) -> Result<Option<u64>, HttpError> {
    // By reading: it is asked for only where the store declares no length.
    let mut opened = Call::begin(request, 0, false)?.opened()?;
    if opened.status == 200 {
        opened.reader.count_up_to(request.max_response_bytes)
    } else {
        Err(HttpError::Lost(format!(
            "the media store answered {}",
            opened.status
        )))
    }
}

impl Call {
    /// Hands a request over; a body of `body_len` bytes is to follow.
    pub fn begin(request: &Request, body_len: u64, upload: bool) -> Result<Self, HttpError> {
        let (message, has_body) = assemble(request, body_len)?;
        let (body, stream) = if has_body {
            let body = message
                .body()
                .map_err(|()| unusable("the runtime takes no body"))?;
            let stream = body
                .write()
                .map_err(|()| unusable("the runtime takes no body"))?;
            (Some(body), Some(stream))
        } else {
            (None, None)
        };
        let answer =
            outgoing_handler::handle(message, Some(limits(upload))).map_err(http_error::refused)?;
        Ok(Self {
            stream,
            body,
            answer,
        })
    }

    /// Writes a part of the body, in pieces, as fast as the service takes it.
    pub fn write(&mut self, bytes: &[u8]) -> Result<Flow, HttpError> {
        let Some(stream) = &self.stream else {
            return Ok(Flow::Open);
        };
        let mut rest = bytes;
        while !rest.is_empty() {
            let room = match stream.check_write() {
                Ok(room) => usize::try_from(room).unwrap_or(usize::MAX),
                // A closed body is no failure yet: services close it when they have answered, and that tells
                // more.
                Err(_) => return Ok(Flow::Answered),
            };
            let (piece, after) = rest.split_at(rest.len().min(room).min(PIECE));
            if piece.is_empty() {
                if self.wait_with(&stream.subscribe())? == Flow::Answered {
                    return Ok(Flow::Answered);
                }
            } else if stream.write(piece).is_err() {
                return Ok(Flow::Answered);
            }
            rest = after;
        }
        Ok(Flow::Open)
    }

    /// Waits for room in the body, or for the answer.
    fn wait_with(&self, room: &Pollable) -> Result<Flow, HttpError> {
        let answered = self.answer.subscribe();
        if !body::wait(&[room, &answered], STALLED_AFTER) {
            return Err(HttpError::Lost(
                "the service stopped taking the request".to_owned(),
            ));
        }
        Ok(if answered.ready() {
            Flow::Answered
        } else {
            Flow::Open
        })
    }

    /// Says that the body is complete.
    pub fn finish(&mut self) -> Result<(), HttpError> {
        // The stream is a child of the body, which traps when it is finished before its child is dropped.
        self.stream = None;
        match self.body.take() {
            Some(body) => OutgoingBody::finish(body, None).map_err(http_error::meaning),
            None => Ok(()),
        }
    }

    /// Ready when the service has answered.
    pub fn pollable(&self) -> Pollable {
        self.answer.subscribe()
    }

    /// The answer's head, waited for. The request's body must be finished.
    pub fn opened(self) -> Result<Opened, HttpError> {
        self.open(ANSWER)
    }

    /// The whole answer. An unfinished body is given up only after it: ending the request earlier
    /// would take the connection away from under an early answer, such as "too large".
    pub fn response(self, max_bytes: u64) -> Result<Response, HttpError> {
        self.response_within(ANSWER, max_bytes)
    }

    /// The same of an answer that may take longer.
    pub fn response_within(self, limit: Duration, max_bytes: u64) -> Result<Response, HttpError> {
        let mut opened = self.open(limit)?;
        let (body, truncated) = match opened.reader.read_up_to(max_bytes) {
            // Who answers early often resets the connection, and the words with it; the status says
            // enough.
            Err(_) if self.body.is_some() => (Vec::new(), true),
            read => read?,
        };
        Ok(Response {
            status: opened.status,
            headers: opened.headers,
            body,
            truncated,
        })
    }

    /// Waits for the response's head, at most so long.
    ///
    /// # Errors
    /// [`HttpError`]; lost where nothing came.
    fn open(&self, limit: Duration) -> Result<Opened, HttpError> {
        if !body::wait(&[&self.answer.subscribe()], limit) {
            return Err(HttpError::Lost("the service did not answer".to_owned()));
        }
        let answer = match self.answer.get() {
            Some(Ok(Ok(answer))) => answer,
            Some(Ok(Err(code))) => return Err(http_error::meaning(code)),
            Some(Err(())) | None => {
                return Err(HttpError::Lost("the runtime lost the answer".to_owned()));
            }
        };
        let status = answer.status();
        let headers: Vec<_> = answer
            .headers()
            .entries()
            .into_iter()
            .map(|(name, value)| {
                let value = String::from_utf8_lossy(&value).into_owned();
                (name.to_ascii_lowercase(), value)
            })
            .collect();
        // Of the response itself: the runtimes don't all compare it with what arrived.
        let declared = headers
            .iter()
            .find(|(name, _)| name == "content-length")
            .and_then(|(_, value)| value.trim().parse().ok())
            // Those two have no body, whatever length they speak of.
            .filter(|_| !matches!(status, 204 | 304));
        let body = answer
            .consume()
            .map_err(|()| HttpError::Lost("the runtime gave no body".to_owned()))?;
        Ok(Opened {
            status,
            headers,
            reader: Reader::new(body, declared)?,
        })
    }
}

/// The request as `wasi:http` wants it, and whether it has a body.
fn assemble(request: &Request, body_len: u64) -> Result<(OutgoingRequest, bool), HttpError> {
    // The same parser that the core's checks use: nothing can be understood differently here.
    let target = in_path(request)?;
    let target = target.as_deref().unwrap_or(&request.url);
    let url = Url::parse(target).map_err(|_| unusable("the address is not valid"))?;
    // Only where a request is put together: what counts as a result has been decided by the real address.
    let url = media_store::reached_at(url, environment::media_url().as_deref())
        .map_err(|reason| unusable(&reason))?;
    let scheme = match url.scheme() {
        "https" => Scheme::Https,
        "http" => Scheme::Http,
        _ => return Err(unusable("the address is neither https nor http")),
    };
    if !url.username().is_empty() || url.password().is_some() {
        return Err(unusable("the address holds a user name"));
    }
    let (method, has_body) = match request.method {
        Method::Get => (WasiMethod::Get, false),
        Method::Post => (WasiMethod::Post, true),
        Method::Put => (WasiMethod::Put, true),
        Method::Patch => (WasiMethod::Patch, true),
        Method::Delete => (WasiMethod::Delete, false),
    };
    let mut headers: Vec<(String, Vec<u8>)> = request
        .headers
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value.clone().into_bytes()))
        .collect();
    if let Some((name, secret)) = &request.credential
        && *name != CREDENTIAL_SEGMENT
    {
        headers.push(((*name).to_owned(), secret.expose().as_bytes().to_vec()));
    }
    // Declared also where it is empty: without it `wasi:http` sends chunks, which the messenger's edge refuses.
    if has_body {
        headers.push(("content-length".to_owned(), body_len.to_string().into()));
    }
    let fields =
        Fields::from_list(&headers).map_err(|_| unusable("the runtime refuses a header"))?;
    let message = OutgoingRequest::new(fields);
    // Cut out of the parsed address and not put together again: nothing can be escaped twice.
    let authority = &url[Position::BeforeHost..Position::AfterPort];
    message
        .set_method(&method)
        .and_then(|()| message.set_scheme(Some(&scheme)))
        .and_then(|()| message.set_authority(Some(authority)))
        .and_then(|()| {
            let path = &url[Position::BeforePath..Position::AfterQuery];
            message.set_path_with_query(Some(path))
        })
        .map_err(|()| unusable("the runtime refuses the address"))?;
    Ok((message, has_body))
}

/// The address with the credential in its segment, where that is its place. It is as secret as the credential: it goes into
/// the request and nowhere else.
fn in_path(request: &Request) -> Result<Option<String>, HttpError> {
    let Some((CREDENTIAL_SEGMENT, secret)) = &request.credential else {
        return Ok(None);
    };
    let secret = secret.expose();
    // Anything else would end the segment, or be read as an escape.
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b":_-".contains(&byte);
    if !secret.bytes().all(is_plain) {
        return Err(unusable("the token has a character that no token has"));
    }
    Ok(Some(request.url.replacen(CREDENTIAL_SEGMENT, secret, 1)))
}

/// How long the runtime is to wait, as far as it knows such limits.
fn limits(upload: bool) -> RequestOptions {
    let first_byte = if upload {
        FIRST_BYTE_OF_UPLOAD
    } else {
        FIRST_BYTE
    };
    let nanos = |limit: Duration| u64::try_from(limit.as_nanos()).ok();
    let options = RequestOptions::new();
    // A runtime that knows no such limit says so; the waits here have their own.
    let _ = options.set_connect_timeout(nanos(CONNECT));
    let _ = options.set_first_byte_timeout(nanos(first_byte));
    let _ = options.set_between_bytes_timeout(nanos(STALLED_AFTER));
    options
}

/// Something that keeps the request from being made at all.
fn unusable(reason: &str) -> HttpError {
    HttpError::NotSent(reason.to_owned())
}
