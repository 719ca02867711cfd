//! Leaves in the middle of a step, with the code of success.

use crate::Attempt;

pub fn attack() -> Attempt {
    std::process::exit(0)
}
