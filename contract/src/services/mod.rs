//! Whom the component may talk to: one entry a service, with its routes. A request is judged by its route alone, and what
//! the route doesn't name doesn't leave.
//!
//! Not here: where a service was moved to, and any credential's value. Those are the harness's settings.

mod ark;
mod credential;
pub(crate) mod dingtalk;
pub(crate) mod discord;
mod feishu;
mod keys;
mod libtv;
pub(crate) mod matrix;
mod media;
mod message;
mod pippit;
mod route;
pub mod seal;
mod slack;
pub(crate) mod telegram;
pub(crate) mod webhook;
pub(crate) mod wechat;
pub(crate) mod wecom;

pub use ark::{ARK, ARK_MEDIA, MODELARK, MODELARK_MEDIA};
pub use credential::{
    Asks, CREDENTIAL_SEGMENT, Credential, Exchange, Position, SIGNATURE, SIGNED_AT, SIGNED_ID,
    Success,
};
pub use dingtalk::{
    DINGTALK, DINGTALK_FILE_BYTES, DINGTALK_MEDIA, DINGTALK_MEDIA_ORIGIN, DINGTALK_ORIGIN,
};
pub use discord::{DISCORD, DISCORD_ORIGIN, FILE_BYTES as DISCORD_FILE_BYTES};
pub use feishu::{FEISHU, FEISHU_ORIGIN, LARK_ORIGIN, TOKEN_PATH};
pub use keys::{
    CHOICES, KEY_MEMBER, Keys, MAX_CHOICE_BYTES, OF_SERVICES, SERVICE_IN_USE, SERVICE_VARIABLE,
    maker, makers, of_key,
};
pub use libtv::{DIRECT, GATEWAY};
pub use matrix::{FILE_BYTES as MATRIX_FILE_BYTES, MATRIX, MATRIX_ORIGIN};
pub use media::MEDIA;
pub use message::{Asked, IdKind, Member, Named, Names, Recipient, Shape};
pub use pippit::{PIPPIT, PIPPIT_INTL, PIPPIT_INTL_MEDIA, PIPPIT_MEDIA};
pub use route::{Body, Header, Key, Method, OWN_MESSAGE_SEGMENT, Part, ROOM_SEGMENT, Route, Value};

pub use slack::{SLACK, SLACK_FILES, SLACK_FILES_ORIGIN, SLACK_ID, SLACK_ORIGIN};
pub use telegram::{
    FILE_BYTES as TELEGRAM_FILE_BYTES, PHOTO_BYTES as TELEGRAM_PHOTO_BYTES, TELEGRAM,
    TELEGRAM_ORIGIN, THUMBNAIL_BYTES as TELEGRAM_THUMBNAIL_BYTES,
};

pub use webhook::{WEBHOOK, WEBHOOK_ORIGIN};
pub use wechat::{WECHAT, WECHAT_FILE_BYTES, WECHAT_MEDIA, WECHAT_MEDIA_ORIGIN, WECHAT_ORIGIN};
pub use wecom::{WECOM, WECOM_FILE_BYTES, WECOM_FILM_BYTES, WECOM_ORIGIN};

use credential::bearer;
use route::{CONTENT, GET, PAID, SENDS, USER_AGENT};

/// Every service.
pub const SERVICES: [&Service; 23] = [
    &GATEWAY,
    &DIRECT,
    &MEDIA,
    &ARK,
    &ARK_MEDIA,
    &MODELARK,
    &MODELARK_MEDIA,
    &PIPPIT,
    &PIPPIT_MEDIA,
    &PIPPIT_INTL,
    &PIPPIT_INTL_MEDIA,
    &FEISHU,
    &DISCORD,
    &SLACK,
    &SLACK_FILES,
    &TELEGRAM,
    &WEBHOOK,
    &WECOM,
    &DINGTALK,
    &DINGTALK_MEDIA,
    &MATRIX,
    &WECHAT,
    &WECHAT_MEDIA,
];

/// One service.
#[derive(Debug, PartialEq, Eq)]
pub struct Service {
    /// Its name for programs.
    pub id: &'static str,
    /// Its name for people.
    pub name: &'static str,
    /// The same in a word or two, for lists.
    pub short: &'static str,
    /// Scheme and host, alternatives of each other; the first is the default. `https://*.domain` stands for every host below the
    /// domain, which is for stores whose hosts change.
    pub origins: &'static [&'static str],
    /// The variable that moves it elsewhere.
    pub moved_by: Option<&'static str>,
    /// What may stand behind an origin where a user writes one, since all routes begin with it and manuals write it so.
    pub tail: &'static str,
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
    /// With an API key of it.
    WithKey(Keys),
    /// With an API key of the service that users call so: a store of its results.
    WithKeyOf(&'static str),
    /// With an app's id and secret.
    WithApp,
    /// With an app of the service of this id, which another host knows as well: by a token of its own, for the same secret. It is at
    /// home, or where that service was moved to.
    WithAppOf(&'static str),
    /// Where the service of this id is, for addresses that it names.
    Beside(&'static str),
}

/// Whether an origin's host stands for this one: its own name, or any below the domain where it is `*.domain`.
#[must_use]
pub fn stands_for(of_origin: &str, host: &str) -> bool {
    let Some(domain) = of_origin.strip_prefix("*.") else {
        return of_origin == host;
    };
    let below = host
        .strip_suffix(domain)
        .and_then(|rest| rest.strip_suffix('.'));
    // Plain names alone: whatever else stood there might be read as another host by somebody.
    let is_label = |label: &str| {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        !label.is_empty() && label.bytes().all(plain)
    };
    below.is_some_and(|labels| labels.split('.').all(is_label))
}

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
            let sends = matches!(route.method, Method::Post | Method::Put | Method::Patch);
            assert_eq!(has_body, sends, "{}", route.path);
            assert_eq!(has_body, has("content-type") && has("content-length"));
            assert!(!route.kinds.is_empty(), "{}", route.path);
            // A chat that is read, or that leads to another one, is asked about as well.
            assert!(
                !route.commits || route.recipient.is_some(),
                "{}",
                route.path
            );
        }
    }

    #[test]
    fn what_only_an_answer_grants_has_no_credential_and_somebody_who_names_it() {
        let names = |service: &Service| {
            let mut routes = service.routes.iter();
            routes.any(|route| {
                let mut names = route.names.iter();
                names.any(|names| names.what == Named::Address)
            })
        };
        for service in SERVICES {
            let named = service.routes.iter().any(|route| route.only_named);
            let beside = match service.granted {
                Granted::Beside(id) => SERVICES.into_iter().find(|other| other.id == id),
                Granted::Always
                | Granted::WithKey(_)
                | Granted::WithKeyOf(_)
                | Granted::WithApp
                | Granted::WithAppOf(_) => None,
            };
            assert_eq!(named, beside.is_some(), "{}", service.id);
            assert!(beside.is_none_or(names) && !(named && service.credential.is_some()));
        }
    }

    #[test]
    fn a_credential_in_the_path_stands_in_every_route_that_takes_it_and_nowhere_else() {
        for service in SERVICES {
            let in_path = service
                .credential
                .is_some_and(|known| matches!(known.position, Position::PathSegment { .. }));
            for route in service.routes {
                let stands = route
                    .path
                    .split('/')
                    .filter(|part| *part == CREDENTIAL_SEGMENT);
                assert_eq!(
                    stands.count() == 1,
                    in_path && route.credential,
                    "{}",
                    route.path
                );
            }
        }
    }

    #[test]
    fn a_credential_in_the_query_is_a_key_of_every_route_that_takes_it_and_of_no_other() {
        for service in SERVICES {
            let Some(Position::Query { name }) = service.credential.map(|known| known.position)
            else {
                continue;
            };
            for route in service.routes {
                let has = route.query.contains(&Key::Is(name));
                assert_eq!(has, route.credential, "{}", route.path);
            }
        }
    }

    #[test]
    fn a_domain_stands_for_the_hosts_below_it_and_a_host_for_itself() {
        for (origin, host, expected) in [
            ("a.example", "a.example", true),
            ("a.example", "b.a.example", false),
            ("*.a.example", "v3-x.a.example", true),
            ("*.a.example", "x.y.a.example", true),
            ("*.a.example", "a.example", false),
            ("*.a.example", ".a.example", false),
            ("*.a.example", "x..a.example", false),
            ("*.a.example", "xa.example", false),
            ("*.a.example", "x.a.example.evil.com", false),
            ("*.a.example", "*.a.example", false),
            ("*.a.example", "evil.com/x.a.example", false),
            ("*.a.example", "X.a.example", false),
        ] {
            assert_eq!(stands_for(origin, host), expected, "{origin} {host}");
        }
        // What is sent a credential is one host, and no domain.
        for service in SERVICES
            .iter()
            .filter(|service| service.credential.is_some())
        {
            assert!(service.origins.iter().all(|origin| !origin.contains('*')));
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
    #[test]
    fn a_message_is_read_whole_and_its_recipient_stands_where_it_is_read() {
        for route in SERVICES.iter().flat_map(|service| service.routes) {
            let is_whole = match route.body {
                Body::None
                | Body::Fields(_)
                | Body::Bytes(_)
                | Body::Sealed(_)
                | Body::Measured(_)
                | Body::Multipart(_) => false,
                Body::Json(_) => !route.members.is_empty(),
                Body::Parts { json, .. } => json.is_some() != route.members.is_empty(),
            };
            assert!(!route.commits || is_whole, "{}", route.path);
            if let Some(Recipient::JsonField { name, .. }) = route.recipient {
                let member = Recipient::member(route.members, name);
                assert!(member.is_some_and(|member| member.needed), "{}", route.path);
            }
            for member in route.members {
                let Shape::Packed { by, .. } = member.is else {
                    continue;
                };
                assert!(route.members.iter().any(|m| m.name == by && m.needed));
            }
        }
    }

    /// Whether a message of one's own is named in it.
    fn is_own(shape: Shape) -> bool {
        match shape {
            Shape::Object(members) => members.iter().any(|member| is_own(member.is)),
            Shape::Either(shapes) => shapes.iter().any(|one| is_own(*one)),
            shape => shape == Shape::OwnMessage,
        }
    }

    #[test]
    fn a_message_that_is_changed_stands_in_one_place_and_is_named_by_a_response() {
        for service in SERVICES {
            let names = |what| {
                let mut names = service.routes.iter().flat_map(|route| route.names);
                names.any(|names| names.what == what)
            };
            for route in service.routes {
                let mut segments = route.path.split('/');
                let in_path = segments.any(|part| part == OWN_MESSAGE_SEGMENT);
                let in_query = route
                    .query
                    .iter()
                    .any(|key| matches!(key, Key::OwnMessage(_)));
                let in_body = route.members.iter().any(|member| is_own(member.is));
                let places = [in_path, in_query, in_body]
                    .into_iter()
                    .filter(|is| *is)
                    .count();
                let anywhere = route.recipient == Some(Recipient::OwnMessage);
                assert!(places <= 1 && (!anywhere || in_path), "{}", route.path);
                let named = match anywhere {
                    true => names(Named::OwnMessageAnywhere),
                    false => names(Named::OwnMessage),
                };
                assert!(places == 0 || named, "{}", route.path);
            }
        }
    }

    #[test]
    fn a_token_is_exchanged_on_a_route_of_the_service_without_the_credential() {
        for service in SERVICES {
            let exchange = service.credential.and_then(|known| known.exchange);
            let Some(exchange) = exchange else { continue };
            let of_app = [Granted::WithApp, Granted::WithAppOf("dingtalk")];
            assert!(of_app.contains(&service.granted));
            let route = service.routes.iter().find(|r| r.path == exchange.path);
            let route = route.unwrap_or_else(|| panic!("{}", service.id));
            assert!(!route.credential && !route.commits);
            let keys = [exchange.app, exchange.secret].map(Key::Is);
            match exchange.asks {
                Asks::Json => assert!(matches!(route.body, Body::Json(_))),
                Asks::Query => assert_eq!(route.query, keys),
            }
        }
    }
}
