//! Tells a thousand events in one step: each would be a line of the session's log, on disk.

use crate::{Attempt, done};

pub fn attack() -> Attempt {
    Ok(done(vec!["nothing has happened. ".repeat(40); 1_000]))
}
