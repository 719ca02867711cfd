//! How what is known of a session is said to a person: cut, aligned, coloured, as ages.

use host::Session;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::print;

/// How it is shown.
pub(super) struct Style {
    /// Whether colours are wanted.
    pub(super) colours: bool,
    /// How wide it may be.
    pub(super) columns: usize,
}

impl Style {
    /// In a colour, where colours are wanted.
    pub(super) fn paint(&self, text: &str, code: &str) -> String {
        print::paint(text, code, self.colours)
    }
}

/// Where its results go.
pub(super) fn chat(session: &Session) -> String {
    [&session.channel, &session.chat_id]
        .map(|text| text.as_deref().unwrap_or_default())
        .join(" ")
}

/// When it wants its next poll; nothing when everything has ended.
pub(super) fn next_poll(session: &Session, now_ms: u64) -> String {
    match session.next_poll_at_ms {
        // In whole seconds, as it is written elsewhere.
        Some(next_ms) if next_ms / 1000 > now_ms / 1000 => {
            format!("in {}", distance(now_ms, next_ms))
        }
        Some(_) => "due".to_owned(),
        None => String::new(),
    }
}

/// How long ago, or in how long, in the largest unit that fits.
pub(super) fn distance(from_ms: u64, to_ms: u64) -> String {
    let seconds = (to_ms / 1000).abs_diff(from_ms / 1000);
    match seconds {
        // Up to two of the larger unit the smaller one says more.
        0..120 => format!("{seconds} s"),
        120..7200 => format!("{} min", seconds / 60),
        7200..172_800 => format!("{} h", seconds / 3600),
        _ => format!("{} d", seconds / 86_400),
    }
}

/// The first `columns` columns, on one line, without control characters.
pub(super) fn cut(text: &str, columns: usize) -> String {
    let text = host::one_line(text, usize::MAX);
    if text.width() <= columns {
        return text;
    }
    // One column is the ellipsis's.
    let mut used = 1;
    let fits = |c: &char| {
        // Wide letters take two columns, and a line that is too long would break the table.
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
        const FROM_S: u64 = 1_767_225_600;
        for (to_s, said) in [
            (FROM_S + 119, "119 s"),
            (FROM_S + 120, "2 min"),
            (FROM_S - 7_200, "2 h"),
            (FROM_S + 259_200, "3 d"),
        ] {
            assert_eq!(distance(FROM_S * 1000 + 999, to_s * 1000), said);
        }
    }
}
