//! The timer's clock, so that a test or a simulation can bring its own.

use std::pin::Pin;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// What time it is, and how to wait.
pub trait Clock: Send + Sync {
    /// Milliseconds since 1970 (UTC).
    fn now_ms(&self) -> u64;

    /// Resolves after so many milliseconds.
    fn sleep(&self, duration_ms: u64) -> Pin<Box<dyn Future<Output = ()> + Send>>;
}

/// The machine's clock and tokio's timer.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now_ms(&self) -> u64 {
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |since| {
                u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
            })
    }

    fn sleep(&self, duration_ms: u64) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        // Tokio's timer goes by the monotonic clock, which may stand still while a machine sleeps: the loop
        // never waits for long at once.
        Box::pin(tokio::time::sleep(Duration::from_millis(duration_ms)))
    }
}
