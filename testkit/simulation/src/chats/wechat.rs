//! WeChat in the simulated world, by docs/apis/wechat.md: media that are described before they are uploaded and then named in a
//! message, nothing that tells a repetition, and a chat that takes ten messages for each of the person's, for a day.
//!
//! Whoever carries the bytes measures them (`exchange.rs`); that they are encrypted is the harness's, and nothing of it is here.
//! Nor is what it puts in for a conversation: a message without that is taken, as some report that it is.

use libtv_video_core::io::{Request, Response};
use serde_json::{Value, json};

use super::super::media::digest;
use super::super::network;
use super::{Chat, Platform, Upload};

/// Somebody who wrote gets messages for so long,
const ANSWERS_MS: u64 = 24 * 60 * 60 * 1000;
/// and so many.
const MOST_ANSWERS: usize = 10;
/// Messages in ten seconds; nobody has written down where a burst begins. The channel's own pace is three.
const PER_TEN_SECONDS: usize = 5;

/// An upload that was announced.
struct Announced {
    /// What kind of message may show it, by the number of its item.
    item: u64,
    /// What stands for its bytes.
    md5: String,
}

/// The platform.
#[derive(Default)]
pub(super) struct WeChat {
    /// What was announced; the place of each is what its address says. An address is good once.
    announced: Vec<Option<Announced>>,
    /// The address of each medium that was uploaded, and what may show it; its place is its name.
    uploads: Vec<(u64, String)>,
}

impl WeChat {
    /// Names an address for an upload.
    fn announce(&mut self, chat: &mut Chat, body: &Value) -> Response {
        let item = match body.get("media_type").and_then(Value::as_u64) {
            Some(1) => 2,
            Some(2) => 5,
            Some(3) => 4,
            _ => return refused(-1, "media_type"),
        };
        if !chat.may_upload() {
            return refused(-1, "no permission");
        }
        let md5 = text(body, "rawfilemd5").to_owned();
        self.announced.push(Some(Announced { item, md5 }));
        let place = self.announced.len() - 1;
        let url = format!("https://novac2c.cdn.weixin.qq.com/c2c/upload?param={place}");
        said(&json!({"upload_full_url": url}))
    }

    /// Shows a message, in the order in which the service is known to check one.
    fn send(&self, chat: &mut Chat, message: &Value, now_ms: u64) -> Response {
        // No look at `client_id`: nobody says that the service knows a message again by it.
        let is_over = now_ms > chat.wrote_at_ms + ANSWERS_MS;
        if chat.is_absent(now_ms) || is_over || chat.shown_since() >= MOST_ANSWERS {
            return refused(-2, "unknown error");
        }
        if !chat.takes(now_ms, PER_TEN_SECONDS, 10_000) {
            return refused(-2, "prepare failed");
        }
        let item = message.pointer("/item_list/0").unwrap_or(&Value::Null);
        let kind = item.get("type").and_then(Value::as_u64).unwrap_or_default();
        let part = match kind {
            2 => "image_item",
            4 => "file_item",
            5 => "video_item",
            _ => "text_item",
        };
        let part = item.get(part).unwrap_or(&Value::Null);
        let media = match part.get("media") {
            None => None,
            Some(media) => {
                let name = text(media, "encrypt_query_param").strip_prefix("stored-");
                let place = name.and_then(|name| name.parse::<usize>().ok());
                let upload = place.and_then(|place| self.uploads.get(place));
                // One that was shown is taken once more: a service that refused it would hide who sends twice.
                match upload.filter(|(item, _)| *item == kind) {
                    None => return refused(-1, "encrypt_query_param"),
                    Some((_, media)) => Some(media.clone()),
                }
            }
        };
        let message = chat.show(now_ms, media, text(part, "text"));
        said(&json!({"ret": 0, "message_id": message}))
    }
}

impl Platform for WeChat {
    fn answer(&mut self, chat: &mut Chat, request: &Request, now_ms: u64) -> Response {
        let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        match request.url.rsplit('/').next() {
            Some("getuploadurl") => self.announce(chat, &body),
            Some("sendmessage") => {
                let message = body.get("msg").unwrap_or(&Value::Null);
                self.send(chat, message, now_ms)
            }
            _ => network::response(404, "404"),
        }
    }

    fn take(&mut self, _chat: &mut Chat, upload: &Upload<'_>, _now_ms: u64) -> Response {
        let place = upload.url.rsplit('=').next();
        let place = place.and_then(|place| place.parse::<usize>().ok());
        let announced = place.and_then(|place| self.announced.get_mut(place)?.take());
        // By what was said of the bytes: another medium than was measured isn't taken.
        let Some(announced) = announced.filter(|one| one.md5 == digest(upload.media)) else {
            return network::response(400, "");
        };
        self.uploads.push((announced.item, upload.media.to_owned()));
        let mut response = network::response(200, "");
        let name = format!("stored-{}", self.uploads.len() - 1);
        response
            .headers
            .push(("x-encrypted-param".to_owned(), name));
        response
    }
}

/// A member that is a text; empty where it is none.
fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// A refusal, by its number.
fn refused(ret: i64, words: &str) -> Response {
    said(&json!({"ret": ret, "errmsg": words}))
}

/// The status says nothing.
fn said(body: &Value) -> Response {
    network::response(200, &body.to_string())
}
