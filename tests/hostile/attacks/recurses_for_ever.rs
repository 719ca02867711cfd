//! Calls itself for ever. Without locals in memory: it is the engine's own stack that has to end.

use crate::{Attempt, got};

#[inline(never)]
fn deeper(depth: u64) -> u64 {
    if std::hint::black_box(depth) == u64::MAX {
        return depth;
    }
    deeper(depth + 1).wrapping_add(std::hint::black_box(1))
}

pub fn attack() -> Attempt {
    Ok(got(format!("{} calls deep", deeper(0))))
}
