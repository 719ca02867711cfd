//! Panics, with words that would clear a terminal.

use crate::Attempt;

pub fn attack() -> Attempt {
    panic!("\u{1b}[2J\u{1b}]0;owned\u{7} all is well");
}
