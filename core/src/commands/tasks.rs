//! `tasks`: what the service knows of the key's tasks. Completed ones become recoverable here.

use contract::ids::is_service_id;

use super::{Reply, fields};
use crate::config::Settings;
use crate::io::{Io, digest};
use crate::json::object;
use crate::problem::Problem;
use crate::session::{Asked, Progress, Route, State, folder_name};
use crate::store;
use crate::time;
use crate::types::Task;
use crate::upstream::results::ResultUrl;
use crate::upstream::{Baseline, Listed, Listing, ServiceId, Shape, Stage};

/// Lists the tasks, as the service gave them.
///
/// # Errors
/// Permanent with a key of a service that has no such list; as the service says otherwise.
pub fn run(io: &Io, settings: &Settings, named: Option<&str>) -> Result<Listing, Problem> {
    let upstream = settings.upstream(named)?;
    let service = upstream.service();
    // Before the service is asked: it would answer with an error that says nothing of keys.
    if !service.traits().lists {
        return Err(nothing_listed());
    }
    let listing = upstream.list(io).map_err(|error| error.problem())?;
    for job in &listing.jobs {
        keep(io, service, job)?;
    }
    Ok(listing)
}

/// As the typed export has them.
#[must_use]
pub fn typed(listing: Listing) -> Vec<Task> {
    let jobs = listing.jobs.into_iter().zip(&listing.shown);
    jobs.map(|(job, shown)| Task {
        id: job.id,
        status: job.status,
        url: job.url,
        error: job.error,
        fields: fields::of(shown),
    })
    .collect()
}

/// As the command line writes them.
#[must_use]
pub fn reply(listing: Listing) -> Reply {
    let mut lines: Vec<String> = listing.jobs.iter().flat_map(block).collect();
    if listing.jobs.is_empty() {
        lines.push("No tasks found for this key.".to_owned());
    }
    Reply::good(lines, object! {"tasks": listing.shown})
}

/// What is said with a key of a service that has no such list: which keys have one.
fn nothing_listed() -> Problem {
    let listing = ServiceId::all().filter(|service| service.traits().lists);
    let (told, named): (Vec<_>, Vec<_>) =
        listing.partition(|service| !service.key_prefix().is_empty());
    let keys: Vec<&str> = told.iter().map(|service| service.member().keys).collect();
    let words: Vec<&str> = named.iter().map(|service| service.word()).collect();
    Problem::permanent(format!(
        "The tasks command is only available for {}.",
        keys.join(" and ")
    ))
    .advise(format!(
        "Other services have a list as well: libtv-video tasks --service {}",
        words.join(" or ")
    ))
}

/// A task for people, on lines without anything that a terminal would obey.
fn block(job: &Listed) -> Vec<String> {
    let icon = match job.stage {
        Stage::Done => "✅",
        Stage::Failed => "❌",
        Stage::Waiting => "⏳",
        Stage::Working => "🎬",
        Stage::Unknown => "❔",
    };
    let or = |text: &Option<String>, otherwise: &str| {
        text.as_deref()
            .map_or_else(|| otherwise.to_owned(), printable)
    };
    let mut lines = vec![
        format!("{icon} {}", or(&job.id, "(no id)")),
        format!("   backend: {}", or(&job.backend, "unknown")),
        format!("   status: {}", or(&job.status, "unknown")),
    ];
    for (label, text) in [
        ("created", &job.created_at),
        ("completed", &job.completed_at),
        ("url", &job.url),
        ("error", &job.error),
    ] {
        let text = text.as_deref().map(printable);
        lines.extend(text.map(|text| format!("   {label}: {text}")));
    }
    lines.push(String::new());
    lines
}

/// Stores a completed task as a session that has ended, unless it is known. It is neither polled nor
/// counted among those that are pruned: listing tasks pushes nothing out.
fn keep(io: &Io, service: ServiceId, job: &Listed) -> Result<(), Problem> {
    let (Some(id), Stage::Done) = (job.id.as_deref(), job.stage) else {
        return Ok(());
    };
    // What can't be an id could be asked for by nobody.
    if !is_service_id(id) {
        return Ok(());
    }
    // Only an address of a result store is kept: what is stored here may be fetched and sent later without
    // another look.
    let Some(url) = job.url.as_deref().and_then(ResultUrl::parse) else {
        return Ok(());
    };
    let url = match service.traits().shape {
        // Its one result is known by it, as when it is polled.
        Shape::Task => url.identified(id.to_owned()),
        Shape::Session => url,
    };
    let key = folder_name(id);
    if !store::list(io, &format!("sessions/{key}"))?.is_empty() {
        return Ok(());
    }
    let at = |text: &Option<String>| text.as_deref().and_then(|text| time::parse(text, 0));
    let now_ms = io.now_ms();
    let asked = Asked {
        session_id: id.to_owned(),
        project_uuid: String::new(),
        turn: 1,
        // Derived and not random, so that two processes which list at the same time write the same record.
        nonce: digest(&["task", id], 32),
        text: String::new(),
        service,
        route: Route::default(),
        baseline: Baseline::default(),
        submitted_at_ms: at(&job.created_at).unwrap_or(now_ms),
        given: None,
    };
    let progress = Progress {
        state: State::Completed,
        results: vec![url],
        ended_at_ms: at(&job.completed_at).or(Some(now_ms)),
        ..Progress::begun(asked.submitted_at_ms)
    };
    // The turn first: a progress without its turn would be read by nobody.
    store::store_turn(io, &asked)?;
    store::save_progress(io, &key, 1, &progress)
}

/// A text from elsewhere on one line, without anything that a terminal would obey.
#[must_use]
pub fn printable(text: &str) -> String {
    contract::text::one_line(text, usize::MAX)
}
