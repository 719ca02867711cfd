//! A homeserver of Matrix, for a bot: docs/apis/matrix.md.
//!
//! Four routes, of which one writes. Where a message goes stands in its path, so that the harness compares the room with those
//! that a submit named before it lets the request out, and reads the whole body besides: nothing in it calls anybody, is
//! markup, or takes the place of a message but for a text of this program's own.

use super::{
    Asked, Body, Credential, GET, Granted, IdKind, Key, Member, Method, Named, Names, Position,
    Recipient, Route, SENDS, Service, Shape, Success,
};
use crate::kind::Kind;

/// Nowhere: every homeserver is where its owner says, and this name leads to nobody (RFC 6761).
pub const MATRIX_ORIGIN: &str = "https://matrix.invalid";
/// The kind of id of a room.
pub(crate) const ROOM: &str = "matrix_room";

/// A whole event has at most 64 KiB; JSON may escape the words in it.
const EVENT_BYTES: u64 = 64 << 10;
/// A homeserver takes what it is set up for, usually 50 MB; this is what a call may send.
pub const FILE_BYTES: u64 = 100 << 20;

/// What asks about a room or writes into it.
const OF_ROOM: Route = Route {
    recipient: Some(Recipient::Path {
        kind: IdKind::Always(ROOM),
    }),
    // A submit writes into no chat: whoever gets hold of one call can't do both.
    kinds: &[Kind::Poll, Kind::Doctor],
    ..GET
};

/// The message that is answered: one that a submit named, or that this program has posted.
const ANSWERED: Shape = Shape::Object(&[Member::needed("event_id", Shape::Message)]);

/// In a thread, or as an answer.
const BELONGS: Shape = Shape::Object(&[
    Member::may("rel_type", Shape::Always(r#""m.thread""#)),
    Member::may("event_id", Shape::Message),
    Member::may("is_falling_back", Shape::Always("true")),
    Member::may("m.in_reply_to", ANSWERED),
]);

/// In the place of a text of one's own, in the same room.
const REPLACES: Shape = Shape::Object(&[
    Member::needed("rel_type", Shape::Always(r#""m.replace""#)),
    Member::needed("event_id", Shape::OwnMessage),
]);

/// What is said there then: words, which call nobody either.
const REPLACEMENT: Shape = Shape::Object(&[
    Member::needed("msgtype", Shape::Always(r#""m.text""#)),
    Member::needed("body", Shape::Words),
    Member::needed("m.mentions", Shape::Always("{}")),
]);

/// A message, as `m.room.message` of the specification has it. It has no `formatted_body`: nothing in it is markup.
///
/// Every member that it may have stands here; a body with any other one doesn't leave the harness. So it can't be a poll, a
/// place on a map or a request to verify a device, which are messages as well.
const MESSAGE: &[Member] = &[
    Member::needed("msgtype", Shape::Text),
    Member::needed("body", Shape::Words),
    Member::may("url", Shape::Text),
    Member::may(
        "info",
        Shape::Object(&[
            Member::may("mimetype", Shape::Text),
            Member::may("size", Shape::Count),
            Member::may("w", Shape::Count),
            Member::may("h", Shape::Count),
            Member::may("duration", Shape::Count),
        ]),
    ),
    // Said in so many words, so that no name in the text calls anybody.
    Member::needed("m.mentions", Shape::Always("{}")),
    Member::may("m.new_content", REPLACEMENT),
    Member::may("m.relates_to", Shape::Either(&[BELONGS, REPLACES])),
];

/// A homeserver of Matrix. It has no address of its own: without `MATRIX_HOMESERVER`, or an account of OpenClaw's configuration
/// that has one, nothing of it is granted.
pub const MATRIX: Service = Service {
    id: "matrix",
    name: "a homeserver of Matrix",
    short: "Matrix",
    origins: &[MATRIX_ORIGIN],
    moved_by: Some("MATRIX_HOMESERVER"),
    tail: "",
    granted: Granted::WithApp,
    when: "a bot's homeserver and token are configured, where that is",
    credential: Some(Credential {
        name: "matrix-access-token",
        what: "the bot's access token",
        position: Position::BEARER,
        exchange: None,
    }),
    ranges: false,
    routes: &[
        // Whether the token is good.
        Route {
            path: "/_matrix/client/v3/account/whoami",
            recipient: None,
            ..OF_ROOM
        },
        // Whether the room is encrypted, which whoever submits wants to know before it costs anything.
        Route {
            path: "/_matrix/client/v3/rooms/{room}/state/m.room.encryption",
            kinds: &[Kind::Submit, Kind::Poll, Kind::Doctor],
            ..OF_ROOM
        },
        // Nobody sees what is uploaded until a message names it.
        Route {
            method: Method::Post,
            path: "/_matrix/media/v3/upload",
            query: &[Key::Is("filename")],
            headers: SENDS,
            body: Body::Bytes(FILE_BYTES),
            recipient: None,
            ..OF_ROOM
        },
        // The last segment is the key: the same again shows nothing new.
        Route {
            method: Method::Put,
            path: "/_matrix/client/v3/rooms/{room}/send/m.room.message/{}",
            headers: SENDS,
            body: Body::Json(EVENT_BYTES),
            commits: true,
            members: MESSAGE,
            names: &[
                names(Asked::Any, Named::Message),
                // What shows a medium is no line: nothing is put in its place.
                names(Asked::Saying("msgtype", "m.text"), Named::OwnMessage),
            ],
            ..OF_ROOM
        },
    ],
};

/// The event that a response names, of such requests and as that.
const fn names(of: Asked, what: Named) -> Names {
    Names {
        status: 200,
        success: Success::Status,
        of,
        at: "/event_id",
        what,
    }
}
