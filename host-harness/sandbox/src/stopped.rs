//! At which limit a call was stopped. Whoever counts something (memory, requests, bytes, output) says here that it was
//! too much; the call itself waits for that, so it ends whatever the guest makes of the refusal.

use std::sync::Mutex;

use tokio::sync::Notify;

use crate::error::LimitHit;

/// The first limit that was hit; later ones are its consequences.
#[derive(Debug, Default)]
pub struct Stopped {
    /// Kept for good: a call has one end.
    first: Mutex<Option<LimitHit>>,
    /// Keeps one wake-up, so that a limit which is hit before anybody waits isn't missed.
    told: Notify,
}

impl Stopped {
    /// Notes that `limit` was hit.
    pub fn at(&self, limit: LimitHit) {
        // Noted before the waiter is woken: it looks here for the reason.
        if let Ok(mut first) = self.first.lock() {
            first.get_or_insert(limit);
        }
        self.told.notify_one();
    }

    /// The limit, if one was hit.
    pub fn limit(&self) -> Option<LimitHit> {
        self.first.lock().ok().and_then(|first| *first)
    }

    /// Resolves when a limit is hit. For one waiter.
    pub async fn hit(&self) -> LimitHit {
        loop {
            if let Some(limit) = self.limit() {
                return limit;
            }
            self.told.notified().await;
        }
    }
}
