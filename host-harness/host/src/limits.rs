//! Every bound on what a call may use. On by default; each constant says why it is what it is.
//! Not here: bounds that belong to one format (a libtv.json, a token), which stand beside it.

use std::time::Duration;

use serde::Serialize;

/// Linear memory of one instance. The component streams media in 64 KiB pieces and keeps a session's
/// messages in memory: 3 MB in practice, so this is room for the oddest session, not for a leak.
pub const MEMORY_BYTES: usize = 64 << 20;

/// The guest's stack. wasmtime's own default, and one that fits into the fibre that a call runs on.
pub const STACK_BYTES: usize = 512 << 10;

/// Elements of one table. Function tables of a Rust component have a few hundred.
pub const TABLE_ELEMENTS: usize = 20_000;

/// Core instances, tables and memories in one store: a component made by wit-bindgen has about four
/// core modules, one memory and two tables.
pub const INSTANCES: usize = 32;
/// See [`INSTANCES`].
pub const TABLES: usize = 16;
/// See [`INSTANCES`].
pub const MEMORIES: usize = 4;

/// Open handles (files, streams, requests, pollables) of one instance. A relay from body to body has about twenty. Each
/// may be a file of the process, and systems begin with 1024 of those: sixteen steps at once stay below.
pub const HANDLES: usize = 48;

/// What one call between guest and host may copy out of the guest: an answer's strings and lists as the host sees them,
/// which may be many times what the guest's memory holds. The largest real one is a long session as JSON: a megabyte.
pub const ANSWER_BYTES: usize = 16 << 20;

/// Time on the processor for one step. A step parses a few hundred kilobytes of JSON: 10 ms. An endless loop
/// must not hold a core for longer than a person would tolerate.
pub const STEP_CPU: Duration = Duration::from_secs(10);

/// Time on the processor for one command. `wait-and-deliver` is a command: two hours of polls.
pub const COMMAND_CPU: Duration = Duration::from_secs(300);

/// Wall time of one step, host calls included: 30 MiB to Feishu over a line of 1 Mbit/s take four minutes.
pub const STEP_WALL: Duration = Duration::from_secs(600);

/// Wall time of one command. Two hours of waiting for a job, and the delivery after it.
pub const COMMAND_WALL: Duration = Duration::from_secs(3 * 3600);

/// Requests in one step. Nine results take about forty.
pub const STEP_REQUESTS: u32 = 1_000;

/// Requests in one command: two hours of polls, and `recover` with a few hundred sessions.
pub const COMMAND_REQUESTS: u32 = 20_000;

/// Requests under way at the same time: a relay has two. Each holds a connection.
pub const OPEN_REQUESTS: u32 = 8;

/// Bytes out and in, each, in one call: forty results at Feishu's limit of 30 MB, or five films downloaded.
pub const TRANSFER_BYTES: u64 = 8 << 30;

/// One response's body in a step: a video that Feishu takes has 30 MiB, an API's answer 8 MiB at most.
pub const STEP_RESPONSE_BYTES: u64 = 64 << 20;

/// A response's header section. Proxies and servers limit theirs to 8 to 32 KiB.
pub const RESPONSE_HEADER_BYTES: usize = 64 << 10;

/// Header fields in one response.
pub const RESPONSE_HEADERS: usize = 128;

/// What one `fields` resource of the guest may hold, in memory (not on the wire). Responses pass through one as well.
pub const FIELDS_BYTES: usize = 128 << 10;

/// Standard output of one command: the messages of a long session as JSON are about a megabyte.
pub const STDOUT_BYTES: u64 = 64 << 20;

/// Standard error of one command: progress lines.
pub const STDERR_BYTES: u64 = 4 << 20;

/// What one step may write into its session's log: its events' texts. Forty deliveries make about four kilobytes.
pub const STEP_LOG_BYTES: usize = 64 << 10;

/// Sessions that one listing may name: ten times what has been measured on one machine.
pub const LISTED_SESSIONS: usize = 100_000;

/// Randomness in one call of `get-random-bytes`; the component takes 16 bytes.
pub const RANDOM_BYTES: u64 = 64 << 10;

/// Sessions polled at once, unless more are asked for. Each holds one instance and at most one upload.
pub const PARALLEL_STEPS: usize = 16;

/// The most that can be asked for: ten thousand jobs every eight seconds, each answered in 0.3 s, keep 375 busy.
pub const MAX_PARALLEL_STEPS: usize = 512;

/// Instances alive at once in one process: the steps, and calls by the embedder beside them.
pub const LIVE_INSTANCES: u32 = 640;

/// What one step may write into the state folder. It stores a few records of some kilobytes each; more in a call is a
/// component gone mad, and shall not get as far as the quota, which all sessions share.
pub const STEP_WRITTEN_BYTES: u64 = 64 << 20;

/// The same for a command: `recover` with a few hundred sessions, two hours of `wait-and-deliver`, or an earlier
/// installation's sessions taken over (32 MB at most).
pub const COMMAND_WRITTEN_BYTES: u64 = 512 << 20;

/// Files and folders made in one folder in one step: each record is made under another name first.
pub const STEP_CREATED_FILES: u64 = 10_000;

/// The same for a command: 20 000 requests, each with what is stored before and after it.
pub const COMMAND_CREATED_FILES: u64 = 200_000;

/// The state folder as a whole. 100 000 stored sessions of 10 kB each are a gigabyte; finished ones are pruned at 500.
pub const STATE_BYTES: u64 = 4 << 30;

/// Files and folders in the state folder. A session has about a dozen, so 80 000 sessions fit; a file system of 20 GB has
/// 1.3 million places for files in all, and leaves some for others.
pub const STATE_FILES: u64 = 1_000_000;

/// Folders in folders, from a granted one on. The state folder has two; what lies deeper has paths that no system takes.
pub const FOLDER_DEPTH: usize = 8;

/// A name that something new gets. The longest real one is a damaged record's: a key of 53 characters and some 40 more.
pub const NAME_BYTES: usize = 200;

/// Between two steps of a session, whatever it asks for: a job's first polls are eight seconds apart. A user who has chosen
/// a shorter interval gets that.
pub const STEP_FLOOR_MS: u64 = 1_000;

/// Steps of one session in a day. A job that is watched to its end takes 396; while LibTV or Feishu is down for the whole
/// day, a step every five minutes makes 288. Forty results that a chat refuses have seven tries each of their own, 280, and
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

/// Entries that one reading of a folder gives: one for each session there is, twice over.
pub const FOLDER_ENTRIES: u64 = 200_000;

/// Entries that one call reads in all its folders: those of every session, once.
pub const LISTED_ENTRIES: u64 = 2_000_000;

/// Sessions that the timer has in hand: five times what has been measured on one machine. Each is some hundred bytes.
pub const MAX_SESSIONS: usize = 50_000;

/// A session's id, where it enters. LibTV's have 36 characters.
pub const SESSION_ID_BYTES: usize = 256;

/// A command's reply that is read as JSON, in bytes: four thousand jobs in a `status`.
pub const REPLY_BYTES: u64 = 4 << 20;

/// And in JSON values, each of which takes up to two hundred bytes in memory. A job in a `status` has about thirty.
pub const REPLY_VALUES: usize = 150_000;

/// Free space on a disk that neither downloads nor the state folder touch: without any, other programs fail in odd places, and so do we.
pub const KEEP_FREE_BYTES: u64 = 64 << 20;

/// What one call may use. `Default` is what a step gets.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Linear memory, in bytes, at most [`MEMORY_BYTES`] (the pool's slots are of that size).
    pub memory_bytes: usize,
    /// Time on the processor.
    pub cpu: Duration,
    /// Wall time, host calls included.
    pub wall: Duration,
    /// HTTP requests.
    pub requests: u32,
    /// HTTP requests under way at the same time, until their responses are read or dropped.
    pub open_requests: u32,
    /// Bytes of request bodies, and as many of response bodies.
    pub transfer_bytes: u64,
    /// Bytes of one response's body.
    pub response_bytes: u64,
    /// Bytes that one call between guest and host copies out of the guest.
    pub answer_bytes: usize,
    /// Bytes of standard output.
    pub stdout_bytes: u64,
    /// Bytes of standard error.
    pub stderr_bytes: u64,
    /// Bytes that a poll step's events put into its session's log.
    pub log_bytes: usize,
    /// Open handles.
    pub handles: usize,
    /// Bytes written into the state folder in one call. Into an output folder as many as are received.
    pub written_bytes: u64,
    /// Files and folders made in one folder in one call.
    pub created_files: u64,
    /// Entries read of folders in one call.
    pub listed_entries: u64,
    /// Bytes in the state folder, over all calls. A step's counts for commands too.
    pub state_bytes: u64,
    /// Files and folders in the state folder, over all calls. A step's counts for commands too.
    pub state_files: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            memory_bytes: MEMORY_BYTES,
            cpu: STEP_CPU,
            wall: STEP_WALL,
            requests: STEP_REQUESTS,
            open_requests: OPEN_REQUESTS,
            transfer_bytes: TRANSFER_BYTES,
            response_bytes: STEP_RESPONSE_BYTES,
            answer_bytes: ANSWER_BYTES,
            stdout_bytes: STDOUT_BYTES,
            stderr_bytes: STDERR_BYTES,
            log_bytes: STEP_LOG_BYTES,
            handles: HANDLES,
            written_bytes: STEP_WRITTEN_BYTES,
            created_files: STEP_CREATED_FILES,
            listed_entries: LISTED_ENTRIES,
            state_bytes: STATE_BYTES,
            state_files: STATE_FILES,
        }
    }
}

impl Limits {
    /// What a command of the command line gets.
    pub fn command() -> Self {
        Self {
            cpu: COMMAND_CPU,
            wall: COMMAND_WALL,
            requests: COMMAND_REQUESTS,
            written_bytes: COMMAND_WRITTEN_BYTES,
            created_files: COMMAND_CREATED_FILES,
            // `download-results` takes whole films.
            response_bytes: TRANSFER_BYTES,
            ..Self::default()
        }
    }
}

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
        row("reply read as JSON", "bytes", &|_| REPLY_BYTES),
        same("values in it", "values", REPLY_VALUES),
        row("standard output", "bytes", &|l| l.stdout_bytes),
        row("standard error", "bytes", &|l| l.stderr_bytes),
        same("elements of a table", "elements", TABLE_ELEMENTS),
        same("instances alive", "instances", LIVE_INSTANCES as usize),
        same("sessions polled at once", "sessions", PARALLEL_STEPS),
    ]
}
