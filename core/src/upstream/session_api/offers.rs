//! The port of every service that offers this API: what one of them adds to its dialect is its own.

use super::{Dialect, begin_project, look_for, observe, submit, upload, uploaded};
use crate::io::{HttpError, Io, Request, Response};
use crate::upstream::results::ResultUrl;
use crate::upstream::{
    Answer, Error, Job, KeyStatus, Listing, Lost, Order, Port, Sighting, Submitted, Upstream, View,
    not_offered,
};

/// A service that offers this API.
pub trait Offers: Sync {
    /// How it is spoken to.
    fn dialect(&self) -> &'static Dialect;

    /// What it says of a key.
    fn key_status(&self, io: &Io, upstream: &Upstream<'_>) -> Answer<KeyStatus>;

    /// All results of a session: without a call for them, those in its messages.
    fn all_results(
        &self,
        io: &Io,
        upstream: &Upstream<'_>,
        job: &Job<'_>,
    ) -> Answer<Vec<ResultUrl>> {
        Ok(observe(self.dialect(), io, upstream, job)?.results)
    }

    /// The jobs of a key.
    fn jobs(&self, _io: &Io, upstream: &Upstream<'_>) -> Answer<Listing> {
        Err(not_offered(upstream, "list of jobs"))
    }

    /// The sessions that a new request may have become whose answer was lost. Without a list of jobs none is known.
    fn may_have_become(
        &self,
        _io: &Io,
        _upstream: &Upstream<'_>,
        _lost: &Lost<'_>,
    ) -> Answer<Vec<String>> {
        Ok(Vec::new())
    }

    /// Its address as people are shown it.
    fn shown(&self, base: &str) -> String {
        base.to_owned()
    }
}

impl<T: Offers> Port for T {
    fn submit(&self, io: &Io, upstream: &Upstream<'_>, order: &Order<'_>) -> Answer<Submitted> {
        submit(self.dialect(), io, upstream, order)
    }

    fn observe(&self, io: &Io, upstream: &Upstream<'_>, job: &Job<'_>) -> Answer<View> {
        observe(self.dialect(), io, upstream, job)
    }

    fn results(&self, io: &Io, upstream: &Upstream<'_>, job: &Job<'_>) -> Answer<Vec<ResultUrl>> {
        self.all_results(io, upstream, job)
    }

    fn check(&self, io: &Io, upstream: &Upstream<'_>) -> Answer<KeyStatus> {
        self.key_status(io, upstream)
    }

    fn list(&self, io: &Io, upstream: &Upstream<'_>) -> Answer<Listing> {
        self.jobs(io, upstream)
    }

    fn look_for(&self, io: &Io, upstream: &Upstream<'_>, lost: &Lost<'_>) -> Answer<Sighting> {
        {
            let ids = match lost.continues {
                Some(_) => Vec::new(),
                None => self.may_have_become(io, upstream, lost)?,
            };
            look_for(self.dialect(), io, upstream, lost, &ids)
        }
    }

    fn begin_project(&self, io: &Io, upstream: &Upstream<'_>) -> Answer<String> {
        begin_project(self.dialect(), io, upstream)
    }

    fn upload(&self, upstream: &Upstream<'_>, content_type: &str) -> Option<Request> {
        Some(upload(self.dialect(), upstream, content_type))
    }

    fn uploaded(
        &self,
        io: &Io,
        answer: Result<Response, HttpError>,
    ) -> Result<Option<String>, Error> {
        uploaded(self.dialect(), io, answer)
    }

    fn shown_address(&self, base: &str) -> String {
        self.shown(base)
    }
}
