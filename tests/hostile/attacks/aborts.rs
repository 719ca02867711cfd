//! Ends itself without a word.

use crate::Attempt;

pub fn attack() -> Attempt {
    std::process::abort()
}
