//! DingTalk in the simulated world, by docs/apis/dingtalk.md: two hosts with a token each, media that are named in a message, and
//! nothing that tells a repetition: what is sent twice is shown twice.
//!
//! Its messages can't be read by who sent them either. So each one whose answer was lost has to be told, and none may be sent
//! again: the plainest case of all.

use libtv_video_core::io::{Request, Response};
use serde_json::{Value, json};

use super::super::network;
use super::{Chat, Platform, Upload};

/// Messages to one group in a minute. The channel's own pace is the same, by another clock.
const PER_MINUTE: usize = 20;

/// The platform.
#[derive(Default)]
pub(super) struct DingTalk {
    /// The address of each uploaded medium; its place is its id.
    uploads: Vec<String>,
}

impl DingTalk {
    /// Takes a medium, which is nothing that anybody sees.
    fn upload(&mut self, chat: &mut Chat, media: &str) -> Response {
        if !chat.may_upload() {
            return said(&json!({"errcode": 60011, "errmsg": "no permission"}));
        }
        self.uploads.push(media.to_owned());
        let id = format!("@medium-{}", self.uploads.len() - 1);
        said(&json!({"errcode": 0, "errmsg": "ok", "media_id": id}))
    }

    /// Takes a message. Its content is a text that is JSON itself, which the platform reads a second time.
    fn send(&self, chat: &mut Chat, body: &Value, now_ms: u64) -> Response {
        // No look at what was sent before: there is nothing in a message that would tell a repetition.
        if chat.is_absent(now_ms) {
            return refused(400, "invalid.conversation");
        }
        if !chat.takes(now_ms, PER_MINUTE, 60_000) {
            return refused(429, "Throttling.QpsLimit");
        }
        let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
        // A text that is JSON itself.
        let shown: Value = serde_json::from_str(text("msgParam")).unwrap_or_default();
        let member = match text("msgKey") {
            "sampleText" => None,
            "sampleImageMsg" => Some("photoURL"),
            "sampleVideo" => Some("videoMediaId"),
            _ => Some("mediaId"),
        };
        let named = |member: &str| shown.get(member).and_then(Value::as_str);
        let media = match member {
            None => None,
            Some(member) => {
                let id = named(member).and_then(|id| id.strip_prefix("@medium-")?.parse().ok());
                match self.uploads.get(id.unwrap_or(usize::MAX)) {
                    None => return refused(400, "invalid.media"),
                    media => media.cloned(),
                }
            }
        };
        let message = chat.show(now_ms, media, named("content").unwrap_or_default());
        said(&json!({"processQueryKey": format!("query-{message}")}))
    }
}

impl Platform for DingTalk {
    fn answer(&mut self, chat: &mut Chat, request: &Request, now_ms: u64) -> Response {
        let path = request.url.splitn(4, '/').nth(3).unwrap_or_default();
        match path.split('?').next() {
            Some("v1.0/oauth2/accessToken") => {
                said(&json!({"accessToken": "simulated-token", "expireIn": 7200}))
            }
            Some("gettoken") => said(
                &json!({"errcode": 0, "errmsg": "ok", "access_token": "simulated-token", "expires_in": 7200}),
            ),
            // No address: a cover is no result, and must not count as one that was shown.
            Some("media/upload") => self.upload(chat, "a cover"),
            Some("v1.0/robot/groupMessages/send") => {
                let body = serde_json::from_slice(&request.body).unwrap_or_default();
                self.send(chat, &body, now_ms)
            }
            _ => refused(404, "InvalidAction.NotFound"),
        }
    }

    fn take(&mut self, chat: &mut Chat, upload: &Upload<'_>, _now_ms: u64) -> Response {
        self.upload(chat, upload.media)
    }
}

/// A refusal of the newer host.
fn refused(status: u16, code: &str) -> Response {
    network::response(status, &json!({"code": code, "message": "no"}).to_string())
}

/// A success, and whatever the older host says.
fn said(body: &Value) -> Response {
    network::response(200, &body.to_string())
}
