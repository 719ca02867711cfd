//! What became of a call to a channel: the four outcomes that decide what happens next, and the closed list of what a refusal
//! can mean. How a platform says so is known in the channel's own folder only.

use crate::backoff;
use crate::io::{HttpError, RelayError, Response, UnixMs};

/// What a call risks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Risk {
    /// It may be repeated: nobody sees what it did.
    Harmless,
    /// It shows a message.
    Commit,
}

/// What became of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Certainly nothing: it didn't reach the platform.
    NotDispatched(String),
    /// The message is in the chat; its id, where the response names one.
    Committed(Option<String>),
    /// The platform, or what stands before it, said no: nothing was shown.
    Refused(Meaning, String),
    /// It may or may not have taken effect.
    Unknown(String),
}

/// What a refusal means for what is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Meaning {
    /// The media could not be read from where it lies.
    MediaUnread,
    /// The media isn't there, or not yet.
    MediaGone,
    /// Too fast: again after this many milliseconds.
    RateLimited(u64),
    /// The credential isn't accepted, nor a fresh one.
    BadToken,
    /// The app lacks a right; the page where it is granted.
    MissingScope(String),
    /// What was uploaded belongs to another app: upload again.
    ForeignUpload,
    /// There is no such thread, or no way into it.
    NoThread,
    /// For a cause outside of what was sent: the chat, the app, its rights. Once that is mended the same is taken.
    Withheld,
    /// The text is too long.
    TooLong,
    /// For good: the same is refused again.
    ForGood,
}

/// What a platform says of a message whose response was lost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// It is in the chat, with this id where that is known.
    Sent(Option<String>),
    /// It certainly isn't there, and won't be.
    NotSent,
    /// It can't be told.
    Unknown(String),
}

/// How long to wait when a rate limit doesn't say, in milliseconds.
const DEFAULT_WAIT_MS: u64 = 1_000;

/// How long a platform wants to be left alone, in milliseconds, at least one: as `said` already, else by the first of these
/// headers that says it.
#[must_use]
pub fn wait_ms(said: Option<u64>, headers: &[&str], response: &Response, now_ms: UnixMs) -> u64 {
    let mut headers = headers.iter();
    let by_header =
        || headers.find_map(|name| backoff::retry_after_ms(response.header(name)?, now_ms));
    said.or_else(by_header)
        .unwrap_or(DEFAULT_WAIT_MS)
        // A wait of nothing would make the next attempt due in the very step that was refused.
        .max(1)
}

/// What to do about a rate limit, for whoever runs the machine.
pub const WAIT: &str = "Too many messages at once: try again in a moment.";
/// What to do where the platform isn't reached.
pub const NETWORK: &str = "Check the network, the name service and HTTPS_PROXY of this process.";

impl Answer {
    /// What it means that a call has no response.
    #[must_use]
    pub fn of_error(risk: Risk, error: RelayError) -> Self {
        match error {
            // What the platform got of the body is shorter than was announced: it can't have taken it.
            // So this counts as a refusal also for a commit, and the next attempt is safe.
            RelayError::Source { status, reason } => Self::Refused(
                Meaning::MediaUnread,
                match status {
                    0 => format!("the media could not be read: {reason}"),
                    status => format!("the media could not be read (HTTP {status}): {reason}"),
                },
            ),
            // A form without its end is none. Of a harmless upload nothing more is known than of one that was lost.
            RelayError::Cut(reason) => match risk {
                Risk::Harmless => Self::Unknown(reason),
                Risk::Commit => Self::NotDispatched(reason),
            },
            RelayError::Upload(
                HttpError::NotSent(reason) | HttpError::Setting(reason) | HttpError::Limit(reason),
            ) => Self::NotDispatched(reason),
            RelayError::Upload(HttpError::Denied(reason)) => {
                let meaning = match risk {
                    // The same rules refuse it again.
                    Risk::Harmless => Meaning::ForGood,
                    // What the sandbox refuses of a message is its recipient, whom a later submit may name.
                    Risk::Commit => Meaning::Withheld,
                };
                Self::Refused(meaning, reason)
            }
            // Only this one may have been shown: the request left, and nobody knows what became of it.
            RelayError::Upload(HttpError::Lost(reason)) => Self::Unknown(reason),
        }
    }

    /// Why it isn't a success, in words.
    #[must_use]
    pub fn reason(&self) -> &str {
        match self {
            Self::NotDispatched(reason) | Self::Refused(_, reason) | Self::Unknown(reason) => {
                reason
            }
            Self::Committed(_) => "the response names no message",
        }
    }

    /// Whether a message certainly wasn't shown by this attempt.
    #[must_use]
    pub const fn is_certainly_unsent(&self) -> bool {
        matches!(self, Self::NotDispatched(_) | Self::Refused(..))
    }
}

/// What the tables of the channels' tests have in common.
#[cfg(test)]
pub(super) mod testing {
    use serde_json::Value;

    use super::{Answer, Response};

    /// A response that wants to be left alone for seven seconds, should it be a refusal.
    pub fn response(status: u16, body: &str) -> Response {
        Response {
            status,
            headers: vec![("retry-after".to_owned(), "7".to_owned())],
            body: body.as_bytes().to_vec(),
            truncated: false,
        }
    }

    /// What an answer was read as, in a word. Of each refusal there is something to do.
    pub fn meaning(read: Result<Value, Answer>, advice: fn(&Answer) -> &'static str) -> String {
        match read {
            Ok(_) => "ok".to_owned(),
            Err(Answer::Unknown(_)) => "unknown".to_owned(),
            Err(answer) => {
                assert!(!advice(&answer).is_empty());
                match answer {
                    Answer::Refused(meaning, _) => format!("{meaning:?}"),
                    other => format!("{other:?}"),
                }
            }
        }
    }
}
