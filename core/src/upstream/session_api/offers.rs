//! The port of every service that offers this API: what one of them adds to its dialect is its own.

use super::{Dialect, begin_project, look_for, observe, submit, upload, uploaded};
use crate::io::{HttpError, Io, Request, Response};
use crate::upstream::account::ready;
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
    fn key_status<'a>(&'a self, io: &'a Io, upstream: &'a Upstream<'_>) -> Answer<'a, KeyStatus>;

    /// All results of a session: without a call for them, those in its messages.
    fn all_results<'a>(
        &'a self,
        io: &'a Io,
        upstream: &'a Upstream<'_>,
        job: &'a Job<'_>,
    ) -> Answer<'a, Vec<ResultUrl>> {
        Box::pin(async move { Ok(observe(self.dialect(), io, upstream, job).await?.results) })
    }

    /// The jobs of a key.
    fn jobs<'a>(&'a self, _io: &'a Io, upstream: &'a Upstream<'_>) -> Answer<'a, Listing> {
        ready(Err(not_offered(upstream, "list of jobs")))
    }

    /// The sessions that a new request may have become whose answer was lost. Without a list of jobs none is known.
    fn may_have_become<'a>(
        &'a self,
        _io: &'a Io,
        _upstream: &'a Upstream<'_>,
        _lost: &'a Lost<'_>,
    ) -> Answer<'a, Vec<String>> {
        ready(Ok(Vec::new()))
    }

    /// Its address as people are shown it.
    fn shown(&self, base: &str) -> String {
        base.to_owned()
    }
}

impl<T: Offers> Port for T {
    fn submit<'a>(
        &'a self,
        io: &'a Io,
        upstream: &'a Upstream<'_>,
        order: &'a Order<'_>,
    ) -> Answer<'a, Submitted> {
        Box::pin(submit(self.dialect(), io, upstream, order))
    }

    fn observe<'a>(
        &'a self,
        io: &'a Io,
        upstream: &'a Upstream<'_>,
        job: &'a Job<'_>,
    ) -> Answer<'a, View> {
        Box::pin(observe(self.dialect(), io, upstream, job))
    }

    fn results<'a>(
        &'a self,
        io: &'a Io,
        upstream: &'a Upstream<'_>,
        job: &'a Job<'_>,
    ) -> Answer<'a, Vec<ResultUrl>> {
        self.all_results(io, upstream, job)
    }

    fn check<'a>(&'a self, io: &'a Io, upstream: &'a Upstream<'_>) -> Answer<'a, KeyStatus> {
        self.key_status(io, upstream)
    }

    fn list<'a>(&'a self, io: &'a Io, upstream: &'a Upstream<'_>) -> Answer<'a, Listing> {
        self.jobs(io, upstream)
    }

    fn look_for<'a>(
        &'a self,
        io: &'a Io,
        upstream: &'a Upstream<'_>,
        lost: &'a Lost<'_>,
    ) -> Answer<'a, Sighting> {
        Box::pin(async move {
            let ids = match lost.continues {
                Some(_) => Vec::new(),
                None => self.may_have_become(io, upstream, lost).await?,
            };
            look_for(self.dialect(), io, upstream, lost, &ids).await
        })
    }

    fn begin_project<'a>(&'a self, io: &'a Io, upstream: &'a Upstream<'_>) -> Answer<'a, String> {
        Box::pin(begin_project(self.dialect(), io, upstream))
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
