//! Discord, for a bot: docs/apis/discord.md.

use super::{
    Asked, Body, Credential, GET, Granted, IdKind, Key, Member, Method, Named, Names, Part,
    Position, Recipient, Route, SENDS, Service, Shape, Success,
};
use crate::kind::Kind;

/// Where Discord is.
pub const DISCORD_ORIGIN: &str = "https://discord.com";
/// The path for a channel's messages.
const MESSAGES_PATH: &str = "/api/v10/channels/{}/messages";
/// The kind of id of a channel, which a thread and a direct conversation are as well.
pub(crate) const CHANNEL: &str = "discord_channel";
/// The kind of id of a person.
pub(crate) const USER: &str = "discord_user";

/// A text has 2,000 characters, at most four bytes each and six where JSON escapes them; around it stand some names.
const MESSAGE_BYTES: u64 = 16 << 10;
/// What a chat takes where its guild has no higher level.
pub const FILE_BYTES: u64 = 10 << 20;
/// A request that opens a conversation has one id.
const OPEN_BYTES: u64 = 1 << 10;

const FILE: Shape = Shape::Object(&[
    Member::needed("id", Shape::Always("0")),
    Member::needed("filename", Shape::Text),
]);

/// A message. Whatever is written in it, nobody is called by it, and no link in it unfolds.
const MESSAGE: &[Member] = &[
    Member::may("content", Shape::Words),
    // Not needed: without one the platform shows each attempt, and that is the core's to know.
    Member::may("nonce", Shape::Text),
    Member::needed("enforce_nonce", Shape::Always("true")),
    Member::needed("allowed_mentions", Shape::Always(r#"{"parse":[]}"#)),
    Member::needed("flags", Shape::Always("4")),
    Member::may("attachments", Shape::List { of: &FILE, most: 1 }),
    Member::may(
        "message_reference",
        Shape::Object(&[
            Member::needed("message_id", Shape::Id),
            Member::needed("fail_if_not_exists", Shape::Always("false")),
        ]),
    ),
];

/// What reads a channel's messages or sends one.
const OF_CHANNEL: Route = Route {
    path: MESSAGES_PATH,
    recipient: Some(Recipient::Path {
        kind: IdKind::Always(CHANNEL),
    }),
    // A submit writes into no chat: whoever gets hold of one call can't do both.
    kinds: &[Kind::Poll, Kind::Doctor],
    ..GET
};

/// Discord.
pub const DISCORD: Service = Service {
    id: "discord",
    name: "Discord",
    short: "Discord",
    origins: &[DISCORD_ORIGIN],
    moved_by: Some("DISCORD_BASE_URL"),
    tail: "/api/v10",
    granted: Granted::WithApp,
    when: "a bot is configured",
    credential: Some(Credential {
        name: "discord-bot-token",
        what: "the bot's token",
        position: Position::Header {
            name: "Authorization",
            prefix: "Bot ",
        },
        exchange: None,
    }),
    ranges: false,
    routes: &[
        Route {
            method: Method::Post,
            headers: SENDS,
            body: Body::Parts {
                json: Some(Part {
                    name: "payload_json",
                    max_bytes: MESSAGE_BYTES,
                }),
                files: &[Part {
                    name: "files[0]",
                    max_bytes: FILE_BYTES,
                }],
            },
            commits: true,
            members: MESSAGE,
            names: &[Names {
                status: 200,
                success: Success::Status,
                // What shows a file stays what it is.
                of: Asked::Without("attachments"),
                at: "/id",
                what: Named::OwnMessage,
            }],
            ..OF_CHANNEL
        },
        // Has a message of the bot's own say something else.
        Route {
            method: Method::Patch,
            path: "/api/v10/channels/{}/messages/{own}",
            headers: SENDS,
            body: Body::Json(MESSAGE_BYTES),
            commits: true,
            members: &[
                Member::needed("content", Shape::Words),
                Member::needed("allowed_mentions", Shape::Always(r#"{"parse":[]}"#)),
                Member::needed("flags", Shape::Always("4")),
            ],
            ..OF_CHANNEL
        },
        Route {
            query: &[Key::Is("limit"), Key::Is("before")],
            ..OF_CHANNEL
        },
        Route {
            method: Method::Post,
            path: "/api/v10/users/@me/channels",
            headers: SENDS,
            body: Body::Json(OPEN_BYTES),
            recipient: Some(Recipient::JsonField {
                name: "recipient_id",
                kind: IdKind::Always(USER),
            }),
            members: &[Member::needed("recipient_id", Shape::Id)],
            names: &[Names {
                status: 200,
                success: Success::Status,
                of: Asked::Any,
                at: "/id",
                what: Named::Recipient(CHANNEL),
            }],
            ..OF_CHANNEL
        },
        // Whether the token is good.
        Route {
            path: "/api/v10/users/@me",
            recipient: None,
            ..OF_CHANNEL
        },
    ],
};
