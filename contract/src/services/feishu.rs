//! Feishu, and Lark, which is the same elsewhere.

use super::{
    Body, CONTENT, Credential, GET, Granted, Header, Key, Method, Position, Recipient, Route,
    Service, USER_AGENT, Value,
};
use crate::kind::Kind;

/// Where Feishu is.
pub const FEISHU_ORIGIN: &str = "https://open.feishu.cn";
/// Where Lark is.
pub const LARK_ORIGIN: &str = "https://open.larksuite.com";
/// The path of the token route, which the harness answers itself.
pub const TOKEN_PATH: &str = "/open-apis/auth/v3/tenant_access_token/internal";
/// The path for messages; an answer to one stands below it.
pub const MESSAGES_PATH: &str = "/open-apis/im/v1/messages";

/// A request for a token has two short texts.
const TOKEN_BYTES: u64 = 16 << 10;
/// Feishu takes text requests up to 150 KB, others up to 30.
const MESSAGE_BYTES: u64 = 150 << 10;
/// Feishu takes files up to 30 MB, and images up to 10; the form around one has some hundred bytes.
const FILE_BYTES: u64 = (30 << 20) + (64 << 10);
const IMAGE_BYTES: u64 = (10 << 20) + (64 << 10);

const SENDS: &[Header] = &[USER_AGENT, CONTENT[0], CONTENT[1]];

const UPLOAD: Route = Route {
    method: Method::Post,
    headers: SENDS,
    body: Body::Multipart(FILE_BYTES),
    kinds: &[Kind::Poll, Kind::Doctor],
    ..GET
};
const MESSAGE: Route = Route {
    body: Body::Json(MESSAGE_BYTES),
    commits: true,
    ..UPLOAD
};

/// Feishu or Lark.
pub const FEISHU: Service = Service {
    id: "feishu",
    name: "Feishu or Lark",
    origins: &[FEISHU_ORIGIN, LARK_ORIGIN],
    moved_by: Some("FEISHU_BASE_URL"),
    granted: Granted::WithApp,
    when: "an app is configured; one of the two",
    credential: Some(Credential {
        what: "the tenant token",
        position: Position::Header {
            name: "Authorization",
            prefix: "Bearer ",
        },
    }),
    ranges: false,
    routes: &[
        Route {
            path: TOKEN_PATH,
            headers: &[
                USER_AGENT,
                CONTENT[0],
                CONTENT[1],
                Header {
                    name: "cache-control",
                    value: Value::Exactly("no-cache"),
                },
            ],
            body: Body::Json(TOKEN_BYTES),
            credential: false,
            ..UPLOAD
        },
        Route {
            path: "/open-apis/im/v1/files",
            ..UPLOAD
        },
        Route {
            path: "/open-apis/im/v1/images",
            body: Body::Multipart(IMAGE_BYTES),
            ..UPLOAD
        },
        Route {
            path: MESSAGES_PATH,
            query: &[Key::Is("receive_id_type")],
            recipient: Some(Recipient::Field {
                field: "receive_id",
                kind: "receive_id_type",
            }),
            ..MESSAGE
        },
        Route {
            path: "/open-apis/im/v1/messages/{}/reply",
            recipient: Some(Recipient::Path),
            ..MESSAGE
        },
    ],
};
