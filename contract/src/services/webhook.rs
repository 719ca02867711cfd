//! A webhook of the user's own, signed as Standard Webhooks has it: docs/apis/webhook.md.

use super::{
    Body, CONTENT, Credential, GET, Granted, Header, IdKind, Member, Method, Position, Recipient,
    Route, SIGNED_ID, Service, Shape, USER_AGENT, Value,
};
use crate::kind::Kind;

/// Nowhere: every webhook is where its owner says, and this name leads to nobody (RFC 6761).
pub const WEBHOOK_ORIGIN: &str = "https://webhook.invalid";
/// The kind of what the receiver is told as the chat.
pub(crate) const CHAT: &str = "webhook_chat";
/// The specification's advice for a payload, which receivers may hold to.
const PAYLOAD_BYTES: u64 = 20 << 10;

/// What is posted. Nothing of it is markup: a program reads it.
const POST: Route = Route {
    method: Method::Post,
    path: "",
    headers: &[
        USER_AGENT,
        CONTENT[0],
        CONTENT[1],
        // The same in every attempt: by it the receiver knows a repetition.
        Header {
            name: SIGNED_ID,
            value: Value::Any,
        },
    ],
    body: Body::Json(PAYLOAD_BYTES),
    commits: true,
    recipient: Some(Recipient::JsonField {
        name: "chat",
        kind: IdKind::Always(CHAT),
    }),
    members: &[
        Member::needed("type", Shape::Text),
        Member::needed("timestamp", Shape::Text),
        Member::needed("chat", Shape::Text),
        Member::may("thread", Shape::Text),
        Member::may("reply_to", Shape::Text),
        Member::needed(
            "data",
            Shape::Object(&[
                Member::may("text", Shape::Text),
                Member::may("kind", Shape::Id),
                Member::may("url", Shape::Text),
                Member::may("name", Shape::Text),
                Member::may("content_type", Shape::Text),
                Member::may("bytes", Shape::Count),
            ]),
        ),
    ],
    // A submit writes into no chat: whoever gets hold of one call can't do both.
    kinds: &[Kind::Poll, Kind::Doctor],
    ..GET
};

/// A webhook.
pub const WEBHOOK: Service = Service {
    id: "webhook",
    name: "a webhook",
    short: "Webhook",
    origins: &[WEBHOOK_ORIGIN],
    moved_by: Some("LIBTV_WEBHOOK_URL"),
    tail: "",
    granted: Granted::WithApp,
    when: "a webhook is configured, where that is",
    credential: Some(Credential {
        name: "webhook-secret",
        what: "a signature by the secret",
        position: Position::Signature,
        exchange: None,
    }),
    ranges: false,
    // The address is the owner's own, with a path or without one.
    routes: &[POST, Route { path: "/", ..POST }],
};
