//! Discord, for a bot: `docs/apis/discord.md` is the source of the routes, limits and codes. One request uploads a film and shows
//! it, so that nothing precedes a commit; whether one whose response was lost was shown tells the list of messages.

mod answer;
mod look_for;
mod written;

use contract::channels::{DISCORD, discord};
use contract::ids::is_service_id;
use serde_json::Value;

use super::account::Account;
use super::answer::{Answer, Found, Meaning, Risk};
use super::calls::{Around, Calls};
use super::media::{Media, Source};
use super::traits::{Key, MediaRule, Pace, TextLimit, Traits, Unit};
use super::{Channel, Member, Sending, names_same};
use crate::io::{Method, RelayError, Request, Response};
use crate::json::{self, object};
use crate::media::{ImageFormat, MediaKind};
use crate::multipart::Form;
use crate::secret::Secret;
use crate::session::{Message, Route, Shape};
use written::Kept;

/// Discord's place in the port.
pub const MEMBER: Member = Member {
    id: DISCORD.id,
    name: DISCORD.name,
    platforms: DISCORD.platforms,
    recipients: &discord::RECIPIENTS,
    variables: &discord::VARIABLES,
    tail: DISCORD.service.tail,
    traits: &TRAITS,
    proves: ("Bot", "its token is accepted"),
    open: |account| {
        Box::new(Bot {
            account,
            direct: None,
        })
    },
    same_chat: |one, other| names_same(&discord::RECIPIENTS, one, other),
    version_1: None,
};

/// A server without a higher level takes so much, and nothing tells which level one has before it refuses a file.
const MAX_FILE_BYTES: u64 = contract::services::DISCORD_FILE_BYTES;
/// "In the past few minutes" a nonce stands for its message: the documents say no more, and two is the least that can mean.
const NONCE_KEPT_MS: u64 = 2 * 60 * 1000;
/// Kept off that, for clocks that differ and for a request that is on its way meanwhile.
const NONCE_MARGIN_MS: u64 = 15 * 1000;
/// A nonce has at most 25 characters; with 24 hexadecimal ones no two messages share one.
const NONCE_CHARS: usize = 24;

const TRAITS: Traits = Traits {
    media: &[
        MediaRule::films(MAX_FILE_BYTES),
        MediaRule::pictures(
            &[
                MediaKind::Image(ImageFormat::Jpeg),
                MediaKind::Image(ImageFormat::Png),
                MediaKind::Image(ImageFormat::Webp),
                MediaKind::Image(ImageFormat::Gif),
            ],
            MAX_FILE_BYTES,
        ),
        MediaRule::files(MAX_FILE_BYTES),
    ],
    text: TextLimit {
        max: 2_000,
        unit: Unit::Chars,
    },
    // Five in five seconds in a channel, and a tenth more for clocks that differ.
    pace: Pace {
        messages: 5,
        window_ms: 5_500,
    },
    edits: true,
    deadline_ms: None,
    answers: None,
    key: Key::Window {
        kept_ms: NONCE_KEPT_MS,
        margin_ms: NONCE_MARGIN_MS,
    },
    // It would, inside the nonce's window, which an upload may outlast: a film that may be there isn't joined by its
    // link.
    key_spans_link: false,
    reads_back: true,
};

/// A response is one message; a list of them has `look_for.rs` its own limit for.
const MAX_RESPONSE_BYTES: u64 = 64 * 1024;
/// The form that Discord wants, an address and a version; without it its edge may refuse a request (40333).
const USER_AGENT: &str = concat!(
    "DiscordBot (https://docs.rs/libtv-video-core, ",
    env!("CARGO_PKG_VERSION"),
    ")"
);

/// The bot of a step.
struct Bot<'a> {
    account: &'a Account,
    /// The person that was last written to, and the direct conversation with them.
    direct: Option<(String, String)>,
}

impl Bot<'_> {
    fn request(&self, method: Method, path: &str, body: Vec<u8>, content_type: &str) -> Request {
        let mut headers = vec![("user-agent", USER_AGENT.to_owned())];
        if method != Method::Get {
            headers.push(("content-type", content_type.to_owned()));
        }
        let token = ["Bot ", self.account.secret.expose()].concat();
        Request {
            method,
            url: [&self.account.base_url, "/api/v10/", path].concat(),
            headers,
            credential: Some(("authorization", Secret::new(token))),
            body,
            max_response_bytes: MAX_RESPONSE_BYTES,
        }
    }

    /// A harmless request with its JSON.
    ///
    /// # Errors
    /// What it means that it didn't succeed. Nothing was shown by it.
    fn ask(&self, calls: &Calls<'_>, request: Request) -> Result<Value, Answer> {
        let response = calls.http(Risk::Harmless, request);
        let response = response.map_err(|error| Answer::of_error(Risk::Harmless, error));
        match answer::read(&response?, calls.io().now_ms()) {
            Err(Answer::Unknown(reason)) => Err(Answer::NotDispatched(reason)),
            read => read,
        }
    }

    /// The channel that a route leads to: a person's is opened, which shows nobody anything.
    ///
    /// # Errors
    /// It leads to none; nothing was shown.
    fn channel_of(&mut self, calls: &Calls<'_>, chat: &str) -> Result<String, Answer> {
        let withheld = |reason: &str| Answer::Refused(Meaning::Withheld, reason.to_owned());
        let recipient = discord::read(chat).map_err(withheld)?;
        if !discord::is_person(&recipient) {
            return Ok(recipient.id);
        }
        if let Some((person, channel)) = &self.direct
            && *person == recipient.id
        {
            return Ok(channel.clone());
        }
        let body = json::text(&object! {"recipient_id": recipient.id}).into_bytes();
        let request = self.request(Method::Post, "users/@me/channels", body, JSON);
        let opened = self.ask(calls, request)?;
        let id = opened.get("id").and_then(Value::as_str);
        let id = id.filter(|id| is_service_id(id));
        let Some(channel) = id else {
            let reason = "the conversation that was opened has no id";
            return Err(Answer::NotDispatched(reason.to_owned()));
        };
        self.direct = Some((recipient.id, channel.to_owned()));
        Ok(channel.to_owned())
    }

    /// Sends a message; its nonce shows one of several.
    fn send(&mut self, calls: &Calls<'_>, sending: &Sending<'_>) -> Answer {
        let channel = match self.channel_of(calls, &sending.route.chat) {
            Ok(channel) => channel,
            Err(answer) => return answer,
        };
        let path = ["channels/", &channel, "/messages"].concat();
        let kept = Kept::of(sending.message);
        let payload = written::payload(sending, kept.as_ref());
        let response = match kept {
            None => {
                let request = self.request(Method::Post, &path, payload.into_bytes(), JSON);
                calls.http(Risk::Commit, request)
            }
            Some(kept) => self.upload(calls, &path, &payload, &kept, sending),
        };
        let read = match response {
            Ok(response) => answer::read(&response, calls.io().now_ms()),
            Err(error) => Err(Answer::of_error(Risk::Commit, error)),
        };
        match read {
            // Shown and deleted since: it has no id any more.
            Ok(Value::Null) => Answer::Committed(None),
            Ok(message) => {
                let id = message.get("id").and_then(Value::as_str);
                match id.filter(|id| is_service_id(id)) {
                    Some(id) => Answer::Committed(Some(id.to_owned())),
                    // Of whoever answered so it isn't known that it has shown anything.
                    None => Answer::Unknown("the response names no message".to_owned()),
                }
            }
            Err(Answer::Refused(Meaning::Withheld, reason))
                if sending.message.shape != Shape::Text && reason == answer::NO_PERMISSION =>
            {
                // It says the same where the bot may write but not attach files: a link is tried then.
                Answer::Refused(Meaning::ForGood, reason)
            }
            Err(answer) => answer,
        }
    }

    /// The request that uploads and shows, from body to body.
    ///
    /// # Errors
    /// Why it has no response.
    fn upload(
        &self,
        calls: &Calls<'_>,
        path: &str,
        payload: &str,
        kept: &Kept,
        sending: &Sending<'_>,
    ) -> Result<Response, RelayError> {
        let name = kept.file_name(sending.key);
        let form = Form::new(&calls.io().nonce())
            .json("payload_json", payload)
            .file("files[0]", &name, &kept.content_type);
        let bytes = sending.bytes(kept.len)?;
        // An upload that outlasts the nonce of an earlier attempt would show a second message. Without its end it shows none.
        let end_before_ms = sending
            .first_sent_at_ms
            .filter(|_| !sending.is_first)
            .map(|first_ms| first_ms + NONCE_KEPT_MS - NONCE_MARGIN_MS);
        let around = Around::of(&form, end_before_ms);
        calls.send(Risk::Commit, bytes, &around, &|body| {
            self.request(Method::Post, path, body, &form.content_type)
        })
    }
}

const JSON: &str = "application/json";

impl Channel for Bot<'_> {
    fn prepare(
        &mut self,
        calls: &Calls<'_>,
        media: &Media<'_>,
        shape: Shape,
        _to: Option<&Route>,
    ) -> Result<Message, Answer> {
        let len = match media.source {
            Source::Store(stored) => stored.len,
            Source::Here(bytes) => {
                // Only a test has its bytes here. Nothing can be uploaded without being shown, but whether the token is
                // good can be asked.
                self.ask(
                    calls,
                    self.request(Method::Get, "users/@me", Vec::new(), JSON),
                )?;
                bytes.len() as u64
            }
        };
        Ok(written::message(media, shape, len))
    }

    fn commit(&mut self, calls: &Calls<'_>, sending: &Sending<'_>) -> Answer {
        self.send(calls, sending)
    }

    fn change(&mut self, calls: &Calls<'_>, sending: &Sending<'_>, id: &str) -> Answer {
        let channel = match self.channel_of(calls, &sending.route.chat) {
            Ok(channel) => channel,
            Err(answer) => return answer,
        };
        let path = ["channels/", &channel, "/messages/", id].concat();
        let body = written::changed(sending.message).into_bytes();
        match self.ask(calls, self.request(Method::Patch, &path, body, JSON)) {
            // Somebody has deleted it.
            Ok(Value::Null) => Answer::Refused(Meaning::ForGood, "the message is gone".to_owned()),
            Ok(_) => Answer::Committed(None),
            Err(answer) => answer,
        }
    }

    fn look_for(&mut self, calls: &Calls<'_>, sending: &Sending<'_>) -> Found {
        look_for::look_for(self, calls, sending)
    }

    fn advice(&self, answer: &Answer) -> String {
        answer::advice(answer).to_owned()
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
