//! A request that was not let out: what was wanted, why it was refused, and what would grant it. One type from the place
//! that decides to the line a person reads and the record a program reads; nothing in between is text.

use std::borrow::Cow;
use std::fmt;

use http::{Method, Uri};
use serde_json::{Value, json};

use super::addresses::AddressClass;

/// A method has at most seven letters; what a component makes up may be longer.
const METHOD_CHARS: usize = 20;
/// Enough for every granted URL but a media file's.
const TARGET_CHARS: usize = 300;
/// Headers and query keys in use have at most thirty letters.
const PART_CHARS: usize = 60;
/// The longest word in a known route has nineteen letters.
const WORD_CHARS: usize = 24;

/// Why a request was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RefusalReason {
    /// The URL has no host, a user part, or a form that servers read differently.
    #[error("the URL is malformed or ambiguous")]
    Url,
    /// No rule has this host.
    #[error("this host is not granted")]
    Host,
    /// The host is granted, but under another scheme.
    #[error("this scheme is not granted on that host")]
    Scheme,
    /// The host is granted, but on another port.
    #[error("this port is not granted on that host")]
    Port,
    /// The origin is granted, but not this path.
    #[error("this path is not granted on that host")]
    Path,
    /// The path is granted, but with another method.
    #[error("this method is not granted on that path")]
    Method,
    /// The name leads to an address that isn't on the public internet, or to another machine where loopback is granted.
    #[error("the host's address is not one that may be connected to ({0:?})")]
    Address(AddressClass),
    /// The name leads to an address that a proxy in TUN mode made up for it, and the host isn't one of the services' own.
    #[error(
        "the host's address is a fake-ip of a proxy (Clash, Surge, sing-box), and this is not one of the services' own hosts"
    )]
    FakeIp,
    /// The host is meant as an address but isn't written as one.
    #[error("the host is an address in an odd spelling")]
    AddressSpelling,
    /// A placeholder stands where it doesn't belong.
    #[error("a credential's placeholder stands outside the header or host it belongs to")]
    MisplacedPlaceholder,
    /// The placeholder names no known credential.
    #[error("the placeholder names no credential in use")]
    UnknownPlaceholder,
    /// A real secret stands in the request.
    #[error("the request carries a secret")]
    Secret,
    /// A header for credentials that doesn't belong to this host.
    #[error("a header for credentials that does not belong to this host")]
    CredentialHeader,
    /// A message to somebody whom no submit named.
    #[error("no submit named this recipient")]
    Recipient,
    /// An address that is granted only where a response in the same call named it.
    #[error("no response in this call named this address")]
    Unnamed,
    /// A message that isn't exactly what its route takes, so that its recipient is not certain.
    #[error("the message can't be read for certain")]
    Message,
    /// A request for a token that isn't for the app in use, with its placeholder.
    #[error("the request for a token is not for the app in use, by its placeholder")]
    TokenRequest,
    /// A key of the query that the route doesn't take, or not like this.
    #[error("the query holds something that this route does not take")]
    Query,
    /// A header that the route doesn't take, or not like this.
    #[error("a header that this route does not take, or not with this value")]
    Header,
    /// A body where the route has none, of another kind, or a longer one.
    #[error("a body that this route does not take")]
    Body,
    /// The route is granted, but not to a call of this kind.
    #[error("this kind of call does not ask that")]
    Call,
    /// More paid requests than one call may send.
    #[error("the call has sent its paid requests")]
    Paid,
    /// As many requests that cost money left in a day as may, or they can't be counted.
    #[error("no more requests that cost money may leave for now")]
    Limit,
    /// A response in a form that can't be searched for secrets.
    #[error("the response came packed or in parts, and can't be searched for secrets")]
    Response,
    /// More requests than one call may send.
    #[error("the call has used up its requests")]
    Budget,
}

impl RefusalReason {
    /// Its name for programs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Url => "url",
            Self::Host => "host",
            Self::Scheme => "scheme",
            Self::Port => "port",
            Self::Path => "path",
            Self::Method => "method",
            Self::Address(_) => "address",
            Self::FakeIp => "fake-ip",
            Self::AddressSpelling => "address-spelling",
            Self::MisplacedPlaceholder => "misplaced-placeholder",
            Self::UnknownPlaceholder => "unknown-placeholder",
            Self::Secret => "secret",
            Self::CredentialHeader => "credential-header",
            Self::Recipient => "recipient",
            Self::Unnamed => "unnamed",
            Self::Message => "message",
            Self::TokenRequest => "token-request",
            Self::Query => "query",
            Self::Header => "header",
            Self::Body => "body",
            Self::Call => "call",
            Self::Paid => "paid",
            Self::Limit => "limit",
            Self::Response => "response",
            Self::Budget => "budget",
        }
    }

    /// What would grant it, as far as the sandbox knows; begins with "nothing" where no setting does. The harness knows the
    /// names of its settings, and puts its own words here ([`CallMeter::with_words`](super::CallMeter::with_words)).
    pub fn granted_by(self) -> &'static str {
        match self {
            Self::Url => {
                "nothing as it is: write the URL without user part, dot segments, encoded slashes or a trailing dot"
            }
            Self::Host => {
                "a key or app of the service at that host, or a base URL that moves a service there"
            }
            Self::Port => "a base URL with that port",
            Self::TokenRequest => {
                "nothing as it is: ask for the app that is configured, with the placeholder of its secret"
            }
            Self::Scheme => "https, or a base URL on loopback for http",
            Self::Path | Self::Method => {
                "nothing in the settings: the routes that the job needs are all there is"
            }
            Self::Address(_) => "a public address behind that name",
            Self::FakeIp => {
                "an exception from the proxy's fake-ip for that host (fake-ip-filter), or HTTPS_PROXY with the proxy's address"
            }
            Self::AddressSpelling => "nothing as it is: write the address in its usual form",
            Self::MisplacedPlaceholder | Self::UnknownPlaceholder | Self::CredentialHeader => {
                "nothing in the settings: a credential goes into its own header, to its own service"
            }
            Self::Secret => "nothing: secrets never pass through the component",
            Self::Recipient => "a call that names it",
            Self::Unnamed => {
                "nothing in the settings: the service itself names such an address, for one call"
            }
            Self::Message => {
                "nothing as it is: send the one JSON object that its route names, with no other members, and no other query"
            }
            Self::Query | Self::Header | Self::Body => {
                "nothing as it is: a request has what its route names, and nothing else"
            }
            Self::Call => "a call of a kind that the route names",
            Self::Paid => {
                "another call: each sends its request once, and once more where it certainly did not arrive"
            }
            Self::Limit => "time, or a higher limit",
            Self::Response => {
                "nothing as it is: the service must answer whole and unpacked, as it is asked to"
            }
            Self::Budget => "Limits::requests, set by the program that embeds the harness",
        }
    }

    /// Whether the path itself may hold the secret or what stands for it.
    fn is_about_secrets(self) -> bool {
        matches!(
            self,
            Self::Secret | Self::MisplacedPlaceholder | Self::Unnamed
        )
    }
}

/// A refused request. Without its query and user part, which may hold anything. Its texts are boxed: it is the error of many
/// functions, and a large one would be moved about with every success.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The method.
    pub method: Box<str>,
    /// Scheme, host and port.
    pub origin: Box<str>,
    /// The path, or `/…` where a secret may stand in it.
    pub path: Box<str>,
    /// Whom a message was for; empty where no recipient was read.
    pub whom: Box<str>,
    /// The name of the header or of the query's key that it is about; empty where it is about neither.
    pub part: Box<str>,
    /// Why.
    pub reason: RefusalReason,
    /// What would grant it.
    pub granted_by: Cow<'static, str>,
}

impl Refusal {
    /// Of this request, cut to what a line of a log may have.
    pub fn new(method: &Method, uri: &Uri, reason: RefusalReason) -> Self {
        let authority = uri
            .authority()
            // Without the user part, which may be a password.
            .map_or("", |a| a.as_str().rsplit('@').next().unwrap_or_default());
        // The secret may stand in the path itself, and this goes into logs and into the record.
        let path = if reason.is_about_secrets() {
            "/…"
        } else {
            uri.path()
        };
        let origin = format!("{}://{authority}", uri.scheme_str().unwrap_or("?"));
        Self {
            method: clip(method.as_str(), METHOD_CHARS),
            origin: clip(&origin, TARGET_CHARS),
            path: clip(path, TARGET_CHARS),
            whom: Box::default(),
            part: Box::default(),
            reason,
            granted_by: reason.granted_by().into(),
        }
    }

    /// Whether it is of a request to this address.
    pub(super) fn is_of(&self, uri: &Uri) -> bool {
        self.path == clip(uri.path(), TARGET_CHARS)
    }

    /// About a part of the request, by its name.
    pub(super) fn about(mut self, part: &str) -> Self {
        self.part = clip(part, PART_CHARS);
        self
    }

    /// Of a message to `whom`.
    pub(super) fn of_message(mut self, whom: &str) -> Self {
        self.whom = clip(whom, TARGET_CHARS);
        self
    }

    /// What was wanted, as `GET https://host/path`, of a message with its recipient.
    pub fn wanted(&self) -> String {
        let to = if self.whom.is_empty() { "" } else { " to " };
        let Self {
            method,
            origin,
            path,
            whom,
            ..
        } = self;
        format!("{method} {origin}{path}{to}{whom}")
    }

    /// `{"reason", "wanted", "granted_by"}`, and `part` where it has a name, for programs.
    pub fn to_json(&self) -> Value {
        let mut json = self.json(&self.path);
        if !self.part.is_empty() {
            json["part"] = (*self.part).into();
        }
        json
    }

    /// The same without what could name a session or a file, and without names that the component made up: for the
    /// record, which is kept.
    pub fn to_record(&self) -> Value {
        // A refused path matches no route, so there is no template of it: what could be an id is left out
        // here.
        let segments: Vec<&str> = self.path.split('/').map(template).collect();
        self.json(&segments.join("/"))
    }

    fn json(&self, path: &str) -> Value {
        json!({
            "reason": self.reason.name(),
            "wanted": format!("{} {}{path}", self.method, self.origin),
            "granted_by": self.granted_by,
        })
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (reason, wanted) = (self.reason, self.wanted());
        let granted_by = &self.granted_by;
        write!(f, "refused: {reason}")?;
        if !self.part.is_empty() {
            write!(f, " ({})", self.part)?;
        }
        write!(f, ". Wanted: {wanted} — granted by: {granted_by}")
    }
}

/// A segment that is a word of a route stays; everything else may be an id.
fn template(segment: &str) -> &str {
    let is_version = segment.len() <= 3 && segment.starts_with('v');
    let is_word = segment
        .chars()
        .all(|c| c.is_ascii_alphabetic() || matches!(c, '-' | '_' | '…'));
    if is_version || is_word && segment.len() <= WORD_CHARS {
        segment
    } else {
        "{id}"
    }
}

/// As long as a line of a log may have it, and without characters that a terminal would obey.
fn clip(text: &str, max_chars: usize) -> Box<str> {
    contract::text::seen(text, max_chars).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(url: &str, reason: RefusalReason) -> Refusal {
        Refusal::new(&Method::GET, &url.parse().unwrap(), reason)
    }

    #[test]
    fn a_refusal_says_what_was_wanted_and_what_would_grant_it() {
        let refused = refusal("https://evil.com/x?token=abc", RefusalReason::Host);
        let text = refused.to_string();
        assert!(
            text.contains("Wanted: GET https://evil.com/x — granted by: a key or app"),
            "{text}"
        );
        let json = refused.to_json();
        assert_eq!(
            (&json["reason"], &json["wanted"]),
            (&"host".into(), &"GET https://evil.com/x".into())
        );
    }

    #[test]
    fn the_record_keeps_the_words_of_a_route_and_no_id() {
        let url = "https://h/open-apis/im/v1/messages/om_1a2b/reply/cat%20video.mp4";
        let record = refusal(url, RefusalReason::Path).to_record();
        assert_eq!(
            record["wanted"],
            "GET https://h/open-apis/im/v1/messages/{id}/reply/{id}"
        );
    }

    #[test]
    fn neither_query_nor_user_part_nor_a_path_with_a_secret_is_repeated() {
        let url = "https://me:secret@evil.com/mgk_key?token=abc";
        for (reason, path) in [
            (RefusalReason::Url, "/mgk_key"),
            (RefusalReason::Secret, "/…"),
        ] {
            let refused = refusal(url, reason);
            assert_eq!(refused.wanted(), format!("GET https://evil.com{path}"));
        }
    }

    #[test]
    fn what_a_component_makes_up_is_cut_and_has_no_control_characters() {
        let method = Method::from_bytes("X".repeat(5_000).as_bytes()).unwrap();
        let uri = format!("https://h/{}", "y".repeat(5_000)).parse().unwrap();
        let refused = Refusal::new(&method, &uri, RefusalReason::Path);
        assert!(refused.wanted().len() < 400, "{}", refused.wanted());
        assert_eq!(&*clip("a\u{1b}[2Jb\n", 9), "a[2Jb");
    }
}
