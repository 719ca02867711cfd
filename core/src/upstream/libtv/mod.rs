//! LibTV's own API, with keys of LibTV. It has no list of jobs and no call that tells whether a key is good.

mod envelope;
mod store;

use super::session_api::{Dialect, Offers};
use super::{Answer, KeyStatus, Member, Pictures, References, Shape, Traits, Upstream};
use crate::io::Io;

pub use store::STORE;

/// The service.
pub static LIBTV: Member = Member {
    entry: &contract::services::DIRECT,
    record_name: "libtv_direct",
    in_version_1: true,
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
    ends_each: false,
    asks: true,
    lists: true,
    cancels: false,
    pictures: Pictures::AsResults,
    ratio_in_words: true,
    // What the services take.
    references: References::Uploaded(200 * 1024 * 1024),
    links_live_ms: None,
    stores: &[&STORE],
    projects_at: Some("https://www.liblib.tv/canvas?projectId="),
};

/// How it offers the API of sessions.
pub(super) static DIALECT: Dialect = Dialect {
    sessions: "openapi/session",
    uploads: "openapi/file/upload",
    called: "direct LibTV API",
    failed: "Direct LibTV request failed",
    lacking: ("Direct LibTV response missing required field(s): ", ""),
    key_header: ("authorization", "Bearer "),
    payload: envelope::payload,
};

/// Its port.
struct Direct;

impl Offers for Direct {
    fn dialect(&self) -> &'static Dialect {
        &DIALECT
    }

    fn key_status(&self, _io: &Io, _upstream: &Upstream<'_>) -> Answer<KeyStatus> {
        Ok(KeyStatus::Unverifiable("the direct API"))
    }
}
