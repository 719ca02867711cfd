//! At most five messages a second to one chat, whoever sends them. A file a chat holds the times of
//! the last ones; it only avoids refusals (230020), so it isn't synced, and a damaged one is ignored.

use crate::io::{FsOp, Io, UnixMs, digest};
use crate::json::{self, Stored};
use crate::problem::Problem;
use crate::store;

/// The platform's limit for one chat.
const MAX_MESSAGES: usize = 5;
/// The time it is counted over, with a little more for clocks that differ.
const WINDOW_MS: u64 = 1_100;

/// When a chat last got messages.
pub struct Pace {
    path: String,
    times_ms: Vec<UnixMs>,
}

impl Pace {
    /// Reads a chat's.
    ///
    /// # Errors
    /// When the state folder can't be used.
    pub async fn load(io: &Io, chat_id: &str) -> Result<Self, Problem> {
        let path = format!("pace/{}", digest(&["chat", chat_id], 16));
        let bytes = store::read(io, &path).await?.unwrap_or_default();
        Ok(Self {
            path,
            times_ms: json::parse(&bytes)
                .and_then(|times| Vec::from_json(&times))
                .unwrap_or_default(),
        })
    }

    /// When the next message may go, if not now. A clock that was set back doesn't block.
    pub fn wait_until_ms(&self, now_ms: UnixMs) -> Option<UnixMs> {
        let recent: Vec<UnixMs> = self
            .times_ms
            .iter()
            .copied()
            .filter(|at| *at <= now_ms && now_ms - at < WINDOW_MS)
            .collect();
        (recent.len() >= MAX_MESSAGES).then(|| recent[recent.len() - MAX_MESSAGES] + WINDOW_MS)
    }

    /// Notes a message that is about to go.
    ///
    /// # Errors
    /// When the state folder can't be used.
    pub async fn note(&mut self, io: &Io) -> Result<(), Problem> {
        self.times_ms.push(io.now_ms());
        let skipped = self.times_ms.len().saturating_sub(MAX_MESSAGES);
        let kept = self.times_ms.split_off(skipped);
        self.times_ms = kept;
        let bytes = json::text(&self.times_ms.to_json()).into_bytes();
        store::run(io, FsOp::Write(self.path.clone(), bytes)).await
    }
}
