//! Asks for a gigabyte of randomness at once, in the host's memory.

use crate::{Attempt, got};

pub fn attack() -> Attempt {
    let bytes = wasip2::random::random::get_random_bytes(1 << 30);
    Ok(got(format!("{} bytes", bytes.len())))
}
