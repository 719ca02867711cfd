//! At most so many messages in a time to one chat as its channel takes, whoever sends them. A file a chat holds the times of
//! the last ones; it only avoids refusals, so it isn't synced, and a damaged one is ignored.

use crate::channel::traits;
use crate::io::{FsOp, Io, UnixMs, digest};
use crate::json::{self, Stored, Written};
use crate::problem::Problem;
use crate::store;

/// One line of a chat is posted or changed in so many milliseconds.
const LINES_MS: u64 = 5_000;

/// When a chat last got messages.
pub struct Pace {
    path: String,
    times_ms: Vec<UnixMs>,
    limit: traits::Pace,
}

impl Pace {
    /// Reads a chat's.
    ///
    /// # Errors
    /// When the state folder can't be used.
    pub fn load(io: &Io, chat: &str, limit: traits::Pace) -> Result<Self, Problem> {
        Self::of("chat", io, chat, limit)
    }

    /// Reads that of a chat's lines that tell how far jobs are. They have their own, and a small one: all sessions of a chat
    /// together leave the rest of what the platform takes to results.
    ///
    /// # Errors
    /// When the state folder can't be used.
    pub fn of_lines(io: &Io, chat: &str) -> Result<Self, Problem> {
        let limit = traits::Pace {
            messages: 1,
            window_ms: LINES_MS,
        };
        Self::of("lines", io, chat, limit)
    }

    fn of(what: &str, io: &Io, chat: &str, limit: traits::Pace) -> Result<Self, Problem> {
        // A digest, since a chat's id may hold anything; and of the chat alone, so that all sessions that write
        // there share one file.
        let path = format!("pace/{}", digest(&[what, chat], 16));
        let bytes = store::read(io, &path)?.unwrap_or_default();
        Ok(Self {
            limit,
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
            // Times in the future are passed over: they were written before the clock was set back.
            .filter(|at| *at <= now_ms && now_ms - at < self.limit.window_ms)
            .collect();
        let oldest = recent.len().checked_sub(self.limit.messages)?;
        Some(recent.get(oldest)? + self.limit.window_ms)
    }

    /// Notes a message that is about to go.
    ///
    /// # Errors
    /// When the state folder can't be used.
    pub fn note(&mut self, io: &Io) -> Result<(), Problem> {
        // Before the message leaves: one whose response is lost has counted on the platform's side too.
        self.times_ms.push(io.now_ms());
        let skipped = self.times_ms.len().saturating_sub(self.limit.messages);
        let kept = self.times_ms.split_off(skipped);
        self.times_ms = kept;
        let bytes = json::text(&self.times_ms.to_json()).into_bytes();
        store::run(io, FsOp::Write(self.path.clone(), bytes))
    }
}
