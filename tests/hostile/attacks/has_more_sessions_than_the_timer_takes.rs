//! Has a session in far future behind each of very many entries; the timer would keep them all.

use crate::{Attempt, DueSession, got};

pub fn listing(entries: Vec<String>) -> Vec<DueSession> {
    let due = |entry: String| DueSession {
        at_ms: if entry == "good" { 0 } else { u64::MAX },
        session_id: entry,
    };
    entries.into_iter().map(due).collect()
}

pub fn attack() -> Attempt {
    Ok(got("nothing: its attack is the listing"))
}
