//! Wants its next step at once, each time.

use crate::{Attempt, Step, done};

pub fn attack() -> Attempt {
    Ok(Step {
        next_poll_at_ms: Some(0),
        ..done(Vec::new())
    })
}
