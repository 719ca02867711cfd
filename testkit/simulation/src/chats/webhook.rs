//! A webhook's receiver in the simulated world, by docs/apis/webhook.md: it takes each id once, for ever, and what it is told of
//! a result is where that is.
//!
//! A receiver that follows the specification: it keeps ids for ever, and answers one that it knows as it did the first time. What
//! stands in a second message under an id is never looked at.

use std::collections::BTreeSet;

use libtv_video_core::io::{Request, Response};
use serde_json::Value;

use super::super::network;
use super::{Chat, Platform, Upload};

/// Messages in a second.
const PER_SECOND: usize = 5;

/// The receiver.
#[derive(Default)]
pub(super) struct Webhook {
    /// The ids of messages that were taken.
    taken: BTreeSet<String>,
}

impl Platform for Webhook {
    fn answer(&mut self, chat: &mut Chat, request: &Request, now_ms: u64) -> Response {
        let mut headers = request.headers.iter();
        let id = headers.find(|(name, _)| *name == "webhook-id");
        // Without one it couldn't tell a repetition, so it takes nothing.
        let Some((_, id)) = id else {
            return network::response(400, "no id");
        };
        if self.taken.contains(id) {
            return network::response(200, "");
        }
        if chat.is_absent(now_ms) {
            return network::response(404, "not set up yet");
        }
        if !chat.takes(now_ms, PER_SECOND, 1_000) {
            let mut slow = network::response(429, "");
            slow.headers
                .push(("retry-after".to_owned(), "2".to_owned()));
            return slow;
        }
        // Behind all that refuses: what was refused has to be taken when it comes again.
        self.taken.insert(id.clone());
        let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        let text = |path: &str| body.pointer(path).and_then(Value::as_str);
        let media = text("/data/url").map(str::to_owned);
        chat.show(now_ms, media, text("/data/text").unwrap_or_default());
        network::response(204, "")
    }

    fn take(&mut self, _chat: &mut Chat, _upload: &Upload<'_>, _now_ms: u64) -> Response {
        // It fetches what it wants by itself.
        network::response(404, "no uploads")
    }
}
