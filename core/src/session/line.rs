//! The line in a chat that tells how far a turn is, as it is kept. Nothing depends on it: what is lost of it is a line.

use crate::io::UnixMs;
use crate::json::stored;

/// One turn's. Its record is made before the line is posted, and by one process alone: there is never a second one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Its message; none where nobody knows whether it was posted, and then nothing more becomes of it.
    pub message_id: Option<String>,
    /// When it was last posted or changed, or that was begun.
    pub changed_at_ms: UnixMs,
    /// Changes in a row that failed.
    pub failures: u32,
    /// Whether it stays as it is.
    pub is_over: bool,
}

stored!(Line {
    message_id,
    changed_at_ms,
    failures,
    is_over,
});

impl Line {
    /// One that is about to be posted.
    #[must_use]
    pub const fn begun(now_ms: UnixMs) -> Self {
        Self {
            message_id: None,
            changed_at_ms: now_ms,
            failures: 0,
            is_over: false,
        }
    }
}
