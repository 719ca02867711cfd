//! Claims that a million sessions want to be polled at once.

use crate::{Attempt, DueSession, got};

pub fn listing() -> Vec<DueSession> {
    (0..1_000_000)
        .map(|at_ms| DueSession {
            session_id: String::new(),
            at_ms,
        })
        .collect()
}

pub fn attack() -> Attempt {
    Ok(got("nothing: its attack is the listing"))
}
