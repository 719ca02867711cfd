//! Whom the component may talk to: one entry a service, with its routes. A request is judged by its route alone, and what
//! the route doesn't name doesn't leave.
//!
//! Not here: where a service was moved to, and any credential's value. Those are the harness's settings.

mod feishu;
mod libtv;
mod media;

use crate::kind::Kind;

pub use feishu::{FEISHU, FEISHU_ORIGIN, LARK_ORIGIN, MESSAGES_PATH, TOKEN_PATH};
pub use libtv::{DIRECT, GATEWAY};
pub use media::MEDIA;

/// Every service.
pub const SERVICES: [&Service; 4] = [&GATEWAY, &DIRECT, &MEDIA, &FEISHU];

/// One service.
#[derive(Debug, PartialEq, Eq)]
pub struct Service {
    /// Its name for programs.
    pub id: &'static str,
    /// Its name for people.
    pub name: &'static str,
    /// Scheme and host, alternatives of each other; the first is the default.
    pub origins: &'static [&'static str],
    /// The variable that moves it elsewhere.
    pub moved_by: Option<&'static str>,
    /// When it is granted at all.
    pub granted: Granted,
    /// The same in words.
    pub when: &'static str,
    /// What identifies the user there.
    pub credential: Option<Credential>,
    /// Whether it may answer with a part of what was asked for (status 206). Only where answers aren't searched for
    /// secrets: two halves of one are not recognised.
    pub ranges: bool,
    /// What may be asked of it.
    pub routes: &'static [Route],
}

/// When a service is granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Granted {
    /// Always.
    Always,
    /// With an API key that begins so.
    WithKey(&'static str),
    /// With an app's id and secret.
    WithApp,
}

/// What identifies the user, and where it stands in a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Credential {
    /// In words.
    pub what: &'static str,
    /// The only place for it.
    pub position: Position,
}

/// Where a credential stands in a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Position {
    /// In a header, behind a prefix.
    Header {
        /// The header's name as documents write it; compare it ignoring case.
        name: &'static str,
        /// What stands before the credential, with its space.
        prefix: &'static str,
    },
}

impl Position {
    /// The header's name.
    #[must_use]
    pub const fn header(self) -> &'static str {
        let Self::Header { name, .. } = self;
        name
    }
}

/// One thing that may be asked of a service. Everything that isn't named here is refused.
#[derive(Debug, PartialEq, Eq)]
pub struct Route {
    /// The only method.
    pub method: Method,
    /// The path; `{}` is one segment, an id of letters, digits, `-` and `_`; `{..}` is one segment or more.
    pub path: &'static str,
    /// Keys that its query may have, each once.
    pub query: &'static [Key],
    /// Request headers, each at most once, beside the credential.
    pub headers: &'static [Header],
    /// The request's body.
    pub body: Body,
    /// Whether the service's credential goes with it.
    pub credential: bool,
    /// Whether it costs the user money.
    pub paid: bool,
    /// Whether it puts a message into a chat.
    pub commits: bool,
    /// Where the message's recipient stands.
    pub recipient: Option<Recipient>,
    /// The kinds of call that it is granted for.
    pub kinds: &'static [Kind],
}

/// Methods in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Reads.
    Get,
    /// Changes or makes something.
    Post,
}

impl Method {
    /// As it stands in a request.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
        }
    }
}

/// Keys of a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// This one.
    Is(&'static str),
    /// Those that begin so, in capitals or not: the parameters of a signature.
    Begins(&'static str),
}

impl Key {
    /// Whether it covers `key`.
    #[must_use]
    pub fn covers(self, key: &str) -> bool {
        match self {
            Self::Is(known) => key == known,
            Self::Begins(prefix) => key
                .get(..prefix.len())
                .is_some_and(|begin| begin.eq_ignore_ascii_case(prefix)),
        }
    }
}

/// A header that a route takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// In lower case.
    pub name: &'static str,
    /// What it may say.
    pub value: Value,
}

/// What a header may say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value {
    /// Anything.
    Any,
    /// This.
    Exactly(&'static str),
    /// `bytes=FROM-TO`.
    Range,
    /// The body's length in bytes.
    Length,
    /// The content type that the route's body has.
    ContentType,
}

/// A request's body, and how many bytes it may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Body {
    /// None at all.
    None,
    /// `application/json` in UTF-8.
    Json(u64),
    /// `multipart/form-data` with a boundary.
    Multipart(u64),
}

/// Where a message's recipient stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recipient {
    /// Its id in a member of the JSON body, the kind of id in a key of the query.
    Field {
        /// The member.
        field: &'static str,
        /// The key.
        kind: &'static str,
    },
    /// In the path: a message that is answered.
    Path,
}

/// Names the client calls itself.
const USER_AGENT: Header = Header {
    name: "user-agent",
    value: Value::Any,
};

/// The kind and length of a body.
const CONTENT: [Header; 2] = [
    Header {
        name: "content-type",
        value: Value::ContentType,
    },
    Header {
        name: "content-length",
        value: Value::Length,
    },
];

/// Reads with the credential; a route says the rest.
const GET: Route = Route {
    method: Method::Get,
    path: "",
    query: &[],
    headers: &[USER_AGENT],
    body: Body::None,
    credential: true,
    paid: false,
    commits: false,
    recipient: None,
    kinds: &[],
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_service_is_described_once_and_over_https() {
        for (at, service) in SERVICES.iter().enumerate() {
            assert!(service.origins.iter().all(|o| o.starts_with("https://")));
            for other in &SERVICES[at + 1..] {
                assert!(service.id != other.id);
                assert!(service.origins.iter().all(|o| !other.origins.contains(o)));
            }
        }
    }

    #[test]
    fn a_route_that_reads_has_no_body_and_one_with_a_body_says_how_long_and_of_what_kind_it_is() {
        for route in SERVICES.iter().flat_map(|service| service.routes) {
            let has = |name| route.headers.iter().any(|header| header.name == name);
            let has_body = route.body != Body::None;
            assert_eq!(has_body, route.method == Method::Post, "{}", route.path);
            assert_eq!(has_body, has("content-type") && has("content-length"));
            assert!(!route.kinds.is_empty(), "{}", route.path);
            assert_eq!(route.recipient.is_some(), route.commits, "{}", route.path);
        }
    }

    #[test]
    fn parts_are_asked_for_only_where_they_may_be_answered() {
        for service in SERVICES {
            let asks = |route: &Route| route.headers.iter().any(|h| h.value == Value::Range);
            assert_eq!(service.routes.iter().any(asks), service.ranges);
            // Nothing that could be echoed in two halves.
            assert!(!(service.ranges && service.credential.is_some()));
        }
    }
}
