//! The calls that a channel may make now. What commits is let out only where the message and its identity are on record: a
//! channel that got that wrong sends nothing.

use super::answer::Risk;
use crate::io::{HttpError, Io, Relay, RelayError, Request, Response, UnixMs};
use crate::multipart::FormEnds;

/// Where the bytes are that go into a request's body.
pub enum Bytes<'a> {
    /// Here. They are few, a cover or the doctor's picture: to copy them is cheaper than to stream them.
    Here(&'a [u8]),
    /// Where this request gets them, so many. The body is put together by the driver, from store to platform: a film never
    /// stands in the component's memory.
    Fetched(Request, u64),
}

/// What stands around them in the body, and until when it may end.
#[derive(Default)]
pub struct Around<'a> {
    /// In front.
    pub head: &'a [u8],
    /// Behind.
    pub tail: &'a [u8],
    /// The last moment at which the body may end; none where it always may.
    pub end_before_ms: Option<UnixMs>,
}

impl<'a> Around<'a> {
    /// The rest of a form whose file the bytes are.
    #[must_use]
    pub fn of(form: &'a FormEnds, end_before_ms: Option<UnixMs>) -> Self {
        Self {
            head: &form.head,
            tail: &form.tail,
            end_before_ms,
        }
    }
}

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
    pub fn http(&self, risk: Risk, request: Request) -> Result<Response, RelayError> {
        self.permit(risk)?;
        self.io.http(request).map_err(RelayError::Upload)
    }

    /// Bytes in the body of a request that `upload` makes, given what of the body is here.
    ///
    /// # Errors
    /// Why it has no response.
    pub fn send(
        &self,
        risk: Risk,
        bytes: Bytes<'_>,
        around: &Around<'_>,
        upload: &dyn Fn(Vec<u8>) -> Request,
    ) -> Result<Response, RelayError> {
        match bytes {
            Bytes::Here(bytes) => {
                self.http(risk, upload([around.head, bytes, around.tail].concat()))
            }
            Bytes::Fetched(source, source_len) => {
                self.permit(risk)?;
                self.io.relay(Relay {
                    source,
                    source_len,
                    upload: upload(Vec::new()),
                    head: around.head.to_vec(),
                    tail: around.tail.to_vec(),
                    end_before_ms: around.end_before_ms,
                })
            }
        }
    }

    /// Whether a call of this risk may leave now.
    ///
    /// # Errors
    /// As not sent: a commit of a message that isn't on record.
    fn permit(&self, risk: Risk) -> Result<(), RelayError> {
        if risk == Risk::Commit && !self.may_commit {
            // A refusal and no panic: a channel's bug must cost one message and not the harness, and "not sent"
            // is what is true of it.
            let reason = "a message that isn't on record was not sent: please report this";
            return Err(RelayError::Upload(HttpError::NotSent(reason.to_owned())));
        }
        Ok(())
    }
}
