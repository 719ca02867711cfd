//! WeChat (微信), by the bot's account that OpenClaw's plug-in logs in: `docs/apis/wechat.md` is the source of the routes, limits
//! and codes. Media are stored encrypted, and described beforehand: whoever carries the bytes does both, so that they pass here
//! as they are. Nothing is known to tell a repetition: every message is sent once, and one whose response was lost is told.
//!
//! ```text
//! prepare   measure: how the bytes are described       (harmless: they go nowhere)
//!           getuploadurl, then the address it names     (harmless: nobody sees an upload)
//! commit    sendmessage: once
//! ```

mod answer;

use contract::channels::WECHAT;
use contract::channels::wechat::{RECIPIENTS, VARIABLES};
use contract::ids::is_service_id;
use contract::services::{WECHAT_FILE_BYTES, WECHAT_MEDIA_ORIGIN, seal, stands_for};
use serde_json::Value;

use super::account::Account;
use super::answer::{Answer, Meaning, Risk};
use super::calls::{Around, Calls};
use super::media::{Media, Source};
use super::traits::{Key, MediaRule, Pace, TextLimit, Traits, Unit};
use super::{Channel, Content, Member, Sending, names_same};
use crate::base64;
use crate::io::{Method, Request, Response, USER_AGENT};
use crate::json::{self, object};
use crate::media::{ImageFormat, MediaKind};
use crate::secret::Secret;
use crate::session::{Message, Route, Shape};

/// WeChat's place in the port.
pub const MEMBER: Member = Member {
    id: WECHAT.id,
    name: WECHAT.name,
    platforms: WECHAT.platforms,
    recipients: &RECIPIENTS,
    variables: &VARIABLES,
    tail: WECHAT.service.tail,
    traits: &TRAITS,
    proves: ("Login", "WeChat takes the account's requests"),
    open: |account| Box::new(Bot { account }),
    same_chat: |one, other| names_same(&RECIPIENTS, one, other),
    version_1: None,
};

/// Somebody who wrote gets messages for so long.
const ANSWERS_MS: u64 = 24 * 60 * 60 * 1000;

const TRAITS: Traits = Traits {
    media: &[
        MediaRule::films(WECHAT_FILE_BYTES),
        MediaRule::pictures(
            &[
                MediaKind::Image(ImageFormat::Jpeg),
                MediaKind::Image(ImageFormat::Png),
                MediaKind::Image(ImageFormat::Gif),
            ],
            WECHAT_FILE_BYTES,
        ),
        MediaRule::files(WECHAT_FILE_BYTES),
    ],
    // Where the plug-in cuts its texts.
    text: TextLimit {
        max: 4_000,
        unit: Unit::Chars,
    },
    // No document says it; people report that bursts are refused.
    pace: Pace {
        messages: 3,
        window_ms: 10_000,
    },
    edits: false,
    deadline_ms: Some(ANSWERS_MS),
    answers: Some(10),
    // There is a `client_id`, and nobody says that the service looks at it.
    key: Key::None,
    key_spans_link: false,
    reads_back: false,
};

/// The form of its messages: what names an upload, as JSON.
const FORM: u32 = 1;
/// A response is a code and an address.
const MAX_RESPONSE_BYTES: u64 = 64 * 1024;
const JSON: &str = "application/json";
const BYTES: &str = "application/octet-stream";
/// Where an upload's response has what names it.
const UPLOADED: &str = "x-encrypted-param";
/// Longer than any of those, and short enough for a record.
const MAX_NAME_BYTES: usize = 3_000;

/// The plug-in whose requests these are like: the service asks for its version, as text and as a number of three bytes.
const PLUGIN: &str = "2.4.9";
const PLUGIN_NUMBER: &str = "132105";

/// The account's bot.
struct Bot<'a> {
    /// Its token and where it is.
    account: &'a Account,
}

impl Bot<'_> {
    /// A call of the service's interface.
    ///
    /// # Errors
    /// What it means that it didn't succeed.
    fn call(
        &self,
        calls: &Calls<'_>,
        risk: Risk,
        path: &str,
        mut body: Value,
    ) -> Result<Value, Answer> {
        body["base_info"] = object! {"channel_version": PLUGIN, "bot_agent": USER_AGENT};
        let mut request = self.request(path, JSON, json::text(&body).into_bytes());
        // A number that is drawn for each request, as the service wants it.
        let drawn = calls.io().jitter() % (1 << 32);
        request.headers.extend([
            ("authorizationtype", "ilink_bot_token".to_owned()),
            ("ilink-app-id", "bot".to_owned()),
            ("ilink-app-clientversion", PLUGIN_NUMBER.to_owned()),
            ("x-wechat-uin", base64::text(drawn.to_string().as_bytes())),
        ]);
        let token = ["Bearer ", self.account.secret.expose()].concat();
        request.credential = Some(("authorization", Secret::new(token)));
        let response = calls.http(risk, request);
        let response = response.map_err(|error| Answer::of_error(risk, error))?;
        answer::read(&response, calls.io().now_ms())
    }

    /// A request without a credential.
    fn request(&self, path: &str, content_type: &str, body: Vec<u8>) -> Request {
        post([&self.account.base_url, path].concat(), content_type, body)
    }

    /// Whether an address is where the service takes media, or where everything was moved to.
    fn takes_media(&self, url: &str) -> bool {
        let host = url.strip_prefix("https://").unwrap_or_default();
        let host = host.split(['/', '?', '#']).next().unwrap_or_default();
        let home = WECHAT_MEDIA_ORIGIN.trim_start_matches("https://");
        let moved = url.strip_prefix(&*self.account.base_url);
        stands_for(home, host) || moved.is_some_and(|rest| rest.starts_with('/'))
    }

    /// Encrypts and uploads a medium for somebody. What names the upload then goes into the message.
    ///
    /// # Errors
    /// What it means that it wasn't taken.
    fn upload(
        &self,
        calls: &Calls<'_>,
        source: &Source<'_>,
        shape: Shape,
        to: &str,
    ) -> Result<Value, Answer> {
        let len = source.len_bytes();
        let sent = |upload: &dyn Fn(Vec<u8>) -> Request| {
            let sent = calls.send(Risk::Harmless, source.bytes(), &Around::default(), upload);
            sent.map_err(|error| Answer::of_error(Risk::Harmless, error))
        };
        let measured = sent(&|bytes| self.request("/measure", BYTES, bytes))?;
        let md5 = described(&measured, len)?;
        // Sixteen bytes each, in the digits that the service wants both in.
        let (key, name) = (calls.io().nonce(), calls.io().nonce());
        let named = self.call(
            calls,
            Risk::Harmless,
            "/ilink/bot/getuploadurl",
            object! {
                "filekey": name,
                "media_type": media_type(shape),
                "to_user_id": to,
                "rawsize": len,
                "rawfilemd5": md5,
                "filesize": seal::sealed_bytes(len),
                "no_need_thumb": true,
                "aeskey": key,
            },
        )?;
        let url = named.get("upload_full_url").and_then(Value::as_str);
        // Anywhere else the harness lets nothing out; said here, since it is no fault of the media.
        let Some(url) = url.filter(|url| self.takes_media(url.trim())) else {
            let reason = answer::NO_ADDRESS.to_owned();
            return Err(Answer::Refused(Meaning::ForGood, reason));
        };
        let response = sent(&|bytes| {
            let mut request = post(url.trim().to_owned(), BYTES, bytes);
            request.headers.push((seal::KEY, key.clone()));
            request
        })?;
        answer::read_upload(&response)?;
        // It goes into the message: without it nobody could open what was uploaded.
        match response.header(UPLOADED) {
            Some(name) if (1..=MAX_NAME_BYTES).contains(&name.len()) => {
                Ok(object! {"param": name, "key": key, "len": len})
            }
            Some(_) | None => Err(Answer::Unknown(
                "the upload's answer doesn't name it".to_owned(),
            )),
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
        let mut kept = object! {};
        match to {
            Some(route) => {
                kept = self.upload(calls, &media.source, shape, &person(route)?)?;
                kept["name"] = media.name.as_str().into();
            }
            // An upload is for somebody. Whether the login is good can be asked of nobody; what else the service has to say to
            // that isn't of interest.
            None => {
                let asked = object! {"ilink_user_id": ""};
                match self.call(calls, Risk::Harmless, "/ilink/bot/getconfig", asked) {
                    Ok(_) | Err(Answer::Refused(Meaning::ForGood, _)) => {}
                    Err(answer) => return Err(answer),
                }
            }
        }
        Ok(Message {
            shape,
            form: FORM,
            body: json::text(&kept),
        })
    }

    fn commit(&mut self, calls: &Calls<'_>, sending: &Sending<'_>) -> Answer {
        let sent = person(sending.route).and_then(|to| {
            let item = self.item(calls, sending, &to)?;
            let message = object! {
                "from_user_id": "",
                "to_user_id": to,
                "client_id": sending.key,
                "message_type": 2,
                "message_state": 2,
                "item_list": [item],
            };
            let body = object! {"msg": message};
            self.call(calls, Risk::Commit, "/ilink/bot/sendmessage", body)
        });
        match sent {
            Ok(shown) => Answer::Committed(shown.get("message_id").and_then(id)),
            Err(answer) => answer,
        }
    }

    fn advice(&self, answer: &Answer) -> String {
        answer::advice(answer).to_owned()
    }
}

impl Bot<'_> {
    /// What a message shows. One that was made for nobody in particular is uploaded now, and nobody sees that.
    ///
    /// # Errors
    /// It can't be written: nothing was shown.
    fn item(&self, calls: &Calls<'_>, sending: &Sending<'_>, to: &str) -> Result<Value, Answer> {
        let message = sending.message;
        if let Some(words) = message.words() {
            let text = contract::text::plain(words);
            return Ok(object! {"type": 1, "text_item": object! {"text": text}});
        }
        let mut kept = json::parse(message.body.as_bytes()).unwrap_or_default();
        if kept.get("param").is_none() {
            let Some(Content::Here(bytes)) = sending.content else {
                let reason = answer::NO_UPLOAD.to_owned();
                return Err(Answer::Refused(Meaning::ForGood, reason));
            };
            kept = self.upload(calls, &Source::Here(bytes), message.shape, to)?;
        }
        let text = |name: &str| kept.get(name).and_then(Value::as_str).unwrap_or_default();
        let len = kept.get("len").and_then(Value::as_u64).unwrap_or_default();
        let sealed = seal::sealed_bytes(len);
        let media = object! {
            "encrypt_query_param": text("param"),
            // Of its digits, and not of the bytes that they stand for.
            "aes_key": base64::text(text("key").as_bytes()),
            "encrypt_type": 1,
        };
        Ok(match message.shape {
            Shape::Image => {
                object! {"type": 2, "image_item": object! {"media": media, "mid_size": sealed}}
            }
            Shape::Video => {
                object! {"type": 5, "video_item": object! {"media": media, "video_size": sealed}}
            }
            Shape::File | Shape::Text => {
                let name = contract::text::plain(text("name"));
                let file = object! {"media": media, "file_name": name, "len": len.to_string()};
                object! {"type": 4, "file_item": file}
            }
        })
    }
}

/// Whom a route names, by the id alone: what an agent wrote before it is left out.
///
/// # Errors
/// Nobody: nothing was sent.
fn person(route: &Route) -> Result<String, Answer> {
    let read = (RECIPIENTS.read)(&route.chat);
    let withheld = |reason: &str| Answer::Refused(Meaning::Withheld, reason.to_owned());
    read.map(|read| read.id).map_err(withheld)
}

/// What the service calls a shape in an upload.
const fn media_type(shape: Shape) -> u32 {
    match shape {
        Shape::Image => 1,
        Shape::Video => 2,
        Shape::File | Shape::Text => 3,
    }
}

/// The MD5 of bytes that were measured.
///
/// # Errors
/// Whoever carries them doesn't do that, so that none of them can be sent; or they are others than they were.
fn described(response: &Response, len: u64) -> Result<String, Answer> {
    let said = json::parse(&response.body).unwrap_or_default();
    let md5 = said.get(seal::MD5).and_then(Value::as_str);
    let Some(md5) = md5.filter(|_| response.status == 200) else {
        let reason = answer::NOT_CARRIED.to_owned();
        return Err(Answer::Refused(Meaning::ForGood, reason));
    };
    if said.get(seal::BYTES).and_then(Value::as_u64) == Some(len) {
        return Ok(md5.to_owned());
    }
    Err(Answer::Refused(
        Meaning::MediaUnread,
        "the media has changed meanwhile".to_owned(),
    ))
}

/// The id of a message: a number of sixty-four bits, written as one or as a text.
fn id(value: &Value) -> Option<String> {
    let text = value.as_str().map(str::to_owned);
    let id = text.or_else(|| value.as_u64().map(|id| id.to_string()))?;
    is_service_id(&id).then_some(id)
}

/// A request of bytes or JSON without anything that identifies anybody.
fn post(url: String, content_type: &str, body: Vec<u8>) -> Request {
    Request {
        method: Method::Post,
        url,
        headers: vec![
            ("user-agent", USER_AGENT.to_owned()),
            ("content-type", content_type.to_owned()),
        ],
        credential: None,
        body,
        max_response_bytes: MAX_RESPONSE_BYTES,
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
