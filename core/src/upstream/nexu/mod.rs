//! Nexu's gateway to LibTV, with keys that Nexu gives out. It counts what a key was used for, and lists its tasks.

mod envelope;
mod key;
mod tasks;

use super::results::ResultUrl;
use super::session_api::{self, Dialect};
use super::{
    Answer, Error, Job, KeyStatus, Listing, Lost, Member, Order, Port, Sighting, Submitted,
    Upstream, View, libtv,
};
use crate::io::{HttpError, Io, Request, Response};
use serde_json::Value;

/// The service.
pub static NEXU: Member = Member {
    entry: &contract::services::GATEWAY,
    record_name: "nexu_gateway",
    title: "Gateway",
    keys: "Nexu-managed mgk_ keys",
    a_key: "a Nexu-managed key",
    warning: None,
    traits: libtv::TRAITS,
    port: &Gateway,
};

pub(super) static DIALECT: Dialect = Dialect {
    sessions: "libtv/v1/session",
    uploads: "libtv/v1/upload",
    called: "gateway",
    failed: "Request failed",
    lacking: ("Failed: no ", " returned"),
    key_header: ("x-api-key", ""),
    payload: envelope::payload,
};

struct Gateway;

impl Port for Gateway {
    fn submit<'a>(
        &'a self,
        io: &'a Io,
        upstream: &'a Upstream<'_>,
        order: &'a Order<'_>,
    ) -> Answer<'a, Submitted> {
        Box::pin(session_api::submit(&DIALECT, io, upstream, order))
    }

    fn observe<'a>(
        &'a self,
        io: &'a Io,
        upstream: &'a Upstream<'_>,
        job: &'a Job<'_>,
    ) -> Answer<'a, View> {
        Box::pin(session_api::observe(&DIALECT, io, upstream, job))
    }

    /// There is a route for it.
    fn results<'a>(
        &'a self,
        io: &'a Io,
        upstream: &'a Upstream<'_>,
        job: &'a Job<'_>,
    ) -> Answer<'a, Vec<ResultUrl>> {
        Box::pin(results(io, upstream, job))
    }

    fn check<'a>(&'a self, io: &'a Io, upstream: &'a Upstream<'_>) -> Answer<'a, KeyStatus> {
        Box::pin(key::status(io, upstream))
    }

    fn list<'a>(&'a self, io: &'a Io, upstream: &'a Upstream<'_>) -> Answer<'a, Listing> {
        Box::pin(tasks::list(io, upstream))
    }

    fn look_for<'a>(
        &'a self,
        io: &'a Io,
        upstream: &'a Upstream<'_>,
        lost: &'a Lost<'_>,
    ) -> Answer<'a, Sighting> {
        Box::pin(tasks::look_for(io, upstream, lost))
    }

    fn begin_project<'a>(&'a self, io: &'a Io, upstream: &'a Upstream<'_>) -> Answer<'a, String> {
        Box::pin(session_api::begin_project(&DIALECT, io, upstream))
    }

    fn upload(&self, upstream: &Upstream<'_>, content_type: &str) -> Option<Request> {
        Some(session_api::upload(&DIALECT, upstream, content_type))
    }

    fn uploaded(
        &self,
        io: &Io,
        answer: Result<Response, HttpError>,
    ) -> Result<Option<String>, Error> {
        session_api::uploaded(&DIALECT, io, answer)
    }

    fn shown_address(&self, base: &str) -> String {
        format!("{base}/")
    }
}

async fn results(io: &Io, upstream: &Upstream<'_>, job: &Job<'_>) -> Result<Vec<ResultUrl>, Error> {
    let path = session_api::session_path(&DIALECT, job.session_id) + "/results";
    let data = session_api::get(&DIALECT, io, upstream, &path).await?;
    let listed = data.get("urls").and_then(Value::as_array);
    let urls = listed.into_iter().flatten();
    let urls = urls.filter_map(|url| ResultUrl::parse(url.as_str()?));
    Ok(session_api::without(urls, &session_api::own_files(job)))
}
