//! What the typed calls take and answer, for programs that embed the harness: plain data without anything of the engine in
//! it. The records are those of `wit/world.wit`, where each member's meaning, unit and limits stand; one that differs from
//! the WIT is refused when a component is loaded. Serialised they are what the commands print with `--json`.

mod cause;
mod health;
mod requests;
mod service;
mod sessions;
mod text;

use serde::Serialize;
use wasmtime::component::{ComponentType, Lift};

pub use cause::Cause;
pub use health::{ChannelAccount, Configuration, Finding, Health, Polling, Uses};
pub use requests::{
    Destination, Downloaded, File, InputFile, Medium, Missed, Request, Route, Uploaded,
    WantedResults,
};
pub use service::{
    Cancellation, Field, Message, Project, Role, Scalar, Task, Transcript, object_of,
};
pub use sessions::{
    Delivery, DeliveryState, Overview, Product, Purpose, Session, Turn, UnknownSubmit,
};
pub use text::rfc3339;

/// Whether a failed call may be repeated. What has `Permanent` in its name must not be repeated by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ComponentType, Lift, Serialize)]
#[component(enum)]
#[serde(rename_all = "kebab-case")]
#[repr(u8)]
pub enum ProblemKind {
    /// The network or a service failed for now.
    #[component(name = "temporary")]
    Temporary,
    /// Nothing changes by trying again.
    #[component(name = "permanent")]
    Permanent,
    /// A paid submit was sent and its answer was lost.
    #[component(name = "permanent-outcome-unknown")]
    PermanentOutcomeUnknown,
}

/// What a failed call tells.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lift, Serialize)]
#[component(record)]
#[serde(rename_all = "camelCase")]
pub struct Problem {
    /// Whether it may be repeated.
    pub kind: ProblemKind,
    /// Why it failed.
    pub cause: Cause,
    /// The sentence for the user, relayed as it is.
    pub message: String,
    /// What whoever runs this can do about it, a line for each step.
    #[serde(serialize_with = "text::or_empty")]
    pub advice: Option<String>,
    /// How long to wait before trying again, where the service said so.
    #[component(name = "retry-after-ms")]
    pub retry_after_ms: Option<u64>,
}

/// Where a session stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ComponentType, Lift, Serialize)]
#[component(enum)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum SessionState {
    /// Taken; the backend has not begun to answer.
    #[component(name = "submitted")]
    Submitted,
    /// Being made, or results wait for their delivery.
    #[component(name = "generating")]
    Generating,
    /// The backend asked the user a question.
    #[component(name = "awaiting-user")]
    AwaitingUser,
    /// Every result is there.
    #[component(name = "completed")]
    Completed,
    /// Refused or failed.
    #[component(name = "failed")]
    Failed,
    /// No result within two hours; a late one is still delivered.
    #[component(name = "timeout")]
    Timeout,
}

impl SessionState {
    /// The name used in JSON, records and logs.
    pub const fn name(self) -> &'static str {
        contract::names::OF_SESSIONS[self as usize]
    }
}

/// A session that wants to be polled.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lift, Serialize)]
#[component(record)]
#[serde(rename_all = "camelCase")]
pub struct DueSession {
    /// The session's id.
    #[component(name = "session-id")]
    pub session_id: String,
    /// When the next poll step is due.
    #[component(name = "at-ms")]
    pub at_ms: u64,
}

/// One line for the session's log.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lift, Serialize)]
#[component(record)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    /// When it happened.
    #[component(name = "at-ms")]
    pub at_ms: u64,
    /// What happened.
    pub text: String,
}

/// What one poll step did.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lift, Serialize)]
#[component(record)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    /// The session's id.
    #[component(name = "session-id")]
    pub session_id: String,
    /// Where the session stands now.
    pub state: SessionState,
    /// When to call again; none when the session has ended.
    #[component(name = "next-poll-at-ms")]
    pub next_poll_at_ms: Option<u64>,
    /// Results found so far in the latest turn.
    pub results: u32,
    /// Results of the latest turn that have reached the chat.
    pub delivered: u32,
    /// What happened in this step, in order.
    pub events: Vec<Event>,
}

/// What a submit answers.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lift, Serialize)]
#[component(record)]
#[serde(rename_all = "camelCase")]
pub struct Submission {
    /// The session's id: what `query` and `poll` take.
    #[component(name = "session-id")]
    pub session_id: String,
    /// The project on the canvas.
    #[component(name = "project-uuid")]
    pub project_uuid: String,
    /// The canvas link. Show it to people only once the job has finished.
    #[component(name = "project-url")]
    pub project_url: String,
    /// The channel the result goes to, in lower case.
    #[serde(serialize_with = "text::or_empty")]
    pub channel: Option<String>,
    /// True only when results will arrive in the chat by themselves.
    pub deliverable: bool,
    /// A sentence for the user, to acknowledge the request with.
    pub note: String,
    /// What only whoever runs this machine can do, so that the result arrives by itself.
    #[component(name = "operator-note")]
    pub operator_note: Option<String>,
}
