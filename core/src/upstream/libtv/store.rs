//! LibTV's media store, where both ways to LibTV put their results.

use super::super::results::Store;

/// The store.
pub static STORE: Store = Store {
    entry: &contract::services::MEDIA,
    uploads: Some("/claw/"),
    // Some clients had to send it.
    referer: Some("https://www.liblib.art/"),
    first_frame: Some("?x-oss-process=video/snapshot,t_0,f_jpg,m_fast"),
};
