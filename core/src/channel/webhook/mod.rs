//! A webhook, signed as Standard Webhooks has it: `docs/apis/webhook.md`. A receiver is told of a result, with its address, and of a
//! text; what is shown is its own to decide. It knows a repetition by `webhook-id`, which is the same in every attempt. The
//! harness signs; here is no secret.

use contract::channels::WEBHOOK;
use contract::channels::webhook::{RECIPIENTS, VARIABLES};
use contract::services::{SIGNATURE, SIGNED_ID};
use serde_json::Value;

use super::account::Account;
use super::answer::{Answer, Meaning, NETWORK, Risk, WAIT, wait_ms};
use super::calls::Calls;
use super::media::Media;
use super::traits::{Key, MediaRule, Pace, TextLimit, Traits, Unit};
use super::{Channel, Content, Member, Sending};
use crate::io::{Method, Request, Response, USER_AGENT};
use crate::json::{self, object};
use crate::media::{ImageFormat, MediaKind};
use crate::secret::Secret;
use crate::session::{Message, Route, Shape};
use crate::time::format_rfc3339;

/// A webhook's place in the port.
pub const MEMBER: Member = Member {
    id: WEBHOOK.id,
    name: WEBHOOK.name,
    platforms: WEBHOOK.platforms,
    recipients: &RECIPIENTS,
    variables: &VARIABLES,
    tail: WEBHOOK.service.tail,
    traits: &TRAITS,
    proves: ("Webhook", "there is an address and a secret"),
    open: |account| Box::new(Hook { account }),
    same_chat: |one, other| one.trim() == other.trim(),
    version_1: None,
};

/// Nothing is uploaded: the receiver fetches what it wants.
const ANY_BYTES: u64 = 1 << 40;

const TRAITS: Traits = Traits {
    media: &[
        MediaRule::films(ANY_BYTES),
        MediaRule::pictures(
            &[
                MediaKind::Image(ImageFormat::Jpeg),
                MediaKind::Image(ImageFormat::Png),
                MediaKind::Image(ImageFormat::Webp),
                MediaKind::Image(ImageFormat::Gif),
            ],
            ANY_BYTES,
        ),
        MediaRule::files(ANY_BYTES),
    ],
    // With every character escaped six times as long, which is what a payload may have.
    text: TextLimit {
        max: 3_000,
        unit: Unit::Bytes,
    },
    pace: Pace {
        messages: 5,
        window_ms: 1_100,
    },
    edits: false,
    deadline_ms: None,
    answers: None,
    // The receiver knows ids of messages it has taken; the specification gives that no end.
    key: Key::Forever,
    // The id decides, and not what stands under it.
    key_spans_link: true,
    reads_back: false,
};

/// The form of what is kept of a medium: name, type and length, as JSON.
const FORM: u32 = 1;
/// What a receiver says isn't interesting.
const MAX_RESPONSE_BYTES: u64 = 4 * 1024;
/// What every placeholder of the harness begins with.
const PLACEHOLDER: &str = "placeholder-";
/// So much of a key is the id of a message.
const ID_CHARS: usize = 40;

const GONE: &str = "the receiver has switched the webhook off";
const UNSIGNED: &str = "this runtime signs no messages";

struct Hook<'a> {
    account: &'a Account,
}

/// What the receiver is told.
fn payload(sending: &Sending<'_>, chat: &str) -> Value {
    let message = sending.message;
    let (kind, data) = match message.words() {
        Some(words) => ("chat.text", object! {"text": words}),
        None => ("media.result", told(sending)),
    };
    let mut payload = object! {
        "type": kind,
        // The first attempt's, so that a repetition is the same message.
        "timestamp": format_rfc3339(sending.first_sent_at_ms.unwrap_or_default()),
        "chat": chat,
        "data": data,
    };
    let Route {
        thread, reply_to, ..
    } = sending.route;
    for (name, value) in [("thread", thread), ("reply_to", reply_to)] {
        if let Some(value) = value {
            payload[name] = value.as_str().into();
        }
    }
    payload
}

/// What is told of a result.
fn told(sending: &Sending<'_>) -> Value {
    let kept = json::parse(sending.message.body.as_bytes()).unwrap_or_default();
    let mut data = object! {
        "kind": match sending.message.shape {
            Shape::Video => "video",
            Shape::Image => "image",
            Shape::File | Shape::Text => "file",
        },
    };
    for name in ["name", "content_type", "bytes"] {
        data[name] = kept.get(name).cloned().unwrap_or_default();
    }
    if let Some(Content::Result(url)) = sending.content {
        data["url"] = url.as_str().into();
    }
    data
}

/// What a status means.
fn read(response: &Response, now_ms: u64) -> Answer {
    let status = ["HTTP ", &response.status.to_string()].concat();
    let withheld = |reason: &str| Answer::Refused(Meaning::Withheld, reason.to_owned());
    match response.status {
        200..300 => Answer::Committed(None),
        410 => withheld(GONE),
        413 => Answer::Refused(Meaning::TooLong, status),
        429 => {
            let pause_ms = wait_ms(None, &["retry-after"], response, now_ms);
            Answer::Refused(Meaning::RateLimited(pause_ms), status)
        }
        // Not taken, for a cause that its owner can mend: the same message is tried for a day.
        300..500 => withheld(&status),
        // It may have been taken; the same id makes the next attempt harmless.
        _ => Answer::Unknown(status),
    }
}

impl Channel for Hook<'_> {
    fn prepare(
        &mut self,
        _calls: &Calls<'_>,
        media: &Media<'_>,
        shape: Shape,
        _to: Option<&Route>,
    ) -> Result<Message, Answer> {
        let bytes = media.source.len_bytes();
        let kept = object! {"name": media.name, "content_type": media.content_type, "bytes": bytes};
        Ok(Message {
            shape,
            form: FORM,
            body: json::text(&kept),
        })
    }

    fn commit(&mut self, calls: &Calls<'_>, sending: &Sending<'_>) -> Answer {
        let withheld = |reason: &str| Answer::Refused(Meaning::Withheld, reason.to_owned());
        let chat = match (RECIPIENTS.read)(&sending.route.chat) {
            Ok(recipient) => recipient.id,
            Err(reason) => return withheld(reason),
        };
        let secret = self.account.secret.expose();
        // Where nobody signs the header would carry the secret itself to whoever is there.
        if !secret.starts_with(PLACEHOLDER) {
            return withheld(UNSIGNED);
        }
        let base = &self.account.base_url;
        let has_path = base
            .split_once("://")
            .is_some_and(|(_, at)| at.contains('/'));
        let id = sending.key.get(..ID_CHARS).unwrap_or(sending.key);
        let request = Request {
            method: Method::Post,
            url: [base.as_str(), if has_path { "" } else { "/" }].concat(),
            headers: vec![
                ("user-agent", USER_AGENT.to_owned()),
                ("content-type", "application/json".to_owned()),
                (SIGNED_ID, ["msg_", id].concat()),
            ],
            credential: Some((SIGNATURE, Secret::new(secret.to_owned()))),
            body: json::text(&payload(sending, &chat)).into_bytes(),
            max_response_bytes: MAX_RESPONSE_BYTES,
        };
        match calls.http(Risk::Commit, request) {
            Ok(response) => read(&response, calls.io().now_ms()),
            Err(error) => Answer::of_error(Risk::Commit, error),
        }
    }

    fn advice(&self, answer: &Answer) -> String {
        let advice = match answer {
            Answer::Refused(Meaning::RateLimited(_), _) => WAIT,
            Answer::Refused(_, reason) if reason == GONE => {
                "Ask whoever runs the receiver for another address, and put it in LIBTV_WEBHOOK_URL."
            }
            Answer::Refused(..) => {
                "Look at what the receiver says of it, and whether LIBTV_WEBHOOK_SECRET is its secret."
            }
            Answer::NotDispatched(_) | Answer::Committed(_) | Answer::Unknown(_) => NETWORK,
        };
        advice.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_says_whether_the_message_was_taken() {
        let of = |status| {
            let response = Response {
                status,
                headers: vec![("retry-after".to_owned(), "7".to_owned())],
                body: Vec::new(),
                truncated: false,
            };
            read(&response, 0)
        };
        for status in [200, 202, 204] {
            assert_eq!(of(status), Answer::Committed(None));
        }
        for (status, meaning) in [
            (302, Meaning::Withheld),
            (401, Meaning::Withheld),
            (404, Meaning::Withheld),
            (410, Meaning::Withheld),
            (413, Meaning::TooLong),
            (429, Meaning::RateLimited(7_000)),
        ] {
            let Answer::Refused(found, _) = of(status) else {
                panic!("{status} is no refusal");
            };
            assert_eq!(found, meaning, "{status}");
        }
        for status in [500, 502, 503] {
            assert!(matches!(of(status), Answer::Unknown(_)), "{status}");
        }
    }
}
