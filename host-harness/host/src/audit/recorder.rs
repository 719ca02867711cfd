//! What one call did, put together into one line when it ends. Also when it is given up: a call that is dropped before its
//! end (an interrupted command, a step abandoned at shutdown) is recorded as that.
//!
//! | member | is |
//! |---|---|
//! | `n`, `prev`, `hash` | the chain, see `line.rs` |
//! | `at` | when the call began |
//! | `call`, `command`, `session` | which call it was; of a command its name, never its arguments |
//! | `component`, `policy` | SHA-256 of what ran, and of what is granted (`GrantsReport`); no component ran where the harness opened a result |
//! | `outcome` | `ok`, `exit-N`, `failed…`, `stopped-at-…-limit`, `trap`, `refused`, `abandoned`, …; `no-end` when the process died in it (`begun.rs`): then nothing below is known |
//! | `took_ms`, `cpu_us`, `peak_memory_bytes` | wall time, time on the processor (there is no fuel), linear memory; the last two of a component |
//! | `requests`, `sent_bytes`, `received_bytes` | of the whole call |
//! | `egress` | per route: who asked, method, origin, path template, answers with their counts, bytes |
//! | `refused`, `refused_count`, `refused_by` | the first refusal of each reason (three at most), with what was wanted and what would grant it; of how many; of how many for each reason |
//! | `credentials` | names of the credentials that went out |

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use contract::commands::find;
use contract::kind;
use sandbox::audit::{AuditLog, Begun};
use sandbox::time::format_time;
use serde_json::{Map, Value};
use tokio::runtime::{Handle, RuntimeFlavor};

use crate::error::CallError;
use sandbox::call::Usage;
use sandbox::http::{CallMeter, Refusal};

/// A session's id has at most this much room; LibTV's have 36 characters.
const SESSION_CHARS: usize = 128;
/// The longest command is `download-results`.
const COMMAND_CHARS: usize = 24;

/// Refusals that a line lists, one for each reason: a component that is refused a thousand times shall not push the
/// record out with it.
const TOLD_REFUSALS: usize = 3;
/// Of what was wanted.
const WANTED_CHARS: usize = 160;
/// Commands that send nothing, whatever comes: they have no part in what a killed process may have done.
const QUIET: [&str; 2] = ["status", "help"];

/// Which call it is. Arguments are left out: they hold the user's words.
#[derive(Debug, Clone)]
pub(crate) enum Kind {
    Poll(String),
    Due,
    Submit(Option<String>),
    Query(String),
    Check,
    Cancel(String),
    Doctor,
    Status(Option<String>),
    Tasks,
    Recover(Option<String>),
    ChangeProject,
    Upload,
    /// Into a folder of the user's; the session whose results they are, where one is named.
    Download(Option<String>),
    /// A result that the harness opened for a person, and the session it is shown for. No component has a part in it.
    OpenResult(Option<String>),
    /// A command of the component's command line, and the session it names.
    Command(String, Option<String>),
}

impl Kind {
    fn name(&self) -> &str {
        match self {
            Self::Poll(_) => "poll",
            Self::Due => "due",
            Self::Submit(_) => "submit",
            Self::Query(_) => "query",
            Self::Check => "check",
            Self::Cancel(_) => "cancel",
            Self::Doctor => "doctor",
            Self::Status(_) => "status",
            Self::Tasks => "tasks",
            Self::Recover(_) => "recover",
            Self::ChangeProject => "change-project",
            Self::Upload => "upload",
            Self::Download(_) => "download",
            Self::OpenResult(_) => "open-result",
            Self::Command(..) => "command",
        }
    }

    /// The session it is about, where it names one.
    fn session(&self) -> Option<&str> {
        match self {
            Self::Poll(id) | Self::Query(id) | Self::Cancel(id) => Some(id),
            Self::Submit(id)
            | Self::Status(id)
            | Self::Recover(id)
            | Self::OpenResult(id)
            | Self::Download(id)
            | Self::Command(_, id) => id.as_deref(),
            Self::Due
            | Self::Check
            | Self::Doctor
            | Self::Tasks
            | Self::ChangeProject
            | Self::Upload => None,
        }
    }

    /// The command's name as the record may hold it.
    fn command(&self) -> Option<&str> {
        match self {
            // Whatever else stands in its place may be the user's words, and the record holds none.
            Self::Command(name, _) if is_command(name) => Some(name),
            Self::Command(..) => Some("unknown"),
            _ => None,
        }
    }

    /// Whether it may send something that has an effect: then its beginning is noted.
    fn may_send(&self) -> bool {
        match self {
            Self::Due | Self::Status(_) | Self::OpenResult(_) => false,
            Self::Command(name, _) => !QUIET.contains(&name.as_str()),
            _ => true,
        }
    }

    /// What the call is for, which decides what it may reach.
    pub(crate) fn call(&self) -> kind::Kind {
        match self {
            Self::Due | Self::Status(_) => kind::Kind::Look,
            Self::Cancel(_) => kind::Kind::Cancel,
            Self::Doctor => kind::Kind::Doctor,
            Self::Poll(_) | Self::Recover(_) => kind::Kind::Poll,
            Self::Submit(_) | Self::ChangeProject => kind::Kind::Submit,
            Self::Query(_) | Self::Check | Self::Tasks => kind::Kind::Check,
            Self::Upload => kind::Kind::Upload,
            Self::OpenResult(_) | Self::Download(_) => kind::Kind::Download,
            // What is no command (help, a misspelling) only looks.
            Self::Command(name, _) => find(name).map_or(kind::Kind::Look, |known| known.kind),
        }
    }

    /// Whether the component runs.
    fn runs(&self) -> bool {
        !matches!(self, Self::OpenResult(_))
    }
}

/// Why the last line could not be written. Clones share it.
#[derive(Clone, Default)]
pub(crate) struct Trouble(Arc<Mutex<Option<String>>>);

impl Trouble {
    /// The sentence for the user; `None` when the last line was written.
    pub(crate) fn get(&self) -> Option<String> {
        let trouble = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        trouble.clone()
    }

    /// Keeps why a line wasn't written, or that the last one was.
    pub(crate) fn note(&self, log: &AuditLog, written: io::Result<()>) {
        let folder = log.folder().display();
        let complaint = |error| {
            format!(
                "The record in {folder} can't be written: {error}. Calls go on without it; check that the folder belongs to you and has free space."
            )
        };
        let mut trouble = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *trouble = written.err().map(complaint);
    }
}

/// Records one call.
pub(crate) struct Recorder {
    log: AuditLog,
    trouble: Trouble,
    kind: Kind,
    component: String,
    policy: Arc<str>,
    meter: Arc<CallMeter>,
    at_ms: u64,
    begun: Instant,
    /// Its line is not written yet: dropped like this, the call counts as abandoned.
    open: bool,
    /// The note that it has begun, where it may send.
    note: Option<Begun>,
}

impl Recorder {
    /// Begins a call's line, and notes it where the call may send something.
    pub(crate) fn begin(
        (log, trouble): (AuditLog, Trouble),
        kind: Kind,
        component: &str,
        policy: Arc<str>,
        meter: Arc<CallMeter>,
    ) -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        let mut recorder = Self {
            log,
            trouble,
            kind,
            component: component.to_owned(),
            policy,
            meter,
            at_ms: since.map_or(0, |since| {
                u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
            }),
            begun: Instant::now(),
            open: true,
            note: None,
        };
        if recorder.kind.may_send() {
            match Begun::note(recorder.log.folder(), &recorder.beginning()) {
                Ok(note) => recorder.note = Some(note),
                // The call goes on: a full disk must not keep a paid result from being fetched.
                Err(error) => recorder.trouble.note(&recorder.log, Err(error)),
            }
        }
        recorder
    }

    /// Writes the line; `usage` is that of the component, where one ran.
    pub(crate) async fn end(mut self, outcome: Result<i32, &CallError>, usage: Option<&Usage>) {
        self.open = false;
        let members = self.members(outcome_name(outcome), usage);
        let (log, note) = (self.log.clone(), self.note.take());
        let write = move || written(&log, &members, note);
        let written = match Handle::current().runtime_flavor() {
            // One command: nobody waits for its thread, and another one would take longer than the write.
            RuntimeFlavor::CurrentThread => write(),
            // A file write and a lock: nothing for a thread that other calls wait for.
            _ => tokio::task::spawn_blocking(write)
                .await
                .unwrap_or_else(|error| Err(io::Error::other(error))),
        };
        self.trouble.note(&self.log, written);
    }

    /// What is known of the line when the call begins.
    fn beginning(&self) -> Map<String, Value> {
        let mut line = Map::new();
        let mut put = |name: &str, value: Value| line.insert(name.to_owned(), value);
        put("at", format_time(self.at_ms).into());
        put("call", self.kind.name().into());
        if let Some(command) = self.kind.command() {
            put("command", command.into());
        }
        if let Some(session) = self.kind.session() {
            put("session", clip(session).into());
        }
        if self.kind.runs() {
            put("component", self.component.as_str().into());
        }
        put("policy", (*self.policy).into());
        line
    }

    /// The whole line, but for its place in the chain.
    fn members(&self, outcome: String, usage: Option<&Usage>) -> Map<String, Value> {
        let mut line = self.beginning();
        let mut put = |name: &str, value: Value| line.insert(name.to_owned(), value);
        put("outcome", outcome.into());
        put("took_ms", millis(self.begun.elapsed().as_millis()));
        if let Some(usage) = usage {
            // Fuel is off: processor time is what bounds a call (limits.rs).
            put("cpu_us", millis(usage.cpu.as_micros()));
            put("peak_memory_bytes", usage.peak_memory_bytes.into());
        }
        put("requests", self.meter.requests().into());
        put("sent_bytes", self.meter.sent().into());
        put("received_bytes", self.meter.received().into());
        let (egress, credentials) = self.meter.trace().to_json();
        put("egress", egress);
        put("refused", told(&self.meter.refusals()));
        put("refused_count", self.meter.refused().into());
        let reasons = self.meter.reasons();
        // With one reason it is what `refused_count` says already.
        if reasons.len() > 1 {
            put("refused_by", serde_json::json!(reasons));
        }
        put("credentials", credentials);
        line
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        if self.open {
            let members = self.members("abandoned".to_owned(), None);
            let note = self.note.take();
            self.trouble
                .note(&self.log, written(&self.log, &members, note));
        }
    }
}

/// Writes a call's line, and only then takes off that it has begun: a process killed in between leaves it twice, and never
/// not at all.
fn written(log: &AuditLog, members: &Map<String, Value>, note: Option<Begun>) -> io::Result<()> {
    log.append(members)?;
    note.map_or(Ok(()), Begun::end)
}

/// The first refusal of each reason.
fn told(refusals: &[Refusal]) -> Value {
    let mut reasons = Vec::new();
    let mut told = Vec::new();
    for refusal in refusals {
        if reasons.contains(&refusal.reason) || told.len() == TOLD_REFUSALS {
            continue;
        }
        reasons.push(refusal.reason);
        let mut record = refusal.to_record();
        if let Some(wanted) = record["wanted"].as_str()
            && wanted.chars().nth(WANTED_CHARS).is_some()
        {
            let cut: String = wanted.chars().take(WANTED_CHARS).collect();
            record["wanted"] = format!("{cut}…").into();
        }
        told.push(record);
    }
    Value::Array(told)
}

fn outcome_name(outcome: Result<i32, &CallError>) -> String {
    match outcome {
        Ok(0) => "ok".to_owned(),
        Ok(code) => format!("exit-{code}"),
        Err(error) => error.name(),
    }
}

/// Whether it can be a command's name. Anything else may be words of the user.
fn is_command(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c == '-';
    name.len() <= COMMAND_CHARS && name.chars().all(plain)
}

fn millis(value: u128) -> Value {
    u64::try_from(value).unwrap_or(u64::MAX).into()
}

fn clip(text: &str) -> String {
    text.chars()
        .filter(|c| !contract::text::is_unseen(*c))
        .take(SESSION_CHARS)
        .collect()
}
