//! Leaves with a code that means something to whoever started the program.

use crate::Attempt;

pub fn attack() -> Attempt {
    wasip2::cli::exit::exit_with_code(77);
    unreachable!()
}
