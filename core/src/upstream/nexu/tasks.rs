//! The gateway's list of a key's tasks. A task's id is its session's.

use contract::ids::is_service_id;
use serde_json::Value;

use super::super::session_api::{self, answered};
use super::super::{Error, Listed, Listing, Lost, Stage, Upstream};
use super::DIALECT;
use crate::io::Io;
use crate::time;

/// A task counts as a submit's when it was made so long before its request was begun, by another clock,
const TASK_BEFORE_MS: u64 = 60 * 1000;
/// and so long after.
const TASK_AFTER_MS: u64 = 4 * 60 * 1000;
/// Tasks of that time whose messages are looked at.
// Each is one request more; a key that made more in five minutes leaves the case to a person.
const MAX_TASKS: usize = 8;

/// Asks for the tasks.
///
/// # Errors
/// [`Error`].
pub fn list(io: &Io, upstream: &Upstream<'_>) -> Result<Listing, Error> {
    let reply = session_api::get(&DIALECT, io, upstream, "api/v1/tasks")?;
    let shown = reply.get("tasks").and_then(Value::as_array).cloned();
    let shown = shown.unwrap_or_default();
    let jobs = shown.iter().map(listed).collect();
    Ok(Listing { shown, jobs })
}

/// Reads one task; what it doesn't say, or says emptily, is `None`.
fn listed(task: &Value) -> Listed {
    let text = |name: &str| {
        let text = task.get(name).and_then(Value::as_str);
        text.filter(|text| !text.is_empty()).map(str::to_owned)
    };
    let status = text("status");
    Listed {
        id: text("id"),
        // Tasks from before there were several backends name none.
        backend: text("backend").or_else(|| Some("libtv".to_owned())),
        stage: match status.as_deref() {
            Some("pending") => Stage::Waiting,
            Some("composing" | "composed" | "rendering" | "rendered" | "storing") => Stage::Working,
            Some("completed") => Stage::Done,
            Some("failed") => Stage::Failed,
            Some(_) | None => Stage::Unknown,
        },
        status,
        created_at: text("created_at"),
        completed_at: text("completed_at"),
        url: text("video_url"),
        error: text("error_message"),
    }
}

/// The ids of the tasks that were made when a submit was sent whose answer was lost.
///
/// # Errors
/// [`Error`]: asking again may give something else.
pub fn of_its_time(
    io: &Io,
    upstream: &Upstream<'_>,
    lost: &Lost<'_>,
) -> Result<Vec<String>, Error> {
    let from_ms = lost.started_at_ms.saturating_sub(TASK_BEFORE_MS);
    let to_ms = lost.started_at_ms.saturating_add(TASK_AFTER_MS);
    // One without a time can't be shown to be of that time.
    let made = |job: &Listed| time::parse(job.created_at.as_deref()?, 0);
    let listing = answered(list(io, upstream))?.unwrap_or_default();
    let jobs = listing.jobs.into_iter();
    Ok(jobs
        .filter(|job| made(job).is_some_and(|at_ms| (from_ms..=to_ms).contains(&at_ms)))
        .filter_map(|job| job.id.filter(|id| is_service_id(id)))
        .take(MAX_TASKS)
        .collect())
}
