//! A homeserver of Matrix, as far as a bot that sends media needs it: its token, the state of rooms, uploads, messages. It demands what
//! the specification does: an event is put once under a name of its sender's device and path, and what is put again under it is
//! answered with the first one's id. No federation, no reading of messages.
//!
//! What it does as a real homeserver is what `sdk-check/matrix.mjs` checks of both: it and Synapse have to pass the same checks,
//! with a client that nobody here wrote (`tests/matrix/run`). It is stricter in four things: a plain message in an encrypted
//! room, a file that was never uploaded, an answer to a message that isn't in the room, and a change of what isn't a text of
//! one's own are refused, where a real one takes them and everybody sees something broken, or nothing.

mod event;

pub use event::{SentEvent, UploadedMedia};

use crate::record::{Recorded, percent_decode};
use crate::reply::Reply;
use crate::serve::pause;
use crate::service::{Fake, Handler, Service, lock};
use event::{checked, replaced};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// How long names of messages are remembered: as long as Synapse keeps them in memory at least.
const NAMES_KEPT: Duration = Duration::from_secs(30 * 60);
/// Whose token [`crate::MATRIX_ACCESS_TOKEN`] is.
const USUAL_BOT: &str = "@bot:matrix.example";
/// A whole event, of which this counts the part that a client says.
const MAX_EVENT_BYTES: usize = 64 << 10;

/// A room that the bots are in.
#[derive(Debug, Default)]
struct Room {
    /// For good: there is no way back.
    encrypted: bool,
    /// Somebody's messages, which may be answered.
    others: Vec<String>,
}

/// What the homeserver knows.
#[derive(Debug, Default)]
struct Server {
    /// By their ids. One that isn't here is one that the bots aren't in.
    rooms: HashMap<String, Room>,
    /// Oldest first.
    events: Vec<SentEvent>,
    uploads: Vec<UploadedMedia>,
    /// For each bot and path with its name: when it was put, and the event.
    names: HashMap<(String, String), (Duration, String)>,
    /// Bots by their tokens, beside the one that is always there.
    bots: HashMap<String, String>,
    /// The largest file; none: any.
    max_bytes: Option<u64>,
    /// How many events were made, for their ids.
    made: u64,
}

#[derive(Debug)]
pub(crate) struct Inner {
    service: Service,
    server: Mutex<Server>,
}

/// A homeserver's handle. The bot is in no room until one is added.
#[derive(Clone, Debug)]
pub struct Matrix(Arc<Inner>);

impl Fake for Matrix {
    fn service(&self) -> &Service {
        &self.0.service
    }
}

/// An error in Matrix's form.
fn error(status: u16, word: &str, words: &str) -> Reply {
    Reply::json(status, &json!({"errcode": word, "error": words}))
}

impl Matrix {
    pub(crate) fn new(service: Service) -> Self {
        Self(Arc::new(Inner {
            service,
            server: Mutex::default(),
        }))
    }

    pub(crate) fn handler(&self) -> Arc<Inner> {
        self.0.clone()
    }

    /// Changes what the server knows, and wakes who waits for it.
    fn change<T>(&self, change: impl FnOnce(&mut Server) -> T) -> T {
        let result = change(&mut lock(&self.0.server));
        self.service().tell();
        result
    }

    /// One more bot, in the same rooms.
    pub fn add_bot(&self, token: &str, user_id: &str) {
        self.change(|server| drop(server.bots.insert(token.to_owned(), user_id.to_owned())));
    }

    /// A room that the bot is in.
    pub fn add_room(&self, id: &str) {
        self.change(|server| drop(server.rooms.insert(id.to_owned(), Room::default())));
    }

    /// The bot was removed from a room.
    pub fn remove_bot_from(&self, id: &str) {
        self.change(|server| drop(server.rooms.remove(id)));
    }

    /// Encrypts a room, for good.
    pub fn encrypt(&self, id: &str) {
        self.change(|server| server.rooms.entry(id.to_owned()).or_default().encrypted = true);
    }

    /// Somebody's message in a room.
    pub fn add_message(&self, room: &str, id: &str) {
        self.change(|server| {
            let room = server.rooms.entry(room.to_owned()).or_default();
            room.others.push(id.to_owned());
        });
    }

    /// Files larger than this are refused, by the length that is announced.
    pub fn set_max_bytes(&self, bytes: u64) {
        self.change(|server| server.max_bytes = Some(bytes));
    }

    /// Everything that rooms show, oldest first.
    pub fn events(&self) -> Vec<SentEvent> {
        lock(&self.0.server).events.clone()
    }

    /// What was uploaded.
    pub fn uploads(&self) -> Vec<UploadedMedia> {
        lock(&self.0.server).uploads.clone()
    }
}

impl Inner {
    /// The response to a request, which has acted by then.
    fn respond(&self, request: &Recorded) -> Reply {
        let unknown = || error(404, "M_UNRECOGNIZED", "Unrecognized request");
        // As the real one: who asks for what no homeserver has isn't asked who they are.
        if !request.path.starts_with("/_matrix/") {
            return unknown();
        }
        let token = request.header("authorization");
        let Some(token) = token.and_then(|text| text.strip_prefix("Bearer ")) else {
            return error(401, "M_MISSING_TOKEN", "Missing access token");
        };
        let known = lock(&self.server).bots.get(token).cloned();
        let usual = || (token == crate::MATRIX_ACCESS_TOKEN).then(|| USUAL_BOT.to_owned());
        let Some(bot) = known.or_else(usual) else {
            return error(401, "M_UNKNOWN_TOKEN", "Invalid access token passed.");
        };
        let parts = request.path.split('/').skip(1);
        let segments: Vec<String> = parts.map(|part| percent_decode(part, false)).collect();
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        match (request.method.as_str(), segments.as_slice()) {
            ("GET", ["_matrix", "client", "v3", "account", "whoami"]) => {
                Reply::json(200, &json!({"user_id": bot, "device_id": "DEVICE"}))
            }
            (
                "GET",
                [
                    "_matrix",
                    "client",
                    "v3",
                    "rooms",
                    room,
                    "state",
                    "m.room.encryption",
                ]
                | [
                    "_matrix",
                    "client",
                    "v3",
                    "rooms",
                    room,
                    "state",
                    "m.room.encryption",
                    // The key of a room's one state of a kind, which is empty, may be left out.
                    "",
                ],
            ) => self.encryption(room),
            ("POST", ["_matrix", "media", "v3", "upload"]) => self.upload(request),
            (
                "PUT",
                [
                    "_matrix",
                    "client",
                    "v3",
                    "rooms",
                    room,
                    "send",
                    "m.room.message",
                    name,
                ],
            ) if !name.is_empty() => self.put(&bot, room, request),
            _ => unknown(),
        }
    }

    /// The state of a room that says whether it is encrypted.
    fn encryption(&self, room: &str) -> Reply {
        match lock(&self.server).rooms.get(room) {
            None => error(403, "M_FORBIDDEN", "User not in room"),
            Some(room) if room.encrypted => {
                Reply::json(200, &json!({"algorithm": "m.megolm.v1.aes-sha2"}))
            }
            Some(_) => error(404, "M_NOT_FOUND", "Event not found."),
        }
    }

    /// Takes a file. Its type is what the client says: nothing is looked at.
    fn upload(&self, request: &Recorded) -> Reply {
        let mut server = lock(&self.server);
        let Some(bytes) = request.announced_bytes() else {
            return error(400, "M_UNKNOWN", "Request must specify a Content-Length");
        };
        if server.max_bytes.is_some_and(|max| bytes > max) {
            return error(413, "M_TOO_LARGE", "Upload request body is too large");
        }
        let place = server.uploads.len() + 1;
        let uri = format!("mxc://matrix.example/file{place}");
        server.uploads.push(UploadedMedia {
            uri: uri.clone(),
            bytes,
            content_type: request
                .header("content-type")
                .unwrap_or_default()
                .to_owned(),
            name: request.query_value("filename").unwrap_or_default(),
        });
        Reply::json(200, &json!({"content_uri": uri}))
    }

    /// Puts a message under a name, once. What refuses it leaves the name free.
    fn put(&self, bot: &str, room_id: &str, request: &Recorded) -> Reply {
        let now = self.service.now();
        let mut server = lock(&self.server);
        // Before anything else: what was put under the name is what is there.
        let name = (bot.to_owned(), request.path.clone());
        let known = server.names.get(&name);
        let known = known.filter(|(at, _)| now.saturating_sub(*at) < NAMES_KEPT);
        if let Some((_, id)) = known {
            return Reply::json(200, &json!({"event_id": id}));
        }
        let Some(room) = server.rooms.get(room_id) else {
            return error(403, "M_FORBIDDEN", "User not in room");
        };
        if room.encrypted {
            // A real one would take it, and everybody would see a warning: here it must not come so far.
            return error(400, "M_UNKNOWN", "a plain message in an encrypted room");
        }
        let nothing = Value::Null;
        let content = request.json().unwrap_or(&nothing);
        if content.to_string().len() > MAX_EVENT_BYTES {
            return error(413, "M_TOO_LARGE", "event too large");
        }
        let uploaded = |uri: &str| server.uploads.iter().any(|known| known.uri == uri);
        let is_known = |id: &str| {
            let own = server
                .events
                .iter()
                .any(|event| event.event_id == id && event.room_id == room_id);
            own || room.others.iter().any(|known| known == id)
        };
        if let Err(words) = checked(content, &uploaded, &is_known) {
            return error(400, "M_UNKNOWN", words);
        }
        server.made += 1;
        let event_id = format!("$event{}-_{}", server.made, "x".repeat(36));
        match replaced(content) {
            None => server.events.push(SentEvent {
                event_id: event_id.clone(),
                room_id: room_id.to_owned(),
                sender: bot.to_owned(),
                content: content.clone(),
                edits: 0,
            }),
            // An event as well, which rooms show in the place of the first one.
            Some((id, new)) => {
                let mut events = server.events.iter_mut();
                let is = |one: &&mut SentEvent| one.event_id == id && one.sender == bot;
                let changed = events.find(is).ok_or("a change of somebody else's message");
                if let Err(words) = changed.and_then(|event| event.replace(new)) {
                    return error(400, "M_UNKNOWN", words);
                }
            }
        }
        server.names.insert(name, (now, event_id.clone()));
        Reply::json(200, &json!({"event_id": event_id}))
    }
}

impl Handler for Inner {
    fn service(&self) -> &Service {
        &self.service
    }

    async fn answer(self: Arc<Self>, request: Recorded, latency: Duration) -> Reply {
        pause(latency).await;
        let reply = self.respond(&request);
        self.service.tell();
        reply
    }
}
