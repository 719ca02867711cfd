//! Telegram, for a bot: `docs/apis/telegram.md` is the source of the methods, limits and descriptions. Nothing tells a repetition,
//! and a bot can't read what it has sent. What can be repeated is a change, so a film is one: of a line that announces it.
//!
//! ```text
//! prepare   sendMessage: a line; its id is kept                (lost: one line too many, and no second one)
//! commit    editMessageMedia: the film in the line's place, as often as needed
//!           of a text, and of a film without a line: once, whatever becomes of the response
//! ```

mod answer;
mod written;

use contract::channels::TELEGRAM;
use contract::channels::telegram::{RECIPIENTS, VARIABLES};
use contract::ids::is_service_id;
use contract::services::{CREDENTIAL_SEGMENT, TELEGRAM_FILE_BYTES, TELEGRAM_PHOTO_BYTES};
use contract::text::without_calls_by_name;
use serde_json::Value;

use super::account::Account;
use super::answer::{Answer, Meaning, Risk};
use super::calls::{Around, Calls};
use super::media::Media;
use super::traits::{Frame, Key, MediaRule, Pace, TextLimit, Traits, Unit};
use super::{Channel, Content, Member, Sending, names_same};
use crate::io::{Method, RelayError, Request, Response, USER_AGENT};
use crate::json::{self, object};
use crate::media::{ImageFormat, MediaKind};
use crate::secret::Secret;
use crate::session::{Message, Route, Shape};
use answer::Said;
use written::{Kept, called};

/// Telegram's place in the port.
pub const MEMBER: Member = Member {
    id: TELEGRAM.id,
    name: TELEGRAM.name,
    platforms: TELEGRAM.platforms,
    recipients: &RECIPIENTS,
    variables: &VARIABLES,
    tail: TELEGRAM.service.tail,
    traits: &TRAITS,
    proves: ("Bot", "its token is accepted"),
    open: |account| {
        Box::new(Bot {
            account,
            moved: None,
        })
    },
    same_chat: |one, other| names_same(&RECIPIENTS, one, other),
    version_1: None,
};

const TRAITS: Traits = Traits {
    media: &[
        MediaRule::films(TELEGRAM_FILE_BYTES),
        MediaRule::pictures(
            &[
                MediaKind::Image(ImageFormat::Jpeg),
                MediaKind::Image(ImageFormat::Png),
                MediaKind::Image(ImageFormat::Webp),
            ],
            TELEGRAM_PHOTO_BYTES,
        )
        .within(Frame {
            sum: 10_000,
            ratio: 20,
        }),
        // A moving picture as well: shown as a picture it would stand still.
        MediaRule::files(TELEGRAM_FILE_BYTES),
    ],
    text: TextLimit {
        max: 4_096,
        unit: Unit::Utf16,
    },
    // One a second in a chat. That a group takes twenty a minute it says itself, with how long to wait.
    pace: Pace {
        messages: 1,
        window_ms: 1_100,
    },
    edits: true,
    deadline_ms: None,
    answers: None,
    // The object is the line that the film takes the place of.
    key: Key::OneShot,
    key_spans_link: false,
    reads_back: false,
};

/// A response is one message.
const MAX_RESPONSE_BYTES: u64 = 64 * 1024;
const JSON: &str = "application/json";
/// What announces a medium, in the languages of those who ask. It rings: a change doesn't.
const LINE: &str = "⏳ The result is being uploaded … / 结果正在上传…";
/// Of a medium without a line.
const UNTOLD: &str = "an answer was lost, and Telegram can't be asked whether it arrived";

/// The bot of a step.
struct Bot<'a> {
    account: &'a Account,
    /// A group that is another chat now: the id that was named, and the one since.
    moved: Option<(String, String)>,
}

/// Where a message goes.
struct Place {
    chat: String,
    topic: Option<String>,
}

impl Bot<'_> {
    fn request(&self, method: Method, call: &str, (kind, body): (&str, Vec<u8>)) -> Request {
        let mut headers = vec![("user-agent", USER_AGENT.to_owned())];
        if method == Method::Post {
            headers.push(("content-type", kind.to_owned()));
        }
        let base = &self.account.base_url;
        let token = ["bot", self.account.secret.expose()].concat();
        Request {
            method,
            // The address is a secret with the token in it, so that is put in where it leaves.
            url: [base, "/", CREDENTIAL_SEGMENT, "/", call].concat(),
            headers,
            credential: Some((CREDENTIAL_SEGMENT, Secret::new(token))),
            body,
            max_response_bytes: MAX_RESPONSE_BYTES,
        }
    }

    /// Does what `call` does with a place: again where the group has moved to, and in the chat itself where the topic is gone.
    /// A refusal proves that nothing was shown, so that nothing is shown twice.
    fn in_place(
        &mut self,
        calls: &Calls<'_>,
        route: &Route,
        risk: Risk,
        call: &mut dyn FnMut(&Self, &Place) -> Result<Response, RelayError>,
    ) -> Result<(Value, Place), Answer> {
        let withheld = |reason: &str| Answer::Refused(Meaning::Withheld, reason.to_owned());
        let named = (RECIPIENTS.read)(&route.chat).map_err(withheld)?.id;
        let known = self.moved.clone().filter(|(from, _)| *from == named);
        let mut place = Place {
            chat: known.map_or_else(|| named.clone(), |(_, to)| to),
            topic: route.thread.clone(),
        };
        // Each of the two ways round once.
        let (mut may_follow, mut may_leave_topic) = (true, place.topic.is_some());
        loop {
            let answer = call(self, &place);
            let response = answer.map_err(|error| Answer::of_error(risk, error))?;
            match answer::read(&response, calls.io().now_ms()) {
                Ok(result) => return Ok((result, place)),
                Err(Said::Moved(to)) if may_follow => {
                    may_follow = false;
                    self.moved = Some((named.clone(), to.clone()));
                    place.chat = to;
                }
                Err(Said::NoTopic) if may_leave_topic => {
                    may_leave_topic = false;
                    place.topic = None;
                }
                Err(said) => return Err(said.answer()),
            }
        }
    }

    /// Sends words.
    fn say(
        &mut self,
        calls: &Calls<'_>,
        risk: Risk,
        route: &Route,
        words: &str,
    ) -> Result<(String, String), Answer> {
        let words = without_calls_by_name(words);
        let said = self.in_place(calls, route, risk, &mut |bot, place| {
            let mut body = object! {
                "chat_id": place.chat,
                "text": words,
                "link_preview_options": object! {"is_disabled": true},
            };
            if let Some(topic) = &place.topic {
                body["message_thread_id"] = topic.as_str().into();
            }
            let answered = route.reply_to.as_ref();
            if let Some(id) = answered.and_then(|id| id.parse::<u64>().ok()) {
                // A question that was deleted meanwhile doesn't keep its result from the chat.
                body["reply_parameters"] =
                    object! {"message_id": id, "allow_sending_without_reply": true};
            }
            let body = json::text(&body).into_bytes();
            calls.http(risk, bot.request(Method::Post, "sendMessage", (JSON, body)))
        });
        let (message, place) = said?;
        match id_of(&message) {
            Some(id) => Ok((place.chat, id)),
            // Of whoever answered so it isn't known that it has shown anything.
            None => Err(Answer::Unknown("the response names no message".to_owned())),
        }
    }

    /// Shows a medium as `shape`.
    fn show(
        &mut self,
        calls: &Calls<'_>,
        sending: &Sending<'_>,
        kept: &Kept,
        shape: Shape,
    ) -> Result<Answer, Said> {
        let Some((chat, line)) = &kept.line else {
            let sent = self.in_place(calls, sending.route, Risk::Commit, &mut |bot, place| {
                let topic = place.topic.as_ref();
                let topic = topic.map(|topic| ["&message_thread_id=", topic].concat());
                let call = [
                    called(shape).1,
                    "?chat_id=",
                    &place.chat,
                    &topic.unwrap_or_default(),
                    &kept.query(shape),
                ];
                bot.upload(calls, sending, kept, (&call.concat(), shape))
            });
            return Ok(sent.map_or_else(
                |answer| answer,
                |(message, _)| Answer::Committed(id_of(&message)),
            ));
        };
        let call = ["editMessageMedia?chat_id=", chat, "&message_id=", line].concat();
        let sent = self.upload(calls, sending, kept, (&call, shape));
        let response = sent.map_err(|error| Said::Is(Answer::of_error(Risk::Commit, error)))?;
        let shown = || Ok(Answer::Committed(Some(line.clone())));
        match answer::read(&response, calls.io().now_ms()) {
            // A film without sound comes back as an animation: it is shown all the same.
            Ok(_) | Err(Said::Unchanged) => shown(),
            // The line has stayed behind in the old group.
            Err(Said::Moved(to)) => {
                let named = chat.clone();
                self.moved = Some((named, to));
                let reason = "the group has become another chat".to_owned();
                Ok(Answer::Refused(Meaning::ForeignUpload, reason))
            }
            Err(said) => Err(said),
        }
    }

    /// The request that uploads and shows, from body to body.
    fn upload(
        &self,
        calls: &Calls<'_>,
        sending: &Sending<'_>,
        kept: &Kept,
        (call, shape): (&str, Shape),
    ) -> Result<Response, RelayError> {
        let bytes = sending.bytes(kept.len)?;
        let film = match sending.content {
            Some(Content::Result(url)) => Some(url),
            Some(Content::Here(_)) | None => None,
        };
        let form = kept.form(calls.io(), film, shape);
        let around = Around::of(&form, None);
        calls.send(Risk::Commit, bytes, &around, &|body| {
            self.request(Method::Post, call, (&form.content_type, body))
        })
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
        let mut kept = Kept::of_media(calls.io(), media, shape);
        let Some(route) = to else {
            // Nothing can be uploaded without being shown, but whether the token is good can be asked.
            let request = self.request(Method::Get, "getMe", (JSON, Vec::new()));
            let response = calls.http(Risk::Harmless, request);
            let response = response.map_err(|error| Answer::of_error(Risk::Harmless, error))?;
            answer::read(&response, calls.io().now_ms()).map_err(Said::answer)?;
            return Ok(kept.message(shape));
        };
        match self.say(calls, Risk::Harmless, route, LINE) {
            Ok(line) => kept.line = Some(line),
            // It may stand there, and nobody can say. A second one would be a line too many for each loss, so this medium goes
            // without: at most once then.
            Err(Answer::Unknown(_)) => {}
            Err(answer) => return Err(answer),
        }
        Ok(kept.message(shape))
    }

    fn withdraw(&mut self, calls: &Calls<'_>, message: &Message) {
        let Some((chat, line)) = Kept::of(message).and_then(|kept| kept.line) else {
            return;
        };
        let call = ["deleteMessage?chat_id=", &chat, "&message_id=", &line].concat();
        // Whatever comes of it, the link is sent.
        let _ = calls.http(
            Risk::Harmless,
            self.request(Method::Get, &call, (JSON, Vec::new())),
        );
    }

    fn commit(&mut self, calls: &Calls<'_>, sending: &Sending<'_>) -> Answer {
        if let Some(words) = sending.message.words() {
            return match self.say(calls, Risk::Commit, sending.route, words) {
                Ok((_, id)) => Answer::Committed(Some(id)),
                Err(answer) => answer,
            };
        }
        let Some(kept) = Kept::of(sending.message) else {
            return Answer::Refused(Meaning::ForGood, UNTOLD.to_owned());
        };
        if kept.line.is_none() && !sending.is_first {
            return Answer::Refused(Meaning::ForGood, UNTOLD.to_owned());
        }
        let shown = self.show(calls, sending, &kept, sending.message.shape);
        match shown {
            Ok(answer) => answer,
            // Refused as a picture, which proves that nothing was shown; any file is a document.
            Err(Said::NoPicture(_)) => self
                .show(calls, sending, &kept, Shape::File)
                .unwrap_or_else(Said::answer),
            Err(said) => said.answer(),
        }
    }

    fn change(&mut self, calls: &Calls<'_>, sending: &Sending<'_>, id: &str) -> Answer {
        let Ok(chat) = (RECIPIENTS.read)(&sending.route.chat) else {
            return Answer::Refused(Meaning::Withheld, answer::NO_CHAT.to_owned());
        };
        let words = without_calls_by_name(sending.message.words().unwrap_or_default());
        let body = object! {"text": words, "link_preview_options": object! {"is_disabled": true}};
        let call = ["editMessageText?chat_id=", &chat.id, "&message_id=", id].concat();
        let body = json::text(&body).into_bytes();
        let sent = calls.http(
            Risk::Commit,
            self.request(Method::Post, &call, (JSON, body)),
        );
        let read = sent.map(|response| answer::read(&response, calls.io().now_ms()));
        match read {
            Ok(Ok(_)) => Answer::Committed(None),
            Ok(Err(said)) => said.answer(),
            Err(error) => Answer::of_error(Risk::Commit, error),
        }
    }

    fn advice(&self, answer: &Answer) -> String {
        answer::advice(answer).to_owned()
    }
}

/// The id of a message that was shown.
fn id_of(message: &Value) -> Option<String> {
    let id = message.get("message_id")?.as_i64()?.to_string();
    is_service_id(&id).then_some(id)
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
