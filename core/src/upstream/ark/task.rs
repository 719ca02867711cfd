//! A task as the service tells it, and what it comes to.

use contract::ids::is_service_id;
use serde_json::Value;

use super::super::{
    Baseline, CANCELLED, Error, Job, Listed, Meaning, Observation, Stage, Stopped, Upstream, View,
};
use super::{calls, errors};
use crate::io::{Io, Method};
use crate::time::format_rfc3339;
use crate::upstream::results::ResultUrl;

/// A link longer than this is none.
const MAX_LINK_BYTES: usize = 2048;

/// What a task has come to.
enum Stands<'a> {
    /// It waits for its turn.
    Queued,
    /// It is being made, or says something that isn't known.
    Running,
    /// The link of its clip; none where it has none.
    Succeeded(Option<&'a str>),
    /// Somebody cancelled it.
    Cancelled,
    /// Why there is nothing.
    Ended(String),
}

/// The id of a task.
#[must_use]
pub fn id(task: &Value) -> Option<&str> {
    let id = task.get("id").and_then(Value::as_str);
    id.filter(|id| is_service_id(id))
}

/// A time of a task, in Unix seconds.
#[must_use]
pub fn seconds(task: &Value, name: &str) -> Option<u64> {
    task.get(name).and_then(Value::as_u64)
}

fn stands(task: &Value) -> Stands<'_> {
    let title = "The service";
    match task.get("status").and_then(Value::as_str) {
        Some("queued") => Stands::Queued,
        Some("succeeded") => {
            let content = task.get("content");
            let url = content.and_then(|content| content.get("video_url"));
            Stands::Succeeded(url.and_then(Value::as_str))
        }
        Some("failed") => {
            let given = task.get("error").and_then(errors::Given::read);
            let words = given.map(|given| given.sentence(title));
            Stands::Ended(words.unwrap_or_else(|| {
                "The service failed at it and doesn't say why. It isn't charged".to_owned()
            }))
        }
        Some("cancelled") => Stands::Cancelled,
        Some("expired") => Stands::Ended(
            "The service didn't come to it within two days and gave it up. It isn't charged: ask for it again".to_owned(),
        ),
        // A word that isn't known says nothing of its end.
        Some(_) | None => Stands::Running,
    }
}

/// What there is to see of a job.
#[must_use]
pub fn view(shown: Value, job: &Job<'_>) -> View {
    let seen = observation(&shown, job.session_id);
    View {
        results: seen.results.clone(),
        // There is one turn: nothing is continued.
        turns: job.turns.iter().map(|_| seen.clone()).collect(),
        end: Baseline::default(),
        shown,
    }
}

fn observation(task: &Value, id: &str) -> Observation {
    let mut seen = Observation {
        count: 1,
        ..Observation::default()
    };
    match stands(task) {
        Stands::Queued => return seen,
        Stands::Running => seen.under_way = 1,
        Stands::Succeeded(link) => {
            seen.last_word = true;
            let parsed = link.and_then(ResultUrl::parse);
            if parsed.is_none() {
                seen.failure = Some(without_result(link));
            }
            // By the task and not by the link: that is signed anew, and lies where the service likes.
            seen.results = parsed
                .into_iter()
                .map(|url| url.identified(id.to_owned()))
                .collect();
        }
        Stands::Cancelled => {
            seen.last_word = true;
            seen.failure = Some(CANCELLED.to_owned());
        }
        Stands::Ended(reason) => {
            seen.last_word = true;
            seen.failure = Some(reason);
        }
    }
    seen.answered = true;
    seen
}

/// What is said of a clip that can't be fetched from here: where it is, so that the user can.
fn without_result(link: Option<&str>) -> String {
    let shown = link.filter(|link| {
        let is_plain = link.bytes().all(|byte| byte.is_ascii_graphic());
        link.starts_with("https://") && link.len() <= MAX_LINK_BYTES && is_plain
    });
    match shown {
        Some(link) => format!(
            "The video is made, but lies where this program may not fetch it. Its link is good for a day: {link}"
        ),
        None => "The service says that the video is made, and gives no link to it".to_owned(),
    }
}

/// A task in a list.
#[must_use]
pub fn listed(task: &Value) -> Listed {
    let text = |name: &str| task.get(name).and_then(Value::as_str).map(str::to_owned);
    let at = |name| seconds(task, name).map(|s| format_rfc3339(s.saturating_mul(1000)));
    let (stage, url, error) = match stands(task) {
        Stands::Queued => (Stage::Waiting, None, None),
        Stands::Running => (Stage::Working, None, None),
        Stands::Succeeded(url) => (Stage::Done, url.map(str::to_owned), None),
        Stands::Cancelled => (Stage::Failed, None, Some(CANCELLED.to_owned())),
        Stands::Ended(reason) => (Stage::Failed, None, Some(reason)),
    };
    let has_ended = matches!(stage, Stage::Done | Stage::Failed);
    Listed {
        id: text("id").filter(|id| !id.is_empty()),
        backend: text("model"),
        stage,
        status: text("status"),
        created_at: at("created_at"),
        completed_at: at("updated_at").filter(|_| has_ended),
        url,
        error,
    }
}

/// Cancels a task that waits. It is looked at first: the same request deletes the record of one that is over.
///
/// # Errors
/// [`Error`].
pub fn cancel(io: &Io, upstream: &Upstream<'_>, id: &str) -> Result<Stopped, Error> {
    let task = calls::ask(io, upstream, Method::Get, id)?;
    match stands(&task) {
        // Between the two it may begin: then it is refused. It takes a minute at least to be over.
        Stands::Queued => {}
        Stands::Cancelled => return Ok(Stopped::Cancelled),
        Stands::Running => return Ok(Stopped::TooLate(RUNS.to_owned())),
        Stands::Succeeded(_) => return Ok(Stopped::TooLate(MADE.to_owned())),
        Stands::Ended(reason) => return Ok(Stopped::TooLate(reason)),
    }
    match calls::ask(io, upstream, Method::Delete, id) {
        Ok(_) => Ok(Stopped::Cancelled),
        Err(error) if error.from_service && error.meaning == Meaning::Refused => {
            Ok(Stopped::TooLate(RUNS.to_owned()))
        }
        Err(error) => Err(error),
    }
}

/// Why a task that has begun isn't cancelled.
const RUNS: &str = "It is being made already, and the service can't stop it: its result arrives.";
/// Why one that is done isn't.
const MADE: &str = "It is made already: its result arrives.";

#[cfg(test)]
#[path = "task_tests.rs"]
mod tests;
