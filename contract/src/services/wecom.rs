//! WeCom (企业微信), for an app of a company: docs/apis/wecom.md.

use super::{
    Asks, Body, CONTENT, Credential, Exchange, GET, Granted, Header, IdKind, Key, Member, Method,
    Position, Recipient, Route, SENDS, Service, Shape, Success, USER_AGENT, Value,
};
use crate::kind::Kind;

/// Where WeCom is.
pub const WECOM_ORIGIN: &str = "https://qyapi.weixin.qq.com";
/// The kind of id of a member of the company.
pub(crate) const PERSON: &str = "wecom_user";

/// A film, and a picture as well.
pub const WECOM_FILM_BYTES: u64 = 10 << 20;
/// Any file.
pub const WECOM_FILE_BYTES: u64 = 20 << 20;
/// The form around a file has some hundred bytes.
const UPLOAD_BYTES: u64 = WECOM_FILE_BYTES + (64 << 10);
/// A text has at most 2,048 bytes, six each where JSON escapes them; around it stand some names.
const MESSAGE_BYTES: u64 = 16 << 10;

/// The key of the query that the token stands in. It is the only place: a header with it is refused as one that no route names.
const TOKEN: Key = Key::Is("access_token");

/// Calls with the token.
const CALL: Route = Route {
    method: Method::Post,
    headers: SENDS,
    // A submit writes into no chat: whoever gets hold of one call can't do both.
    kinds: &[Kind::Poll, Kind::Doctor],
    ..GET
};
/// What a message shows: something that was uploaded.
const UPLOADED: Shape = Shape::Object(&[Member::needed("media_id", Shape::Id)]);

/// WeCom.
pub const WECOM: Service = Service {
    id: "wecom",
    name: "WeCom (企业微信)",
    short: "WeCom",
    origins: &[WECOM_ORIGIN],
    moved_by: Some("WECOM_BASE_URL"),
    tail: "/cgi-bin",
    granted: Granted::WithApp,
    when: "an app is configured",
    credential: Some(Credential {
        name: "wecom-token",
        what: "the app's token",
        position: Position::Query {
            name: "access_token",
        },
        exchange: Some(Exchange {
            path: "/cgi-bin/gettoken",
            asks: Asks::Query,
            app: "corpid",
            secret: "corpsecret",
            success: Success::Number {
                member: "errcode",
                is: 0,
            },
            token: "access_token",
            expires_in_s: "expires_in",
            // The platform answers 200 to everything. So any answer allows for a fresh token, once a minute.
            refused: &[200],
            secret_name: "wecom-corp-secret",
            withheld: r#"{"errcode":-2,"errmsg":"the token service answered with something that is withheld"}"#,
        }),
    }),
    ranges: false,
    routes: &[
        Route {
            path: "/cgi-bin/gettoken",
            query: &[Key::Is("corpid"), Key::Is("corpsecret")],
            // Beside the usual one the wish for a fresh token, which the harness reads and doesn't pass on.
            headers: &[
                USER_AGENT,
                Header {
                    name: "cache-control",
                    value: Value::Exactly("no-cache"),
                },
            ],
            credential: false,
            kinds: CALL.kinds,
            ..GET
        },
        Route {
            path: "/cgi-bin/media/upload",
            query: &[TOKEN, Key::Is("type")],
            headers: &[USER_AGENT, CONTENT[0], CONTENT[1]],
            body: Body::Multipart(UPLOAD_BYTES),
            ..CALL
        },
        Route {
            path: "/cgi-bin/message/send",
            query: &[TOKEN],
            body: Body::Json(MESSAGE_BYTES),
            commits: true,
            // One person: what would be several, or everybody, is no id of one.
            recipient: Some(Recipient::JsonField {
                name: "touser",
                kind: IdKind::Always(PERSON),
            }),
            members: &[
                Member::needed("touser", Shape::Text),
                Member::needed("msgtype", Shape::Id),
                Member::needed("agentid", Shape::Count),
                // A link's text and its address are two things in this markup: there is none of it.
                Member::may(
                    "text",
                    Shape::Object(&[Member::needed("content", Shape::Escaped)]),
                ),
                Member::may("image", UPLOADED),
                Member::may("video", UPLOADED),
                Member::may("file", UPLOADED),
                // Of two messages with the same bytes the platform shows one, for the longest time that it offers.
                Member::needed("enable_duplicate_check", Shape::Always("1")),
                Member::needed("duplicate_check_interval", Shape::Always("14400")),
            ],
            ..CALL
        },
    ],
};
