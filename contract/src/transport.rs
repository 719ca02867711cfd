//! How the harness tells in words why a request never left. The codes of `wasi:http` that mean this carry no text, so the
//! words travel in `internal-error`, behind one of three marks. An `internal-error` without a mark says nothing about whether
//! the request was sent.

/// Nothing was sent, and the same request may pass later.
pub const NOT_SENT: &str = "not sent: ";

/// Nothing was sent, and nothing will be until somebody changes a setting of this machine.
pub const NOT_SET_UP: &str = "not set up: ";

/// Nothing was sent: as many requests that cost money left as may. Behind it stands the whole sentence for the user.
pub const LIMIT: &str = "limit: ";
