//! LibTV: Nexu's gateway, and its own API.

use super::{
    Body, CONTENT, Credential, GET, Granted, Header, Key, Keys, PAID, Position, Route, Service,
    USER_AGENT, Value,
};
use crate::kind::Kind;

/// Words are at most some hundred thousand characters, JSON may double them; more is no request that a person typed.
const JSON_BYTES: u64 = 4 << 20;
/// LibTV takes files up to 200 MB; the form around one has some hundred bytes.
const UPLOAD_BYTES: u64 = (200 << 20) + (64 << 10);

/// Keys of either service: both are kept in the same place, and their beginning says whose one is.
const KEYS: Keys = Keys {
    service: "",
    prefix: "",
    variable: "LIBTV_API_KEY",
    stored: "libtv-api-key",
    environment: "libtv-api-key-env",
    new: "libtv-api-key-new",
};

/// Nothing but JSON is asked for.
const ACCEPT: Header = Header {
    name: "accept",
    value: Value::Exactly("application/json"),
};
/// Headers of a request without a body.
const READS: &[Header] = &[USER_AGENT, ACCEPT];
/// Headers of one with a body.
const SENDS: &[Header] = &[USER_AGENT, ACCEPT, CONTENT[0], CONTENT[1]];

/// Who asks and changes nothing.
const ASKS: &[Kind] = &[Kind::Poll, Kind::Check, Kind::Doctor];
/// Who reads a session: a submit that continues one looks at it first.
const READS_SESSIONS: &[Kind] = &[Kind::Poll, Kind::Submit, Kind::Download, Kind::Check];

/// What changes nothing and costs nothing.
const READ: Route = Route {
    headers: READS,
    kinds: ASKS,
    ..GET
};
/// Looks at a session.
const SESSION: Route = Route {
    query: &[Key::Is("afterSeq")],
    kinds: READS_SESSIONS,
    ..READ
};
/// The request that costs the user money.
const SUBMIT: Route = Route {
    headers: SENDS,
    body: Body::Json(JSON_BYTES),
    ..PAID
};
/// Changes where later requests belong. It is no paid one.
const CHANGE_PROJECT: Route = Route {
    paid: false,
    ..SUBMIT
};
/// One of the user's own files.
const UPLOAD: Route = Route {
    body: Body::Multipart(UPLOAD_BYTES),
    paid: false,
    kinds: &[Kind::Upload],
    ..SUBMIT
};

/// Nexu's gateway.
pub const GATEWAY: Service = Service {
    id: "gateway",
    name: "Nexu's gateway",
    short: "gateway",
    origins: &["https://seedance.nexu.io"],
    moved_by: Some("LIBTV_GATEWAY_URL"),
    tail: "",
    granted: Granted::WithKey(Keys {
        service: "nexu",
        prefix: "mgk_",
        ..KEYS
    }),
    when: "a key that begins with `mgk_` is configured",
    credential: Some(Credential {
        name: KEYS.stored,
        what: "the key",
        position: Position::Header {
            name: "X-API-KEY",
            prefix: "",
        },
        exchange: None,
    }),
    ranges: false,
    routes: &[
        Route {
            path: "/api/v1/key/status",
            ..READ
        },
        Route {
            path: "/api/v1/tasks",
            ..READ
        },
        Route {
            path: "/api/v1/tasks/{}",
            ..READ
        },
        Route {
            path: "/libtv/v1/session",
            ..SUBMIT
        },
        Route {
            path: "/libtv/v1/session/{}",
            ..SESSION
        },
        Route {
            path: "/libtv/v1/session/{}/results",
            query: &[],
            ..SESSION
        },
        Route {
            path: "/libtv/v1/session/change-project",
            ..CHANGE_PROJECT
        },
        Route {
            path: "/libtv/v1/upload",
            ..UPLOAD
        },
    ],
};

/// LibTV's own API.
pub const DIRECT: Service = Service {
    id: "direct",
    name: "LibTV's own API",
    short: "direct LibTV",
    origins: &["https://im.liblib.tv"],
    moved_by: Some("LIBTV_DIRECT_BASE_URL"),
    tail: "",
    granted: Granted::WithKey(Keys {
        service: "libtv",
        prefix: "sk-libtv-",
        ..KEYS
    }),
    when: "a key that begins with `sk-libtv-` is configured",
    credential: Some(Credential {
        name: KEYS.stored,
        what: "the key",
        position: Position::BEARER,
        exchange: None,
    }),
    ranges: false,
    routes: &[
        Route {
            path: "/openapi/session",
            ..SUBMIT
        },
        Route {
            path: "/openapi/session/{}",
            ..SESSION
        },
        Route {
            path: "/openapi/session/change-project",
            ..CHANGE_PROJECT
        },
        Route {
            path: "/openapi/file/upload",
            ..UPLOAD
        },
    ],
};
