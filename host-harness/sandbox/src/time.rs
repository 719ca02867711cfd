//! Times as people and programs read them.

/// Milliseconds since 1970 as `2026-01-02T03:04:05.678Z`.
pub fn format_time(at_ms: u64) -> String {
    i64::try_from(at_ms)
        .ok()
        .and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok())
        .map_or_else(|| format!("{at_ms}ms"), |time| format!("{time:.3}"))
}
