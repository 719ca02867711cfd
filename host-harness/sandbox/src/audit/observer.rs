//! What an embedding program is told of every call when it has ended, whoever made it. The same as the record's line, as values. Not
//! here: the line itself (`recorder.rs`).

use serde::Serialize;

use crate::call::Usage;
use crate::http::Refusal;

/// Is told of every call that has ended, on the task that made it. It must not wait.
pub type Observer = dyn Fn(&CallEnded) + Send + Sync;

/// One call that has ended.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct CallEnded {
    /// Which call it was: `poll`, `submit`, …, as the record names them.
    pub call: &'static str,
    /// The session that it was about, where it named one.
    pub session_id: Option<String>,
    /// `ok`, `exit-N` of a command, the name of its error, or `abandoned`: it was dropped before its end.
    pub outcome: String,
    /// Wall time, in milliseconds.
    pub took_ms: u64,
    /// Time on the processor, in milliseconds. None where no component ran, or the call was abandoned.
    pub cpu_ms: Option<u64>,
    /// The most memory that its instance had, in bytes. None as above.
    pub peak_memory_bytes: Option<u64>,
    /// Requests, refused ones included.
    pub requests: u32,
    /// Bytes of request bodies.
    pub sent_bytes: u64,
    /// Bytes of response bodies.
    pub received_bytes: u64,
    /// The first requests that were refused.
    pub refusals: Vec<RefusedRequest>,
    /// How many were refused in all.
    pub refused: u32,
}

/// One request that was not let out, without its query and without any secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct RefusedRequest {
    /// The method.
    pub method: String,
    /// Scheme, host and port.
    pub origin: String,
    /// The path, or `/…` where a secret may stand in it.
    pub path: String,
    /// Whom a message was for, where a recipient was read.
    pub whom: Option<String>,
    /// Why, as a name for programs.
    pub reason: &'static str,
    /// What would grant it, as a clause for people.
    pub granted_by: String,
}

impl From<&Refusal> for RefusedRequest {
    fn from(refusal: &Refusal) -> Self {
        Self {
            method: refusal.method.to_string(),
            origin: refusal.origin.to_string(),
            path: refusal.path.to_string(),
            // Empty where the request wasn't a message: an embedder shouldn't have to know that.
            whom: Some(refusal.whom.to_string()).filter(|whom| !whom.is_empty()),
            reason: refusal.reason.name(),
            granted_by: refusal.granted_by.to_string(),
        }
    }
}

/// The time of a component on the processor and its memory, where they are known.
pub(super) fn measured(usage: Option<&Usage>) -> (Option<u64>, Option<u64>) {
    // The record has microseconds; who watches many calls adds up milliseconds.
    let cpu_ms = usage.map(|usage| u64::try_from(usage.cpu.as_millis()).unwrap_or(u64::MAX));
    (cpu_ms, usage.map(|usage| usage.peak_memory_bytes as u64))
}
