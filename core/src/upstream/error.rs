//! A call without the result that it should have, in a closed set of meanings: whoever asks decides by these, and never by
//! a service's own words or codes.

use std::ops::{Deref, DerefMut};

use crate::io::HttpError;
use crate::problem::{Cause, Failure, Problem};

/// What it means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// Network, load, or a response that is none: passes by itself.
    Passing,
    /// Asked too often: passes after a pause.
    RateLimited,
    /// The sandbox doesn't let the request out: whoever runs it has to change that.
    NotPermitted,
    /// A setting of this machine is in the way of every request: whoever runs it has to change that.
    Setting,
    /// The key isn't accepted.
    KeyRefused,
    /// Credits, uses or a bill: nothing is made until that is settled.
    Quota,
    /// What was asked for, or what came of it, isn't allowed there.
    Moderated,
    /// Refused for another reason: a wrong request.
    Refused,
    /// The service doesn't know the job.
    NotFound,
}

/// A call without the result it should have. What is known of it is boxed for the same reason as a
/// [`Problem`]'s words: it is handed through a `?` in nearly every function of a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error(Box<Known>);

/// What is known of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// What it means.
    pub meaning: Meaning,
    /// The sentence for the user, without `❌`. It never holds a secret.
    pub message: String,
    /// How long the service wants to be left alone, in milliseconds.
    pub retry_after_ms: Option<u64>,
    /// Whether a submit may have taken effect all the same.
    pub may_be_applied: bool,
    /// Whether the service itself answered, in its own words.
    pub from_service: bool,
    /// Whether these words are known to be the last that the service has for a job: asking again gives the same.
    pub is_last_word: bool,
}

impl Deref for Error {
    type Target = Known;

    fn deref(&self) -> &Known {
        &self.0
    }
}

impl DerefMut for Error {
    fn deref_mut(&mut self) -> &mut Known {
        &mut self.0
    }
}

impl Error {
    /// What the service says, in its own words.
    #[must_use]
    pub fn said(meaning: Meaning, message: String) -> Self {
        Self(Box::new(Known {
            meaning,
            message,
            retry_after_ms: None,
            may_be_applied: false,
            from_service: true,
            is_last_word: false,
        }))
    }

    /// What is known without asking.
    #[must_use]
    pub fn unasked(meaning: Meaning, message: String) -> Self {
        let mut error = Self::said(meaning, message);
        error.from_service = false;
        error
    }

    /// A call that the service doesn't have.
    #[must_use]
    pub fn refused(message: String) -> Self {
        Self::unasked(Meaning::Refused, message)
    }

    /// A response that can't be understood.
    #[must_use]
    pub fn unreadable(reason: &str) -> Self {
        let message = format!("The service's answer can't be understood: {reason}");
        let mut error = Self::unasked(Meaning::Passing, message);
        // It arrived and something answered: that it wasn't taken can't be said.
        error.may_be_applied = true;
        error
    }

    /// A good response that lacks a field.
    #[must_use]
    pub fn incomplete(message: String) -> Self {
        let mut error = Self::said(Meaning::Passing, message);
        error.may_be_applied = true;
        error
    }

    /// No response at all; `called` is the service as people know it.
    #[must_use]
    pub fn unreachable(called: &str, error: &HttpError) -> Self {
        let meaning = match error {
            HttpError::Denied(_) => Meaning::NotPermitted,
            HttpError::Setting(_) => Meaning::Setting,
            // Whoever runs this machine counts here, and not the service: in its own words.
            HttpError::Limit(sentence) => return Self::unasked(Meaning::Quota, sentence.clone()),
            HttpError::NotSent(_) | HttpError::Lost(_) => Meaning::Passing,
        };
        let message = format!("Cannot connect to {called}: {}", error.reason());
        let mut known = Self::unasked(meaning, message);
        // Only here: what was not sent, or was refused on this side, certainly cost nothing.
        known.may_be_applied = matches!(error, HttpError::Lost(_));
        known
    }

    /// A response in another form than the service's: of a proxy, say. It never ends a job.
    #[must_use]
    pub fn foreign(called: &str, status: u16) -> Self {
        let meaning = match status {
            401 | 403 => Meaning::KeyRefused,
            429 => Meaning::RateLimited,
            200..=399 | 408 | 425 | 500.. => Meaning::Passing,
            _ => Meaning::Refused,
        };
        let message = format!(
            "{called} can't be understood: it answered with HTTP {status} and no JSON of its own"
        );
        let mut error = Self::unasked(meaning, message);
        // Something answered, perhaps in front of a service that acted; a refusal by its status is one.
        error.may_be_applied = status < 400 || status == 408 || status >= 500;
        error
    }

    /// Whether asking again may give something else by itself.
    #[must_use]
    pub fn passes(&self) -> bool {
        matches!(self.meaning, Meaning::Passing | Meaning::RateLimited)
    }

    /// As a command's failure.
    #[must_use]
    pub fn problem(&self) -> Problem {
        let mut failure = Failure::new(self.message.clone());
        failure.cause = self.cause();
        failure.retry_after_ms = self.retry_after_ms;
        failure.advice = self.advice().map(str::to_owned);
        if self.passes() {
            Problem::Temporary(Box::new(failure))
        } else {
            Problem::Permanent(Box::new(failure))
        }
    }

    /// Why, for programs.
    #[must_use]
    pub fn cause(&self) -> Cause {
        match self.meaning {
            Meaning::Passing => Cause::Unreachable,
            Meaning::RateLimited => Cause::RateLimited,
            Meaning::NotPermitted => Cause::NotPermitted,
            Meaning::Setting => Cause::Setting,
            Meaning::KeyRefused => Cause::KeyRefused,
            Meaning::Quota if self.from_service => Cause::Quota,
            // Counted on this machine, before the service was asked.
            Meaning::Quota => Cause::LimitReached,
            Meaning::Moderated => Cause::Moderated,
            Meaning::Refused => Cause::ServiceRefused,
            Meaning::NotFound => Cause::UnknownJob,
        }
    }

    /// What can be done about it; `None` where the service's own words say that.
    fn advice(&self) -> Option<&'static str> {
        Some(match self.meaning {
            Meaning::Passing | Meaning::RateLimited => "Try again in a moment.",
            Meaning::NotPermitted => {
                "Whoever runs this has to allow it in the sandbox's rules; trying again changes nothing."
            }
            Meaning::Setting => {
                "Whoever runs this has to change that setting or network (libtv-video doctor looks at both); trying again changes nothing."
            }
            Meaning::KeyRefused => {
                "Check the key with: libtv-video check. Replace it with: libtv-video update-key --api-key K"
            }
            Meaning::Quota | Meaning::Moderated | Meaning::Refused | Meaning::NotFound => {
                // The service's own words say it all, and another attempt costs or gives the same.
                return None;
            }
        })
    }
}
