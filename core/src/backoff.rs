//! Pauses.

/// How long to pause.
#[must_use]
pub fn pause_ms(_attempt: u32, base_ms: u64, _max_ms: u64, _jitter: u64) -> u64 {
    base_ms
}

/// How long the server asked to wait.
#[must_use]
pub fn retry_after_ms(_header: &str, _now_ms: u64) -> Option<u64> {
    None
}
