//! Channels for tests and for the simulated world alone: what the cookbook says of adding one, done. All speak alike, and differ
//! in what makes a repeated message harmless, so that each way through the delivery is taken which no real channel takes yet.
//! The first has no key, a short text, and can be asked what became of a message.

use contract::channels::{Platform, Recipient, Recipients, Threads, Variables};

use super::answer::{Answer, Found, Meaning, Risk, wait_ms};
use super::calls::{Around, Calls};
use super::media::Media;
use super::traits::{Key, MediaRule, Pace, TextLimit, Traits, Unit};
use super::{Channel, Member, Sending};
use crate::io::{Method, RelayError, Request, Response};
use crate::session::{Message, Route, Shape};

/// Where it is.
pub const ORIGIN: &str = "https://toy.example";

/// Its place in the port.
pub(super) const MEMBER: Member = Member {
    id: "toy",
    name: "Toy",
    platforms: &[Platform {
        word: "toy",
        name: "Toy",
        origin: ORIGIN,
    }],
    recipients: &Recipients {
        kinds: &["room"],
        accepted: "the name of a room",
        read,
        text: |room| room.id.clone(),
        message: |_| Err("a message can't be answered"),
        threads: Threads::None,
    },
    variables: &Variables {
        app: None,
        agent: None,
        secret: "TOY_TOKEN",
        base_url: "TOY_BASE_URL",
        found_in: "TOY_CREDENTIALS_FROM",
        missing: "TOY_CREDENTIALS_MISSING",
    },
    tail: "",
    traits: &TRAITS,
    proves: ("Upload", "media can be uploaded"),
    open: |_| {
        Box::new(Toy {
            shows_at: |_| "show".to_owned(),
        })
    },
    same_chat: |one, other| one == other,
    version_1: None,
};

/// A platform of the toy's that offers nothing: no key, no answer to what became of a message, and chats that take answers for
/// five minutes.
pub(super) const MUTE: Member = Member {
    id: "mute",
    name: "Mute Toy",
    platforms: &[Platform {
        word: "mute",
        name: "Mute Toy",
        origin: ORIGIN,
    }],
    traits: &Traits {
        reads_back: false,
        deadline_ms: Some(5 * 60 * 1000),
        ..TRAITS
    },
    ..MEMBER
};

/// One that offers nothing either, and takes answers for ever.
#[cfg(all(feature = "toys", not(test)))]
pub(super) const BARE: Member = Member {
    id: "bare",
    name: "Bare Toy",
    platforms: &[Platform {
        word: "bare",
        name: "Bare Toy",
        origin: ORIGIN,
    }],
    traits: &Traits {
        reads_back: false,
        ..TRAITS
    },
    ..MEMBER
};

/// One that shows one of several messages with the same bytes.
#[cfg(all(feature = "toys", not(test)))]
pub(super) const ECHO: Member = Member {
    id: "echo",
    name: "Echo Toy",
    platforms: &[Platform {
        word: "echo",
        name: "Echo Toy",
        origin: ORIGIN,
    }],
    traits: &Traits {
        reads_back: false,
        key: Key::SameBody {
            kept_ms: ECHO_KEPT_MS,
            margin_ms: ECHO_KEPT_MS / 6,
        },
        ..TRAITS
    },
    ..MEMBER
};

/// How long that knows a message again, as the first platform that has the rule does by itself.
#[cfg(all(feature = "toys", not(test)))]
pub const ECHO_KEPT_MS: u64 = 30 * 60 * 1000;

/// One that shows one message for a key, for ever.
#[cfg(all(feature = "toys", not(test)))]
pub(super) const STEADY: Member = Member {
    id: "steady",
    name: "Steady Toy",
    platforms: &[Platform {
        word: "steady",
        name: "Steady Toy",
        origin: ORIGIN,
    }],
    open: |_| {
        Box::new(Toy {
            shows_at: |key| ["show/", key].concat(),
        })
    },
    traits: &Traits {
        reads_back: false,
        key: Key::Forever,
        key_spans_link: true,
        ..TRAITS
    },
    ..MEMBER
};

fn read(text: &str) -> Result<Recipient, &'static str> {
    Ok(Recipient {
        kind: "room",
        id: text.to_owned(),
        reply_to: None,
        thread: None,
    })
}

const TRAITS: Traits = Traits {
    media: &[MediaRule {
        shape: Shape::File,
        kinds: &[],
        max_bytes: 1024 * 1024,
        max_side: None,
        frame: None,
    }],
    text: TextLimit {
        max: 200,
        unit: Unit::Chars,
    },
    pace: Pace {
        messages: 1,
        window_ms: 1_000,
    },
    edits: false,
    deadline_ms: None,
    answers: None,
    key: Key::None,
    key_spans_link: false,
    reads_back: true,
};

struct Toy {
    /// Where a message with this key is shown.
    shows_at: fn(&str) -> String,
}

fn request(path: &str, body: String) -> Request {
    Request {
        method: Method::Post,
        url: format!("{ORIGIN}/{path}"),
        headers: Vec::new(),
        credential: None,
        body: body.into_bytes(),
        max_response_bytes: 1024,
    }
}

/// What was said in a response of the platform's own, which has a mark: of another one nothing is known.
fn read_response(risk: Risk, response: Result<Response, RelayError>) -> Result<String, Answer> {
    let response = response.map_err(|error| Answer::of_error(risk, error))?;
    let said = String::from_utf8_lossy(&response.body).into_owned();
    match response.status {
        200 if !said.contains('\u{fffd}') => Ok(said),
        429 => {
            let pause_ms = wait_ms(None, &["retry-after"], &response, 0);
            Err(Answer::Refused(Meaning::RateLimited(pause_ms), said))
        }
        // Whoever answered the upload was cut short: it is made again.
        404 => Err(Answer::Refused(Meaning::ForeignUpload, said)),
        403 => Err(Answer::Refused(Meaning::Withheld, said)),
        _ => Err(Answer::Unknown(said)),
    }
}

fn http(calls: &Calls<'_>, risk: Risk, request: Request) -> Result<String, Answer> {
    read_response(risk, calls.http(risk, request))
}

impl Channel for Toy {
    fn prepare(
        &mut self,
        calls: &Calls<'_>,
        media: &Media<'_>,
        shape: Shape,
        _to: Option<&Route>,
    ) -> Result<Message, Answer> {
        let around = Around::default();
        let sent = calls.send(Risk::Harmless, media.source.bytes(), &around, &|body| {
            Request {
                body,
                ..request("upload", String::new())
            }
        });
        let body = read_response(Risk::Harmless, sent)?;
        Ok(Message {
            shape,
            form: 1,
            body,
        })
    }

    fn commit(&mut self, calls: &Calls<'_>, sending: &Sending<'_>) -> Answer {
        let body = format!("{} {}", sending.route.chat, sending.message.body);
        match http(
            calls,
            Risk::Commit,
            request(&(self.shows_at)(sending.key), body),
        ) {
            Ok(id) => Answer::Committed(Some(id)),
            Err(answer) => answer,
        }
    }

    fn look_for(&mut self, calls: &Calls<'_>, sending: &Sending<'_>) -> Found {
        let asked = request("find", sending.message.body.clone());
        match http(calls, Risk::Harmless, asked) {
            Ok(id) if id.is_empty() => Found::NotSent,
            Ok(id) => Found::Sent(Some(id)),
            Err(_) => Found::Unknown("not now".to_owned()),
        }
    }

    fn advice(&self, _answer: &Answer) -> String {
        "Ask whoever made the toy.".to_owned()
    }
}

#[cfg(test)]
#[path = "toy_tests.rs"]
mod tests;
