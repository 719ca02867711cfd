//! Slack: its methods, and the host that takes the bytes of files. `docs/apis/slack.md` is the source.

use super::{
    Asked, Body, Credential, GET, Granted, IdKind, Member, Method, Named, Names, Position,
    Recipient, Route, SENDS, Service, Shape, Success,
};
use crate::kind::Kind;

/// Where Slack is.
pub const SLACK_ORIGIN: &str = "https://slack.com";
/// Where it takes the bytes of files.
pub const SLACK_FILES_ORIGIN: &str = "https://files.slack.com";

/// The kind of all of its ids: their first letter says what they name.
pub const SLACK_ID: &str = "slack";

/// Forms have two short texts.
const FIELDS_BYTES: u64 = 4 << 10;
/// A text is cut at 40,000 characters, of four bytes at most.
const MESSAGE_BYTES: u64 = 200 << 10;
/// Slack takes files up to 1 GB; this is what a call may send in all.
const FILE_BYTES: u64 = 1 << 30;

/// Every response has it.
const SUCCESS: Success = Success::True { member: "ok" };
/// A message whose thread the message belongs in.
const THREAD: Member = Member::may("thread_ts", Shape::Message);

/// Nobody sees what it did.
const HARMLESS: Route = Route {
    method: Method::Post,
    headers: SENDS,
    body: Body::Fields(FIELDS_BYTES),
    // A submit writes into no chat: whoever gets hold of one call can't do both.
    kinds: &[Kind::Poll, Kind::Doctor],
    ..GET
};
/// It shows something.
const SHOWS: Route = Route {
    body: Body::Json(MESSAGE_BYTES),
    commits: true,
    ..HARMLESS
};

/// Whom a request is about, in this member.
const fn to(name: &'static str) -> Option<Recipient> {
    let kind = IdKind::Always(SLACK_ID);
    Some(Recipient::JsonField { name, kind })
}

/// What its response names, here.
const fn names(at: &'static str, what: Named) -> Names {
    Names {
        status: 200,
        success: SUCCESS,
        of: Asked::Any,
        at,
        what,
    }
}

/// A file of a message. The minimum: what else Slack's clients put there is refused by the platform, or by some of its versions.
const FILE: Shape = Shape::Object(&[
    Member::needed("id", Shape::Id),
    Member::may("title", Shape::Escaped),
]);

/// Slack's methods.
pub const SLACK: Service = Service {
    id: "slack",
    name: "Slack",
    short: "Slack",
    origins: &[SLACK_ORIGIN],
    moved_by: Some("SLACK_BASE_URL"),
    tail: "/api",
    granted: Granted::WithApp,
    when: "a bot's token is configured",
    credential: Some(Credential {
        name: "slack-bot-token",
        what: "the bot's token",
        position: Position::BEARER,
        exchange: None,
    }),
    ranges: false,
    routes: &[
        Route {
            path: "/api/files.getUploadURLExternal",
            names: &[names("/upload_url", Named::Address)],
            ..HARMLESS
        },
        Route {
            path: "/api/files.info",
            ..HARMLESS
        },
        Route {
            path: "/api/conversations.open",
            body: Body::Json(FIELDS_BYTES),
            recipient: to("users"),
            // Several people would be a conversation that nobody named: one id and no list.
            members: &[Member::needed("users", Shape::Id)],
            names: &[names("/channel/id", Named::Recipient(SLACK_ID))],
            ..HARMLESS
        },
        Route {
            path: "/api/files.completeUploadExternal",
            recipient: to("channel_id"),
            members: &[
                Member::needed("files", Shape::List { of: &FILE, most: 1 }),
                Member::needed("channel_id", Shape::Id),
                THREAD,
            ],
            ..SHOWS
        },
        Route {
            path: "/api/chat.postMessage",
            recipient: to("channel"),
            members: &[
                Member::needed("channel", Shape::Id),
                Member::needed("text", Shape::Escaped),
                // Stars and underscores stay what they are, and no link brings a preview along.
                Member::needed("mrkdwn", Shape::Always("false")),
                Member::needed("unfurl_links", Shape::Always("false")),
                Member::needed("unfurl_media", Shape::Always("false")),
                THREAD,
            ],
            names: &[
                names("/ts", Named::Message),
                names("/ts", Named::OwnMessage),
            ],
            ..SHOWS
        },
        // Has a message of the bot's own say something else.
        Route {
            path: "/api/chat.update",
            recipient: to("channel"),
            members: &[
                Member::needed("channel", Shape::Id),
                Member::needed("ts", Shape::OwnMessage),
                Member::needed("text", Shape::Escaped),
            ],
            ..SHOWS
        },
    ],
};

/// The host that takes the bytes. It is sent no credential: the address is one.
pub const SLACK_FILES: Service = Service {
    id: "slack-files",
    name: "Slack's files",
    short: "Slack's files",
    origins: &[SLACK_FILES_ORIGIN],
    moved_by: None,
    tail: "",
    granted: Granted::Beside("slack"),
    when: "beside Slack, at the addresses that it names",
    credential: None,
    ranges: false,
    routes: &[Route {
        path: "/upload/{..}",
        body: Body::Bytes(FILE_BYTES),
        only_named: true,
        credential: false,
        ..HARMLESS
    }],
};
