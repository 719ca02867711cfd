//! DingTalk (钉钉), for the robot of a company's app: `docs/apis/dingtalk.md` is the source of the routes, limits and codes. Nothing
//! tells a repetition, and a robot can't read what it has sent: every message is sent once, and one whose response was lost is
//! told.
//!
//! ```text
//! prepare   media/upload at the older host: a film as a file, and its first frame as a picture   (harmless)
//! commit    robot/…: to a person or a group, once
//! ```

mod answer;

use contract::channels::DINGTALK;
use contract::channels::dingtalk::{RECIPIENTS, VARIABLES};
use contract::services::{
    CREDENTIAL_SEGMENT, DINGTALK_FILE_BYTES, DINGTALK_MEDIA_ORIGIN, DINGTALK_ORIGIN,
};
use serde_json::Value;

use super::account::Account;
use super::answer::{Answer, Meaning, Risk};
use super::calls::{Around, Calls};
use super::media::{Media, Source};
use super::token::{self, Exchange, Token};
use super::traits::{Key, MediaRule, Pace, TextLimit, Traits, Unit};
use super::{Channel, Member, Sending, names_same};
use crate::io::{Method, Request};
use crate::json::{self, object};
use crate::media::{ImageFormat, MediaKind};
use crate::multipart::{Form, encoded};
use crate::secret::Secret;
use crate::session::{Message, Route, Shape};
use answer::is_upload;

/// DingTalk's place in the port.
pub const MEMBER: Member = Member {
    id: DINGTALK.id,
    name: DINGTALK.name,
    platforms: DINGTALK.platforms,
    recipients: &RECIPIENTS,
    variables: &VARIABLES,
    tail: DINGTALK.service.tail,
    traits: &TRAITS,
    proves: ("Upload", "the app may upload media"),
    open: |account| {
        Box::new(Robot {
            account,
            token: Token::default(),
            media_token: Token::default(),
        })
    },
    same_chat: |one, other| names_same(&RECIPIENTS, one, other),
    version_1: None,
};

const TRAITS: Traits = Traits {
    media: &[
        MediaRule::films(DINGTALK_FILE_BYTES),
        MediaRule::pictures(
            &[
                MediaKind::Image(ImageFormat::Jpeg),
                MediaKind::Image(ImageFormat::Png),
                MediaKind::Image(ImageFormat::Gif),
                MediaKind::Image(ImageFormat::Bmp),
            ],
            DINGTALK_FILE_BYTES,
        ),
        MediaRule::files(DINGTALK_FILE_BYTES),
    ],
    // No document gives the limit of a robot's text; its plug-in cuts there.
    text: TextLimit {
        max: 2_000,
        unit: Unit::Chars,
    },
    // Twenty a minute in a group.
    pace: Pace {
        messages: 20,
        window_ms: 61_000,
    },
    edits: false,
    deadline_ms: None,
    answers: None,
    key: Key::None,
    key_spans_link: false,
    reads_back: false,
};

/// The form of its messages: what the platform calls the kind (`key`), and what that takes (`param`), as JSON. Both are on record
/// before the message leaves, though nothing repeats it: a film that waits for its chat isn't uploaded twice.
const FORM: u32 = 1;
/// A response is a code and an id; an edge's page is longer, and not interesting.
const MAX_RESPONSE_BYTES: u64 = 64 * 1024;
const JSON: &str = "application/json";
/// Where the newer host has the token. It stands there alone, without a word before it.
const TOKEN_HEADER: &str = "x-acs-dingtalk-access-token";

/// The robot, with the tokens of this step: one of each host, since no document says that one counts at both.
struct Robot<'a> {
    /// Its app.
    account: &'a Account,
    /// That of the newer host. Each is fetched when it is first needed.
    token: Token,
    /// That of the older host.
    media_token: Token,
}

impl Robot<'_> {
    /// Uploads a medium as what the platform calls `kind`, and gives its id. Nobody sees it, so that it may be made as often as
    /// it fails.
    ///
    /// # Errors
    /// What it means that it wasn't taken.
    fn upload(
        &mut self,
        calls: &Calls<'_>,
        kind: &str,
        (name, content_type): (&str, &str),
        source: &Source<'_>,
    ) -> Result<String, Answer> {
        let form = Form::new(&calls.io().nonce()).file("media", name, content_type);
        let account = self.account;
        let url = [
            &media_base(account),
            "/media/upload?type=",
            kind,
            "&access_token=",
            CREDENTIAL_SEGMENT,
        ]
        .concat();
        let exchange = |anew: bool| media_token_request(account, anew);
        let uploaded = self.media_token.call(calls, &exchange, &mut |token| {
            let around = Around::of(&form, None);
            let sent = calls.send(Risk::Harmless, source.bytes(), &around, &|body| {
                let secret = Secret::new(token.expose().to_owned());
                let credential = (CREDENTIAL_SEGMENT, secret);
                post(url.clone(), credential, &form.content_type, body)
            });
            let response = sent.map_err(|error| Answer::of_error(Risk::Harmless, error))?;
            answer::read_upload(&response, calls.io().now_ms())
        })?;
        let id = uploaded.get("media_id").and_then(Value::as_str);
        // It goes into the message: one that is none would be refused there, long after its cause.
        match id.filter(|id| is_upload(id)) {
            Some(id) => Ok(id.to_owned()),
            None => Err(Answer::Unknown(
                "the upload's answer has no valid media_id".to_owned(),
            )),
        }
    }

    /// A film as a message with a player, where there is a first frame of it and it is known how long it plays. The platform
    /// asks for both, and so does its own connector; without one of them it is shown as a file. The cover is uploaded behind the
    /// film: where that one fails, a picture would be left over that nothing shows.
    fn film(&mut self, calls: &Calls<'_>, media: &Media<'_>, id: &str) -> Option<Value> {
        let Source::Store(stored) = &media.source else {
            return None;
        };
        // Not made up where it isn't known: a player would show a length that the film doesn't have.
        let duration_ms = stored.duration_ms(calls.io())?;
        let frame = stored.cover(calls.io())?;
        let file = ("cover.jpg", "image/jpeg");
        // As a JPEG, whatever the store has made: the platform looks at the bytes.
        let cover = self.upload(calls, "image", file, &Source::Here(&frame));
        Some(object! {
            "duration": duration_ms.to_string(),
            "videoMediaId": id,
            "videoType": "mp4",
            "picMediaId": cover.ok()?,
        })
    }
}

impl Channel for Robot<'_> {
    fn prepare(
        &mut self,
        calls: &Calls<'_>,
        media: &Media<'_>,
        shape: Shape,
        _to: Option<&Route>,
    ) -> Result<Message, Answer> {
        // A film goes up as a file: the older host takes none as such.
        let kind = match shape {
            Shape::Image => "image",
            Shape::Video | Shape::File | Shape::Text => "file",
        };
        let file = (media.name.as_str(), media.content_type);
        let id = self.upload(calls, kind, file, &media.source)?;
        // Only now: where the film itself isn't taken, no frame of it is fetched.
        let film = match shape {
            Shape::Video => self.film(calls, media, &id),
            Shape::Image | Shape::File | Shape::Text => None,
        };
        let (shape, kind, shown) = match (shape, film) {
            (_, Some(film)) => (Shape::Video, "sampleVideo", film),
            (Shape::Image, None) => (shape, "sampleImageMsg", object! {"photoURL": id}),
            // Without a player rather than not at all.
            (Shape::Video | Shape::File | Shape::Text, None) => {
                let ending = media.name.rsplit_once('.').map_or("", |(_, ending)| ending);
                // The harness takes an id there, and nothing that could be read as something else.
                let plain = ending.bytes().all(|byte| byte.is_ascii_alphanumeric());
                let ending = if plain && !ending.is_empty() {
                    ending
                } else {
                    "file"
                };
                let shown = object! {"mediaId": id, "fileName": media.name, "fileType": ending};
                (Shape::File, "sampleFile", shown)
            }
        };
        let body = object! {"key": kind, "param": shown};
        Ok(Message {
            shape,
            form: FORM,
            body: json::text(&body),
        })
    }

    fn commit(&mut self, calls: &Calls<'_>, sending: &Sending<'_>) -> Answer {
        let (path, body) = match written(self.account, sending) {
            Ok(written) => written,
            Err(answer) => return answer,
        };
        let account = self.account;
        let exchange = |anew: bool| token_request(account, anew);
        let sent = self.token.call(calls, &exchange, &mut |token| {
            let credential = (TOKEN_HEADER, Secret::new(token.expose().to_owned()));
            let url = [&account.base_url, path].concat();
            let request = post(url, credential, JSON, body.clone().into_bytes());
            let response = calls.http(Risk::Commit, request);
            let response = response.map_err(|error| Answer::of_error(Risk::Commit, error))?;
            answer::read(&response, calls.io().now_ms())
        });
        match sent {
            // What the response names is a key to ask by who has read it, and no message.
            Ok(_) => Answer::Committed(None),
            Err(answer) => answer,
        }
    }

    fn advice(&self, answer: &Answer) -> String {
        answer::advice(answer).to_owned()
    }
}

/// A message as the platform takes it, and the path that it goes to: a person's and a group's differ.
///
/// # Errors
/// It can't be written: nothing was sent.
fn written(account: &Account, sending: &Sending<'_>) -> Result<(&'static str, String), Answer> {
    let withheld = |reason: &str| Answer::Refused(Meaning::Withheld, reason.to_owned());
    let to = (RECIPIENTS.read)(&sending.route.chat).map_err(withheld)?;
    let kept = json::parse(sending.message.body.as_bytes()).unwrap_or_default();
    let (kind, shown) = match sending.message.words() {
        Some(words) => {
            // A prompt is from outside, and a tag in it may ring everybody's bell.
            let words = contract::text::without_mentions(words);
            ("sampleText", object! {"content": words})
        }
        None => (
            kept.get("key").and_then(Value::as_str).unwrap_or_default(),
            kept.get("param").cloned().unwrap_or_default(),
        ),
    };
    // A text that is JSON itself: the platform reads it a second time.
    let mut body =
        object! {"robotCode": account.app_id, "msgKey": kind, "msgParam": json::text(&shown)};
    // By the contract's order: people first.
    let [person, _] = RECIPIENTS.kinds else {
        return Err(withheld("no kind of id is known"));
    };
    let path = if to.kind == *person {
        body["userIds"] = vec![to.id].into();
        "/v1.0/robot/oToMessages/batchSend"
    } else {
        body["openConversationId"] = to.id.into();
        "/v1.0/robot/groupMessages/send"
    };
    Ok((path, json::text(&body)))
}

/// The older host of an app: its own, or where everything was moved to. A proxy of the user's own stands before both, and the
/// harness grants the older one where it granted the newer one.
fn media_base(account: &Account) -> String {
    if account.base_url == DINGTALK_ORIGIN {
        return DINGTALK_MEDIA_ORIGIN.to_owned();
    }
    account.base_url.clone()
}

/// A request with a credential in its place, as the contract names it for its host: a header, or the segment of an address that
/// is put in where that leaves.
fn post(
    url: String,
    credential: (&'static str, Secret),
    content_type: &str,
    body: Vec<u8>,
) -> Request {
    let mut headers = token::headers(false);
    headers.push(("content-type", content_type.to_owned()));
    Request {
        method: Method::Post,
        url,
        headers,
        credential: Some(credential),
        body,
        max_response_bytes: MAX_RESPONSE_BYTES,
    }
}

/// The request for a token of the newer host; `anew` has whoever keeps tokens drop the one that was refused.
fn token_request(account: &Account, anew: bool) -> Exchange {
    let body = object! {"appKey": account.app_id, "appSecret": account.secret.expose()};
    let mut headers = token::headers(anew);
    headers.push(("content-type", JSON.to_owned()));
    Exchange {
        request: Request {
            method: Method::Post,
            url: [&account.base_url, "/v1.0/oauth2/accessToken"].concat(),
            headers,
            credential: None,
            body: json::text(&body).into_bytes(),
            max_response_bytes: MAX_RESPONSE_BYTES,
        },
        member: "accessToken",
        failure: answer::token_failure,
    }
}

/// The same of the older one, which wants the secret in its query.
fn media_token_request(account: &Account, anew: bool) -> Exchange {
    let base = media_base(account);
    let app = encoded(&account.app_id);
    token::in_query(
        [&base, "/gettoken?appkey=", &app, "&appsecret="].concat(),
        account,
        anew,
        answer::media_token_failure,
    )
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
