//! The calls that a channel may make now. What commits is let out only where the message and its identity are on record: a
//! channel that got that wrong sends nothing.

use super::answer::Risk;
use crate::io::{HttpError, Io, Relay, RelayError, Request, Response};

/// A channel's way out.
pub struct Calls<'a> {
    io: &'a Io<'a>,
    may_commit: bool,
}

impl<'a> Calls<'a> {
    /// For what precedes a commit, or asks what became of one.
    #[must_use]
    pub const fn harmless(io: &'a Io) -> Self {
        Self {
            io,
            may_commit: false,
        }
    }

    /// For a commit of what is on record.
    #[must_use]
    pub const fn committing(io: &'a Io) -> Self {
        Self {
            io,
            may_commit: true,
        }
    }

    /// The time, random words, and what is no call of the channel.
    #[must_use]
    pub const fn io(&self) -> &Io<'a> {
        self.io
    }

    /// A request with a small body.
    ///
    /// # Errors
    /// Why it has no response.
    pub fn http(&self, risk: Risk, request: Request) -> Result<Response, HttpError> {
        self.permit(risk)?;
        self.io.http(request)
    }

    /// Media from their store into a request's body.
    ///
    /// # Errors
    /// Why it has no response.
    pub fn relay(&self, risk: Risk, relay: Relay) -> Result<Response, RelayError> {
        self.permit(risk).map_err(RelayError::Upload)?;
        self.io.relay(relay)
    }

    /// Whether a call of this risk may leave now.
    ///
    /// # Errors
    /// As not sent: a commit of a message that isn't on record.
    fn permit(&self, risk: Risk) -> Result<(), HttpError> {
        if risk == Risk::Commit && !self.may_commit {
            // A refusal and no panic: a channel's bug must cost one message and not the harness, and "not sent"
            // is what is true of it.
            let reason = "a message that isn't on record was not sent: please report this";
            return Err(HttpError::NotSent(reason.to_owned()));
        }
        Ok(())
    }
}
