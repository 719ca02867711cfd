//! What the typed exports answer: the records of `wit/world.wit`, field by field. The component's bindings use these very
//! types, so that one that differs from the WIT doesn't compile. What each member means, its unit and its limits stand
//! there. Not here: how an answer comes about (`commands`), nor how the command line writes it.

use crate::io::UnixMs;
use crate::{problem, session};

pub use crate::problem::Cause;
pub use crate::session::{DeliveryState, State as SessionState};
pub use crate::submit::Submission;
pub use crate::submit::request::{Destination, Medium, Request, Route};
pub use crate::upstream::session_api::messages::Role;

/// Whether a failed call may be repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProblemKind {
    /// Later.
    Temporary,
    /// Nothing changes by that.
    Permanent,
    /// Never: a submit may have been charged.
    PermanentOutcomeUnknown,
}

/// What a failed call tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Whether it may be repeated.
    pub kind: ProblemKind,
    /// Why it failed.
    pub cause: Cause,
    /// The sentence for the user.
    pub message: String,
    /// What whoever runs this can do about it.
    pub advice: Option<String>,
    /// How long to wait, in milliseconds.
    pub retry_after_ms: Option<u64>,
}

impl From<problem::Problem> for Problem {
    fn from(problem: problem::Problem) -> Self {
        let (kind, failure) = match problem {
            problem::Problem::Temporary(failure) => (ProblemKind::Temporary, failure),
            problem::Problem::Permanent(failure) => (ProblemKind::Permanent, failure),
            problem::Problem::OutcomeUnknown(failure) => {
                (ProblemKind::PermanentOutcomeUnknown, failure)
            }
        };
        let problem::Failure {
            cause,
            message,
            advice,
            retry_after_ms,
        } = *failure;
        Self {
            kind,
            cause,
            message,
            advice,
            retry_after_ms,
        }
    }
}

/// A session that wants to be polled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueSession {
    /// Its id.
    pub session_id: String,
    /// When.
    pub at_ms: UnixMs,
}

/// A line for the session's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// When it happened.
    pub at_ms: UnixMs,
    /// What happened.
    pub text: String,
}

/// What a poll step did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The session's id.
    pub session_id: String,
    /// Where it stands.
    pub state: SessionState,
    /// When to call again.
    pub next_poll_at_ms: Option<UnixMs>,
    /// Results of the latest turn.
    pub results: u32,
    /// Those of them that have reached the chat.
    pub delivered: u32,
    /// What happened.
    pub events: Vec<Event>,
}

/// What a message to the chat is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// One result.
    Result,
    /// The links of several.
    Links,
    /// A question of the backend.
    Question,
    /// That the job failed.
    Failure,
    /// That it took too long.
    Timeout,
    /// That there are more results than are sent.
    More,
    /// That a result may or may not have arrived.
    Uncertain,
}

impl Purpose {
    /// The name used in replies.
    #[must_use]
    pub const fn name(self) -> &'static str {
        contract::names::OF_PURPOSES[self as usize]
    }
}

impl From<&session::Purpose> for Purpose {
    fn from(purpose: &session::Purpose) -> Self {
        match purpose {
            session::Purpose::Result(_) => Self::Result,
            session::Purpose::Links(_) => Self::Links,
            session::Purpose::Question => Self::Question,
            session::Purpose::Failure => Self::Failure,
            session::Purpose::Timeout => Self::Timeout,
            session::Purpose::More => Self::More,
            session::Purpose::Uncertain => Self::Uncertain,
        }
    }
}

/// One message to the chat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Its turn.
    pub turn: u32,
    /// Its place among the turn's messages.
    pub order: u32,
    /// What it is for.
    pub purpose: Purpose,
    /// The newest address of the result that it brings.
    pub url: Option<String>,
    /// Where it stands.
    pub state: DeliveryState,
    /// The platform's id of the message.
    pub message_id: Option<String>,
    /// When it ended.
    pub ended_at_ms: Option<UnixMs>,
    /// Why it failed, or what is in the way.
    pub trouble: Option<String>,
}

/// One video or image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Product {
    /// Its newest address.
    pub url: String,
    /// Whether it has reached the chat.
    pub delivery: Option<DeliveryState>,
    /// The platform's id of the message that brought it.
    pub message_id: Option<String>,
}

/// One request within a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    /// From 1.
    pub number: u32,
    /// The user's words.
    pub text: String,
    /// Where it stands.
    pub state: SessionState,
    /// When it was submitted.
    pub submitted_at_ms: UnixMs,
    /// When it ended.
    pub ended_at_ms: Option<UnixMs>,
    /// When its last result had reached the chat.
    pub delivered_at_ms: Option<UnixMs>,
    /// Answered polls.
    pub polls: u32,
    /// Its results.
    pub results: Vec<Product>,
    /// The backend's question.
    pub question: Option<String>,
    /// Why it failed, or its last word.
    pub trouble: Option<String>,
}

/// A session, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Its id.
    pub session_id: String,
    /// Where its latest turn stands.
    pub state: SessionState,
    /// The channel.
    pub channel: Option<String>,
    /// The chat.
    pub chat_id: Option<String>,
    /// The message that is answered.
    pub reply_to: Option<String>,
    /// The service that has it, as users call it.
    pub service: String,
    /// Whether it may still be cancelled.
    pub cancellable: bool,
    /// When it wants its next poll.
    pub next_poll_at_ms: Option<UnixMs>,
    /// The canvas link of a finished job.
    pub project_url: Option<String>,
    /// Its turns, at least one.
    pub turns: Vec<Turn>,
    /// Its messages to the chat.
    pub deliveries: Vec<Delivery>,
}

/// A submit whose answer was lost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownSubmit {
    /// What `recover --forget` takes.
    pub id: String,
    /// The words.
    pub text: String,
    /// When it was sent.
    pub started_at_ms: Option<UnixMs>,
    /// Why its outcome isn't known.
    pub reason: Option<String>,
}

/// What is known here of sessions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overview {
    /// When this was so.
    pub now_ms: UnixMs,
    /// The sessions that were asked for.
    pub sessions: Vec<Session>,
    /// Submits of unknown outcome.
    pub unknown_submits: Vec<UnknownSubmit>,
    /// What can't be read or asked about.
    pub damaged: Vec<String>,
}

/// A value that a service gave, without what holds it.
#[derive(Debug, Clone, PartialEq)]
pub enum Scalar {
    /// `null`.
    Null,
    /// True or false.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// Any other number.
    Decimal(f64),
    /// A text.
    Text(String),
    /// `[]`.
    EmptyList,
    /// `{}`.
    EmptyObject,
}

/// One value of an object whose shape is the service's own business.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// Where it stands, as a JSON pointer.
    pub path: String,
    /// The value.
    pub value: Scalar,
}

/// One message of a session.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// Its number.
    pub seq: Option<u64>,
    /// Who speaks.
    pub role: Role,
    /// What is said.
    pub text: String,
    /// The addresses of results in it.
    pub result_urls: Vec<String>,
    /// All of it, as the service gave it.
    pub fields: Vec<Field>,
}

/// A session's messages, and what they mean.
#[derive(Debug, Clone, PartialEq)]
pub struct Transcript {
    /// The session's id.
    pub session_id: String,
    /// Where the session stands.
    pub state: SessionState,
    /// What the backend asks the user.
    pub question: Option<String>,
    /// The last word of a job under way.
    pub says: Option<String>,
    /// Why the job failed.
    pub trouble: Option<String>,
    /// The messages.
    pub messages: Vec<Message>,
    /// The results in them.
    pub result_urls: Vec<String>,
    /// The session's messages to the chat.
    pub deliveries: Vec<Delivery>,
    /// The canvas link of a finished job.
    pub project_url: Option<String>,
}

/// An account of a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChannelAccount {
    /// The channel.
    pub channel: String,
    /// The platform's id of it.
    pub id: String,
    /// The platform's address.
    pub url: String,
    /// Where it was found.
    pub found_in: String,
}

/// Whether results arrive by themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Polling {
    /// A harness polls.
    Active,
    /// One polls, but lacks this.
    Lacking(String),
    /// None polls.
    Absent,
    /// This runtime doesn't say.
    Unknown,
}

/// How often a key may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Uses {
    /// What is left.
    pub remaining: i64,
    /// What it was good for.
    pub max: i64,
}

/// What is configured, and whether the key is good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Configuration {
    /// The key's last four characters.
    pub api_key: String,
    /// Where the key is kept.
    pub key_from: Option<String>,
    /// Which service the key belongs to.
    pub service: String,
    /// The service's address.
    pub url: String,
    /// The ratio of videos whose request names none.
    pub video_ratio: String,
    /// The configuration file.
    pub config: String,
    /// Whether the service said that the key is good.
    pub verified: bool,
    /// How often it may be used.
    pub uses: Option<Uses>,
    /// When it expires.
    pub expires_at: Option<String>,
    /// The accounts that results are sent with.
    pub accounts: Vec<ChannelAccount>,
    /// Why there are none.
    pub no_accounts: Option<String>,
    /// Whether results arrive by themselves.
    pub polling: Polling,
    /// What is known against this configuration.
    pub warning: Option<String>,
    /// Why nothing can be submitted now.
    pub problem: Option<Problem>,
}

/// How one link of the chain is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// It works.
    Good,
    /// Results arrive all the same, or it couldn't be looked at.
    Doubtful,
    /// It has to be mended.
    Broken,
}

/// What was found of one link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Which one.
    pub link: String,
    /// How it is.
    pub health: Health,
    /// What was found.
    pub detail: String,
    /// What to do about it.
    pub advice: Option<String>,
}

/// One task of the key.
#[derive(Debug, Clone, PartialEq)]
pub struct Task {
    /// Its id.
    pub id: Option<String>,
    /// How far it is.
    pub status: Option<String>,
    /// The address of its result.
    pub url: Option<String>,
    /// Why it failed.
    pub error: Option<String>,
    /// All of it, as the service gave it.
    pub fields: Vec<Field>,
}

/// A picture or film that a request refers to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum File {
    /// By its path.
    Path(String),
    /// On standard input.
    Input(InputFile),
}

/// A file on standard input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InputFile {
    /// Its own name.
    pub name: String,
    /// Its length in bytes.
    pub size: u64,
}

/// A file that the service has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Uploaded {
    /// What stands for it in the words of a request.
    pub url: String,
}

/// Which results are downloaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WantedResults {
    /// Those of a session.
    Session(String),
    /// These.
    Urls(Vec<String>),
}

/// A result that could not be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missed {
    /// The name that it would have had.
    pub file: String,
    /// Why.
    pub reason: String,
}

/// Results in a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Downloaded {
    /// The folder.
    pub folder: String,
    /// The paths of those that are there.
    pub files: Vec<String>,
    /// Those that aren't.
    pub missed: Vec<Missed>,
    /// How many results there are.
    pub total: u32,
}

/// What became of the wish to cancel a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cancellation {
    /// It is cancelled.
    Cancelled,
    /// The service can't.
    NotSupported(String),
    /// It is too far for that.
    TooLate(String),
}

/// A project on the canvas.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Project {
    /// Its id.
    pub project_uuid: String,
    /// The canvas link.
    pub project_url: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_purpose_is_called_in_a_reply_what_it_is_called_in_a_record() {
        use session::Purpose as P;
        for stored in [
            P::Links(Vec::new()),
            P::Question,
            P::Failure,
            P::Timeout,
            P::More,
            P::Uncertain,
        ] {
            assert_eq!(Purpose::from(&stored).name(), stored.name());
        }
        assert_eq!(Purpose::Result.name(), "result");
    }
}
