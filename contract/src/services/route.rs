//! A route: what one request to a service may be. A request is judged by it and written anew from it, so what isn't named
//! here doesn't leave.

use super::message::{Member, Names, Recipient};
use crate::kind::Kind;

/// One thing that may be asked of a service. Everything that isn't named here is refused.
#[derive(Debug, PartialEq, Eq)]
pub struct Route {
    /// The only method.
    pub method: Method,
    /// The path; `{}` is one segment, an id of letters, digits, `-` and `_`; `{..}` is one segment or more; `{credential}` is
    /// the segment with the credential, where that is its position; `{own}` is one's own message, which is changed; `{room}` is a
    /// room's id.
    pub path: &'static str,
    /// Keys that its query may have, each once.
    pub query: &'static [Key],
    /// Request headers, each at most once, beside the credential.
    pub headers: &'static [Header],
    /// The request's body.
    pub body: Body,
    /// Whether it is granted only at an address that a response in the same call named: the address itself is the permission.
    pub only_named: bool,
    /// Whether the service's credential goes with it.
    pub credential: bool,
    /// Whether it costs the user money.
    pub paid: bool,
    /// Whether it needs a connection of its own. A kept one may die in the moment it is used again, and of a request that
    /// must not be sent twice nobody could tell whether it arrived.
    pub own_connection: bool,
    /// Whether it puts a message into a chat.
    pub commits: bool,
    /// Where the recipient stands whom it is about: of a message, of the chat that it reads, of one that it leads to.
    pub recipient: Option<Recipient>,
    /// The members of its JSON, where that is read whole and written anew; none where it only passes.
    pub members: &'static [Member],
    /// What its responses name for later requests.
    pub names: &'static [Names],
    /// The kinds of call that it is granted for.
    pub kinds: &'static [Kind],
}

/// Stands in a path's template for the message that is changed.
pub const OWN_MESSAGE_SEGMENT: &str = "{own}";

/// Stands in a path's template for a room.
pub const ROOM_SEGMENT: &str = "{room}";

/// Methods of requests: no route has another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Reads.
    Get,
    /// Changes or makes something.
    Post,
    /// Puts something under a name of the client's.
    Put,
    /// Changes what is there.
    Patch,
    /// Takes something back. It has no body.
    Delete,
}

impl Method {
    /// As it stands in a request.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
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
    /// This one, whose value is a message that may be answered, and with it the topic that the message began.
    Message(&'static str),
    /// This one, whose value is a message in the recipient's chat that a response named: one's own, which may be changed.
    OwnMessage(&'static str),
}

impl Key {
    /// Whether it covers `key`.
    #[must_use]
    pub fn covers(self, key: &str) -> bool {
        match self {
            // Exactly, also in its capitals: a service reads a key as it is written.
            Self::Is(known) | Self::Message(known) | Self::OwnMessage(known) => key == known,
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
    /// A key of sixteen bytes in lower-case hexadecimal: of a body that leaves encrypted.
    Key,
}

/// A request's body, and how many bytes it may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Body {
    /// None at all.
    None,
    /// `application/json` in UTF-8.
    Json(u64),
    /// `application/x-www-form-urlencoded`, which only passes.
    Fields(u64),
    /// `application/octet-stream`: a file's own bytes.
    Bytes(u64),
    /// `application/octet-stream` that leaves encrypted by the harness, which knows how ([`seal`](super::seal)): so many bytes before.
    Sealed(u64),
    /// `application/octet-stream` that leaves not at all: the harness answers with what the bytes are, as JSON
    /// ([`seal::BYTES`](super::seal::BYTES), [`seal::MD5`](super::seal::MD5)).
    Measured(u64),
    /// `multipart/form-data` with a boundary, which only passes.
    Multipart(u64),
    /// The same, read part by part while it passes: a request that uploads and commits at once. One that has a part of JSON
    /// may also be that JSON alone.
    Parts {
        /// The first part, whose members the route names.
        json: Option<Part>,
        /// What may stand behind it, each once, as files.
        files: &'static [Part],
    },
}

/// A part of a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// Its name.
    pub name: &'static str,
    /// The most bytes that it may have.
    pub max_bytes: u64,
}

/// What stands around the parts of a form: boundaries and headers, some hundred bytes each.
const FORM_BYTES: u64 = 16 << 10;

impl Body {
    /// The most bytes that it may have.
    #[must_use]
    pub fn max_bytes(self) -> u64 {
        match self {
            Self::None => 0,
            Self::Json(bytes)
            | Self::Fields(bytes)
            | Self::Bytes(bytes)
            | Self::Sealed(bytes)
            | Self::Measured(bytes)
            | Self::Multipart(bytes) => bytes,
            Self::Parts { json, files } => {
                let parts = files.iter().chain(&json).map(|part| part.max_bytes);
                parts.fold(FORM_BYTES, u64::saturating_add)
            }
        }
    }
}

/// Names the client calls itself.
pub(super) const USER_AGENT: Header = Header {
    name: "user-agent",
    value: Value::Any,
};

/// The kind and length of a body.
pub(super) const CONTENT: [Header; 2] = [
    Header {
        name: "content-type",
        value: Value::ContentType,
    },
    Header {
        name: "content-length",
        value: Value::Length,
    },
];

/// Headers of a request with a body.
pub(super) const SENDS: &[Header] = &[USER_AGENT, CONTENT[0], CONTENT[1]];

/// Reads with the credential; a route says the rest.
pub(super) const GET: Route = Route {
    method: Method::Get,
    path: "",
    query: &[],
    headers: &[USER_AGENT],
    body: Body::None,
    only_named: false,
    credential: true,
    paid: false,
    own_connection: false,
    commits: false,
    recipient: None,
    members: &[],
    names: &[],
    kinds: &[],
};

/// The request that costs the user money; a route says the path and the body.
pub(super) const PAID: Route = Route {
    method: Method::Post,
    headers: SENDS,
    paid: true,
    // A kept connection that dies under it would leave a charge of which nobody knows.
    own_connection: true,
    kinds: &[Kind::Submit],
    ..GET
};
