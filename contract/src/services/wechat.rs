//! WeChat (微信), by the bot's account that OpenClaw's plug-in logs in: docs/apis/wechat.md. Messages go to one host, encrypted media
//! to another one, whose addresses the first one names.

use super::{
    Asked, Body, CONTENT, Credential, GET, Granted, Header, IdKind, Key, Member, Method, Named,
    Names, Position, Recipient, Route, Service, Shape, Success, USER_AGENT, Value, seal,
};
use crate::kind::Kind;

/// Where messages go. An account may be at another host of the same domain, which its file says.
pub const WECHAT_ORIGIN: &str = "https://ilinkai.weixin.qq.com";
/// Where media go: hosts that the service names.
pub const WECHAT_MEDIA_ORIGIN: &str = "https://*.cdn.weixin.qq.com";
/// Where an account's address may be: any host below.
pub(crate) const DOMAIN: &str = "*.weixin.qq.com";
/// The kind of id of a person who writes to such an account.
pub(crate) const PERSON: &str = "wechat_user";

/// No document says how large media may be. This is what a step reads of one with room, and above what services here make.
pub const WECHAT_FILE_BYTES: u64 = 50 << 20;
/// A text has 4,000 characters, of four bytes at most, and escapes.
const MESSAGE_BYTES: u64 = 64 << 10;
/// Some ids and numbers.
const ASKS_BYTES: u64 = 4 << 10;

/// Which program speaks, and how: as the plug-in's requests say it, since the service takes no others.
const SPEAKS: &[Header] = &[
    USER_AGENT,
    CONTENT[0],
    CONTENT[1],
    Header {
        name: "authorizationtype",
        value: Value::Exactly("ilink_bot_token"),
    },
    Header {
        name: "ilink-app-id",
        value: Value::Exactly("bot"),
    },
    Header {
        name: "ilink-app-clientversion",
        value: Value::Any,
    },
    // A random number: a request without one is refused.
    Header {
        name: "x-wechat-uin",
        value: Value::Any,
    },
];

/// Calls with the token.
const CALL: Route = Route {
    method: Method::Post,
    headers: SPEAKS,
    body: Body::Json(ASKS_BYTES),
    // A submit writes into no chat: whoever gets hold of one call can't do both.
    kinds: &[Kind::Poll, Kind::Doctor],
    ..GET
};

/// Which program asks.
const BASE: Member = Member::needed(
    "base_info",
    Shape::Object(&[
        Member::needed("channel_version", Shape::Text),
        Member::needed("bot_agent", Shape::Text),
    ]),
);

/// An upload, by what the host that took it said and by the key that it was encrypted with.
const MEDIA: Member = Member::needed(
    "media",
    Shape::Object(&[
        Member::needed("encrypt_query_param", Shape::Text),
        Member::needed("aes_key", Shape::Text),
        Member::needed("encrypt_type", Shape::Always("1")),
    ]),
);

/// What a message shows: one of these.
const ITEM: Shape = Shape::Object(&[
    Member::needed("type", Shape::Count),
    Member::may(
        "text_item",
        Shape::Object(&[Member::needed("text", Shape::Plain)]),
    ),
    Member::may(
        "image_item",
        Shape::Object(&[MEDIA, Member::needed("mid_size", Shape::Count)]),
    ),
    Member::may(
        "video_item",
        Shape::Object(&[MEDIA, Member::needed("video_size", Shape::Count)]),
    ),
    Member::may(
        "file_item",
        Shape::Object(&[
            MEDIA,
            Member::needed("file_name", Shape::Plain),
            Member::needed("len", Shape::Id),
        ]),
    ),
]);

/// WeChat's messages.
pub const WECHAT: Service = Service {
    id: "wechat",
    name: "WeChat (微信)",
    short: "WeChat",
    origins: &[WECHAT_ORIGIN],
    moved_by: Some("WECHAT_BASE_URL"),
    tail: "",
    granted: Granted::WithApp,
    when: "an account is logged in",
    credential: Some(Credential {
        name: "wechat-bot-token",
        what: "the account's token",
        position: Position::BEARER,
        exchange: None,
    }),
    ranges: false,
    routes: &[
        Route {
            path: "/ilink/bot/getuploadurl",
            members: &[
                Member::needed("filekey", Shape::Id),
                Member::needed("media_type", Shape::Count),
                Member::needed("to_user_id", Shape::Text),
                Member::needed("rawsize", Shape::Count),
                Member::needed("rawfilemd5", Shape::Id),
                Member::needed("filesize", Shape::Count),
                Member::needed("no_need_thumb", Shape::Always("true")),
                Member::needed("aeskey", Shape::Id),
                BASE,
            ],
            names: &[Names {
                status: 200,
                success: Success::Status,
                of: Asked::Any,
                at: "/upload_full_url",
                what: Named::Address,
            }],
            ..CALL
        },
        // Whether the login is still good, of nobody in particular.
        Route {
            path: "/ilink/bot/getconfig",
            members: &[
                Member::needed("ilink_user_id", Shape::Always(r#""""#)),
                BASE,
            ],
            ..CALL
        },
        Route {
            path: "/ilink/bot/sendmessage",
            body: Body::Json(MESSAGE_BYTES),
            commits: true,
            recipient: Some(Recipient::JsonField {
                name: "msg.to_user_id",
                kind: IdKind::Always(PERSON),
            }),
            members: &[
                Member::needed(
                    "msg",
                    Shape::Object(&[
                        Member::needed("from_user_id", Shape::Always(r#""""#)),
                        Member::needed("to_user_id", Shape::Text),
                        Member::needed("client_id", Shape::Id),
                        // By the bot, and whole.
                        Member::needed("message_type", Shape::Always("2")),
                        Member::needed("message_state", Shape::Always("2")),
                        // The service takes more than one in a message, and shows the first alone.
                        Member::needed("item_list", Shape::List { of: &ITEM, most: 1 }),
                        // The harness's own: with it alone nobody can write, and without it nobody is reached.
                        Member::may("context_token", Shape::Context),
                    ]),
                ),
                BASE,
            ],
            ..CALL
        },
        // No route of the service: what an upload has to say of its bytes is found out here.
        Route {
            path: "/measure",
            headers: &[USER_AGENT, CONTENT[0], CONTENT[1]],
            body: Body::Measured(WECHAT_FILE_BYTES),
            credential: false,
            ..CALL
        },
    ],
};

/// Where WeChat takes media. It is sent no credential: the address is one.
pub const WECHAT_MEDIA: Service = Service {
    id: "wechat-media",
    name: "WeChat's delivery network, for media",
    short: "WeChat media",
    origins: &[WECHAT_MEDIA_ORIGIN],
    moved_by: None,
    tail: "",
    granted: Granted::Beside("wechat"),
    when: "beside WeChat, at the addresses that it names",
    credential: None,
    ranges: false,
    routes: &[Route {
        path: "/{..}",
        // Whatever the address has: it is taken whole, or not at all.
        query: &[Key::Begins("")],
        headers: &[
            USER_AGENT,
            CONTENT[0],
            CONTENT[1],
            Header {
                name: seal::KEY,
                value: Value::Key,
            },
        ],
        body: Body::Sealed(WECHAT_FILE_BYTES),
        only_named: true,
        credential: false,
        ..CALL
    }],
};
