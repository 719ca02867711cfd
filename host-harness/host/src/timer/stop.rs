//! Asking the timer to stop.

use tokio_util::sync::CancellationToken;

/// Stops a running [`serve`](crate::serve). Clones stop the same one; stopping twice is stopping once.
#[derive(Debug, Clone, Default)]
pub struct StopHandle(CancellationToken);

impl StopHandle {
    /// A handle for one `serve`.
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks it to stop: it ends within five seconds. Steps in flight get three of them.
    pub fn stop(&self) {
        self.0.cancel();
    }

    /// Whether it was asked.
    pub fn is_stopped(&self) -> bool {
        self.0.is_cancelled()
    }

    /// Resolves when it is asked.
    pub async fn stopped(&self) {
        self.0.cancelled().await;
    }
}
