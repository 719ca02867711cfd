//! Says of an entry that a session with an endless id stands behind it; the timer would keep each.

use crate::{Attempt, DueSession, got};

const ID_BYTES: usize = 80_000;

pub fn listing(entries: Vec<String>) -> Vec<DueSession> {
    let due = |entry: String| DueSession {
        session_id: match entry.as_str() {
            "good" => entry,
            _ => entry.repeat(ID_BYTES / entry.len().max(1)),
        },
        at_ms: 0,
    };
    entries.into_iter().map(due).collect()
}

pub fn attack() -> Attempt {
    Ok(got("nothing: its attack is the listing"))
}
