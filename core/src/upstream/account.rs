//! A key, and the service that it opens. There is no way to ask a service with another's key.

use url::Url;

use super::port::{Job, KeyStatus, Listing, Order, Stopped, Submitted};
use super::results::ResultUrl;
use super::{Error, Lost, Pictures, ServiceId, Sighting, View};
use crate::io::{HttpError, Io, Request, Response};
use crate::secret::Secret;

/// An API key whose form is right.
pub struct ApiKey {
    /// The service it belongs to.
    pub service: ServiceId,
    /// The key.
    pub secret: Secret,
}

impl ApiKey {
    /// Takes a key with a known prefix and something behind it, or any other as one of the service that is meant, where that
    /// has keys without a form of their own. Only visible ASCII is in it.
    #[must_use]
    pub fn parse(text: &str, meant: Option<ServiceId>) -> Option<Self> {
        let text = text.trim();
        // What is decided here is the only service that the key can ever reach: see `Settings::upstream_of`.
        let service = ServiceId::of_key(text, meant).filter(|_| !text.is_empty())?;
        // It becomes a header: a line break in it would begin another one.
        let is_visible = text.bytes().all(|byte| byte.is_ascii_graphic());
        is_visible.then(|| Self {
            service,
            secret: Secret::new(text.to_owned()),
        })
    }
}

/// The address of a service, without a slash at its end: its own, or the one it was moved to. `https` anywhere, `http`
/// for this machine only: a key must not cross a network in the clear.
///
/// # Errors
/// What is wrong with the address; `name` is the variable that gives it.
pub fn base_url(moved: Option<String>, usual: &str, name: &str) -> Result<String, String> {
    let text = moved.unwrap_or_else(|| usual.to_owned());
    let url = Url::parse(text.trim()).map_err(|_| format!("{name} is not a URL."))?;
    // By name and not by resolving: whoever answers for a name could answer with this machine's address once
    // and with another next time.
    let loopback = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    let allowed = match url.scheme() {
        "https" => url.host_str().is_some(),
        "http" => loopback,
        _ => false,
    };
    // A path is fine, for a gateway below one; the rest would be lost or sent along when routes are added.
    let plain = url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none();
    if allowed && plain {
        Ok(url.as_str().trim_end_matches('/').to_owned())
    } else {
        Err(format!(
            "{name} must be an https:// address (http:// only for this machine), without user, query or fragment."
        ))
    }
}

/// What a user has chosen of a service.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Choices {
    /// The model that makes the media; none for the usual one.
    pub model: Option<String>,
    /// How finely; none for what the service takes by itself.
    pub resolution: Option<String>,
}

/// A service, where it is reached, a key of it, and what is chosen of it.
#[derive(Clone, Copy)]
pub struct Upstream<'a> {
    key: &'a ApiKey,
    base: &'a str,
    choices: &'a Choices,
}

impl<'a> Upstream<'a> {
    /// The service of a key, at this address.
    #[must_use]
    pub const fn new(key: &'a ApiKey, base: &'a str, choices: &'a Choices) -> Self {
        Self { key, base, choices }
    }

    /// What the user has chosen of it.
    #[must_use]
    pub const fn choices(&self) -> &'a Choices {
        self.choices
    }

    /// Which service it is.
    #[must_use]
    pub const fn service(&self) -> ServiceId {
        self.key.service
    }

    /// The key.
    #[must_use]
    pub const fn secret(&self) -> &Secret {
        &self.key.secret
    }

    /// Its address, without a slash at the end.
    #[must_use]
    pub const fn base(&self) -> &str {
        self.base
    }

    /// Its address as people are shown it.
    #[must_use]
    pub fn shown_address(&self) -> String {
        self.service().member().port.shown_address(self.base)
    }

    /// Whether a picture can be asked for.
    ///
    /// # Errors
    /// It can't, known without asking.
    pub fn makes_pictures(&self) -> Result<(), Error> {
        let member = self.service().member();
        if member.traits.pictures != Pictures::None {
            return Ok(());
        }
        Err(Error::refused(format!(
            "{} makes no pictures here, only clips: ask for a video, or name another service with --service. Nothing was submitted.",
            member.title
        )))
    }

    /// Whether the answer to a submit may take longer than any other: with pictures in it, or as its answer.
    #[must_use]
    pub fn takes_long(&self, order: &Order<'_>) -> bool {
        let in_answer = self.service().traits().pictures == Pictures::InAnswer;
        !order.references.is_empty() || (order.picture && in_answer)
    }

    /// Whether the service would take a request, as far as that is known without asking.
    ///
    /// # Errors
    /// It wouldn't.
    pub fn fits(&self, order: &Order<'_>) -> Result<(), Error> {
        self.service().member().port.fits(self, order)
    }

    /// What is stored with the intent of a submit; see [`super::Port::traced_by`].
    #[must_use]
    pub fn traced_by(&self, order: &Order<'_>) -> Option<String> {
        self.service().member().port.traced_by(self, order)
    }

    /// Submits. This costs the user money: the caller stores its intent before, its outcome after.
    ///
    /// # Errors
    /// [`Error`]; its `may_be_applied` says whether it may have been charged.
    pub fn submit(&self, io: &Io, order: &Order<'_>) -> Result<Submitted, Error> {
        self.service().member().port.submit(io, self, order)
    }

    /// What there is to see of a job.
    ///
    /// # Errors
    /// [`Error`].
    pub fn observe(&self, io: &Io, job: &Job<'_>) -> Result<View, Error> {
        self.service().member().port.observe(io, self, job)
    }

    /// All results of a job, without the user's own files.
    ///
    /// # Errors
    /// [`Error`].
    pub fn results(&self, io: &Io, job: &Job<'_>) -> Result<Vec<ResultUrl>, Error> {
        self.service().member().port.results(io, self, job)
    }

    /// Which jobs may have come of a submit whose answer was lost.
    ///
    /// # Errors
    /// [`Error`]: the service couldn't be asked, and may be asked again.
    pub fn look_for(&self, io: &Io, lost: &Lost<'_>) -> Result<Sighting, Error> {
        self.service().member().port.look_for(io, self, lost)
    }

    /// Stops a job, where that isn't too late.
    ///
    /// # Errors
    /// [`Error`]: whether it was stopped isn't known where the answer was lost; asked again it says so.
    pub fn cancel(&self, io: &Io, job: &Job<'_>) -> Result<Stopped, Error> {
        self.service().member().port.cancel(io, self, job)
    }

    /// What the service says of the key. It costs nothing.
    ///
    /// # Errors
    /// [`Error`].
    pub fn check(&self, io: &Io) -> Result<KeyStatus, Error> {
        self.service().member().port.check(io, self)
    }

    /// The jobs of the key.
    ///
    /// # Errors
    /// [`Error`].
    pub fn list(&self, io: &Io) -> Result<Listing, Error> {
        self.service().member().port.list(io, self)
    }

    /// Starts a new project; its id.
    ///
    /// # Errors
    /// [`Error`].
    pub fn begin_project(&self, io: &Io) -> Result<String, Error> {
        self.service().member().port.begin_project(io, self)
    }

    /// The request that uploads a file as a form of this content type, without its body; none where nothing is uploaded.
    #[must_use]
    pub fn upload(&self, content_type: &str) -> Option<Request> {
        self.service().member().port.upload(self, content_type)
    }

    /// The address of what was uploaded; none where the service doesn't say.
    ///
    /// # Errors
    /// [`Error`].
    pub fn uploaded(
        &self,
        io: &Io,
        answer: Result<Response, HttpError>,
    ) -> Result<Option<String>, Error> {
        self.service().member().port.uploaded(io, answer)
    }
}
