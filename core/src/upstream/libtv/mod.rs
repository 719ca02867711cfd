//! LibTV's own API, with keys of LibTV. It has no list of jobs and no call that tells whether a key is good.

mod envelope;
mod store;

use super::account::ready;
use super::session_api::{self, Dialect};
use super::{
    Answer, Error, Job, KeyStatus, Lost, Member, Order, Port, References, Shape, Sighting,
    Submitted, Traits, Upstream, View,
};
use crate::io::{HttpError, Io, Request, Response};

pub use store::STORE;

/// The service.
pub static LIBTV: Member = Member {
    entry: &contract::services::DIRECT,
    record_name: "libtv_direct",
    title: "Direct LibTV",
    keys: "direct sk-libtv- keys",
    a_key: "a direct LibTV key",
    warning: Some(
        "⚠️ The direct service is known not to take jobs any more: it has answered “LibTV Skill 已升级为 LibTV CLI”, and nothing public since June 2026 shows it taking one.",
    ),
    traits: Traits {
        lists: false,
        ..TRAITS
    },
    port: &Direct,
};

/// What every service can do that offers this API.
pub const TRAITS: Traits = Traits {
    shape: Shape::Session,
    continues: true,
    asks: true,
    lists: true,
    cancels: false,
    ratio_in_words: true,
    // What the services take.
    references: References::Uploaded(200 * 1024 * 1024),
    links_live_ms: None,
    stores: &[&STORE],
    projects_at: Some("https://www.liblib.tv/canvas?projectId="),
};

pub(super) static DIALECT: Dialect = Dialect {
    sessions: "openapi/session",
    uploads: "openapi/file/upload",
    called: "direct LibTV API",
    failed: "Direct LibTV request failed",
    lacking: ("Direct LibTV response missing required field(s): ", ""),
    key_header: ("authorization", "Bearer "),
    payload: envelope::payload,
};

struct Direct;

impl Port for Direct {
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

    fn check<'a>(&'a self, _io: &'a Io, _upstream: &'a Upstream<'_>) -> Answer<'a, KeyStatus> {
        ready(Ok(KeyStatus::Unverifiable("the direct API")))
    }

    /// Only a session that is continued can be looked into: there is no list of the others.
    fn look_for<'a>(
        &'a self,
        io: &'a Io,
        upstream: &'a Upstream<'_>,
        lost: &'a Lost<'_>,
    ) -> Answer<'a, Sighting> {
        Box::pin(session_api::look_for(&DIALECT, io, upstream, lost, &[]))
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
}
