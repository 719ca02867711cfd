//! Matrix in the simulated world, by docs/apis/matrix.md: media are uploaded, and a message is put under a name, once. What is put
//! again under it is answered with the first one's id, whatever it says, for as long as the homeserver keeps names.
//!
//! That the real one does so is seen by `tests/matrix/run`. No room is encrypted here: what follows from that is decided before
//! anything is sent, and nothing on the way can change it.

use std::collections::BTreeMap;

use libtv_video_core::io::{Method, Request, Response};
use serde_json::{Value, json};

use super::super::network;
use super::super::rng::Rng;
use super::{Chat, Platform, Upload};

/// Messages to one room in a second.
const PER_SECOND: usize = 10;

/// The homeserver.
pub(super) struct Matrix {
    /// How long a name stands for its message: some keep it in memory for half an hour, some with the event for a day.
    names_kept_ms: u64,
    /// The address of each uploaded medium; its place is its name.
    uploads: Vec<String>,
    /// For each name when it was first put, and its message.
    names: BTreeMap<String, (u64, usize)>,
}

impl Matrix {
    /// One that keeps names as long as the seed says.
    pub(super) fn new(rng: &mut Rng) -> Self {
        const MINUTE_MS: u64 = 60 * 1000;
        Self {
            names_kept_ms: rng.pick(&[30 * MINUTE_MS, 30 * MINUTE_MS, 24 * 60 * MINUTE_MS]),
            uploads: Vec::new(),
            names: BTreeMap::new(),
        }
    }

    /// Takes a message, in the order in which a homeserver checks one: a name that it knows is answered before anything could
    /// refuse it, and one that is refused stays free.
    fn put(&mut self, chat: &mut Chat, name: &str, content: &Value, now_ms: u64) -> Response {
        if let Some((at_ms, message)) = self.names.get(name)
            && now_ms.saturating_sub(*at_ms) < self.names_kept_ms
        {
            return sent(*message);
        }
        // Also of a room that there isn't: nobody is to learn which there are.
        if chat.is_absent(now_ms) {
            return refused(403, "M_FORBIDDEN");
        }
        if !chat.takes(now_ms, PER_SECOND, 1_000) {
            let body = json!({"errcode": "M_LIMIT_EXCEEDED", "error": "Too Many Requests", "retry_after_ms": 1_500});
            return network::response(429, &body.to_string());
        }
        if content.pointer("/m.relates_to/rel_type") == Some(&json!("m.replace")) {
            return self.change(chat, name, content, now_ms);
        }
        let text = |name: &str| content.get(name).and_then(Value::as_str);
        let place = text("url").and_then(|uri| uri.strip_prefix("mxc://matrix.example/"));
        let place = place.map(|place| place.parse::<usize>().unwrap_or(usize::MAX));
        let media = place.map(|place| self.uploads.get(place).cloned());
        // An upload that nobody made: the core has mixed up messages.
        if media == Some(None) {
            return refused(400, "M_UNKNOWN");
        }
        let words = match media {
            Some(_) => "",
            None => text("body").unwrap_or_default(),
        };
        let message = chat.show(now_ms, media.flatten(), words);
        // Only now: the name of what was refused stays free for the next attempt.
        self.names.insert(name.to_owned(), (now_ms, message));
        sent(message)
    }

    /// Has a line say something else, by a message of its own that names it.
    fn change(&mut self, chat: &mut Chat, name: &str, content: &Value, now_ms: u64) -> Response {
        let text = |path: &str| content.pointer(path).and_then(Value::as_str);
        let line = text("/m.relates_to/event_id").and_then(|id| id.strip_prefix("$event"));
        let line = line.and_then(|line| line.parse().ok());
        if !chat.change(line, text("/m.new_content/body").unwrap_or_default()) {
            return refused(400, "M_UNKNOWN");
        }
        // Whoever says the same again is told of it, and nothing is changed back by what comes late.
        let line = line.unwrap_or_default();
        self.names.insert(name.to_owned(), (now_ms, line));
        sent(line)
    }
}

impl Platform for Matrix {
    fn answer(&mut self, chat: &mut Chat, request: &Request, now_ms: u64) -> Response {
        let path = request.url.split("/_matrix/").nth(1).unwrap_or_default();
        match (request.method, path.rsplit_once('/')) {
            (Method::Put, Some((of, name))) if of.ends_with("/send/m.room.message") => {
                let content = serde_json::from_slice(&request.body).unwrap_or_default();
                self.put(chat, name, &content, now_ms)
            }
            (Method::Get, Some((_, "m.room.encryption"))) if chat.is_absent(now_ms) => {
                refused(403, "M_FORBIDDEN")
            }
            (Method::Get, Some((_, "m.room.encryption"))) => refused(404, "M_NOT_FOUND"),
            _ => refused(404, "M_UNRECOGNIZED"),
        }
    }

    fn take(&mut self, chat: &mut Chat, upload: &Upload<'_>, _now_ms: u64) -> Response {
        if !chat.may_upload() {
            return refused(403, "M_FORBIDDEN");
        }
        self.uploads.push(upload.media.to_owned());
        let uri = format!("mxc://matrix.example/{}", self.uploads.len() - 1);
        network::response(200, &json!({"content_uri": uri}).to_string())
    }
}

/// The response to a message that is there.
fn sent(message: usize) -> Response {
    network::response(
        200,
        &json!({"event_id": format!("$event{message}")}).to_string(),
    )
}

/// A refusal with its word.
fn refused(status: u16, word: &str) -> Response {
    network::response(status, &json!({"errcode": word, "error": "no"}).to_string())
}
