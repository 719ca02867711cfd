//! Waits for a year, without using the processor at all.

use wasip2::clocks::monotonic_clock::subscribe_duration;

use crate::{Attempt, got};

pub fn attack() -> Attempt {
    subscribe_duration(365 * 86_400 * 1_000_000_000).block();
    Ok(got("a year's rest"))
}
