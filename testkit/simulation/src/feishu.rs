//! Feishu in the simulated world: tokens, uploads, messages with their one-hour `uuid`, and rates. It
//! remembers what each message showed, and when.

use std::collections::BTreeMap;

use libtv_video_core::io::{Request, Response};
use serde_json::Value;

use super::network;

/// How long the platform remembers a `uuid`.
const UUID_KEPT_MS: u64 = 60 * 60 * 1000;
/// Messages to one chat in a second.
const PER_SECOND: usize = 5;

/// A message in the chat.
pub(super) struct Shown {
    /// When it appeared, by the platform's clock.
    pub(super) at_ms: u64,
    /// The address of the media in it; none of a text.
    pub(super) media: Option<String>,
    /// The words; empty with media.
    pub(super) text: String,
}

/// Whether the app may upload.
#[derive(Default, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    #[default]
    Granted,
    Missing,
    /// It was granted a moment ago, and only some of the platform's machines know.
    Spreading,
}

/// The platform, with one app and one chat.
#[derive(Default)]
pub(super) struct Feishu {
    /// What the chat shows, oldest first.
    pub(super) chat: Vec<Shown>,
    /// Whether uploads are let through.
    pub(super) scope: Scope,
    /// How many uploads were asked for.
    asked: usize,
    /// The chat takes a message only so often; 0 is the usual limit.
    pub(super) pause_ms: u64,
    /// The chat refuses every other message as too fast, as where other apps write to it as well.
    pub(super) refuses_every_other: bool,
    refused_last: bool,
    /// Until then the bot isn't in the chat.
    pub(super) absent_until_ms: u64,
    /// The address of each uploaded medium; its place is its key.
    uploads: Vec<String>,
    /// For each `uuid` when it was first sent, and the message that it made.
    uuids: BTreeMap<String, (u64, usize)>,
}

impl Feishu {
    /// Answers a request with a small body.
    pub(super) fn answer(&mut self, request: &Request, now_ms: u64) -> Response {
        if request.url.contains("/tenant_access_token/") {
            return network::response(
                200,
                "{\"code\":0,\"msg\":\"ok\",\"tenant_access_token\":\"t-simulated\",\"expire\":7200}",
            );
        }
        if request.url.contains("/im/v1/images") {
            // No address: a cover is no result, and must not count as one that was shown.
            return self.upload("a cover", "image_key");
        }
        if request.url.contains("/im/v1/messages?") {
            return self.message(&request.body, now_ms);
        }
        network::response(404, "404 page not found")
    }

    /// Takes media from the store.
    pub(super) fn take(&mut self, upload: &Request, media_url: &str) -> Response {
        let name = if upload.url.contains("/im/v1/images") {
            "image_key"
        } else {
            "file_key"
        };
        self.upload(media_url, name)
    }

    /// Takes an upload, unless the scope is missing: its key is what a message names.
    fn upload(&mut self, media_url: &str, key_name: &str) -> Response {
        self.asked += 1;
        let refused = match self.scope {
            Scope::Granted => false,
            Scope::Missing => true,
            // Every other one and not by chance: two harnesses then certainly see different answers.
            Scope::Spreading => self.asked % 2 == 1,
        };
        if refused {
            return network::response(
                400,
                "{\"code\":99991672,\"msg\":\"Access denied: https://open.feishu.cn/app/cli_sim/auth?q=im:resource\"}",
            );
        }
        // What a key stands for is remembered, so that the chat knows which result a message showed.
        self.uploads.push(media_url.to_owned());
        let key = self.uploads.len() - 1;
        network::response(
            200,
            &format!("{{\"code\":0,\"data\":{{\"{key_name}\":\"key-{key}\"}}}}"),
        )
    }

    /// Takes a message, in the order in which the platform checks one.
    fn message(&mut self, body: &[u8], now_ms: u64) -> Response {
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or("");
        // Before anything else that could refuse: the platform gives a repetition the first message's id.
        if let Some((at_ms, id)) = self.uuids.get(text("uuid"))
            && now_ms.saturating_sub(*at_ms) < UUID_KEPT_MS
        {
            return sent(*id);
        }
        if now_ms < self.absent_until_ms {
            return network::response(400, "{\"code\":230002,\"msg\":\"bot not in chat\"}");
        }
        let recent = self
            .chat
            .iter()
            .rev()
            // By the platform's own clock, which is right, whatever the machine's says.
            .take_while(|shown| shown.at_ms + self.pause_ms.max(1000) > now_ms);
        let most = if self.pause_ms == 0 { PER_SECOND } else { 1 };
        self.refused_last = self.refuses_every_other && !self.refused_last;
        if recent.count() >= most || self.refused_last {
            let mut refused = network::response(400, "{\"code\":230020,\"msg\":\"rate\"}");
            refused
                .headers
                .push(("x-ogw-ratelimit-reset".to_owned(), "1.5".to_owned()));
            return refused;
        }
        let content: Value = serde_json::from_str(text("content")).unwrap_or_default();
        let key = |name: &str| content.get(name).and_then(Value::as_str);
        let file = match text("msg_type") {
            "image" => key("image_key"),
            "media" | "file" => key("file_key"),
            _ => None,
        };
        let media = file
            .and_then(|key| key.strip_prefix("key-")?.parse::<usize>().ok())
            .and_then(|at| self.uploads.get(at));
        // A key that no upload gave: the core has mixed up messages.
        if media.is_none() && text("msg_type") != "text" {
            return network::response(400, "{\"code\":230001,\"msg\":\"unknown key\"}");
        }
        self.chat.push(Shown {
            at_ms: now_ms,
            media: media.cloned(),
            text: key("text").unwrap_or("").to_owned(),
        });
        let id = self.chat.len();
        self.uuids.insert(text("uuid").to_owned(), (now_ms, id));
        sent(id)
    }
}

/// The response to a message that is there.
fn sent(id: usize) -> Response {
    network::response(
        200,
        &format!("{{\"code\":0,\"data\":{{\"message_id\":\"om_{id}\"}}}}"),
    )
}
