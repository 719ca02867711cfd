//! Fails with what a terminal obeys, at the length of a book.

use crate::Attempt;

pub fn attack() -> Attempt {
    Err(format!("\u{1b}[2J\u{1b}]0;owned\u{7}\n{}", "x".repeat(1 << 20)))
}
