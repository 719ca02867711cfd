//! What identifies the user to a service: where it stands in a request, and how a long-lived secret is exchanged for it. The
//! harness does both; the component sees placeholders.

/// What identifies the user, and where it stands in a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Credential {
    /// Its name in the record; behind `placeholder-` what stands for it inside the sandbox.
    pub name: &'static str,
    /// In words.
    pub what: &'static str,
    /// The only place for it.
    pub position: Position,
    /// How it is got, where what the user has is a secret that lives longer.
    pub exchange: Option<Exchange>,
}

/// Where a credential stands in a request.
///
/// A service that has it elsewhere (a key of the query, a member of the body, a computed signature) is a variant here, and
/// an arm where the harness puts it in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Position {
    /// In a header, behind a prefix.
    Header {
        /// The header's name as documents write it; compare it ignoring case.
        name: &'static str,
        /// What stands before the credential, with its space.
        prefix: &'static str,
    },
    /// In the path, as the segment that is [`CREDENTIAL_SEGMENT`] in the service's routes, behind a prefix. The whole URL is
    /// a secret then: it is in no record, error or log.
    PathSegment {
        /// What stands before the credential in its segment.
        prefix: &'static str,
    },
    /// In one key of the query, which each route names that takes the credential. The whole URL is a secret then, as above.
    Query {
        /// The key.
        name: &'static str,
    },
    /// In no place: with it a request is signed, as Standard Webhooks has it. In [`SIGNATURE`] stands what asks for that.
    Signature,
}

/// The header with a signature.
pub const SIGNATURE: &str = "webhook-signature";
/// The header that says when it was signed, in seconds since 1970. The harness's own.
pub const SIGNED_AT: &str = "webhook-timestamp";
/// The header with the id of what is signed.
pub const SIGNED_ID: &str = "webhook-id";

/// What stands in a route's path for a segment with the credential, and in the component's addresses for one that is put in
/// where they leave.
pub const CREDENTIAL_SEGMENT: &str = "{credential}";

impl Position {
    /// Where most services have it.
    pub const BEARER: Self = Self::Header {
        name: "Authorization",
        prefix: "Bearer ",
    };

    /// The header's name, where it is a header.
    #[must_use]
    pub const fn header(self) -> Option<&'static str> {
        match self {
            Self::Header { name, .. } => Some(name),
            Self::Signature => Some(SIGNATURE),
            Self::PathSegment { .. } | Self::Query { .. } => None,
        }
    }
}

/// The exchange of an app's id and secret for a token. The harness answers the route itself, with a placeholder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exchange {
    /// The path of its route.
    pub path: &'static str,
    /// How that is asked.
    pub asks: Asks,
    /// The member, or key, with the app's id.
    pub app: &'static str,
    /// The same with the app's secret.
    pub secret: &'static str,
    /// How a response says that the exchange succeeded.
    pub success: Success,
    /// The response's member with the token.
    pub token: &'static str,
    /// The response's member that says how many seconds the token is good.
    pub expires_in_s: &'static str,
    /// The statuses with which a request is refused whose token isn't accepted, among other things.
    pub refused: &'static [u16],
    /// The secret's name, as the credential's.
    pub secret_name: &'static str,
    /// The response instead of one that repeats the secret, in the service's own form.
    pub withheld: &'static str,
}

/// How the route of an exchange is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asks {
    /// By a JSON body with two members.
    Json,
    /// By two keys of the query. The whole URL is a secret then.
    Query,
}

/// How a service says in a response that it did what it was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Success {
    /// By its status alone.
    Status,
    /// By a number in a member.
    Number {
        /// The member.
        member: &'static str,
        /// What it is then.
        is: i64,
    },
    /// By `true` in a member.
    True {
        /// The member.
        member: &'static str,
    },
}

/// A key in the header that most services have for it.
pub(super) const fn bearer(name: &'static str) -> Option<Credential> {
    Some(Credential {
        name,
        what: "the key",
        position: Position::BEARER,
        exchange: None,
    })
}
