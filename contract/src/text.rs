//! Characters of foreign text that are obeyed or hide something, where people and terminals should only see.

/// Whether `c` is not seen but acts: control characters (C0 and C1: what terminals obey), line and paragraph separators, what
/// turns the direction of writing (so that a name or an address reads as another one), and tags (text that no one sees and a
/// model reads).
#[must_use]
pub const fn is_unseen(c: char) -> bool {
    matches!(
        c,
        '\0'..='\u{1f}'
            | '\u{7f}'..='\u{9f}'
            | '\u{61c}'
            | '\u{200e}'
            | '\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}'
            | '\u{e0000}'..='\u{e007f}'
    )
}
