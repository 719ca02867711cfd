//! Request bodies on their way out, searched for what must not leave: a real secret in any spelling, or a placeholder.
//! A small body is searched whole before anything leaves, so that a refused one was certainly never sent; a large one
//! streams, and what could be the beginning of a secret waits for the piece behind it.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use http::Request;
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use wasmtime_wasi_http::{Error as WasiError, WasiBody};

use super::body::{CallMeter, full};
use super::refusal::{Refusal, RefusalReason};
use crate::secrets::{Finding, Spellings};

/// Up to here a body is held until all of it was searched: a submit of the longest words that a person types, and no
/// more than an upload holds at a time anyway.
const WHOLE_BYTES: usize = 64 << 10;

/// The request with a body that was searched, or is while it leaves.
///
/// # Errors
/// `HTTP-request-denied` for a body that may not leave; its refusal is noted in `meter`.
pub(super) async fn search(
    request: Request<WasiBody>,
    spellings: Arc<Spellings>,
    meter: Arc<CallMeter>,
) -> Result<Request<WasiBody>, WasiError> {
    let (head, inner) = request.into_parts();
    let refusal = |reason| Refusal::new(&head.method, &head.uri, reason);
    let mut rest = Searched {
        inner,
        spellings,
        held: Bytes::new(),
        ended: false,
        secret: refusal(RefusalReason::Secret),
        placeholder: refusal(RefusalReason::MisplacedPlaceholder),
        meter,
    };
    let (mut first, mut len) = (VecDeque::new(), 0);
    // Read as far as this before anything is sent: a refusal in the first pieces then means "certainly
    // never sent".
    while len < WHOLE_BYTES {
        match rest.frame().await {
            Some(frame) => {
                let data = frame?.into_data().unwrap_or_default();
                len += data.len();
                first.push_back(data);
            }
            None => return Ok(Request::from_parts(head, full(joined(first, len)))),
        }
    }
    let body = Replayed { first, rest };
    Ok(Request::from_parts(head, body.boxed_unsync()))
}

fn joined(mut pieces: VecDeque<Bytes>, len: usize) -> Bytes {
    match (pieces.pop_front(), pieces.is_empty()) {
        (None, _) => Bytes::new(),
        // Most bodies are one piece, which needs no copy.
        (Some(only), true) => only,
        (Some(first), false) => {
            let mut all = BytesMut::with_capacity(len);
            all.extend_from_slice(&first);
            pieces.iter().for_each(|piece| all.extend_from_slice(piece));
            all.freeze()
        }
    }
}

/// A body that is searched piece by piece.
struct Searched {
    inner: WasiBody,
    spellings: Arc<Spellings>,
    /// What could be the beginning of something.
    held: Bytes,
    ended: bool,
    /// Made beforehand: the head of the request is gone by the time something is found.
    secret: Refusal,
    placeholder: Refusal,
    meter: Arc<CallMeter>,
}

impl Searched {
    /// What of a piece may leave now. An error ends the body, and the refusal is noted.
    fn take(&mut self, data: Bytes) -> Result<Bytes, WasiError> {
        let piece = if self.held.is_empty() {
            data
        } else {
            Bytes::from([&self.held[..], &data[..]].concat())
        };
        let refusal = match self.spellings.find(&piece) {
            None => {
                let (passed, held) = self.spellings.split(piece);
                self.held = held;
                return Ok(passed);
            }
            Some(Finding::Secret) => &self.secret,
            Some(Finding::Placeholder) => &self.placeholder,
        };
        self.meter.refuse(refusal.clone());
        Err(WasiError::HttpRequestDenied)
    }
}

impl Body for Searched {
    type Data = Bytes;
    type Error = WasiError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, WasiError>>> {
        let this = &mut *self;
        while !this.ended {
            match ready!(Pin::new(&mut this.inner).poll_frame(cx)) {
                Some(Ok(frame)) => {
                    // Trailers are left out: no route of ours has any, and they would be a way around.
                    let Ok(data) = frame.into_data() else {
                        continue;
                    };
                    let passed = this.take(data)?;
                    if !passed.is_empty() {
                        return Poll::Ready(Some(Ok(Frame::data(passed))));
                    }
                }
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => this.ended = true,
            }
        }
        let held = std::mem::take(&mut this.held);
        Poll::Ready((!held.is_empty()).then(|| Ok(Frame::data(held))))
    }

    fn is_end_stream(&self) -> bool {
        self.held.is_empty() && (self.ended || self.inner.is_end_stream())
    }

    fn size_hint(&self) -> SizeHint {
        longer(self.inner.size_hint(), self.held.len())
    }
}

/// A large body: what was read already, then the rest.
struct Replayed {
    first: VecDeque<Bytes>,
    rest: Searched,
}

impl Body for Replayed {
    type Data = Bytes;
    type Error = WasiError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, WasiError>>> {
        match self.first.pop_front() {
            Some(data) => Poll::Ready(Some(Ok(Frame::data(data)))),
            None => Pin::new(&mut self.rest).poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.first.is_empty() && self.rest.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let first = self.first.iter().map(Bytes::len).sum();
        longer(self.rest.size_hint(), first)
    }
}

/// The size of a body of which some bytes are held here.
fn longer(hint: SizeHint, by: usize) -> SizeHint {
    let by = by as u64;
    let mut longer = SizeHint::new();
    if let Some(upper) = hint.upper() {
        longer.set_upper(upper.saturating_add(by));
    }
    longer.set_lower(hint.lower().saturating_add(by));
    longer
}

#[cfg(test)]
#[path = "tests/search.rs"]
mod tests;
