//! Feishu in the simulated world: tokens, uploads, and messages with their one-hour `uuid`.

use std::collections::BTreeMap;

use libtv_video_core::io::{Method, Request, Response};
use serde_json::Value;

use super::super::network;
use super::{Chat, Platform, Upload};

/// How long the platform remembers a `uuid`.
const UUID_KEPT_MS: u64 = 60 * 60 * 1000;
/// Messages to one chat in a second.
const PER_SECOND: usize = 5;

/// The platform.
#[derive(Default)]
pub(super) struct Feishu {
    /// The address of each uploaded medium; its place is its key.
    uploads: Vec<String>,
    /// For each `uuid` when it was first sent, and the message that it made.
    uuids: BTreeMap<String, (u64, usize)>,
}

impl Platform for Feishu {
    fn answer(&mut self, chat: &mut Chat, request: &Request, now_ms: u64) -> Response {
        if request.url.contains("/tenant_access_token/") {
            return network::response(
                200,
                "{\"code\":0,\"msg\":\"ok\",\"tenant_access_token\":\"t-simulated\",\"expire\":7200}",
            );
        }
        if request.url.contains("/im/v1/images") {
            // No address: a cover is no result, and must not count as one that was shown.
            return self.upload(chat, "a cover", "image_key");
        }
        if request.url.contains("/im/v1/messages?") {
            return self.message(chat, &request.body, now_ms);
        }
        let card = request.url.split("/im/v1/messages/om_").nth(1);
        if let Some(line) = card.filter(|_| request.method == Method::Patch) {
            let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
            let words = words_of_card(body.get("content"));
            return match chat.change(line.parse().ok(), &words) {
                true => network::response(200, "{\"code\":0,\"data\":{}}"),
                false => network::response(400, "{\"code\":230001,\"msg\":\"no such card\"}"),
            };
        }
        network::response(404, "404 page not found")
    }

    fn take(&mut self, chat: &mut Chat, upload: &Upload<'_>, _now_ms: u64) -> Response {
        let name = if upload.url.contains("/im/v1/images") {
            "image_key"
        } else {
            "file_key"
        };
        self.upload(chat, upload.media, name)
    }
}

impl Feishu {
    /// Takes an upload, unless the scope is missing: its key is what a message names.
    fn upload(&mut self, chat: &mut Chat, media_url: &str, key_name: &str) -> Response {
        if !chat.may_upload() {
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
    fn message(&mut self, chat: &mut Chat, body: &[u8], now_ms: u64) -> Response {
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or("");
        // Before anything else that could refuse: the platform gives a repetition the first message's id.
        if let Some((at_ms, id)) = self.uuids.get(text("uuid"))
            && now_ms.saturating_sub(*at_ms) < UUID_KEPT_MS
        {
            return sent(*id);
        }
        if chat.is_absent(now_ms) {
            return network::response(400, "{\"code\":230002,\"msg\":\"bot not in chat\"}");
        }
        if !chat.takes(now_ms, PER_SECOND, 1000) {
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
        let is_card = text("msg_type") == "interactive";
        if media.is_none() && text("msg_type") != "text" && !is_card {
            return network::response(400, "{\"code\":230001,\"msg\":\"unknown key\"}");
        }
        let words = match is_card {
            true => words_of_card(body.get("content")),
            false => key("text").unwrap_or("").to_owned(),
        };
        let id = chat.show(now_ms, media.cloned(), &words);
        self.uuids.insert(text("uuid").to_owned(), (now_ms, id));
        sent(id)
    }
}

/// What a card says, which is a text of JSON.
fn words_of_card(content: Option<&Value>) -> String {
    let text = content.and_then(Value::as_str).unwrap_or_default();
    let card: Value = serde_json::from_str(text).unwrap_or_default();
    let words = card.pointer("/elements/0/text/content");
    words.and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// The response to a message that is there.
fn sent(id: usize) -> Response {
    network::response(
        200,
        &format!("{{\"code\":0,\"data\":{{\"message_id\":\"om_{id}\"}}}}"),
    )
}
