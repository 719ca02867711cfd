//! Every bound on what a call may use. On by default; each constant says why it is what it is. A *step* is a call that
//! does what can be done now and ends; a *command* may wait for hours.
//! Not here: bounds that belong to one format (a token, a certificate), which stand beside it.

use std::time::Duration;

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

/// Wall time of one step, host calls included: 30 MiB sent over a line of 1 Mbit/s take four minutes.
pub const STEP_WALL: Duration = Duration::from_secs(600);

/// Wall time of one command. Two hours of waiting for a job, and the delivery after it.
pub const COMMAND_WALL: Duration = Duration::from_secs(3 * 3600);

/// Requests in one step. Nine results take about forty.
pub const STEP_REQUESTS: u32 = 1_000;

/// Requests in one command: two hours of polls, and `recover` with a few hundred sessions.
pub const COMMAND_REQUESTS: u32 = 20_000;

/// Requests under way at the same time: a relay has two. Each holds a connection.
pub const OPEN_REQUESTS: u32 = 8;

/// Bytes out and in, each, in one call: forty results of 30 MB, or five films downloaded.
pub const TRANSFER_BYTES: u64 = 8 << 30;

/// One response's body in a step: a video that is passed on has 30 MiB, an API's answer 8 MiB at most.
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

/// Randomness in one call of `get-random-bytes`; the component takes 16 bytes.
pub const RANDOM_BYTES: u64 = 64 << 10;

/// Instances alive at once in one process: the steps, and calls by the embedder beside them.
pub const LIVE_INSTANCES: u32 = 640;

/// The same of a program that embeds the harness and says nothing else: four times the steps that a timer makes at once. Each costs
/// address space, and a pool for [`LIVE_INSTANCES`] takes ten times the time to set up.
pub const EMBEDDED_INSTANCES: u32 = 64;

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

/// Entries that one reading of a folder gives: one for each session there is, twice over.
pub const FOLDER_ENTRIES: u64 = 200_000;

/// Entries that one call reads in all its folders: those of every session, once.
pub const LISTED_ENTRIES: u64 = 2_000_000;

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
    /// The limits of a step. A command gets more of what it needs more of ([`command`](Self::command)).
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
