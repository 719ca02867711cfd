//! Times as text.

/// RFC 3339.
#[must_use]
pub fn format_rfc3339(_unix_ms: u64) -> String {
    String::new()
}

/// Reads a time.
#[must_use]
pub fn parse(_text: &str, _local_offset_seconds: i32) -> Option<u64> {
    None
}
