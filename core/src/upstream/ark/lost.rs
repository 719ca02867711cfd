//! A submit whose answer was lost, looked up in the list of tasks. The service takes no name for a request and doesn't echo
//! the words; what it tells of a task again is for how long that may take. Each submit gets a life of its own there, so that
//! its task is known by it.

use serde_json::Value;

use super::super::{Error, Lost, Sighting, Submitted, Upstream};
use super::{calls, task};
use crate::io::{Io, digest};

/// A task that waits longer is given up by the service: two days, so that a queue at a holiday is outlasted.
pub const SHORTEST_LIFE_S: u64 = 48 * 60 * 60;
/// The longest that the service takes is three days: a day of seconds tells submits apart.
const LIVES: u64 = 24 * 60 * 60;

/// So many tasks are asked for, which is the most that one request gives.
const LISTED: u32 = 500;
/// A task counts as made when its request was begun so long before or after, by two clocks that may differ.
const AROUND_MS: u64 = 30 * 60 * 1000;
/// A task may show up in the list late: only after so long its absence is a proof.
const LISTED_AFTER_MS: u64 = 10 * 60 * 1000;

/// What tells a submit's task again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trace<'a> {
    /// Its life, in seconds.
    pub expires_s: u64,
    /// Its model.
    pub model: &'a str,
}

/// What is stored of a submit before it leaves: its life and its model. Lives differ as nonces do, and none is the service's
/// own default.
#[must_use]
pub fn trace(nonce: &str, model: &str) -> String {
    let drawn = digest(&["life", nonce], 8);
    let drawn = u64::from_str_radix(&drawn, 16).unwrap_or_default();
    format!("{}/{model}", SHORTEST_LIFE_S + 1 + drawn % LIVES)
}

impl<'a> Trace<'a> {
    /// Reads what [`trace`] wrote.
    #[must_use]
    pub fn read(text: &'a str) -> Option<Self> {
        let (expires_s, model) = text.split_once('/')?;
        Some(Self {
            expires_s: expires_s.parse().ok()?,
            model,
        })
    }

    /// Whether a task may be the submit's. One that says nothing of its life may be.
    fn fits(&self, task: &Value) -> bool {
        let life = task.get("execution_expires_after").and_then(Value::as_u64);
        let model = task.get("model").and_then(Value::as_str);
        life.is_none_or(|life| life == self.expires_s)
            && model.is_none_or(|model| model == self.model)
    }
}

/// The tasks that may have come of a submit.
///
/// # Errors
/// [`Error`]: asking again may give something else.
pub fn look_for(
    io: &Io,
    upstream: &Upstream<'_>,
    lost: &Lost<'_>,
    trace: Trace<'_>,
) -> Result<Sighting, Error> {
    let listed = calls::list(io, upstream, LISTED)?;
    let made_ms = |task: &Value| task::seconds(task, "created_at").map(|s| s.saturating_mul(1000));
    let is_near = |at_ms: u64| at_ms.abs_diff(lost.started_at_ms) <= AROUND_MS;
    // One without a time can't be shown to be of another one.
    let of_its_time = |task: &&Value| made_ms(task).is_none_or(is_near);
    let fitting = listed
        .items
        .iter()
        .filter(of_its_time)
        .filter(|task| trace.fits(task));
    let candidates = fitting
        .filter_map(task::id)
        .map(|id| Submitted::job(id.to_owned(), String::new()));
    let whole = listed
        .total
        .is_some_and(|total| total <= listed.items.len() as u64);
    // The newest stand in front, as far as is known: one that is older than the submit shows that all of its time are here.
    let reaches_back = || {
        let times: Vec<u64> = listed.items.iter().filter_map(made_ms).collect();
        let is_sorted = times.len() == listed.items.len() && times.is_sorted_by(|a, b| a >= b);
        let before_ms = lost.started_at_ms.saturating_sub(AROUND_MS);
        is_sorted && times.last().is_some_and(|oldest| *oldest < before_ms)
    };
    let is_old = io.now_ms().abs_diff(lost.started_at_ms) >= LISTED_AFTER_MS;
    Ok(Sighting {
        candidates: candidates.collect(),
        is_complete: is_old && (whole || reaches_back()),
        may_come: !is_old,
    })
}

#[cfg(test)]
#[path = "lost_tests.rs"]
mod tests;
