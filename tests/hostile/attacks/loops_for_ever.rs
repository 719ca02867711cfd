//! Holds a processor for ever.

use crate::Attempt;

pub fn attack() -> Attempt {
    let mut turns: u64 = 0;
    loop {
        turns = std::hint::black_box(turns.wrapping_add(1));
    }
}
