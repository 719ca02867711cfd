//! What every service is asked, and answers, in terms that none of them owns.

use serde_json::Value;

use super::results::ResultUrl;
use super::{Baseline, Error, Lost, Observation, Sighting, TurnMark, Upstream, View};
use crate::io::{HttpError, Io, Request, Response};
use crate::json::{Written, stored};
use crate::media::ImageFormat;
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

    /// Whether the service would take it, as far as that is known without asking: before anything is stored or paid.
    ///
    /// # Errors
    /// It wouldn't: what there is too much of, or what is wrong with it.
    fn fits(&self, _upstream: &Upstream<'_>, _order: &Order<'_>) -> Answer<()> {
        Ok(())
    }

    /// What is stored with the intent of a submit, before it leaves, so that the service can be asked for it if the answer
    /// is lost. None where the words and the time are all there is.
    fn traced_by(&self, _upstream: &Upstream<'_>, _order: &Order<'_>) -> Option<String> {
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
    /// Whether a picture is asked for, and not a film or whatever the service takes the words for.
    pub picture: bool,
    /// The user's own pictures that go along, where the service takes them so ([`super::References::InRequest`]).
    pub references: &'a [Reference],
    /// The ratio that the words or the configuration name, where they name one.
    pub ratio: Option<Ratio>,
    /// What [`Port::traced_by`] gave, and was stored.
    pub trace: Option<&'a str>,
    /// The intent's own random name: what a job is called whose service has no name for it.
    pub nonce: &'a str,
}

/// A picture of the user's that goes along with a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// The file, by its path in the state folder.
    pub path: String,
    /// Its length in bytes.
    pub len: u64,
    /// Its format.
    pub format: ImageFormat,
    /// Width and height in pixels, where its beginning tells.
    pub size: Option<(u32, u32)>,
}

/// What a submit gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submitted {
    /// The session, or the task.
    pub session_id: String,
    /// Its project, or empty.
    pub project_uuid: String,
    /// What there is of it already, where the service answers with all that will ever come: it has nothing more to say.
    pub given: Option<Given>,
}

impl Submitted {
    /// A job of which results are still to come.
    #[must_use]
    pub const fn job(session_id: String, project_uuid: String) -> Self {
        Self {
            session_id,
            project_uuid,
            given: None,
        }
    }
}

/// All that comes of a request whose answer brought it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Given {
    /// Its results.
    pub results: Vec<ResultUrl>,
    /// Why some of it failed, where some did.
    pub trouble: Option<String>,
}

stored!(Given { results, trouble });

impl Given {
    /// What there is to see of it.
    #[must_use]
    pub fn view(&self, turns: usize) -> View {
        let seen = Observation {
            results: self.results.clone(),
            failure: self.trouble.clone(),
            last_word: true,
            answered: true,
            count: self.results.len(),
            ..Observation::default()
        };
        View {
            shown: self.to_json(),
            turns: vec![seen; turns],
            results: self.results.clone(),
            end: Baseline::default(),
        }
    }
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
