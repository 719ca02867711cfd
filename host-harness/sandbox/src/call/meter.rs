//! How long a guest has been on the processor. Waiting for the network costs nothing: only the time inside `poll` of
//! the call's future counts.

use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

/// What the stretches that ended took, and since when the current one runs.
#[derive(Default)]
pub(super) struct CpuMeter(Mutex<(Duration, Option<Instant>)>);

impl CpuMeter {
    /// So far, the running stretch included.
    pub(super) fn total(&self) -> Duration {
        self.0
            .lock()
            // The limit is checked from inside `poll`, by the epoch's callback. A guest in an endless loop
            // never leaves `poll`, so without the running stretch it would use no time at all.
            .map(|meter| meter.0 + meter.1.map_or(Duration::ZERO, |since| since.elapsed()))
            .unwrap_or_default()
    }

    fn enter(&self) {
        if let Ok(mut meter) = self.0.lock() {
            meter.1 = Some(Instant::now());
        }
    }

    fn leave(&self) {
        if let Ok(mut meter) = self.0.lock()
            && let Some(since) = meter.1.take()
        {
            meter.0 += since.elapsed();
        }
    }
}

/// A future whose time on the processor is measured.
pub(super) struct Metered<F> {
    work: F,
    meter: Arc<CpuMeter>,
}

impl<F: Future + Unpin> Metered<F> {
    pub(super) fn new(work: F, meter: Arc<CpuMeter>) -> Self {
        Self { work, meter }
    }
}

impl<F: Future + Unpin> Future for Metered<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        self.meter.enter();
        let result = Pin::new(&mut self.work).poll(cx);
        self.meter.leave();
        result
    }
}
