//! One route that is granted, as plain data: for reports, and for programs that grant less. Not here: what grants it (`grants.rs`).

use contract::services::Key;
use serde::Serialize;

use sandbox::http::GrantedRoute;

/// One route.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct RouteReport {
    /// Whose it is, in a word or two.
    pub service: &'static str,
    /// The only method.
    pub method: String,
    /// Scheme, host and port.
    pub origin: String,
    /// The path; `{id}` is one segment, `…` one or more.
    pub path: String,
    /// To which addresses a connection may go: `public` or `loopback`.
    pub addresses: &'static str,
    /// Headers that a request may have, beside the credential.
    pub headers: Vec<&'static str>,
    /// Keys that its query may have; one with `…` stands for all that begin so.
    pub query: Vec<String>,
    /// Which kinds of call may ask it.
    pub calls: Vec<&'static str>,
}

impl RouteReport {
    /// A route that is granted.
    pub(crate) fn of(granted: &GrantedRoute) -> Self {
        Self {
            service: granted.service.short,
            method: granted.method.clone(),
            origin: granted.origin.clone(),
            path: granted.path.clone(),
            addresses: if granted.loopback {
                "loopback"
            } else {
                "public"
            },
            headers: granted.route.headers.iter().map(|h| h.name).collect(),
            query: granted.route.query.iter().map(key).collect(),
            calls: granted.route.kinds.iter().map(|kind| kind.name()).collect(),
        }
    }
}

fn key(key: &Key) -> String {
    match key {
        Key::Is(name) | Key::Message(name) | Key::OwnMessage(name) => (*name).to_owned(),
        Key::Begins(prefix) => format!("{prefix}…"),
    }
}
