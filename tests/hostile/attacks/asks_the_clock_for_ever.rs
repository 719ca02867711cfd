//! Waits for nothing, again and again: every call of the host is short, and there is no end of them.

use wasip2::clocks::monotonic_clock::{now, subscribe_duration};

use crate::Attempt;

pub fn attack() -> Attempt {
    loop {
        subscribe_duration(now() % 2).block();
    }
}
