//! The timer's clock, so that a test or a simulation can bring its own.

use std::pin::Pin;
use std::time::Duration;

use sandbox::time::now_ms;

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
        now_ms()
    }

    fn sleep(&self, duration_ms: u64) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        // Tokio's timer goes by the monotonic clock, which may stand still while a machine sleeps: the loop
        // never waits for long at once.
        Box::pin(tokio::time::sleep(Duration::from_millis(duration_ms)))
    }
}
