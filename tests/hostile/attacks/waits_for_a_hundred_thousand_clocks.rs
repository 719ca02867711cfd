//! Keeps a hundred thousand timers running.

use wasip2::clocks::monotonic_clock::subscribe_duration;

use crate::{Attempt, got};

pub fn attack() -> Attempt {
    let timers: Vec<_> = (0..100_000)
        .map(|n| subscribe_duration(3_600_000_000_000 + n))
        .collect();
    Ok(got(format!("{} timers", timers.len())))
}
