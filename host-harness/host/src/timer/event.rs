//! What the timer tells its embedder. One event, one line; nothing in it is secret.

use std::fmt;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::types::Step;
use sandbox::call::Usage;
use sandbox::http::Refusal;

/// Something happened.
#[derive(Debug, Clone)]
pub struct Event {
    /// When, in milliseconds since 1970 (UTC).
    pub at_ms: u64,
    /// What.
    pub kind: EventKind,
}

/// What happened.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum EventKind {
    /// The timer owns the state folder and has looked through it.
    Started {
        /// The state folder.
        state: PathBuf,
        /// Sessions that were pending.
        sessions: usize,
    },
    /// A session appeared: submitted by another process, or by this one.
    SessionNoticed {
        /// The session.
        session_id: String,
        /// When its first step is due.
        due_at_ms: u64,
    },
    /// A step ended.
    StepDone {
        /// What it did.
        step: Step,
        /// What it used.
        usage: Usage,
    },
    /// A step failed; the session is tried again.
    StepFailed {
        /// The session.
        session_id: String,
        /// Why.
        reason: String,
        /// What the user can do, or empty.
        advice: String,
        /// Whether it can pass by itself.
        temporary: bool,
        /// Failures in a row.
        failures: u32,
        /// When it is tried again.
        retry_at_ms: u64,
        /// What it used.
        usage: Usage,
    },
    /// A session is not polled any more for now. What it had stored stays.
    SetAside {
        /// The session.
        session_id: String,
        /// Why, and what can be done.
        reason: String,
        /// When it goes on by itself; without it not before somebody goes on with it.
        until_ms: Option<u64>,
    },
    /// Some sessions of the folder are not taken over; the others are.
    LeftOut {
        /// Why.
        reason: String,
    },
    /// The list of due sessions could not be had; it is asked for again.
    ListFailed {
        /// Why.
        reason: String,
    },
    /// The folder can't be watched: it is looked through every second instead.
    WatchFailed {
        /// Why.
        reason: String,
    },
    /// A session's log could not be written. The session itself goes on.
    LogFailed {
        /// The log.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// What calls do can't be recorded. They go on; one event, until a line could be written again.
    RecordFailed {
        /// Why, as a sentence for the user.
        reason: String,
    },
    /// The timer was asked to stop and waits for the steps in flight.
    Stopping {
        /// How many there are.
        in_flight: usize,
    },
    /// The timer has stopped. What was pending is resumed at the next start.
    Stopped {
        /// Steps done since the start.
        steps: u64,
        /// Steps that were abandoned: they are repeated at the next start.
        abandoned: usize,
    },
}

/// Seconds with one decimal; zero for what lies behind.
fn seconds_until(at_ms: u64, now_ms: u64) -> f64 {
    (at_ms.saturating_sub(now_ms) as f64 / 100.0).round() / 10.0
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            EventKind::Started { state, sessions } => write!(
                f,
                "started: polling {}, {sessions} pending",
                state.display()
            ),
            EventKind::SessionNoticed {
                session_id,
                due_at_ms,
            } => {
                write!(
                    f,
                    "{}: noticed, due in {} s",
                    one_line(session_id),
                    seconds_until(*due_at_ms, self.at_ms)
                )
            }
            EventKind::StepDone { step, usage } => {
                let Step {
                    session_id,
                    state,
                    results,
                    delivered,
                    ..
                } = step;
                write!(
                    f,
                    "{}: {}, {delivered} of {results} delivered",
                    one_line(session_id),
                    state.name()
                )?;
                match step.next_poll_at_ms {
                    Some(at_ms) => write!(f, ", next in {} s", seconds_until(at_ms, self.at_ms))?,
                    None => write!(f, ", ended")?,
                }
                write!(
                    f,
                    " ({} requests, {} ms)",
                    usage.requests,
                    usage.wall.as_millis()
                )?;
                step.events
                    .iter()
                    .try_for_each(|event| write!(f, "; {}", one_line(&event.text)))?;
                usage
                    .refusals
                    .iter()
                    .try_for_each(|refusal| write!(f, "; {refusal}"))
            }
            EventKind::StepFailed {
                session_id,
                reason,
                advice,
                failures,
                retry_at_ms,
                usage,
                ..
            } => {
                write!(
                    f,
                    "{}: step failed ({failures} in a row): {}",
                    one_line(session_id),
                    one_line(reason)
                )?;
                if !advice.is_empty() {
                    write!(f, " {}", one_line(advice))?;
                }
                write!(
                    f,
                    "; again in {} s",
                    seconds_until(*retry_at_ms, self.at_ms)
                )?;
                usage
                    .refusals
                    .iter()
                    .try_for_each(|refusal| write!(f, "; {refusal}"))
            }
            EventKind::SetAside {
                session_id, reason, ..
            } => write!(
                f,
                "{}: set aside: {}",
                one_line(session_id),
                one_line(reason)
            ),
            EventKind::LeftOut { reason } => {
                write!(f, "some sessions are left out: {}", one_line(reason))
            }
            EventKind::ListFailed { reason } => write!(
                f,
                "the pending sessions can't be listed: {}",
                one_line(reason)
            ),
            EventKind::WatchFailed { reason } => write!(
                f,
                "the state folder can't be watched ({}): looking every second",
                one_line(reason)
            ),
            EventKind::LogFailed { path, reason } => write!(
                f,
                "{} can't be written: {}",
                path.display(),
                one_line(reason)
            ),
            EventKind::RecordFailed { reason } => write!(f, "{}", one_line(reason)),
            EventKind::Stopping { in_flight } => write!(f, "stopping: {in_flight} steps in flight"),
            EventKind::Stopped { steps, abandoned } => {
                write!(f, "stopped after {steps} steps, {abandoned} abandoned")
            }
        }
    }
}

/// Text from elsewhere stays on its line, and tells a terminal nothing.
pub(crate) fn one_line(text: &str) -> String {
    contract::text::one_line(text, usize::MAX)
}

impl Event {
    /// The event as one JSON object, for machines:
    ///
    /// | `event` | members beside `at_ms` |
    /// |---|---|
    /// | `started` | `state`, `sessions` |
    /// | `session_noticed` | `session_id`, `due_at_ms` |
    /// | `step_done` | `session_id`, `state`, `results`, `delivered`, `next_poll_at_ms`, `events`, `usage` |
    /// | `step_failed` | `session_id`, `reason`, `advice`, `temporary`, `failures`, `retry_at_ms`, `usage` |
    /// | `set_aside` | `session_id`, `reason`, `until_ms` |
    /// | `left_out`, `list_failed`, `watch_failed`, `record_failed` | `reason` |
    /// | `log_failed` | `path`, `reason` |
    /// | `stopping` | `in_flight` |
    /// | `stopped` | `steps`, `abandoned` |
    pub fn to_json(&self) -> Value {
        let mut object = match &self.kind {
            EventKind::Started { state, sessions } => {
                json!({"event": "started", "state": state.display().to_string(), "sessions": sessions})
            }
            EventKind::SessionNoticed {
                session_id,
                due_at_ms,
            } => {
                json!({"event": "session_noticed", "session_id": session_id, "due_at_ms": due_at_ms})
            }
            EventKind::StepDone { step, usage } => json!({
                "event": "step_done",
                "session_id": step.session_id,
                "state": step.state.name(),
                "results": step.results,
                "delivered": step.delivered,
                "next_poll_at_ms": step.next_poll_at_ms,
                "events": step.events.iter().map(|event| json!({"at_ms": event.at_ms, "text": event.text})).collect::<Vec<_>>(),
                "usage": usage_json(usage),
            }),
            EventKind::StepFailed {
                session_id,
                reason,
                advice,
                temporary,
                failures,
                retry_at_ms,
                usage,
            } => json!({
                "event": "step_failed",
                "session_id": session_id,
                "reason": reason,
                "advice": advice,
                "temporary": temporary,
                "failures": failures,
                "retry_at_ms": retry_at_ms,
                "usage": usage_json(usage),
            }),
            EventKind::SetAside {
                session_id,
                reason,
                until_ms,
            } => json!({
                "event": "set_aside",
                "session_id": session_id,
                "reason": reason,
                "until_ms": until_ms,
            }),
            EventKind::LeftOut { reason } => json!({"event": "left_out", "reason": reason}),
            EventKind::ListFailed { reason } => json!({"event": "list_failed", "reason": reason}),
            EventKind::WatchFailed { reason } => json!({"event": "watch_failed", "reason": reason}),
            EventKind::LogFailed { path, reason } => {
                json!({"event": "log_failed", "path": path.display().to_string(), "reason": reason})
            }
            EventKind::RecordFailed { reason } => {
                json!({"event": "record_failed", "reason": reason})
            }
            EventKind::Stopping { in_flight } => {
                json!({"event": "stopping", "in_flight": in_flight})
            }
            EventKind::Stopped { steps, abandoned } => {
                json!({"event": "stopped", "steps": steps, "abandoned": abandoned})
            }
        };
        object["at_ms"] = json!(self.at_ms);
        object
    }
}

/// The same members for a step that ended and for one that failed.
fn usage_json(usage: &Usage) -> Value {
    json!({
        "requests": usage.requests,
        "sent_bytes": usage.sent_bytes,
        "received_bytes": usage.received_bytes,
        "peak_memory_bytes": usage.peak_memory_bytes,
        "cpu_ms": u64::try_from(usage.cpu.as_millis()).unwrap_or(u64::MAX),
        "wall_ms": u64::try_from(usage.wall.as_millis()).unwrap_or(u64::MAX),
        "refused": usage.refusals.iter().map(Refusal::to_json).collect::<Vec<_>>(),
    })
}
