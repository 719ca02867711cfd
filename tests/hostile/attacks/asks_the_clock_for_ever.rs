//! Waits for what is over, again and again: every call of the host is short, and there is no end of them. A wait that
//! isn't over would be a sleep, which is another attack's.

use wasip2::clocks::monotonic_clock::subscribe_duration;

use crate::Attempt;

pub fn attack() -> Attempt {
    loop {
        subscribe_duration(0).block();
    }
}
