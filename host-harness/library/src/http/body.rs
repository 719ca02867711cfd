//! Bodies on their way through: counted, bounded, timed, never collected. One frame is in memory at a time; a slow
//! reader slows the sender down, in both directions.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use tokio::time::{Instant, Sleep, sleep_until};
use wasmtime_wasi_http::{Error as WasiError, WasiBody};

use super::errors::from_hyper;
use super::refusal::Refusal;
use super::trace::{Exchange, Trace};

/// Refusals kept for the log of one call: the first ones tell the story.
const KEPT_REFUSALS: usize = 16;

/// What one call has sent and received so far, against what it may.
#[derive(Debug)]
pub(crate) struct CallMeter {
    requests: AtomicU32,
    sent: AtomicU64,
    received: AtomicU64,
    max_requests: u32,
    max_bytes: u64,
    refusals: Mutex<Vec<Refusal>>,
    refused: AtomicU32,
    trace: Trace,
}

impl CallMeter {
    pub(crate) fn new(max_requests: u32, max_bytes: u64) -> Self {
        Self {
            requests: AtomicU32::new(0),
            sent: AtomicU64::new(0),
            received: AtomicU64::new(0),
            max_requests,
            max_bytes,
            refusals: Mutex::new(Vec::new()),
            refused: AtomicU32::new(0),
            trace: Trace::default(),
        }
    }

    pub(crate) fn trace(&self) -> &Trace {
        &self.trace
    }

    pub(super) fn begin_request(&self) -> bool {
        self.requests.fetch_add(1, Ordering::Relaxed) < self.max_requests
    }

    pub(super) fn refuse(&self, refusal: Refusal) {
        self.refused.fetch_add(1, Ordering::Relaxed);
        if let Ok(mut kept) = self.refusals.lock()
            && kept.len() < KEPT_REFUSALS
        {
            kept.push(refusal);
        }
    }

    fn count(counter: &AtomicU64, bytes: usize, max: u64) -> bool {
        let bytes = bytes as u64;
        counter
            .fetch_add(bytes, Ordering::Relaxed)
            .saturating_add(bytes)
            <= max
    }

    pub(crate) fn requests(&self) -> u32 {
        self.requests.load(Ordering::Relaxed)
    }

    pub(crate) fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    pub(crate) fn received(&self) -> u64 {
        self.received.load(Ordering::Relaxed)
    }

    /// How many requests were refused, more than [`refusals`](Self::refusals) keeps.
    pub(crate) fn refused(&self) -> u32 {
        self.refused.load(Ordering::Relaxed)
    }

    pub(crate) fn refusals(&self) -> Vec<Refusal> {
        self.refusals
            .lock()
            .map(|kept| kept.clone())
            .unwrap_or_default()
    }
}

/// Where a request stands, for its time-outs: the wait for the answer begins with the last sign of life.
#[derive(Debug)]
pub(super) struct Progress {
    origin: Instant,
    last_ms: AtomicU64,
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
            if !CallMeter::count(&self.meter.sent, data.len(), self.meter.max_bytes) {
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

/// A response body: bounded in the time between two frames and in its size.
pub(super) struct Timed {
    inner: Incoming,
    meter: Arc<CallMeter>,
    exchange: Arc<Exchange>,
    between: Duration,
    sleep: Pin<Box<Sleep>>,
}

impl Timed {
    pub(super) fn new(
        inner: Incoming,
        between: Duration,
        meter: Arc<CallMeter>,
        exchange: Arc<Exchange>,
    ) -> Self {
        Self {
            inner,
            meter,
            exchange,
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
                ready!(this.sleep.as_mut().poll(cx));
                Poll::Ready(Some(Err(WasiError::ConnectionReadTimeout)))
            }
            Poll::Ready(Some(Ok(frame))) => {
                let deadline = Instant::now() + this.between;
                this.sleep.as_mut().reset(deadline);
                let size = frame.data_ref().map_or(0, Bytes::len);
                this.exchange.received(size);
                if CallMeter::count(&this.meter.received, size, this.meter.max_bytes) {
                    Poll::Ready(Some(Ok(frame)))
                } else {
                    Poll::Ready(Some(Err(WasiError::HttpResponseBodySize(Some(
                        this.meter.max_bytes,
                    )))))
                }
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
pub(crate) fn full(bytes: Bytes) -> WasiBody {
    Full::new(bytes)
        .map_err(|never| match never {})
        .boxed_unsync()
}
