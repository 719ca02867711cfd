//! The routes, and the edge in front of them that knows nothing of apps and tokens.

use super::Inner;
use super::answer::{self, Refusal};
use super::platform::Begun;
use super::upload::{UploadKind, too_large};
use crate::record::Recorded;
use crate::reply::Reply;
use crate::serve::pause;
use crate::service::{Handler, Service, lock};
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;

/// What a request asks for; the id is of the message in the path.
enum Call<'a> {
    Token,
    Upload(UploadKind),
    Send,
    Reply(&'a str),
    UpdateCard(&'a str),
}

/// `None` where there is no such route: a 404 in plain text.
fn call<'a>(method: &str, path: &'a str) -> Option<Call<'a>> {
    let segments: Vec<_> = path.strip_prefix("/open-apis/")?.split('/').collect();
    match (method, &segments[..]) {
        ("POST", ["auth", "v3", "tenant_access_token", "internal"]) => Some(Call::Token),
        ("POST", ["im", "v1", "files"]) => Some(Call::Upload(UploadKind::File)),
        ("POST", ["im", "v1", "images"]) => Some(Call::Upload(UploadKind::Image)),
        ("POST", ["im", "v1", "messages"]) => Some(Call::Send),
        ("POST", ["im", "v1", "messages", id, "reply"]) => Some(Call::Reply(id)),
        ("PATCH", ["im", "v1", "messages", id]) => Some(Call::UpdateCard(id)),
        _ => None,
    }
}

impl Inner {
    /// A new one for each answer, as outside.
    fn log_id(&self) -> String {
        lock(&self.platform).make_id("2026")
    }

    /// The response to a call, in the envelope that all but the token route have.
    fn reply(&self, result: Result<Value, Refusal>) -> Reply {
        let log_id = self.log_id();
        match result {
            Ok(data) => answer::success(&data, &log_id),
            Err(refusal) => refusal.reply(self.service.host(), &log_id),
        }
    }

    /// The token's answer has its fields at the top, and its errors have no `error`.
    fn reply_with_token(&self, body: Option<&Value>) -> Reply {
        let now = self.service.now();
        let issued = lock(&self.platform).apps.issue(body, now);
        match issued {
            Ok(body) => Reply::json(200, &body).header("x-tt-logid", &self.log_id()),
            Err(refusal) => self.reply(Err(refusal)),
        }
    }

    /// Checks a call up to the point where it is on its way.
    fn begin(&self, call: Call<'_>, request: &Recorded) -> Begun {
        let now = self.service.now();
        let mut platform = lock(&self.platform);
        match call {
            Call::Upload(kind) => Begun::Over(platform.upload(kind, request, now)),
            Call::Reply(id) => platform.begin_message(request, Some(id), now),
            Call::UpdateCard(id) => platform.begin_card(request, id, now),
            Call::Send | Call::Token => platform.begin_message(request, None, now),
        }
    }

    /// Does what was begun.
    fn finish(&self, begun: Begun) -> Result<Value, Refusal> {
        let now = self.service.now();
        let mut platform = lock(&self.platform);
        match begun {
            Begun::Over(result) => result,
            Begun::Message(message) => Ok(platform.finish_message(*message, now)),
            Begun::Card {
                message_id,
                content,
            } => Ok(platform.finish_card(&message_id, content)),
        }
    }
}

impl Handler for Inner {
    fn service(&self) -> &Service {
        &self.service
    }

    fn edge(&self, request: &Recorded) -> Option<Reply> {
        if request.method == "GET" || request.method == "HEAD" {
            return None;
        }
        let Some(bytes) = request
            .header("content-length")
            .and_then(|len| len.parse::<u64>().ok())
        else {
            return Some(Reply::html(400));
        };
        let Some(Call::Upload(kind)) = call(&request.method, &request.path) else {
            return None;
        };
        if bytes <= kind.max_form_bytes() {
            return None;
        }
        let html = lock(&self.platform).switches.oversize_is_html_502;
        Some(if html {
            Reply::html(502)
        } else {
            self.reply(Err(too_large()))
        })
    }

    async fn answer(self: Arc<Self>, request: Recorded, latency: Duration) -> Reply {
        let reply = match call(&request.method, &request.path) {
            None => Reply::text(404, "404 page not found"),
            Some(Call::Token) => {
                pause(latency).await;
                self.reply_with_token(request.json())
            }
            Some(call) => {
                let begun = self.begin(call, &request);
                self.service.tell();
                // Between the two a message is in flight: a second one with its uuid is told so.
                pause(latency).await;
                let result = self.finish(begun);
                self.reply(result)
            }
        };
        self.service.tell();
        reply
    }
}
