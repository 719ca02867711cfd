//! Feishu, and Lark, which is the same elsewhere.

use super::{
    Asked, Asks, Body, CONTENT, Credential, Exchange, GET, Granted, Header, IdKind, Key, Member,
    Method, Named, Names, Position, Recipient, Route, SENDS, Service, Shape, Success, USER_AGENT,
    Value,
};
use crate::kind::Kind;

/// Where Feishu is.
pub const FEISHU_ORIGIN: &str = "https://open.feishu.cn";
/// Where Lark is.
pub const LARK_ORIGIN: &str = "https://open.larksuite.com";
/// The path of the token route, which the harness answers itself.
pub const TOKEN_PATH: &str = "/open-apis/auth/v3/tenant_access_token/internal";
/// The path for messages; an answer to one stands below it.
const MESSAGES_PATH: &str = "/open-apis/im/v1/messages";

/// A request for a token has two short texts.
const TOKEN_BYTES: u64 = 16 << 10;
/// Feishu takes text requests up to 150 KB, others up to 30.
const MESSAGE_BYTES: u64 = 150 << 10;
/// A card has at most 30 KB.
const CARD_BYTES: u64 = 30 << 10;
/// Feishu takes files up to 30 MB, and images up to 10; the form around one has some hundred bytes.
const FILE_BYTES: u64 = (30 << 20) + (64 << 10);
/// The same of an image.
const IMAGE_BYTES: u64 = (10 << 20) + (64 << 10);

/// Every response has it.
const SUCCESS: Success = Success::Number {
    member: "code",
    is: 0,
};

/// What a message may be: a text, an image, a video or a file that was uploaded, or a card that is one plain text and can be
/// changed. Anything else of Feishu's is refused: another card asks people to do something, a shared chat leads them elsewhere.
///
/// A key is asked only to be well-formed. That it came of an upload of this process can't be asked: a message is stored
/// before it is sent, and after a crash another process sends what the first one uploaded. Feishu itself refuses keys of
/// other apps.
const CONTENTS: Shape = Shape::Packed {
    by: "msg_type",
    of: &[
        ("text", &[Member::may("text", Shape::Words)]),
        ("image", &[Member::needed("image_key", Shape::Id)]),
        ("file", &[Member::needed("file_key", Shape::Id)]),
        // A video, with its first frame.
        (
            "media",
            &[
                Member::needed("file_key", Shape::Id),
                Member::may("image_key", Shape::Id),
            ],
        ),
        (CARD, CARD_MEMBERS),
    ],
};
/// What `msg_type` says of a card.
const CARD: &str = "interactive";
/// A card that is one plain text: nothing in it is markup, a link or a button.
const CARD_MEMBERS: &[Member] = &[
    // Only what all see alike can be changed.
    Member::needed("config", Shape::Always(r#"{"update_multi":true}"#)),
    Member::needed(
        "elements",
        Shape::List {
            of: &Shape::Object(&[
                Member::needed("tag", Shape::Always(r#""div""#)),
                Member::needed(
                    "text",
                    Shape::Object(&[
                        Member::needed("tag", Shape::Always(r#""plain_text""#)),
                        Member::needed("content", Shape::Words),
                    ]),
                ),
            ]),
            most: 1,
        },
    ),
];
/// How a response names a message.
const fn names(of: Asked, what: Named) -> Names {
    Names {
        status: 200,
        success: SUCCESS,
        of,
        at: "/data/message_id",
        what,
    }
}
// Not needed: without one the platform shows each attempt, and that is the core's to know.
/// What makes a repetition harmless, for an hour.
const UUID: Member = Member::may("uuid", Shape::Text);

/// An upload; nobody sees it.
const UPLOAD: Route = Route {
    method: Method::Post,
    headers: SENDS,
    body: Body::Multipart(FILE_BYTES),
    // A submit writes into no chat: whoever gets hold of one call can't do both.
    kinds: &[Kind::Poll, Kind::Doctor],
    ..GET
};
/// A message: its recipient is compared with those that the user named.
const MESSAGE: Route = Route {
    body: Body::Json(MESSAGE_BYTES),
    commits: true,
    names: &[
        names(Asked::Any, Named::Message),
        names(Asked::Saying("msg_type", CARD), Named::OwnMessageAnywhere),
    ],
    ..UPLOAD
};

/// Feishu or Lark.
pub const FEISHU: Service = Service {
    id: "feishu",
    name: "Feishu or Lark",
    short: "Feishu",
    origins: &[FEISHU_ORIGIN, LARK_ORIGIN],
    moved_by: Some("FEISHU_BASE_URL"),
    tail: "/open-apis",
    granted: Granted::WithApp,
    when: "an app is configured; one of the two",
    credential: Some(Credential {
        name: "feishu-tenant-token",
        what: "the tenant token",
        position: Position::BEARER,
        exchange: Some(Exchange {
            path: TOKEN_PATH,
            asks: Asks::Json,
            app: "app_id",
            secret: "app_secret",
            success: SUCCESS,
            token: "tenant_access_token",
            expires_in_s: "expire",
            // The platform answers 400 for a bad token as for much else: the harness drops the token in either
            // case.
            refused: &[400, 401],
            secret_name: "feishu-app-secret",
            withheld: r#"{"code":2200,"msg":"the token service answered with something that is withheld"}"#,
        }),
    }),
    ranges: false,
    routes: &[
        Route {
            path: TOKEN_PATH,
            // Beside the usual ones the wish for a fresh token, which the harness reads and doesn't pass on.
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
            recipient: Some(Recipient::JsonField {
                name: "receive_id",
                kind: IdKind::Query("receive_id_type"),
            }),
            members: &[
                Member::needed("receive_id", Shape::Text),
                Member::needed("msg_type", Shape::Text),
                Member::needed("content", CONTENTS),
                UUID,
            ],
            ..MESSAGE
        },
        Route {
            path: "/open-apis/im/v1/messages/{}/reply",
            recipient: Some(Recipient::Message),
            members: &[
                Member::needed("msg_type", Shape::Text),
                Member::needed("content", CONTENTS),
                Member::may("reply_in_thread", Shape::Flag),
                UUID,
            ],
            ..MESSAGE
        },
        // Has a card of the app's own say something else.
        Route {
            method: Method::Patch,
            path: "/open-apis/im/v1/messages/{own}",
            body: Body::Json(CARD_BYTES),
            recipient: Some(Recipient::OwnMessage),
            members: &[Member::needed("content", Shape::PackedAs(CARD_MEMBERS))],
            names: &[],
            ..MESSAGE
        },
    ],
};
