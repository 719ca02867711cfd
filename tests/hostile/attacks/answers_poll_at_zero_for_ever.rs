//! Wants its next step at once, each time.

use crate::{Attempt, Step, step};

pub fn attack() -> Attempt {
    Ok(Step {
        next_poll_at_ms: Some(0),
        ..step("hostile", Vec::new())
    })
}
