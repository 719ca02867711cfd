//! How values of the component's reply are said to a person: cut, aligned, coloured, as ages.

use jiff::Timestamp;
use serde_json::Value;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::print;

/// How it is shown.
pub(super) struct Style {
    pub(super) colours: bool,
    pub(super) columns: usize,
}

impl Style {
    pub(super) fn paint(&self, text: &str, code: &str) -> String {
        print::paint(text, code, self.colours)
    }
}

/// A text, or nothing.
pub(super) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// A list, or an empty one.
pub(super) fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// A time, if it is one.
pub(super) fn at(text: &str) -> Option<Timestamp> {
    text.parse().ok()
}

/// How long ago, or in how long, in the largest unit that fits.
pub(super) fn distance(from: Option<Timestamp>, to: Option<Timestamp>) -> String {
    let (Some(from), Some(to)) = (from, to) else {
        return String::new();
    };
    let seconds = to
        .as_second()
        .saturating_sub(from.as_second())
        .unsigned_abs();
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7200 => format!("{} min", seconds / 60),
        7200..172_800 => format!("{} h", seconds / 3600),
        _ => format!("{} d", seconds / 86_400),
    }
}

/// The first `columns` columns, on one line, without control characters.
pub(super) fn cut(text: &str, columns: usize) -> String {
    let text: String = text
        .chars()
        .map(|c| if host::is_unseen(c) { ' ' } else { c })
        .collect();
    if text.width() <= columns {
        return text;
    }
    let mut used = 1;
    let fits = |c: &char| {
        used += c.width().unwrap_or(0);
        used <= columns
    };
    text.chars().take_while(fits).chain(['…']).collect()
}

/// Filled with blanks to `columns` columns.
pub(super) fn padded(text: &str, columns: usize) -> String {
    let blanks = columns.saturating_sub(text.width());
    format!("{text}{}", " ".repeat(blanks))
}

/// The colour of a state.
pub(super) fn colour(state: &str) -> &'static str {
    match state {
        "completed" | "delivered" => "32",
        "failed" | "uncertain" => "31",
        "timeout" | "link_only" => "33",
        "awaiting_user" => "36",
        _ => "0",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_characters_take_two_columns() {
        assert_eq!(cut("月球上的猫", 10), "月球上的猫");
        assert_eq!(cut("月球上的猫在跳舞", 10), "月球上的…");
        assert_eq!(padded("月球", 6), "月球  ");
    }

    #[test]
    fn what_fits_is_not_cut_and_controls_are_blanks() {
        assert_eq!(cut("a\u{1b}[31m\nb", 20), "a [31m b");
        assert_eq!(cut("12345", 5), "12345");
        assert_eq!(cut("123456", 5), "1234…");
    }

    #[test]
    fn a_distance_is_in_the_largest_unit_that_fits() {
        let from = at("2026-01-01T00:00:00Z");
        for (to, said) in [
            ("2026-01-01T00:01:59Z", "119 s"),
            ("2026-01-01T00:02:00Z", "2 min"),
            ("2025-12-31T22:00:00Z", "2 h"),
            ("2026-01-04T00:00:00Z", "3 d"),
        ] {
            assert_eq!(distance(from, at(to)), said);
        }
        assert_eq!(distance(from, at("soon")), "");
    }
}
