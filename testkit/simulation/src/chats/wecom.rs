//! WeCom in the simulated world, by docs/apis/wecom.md: of several messages with the same bytes one is shown, for as long as the
//! message itself asks for, and at most four hours.
//!
//! The platform drops what comes too fast without a word, by its documents; here it says so, since nobody can promise anything of
//! what is dropped, and the channel's own pace keeps far below it.

use libtv_video_core::io::{Request, Response};
use serde_json::{Value, json};

use super::super::network;
use super::{Chat, Platform, Upload};

/// The longest that the platform knows a message again.
const MAX_KEPT_MS: u64 = 4 * 60 * 60 * 1000;
/// Messages to one person in a minute. The channel's own pace is two thirds of it.
const PER_MINUTE: usize = 30;

/// The platform.
#[derive(Default)]
pub(super) struct WeCom {
    /// The address of each uploaded medium; its place is its id.
    uploads: Vec<String>,
    /// Every message that was taken: until when it is known again, its bytes, and what the chat calls it.
    taken: Vec<(u64, Vec<u8>, usize)>,
}

impl WeCom {
    /// Takes a message, in the order in which the platform checks one: the same bytes as of one that it knows are a success of
    /// which nothing comes.
    fn send(&mut self, chat: &mut Chat, bytes: &[u8], now_ms: u64) -> Response {
        let body: Value = serde_json::from_slice(bytes).unwrap_or_default();
        let seconds = body.get("duplicate_check_interval").and_then(Value::as_u64);
        let kept_ms = (seconds.unwrap_or_default() * 1_000).min(MAX_KEPT_MS);
        let asks = body.get("enable_duplicate_check") == Some(&json!(1));
        let mut known = self.taken.iter().rev();
        let known = known.find(|(until_ms, known, _)| now_ms < *until_ms && known == bytes);
        if let Some((.., message)) = known.filter(|_| asks) {
            return sent(*message);
        }
        if chat.is_absent(now_ms) {
            // A success, as the platform has it, of which nothing comes.
            return said(&json!({"errcode": 0, "errmsg": "ok", "invaliduser": "ZhangSan"}));
        }
        if !chat.takes(now_ms, PER_MINUTE, 60_000) {
            return refused(45033, "api concurrent out of limit");
        }
        let kind = body
            .get("msgtype")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let text = |path: &str| {
            body.pointer(path)
                .and_then(Value::as_str)
                .unwrap_or_default()
        };
        let media = match kind {
            "text" => None,
            kind => {
                let id = text(&format!("/{kind}/media_id")).trim_start_matches("medium-");
                match self.uploads.get(id.parse::<usize>().unwrap_or(usize::MAX)) {
                    None => return refused(40007, "invalid media_id"),
                    media => media.cloned(),
                }
            }
        };
        let message = chat.show(now_ms, media, text("/text/content"));
        // By its bytes and not by its words: the same medium under another id is another message.
        self.taken.push((now_ms + kept_ms, bytes.to_vec(), message));
        sent(message)
    }
}

impl Platform for WeCom {
    fn answer(&mut self, chat: &mut Chat, request: &Request, now_ms: u64) -> Response {
        let path = request.url.split("/cgi-bin/").nth(1).unwrap_or_default();
        match path.split('?').next() {
            Some("gettoken") => said(
                &json!({"errcode": 0, "errmsg": "ok", "access_token": "simulated-token", "expires_in": 7200}),
            ),
            Some("message/send") => self.send(chat, &request.body, now_ms),
            _ => network::response(404, "404"),
        }
    }

    fn take(&mut self, chat: &mut Chat, upload: &Upload<'_>, _now_ms: u64) -> Response {
        if !chat.may_upload() {
            return refused(48002, "api forbidden");
        }
        self.uploads.push(upload.media.to_owned());
        let id = format!("medium-{}", self.uploads.len() - 1);
        said(&json!({"errcode": 0, "errmsg": "ok", "media_id": id}))
    }
}

/// The response to a message that is there.
fn sent(message: usize) -> Response {
    said(&json!({"errcode": 0, "errmsg": "ok", "msgid": format!("message-{message}")}))
}

/// A refusal, by its number.
fn refused(code: i64, words: &str) -> Response {
    said(&json!({"errcode": code, "errmsg": words}))
}

/// The status says nothing.
fn said(body: &Value) -> Response {
    network::response(200, &body.to_string())
}
