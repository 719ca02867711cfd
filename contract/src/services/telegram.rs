//! Telegram, for a bot: docs/apis/telegram.md.

use super::{
    Asked, Body, Credential, GET, Granted, IdKind, Key, Member, Method, Named, Names, Part,
    Position, Recipient, Route, SENDS, Service, Shape, Success,
};
use crate::kind::Kind;

/// Where Telegram is.
pub const TELEGRAM_ORIGIN: &str = "https://api.telegram.org";
/// The kind of id of a chat: of a person, a group or a channel.
pub(crate) const CHAT: &str = "telegram_chat";

/// A text has 4,096 units of UTF-16, at most three bytes each and six where JSON escapes them; around it stand some names.
const MESSAGE_BYTES: u64 = 32 << 10;
/// What describes a medium: its kind, its size and how long it plays.
const MEDIUM_BYTES: u64 = 1 << 10;
/// A file of a bot.
pub const FILE_BYTES: u64 = 50 << 20;
/// A picture that is shown as such.
pub const PHOTO_BYTES: u64 = 10 << 20;
/// The small picture before a film plays; a larger one is left out by the platform, without a word.
pub const THUMBNAIL_BYTES: u64 = 200 << 10;

/// The key of a query that says which chat is meant.
const CHAT_ID: Key = Key::Is("chat_id");
/// What every response has.
const SUCCESS: Success = Success::True { member: "ok" };
/// How the response to a message names it. Its id counts in its chat alone.
const SHOWN: Names = Names {
    status: 200,
    success: SUCCESS,
    of: Asked::Any,
    at: "/result/message_id",
    what: Named::OwnMessage,
};
/// A group that became a supergroup is another chat, which only this refusal tells.
const MOVED: Names = Names {
    status: 400,
    success: Success::Number {
        member: "error_code",
        is: 400,
    },
    of: Asked::Any,
    at: "/parameters/migrate_to_chat_id",
    what: Named::Recipient(CHAT),
};
/// A link in a text unfolds nothing.
const NO_PREVIEW: Member = Member::needed(
    "link_preview_options",
    Shape::Always(r#"{"is_disabled":true}"#),
);
const THUMBNAIL: Part = Part {
    name: "thumbnail",
    max_bytes: THUMBNAIL_BYTES,
};

/// About one chat, which stands in the query: there it can be held fast without reading a form, and there the platform reads
/// it first.
const OF_CHAT: Route = Route {
    recipient: Some(Recipient::Query {
        name: "chat_id",
        kind: IdKind::Always(CHAT),
    }),
    // A submit writes into no chat: whoever gets hold of one call can't do both.
    kinds: &[Kind::Poll, Kind::Doctor],
    ..GET
};
/// A file in a message of its own. There is no caption: nothing that anybody wrote stands in it.
const FILE: Route = Route {
    method: Method::Post,
    headers: SENDS,
    query: &[CHAT_ID, Key::Message("message_thread_id")],
    commits: true,
    names: &[SHOWN, MOVED],
    ..OF_CHAT
};

/// A form with a file of this name alone.
const fn only(files: &'static [Part]) -> Body {
    Body::Parts { json: None, files }
}

/// Telegram.
pub const TELEGRAM: Service = Service {
    id: "telegram",
    name: "Telegram",
    short: "Telegram",
    origins: &[TELEGRAM_ORIGIN],
    moved_by: Some("TELEGRAM_BASE_URL"),
    tail: "",
    granted: Granted::WithApp,
    when: "a bot is configured",
    credential: Some(Credential {
        name: "telegram-bot-token",
        what: "the bot's token",
        position: Position::PathSegment { prefix: "bot" },
        exchange: None,
    }),
    ranges: false,
    routes: &[
        Route {
            method: Method::Post,
            path: "/{credential}/sendMessage",
            headers: SENDS,
            body: Body::Json(MESSAGE_BYTES),
            commits: true,
            recipient: Some(Recipient::JsonField {
                name: "chat_id",
                kind: IdKind::Always(CHAT),
            }),
            // Without `parse_mode`: nothing in the words is markup.
            members: &[
                Member::needed("chat_id", Shape::Id),
                Member::needed("text", Shape::Uncalling),
                Member::may("message_thread_id", Shape::Message),
                Member::may(
                    "reply_parameters",
                    // Without `chat_id`: of this chat, and nothing is quoted from another one.
                    Shape::Object(&[
                        Member::needed("message_id", Shape::Count),
                        Member::needed("allow_sending_without_reply", Shape::Always("true")),
                    ]),
                ),
                NO_PREVIEW,
            ],
            names: &[SHOWN, MOVED],
            ..OF_CHAT
        },
        // Has a message of the bot's own say something else.
        Route {
            method: Method::Post,
            path: "/{credential}/editMessageText",
            query: &[CHAT_ID, Key::OwnMessage("message_id")],
            headers: SENDS,
            body: Body::Json(MESSAGE_BYTES),
            commits: true,
            members: &[Member::needed("text", Shape::Uncalling), NO_PREVIEW],
            ..OF_CHAT
        },
        // Puts a file where a message of the bot's own stands.
        Route {
            method: Method::Post,
            path: "/{credential}/editMessageMedia",
            query: &[CHAT_ID, Key::OwnMessage("message_id")],
            headers: SENDS,
            body: Body::Parts {
                json: Some(Part {
                    name: "media",
                    max_bytes: MEDIUM_BYTES,
                }),
                files: &[
                    THUMBNAIL,
                    Part {
                        name: "file",
                        max_bytes: FILE_BYTES,
                    },
                ],
            },
            commits: true,
            members: &[
                Member::needed("type", Shape::Id),
                Member::needed("media", Shape::Always(r#""attach://file""#)),
                Member::may("thumbnail", Shape::Always(r#""attach://thumbnail""#)),
                Member::may("width", Shape::Count),
                Member::may("height", Shape::Count),
                Member::may("duration", Shape::Count),
                Member::may("supports_streaming", Shape::Always("true")),
            ],
            names: &[MOVED],
            ..OF_CHAT
        },
        Route {
            path: "/{credential}/sendVideo",
            query: &[
                CHAT_ID,
                Key::Message("message_thread_id"),
                Key::Is("width"),
                Key::Is("height"),
                Key::Is("duration"),
                Key::Is("supports_streaming"),
            ],
            body: only(&[
                THUMBNAIL,
                Part {
                    name: "video",
                    max_bytes: FILE_BYTES,
                },
            ]),
            ..FILE
        },
        Route {
            path: "/{credential}/sendPhoto",
            body: only(&[Part {
                name: "photo",
                max_bytes: PHOTO_BYTES,
            }]),
            ..FILE
        },
        Route {
            path: "/{credential}/sendDocument",
            body: only(&[Part {
                name: "document",
                max_bytes: FILE_BYTES,
            }]),
            ..FILE
        },
        // Takes back what announced a file that could not be shown.
        Route {
            path: "/{credential}/deleteMessage",
            query: &[CHAT_ID, Key::OwnMessage("message_id")],
            ..OF_CHAT
        },
        // Whether the token is good.
        Route {
            path: "/{credential}/getMe",
            recipient: None,
            ..OF_CHAT
        },
    ],
};
