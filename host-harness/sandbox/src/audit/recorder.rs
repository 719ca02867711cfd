//! What one call did, put together into one line when it ends. Also when it is given up: a call that is dropped before its
//! end (an interrupted command, a step abandoned at shutdown) is recorded as that.
//!
//! | member | is |
//! |---|---|
//! | `n`, `prev`, `hash` | the chain, see `line.rs` |
//! | `at` | when the call began |
//! | `call`, `command`, `session` | which call it was; of a command its name, never its arguments |
//! | `component`, `policy` | SHA-256 of what ran, and of what is granted; no component ran where the host itself fetched something |
//! | `outcome` | `ok`, `exit-N`, `failed…`, `stopped-at-…-limit`, `trap`, `refused`, `abandoned`, …; `no-end` when the process died in it (`begun.rs`): then nothing below is known |
//! | `took_ms`, `cpu_us`, `peak_memory_bytes` | wall time, time on the processor (there is no fuel), linear memory; the last two of a component |
//! | `requests`, `sent_bytes`, `received_bytes` | of the whole call |
//! | `egress` | per route: who asked, method, origin, path template, answers with their counts, bytes |
//! | `refused`, `refused_count`, `refused_by` | the first refusal of each reason (three at most), with what was wanted and what would grant it; of how many; of how many for each reason |
//! | `credentials` | names of the credentials that went out |

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use contract::text::seen;
use serde_json::{Map, Value};
use tracing::{Span, debug, info, info_span};

use super::observer::{CallEnded, Observer, RefusedRequest, measured};
use super::{AuditLog, Begun};
use crate::aside::aside;
use crate::call::Usage;
use crate::http::{CallMeter, Refusal};
use crate::time::format_time;

/// A session's id has at most this much room; those of known services have some forty characters.
const SESSION_CHARS: usize = 128;
/// Refusals that a line lists, one for each reason: a component that is refused a thousand times shall not push the
/// record out with it.
const TOLD_REFUSALS: usize = 3;
/// Of what was wanted.
const WANTED_CHARS: usize = 160;

/// What is known of a call when it begins. No arguments: they hold the user's words.
pub struct Beginning {
    /// Which call it is.
    pub call: &'static str,
    /// The command, where it is one, by a name that is known to be one.
    pub command: Option<String>,
    /// The session it is about, where it names one.
    pub session: Option<String>,
    /// SHA-256 of the component, where one runs.
    pub component: Option<String>,
    /// SHA-256 of what is granted.
    pub policy: Arc<str>,
    /// Whether it may send something that has an effect: then it is noted before it begins.
    pub may_send: bool,
}

impl Beginning {
    /// The span of the call, for who watches: as much as the record says, and in the same words.
    fn span(&self) -> Span {
        // Cut as in the line: the id may be anything that somebody typed.
        let session = self.session.as_deref().map(|id| seen(id, SESSION_CHARS));
        info_span!(
            "call",
            call = self.call,
            command = self.command,
            session = session
        )
    }

    /// The line as far as it is known.
    fn line(&self, at_ms: u64) -> Map<String, Value> {
        let mut line = Map::new();
        let mut put = |name: &str, value: Value| line.insert(name.to_owned(), value);
        put("at", format_time(at_ms).into());
        put("call", self.call.into());
        if let Some(command) = &self.command {
            put("command", command.as_str().into());
        }
        if let Some(session) = &self.session {
            put("session", seen(session, SESSION_CHARS).into());
        }
        if let Some(component) = &self.component {
            put("component", component.as_str().into());
        }
        put("policy", (*self.policy).into());
        line
    }
}

/// Why the last line could not be written. Clones share it.
#[derive(Clone, Default)]
pub struct Unwritten(Arc<Mutex<Option<String>>>);

impl Unwritten {
    /// The sentence for the user; `None` when the last line was written.
    pub fn get(&self) -> Option<String> {
        let reason = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        reason.clone()
    }

    /// Keeps why a line wasn't written, or that the last one was.
    pub fn note(&self, log: &AuditLog, written: io::Result<()>) {
        let folder = log.folder().display();
        let complaint = |error| {
            format!(
                "The record in {folder} can't be written: {error}. Calls go on without it; check that the folder belongs to you and has free space."
            )
        };
        let mut reason = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *reason = written.err().map(complaint);
    }
}

/// Records one call.
pub struct Recorder {
    log: AuditLog,
    unwritten: Unwritten,
    beginning: Beginning,
    meter: Arc<CallMeter>,
    span: Span,
    at_ms: u64,
    begun: Instant,
    /// Its line is not written yet: dropped like this, the call counts as abandoned.
    open: bool,
    /// The note that it has begun, where it may send.
    note: Option<Begun>,
    /// Is told of it when it has ended.
    observer: Option<Arc<Observer>>,
}

impl Recorder {
    /// Begins a call's line, and notes it where the call may send something.
    pub fn begin(
        (log, unwritten): (AuditLog, Unwritten),
        beginning: Beginning,
        meter: Arc<CallMeter>,
    ) -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        let span = beginning.span();
        meter.trace().belongs_to(&span);
        debug!(parent: &span, "call begins");
        let mut recorder = Self {
            log,
            unwritten,
            beginning,
            meter,
            span,
            at_ms: since.map_or(0, |since| {
                u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
            }),
            begun: Instant::now(),
            open: true,
            note: None,
            observer: None,
        };
        if recorder.beginning.may_send {
            let line = recorder.beginning.line(recorder.at_ms);
            match recorder.log.note(&line) {
                Ok(note) => recorder.note = Some(note),
                // The call goes on: a full disk must not keep a paid result from being fetched.
                Err(error) => recorder.unwritten.note(&recorder.log, Err(error)),
            }
        }
        recorder
    }

    /// The span that all of the call belongs to.
    pub fn span(&self) -> Span {
        self.span.clone()
    }

    /// With who is told of it.
    #[must_use]
    pub fn observed_by(mut self, observer: Option<Arc<Observer>>) -> Self {
        self.observer = observer;
        self
    }

    /// Writes the line; `usage` is that of the component, where one ran.
    pub async fn end(mut self, outcome: &str, usage: Option<&Usage>) {
        self.open = false;
        self.tell(outcome, usage);
        let members = self.members(outcome, usage);
        let (log, note) = (self.log.clone(), self.note.take());
        let write = move || written(&log, &members, note);
        // A file write and a lock: nothing for a thread that other calls wait for.
        let written = aside(write)
            .await
            .unwrap_or_else(|error| Err(io::Error::other(error)));
        self.unwritten.note(&self.log, written);
    }

    /// Tells whoever embeds the harness: the end as an event, and as a value.
    fn tell(&self, outcome: &str, usage: Option<&Usage>) {
        let took_ms = u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        info!(
            parent: &self.span,
            outcome,
            took_ms,
            requests = self.meter.requests(),
            refused = self.meter.refused(),
            sent_bytes = self.meter.sent(),
            received_bytes = self.meter.received(),
            "call ended"
        );
        let Some(observer) = &self.observer else {
            return;
        };
        let (cpu_ms, peak_memory_bytes) = measured(usage);
        let refusals = self.meter.refusals();
        observer(&CallEnded {
            call: self.beginning.call,
            session_id: self.beginning.session.clone(),
            outcome: outcome.to_owned(),
            took_ms,
            cpu_ms,
            peak_memory_bytes,
            requests: self.meter.requests(),
            sent_bytes: self.meter.sent(),
            received_bytes: self.meter.received(),
            refusals: refusals.iter().map(RefusedRequest::from).collect(),
            refused: self.meter.refused(),
        });
    }

    /// The whole line, but for its place in the chain.
    fn members(&self, outcome: &str, usage: Option<&Usage>) -> Map<String, Value> {
        let mut line = self.beginning.line(self.at_ms);
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
            self.tell("abandoned", None);
            let members = self.members("abandoned", None);
            let note = self.note.take();
            self.unwritten
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
            record["wanted"] = format!("{}…", seen(wanted, WANTED_CHARS)).into();
        }
        told.push(record);
    }
    Value::Array(told)
}

fn millis(value: u128) -> Value {
    u64::try_from(value).unwrap_or(u64::MAX).into()
}
