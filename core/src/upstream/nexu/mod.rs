//! Nexu's gateway to LibTV, with keys that Nexu gives out. It counts what a key was used for, and lists its tasks.

mod envelope;
mod key;
mod tasks;

use super::results::ResultUrl;
use super::session_api::{self, Dialect, Offers};
use super::{Answer, Error, Job, KeyStatus, Listing, Lost, Member, Upstream, libtv};
use crate::io::Io;
use serde_json::Value;

/// The service.
pub static NEXU: Member = Member {
    entry: &contract::services::GATEWAY,
    record_name: "nexu_gateway",
    in_version_1: true,
    title: "Gateway",
    keys: "Nexu-managed mgk_ keys",
    a_key: "a Nexu-managed key",
    warning: None,
    traits: libtv::TRAITS,
    port: &Gateway,
};

/// How it offers the API of sessions.
pub(super) static DIALECT: Dialect = Dialect {
    sessions: "libtv/v1/session",
    uploads: "libtv/v1/upload",
    called: "gateway",
    failed: "Request failed",
    lacking: ("Failed: no ", " returned"),
    key_header: ("x-api-key", ""),
    payload: envelope::payload,
};

/// Its port.
struct Gateway;

impl Offers for Gateway {
    fn dialect(&self) -> &'static Dialect {
        &DIALECT
    }

    fn key_status(&self, io: &Io, upstream: &Upstream<'_>) -> Answer<KeyStatus> {
        key::status(io, upstream)
    }

    fn all_results(
        &self,
        io: &Io,
        upstream: &Upstream<'_>,
        job: &Job<'_>,
    ) -> Answer<Vec<ResultUrl>> {
        results(io, upstream, job)
    }

    fn jobs(&self, io: &Io, upstream: &Upstream<'_>) -> Answer<Listing> {
        tasks::list(io, upstream)
    }

    fn may_have_become(
        &self,
        io: &Io,
        upstream: &Upstream<'_>,
        lost: &Lost<'_>,
    ) -> Answer<Vec<String>> {
        tasks::of_its_time(io, upstream, lost)
    }

    fn shown(&self, base: &str) -> String {
        format!("{base}/")
    }
}

/// There is a route for it.
fn results(io: &Io, upstream: &Upstream<'_>, job: &Job<'_>) -> Result<Vec<ResultUrl>, Error> {
    let path = session_api::session_path(&DIALECT, job.session_id) + "/results";
    let data = session_api::get(&DIALECT, io, upstream, &path)?;
    let listed = data.get("urls").and_then(Value::as_array);
    let urls = listed.into_iter().flatten();
    let urls = urls.filter_map(|url| ResultUrl::parse(url.as_str()?));
    Ok(session_api::without(urls, &session_api::own_files(job)))
}
