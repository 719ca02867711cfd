//! DingTalk (钉钉), for the robot of a company's app: docs/apis/dingtalk.md. Messages go to one host, media to an older one that
//! knows the same app by a token of its own.

use super::{
    Asks, Body, CONTENT, Credential, Exchange, GET, Granted, Header, IdKind, Key, Member, Method,
    Position, Recipient, Route, SENDS, Service, Shape, Success, USER_AGENT, Value,
};
use crate::kind::Kind;

/// Where messages go.
pub const DINGTALK_ORIGIN: &str = "https://api.dingtalk.com";
/// Where media go.
pub const DINGTALK_MEDIA_ORIGIN: &str = "https://oapi.dingtalk.com";
/// The kind of id of a member of the company.
pub(crate) const PERSON: &str = "dingtalk_staff";
/// The kind of id of a group.
pub(crate) const GROUP: &str = "dingtalk_group";

/// Whatever it is.
pub const DINGTALK_FILE_BYTES: u64 = 20 << 20;
/// The form around a file has some hundred bytes.
const UPLOAD_BYTES: u64 = DINGTALK_FILE_BYTES + (64 << 10);
/// A text has some thousand characters, at most four bytes each, escaped twice.
const MESSAGE_BYTES: u64 = 64 << 10;
/// A request for a token has two short texts.
const TOKEN_BYTES: u64 = 16 << 10;
/// What the app's secret is called in the record: one secret, exchanged at two places. So it has one placeholder, which either
/// host's exchange takes.
const SECRET: &str = "dingtalk-client-secret";

/// The wish for a fresh token, which the harness reads and doesn't pass on.
const ANEW: Header = Header {
    name: "cache-control",
    value: Value::Exactly("no-cache"),
};

/// Calls with a token, of either host.
const CALL: Route = Route {
    method: Method::Post,
    headers: SENDS,
    // A submit writes into no chat: whoever gets hold of one call can't do both.
    kinds: &[Kind::Poll, Kind::Doctor],
    ..GET
};

/// What a message shows. Anything else that the platform has is refused: a card asks people to do something.
const SHOWN: Member = Member::needed(
    "msgParam",
    Shape::Packed {
        by: "msgKey",
        of: &[
            ("sampleText", &[Member::needed("content", Shape::Words)]),
            // Not an address: people's clients would fetch whatever stands there.
            (
                "sampleImageMsg",
                &[Member::needed("photoURL", Shape::Upload)],
            ),
            (
                "sampleVideo",
                &[
                    // In milliseconds, as a text of digits.
                    Member::needed("duration", Shape::Id),
                    Member::needed("videoMediaId", Shape::Upload),
                    Member::needed("videoType", Shape::Always(r#""mp4""#)),
                    Member::needed("picMediaId", Shape::Upload),
                ],
            ),
            (
                "sampleFile",
                &[
                    Member::needed("mediaId", Shape::Upload),
                    Member::needed("fileName", Shape::Words),
                    Member::needed("fileType", Shape::Id),
                ],
            ),
        ],
    },
);
/// The app, by its id: whose robot speaks. The platform refuses another one than the token's.
const ROBOT: Member = Member::needed("robotCode", Shape::Id);
const KIND: Member = Member::needed("msgKey", Shape::Id);

/// DingTalk's messages: a person's and a group's have a route each.
pub const DINGTALK: Service = Service {
    id: "dingtalk",
    name: "DingTalk (钉钉)",
    short: "DingTalk",
    origins: &[DINGTALK_ORIGIN],
    moved_by: Some("DINGTALK_BASE_URL"),
    tail: "",
    granted: Granted::WithApp,
    when: "an app is configured",
    credential: Some(Credential {
        name: "dingtalk-token",
        what: "the app's token",
        position: Position::Header {
            name: "x-acs-dingtalk-access-token",
            prefix: "",
        },
        exchange: Some(Exchange {
            path: "/v1.0/oauth2/accessToken",
            asks: Asks::Json,
            app: "appKey",
            secret: "appSecret",
            success: Success::Status,
            token: "accessToken",
            expires_in_s: "expireIn",
            // 403 is said of a permission as well: then a fresh token is asked for once, in vain.
            refused: &[400, 401, 403],
            secret_name: SECRET,
            withheld: r#"{"code":"withheld","message":"the token service answered with something that is withheld"}"#,
        }),
    }),
    ranges: false,
    routes: &[
        Route {
            path: "/v1.0/oauth2/accessToken",
            headers: &[USER_AGENT, CONTENT[0], CONTENT[1], ANEW],
            body: Body::Json(TOKEN_BYTES),
            credential: false,
            ..CALL
        },
        Route {
            path: "/v1.0/robot/oToMessages/batchSend",
            body: Body::Json(MESSAGE_BYTES),
            commits: true,
            recipient: Some(Recipient::JsonField {
                name: "userIds",
                kind: IdKind::Always(PERSON),
            }),
            members: &[
                ROBOT,
                // A list by the platform's rules, of one person by ours.
                Member::needed(
                    "userIds",
                    Shape::List {
                        of: &Shape::Text,
                        most: 1,
                    },
                ),
                KIND,
                SHOWN,
            ],
            ..CALL
        },
        Route {
            path: "/v1.0/robot/groupMessages/send",
            body: Body::Json(MESSAGE_BYTES),
            commits: true,
            recipient: Some(Recipient::JsonField {
                name: "openConversationId",
                kind: IdKind::Always(GROUP),
            }),
            members: &[
                ROBOT,
                Member::needed("openConversationId", Shape::Text),
                KIND,
                SHOWN,
            ],
            ..CALL
        },
    ],
};

/// Where DingTalk takes media: the older host. It is granted with the newer one's app, whose secret it exchanges for a token of
/// its own.
pub const DINGTALK_MEDIA: Service = Service {
    id: "dingtalk-media",
    name: "DingTalk's older host, for media",
    short: "DingTalk media",
    origins: &[DINGTALK_MEDIA_ORIGIN],
    moved_by: None,
    tail: "",
    granted: Granted::WithAppOf("dingtalk"),
    when: "an app of DingTalk is configured",
    credential: Some(Credential {
        name: "dingtalk-media-token",
        what: "the app's token there",
        position: Position::Query {
            name: "access_token",
        },
        exchange: Some(Exchange {
            path: "/gettoken",
            asks: Asks::Query,
            app: "appkey",
            secret: "appsecret",
            success: Success::Number {
                member: "errcode",
                is: 0,
            },
            token: "access_token",
            expires_in_s: "expires_in",
            // The platform answers 200 to everything here. So any answer allows for a fresh token, once a minute.
            refused: &[200],
            secret_name: SECRET,
            withheld: r#"{"errcode":-2,"errmsg":"the token service answered with something that is withheld"}"#,
        }),
    }),
    ranges: false,
    routes: &[
        Route {
            path: "/gettoken",
            query: &[Key::Is("appkey"), Key::Is("appsecret")],
            headers: &[USER_AGENT, ANEW],
            credential: false,
            kinds: CALL.kinds,
            ..GET
        },
        Route {
            path: "/media/upload",
            query: &[Key::Is("access_token"), Key::Is("type")],
            body: Body::Multipart(UPLOAD_BYTES),
            ..CALL
        },
    ],
};
