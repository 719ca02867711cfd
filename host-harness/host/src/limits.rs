//! Bounds of the harness: on the timer, on what it believes of the component's answers; and all bounds in force, as rows.
//! Each constant says why it is what it is. Not here: what one call may use, which are the sandbox's (`sandbox::limits`),
//! named here once more for who asks the harness; bounds that belong to one format (a libtv.json, a token), which stand beside it.

use std::time::Duration;

use serde::Serialize;

pub use sandbox::limits::*;

/// Sessions that one listing may name: ten times what has been measured on one machine.
pub const LISTED_SESSIONS: usize = 100_000;

/// Sessions polled at once, unless more are asked for. Each holds one instance and at most one upload.
pub const PARALLEL_STEPS: usize = 16;

/// The most that can be asked for: ten thousand jobs every eight seconds, each answered in 0.3 s, keep 375 busy.
pub const MAX_PARALLEL_STEPS: usize = 512;

/// Between two steps of a session, whatever it asks for: a job's first polls are eight seconds apart. A user who has chosen
/// a shorter interval gets that.
pub const STEP_FLOOR_MS: u64 = 1_000;

/// Steps of one session in a day. A job that is watched to its end takes 396; while LibTV or the chat is down for the whole
/// day, a step every five minutes makes 288. Forty results that a chat refuses have seven attempts each of their own, 280, and
/// then all of them together one every quarter of an hour, 96. The rest is for a session that is continued several times.
pub const STEPS_A_DAY: u32 = 1_000;

/// Steps in a row that were stopped at a limit or trapped, until the session is left alone: the pauses between them have
/// grown to five minutes by then, and what stopped ten of them stops the next.
pub const MAX_STOPPED_STEPS: u32 = 10;

/// New sessions begin at most this fast, once [`NEW_SESSIONS_AT_ONCE`] came together: ten a second are more than people ask
/// for. It bounds what a component gets done by making sessions up.
pub const NEW_SESSION_MS: u64 = 100;
/// See [`NEW_SESSION_MS`].
pub const NEW_SESSIONS_AT_ONCE: u64 = 1_000;

/// Looks through the folder of sessions, in the same way: sixty at once, and then one a second. What a step has changed
/// there wants one.
pub const LOOK_MS: u64 = 1_000;
/// See [`LOOK_MS`].
pub const LOOKS_AT_ONCE: u64 = 60;

/// Sessions that the timer has in hand: five times what has been measured on one machine. Each is some hundred bytes.
pub const MAX_SESSIONS: usize = 50_000;

/// A session's id, where it enters. LibTV's have 36 characters.
pub const SESSION_ID_BYTES: usize = 256;

/// What one value of a JSON text takes in memory at most, its texts not counted.
pub const VALUE_BYTES: usize = 200;

/// Values that a service gave (messages, tasks) in one answer: made objects of, each takes [`VALUE_BYTES`].
/// A long session has some ten thousand.
pub const ANSWER_VALUES: usize = 150_000;

/// One bound, for people and programs.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct LimitRow {
    /// What is bounded.
    pub name: &'static str,
    /// The most that a step may use.
    pub step: u64,
    /// The most that a command may use.
    pub command: u64,
    /// The unit of both.
    pub unit: &'static str,
}

/// All bounds in force.
pub(crate) fn rows(step: &Limits, command: &Limits) -> Vec<LimitRow> {
    let ms = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    let row = |name, unit, of: &dyn Fn(&Limits) -> u64| LimitRow {
        name,
        step: of(step),
        command: of(command),
        unit,
    };
    let same = |name, unit, value: usize| row(name, unit, &|_| value as u64);
    vec![
        row("memory", "bytes", &|l| l.memory_bytes as u64),
        row("time on the processor", "ms", &|l| ms(l.cpu)),
        row("time with waiting", "ms", &|l| ms(l.wall)),
        row("requests", "requests", &|l| u64::from(l.requests)),
        row("sent", "bytes", &|l| l.transfer_bytes),
        row("received", "bytes", &|l| l.transfer_bytes),
        same("header of a response", "bytes", RESPONSE_HEADER_BYTES),
        same("header fields of a response", "fields", RESPONSE_HEADERS),
        same("header fields in hand", "bytes", FIELDS_BYTES),
        row("open handles", "handles", &|l| l.handles as u64),
        row("written into the state folder", "bytes", &|l| {
            l.written_bytes
        }),
        row("files made in one folder", "files", &|l| l.created_files),
        row("state folder, over all calls", "bytes", &|_| {
            step.state_bytes
        }),
        row("state folder, over all calls", "files", &|_| {
            step.state_files
        }),
        row("disk space left", "bytes", &|_| KEEP_FREE_BYTES),
        same("folders in one another", "folders", FOLDER_DEPTH),
        same("name of a file", "bytes", NAME_BYTES),
        row("entries of one folder", "entries", &|_| FOLDER_ENTRIES),
        row("entries read of folders", "entries", &|l| l.listed_entries),
        same("sessions on the timer", "sessions", MAX_SESSIONS),
        same(
            "pause between two steps of a session",
            "ms",
            STEP_FLOOR_MS as usize,
        ),
        same("steps of a session in a day", "steps", STEPS_A_DAY as usize),
        same(
            "steps in a row stopped at a limit",
            "steps",
            MAX_STOPPED_STEPS as usize,
        ),
        same("id of a session", "bytes", SESSION_ID_BYTES),
        same("values in an answer", "values", ANSWER_VALUES),
        row("standard output", "bytes", &|l| l.stdout_bytes),
        row("standard error", "bytes", &|l| l.stderr_bytes),
        same("elements of a table", "elements", TABLE_ELEMENTS),
        same("instances alive", "instances", LIVE_INSTANCES as usize),
        same("sessions polled at once", "sessions", PARALLEL_STEPS),
    ]
}
