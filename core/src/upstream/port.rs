//! What every service is asked, and answers, in terms that none of them owns.

use serde_json::Value;

use super::results::ResultUrl;
use super::{Error, Lost, Sighting, TurnMark, Upstream, View};
use crate::io::{HttpError, Io, Request, Response};
use crate::ratio::Ratio;

/// What came of a call.
pub type Answer<T> = Result<T, Error>;

/// How a service is spoken to. Everything that not every service offers has an answer that says so.
pub trait Port: Sync {
    /// Submits, once: whoever implements it never repeats the request.
    fn submit(&self, io: &Io, upstream: &Upstream<'_>, order: &Order<'_>) -> Answer<Submitted>;

    /// Looks at a job.
    fn observe(&self, io: &Io, upstream: &Upstream<'_>, job: &Job<'_>) -> Answer<View>;

    /// What the service says of the key, without cost.
    fn check(&self, io: &Io, upstream: &Upstream<'_>) -> Answer<KeyStatus>;

    /// All results of a job: where there is no call for them, what there is to see of it.
    fn results(&self, io: &Io, upstream: &Upstream<'_>, job: &Job<'_>) -> Answer<Vec<ResultUrl>> {
        Ok(self.observe(io, upstream, job)?.results)
    }

    /// What is stored with the intent of a submit, before it leaves, so that the service can be asked for it if the answer
    /// is lost. `nonce` is the intent's own and random. None where the words and the time are all there is.
    fn traced_by(&self, _upstream: &Upstream<'_>, _nonce: &str) -> Option<String> {
        None
    }

    /// Which jobs may have come of a submit whose answer was lost.
    fn look_for(&self, _io: &Io, _upstream: &Upstream<'_>, _lost: &Lost<'_>) -> Answer<Sighting> {
        Ok(Sighting::default())
    }

    /// Stops a job, where that isn't too late: it costs nothing, and repeated it changes nothing. Only a member whose
    /// [`super::Traits::cancels`] says so is asked.
    fn cancel(&self, _io: &Io, upstream: &Upstream<'_>, _job: &Job<'_>) -> Answer<Stopped> {
        Err(not_offered(upstream, "way to cancel a job"))
    }

    /// The jobs of the key.
    fn list(&self, _io: &Io, upstream: &Upstream<'_>) -> Answer<Listing> {
        Err(not_offered(upstream, "list of jobs"))
    }

    /// Starts a new project.
    fn begin_project(&self, _io: &Io, upstream: &Upstream<'_>) -> Answer<String> {
        Err(not_offered(upstream, "projects"))
    }

    /// The request that uploads a file as a form of this content type, without its body.
    fn upload(&self, _upstream: &Upstream<'_>, _content_type: &str) -> Option<Request> {
        None
    }

    /// Reads the answer to an upload: where the file is now, if it says so.
    ///
    /// # Errors
    /// [`Error`].
    fn uploaded(
        &self,
        io: &Io,
        answer: Result<Response, HttpError>,
    ) -> Result<Option<String>, Error>;

    /// An address as people are shown it.
    fn shown_address(&self, base: &str) -> String {
        base.to_owned()
    }
}

/// What is said of a call that a service doesn't have.
#[must_use]
pub fn not_offered(upstream: &Upstream<'_>, what: &str) -> Error {
    let title = upstream.service().member().title;
    Error::refused(format!("{title} has no {what}."))
}

/// What is to be submitted.
#[derive(Default)]
pub struct Order<'a> {
    /// The words, as they go out.
    pub words: Option<&'a str>,
    /// The session that is continued.
    pub session_id: Option<&'a str>,
    /// `image` or `video`, where it is known what is asked for.
    pub kind: Option<&'a str>,
    /// The ratio that the words or the configuration name, where they name one.
    pub ratio: Option<Ratio>,
    /// What [`Port::traced_by`] gave, and was stored.
    pub trace: Option<&'a str>,
}

/// What a submit gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submitted {
    /// The session, or the task.
    pub session_id: String,
    /// Its project, or empty.
    pub project_uuid: String,
}

/// What became of the wish to stop a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stopped {
    /// Nothing more comes of it, by the service's word: also where somebody had cancelled it before.
    Cancelled,
    /// It goes on, or has ended already: the sentence for the user.
    TooLate(String),
}

/// Why a turn failed whose job was cancelled, by [`Port::cancel`] or elsewhere: what `observe` gives as its failure, so that
/// whoever notices it first tells the chat in the same words.
pub const CANCELLED: &str = "it was cancelled";

/// A job that is looked at.
pub struct Job<'a> {
    /// Its session, or its task.
    pub session_id: &'a str,
    /// What was asked for in it, oldest first.
    pub turns: &'a [TurnMark<'a>],
    /// Only what stands behind this place, where the service can do that.
    pub after: Option<u64>,
}

/// What a service says of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyStatus {
    /// It is good.
    Good {
        /// How often it can still be used, and how often in all.
        uses: Option<(i64, i64)>,
        /// Until when, as the service writes it.
        expires_at: Option<String>,
    },
    /// The service answers, and not as it should: for this reason.
    Unclear(&'static str),
    /// There is no call that tells: the name of what has none.
    Unverifiable(&'static str),
}

/// The jobs of a key.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Listing {
    /// As the service lists them.
    pub shown: Vec<Value>,
    /// The same, read; one for each of `shown`.
    pub jobs: Vec<Listed>,
}

/// A job in a list. What the service doesn't say is `None`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listed {
    /// Its id.
    pub id: Option<String>,
    /// Who works on it.
    pub backend: Option<String>,
    /// Where it stands.
    pub stage: Stage,
    /// The same in the service's word.
    pub status: Option<String>,
    /// When it began, as the service writes it.
    pub created_at: Option<String>,
    /// When it ended, as the service writes it.
    pub completed_at: Option<String>,
    /// Its result's address, as it was found: it needn't be one.
    pub url: Option<String>,
    /// Why it failed.
    pub error: Option<String>,
}

/// Where a listed job stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Stage {
    /// It waits.
    Waiting,
    /// It is worked on.
    Working,
    /// Its result is there.
    Done,
    /// It failed.
    Failed,
    /// The service's word isn't known.
    #[default]
    Unknown,
}
