//! Matrix, for a bot at any homeserver: `docs/apis/matrix.md` is the source of the routes, limits and errors. A message is put under a
//! name of ours, so that the same again shows nothing new. Rooms that are encrypted end to end are refused: who can't read them
//! must not write into them in the clear.
//!
//! A film takes three requests, of which the last one alone shows something:
//!
//! ```text
//! GET  …/rooms/!room/state/m.room.encryption      404: nobody is shut out
//! POST …/media/v3/upload?filename=fox.mp4         the bytes, from body to body; content_uri: mxc://server/id
//! PUT  …/rooms/!room/send/m.room.message/<key>    {"msgtype":"m.video","url":"mxc://…",…}; event_id: $…
//! ```
//!
//! What is kept between the second and the third is where the film was put, and what a player wants to know of it before it has
//! it. A change of a line is a message of its own, which names the line. Not here: encryption, which would need a device with keys of its
//! own in the component.

mod answer;

use contract::channels::MATRIX;
use contract::channels::matrix::{RECIPIENTS, VARIABLES};
use contract::ids::is_event_id;
use contract::services::MATRIX_FILE_BYTES;
use serde_json::Value;

use super::account::Account;
use super::answer::{Answer, Meaning, Risk};
use super::calls::{Around, Calls};
use super::media::{Media, Source};
use super::traits::{Key, MediaRule, Pace, TextLimit, Traits, Unit};
use super::{Channel, Member, Sending, names_same};
use crate::io::{Method, RelayError, Request, Response, USER_AGENT, digest};
use crate::json::{self, object};
use crate::media::{ImageFormat, MediaKind};
use crate::multipart::encoded;
use crate::secret::Secret;
use crate::session::{Message, Route, Shape};

/// Matrix's place in the port.
pub const MEMBER: Member = Member {
    id: MATRIX.id,
    name: MATRIX.name,
    platforms: MATRIX.platforms,
    recipients: &RECIPIENTS,
    variables: &VARIABLES,
    tail: MATRIX.service.tail,
    traits: &TRAITS,
    proves: ("Bot", "its token is accepted"),
    open: |account| {
        Box::new(Bot {
            account,
            plain: None,
        })
    },
    same_chat: |one, other| names_same(&RECIPIENTS, one, other),
    version_1: None,
};

const MINUTE_MS: u64 = 60 * 1000;

/// What it takes and promises. Of sizes a homeserver has limits of its own, which it tells by refusing: those here are the
/// contract's. It plays nothing by itself, so every kind of film is one.
const TRAITS: Traits = Traits {
    media: &[
        MediaRule::films(MATRIX_FILE_BYTES),
        MediaRule::pictures(
            &[
                MediaKind::Image(ImageFormat::Jpeg),
                MediaKind::Image(ImageFormat::Png),
                MediaKind::Image(ImageFormat::Webp),
                MediaKind::Image(ImageFormat::Gif),
            ],
            MATRIX_FILE_BYTES,
        ),
        MediaRule::files(MATRIX_FILE_BYTES),
    ],
    // A whole event has 64 KiB, and JSON may write a byte as six.
    text: TextLimit {
        max: 10_000,
        unit: Unit::Bytes,
    },
    // Homeservers say themselves how long to wait.
    pace: Pace {
        messages: 1,
        window_ms: 1_100,
    },
    edits: true,
    deadline_ms: None,
    answers: None,
    // The specification gives a name no end. Servers keep names in memory for half an hour at least.
    key: Key::Window {
        kept_ms: 30 * MINUTE_MS,
        margin_ms: 5 * MINUTE_MS,
    },
    // The name decides, and not what stands under it.
    key_spans_link: true,
    reads_back: false,
};

/// The form of what is kept of a medium: where it was put, name, type, length, sides and duration, as JSON.
const FORM: u32 = 1;
const MAX_RESPONSE_BYTES: u64 = 64 * 1024;
const JSON: &str = "application/json";
/// What a homeserver calls what was uploaded begins so.
const UPLOADED: &str = "mxc://";

/// The bot of a step: what it has found out about a room serves all messages of the step to that room.
struct Bot<'a> {
    account: &'a Account,
    /// A room that was found not to be encrypted. Encryption may be switched on later: the next step asks again.
    plain: Option<String>,
}

impl Bot<'_> {
    /// A request of the client-server API. The token stands in its header alone: homeservers take it in the query as well, where
    /// it would be in logs.
    fn request(&self, method: Method, path: &str, (kind, body): (&str, Vec<u8>)) -> Request {
        let mut headers = vec![("user-agent", USER_AGENT.to_owned())];
        if method != Method::Get {
            headers.push(("content-type", kind.to_owned()));
        }
        let token = ["Bearer ", self.account.secret.expose()].concat();
        Request {
            method,
            url: [&self.account.base_url, "/_matrix/", path].concat(),
            headers,
            credential: Some(("authorization", Secret::new(token))),
            body,
            max_response_bytes: MAX_RESPONSE_BYTES,
        }
    }

    /// What a call came to: the JSON of its response.
    ///
    /// # Errors
    /// What it means that there is none, or that it is a refusal.
    fn read(
        calls: &Calls<'_>,
        risk: Risk,
        sent: Result<Response, RelayError>,
    ) -> Result<Value, Answer> {
        let response = sent.map_err(|error| Answer::of_error(risk, error))?;
        answer::read(&response, calls.io().now_ms())
    }

    /// A harmless question.
    ///
    /// # Errors
    /// As [`Self::read`].
    fn ask(&self, calls: &Calls<'_>, path: &str) -> Result<Value, Answer> {
        let request = self.request(Method::Get, path, (JSON, Vec::new()));
        Self::read(calls, Risk::Harmless, calls.http(Risk::Harmless, request))
    }

    /// The room of a route, once it is known not to be encrypted.
    ///
    /// # Errors
    /// It is, or that can't be found out; nothing was shown.
    fn room(&mut self, calls: &Calls<'_>, route: &Route) -> Result<String, Answer> {
        let withheld = |reason: &str| Answer::Refused(Meaning::Withheld, reason.to_owned());
        let room = (RECIPIENTS.read)(&route.chat).map_err(withheld)?.id;
        if self.plain.as_ref() == Some(&room) {
            return Ok(room);
        }
        let path = ["client/v3/rooms/", &room, "/state/m.room.encryption"].concat();
        match self.ask(calls, &path) {
            Ok(_) => return Err(withheld(answer::ENCRYPTED)),
            Err(Answer::Refused(_, reason)) if reason == answer::NOT_FOUND => {}
            // Nothing was shown by asking.
            Err(Answer::Unknown(reason)) => return Err(Answer::NotDispatched(reason)),
            Err(answer) => return Err(answer),
        }
        self.plain = Some(room.clone());
        Ok(room)
    }

    /// Puts a message under its name. That is its key, as it is: a homeserver takes any text for it, and whoever looks at the
    /// room by the same device finds it in `unsigned.transaction_id`.
    ///
    fn put(&mut self, calls: &Calls<'_>, route: &Route, name: &str, content: &Value) -> Answer {
        let sent = self.room(calls, route).and_then(|room| {
            let path = ["client/v3/rooms/", &room, "/send/m.room.message/", name].concat();
            let body = json::text(content).into_bytes();
            let request = self.request(Method::Put, &path, (JSON, body));
            Self::read(calls, Risk::Commit, calls.http(Risk::Commit, request))
        });
        match sent {
            Ok(said) => {
                let id = said.get("event_id").and_then(Value::as_str);
                match id.filter(|id| is_event_id(id)) {
                    Some(id) => Answer::Committed(Some(id.to_owned())),
                    // Of whoever answered so it isn't known that it has shown anything.
                    None => Answer::Unknown("the response names no message".to_owned()),
                }
            }
            Err(answer) => answer,
        }
    }
}

impl Channel for Bot<'_> {
    fn prepare(
        &mut self,
        calls: &Calls<'_>,
        media: &Media<'_>,
        shape: Shape,
        to: Option<&Route>,
    ) -> Result<Message, Answer> {
        let (len, film) = match &media.source {
            Source::Here(bytes) => (bytes.len() as u64, (None, None)),
            Source::Store(stored) if shape == Shape::Video => (stored.len, stored.film(calls.io())),
            Source::Store(stored) => (stored.len, (None, stored.sides())),
        };
        let mut kept = object! {"name": media.name, "type": media.content_type, "len": len};
        let (duration_ms, sides) = film;
        if let Some((width, height)) = sides {
            kept["w"] = width.into();
            kept["h"] = height.into();
        }
        if let Some(duration_ms) = duration_ms {
            kept["ms"] = duration_ms.into();
        }
        match to {
            // Before the upload: a film that nobody is shown stays with the server for ever.
            Some(route) => drop(self.room(calls, route)?),
            // The doctor without a room: only whether the token is good.
            None => drop(self.ask(calls, "client/v3/account/whoami")?),
        }
        let path = ["media/v3/upload?filename=", &encoded(&media.name)].concat();
        let kind = match media.content_type {
            kind if kind.starts_with("video/") || kind.starts_with("image/") => kind,
            _ => "application/octet-stream",
        };
        let upload = |body| self.request(Method::Post, &path, (kind, body));
        let sent = calls.send(
            Risk::Harmless,
            media.source.bytes(),
            &Around::default(),
            &upload,
        );
        let uploaded = Self::read(calls, Risk::Harmless, sent)?;
        let uri = uploaded.get("content_uri").and_then(Value::as_str);
        let Some(uri) = uri.filter(|uri| uri.starts_with(UPLOADED)) else {
            let reason = "the homeserver doesn't say where it put the file";
            return Err(Answer::Unknown(reason.to_owned()));
        };
        kept["at"] = uri.into();
        Ok(Message {
            shape,
            form: FORM,
            body: json::text(&kept),
        })
    }

    fn never_shows(&mut self, calls: &Calls<'_>, route: &Route) -> Option<&'static str> {
        let answer = self.room(calls, route).err()?;
        let is_encrypted =
            matches!(answer, Answer::Refused(_, reason) if reason == answer::ENCRYPTED);
        is_encrypted.then_some(answer::ENCRYPTED)
    }

    fn commit(&mut self, calls: &Calls<'_>, sending: &Sending<'_>) -> Answer {
        self.put(calls, sending.route, sending.key, &content(sending))
    }

    fn change(&mut self, calls: &Calls<'_>, sending: &Sending<'_>, id: &str) -> Answer {
        let words = sending.message.words().unwrap_or_default();
        // Under a name for what it says: the same said again is the same change, and another one is another.
        let name = digest(&["change", sending.key, words], 40);
        self.put(calls, sending.route, &name, &replacing(words, id))
    }

    fn advice(&self, answer: &Answer) -> String {
        answer::advice(answer).to_owned()
    }
}

/// A message as Matrix takes it. It calls nobody, and nothing in it is markup.
///
/// `m.mentions` alone decides whom a message calls, for clients that know it; older ones look for names in the words, so the
/// words are made harmless as well. In a thread `m.in_reply_to` is what clients show that know none.
fn content(sending: &Sending<'_>) -> Value {
    let message = sending.message;
    let mut content = match message.words() {
        Some(words) => said(words),
        None => medium(message),
    };
    let route = sending.route;
    let answered = route.reply_to.as_ref();
    let mut relation = match (&route.thread, answered) {
        (None, None) => return content,
        // With it clients that know no threads show an answer.
        (Some(thread), None) => {
            object! {"rel_type": "m.thread", "event_id": thread, "is_falling_back": true, "m.in_reply_to": object! {"event_id": thread}}
        }
        (Some(thread), Some(_)) => object! {"rel_type": "m.thread", "event_id": thread},
        (None, Some(_)) => object! {},
    };
    if let Some(answered) = answered {
        relation["m.in_reply_to"] = object! {"event_id": answered};
    }
    content["m.relates_to"] = relation;
    content
}

/// Words, as Matrix takes them.
fn said(words: &str) -> Value {
    object! {"msgtype": "m.text", "body": contract::text::without_mentions(words), "m.mentions": object! {}}
}

/// Words in the place of those of a message. Outside of `m.new_content` stands what clients show that know no changes.
fn replacing(words: &str, id: &str) -> Value {
    let mut content = said(&["* ", words].concat());
    content["m.new_content"] = said(words);
    content["m.relates_to"] = object! {"rel_type": "m.replace", "event_id": id};
    content
}

/// What is kept of a medium, as Matrix takes it: `body` is the name of its file, `info` what is known of it. What isn't known is
/// left out; a player finds it out when it has the film.
fn medium(message: &Message) -> Value {
    let kept = json::parse(message.body.as_bytes()).unwrap_or_default();
    let kind = match message.shape {
        Shape::Video => "m.video",
        Shape::Image => "m.image",
        Shape::File | Shape::Text => "m.file",
    };
    let mut info = object! {};
    for (name, known) in [
        ("mimetype", "type"),
        ("size", "len"),
        ("w", "w"),
        ("h", "h"),
        ("duration", "ms"),
    ] {
        if let Some(value) = kept.get(known) {
            info[name] = value.clone();
        }
    }
    let of = |name: &str| kept.get(name).cloned().unwrap_or_default();
    object! {"msgtype": kind, "body": of("name"), "url": of("at"), "info": info, "m.mentions": object! {}}
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
