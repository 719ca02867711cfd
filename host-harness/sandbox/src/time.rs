//! Times as people and programs read them.

use std::time::{SystemTime, UNIX_EPOCH};

/// Milliseconds since 1970 (UTC) by the machine's clock; none before that.
pub fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| {
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    })
}

/// Milliseconds since 1970 as `2026-01-02T03:04:05.678Z`.
pub fn format_time(at_ms: u64) -> String {
    i64::try_from(at_ms)
        .ok()
        .and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok())
        .map_or_else(|| format!("{at_ms}ms"), |time| format!("{time:.3}"))
}

/// The time of day of milliseconds since 1970 on a clock that is so many seconds east of UTC: `09:00`.
pub fn format_clock(at_ms: u64, utc_offset_seconds: i32) -> String {
    const DAY_MINUTES: i64 = 24 * 60;
    let minutes = i64::try_from(at_ms / 60_000).unwrap_or(i64::MAX / 2);
    let local = (minutes + i64::from(utc_offset_seconds / 60)).rem_euclid(DAY_MINUTES);
    format!("{:02}:{:02}", local / 60, local % 60)
}
