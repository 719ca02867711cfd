//! Slack: files in three steps, of which the last shows them, and messages. `docs/apis/slack.md` is the source.
//!
//! ```text
//! prepare   files.getUploadURLExternal → the bytes to the address it names     (harmless; the file's id is kept)
//! commit    files.completeUploadExternal, once for each file's id; of a text chat.postMessage
//!           again: files.info first, and the same id, never a fresh one
//! ```

mod answer;

use contract::channels::SLACK;
use contract::channels::slack::{RECIPIENTS, VARIABLES};
use contract::ids::is_service_id;
use contract::services::SLACK_FILES_ORIGIN;
use serde_json::Value;

use super::account::Account;
use super::answer::{Answer, Meaning, Risk};
use super::calls::{Around, Calls};
use super::media::{Media, Source};
use super::traits::{Key, MediaRule, Pace, TextLimit, Traits, Unit};
use super::{Channel, Member, Sending};
use crate::io::{Method, Request, Response, USER_AGENT};
use crate::json::{self, object};
use crate::media::{ImageFormat, MediaKind};
use crate::multipart::encoded;
use crate::secret::Secret;
use crate::session::{Message, Route, Shape};

/// Slack's place in the port.
pub const MEMBER: Member = Member {
    id: SLACK.id,
    name: SLACK.name,
    platforms: SLACK.platforms,
    recipients: &RECIPIENTS,
    variables: &VARIABLES,
    tail: SLACK.service.tail,
    traits: &TRAITS,
    proves: ("Upload", "the app may upload media"),
    open,
    same_chat: |one, other| one == other,
    version_1: None,
};

/// Slack takes 1 GB; a call of the harness sends less.
const MAX_BYTES: u64 = 200 * 1024 * 1024;

const TRAITS: Traits = Traits {
    media: &[
        MediaRule::pictures(
            &[
                MediaKind::Image(ImageFormat::Jpeg),
                MediaKind::Image(ImageFormat::Png),
                MediaKind::Image(ImageFormat::Gif),
                MediaKind::Image(ImageFormat::Webp),
                MediaKind::Image(ImageFormat::Heic),
            ],
            MAX_BYTES,
        ),
        MediaRule::films(MAX_BYTES),
        MediaRule::files(MAX_BYTES),
    ],
    // What is advised; it is cut off at ten times as much.
    text: TextLimit {
        max: 4_000,
        unit: Unit::Chars,
    },
    // About one a second.
    pace: Pace {
        messages: 1,
        window_ms: 1_100,
    },
    edits: true,
    deadline_ms: None,
    answers: None,
    // A file's id is completed once. A text has no key at all.
    key: Key::OneShot,
    key_spans_link: false,
    // A repeated commit asks by itself, about the very file that it is about to complete again.
    reads_back: false,
};

/// The form of its messages: the file's id and title, as JSON.
const FORM: u32 = 1;
/// Answers with a file in them have some kilobytes.
const MAX_RESPONSE_BYTES: u64 = 64 * 1024;
const JSON: &str = "application/json; charset=utf-8";
const NO_CHAT: &str = "the chat's id is none of Slack's";
const FIELDS: &str = "application/x-www-form-urlencoded";

struct Messenger<'a> {
    account: &'a Account,
}

fn open<'a>(account: &'a Account) -> Box<dyn Channel + 'a> {
    Box::new(Messenger { account })
}

impl Messenger<'_> {
    /// A call to a method; its response, or what else became of it.
    fn call(
        &self,
        calls: &Calls<'_>,
        (risk, method): (Risk, &str),
        (kind, body): (&str, String),
    ) -> Result<Value, Answer> {
        let bearer = ["Bearer ", self.account.secret.expose()].concat();
        let request = Request {
            method: Method::Post,
            url: [&self.account.base_url, "/api/", method].concat(),
            headers: headers(kind),
            credential: Some(("authorization", Secret::new(bearer))),
            body: body.into_bytes(),
            max_response_bytes: MAX_RESPONSE_BYTES,
        };
        let sent = calls.http(risk, request);
        let response = sent.map_err(|error| Answer::of_error(risk, error))?;
        answer::read(&response, calls.io().now_ms())
    }

    /// The bytes to the address that Slack named. It is a permission by itself: it is kept nowhere.
    fn send_bytes(
        &self,
        calls: &Calls<'_>,
        address: &str,
        source: &Source<'_>,
    ) -> Result<(), Answer> {
        let is_under = |origin: &str| {
            let rest = address.strip_prefix(origin);
            rest.is_some_and(|rest| rest.starts_with('/'))
        };
        // Whoever answers in Slack's place must not have the film sent elsewhere.
        if !is_under(SLACK_FILES_ORIGIN) && !is_under(&self.account.base_url) {
            return Err(refused("Slack names an address that isn't its own"));
        }
        let upload = |body| Request {
            method: Method::Post,
            url: address.to_owned(),
            headers: headers("application/octet-stream"),
            // A token has no business there.
            credential: None,
            body,
            max_response_bytes: MAX_RESPONSE_BYTES,
        };
        let sent = calls.send(Risk::Harmless, source.bytes(), &Around::default(), &upload);
        match sent.map_err(|error| Answer::of_error(Risk::Harmless, error))? {
            Response { status: 200, .. } => Ok(()),
            // The next attempt gets another address.
            Response { status, .. } => Err(Answer::Unknown(answer::http(status))),
        }
    }

    /// The conversation that a file goes to: a person's is opened, since a file takes no person's id.
    fn conversation(&self, calls: &Calls<'_>, id: &str) -> Result<String, Answer> {
        if !id.starts_with(['U', 'W']) {
            return Ok(id.to_owned());
        }
        let body = json::text(&object! {"users": id});
        let open = (Risk::Harmless, "conversations.open");
        let opened = self.call(calls, open, (JSON, body));
        let opened = opened.map_err(|answer| match answer {
            // The link needs no such right: a message takes a person's id.
            Answer::Refused(Meaning::MissingScope(_), reason) => {
                refused(&["for files in direct messages: ", &reason].concat())
            }
            // Nothing was shown by asking.
            Answer::Unknown(reason) => Answer::NotDispatched(reason),
            answer => answer,
        })?;
        let id = opened.pointer("/channel/id").and_then(Value::as_str);
        let id = id.filter(|id| is_service_id(id));
        id.map(str::to_owned)
            .ok_or_else(|| refused("Slack names no conversation with that person"))
    }

    /// The conversation that a message goes to.
    fn conversation_of(&self, calls: &Calls<'_>, sending: &Sending<'_>) -> Result<String, Answer> {
        let to = (RECIPIENTS.read)(&sending.route.chat);
        let to = to.map_err(|_| refused(NO_CHAT))?;
        self.conversation(calls, &to.id)
    }

    /// Shows a file that was uploaded, in the conversation of this id.
    fn complete(&self, calls: &Calls<'_>, sending: &Sending<'_>, id: &str) -> Answer {
        let message = json::parse(sending.message.body.as_bytes()).unwrap_or_default();
        let file = text(&message, "file");
        let mut is_seen = false;
        if !sending.is_first {
            match self.look(calls, file, id) {
                Ok(Some(ts)) => return Answer::Committed(Some(ts)),
                Ok(None) => is_seen = true,
                // Without the right to look the same id is completed again: at worst that is refused.
                Err(Answer::Refused(Meaning::MissingScope(_), _)) => {}
                Err(answer @ Answer::Refused(Meaning::RateLimited(_), _)) => return answer,
                Err(answer) => return Answer::Unknown(answer::reason(answer)),
            }
        }
        // Never of a fresh file: both would be shown (`fresh-file` in the simulation).
        let mut body = object! {
            "files": [object! {"id": file, "title": text(&message, "title")}],
            "channel_id": id,
        };
        in_thread(&mut body, sending);
        let complete = (Risk::Commit, "files.completeUploadExternal");
        match self.call(calls, complete, (JSON, json::text(&body))) {
            Ok(_) => Answer::Committed(None),
            // It was completed before. Where it can be seen that it isn't shown yet, it may be in a moment;
            // else nobody knows.
            Err(Answer::Refused(Meaning::ForeignUpload, reason)) if !sending.is_first => {
                if is_seen {
                    Answer::Unknown(reason)
                } else {
                    refused(&reason)
                }
            }
            Err(answer) => answer,
        }
    }

    /// The message that shows a file in a conversation; none where there is none to be seen.
    fn look(&self, calls: &Calls<'_>, file: &str, id: &str) -> Result<Option<String>, Answer> {
        let body = ["file=", file].concat();
        let info = self.call(calls, (Risk::Harmless, "files.info"), (FIELDS, body))?;
        let shares = info.pointer("/file/shares");
        Ok(["public", "private"].iter().find_map(|kind| {
            let shares = shares?.get(kind)?.get(id)?;
            shares.get(0)?.get("ts")?.as_str().map(str::to_owned)
        }))
    }

    /// A text. It takes a person's id, so that it needs no right to open a conversation.
    fn post(&self, calls: &Calls<'_>, sending: &Sending<'_>, id: &str, words: &str) -> Answer {
        let mut body = object! {
            "channel": id,
            "text": escaped(words),
            "mrkdwn": false,
            "unfurl_links": false,
            "unfurl_media": false,
        };
        in_thread(&mut body, sending);
        let post = (Risk::Commit, "chat.postMessage");
        match self.call(calls, post, (JSON, json::text(&body))) {
            Ok(said) => {
                let ts = text(&said, "ts");
                Answer::Committed((RECIPIENTS.message)(ts).ok())
            }
            Err(answer) => answer,
        }
    }
}

impl Channel for Messenger<'_> {
    fn prepare(
        &mut self,
        calls: &Calls<'_>,
        media: &Media<'_>,
        shape: Shape,
        _to: Option<&Route>,
    ) -> Result<Message, Answer> {
        let len = media.source.len_bytes();
        let (name, len) = (encoded(&media.name), len.to_string());
        let fields = ["filename=", &name, "&length=", &len].concat();
        let ask = (Risk::Harmless, "files.getUploadURLExternal");
        let named = self.call(calls, ask, (FIELDS, fields))?;
        let file = text(&named, "file_id");
        if !is_service_id(file) {
            let reason = "Slack names no file for the bytes";
            return Err(Answer::Unknown(reason.to_owned()));
        }
        self.send_bytes(calls, text(&named, "upload_url"), &media.source)?;
        Ok(Message {
            shape,
            form: FORM,
            body: json::text(&object! {"file": file, "title": media.name}),
        })
    }

    fn commit(&mut self, calls: &Calls<'_>, sending: &Sending<'_>) -> Answer {
        if let Some(words) = sending.message.words() {
            let Ok(to) = (RECIPIENTS.read)(&sending.route.chat) else {
                return refused(NO_CHAT);
            };
            return self.post(calls, sending, &to.id, words);
        }
        match self.conversation_of(calls, sending) {
            Ok(id) => self.complete(calls, sending, &id),
            Err(answer) => answer,
        }
    }

    fn announce(&mut self, calls: &Calls<'_>, sending: &Sending<'_>) -> Answer {
        let words = sending.message.words().unwrap_or_default();
        match self.conversation_of(calls, sending) {
            Ok(id) => self.post(calls, sending, &id, words),
            Err(answer) => answer,
        }
    }

    fn change(&mut self, calls: &Calls<'_>, sending: &Sending<'_>, ts: &str) -> Answer {
        // By the conversation's id: a person's isn't taken here.
        let id = match self.conversation_of(calls, sending) {
            Ok(id) => id,
            Err(answer) => return answer,
        };
        let words = escaped(sending.message.words().unwrap_or_default());
        let body = json::text(&object! {"channel": id, "ts": ts, "text": words});
        match self.call(calls, (Risk::Commit, "chat.update"), (JSON, body)) {
            Ok(_) => Answer::Committed(None),
            Err(answer) => answer,
        }
    }

    fn advice(&self, answer: &Answer) -> String {
        answer::advice(answer)
    }
}

fn refused(reason: &str) -> Answer {
    Answer::Refused(Meaning::ForGood, reason.to_owned())
}

fn text<'a>(of: &'a Value, name: &str) -> &'a str {
    of.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn headers(kind: &str) -> Vec<(&'static str, String)> {
    vec![
        ("user-agent", USER_AGENT.to_owned()),
        ("content-type", kind.to_owned()),
    ]
}

/// Puts the thread into a request; a message that is answered names the one below it.
fn in_thread(body: &mut Value, sending: &Sending<'_>) {
    let route = sending.route;
    if let Some(ts) = route.thread.as_ref().or(route.reply_to.as_ref()) {
        body["thread_ts"] = Value::String(ts.clone());
    }
}

/// Words as Slack shows them: nobody is called by them, and nothing in them is a link that says something else.
fn escaped(words: &str) -> String {
    let words = words.replace('&', "&amp;").replace('<', "&lt;");
    words.replace('>', "&gt;")
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
