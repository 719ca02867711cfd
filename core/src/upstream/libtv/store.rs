//! LibTV's media store, where both ways to LibTV put their results.

use super::super::results::Store;

/// The store.
pub static STORE: Store = Store {
    entry: &contract::services::MEDIA,
    uploads: Some("/claw/"),
};
