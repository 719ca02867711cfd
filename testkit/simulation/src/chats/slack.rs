//! Slack in the simulated world, by docs/apis/slack.md: a file in three steps, whose id works once and whose share is seen a while
//! later, and texts that nothing tells apart.
//!
//! Whether a file is shown is seen by its share alone, and by whoever has the right to read files.

use libtv_video_core::io::{Request, Response};
use serde_json::{Value, json};

use super::super::network;
use super::super::plant::Plant;
use super::super::rng::Rng;
use super::{Chat, Platform, Upload};

/// A message to a channel in a second.
const PACE_MS: u64 = 1_000;

/// A file.
#[derive(Default)]
struct File {
    /// Where its bytes came from, once they are there.
    media: Option<String>,
    /// When it was completed, and the message that shows it.
    completed: Option<(u64, usize)>,
}

/// The platform.
pub(super) struct Slack {
    /// Every file that was begun; its place is its id.
    files: Vec<File>,
    /// How long after its completion the share of a file is seen.
    share_after_ms: u64,
    /// The planted bug: whoever completes a file again does it with a fresh one.
    files_are_fresh: bool,
}

impl Slack {
    /// One whose shares are seen as late as the seed says.
    pub(super) fn new(plant: Option<Plant>, rng: &mut Rng) -> Self {
        Self {
            files: Vec::new(),
            share_after_ms: rng.pick(&[0, 5_000, 110_000]),
            files_are_fresh: plant == Some(Plant::FreshFile),
        }
    }

    /// The first step: an id, and where the bytes go.
    fn new_file(&mut self, chat: &mut Chat) -> Response {
        if !chat.may_upload() {
            return missing("files:write");
        }
        self.files.push(File::default());
        let id = id_of(self.files.len());
        let url = format!("https://files.slack.com/upload/v1/{id}");
        good(&json!({"upload_url": url, "file_id": id}))
    }

    /// The third step, which shows the file.
    fn complete(&mut self, chat: &mut Chat, body: &Value, now_ms: u64) -> Response {
        let id = body.pointer("/files/0/id").and_then(Value::as_str);
        if let Some(refused) = not_now(chat, now_ms) {
            return refused;
        }
        let fresh = self.files_are_fresh;
        let file = id.and_then(|id| self.file(id));
        let Some(file) = file.filter(|file| fresh || file.completed.is_none()) else {
            return refused("file_not_found");
        };
        let Some(media) = file.media.clone() else {
            return refused("file_not_found");
        };
        let message = chat.show(now_ms, Some(media), "");
        file.completed = Some((now_ms, message));
        good(&json!({"files": [{"id": id}]}))
    }

    /// What is known of a file; its share a while after the completion.
    fn info(&mut self, chat: &Chat, body: &[u8], now_ms: u64) -> Response {
        if chat.is_blind {
            return missing("files:read");
        }
        let after_ms = self.share_after_ms;
        let is_hidden = self.files_are_fresh;
        let body = String::from_utf8_lossy(body);
        let file = body.strip_prefix("file=").and_then(|id| self.file(id));
        let Some(file) = file else {
            return refused("file_not_found");
        };
        let seen = file
            .completed
            .filter(|(at_ms, _)| at_ms + after_ms <= now_ms);
        let shares = match seen.filter(|_| !is_hidden) {
            Some((_, message)) => json!({"public": {"C0SIMULATED": [{"ts": ts(message)}]}}),
            None => json!({}),
        };
        good(&json!({"file": {"shares": shares}}))
    }

    /// The file of an id; none where there is none.
    fn file(&mut self, id: &str) -> Option<&mut File> {
        let at: usize = id.strip_prefix('F')?.parse().ok()?;
        self.files.get_mut(at.checked_sub(1)?)
    }
}

impl Platform for Slack {
    fn answer(&mut self, chat: &mut Chat, request: &Request, now_ms: u64) -> Response {
        let method = request.url.rsplit('/').next().unwrap_or_default();
        let body = || serde_json::from_slice::<Value>(&request.body).unwrap_or_default();
        match method {
            "files.getUploadURLExternal" => self.new_file(chat),
            "files.completeUploadExternal" => self.complete(chat, &body(), now_ms),
            "files.info" => self.info(chat, &request.body, now_ms),
            "chat.postMessage" => {
                if let Some(refused) = not_now(chat, now_ms) {
                    return refused;
                }
                let body = body();
                let text = body.get("text").and_then(Value::as_str).unwrap_or_default();
                let shown = text.replace("&lt;", "<").replace("&gt;", ">");
                let message = chat.show(now_ms, None, &shown.replace("&amp;", "&"));
                good(&json!({"ts": ts(message)}))
            }
            "chat.update" => {
                let body = body();
                let text = body.get("text").and_then(Value::as_str).unwrap_or_default();
                let ts = body.get("ts").and_then(Value::as_str).unwrap_or_default();
                let line = ts.split('.').nth(1).and_then(|name| name.parse().ok());
                match chat.change(line, text) {
                    true => good(&json!({"ts": ts})),
                    false => refused("message_not_found"),
                }
            }
            _ => refused("unknown_method"),
        }
    }

    fn take(&mut self, _chat: &mut Chat, upload: &Upload<'_>, _now_ms: u64) -> Response {
        let id = upload.url.rsplit('/').next().unwrap_or_default();
        match self.file(id).filter(|file| file.completed.is_none()) {
            Some(file) => {
                file.media = Some(upload.media.to_owned());
                network::response(200, "OK - 1")
            }
            // The address is gone after the completion.
            None => network::response(404, "not found"),
        }
    }
}

/// Why a message isn't taken now.
fn not_now(chat: &mut Chat, now_ms: u64) -> Option<Response> {
    if chat.is_absent(now_ms) {
        return Some(refused("not_in_channel"));
    }
    if chat.takes(now_ms, 1, PACE_MS) {
        return None;
    }
    let mut slow = refused("ratelimited");
    slow.status = 429;
    slow.headers
        .push(("retry-after".to_owned(), "2".to_owned()));
    Some(slow)
}

/// The id of the file at this place, from 1.
fn id_of(place: usize) -> String {
    format!("F{place:08}")
}

/// What names a message in its channel.
fn ts(message: usize) -> String {
    format!("1800000000.{message:06}")
}

/// A response of success with these members.
fn good(members: &Value) -> Response {
    let mut body = members.clone();
    body["ok"] = Value::Bool(true);
    network::response(200, &body.to_string())
}

/// A refusal: HTTP 200, and a word.
fn refused(word: &str) -> Response {
    network::response(200, &json!({"ok": false, "error": word}).to_string())
}

/// The app lacks a scope.
fn missing(scope: &str) -> Response {
    let body =
        json!({"ok": false, "error": "missing_scope", "needed": scope, "provided": "chat:write"});
    network::response(200, &body.to_string())
}
