//! Feishu and Lark: requests to the open platform. `docs/apis/feishu.md` is the source of the routes, limits and codes.

mod answer;
mod media;
mod recipient;
pub mod version1;

use contract::channels::FEISHU;
use contract::channels::feishu::{RECIPIENTS, VARIABLES};
use contract::ids::is_service_id;
use serde_json::Value;

use super::account::Account;
use super::answer::{Answer, Meaning, Risk};
use super::calls::{Around, Calls};
use super::media::{Media, Source};
use super::token::{self, Exchange, Token};
use super::traits::{Key, MediaRule, Pace, TextLimit, Traits, Unit};
use super::{Channel, Member, Sending};
use crate::io::{Method, RelayError, Request, Response, USER_AGENT};
use crate::json::{self, object};
use crate::media::{ImageFormat, MediaKind};
use crate::multipart::FormEnds;
use crate::secret::Secret;
use crate::session::{Message, Route, Shape};

/// Feishu's and Lark's place in the port.
pub const MEMBER: Member = Member {
    id: FEISHU.id,
    name: FEISHU.name,
    platforms: FEISHU.platforms,
    recipients: &RECIPIENTS,
    variables: &VARIABLES,
    tail: FEISHU.service.tail,
    traits: &TRAITS,
    proves: ("Upload", "the app may upload media"),
    open: |app| {
        Box::new(Messenger {
            app,
            token: Token::default(),
        })
    },
    same_chat: recipient::same,
    version_1: Some(version1::delivery),
};

const MB: u64 = 1024 * 1024;
const HOUR_MS: u64 = 60 * 60 * 1000;

/// The platform takes files up to 30 MB, images up to 10 MB and 12,000 pixels a side, GIFs up to 2,000; its list of formats
/// lacks AVIF.
const TRAITS: Traits = Traits {
    media: &[
        MediaRule::pictures(&[MediaKind::Image(ImageFormat::Gif)], 10 * MB).up_to(2_000),
        MediaRule::pictures(
            &[
                MediaKind::Image(ImageFormat::Jpeg),
                MediaKind::Image(ImageFormat::Png),
                MediaKind::Image(ImageFormat::Webp),
                MediaKind::Image(ImageFormat::Bmp),
                MediaKind::Image(ImageFormat::Ico),
                MediaKind::Image(ImageFormat::Tiff),
                MediaKind::Image(ImageFormat::Heic),
            ],
            10 * MB,
        )
        .up_to(12_000),
        MediaRule::films(30 * MB),
        MediaRule::files(30 * MB),
    ],
    text: TextLimit {
        max: 150 * 1024,
        unit: Unit::Bytes,
    },
    // Five a second (230020 is the refusal).
    pace: Pace {
        messages: 5,
        // A tenth more than the second that the platform counts: two clocks that differ a little must not make
        // a sixth message.
        window_ms: 1_100,
    },
    // Of a card: a text only twenty times.
    edits: true,
    deadline_ms: None,
    answers: None,
    // A `uuid` is known for an hour.
    key: Key::Window {
        kept_ms: HOUR_MS,
        // Ten minutes, for clocks that differ or are set and for a request that is on its way meanwhile.
        margin_ms: HOUR_MS / 6,
    },
    // The `uuid` decides and not what is sent under it, so a link under a film's key can't stand beside the
    // film.
    key_spans_link: true,
    reads_back: false,
};

/// The form of its messages: the content that the platform takes, as text.
const FORM: u32 = 1;

/// An answer of the platform is small; the edge's HTML pages are not interesting.
const MAX_RESPONSE_BYTES: u64 = 64 * 1024;

/// The app, with the token of this step.
struct Messenger<'a> {
    app: &'a Account,
    token: Token,
}

impl<'a> Messenger<'a> {
    /// The app's page where scopes are granted.
    fn permission_page(&self) -> String {
        format!("{}/app/{}/auth", self.app.base_url, self.app.app_id)
    }

    /// Sends a message; the same `uuid` sends at most one within an hour.
    ///
    /// Where the route names a message that is answered, it goes into that one's topic; and to the chat itself where
    /// that can't be, unless an earlier attempt may have been shown there.
    fn send(
        &mut self,
        calls: &Calls<'_>,
        sending: &Sending<'_>,
        (msg_type, content): (&str, String),
    ) -> Answer {
        let to = recipient::of_route(sending.route);
        if let Some(message_id) = &to.reply_to {
            let body = object! {"msg_type": msg_type, "content": content, "uuid": sending.key, "reply_in_thread": true};
            let path = format!("im/v1/messages/{message_id}/reply");
            match self.post(calls, &path, &body) {
                // How it says that there is no such message, in the code for any wrong parameter.
                Answer::Refused(Meaning::ForGood, reason) if reason.contains("message_id") => {
                    // An earlier attempt may be in the topic. Nothing says that the `uuid` of an answer counts
                    // for a message to the chat as well.
                    if !sending.is_first {
                        return Answer::Refused(Meaning::ForGood, reason);
                    }
                }
                // Shown outside of its topic is better than not shown at all.
                Answer::Refused(Meaning::NoThread, _) if sending.is_first => {}
                Answer::Refused(Meaning::NoThread, reason) => {
                    return Answer::Refused(Meaning::ForGood, reason);
                }
                answer => return answer,
            }
        }
        let body = object! {"receive_id": to.id, "msg_type": msg_type, "content": content, "uuid": sending.key};
        let path = format!("im/v1/messages?receive_id_type={}", to.id_type.name());
        self.post(calls, &path, &body)
    }

    /// Sends a message to a path below `/open-apis/`. It is in the chat once the platform's `code` is 0.
    fn post(&mut self, calls: &Calls<'_>, path: &str, body: &Value) -> Answer {
        let sent = self.commit_json(calls, Method::Post, path, body);
        // A response without a good id is a success all the same: the platform took the message, and it must
        // not be sent again.
        match sent {
            Ok(data) => Answer::Committed(
                data.get("message_id")
                    .and_then(Value::as_str)
                    .filter(|id| is_service_id(id))
                    .map(str::to_owned),
            ),
            Err(answer) => answer,
        }
    }

    /// A call that shows something.
    fn commit_json(
        &mut self,
        calls: &Calls<'_>,
        method: Method,
        path: &str,
        body: &Value,
    ) -> Result<Value, Answer> {
        let body = json::text(body);
        let app = self.app;
        self.call(calls, Risk::Commit, |token| {
            let json = "application/json; charset=utf-8";
            let mut request = api_request(app, path, token, json, body.clone().into_bytes());
            request.method = method;
            calls.http(Risk::Commit, request)
        })
    }

    /// Uploads a medium: from the store body to body, anew where a second attempt is made.
    fn upload(
        &mut self,
        calls: &Calls<'_>,
        path: &str,
        form: &FormEnds,
        source: &Source<'_>,
    ) -> Result<Value, Answer> {
        let app = self.app;
        self.call(calls, Risk::Harmless, |token| {
            calls.send(
                Risk::Harmless,
                source.bytes(),
                &Around::of(form, None),
                &|body| api_request(app, path, token, &form.content_type, body),
            )
        })
    }

    /// Makes a call with a token; with a fresh one, once, when it is refused.
    fn call(
        &mut self,
        calls: &Calls<'_>,
        risk: Risk,
        request: impl Fn(&Secret) -> Result<Response, RelayError>,
    ) -> Result<Value, Answer> {
        let app = self.app;
        let exchange = |anew: bool| token_request(app, anew);
        let called = self.token.call(calls, &exchange, &mut |token| {
            let response = request(token).map_err(|error| Answer::of_error(risk, error))?;
            answer::read(&response, calls.io().now_ms())
        });
        match called {
            // Where the response doesn't name the page that grants it.
            Err(Answer::Refused(Meaning::MissingScope(page), reason)) if page.is_empty() => {
                let page = self.permission_page();
                Err(Answer::Refused(Meaning::MissingScope(page), reason))
            }
            called => called,
        }
    }
}

/// With our harness this is answered from its cache; `anew` makes it drop what it has.
fn token_request(app: &Account, anew: bool) -> Exchange {
    let body = object! {"app_id": app.app_id, "app_secret": app.secret.expose()};
    let mut headers = token::headers(anew);
    headers.push(("content-type", "application/json; charset=utf-8".to_owned()));
    Exchange {
        request: Request {
            method: Method::Post,
            url: format!(
                "{}/open-apis/auth/v3/tenant_access_token/internal",
                app.base_url
            ),
            headers,
            credential: None,
            body: json::text(&body).into_bytes(),
            max_response_bytes: MAX_RESPONSE_BYTES,
        },
        member: "tenant_access_token",
        failure: answer::token_failure,
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
        media::prepare(self, calls, media, shape)
    }

    fn commit(&mut self, calls: &Calls<'_>, sending: &Sending<'_>) -> Answer {
        self.send(calls, sending, written(sending.message))
    }

    fn announce(&mut self, calls: &Calls<'_>, sending: &Sending<'_>) -> Answer {
        self.send(calls, sending, ("interactive", card(sending.message)))
    }

    fn change(&mut self, calls: &Calls<'_>, sending: &Sending<'_>, id: &str) -> Answer {
        let path = ["im/v1/messages/", id].concat();
        let body = object! {"content": card(sending.message)};
        match self.commit_json(calls, Method::Patch, &path, &body) {
            Ok(_) => Answer::Committed(None),
            Err(answer) => answer,
        }
    }

    fn advice(&self, answer: &Answer) -> String {
        answer::advice(answer)
    }
}

/// A message as the platform takes it: its type, and its content as text. Whoever's words are in it, it calls nobody.
fn written(message: &Message) -> (&'static str, String) {
    let content = match message.words() {
        // A prompt is from outside: `<at user_id="all">` in it would call everybody in the group.
        Some(words) => json::text(&object! {"text": contract::text::without_mentions(words)}),
        None => message.body.clone(),
    };
    (message.shape.name(), content)
}

/// A text as a card, which can be changed as often as one likes: plain, so that nothing in it is markup.
fn card(message: &Message) -> String {
    let words = contract::text::without_mentions(message.words().unwrap_or_default());
    json::text(&object! {
        "config": object! {"update_multi": true},
        "elements": [object! {"tag": "div", "text": object! {"tag": "plain_text", "content": words}}],
    })
}

/// A request to a path below `/open-apis/`, with the token in the one header that the sandbox accepts it in.
fn api_request(
    app: &Account,
    path: &str,
    token: &Secret,
    content_type: &str,
    body: Vec<u8>,
) -> Request {
    Request {
        method: Method::Post,
        url: format!("{}/open-apis/{path}", app.base_url),
        headers: vec![
            ("user-agent", USER_AGENT.to_owned()),
            ("content-type", content_type.to_owned()),
        ],
        credential: Some((
            "authorization",
            Secret::new(format!("Bearer {}", token.expose())),
        )),
        body,
        max_response_bytes: MAX_RESPONSE_BYTES,
    }
}
