//! How a call fails: what failed, whether trying again can help, what the user should do.

/// Why a call failed, for programs. What each means stands in `wit/world.wit`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// What was asked can't be met as it was asked.
    Request,
    /// No session of that id is known here.
    UnknownSession,
    /// No key of the service is configured.
    NoKey,
    /// A key that can't be one, or that the service refuses.
    KeyRefused,
    /// A setting of this machine, or its configuration file.
    Setting,
    /// The sandbox doesn't let the request out.
    NotPermitted,
    /// This machine's own limit on jobs.
    LimitReached,
    /// Credits, uses or a bill.
    Quota,
    /// Not allowed there.
    Moderated,
    /// Refused by the service for another reason, or not among its calls.
    ServiceRefused,
    /// The service doesn't know the job.
    UnknownJob,
    /// Asked too often.
    RateLimited,
    /// The network or the service failed for now.
    Unreachable,
    /// The same request was sent before, and isn't through.
    Repeated,
    /// A file of the state folder.
    Storage,
    /// A record that is damaged or newer.
    RecordUnreadable,
    /// A defect of the component.
    Internal,
}

impl Cause {
    /// Its name, for programs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        contract::names::OF_CAUSES[self as usize]
    }
}

/// The words of a failure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Why, for programs.
    pub cause: Cause,
    /// The sentence for the user, without `❌`. It never holds a secret.
    pub message: String,
    /// What whoever runs this can do about it, a line for each step.
    pub advice: Option<String>,
    /// How long to wait before trying again, in milliseconds, where the service said so.
    pub retry_after_ms: Option<u64>,
}

/// A failed call. The words are boxed: every procedure hands its results on, and a `Result` is as large as the larger of
/// its two sides. By value they are 10 KB of code that copies them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// The same call may succeed later.
    Temporary(Box<Failure>),
    /// Nothing changes by trying again.
    Permanent(Box<Failure>),
    /// A paid submit was sent and its answer lost: it must not be repeated by itself.
    OutcomeUnknown(Box<Failure>),
}

impl Problem {
    /// Trying again later may help.
    pub fn temporary(message: impl Into<String>) -> Self {
        Self::Temporary(Box::new(Failure::new(message.into())))
    }

    /// Trying again does not help.
    pub fn permanent(message: impl Into<String>) -> Self {
        Self::Permanent(Box::new(Failure::new(message.into())))
    }

    /// A submit may have been charged.
    pub fn outcome_unknown(message: impl Into<String>) -> Self {
        Self::OutcomeUnknown(Box::new(Failure::new(message.into())))
    }

    /// A file of the state folder could not be read or written.
    #[must_use]
    pub fn storage(reason: &str) -> Self {
        Self::temporary(format!("Cannot use the state folder: {reason}"))
            .because(Cause::Storage)
            // Temporary, for a full disk is emptied: agents may try again.
            .advise("Check that the disk isn't full and the folder can be written.")
    }

    /// Nothing is known here of a session of this id; `shown` is fit to be printed.
    #[must_use]
    pub fn unknown_session(shown: &str) -> Self {
        Self::permanent(format!("Unknown LibTV session: {shown}")).because(Cause::UnknownSession)
    }

    /// Says why, where it isn't [`Cause::Request`].
    #[must_use]
    pub fn because(mut self, cause: Cause) -> Self {
        self.failure_mut().cause = cause;
        self
    }

    /// Adds what the user can do.
    #[must_use]
    pub fn advise(mut self, advice: impl Into<String>) -> Self {
        self.failure_mut().advice = Some(advice.into());
        self
    }

    /// The words.
    #[must_use]
    pub fn failure(&self) -> &Failure {
        match self {
            Self::Temporary(failure) | Self::Permanent(failure) | Self::OutcomeUnknown(failure) => {
                failure
            }
        }
    }

    fn failure_mut(&mut self) -> &mut Failure {
        match self {
            Self::Temporary(failure) | Self::Permanent(failure) | Self::OutcomeUnknown(failure) => {
                failure
            }
        }
    }
}

impl Failure {
    /// A failure without advice, caused by what was asked for.
    #[must_use]
    pub const fn new(message: String) -> Self {
        Self {
            cause: Cause::Request,
            message,
            advice: None,
            retry_after_ms: None,
        }
    }
}
