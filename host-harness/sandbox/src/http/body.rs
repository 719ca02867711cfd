//! Bodies on their way through: counted, bounded, timed, never collected. One frame is in memory at a time; a slow
//! reader slows the sender down, in both directions.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http::Uri;
use http_body::{Body, Frame, SizeHint};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use tokio::time::{Instant, Sleep, sleep_until};
use tracing::warn;
use wasmtime_wasi_http::{Error as WasiError, WasiBody};

use super::errors::from_hyper;
use super::refusal::{Refusal, RefusalReason};
use super::trace::{Exchange, Trace};
use crate::error::LimitHit;
use crate::limits::Limits;
use crate::stopped::Stopped;

/// Addresses that one call may be named: one a result, with room.
const KEPT_ADDRESSES: usize = 256;
/// Refusals kept for the log of one call: the first ones tell the story.
const KEPT_REFUSALS: usize = 16;

/// What one call has sent and received so far, against what it may.
#[derive(Debug)]
pub struct CallMeter {
    /// Begun so far, refused ones included.
    requests: AtomicU32,
    /// Begun so far that cost money.
    paid: AtomicU32,
    /// Under way now.
    open: AtomicU32,
    /// Bytes of request bodies so far.
    sent: AtomicU64,
    /// Bytes of response bodies so far.
    received: AtomicU64,
    max_requests: u32,
    max_open: u32,
    /// Bytes out, and as many in.
    max_bytes: u64,
    /// Bytes of one response's body.
    max_response_bytes: u64,
    /// The first [`KEPT_REFUSALS`] of them, whole.
    refusals: Mutex<Vec<Refusal>>,
    /// All of them.
    refused: AtomicU32,
    /// All of them, by the reason's name.
    reasons: Mutex<BTreeMap<&'static str, u32>>,
    /// Addresses that responses named in this call.
    addresses: Mutex<Vec<Uri>>,
    trace: Trace,
    words: Words,
    /// Where a limit that is hit is noted.
    pub stopped: Arc<Stopped>,
}

/// A request under way. It counts until it is dropped.
#[derive(Debug)]
pub(super) struct OpenRequest(Arc<CallMeter>);

impl Drop for OpenRequest {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::Relaxed);
    }
}

/// What would grant a refused request, where the harness has words of its own for it.
pub type Words = fn(RefusalReason) -> Option<Cow<'static, str>>;

impl CallMeter {
    /// Nothing is used yet of these limits.
    pub fn new(limits: &Limits) -> Self {
        Self {
            requests: AtomicU32::new(0),
            paid: AtomicU32::new(0),
            open: AtomicU32::new(0),
            sent: AtomicU64::new(0),
            received: AtomicU64::new(0),
            max_requests: limits.requests,
            max_open: limits.open_requests,
            max_bytes: limits.transfer_bytes,
            max_response_bytes: limits.response_bytes,
            refusals: Mutex::new(Vec::new()),
            refused: AtomicU32::new(0),
            reasons: Mutex::default(),
            addresses: Mutex::default(),
            trace: Trace::default(),
            words: |_| None,
            stopped: Arc::default(),
        }
    }

    /// Refusals say what would grant them in these words, where there are some.
    #[must_use]
    pub fn with_words(mut self, words: Words) -> Self {
        self.words = words;
        self
    }

    /// What was asked of whom.
    pub fn trace(&self) -> &Trace {
        &self.trace
    }

    /// Counts a request; `None` when it is one too many, and the call is stopped.
    pub(super) fn begin_request(self: &Arc<Self>) -> Option<OpenRequest> {
        // Made before anything is judged: dropped on a way out below, it takes its count back.
        let open = OpenRequest(Arc::clone(self));
        let under_way = self.open.fetch_add(1, Ordering::Relaxed) + 1;
        if self.requests.fetch_add(1, Ordering::Relaxed) >= self.max_requests {
            self.stopped.at(LimitHit::Requests(self.max_requests));
            return None;
        }
        if under_way > self.max_open {
            self.stopped.at(LimitHit::OpenRequests(self.max_open));
            return None;
        }
        Some(open)
    }

    /// Counts a request that costs money; false when it is one too many.
    pub(super) fn begin_paid(&self, max: u32) -> bool {
        self.paid.fetch_add(1, Ordering::Relaxed) < max
    }

    /// Notes an address that a response named: it may be asked in this call.
    pub(super) fn note_address(&self, address: &str) {
        if let Ok(mut known) = self.addresses.lock()
            && known.len() < KEPT_ADDRESSES
            && let Ok(address) = address.parse()
        {
            known.push(address);
        }
    }

    /// Whether a response in this call named this very address.
    pub(super) fn is_named(&self, uri: &Uri) -> bool {
        let known = self.addresses.lock();
        known.is_ok_and(|known| known.contains(uri))
    }

    /// Notes a request that was not let out; returns the refusal as people read it.
    pub(super) fn refuse(&self, mut refusal: Refusal) -> Refusal {
        if let Some(granted_by) = (self.words)(refusal.reason) {
            refusal.granted_by = granted_by;
        }
        // An address that was named is a permission by itself: who reads a log gets none.
        if let Ok(known) = self.addresses.lock()
            && known.iter().any(|known| refusal.is_of(known))
        {
            refusal.path = "/…".into();
        }
        // Without its path, which may be an address that is a permission, or hold what somebody made up.
        warn!(
            parent: &self.trace.span(),
            reason = refusal.reason.name(),
            method = &*refusal.method,
            origin = &*refusal.origin,
            "request refused"
        );
        self.refused.fetch_add(1, Ordering::Relaxed);
        if let Ok(mut reasons) = self.reasons.lock() {
            *reasons.entry(refusal.reason.name()).or_default() += 1;
        }
        if let Ok(mut kept) = self.refusals.lock()
            && kept.len() < KEPT_REFUSALS
        {
            kept.push(refusal.clone());
        }
        refusal
    }

    /// Counts bytes of a request; false when they are too many, and the call is stopped.
    fn send(&self, bytes: usize) -> bool {
        let within = add(&self.sent, bytes) <= self.max_bytes;
        if !within {
            self.stopped.at(LimitHit::Sent(self.max_bytes));
        }
        within
    }

    /// Counts bytes of a response that has brought `so_far` before; false when they are too many, and the call is stopped.
    fn receive(&self, bytes: usize, so_far: u64) -> bool {
        if add(&self.received, bytes) > self.max_bytes {
            self.stopped.at(LimitHit::Received(self.max_bytes));
            false
        } else if so_far.saturating_add(bytes as u64) > self.max_response_bytes {
            self.stopped.at(LimitHit::Response(self.max_response_bytes));
            false
        } else {
            true
        }
    }

    /// How many requests there were, refused ones included.
    pub fn requests(&self) -> u32 {
        self.requests.load(Ordering::Relaxed)
    }

    /// Bytes of request bodies so far.
    pub fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    /// Bytes of response bodies so far.
    pub fn received(&self) -> u64 {
        self.received.load(Ordering::Relaxed)
    }

    /// How many requests were refused, more than [`refusals`](Self::refusals) keeps.
    pub fn refused(&self) -> u32 {
        self.refused.load(Ordering::Relaxed)
    }

    /// How many requests were refused for which reason.
    pub fn reasons(&self) -> BTreeMap<&'static str, u32> {
        self.reasons
            .lock()
            .map(|reasons| reasons.clone())
            .unwrap_or_default()
    }

    /// The first refusals.
    pub fn refusals(&self) -> Vec<Refusal> {
        self.refusals
            .lock()
            .map(|kept| kept.clone())
            .unwrap_or_default()
    }
}

fn add(counter: &AtomicU64, bytes: usize) -> u64 {
    let bytes = bytes as u64;
    counter
        .fetch_add(bytes, Ordering::Relaxed)
        .saturating_add(bytes)
}

/// Where a request stands, for its time-outs: the wait for the answer begins with the last sign of life.
#[derive(Debug)]
pub(super) struct Progress {
    origin: Instant,
    /// When something last moved, in milliseconds since `origin`.
    last_ms: AtomicU64,
    /// A connection is being made, which has a time-out of its own.
    connecting: AtomicBool,
}

impl Progress {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self {
            origin: Instant::now(),
            last_ms: AtomicU64::new(0),
            connecting: AtomicBool::new(false),
        })
    }

    /// Notes a sign of life: from now on the wait for the answer begins anew.
    pub(super) fn touch(&self) {
        let elapsed = u64::try_from(self.origin.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.last_ms.store(elapsed, Ordering::Relaxed);
    }

    /// While a connection is being made its own time-out counts, not the one for the answer.
    pub(super) fn set_connecting(&self, connecting: bool) {
        self.connecting.store(connecting, Ordering::Relaxed);
        self.touch();
    }

    /// Resolves when nothing has moved for `quiet`.
    pub(super) async fn stalled(&self, quiet: Duration) {
        loop {
            let last = if self.connecting.load(Ordering::Relaxed) {
                Instant::now()
            } else {
                self.origin + Duration::from_millis(self.last_ms.load(Ordering::Relaxed))
            };
            let deadline = last + quiet;
            if deadline <= Instant::now() {
                return;
            }
            sleep_until(deadline).await;
        }
    }
}

/// A request body: reports progress and stops at the call's budget.
pub(super) struct Outgoing {
    pub(super) inner: WasiBody,
    pub(super) meter: Arc<CallMeter>,
    pub(super) progress: Arc<Progress>,
    pub(super) exchange: Arc<Exchange>,
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = WasiError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, WasiError>>> {
        let frame = ready!(Pin::new(&mut self.inner).poll_frame(cx));
        self.progress.touch();
        if let Some(Ok(frame)) = &frame
            && let Some(data) = frame.data_ref()
        {
            self.exchange.sent(data.len());
            if !self.meter.send(data.len()) {
                return Poll::Ready(Some(Err(WasiError::HttpRequestBodySize(Some(
                    self.meter.max_bytes,
                )))));
            }
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// A response body: bounded in the time between two frames and in its size. Its request is under way for as long as
/// it is there.
pub(super) struct Timed {
    inner: Incoming,
    meter: Arc<CallMeter>,
    exchange: Arc<Exchange>,
    /// Dropped with the body: until then its connection is in use, so the request counts as under way.
    _open: Arc<OpenRequest>,
    /// Bytes that this response has brought so far.
    bytes: u64,
    /// The longest wait for the next piece.
    between: Duration,
    /// Runs out when nothing came for so long; set anew by each piece.
    sleep: Pin<Box<Sleep>>,
}

impl Timed {
    pub(super) fn new(
        inner: Incoming,
        between: Duration,
        meter: Arc<CallMeter>,
        open: Arc<OpenRequest>,
        exchange: Arc<Exchange>,
    ) -> Self {
        Self {
            inner,
            meter,
            exchange,
            _open: open,
            bytes: 0,
            between,
            sleep: Box::pin(tokio::time::sleep(between)),
        }
    }
}

impl Body for Timed {
    type Data = Bytes;
    type Error = WasiError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, WasiError>>> {
        let this = &mut *self;
        match Pin::new(&mut this.inner).poll_frame(cx) {
            Poll::Pending => {
                // Polled only while nothing comes: a guest that is slow to read lets the time of the server
                // not run out.
                ready!(this.sleep.as_mut().poll(cx));
                Poll::Ready(Some(Err(WasiError::ConnectionReadTimeout)))
            }
            Poll::Ready(Some(Ok(frame))) => {
                let deadline = Instant::now() + this.between;
                this.sleep.as_mut().reset(deadline);
                let size = frame.data_ref().map_or(0, Bytes::len);
                this.exchange.received(size);
                if !this.meter.receive(size, this.bytes) {
                    return Poll::Ready(Some(Err(WasiError::HttpResponseBodySize(Some(
                        this.meter.max_response_bytes,
                    )))));
                }
                this.bytes += size as u64;
                Poll::Ready(Some(Ok(frame)))
            }
            Poll::Ready(Some(Err(error))) => Poll::Ready(Some(Err(from_hyper(&error)))),
            Poll::Ready(None) => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// A small body that is all there.
pub fn full(bytes: Bytes) -> WasiBody {
    Full::new(bytes)
        .map_err(|never| match never {})
        .boxed_unsync()
}
