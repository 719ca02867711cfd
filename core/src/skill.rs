//! The component's typed functions.

use crate::backoff;
use crate::commands::{
    self, cancel, check, doctor, download, project, query, recover, status, tasks, upload,
};
use crate::config::Settings;
use crate::io::{FsOp, Io};
use crate::poll::{self, Haste};
use crate::problem::Problem;
use crate::session::State;
use crate::store::{self, Found};
use crate::submit::{self, stranded};
use crate::types::{
    Cancellation, Configuration, Downloaded, DueSession, Event, File, Finding, Overview, Project,
    Request, Step, Submission, Task, Transcript, Uploaded, WantedResults,
};

/// Submits a request; see [`submit::run`].
///
/// # Errors
/// As there.
pub fn submit(io: &Io, settings: &Settings, request: Request) -> Result<Submission, Problem> {
    // It also tells of submits of unknown outcome, before another one is paid for.
    commands::open(io, settings)?;
    submit::run(io, settings, request)
}

/// Uploads a file.
///
/// # Errors
/// As the command.
pub fn upload(
    io: &Io,
    settings: &Settings,
    file: File,
    service: Option<String>,
) -> Result<Uploaded, Problem> {
    upload::run(io, settings, file, service.as_deref())
}

/// Stores results in a folder.
///
/// # Errors
/// As the command. What goes wrong with a file stands in the answer.
pub fn download(
    io: &Io,
    settings: &Settings,
    results: WantedResults,
    folder: Option<String>,
    prefix: Option<String>,
) -> Result<Downloaded, Problem> {
    commands::open(io, settings)?;
    download::run(io, settings, results, folder, prefix)
}

/// The sessions that have not ended, and the submits that nobody works on any more: what a process that died has left is
/// taken up first.
///
/// # Errors
/// When the state folder can't be used. A session that can't be read doesn't hide the others: it is
/// due at once, and its poll says what is wrong.
pub fn due(io: &Io, settings: &Settings) -> Result<Vec<DueSession>, Problem> {
    commands::ready(io, settings)?;
    // Before the list is read, so that what is taken up is in it. Without this (`stranded-left` in the
    // simulation) nobody would ever tell the chat.
    stranded::take_up(io)?;
    swept(io);
    let entries = store::active(io)?;
    Ok(due_at(io, settings, entries))
}

/// The same for some entries of `active`, one answer for each, in their order. Without entries what a process that died has
/// left is taken up: it has entries afterwards.
///
/// # Errors
/// As [`due`].
pub fn due_entries(
    io: &Io,
    settings: &Settings,
    entries: Vec<String>,
) -> Result<Vec<DueSession>, Problem> {
    commands::ready(io, settings)?;
    // Once for each round and not for each part of one: it reads the folder of all submits.
    if entries.is_empty() {
        stranded::take_up(io)?;
        swept(io);
    }
    Ok(due_at(io, settings, entries))
}

/// Removes pictures that were kept long enough: here, where a timer comes by once a minute. One that can't be removed is
/// tried again then.
fn swept(io: &Io) {
    store::pictures::sweep(io, 0, 0).ok();
}

/// When each entry wants its next step, in their order. One that can't be read is due at once: its step says
/// why.
fn due_at(io: &Io, settings: &Settings, entries: Vec<String>) -> Vec<DueSession> {
    let mut found = Vec::with_capacity(entries.len());
    for key in entries {
        let due = match store::load(io, &key) {
            Ok(Some(loaded)) if !loaded.session.turns.is_empty() => DueSession {
                session_id: loaded.session.id().to_owned(),
                at_ms: poll::next(&loaded, settings)
                    .filter(|at_ms| {
                        !backoff::is_due(*at_ms, io.now_ms(), settings.fixed_interval_ms)
                    })
                    .unwrap_or_else(|| io.now_ms()),
            },
            Ok(None) => DueSession {
                at_ms: match stranded::due_at_ms(io, &key) {
                    Ok(Some(at_ms)) => at_ms,
                    Ok(None) | Err(_) => io.now_ms(),
                },
                session_id: key,
            },
            // At once, so that the poll says what is wrong and takes the entry away.
            Ok(Some(_)) | Err(_) => DueSession {
                session_id: key,
                at_ms: io.now_ms(),
            },
        };
        found.push(due);
    }
    found
}

/// Does what can be done now for one session, by its id or the name of its entry in `active`.
///
/// # Errors
/// When there is no such session, or the state folder can't be used.
pub fn poll(io: &Io, settings: &Settings, session_id: String) -> Result<Step, Problem> {
    if let Some(report) = stranded::step(io, settings, &session_id)? {
        return Ok(told(io, session_id, report));
    }
    let key = if store::list(io, &format!("sessions/{session_id}"))
        .is_ok_and(|names| !names.is_empty())
    {
        session_id.clone()
    } else {
        match store::find(io, &session_id)? {
            Found::Key(key) => key,
            Found::None | Found::Several => {
                // An entry may outlive its session: made durable by one process, of a turn of another one that wasn't.
                if store::active(io)?.contains(&session_id) {
                    // Else the timer would call for it in every round.
                    store::run(io, FsOp::Remove(format!("active/{session_id}")))?;
                }
                return Err(Problem::unknown_session(&session_id));
            }
        }
    };
    let report = poll::step(io, settings, &key, Haste::WhenDue)?;
    Ok(told(io, session_id, report))
}

/// A poll's report as the typed export has it.
fn told(io: &Io, session_id: String, report: poll::Report) -> Step {
    let latest = report.session.as_ref().and_then(|session| session.latest());
    // Nothing usable is left of it, or it is a submit of which nobody knows yet.
    let none = if report.next_poll_at_ms.is_some() {
        State::Submitted
    } else {
        State::Failed
    };
    let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    Step {
        session_id: report
            .session
            .as_ref()
            .map_or(session_id, |session| session.id().to_owned()),
        state: latest.map_or(none, |turn| turn.progress.state),
        next_poll_at_ms: report.next_poll_at_ms,
        results: latest.map_or(0, |turn| count(turn.progress.results.len())),
        delivered: report
            .session
            .as_ref()
            .zip(latest)
            .map_or(0, |(session, turn)| {
                count(poll::delivered_count(session, turn))
            }),
        events: report
            .events
            .into_iter()
            .map(|text| Event {
                at_ms: io.now_ms(),
                text,
            })
            .collect(),
    }
}

/// A session's messages, and what they mean.
///
/// # Errors
/// As the command.
pub fn query(
    io: &Io,
    settings: &Settings,
    id: String,
    after_seq: Option<u64>,
    project_id: Option<String>,
) -> Result<Transcript, Problem> {
    commands::open(io, settings)?;
    let queried = query::run(io, settings, &id, after_seq, project_id.as_deref())?;
    Ok(queried.transcript())
}

/// What is configured of a service; without a name of the one in use.
///
/// # Errors
/// As the command.
pub fn check(
    io: &Io,
    settings: &Settings,
    service: Option<String>,
) -> Result<Configuration, Problem> {
    Ok(check::run(io, settings, service.as_deref())?.configuration)
}

/// Each link of the chain from the key to the chat.
///
/// # Errors
/// None: what is broken is a finding.
pub fn doctor(
    io: &Io,
    settings: &Settings,
    channel: Option<String>,
    chat_id: Option<String>,
) -> Result<Vec<Finding>, Problem> {
    commands::open_to_read(io, settings);
    let (channel, chat_id) = (channel.as_deref(), chat_id.as_deref());
    Ok(doctor::run(io, settings, channel, chat_id))
}

/// What is stored of one session, or of those that go on and the latest that have ended.
///
/// # Errors
/// As the command.
pub fn status(
    io: &Io,
    settings: &Settings,
    id: Option<String>,
    ended: Option<u32>,
) -> Result<Overview, Problem> {
    commands::open_to_read(io, settings);
    status::run(io, settings, id.as_deref(), ended.map(u64::from))
}

/// The tasks of a service's key; without a name of the one in use.
///
/// # Errors
/// As the command.
pub fn tasks(io: &Io, settings: &Settings, service: Option<String>) -> Result<Vec<Task>, Problem> {
    commands::open(io, settings)?;
    let tasks = tasks::run(io, settings, service.as_deref())?;
    Ok(tasks::typed(tasks))
}

/// One session, or every known one.
///
/// # Errors
/// As the command.
pub fn recover(io: &Io, settings: &Settings, id: Option<String>) -> Result<Overview, Problem> {
    commands::open(io, settings)?;
    let wanted = recover::Wanted {
        id,
        ..recover::Wanted::default()
    };
    let recovered = recover::run(io, settings, &wanted)?;
    Ok(recovered.overview(io.now_ms()))
}

/// Cancels a job, where its service can and it isn't too late.
///
/// # Errors
/// As the command.
pub fn cancel(io: &Io, settings: &Settings, id: String) -> Result<Cancellation, Problem> {
    commands::open(io, settings)?;
    cancel::run(io, settings, &id)
}

/// A new project.
///
/// # Errors
/// As the command.
pub fn change_project(io: &Io, settings: &Settings) -> Result<Project, Problem> {
    project::run(io, settings)
}
