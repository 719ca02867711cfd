//! WeCom (企业微信), for an app of a company: `docs/apis/wecom.md` is the source of the routes, limits and codes. Of several messages
//! with the same bytes the platform shows one, for four hours: the body itself is the key, so it is made of what is on record
//! alone, and a medium that is uploaded anew would be another message.
//!
//! ```text
//! prepare   media/upload: the medium's id is kept        (harmless: nobody sees an upload)
//! commit    message/send: the same bytes in every attempt
//! ```

mod answer;

use contract::channels::WECOM;
use contract::channels::wecom::{RECIPIENTS, VARIABLES};
use contract::ids::is_service_id;
use contract::services::{CREDENTIAL_SEGMENT, WECOM_FILE_BYTES, WECOM_FILM_BYTES};
use serde_json::Value;

use super::account::Account;
use super::answer::{Answer, Meaning, Risk};
use super::calls::{Around, Calls};
use super::media::Media;
use super::token::{self, Exchange, Token};
use super::traits::{Key, MediaRule, Pace, TextLimit, Traits, Unit};
use super::{Channel, Member, Sending, names_same};
use crate::io::{Method, RelayError, Request, Response};
use crate::json::{self, object};
use crate::media::{ImageFormat, MediaKind};
use crate::multipart::{Form, encoded};
use crate::secret::Secret;
use crate::session::{Message, Route, Shape};

/// WeCom's place in the port.
pub const MEMBER: Member = Member {
    id: WECOM.id,
    name: WECOM.name,
    platforms: WECOM.platforms,
    recipients: &RECIPIENTS,
    variables: &VARIABLES,
    tail: WECOM.service.tail,
    traits: &TRAITS,
    proves: ("Upload", "the app may upload media"),
    open: |account| {
        Box::new(App {
            account,
            token: Token::default(),
        })
    },
    same_chat: |one, other| names_same(&RECIPIENTS, one, other),
    version_1: None,
};

/// A text is cut off there.
const MAX_TEXT_BYTES: usize = 2_048;
/// The longest that the platform offers to know a message again.
const KEPT_MS: u64 = 4 * 60 * 60 * 1000;
/// So many digits of a message's key stand behind a text, since two texts that say the same are two messages.
const MARK_DIGITS: usize = 6;
/// What stands before them: the end of a line, and a dot of two bytes.
const MARK: &str = "\n·";

const TRAITS: Traits = Traits {
    media: &[
        MediaRule::films(WECOM_FILM_BYTES),
        MediaRule::pictures(
            &[
                MediaKind::Image(ImageFormat::Jpeg),
                MediaKind::Image(ImageFormat::Png),
            ],
            WECOM_FILM_BYTES,
        ),
        MediaRule::files(WECOM_FILE_BYTES),
    ],
    text: TextLimit {
        max: MAX_TEXT_BYTES - MARK.len() - MARK_DIGITS,
        unit: Unit::Bytes,
    },
    // Thirty a minute to one person; what is beyond is dropped without a word, so that a third is left to the company's
    // other programs.
    pace: Pace {
        messages: 20,
        window_ms: 61_000,
    },
    edits: false,
    deadline_ms: None,
    answers: None,
    key: Key::SameBody {
        kept_ms: KEPT_MS,
        // Ten minutes, for clocks that differ or are set and for a request that is on its way meanwhile.
        margin_ms: 10 * 60 * 1000,
    },
    key_spans_link: false,
    reads_back: false,
};

/// The form of its messages: the object that the platform takes, as JSON.
const FORM: u32 = 1;
/// A response is a code and an id.
const MAX_RESPONSE_BYTES: u64 = 64 * 1024;
const JSON: &str = "application/json";

/// The app, with the token of this step.
struct App<'a> {
    /// Its company, number and secret.
    account: &'a Account,
    /// Fetched when it is first needed: a step that only finds a message delivered needs none.
    token: Token,
}

impl App<'_> {
    /// Makes a call with a token; with a fresh one, once, when it is refused. `risk` is that of the call itself: its exchange is
    /// always harmless.
    ///
    /// # Errors
    /// What it means that it didn't succeed.
    fn call(
        &mut self,
        calls: &Calls<'_>,
        risk: Risk,
        request: &dyn Fn(&Secret) -> Result<Response, RelayError>,
    ) -> Result<Value, Answer> {
        let account = self.account;
        let exchange = |anew: bool| token_request(account, anew);
        self.token.call(calls, &exchange, &mut |token| {
            let response = request(token).map_err(|error| Answer::of_error(risk, error))?;
            answer::read(&response, calls.io().now_ms())
        })
    }

    /// Shows a message. The body is written once: a fresh token doesn't change a byte of it.
    ///
    /// # Errors
    /// What it means that it wasn't shown, or that nobody knows.
    fn send(&mut self, calls: &Calls<'_>, sending: &Sending<'_>) -> Result<Value, Answer> {
        let body = json::text(&written(self.account, sending)?).into_bytes();
        let account = self.account;
        self.call(calls, Risk::Commit, &|token| {
            let request = request(account, "message/send?", token, JSON, body.clone());
            calls.http(Risk::Commit, request)
        })
    }
}

impl Channel for App<'_> {
    fn prepare(
        &mut self,
        calls: &Calls<'_>,
        media: &Media<'_>,
        shape: Shape,
        _to: Option<&Route>,
    ) -> Result<Message, Answer> {
        let len = media.source.len_bytes();
        let form = Form::new(&calls.io().nonce());
        let form = form.file_of_length("media", &media.name, media.content_type, len);
        let account = self.account;
        let path = ["media/upload?type=", called(shape), "&"].concat();
        let uploaded = self.call(calls, Risk::Harmless, &|token| {
            let around = Around::of(&form, None);
            calls.send(Risk::Harmless, media.source.bytes(), &around, &|body| {
                request(account, &path, token, &form.content_type, body)
            })
        })?;
        let id = uploaded.get("media_id").and_then(Value::as_str);
        // It goes into the message: one that is no id would be refused there, long after its cause.
        let Some(id) = id.filter(|id| is_service_id(id)) else {
            let reason = "the upload's answer has no valid media_id";
            return Err(Answer::Unknown(reason.to_owned()));
        };
        Ok(Message {
            shape,
            form: FORM,
            body: json::text(&object! {"media_id": id}),
        })
    }

    fn commit(&mut self, calls: &Calls<'_>, sending: &Sending<'_>) -> Answer {
        match self.send(calls, sending) {
            Ok(shown) => {
                let id = shown.get("msgid").and_then(Value::as_str);
                let id = id.filter(|id| is_service_id(id));
                Answer::Committed(id.map(str::to_owned))
            }
            Err(answer) => answer,
        }
    }

    fn advice(&self, answer: &Answer) -> String {
        answer::advice(answer).to_owned()
    }
}

/// What the platform calls a shape: in an upload, as a message's type, and as its member.
const fn called(shape: Shape) -> &'static str {
    match shape {
        Shape::Text => "text",
        Shape::Image => "image",
        Shape::Video => "video",
        Shape::File => "file",
    }
}

/// A message as the platform takes it. Nothing of it depends on when it is sent, nor on which attempt it is: the platform
/// compares bodies.
///
/// # Errors
/// It can't be written: nothing was sent.
fn written(account: &Account, sending: &Sending<'_>) -> Result<Value, Answer> {
    let withheld = |reason: &str| Answer::Refused(Meaning::Withheld, reason.to_owned());
    let to = (RECIPIENTS.read)(&sending.route.chat).map_err(withheld)?.id;
    // By the account and not by the record: after a change of apps the medium is another app's, and is refused.
    let agent = account.agent.parse::<u64>();
    let agent = agent.map_err(|_| withheld(answer::NO_AGENT))?;
    let shown = match sending.message.words() {
        Some(words) => object! {"content": marked(words, sending.key)},
        None => json::parse(sending.message.body.as_bytes()).unwrap_or_default(),
    };
    let kind = called(sending.message.shape);
    let mut body = object! {
        "touser": to,
        "msgtype": kind,
        "agentid": agent,
        "enable_duplicate_check": 1,
        "duplicate_check_interval": KEPT_MS / 1_000,
    };
    body[kind] = shown;
    Ok(body)
}

/// Words as they are shown, at most [`MARK`] and [`MARK_DIGITS`] longer than they were: no markup, which here can hide where a
/// link leads, and with what tells them from the same words of another message.
fn marked(words: &str, key: &str) -> String {
    // In full width and not as an entity: the platform shows those as they are written.
    let plain = words.replace('<', "\u{ff1c}").replace('>', "\u{ff1e}");
    let mark = key.get(..MARK_DIGITS).unwrap_or(key);
    [&plain, MARK, mark].concat()
}

/// A request with the token, which is put into its address where that leaves.
fn request(
    account: &Account,
    path: &str,
    token: &Secret,
    content_type: &str,
    body: Vec<u8>,
) -> Request {
    let mut headers = token::headers(false);
    headers.push(("content-type", content_type.to_owned()));
    let base = &account.base_url;
    Request {
        method: Method::Post,
        url: [base, "/cgi-bin/", path, "access_token=", CREDENTIAL_SEGMENT].concat(),
        headers,
        credential: Some((CREDENTIAL_SEGMENT, Secret::new(token.expose().to_owned()))),
        body,
        max_response_bytes: MAX_RESPONSE_BYTES,
    }
}

/// The request for a token. With our harness it is answered from its cache, and the secret is a placeholder: the address with the
/// real one in it is the harness's own. `anew` makes it drop what it has.
fn token_request(account: &Account, anew: bool) -> Exchange {
    let base = &account.base_url;
    let corp = encoded(&account.app_id);
    token::in_query(
        [base, "/cgi-bin/gettoken?corpid=", &corp, "&corpsecret="].concat(),
        account,
        anew,
        answer::token_failure,
    )
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
