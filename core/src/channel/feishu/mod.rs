//! Feishu and Lark: requests to the open platform. `docs/apis/feishu.md` of the project's documents is the
//! source of the routes, limits and codes.

pub mod answer;
pub mod recipient;

use std::cell::Cell;

use contract::recipient::Target;
use serde_json::{Value, json};

use crate::config::Feishu;
use crate::io::USER_AGENT;
use crate::io::{HttpError, Io, Method, Relay, RelayError, Request, Response};
use crate::json;
use crate::multipart::FormEnds;
use crate::secret::Secret;
use crate::session::Content;
use answer::Answer;

/// An answer of the platform is small; the edge's HTML pages are not interesting.
const MAX_RESPONSE_BYTES: u64 = 64 * 1024;

/// The app, with the token of this step.
pub struct Messenger<'a> {
    app: &'a Feishu,
    token: Option<Secret>,
}

/// Media on their way from the store to an upload.
pub struct Media {
    /// Fetches it.
    pub source: Request,
    /// Its length.
    pub len: u64,
}

impl<'a> Messenger<'a> {
    /// A messenger that has no token yet.
    #[must_use]
    pub const fn new(app: &'a Feishu) -> Self {
        Self { app, token: None }
    }

    /// The app's page where scopes are granted.
    #[must_use]
    pub fn permission_page(&self) -> String {
        format!("{}/app/{}/auth", self.app.base_url, self.app.app_id)
    }

    /// Sends a message; the same `uuid` sends at most one within an hour.
    ///
    /// Where the recipient names a message that is answered, it goes into that one's topic; and to the chat itself where
    /// that can't be, unless an earlier attempt may have been shown there.
    pub async fn send(
        &mut self,
        io: &Io,
        to: &Target,
        content: &Content,
        uuid: &str,
        is_first: bool,
    ) -> Answer {
        if let Some(message_id) = &to.reply_to {
            match self.reply(io, message_id, content, uuid).await {
                Answer::NoReply(_) if is_first => {}
                Answer::NoReply(reason) => return Answer::Refused(reason),
                answer => return answer,
            }
        }
        let body = json!({"receive_id": to.id, "msg_type": content.msg_type, "content": content.content, "uuid": uuid});
        let path = format!("im/v1/messages?receive_id_type={}", to.id_type.name());
        self.post(io, &path, &body).await
    }

    /// In the topic of a message; one is begun where there is none.
    async fn reply(&mut self, io: &Io, message_id: &str, content: &Content, uuid: &str) -> Answer {
        let body = json!({"msg_type": content.msg_type, "content": content.content, "uuid": uuid, "reply_in_thread": true});
        let path = format!("im/v1/messages/{message_id}/reply");
        match self.post(io, &path, &body).await {
            // How it says that there is no such message, in the code for any wrong parameter.
            Answer::Refused(reason) if reason.contains("message_id") => Answer::NoReply(reason),
            answer => answer,
        }
    }

    async fn post(&mut self, io: &Io, path: &str, body: &Value) -> Answer {
        let body = json::text(body);
        let denied = Cell::new(false);
        let answer = self
            .call(io, async |io, token| {
                let request = api_request(
                    self.app,
                    path,
                    token,
                    "application/json; charset=utf-8",
                    body.clone().into_bytes(),
                );
                let answer = io.http(request).await;
                denied.set(matches!(answer, Err(HttpError::Denied(_))));
                answer.map_err(RelayError::Upload)
            })
            .await;
        match answer {
            // What the sandbox refuses of a message is its recipient, whom a later submit may name.
            Answer::Refused(reason) if denied.get() => Answer::Withheld(reason),
            answer => answer,
        }
    }

    /// Uploads bytes that are already here: a cover.
    pub async fn upload_bytes(
        &mut self,
        io: &Io,
        path: &str,
        form: &FormEnds,
        bytes: &[u8],
    ) -> Answer {
        self.call(io, async |io, token| {
            let body = [&form.head, bytes, &form.tail].concat();
            io.http(api_request(self.app, path, token, &form.content_type, body))
                .await
                .map_err(RelayError::Upload)
        })
        .await
    }

    /// Uploads media from the store, body to body. `media` is asked anew for a second try.
    pub async fn upload_media(
        &mut self,
        io: &Io,
        path: &str,
        form: &FormEnds,
        media: &dyn Fn() -> Media,
    ) -> Answer {
        self.call(io, async |io, token| {
            let media = media();
            io.relay(Relay {
                source: media.source,
                source_len: media.len,
                upload: api_request(self.app, path, token, &form.content_type, Vec::new()),
                head: form.head.clone(),
                tail: form.tail.clone(),
            })
            .await
        })
        .await
    }

    /// Makes a call with a token; with a fresh one, once, when it is refused.
    async fn call(
        &mut self,
        io: &Io,
        request: impl AsyncFn(&Io, &Secret) -> Result<Response, RelayError>,
    ) -> Answer {
        let mut refused = false;
        loop {
            let token = match self.token.take() {
                Some(token) => token,
                None => match self.fetch_token(io, refused).await {
                    Ok(token) => token,
                    Err(answer) => return answer,
                },
            };
            let answer = answer::read(request(io, &token).await, io.now_ms());
            if matches!(answer, Answer::TokenRefused(_)) {
                if refused {
                    return answer;
                }
                refused = true;
                continue;
            }
            self.token = Some(token);
            return answer;
        }
    }

    /// With our harness this is answered from its cache; `anew` makes it drop what it has.
    async fn fetch_token(&self, io: &Io, anew: bool) -> Result<Secret, Answer> {
        let body = json!({"app_id": self.app.app_id, "app_secret": self.app.app_secret.expose()})
            .to_string();
        let mut headers = vec![
            ("user-agent", USER_AGENT.to_owned()),
            ("content-type", "application/json; charset=utf-8".to_owned()),
        ];
        if anew {
            headers.push(("cache-control", "no-cache".to_owned()));
        }
        let request = Request {
            method: Method::Post,
            url: format!(
                "{}/open-apis/auth/v3/tenant_access_token/internal",
                self.app.base_url
            ),
            headers,
            credential: None,
            body: body.into_bytes(),
            max_response_bytes: MAX_RESPONSE_BYTES,
        };
        let response = match io.http(request).await {
            Ok(response) => response,
            Err(HttpError::Denied(reason)) => {
                return Err(Answer::Refused(format!("no token: {reason}")));
            }
            // No message has left: whatever became of the token request, trying again is safe.
            Err(error) => return Err(Answer::NotSent(format!("no token: {}", error.reason()))),
        };
        let value = json::foreign(&response.body).unwrap_or_default();
        match value
            .get("tenant_access_token")
            .and_then(Value::as_str)
            .filter(|token| !token.is_empty())
        {
            Some(token) => Ok(Secret::new(token.to_owned())),
            None => Err(answer::token_failure(&response, io.now_ms())),
        }
    }
}

fn api_request(
    app: &Feishu,
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
