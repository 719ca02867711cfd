//! Discord in the simulated world, by docs/apis/discord.md: one request uploads and shows, its nonce stands for its message for
//! some minutes, and the list of messages is whole for who may read it and empty for who may not.
//!
//! A page of the list has as many messages as were asked for, those of people among them, so that who looks for one of the
//! bot has to look further back in a chat in which much is said.

use std::collections::BTreeMap;

use libtv_video_core::io::{Method, Request, Response};
use serde_json::{Value, json};

use super::super::network;
use super::super::rng::Rng;
use super::{Chat, Platform, Upload};

/// The milliseconds in an id count from the beginning of 2015.
const EPOCH_MS: u64 = 1_420_070_400_000;
/// What an id holds below them.
const ID_BITS: u32 = 22;
/// Messages to a channel in so many milliseconds.
const PER_WINDOW: (usize, u64) = (5, 5_000);

/// A message of the bot's.
struct Posted {
    /// Names it, and says when it was made.
    id: u64,
    /// Its text as it was sent, markup and all.
    content: String,
    /// What the chat calls it.
    name: usize,
    /// The name of its file; none of a text.
    file: Option<String>,
}

/// The platform.
pub(super) struct Discord {
    /// How long a nonce stands for its message. "Some minutes", the documents say.
    nonce_kept_ms: u64,
    /// A person says something in the chat so often; never where this is 0.
    talk_every_ms: u64,
    /// The bot's messages, oldest first.
    posted: Vec<Posted>,
    /// For each nonce when it was first sent, and its message's id.
    nonces: BTreeMap<String, (u64, u64)>,
}

impl Discord {
    /// One whose nonces live, and whose people talk, as the seed says.
    pub(super) fn new(rng: &mut Rng) -> Self {
        Self {
            nonce_kept_ms: rng.pick(&[120_000, 120_000, 300_000]),
            talk_every_ms: rng.pick(&[0, 60_000, 3_000]),
            posted: Vec::new(),
            nonces: BTreeMap::new(),
        }
    }

    /// Takes a message with what it shows, in the order in which the platform checks one.
    fn message(
        &mut self,
        chat: &mut Chat,
        payload: &Value,
        media: Option<&str>,
        now_ms: u64,
    ) -> Response {
        if chat.is_absent(now_ms) {
            return refused(403, 50001, "Missing Access");
        }
        if media.is_some() && !chat.may_upload() {
            return refused(403, 50013, "Missing Permissions");
        }
        let nonce = payload.get("nonce").and_then(Value::as_str);
        if let Some((at_ms, id)) = nonce.and_then(|nonce| self.nonces.get(nonce))
            && now_ms.saturating_sub(*at_ms) < self.nonce_kept_ms
        {
            // Whatever the new request says.
            return sent(*id);
        }
        if !chat.takes(now_ms, PER_WINDOW.0, PER_WINDOW.1) {
            let body = "{\"message\":\"You are being rate limited.\",\"retry_after\":1.5,\"global\":false}";
            return network::response(429, body);
        }
        let content = payload.get("content").and_then(Value::as_str);
        let content = content.unwrap_or_default();
        // Shown is what the markup means.
        let name = chat.show(now_ms, media.map(str::to_owned), &content.replace('\\', ""));
        // The lowest bits tell messages of one millisecond apart; the first is a person's.
        let id = (now_ms - EPOCH_MS) << ID_BITS | (self.posted.len() as u64 + 2);
        let file = payload.pointer("/attachments/0/filename");
        self.posted.push(Posted {
            id,
            name,
            content: content.to_owned(),
            file: file.and_then(Value::as_str).map(str::to_owned),
        });
        if let Some(nonce) = nonce {
            self.nonces.insert(nonce.to_owned(), (now_ms, id));
        }
        sent(id)
    }

    /// Has a message say something else, where it is a line.
    fn change(&mut self, chat: &mut Chat, id: &str, payload: &Value) -> Response {
        let mut posted = self.posted.iter_mut();
        let message = posted.find(|one| one.id.to_string() == id);
        let content = payload.get("content").and_then(Value::as_str);
        let (Some(message), Some(content)) = (message, content) else {
            return refused(404, 10008, "Unknown Message");
        };
        if !chat.change(Some(message.name), &content.replace('\\', "")) {
            return refused(403, 50005, "not a line");
        }
        content.clone_into(&mut message.content);
        sent(message.id)
    }

    /// The newest messages, or those before one; a person's among them.
    fn list(&self, chat: &Chat, query: &str, now_ms: u64) -> Response {
        if chat.is_absent(now_ms) {
            return refused(403, 50001, "Missing Access");
        }
        if chat.is_blind {
            // Empty and no refusal: who takes it for proof shows everything twice.
            return network::response(200, "[]");
        }
        let value = |name: &str| {
            let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
            let (_, value) = pairs.find(|(known, _)| *known == name)?;
            value.parse::<u64>().ok()
        };
        let limit = usize::try_from(value("limit").unwrap_or(50)).unwrap_or(50);
        let before = value("before").unwrap_or(u64::MAX);
        let own = self.posted.iter().filter(|one| one.id < before).map(|one| {
            let files = one.file.iter().map(|name| json!({"filename": name}));
            let files: Vec<Value> = files.collect();
            (one.id, json!({"id": one.id.to_string(), "author": {"bot": true}, "content": one.content, "attachments": files}))
        });
        let mut all: Vec<(u64, Value)> = own.chain(self.talk(limit, before, now_ms)).collect();
        all.sort_by_key(|(id, _)| std::cmp::Reverse(*id));
        let page = all.into_iter().take(limit).map(|(_, message)| message);
        network::response(200, &Value::from_iter(page).to_string())
    }

    /// What a person has said last, before a message.
    fn talk(&self, most: usize, before: u64, now_ms: u64) -> Vec<(u64, Value)> {
        if self.talk_every_ms == 0 {
            return Vec::new();
        }
        let until_ms = now_ms.min((before >> ID_BITS).saturating_add(EPOCH_MS));
        let last = until_ms / self.talk_every_ms;
        let times = (0..=most as u64).map(|back| (last - back) * self.talk_every_ms);
        let said = times.map(|at_ms| (at_ms - EPOCH_MS) << ID_BITS | 1);
        let said = said.filter(|id| *id < before);
        said.map(|id| (id, json!({"id": id.to_string(), "author": {"id": "1"}, "content": "nice", "attachments": []})))
            .collect()
    }
}

impl Platform for Discord {
    fn answer(&mut self, chat: &mut Chat, request: &Request, now_ms: u64) -> Response {
        let path = request.url.split("/api/v10/").nth(1).unwrap_or_default();
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        match (request.method, path) {
            (Method::Post, path) if path.ends_with("/messages") => {
                let payload = serde_json::from_slice(&request.body).unwrap_or_default();
                self.message(chat, &payload, None, now_ms)
            }
            (Method::Patch, path) => {
                let payload = serde_json::from_slice(&request.body).unwrap_or_default();
                let id = path.rsplit('/').next().unwrap_or_default();
                self.change(chat, id, &payload)
            }
            (Method::Get, path) if path.ends_with("/messages") => self.list(chat, query, now_ms),
            _ => refused(404, 0, "404: Not Found"),
        }
    }

    fn take(&mut self, chat: &mut Chat, upload: &Upload<'_>, now_ms: u64) -> Response {
        let payload = first_json(upload.head).unwrap_or_default();
        self.message(chat, &payload, Some(upload.media), now_ms)
    }
}

/// The JSON in the first part of a form.
fn first_json(head: &[u8]) -> Option<Value> {
    let from = head.iter().position(|byte| *byte == b'{')?;
    let mut values = serde_json::Deserializer::from_slice(&head[from..]).into_iter();
    values.next()?.ok()
}

/// A refusal with its code.
fn refused(status: u16, code: u32, words: &str) -> Response {
    let body = json!({"code": code, "message": words});
    network::response(status, &body.to_string())
}

/// The response to a message that is there.
fn sent(id: u64) -> Response {
    network::response(200, &json!({"id": id.to_string()}).to_string())
}
