//! The routes of both hosts, and the edge in front of them.

use super::{Host, Inner};
use crate::record::Recorded;
use crate::reply::Reply;
use crate::serve::pause;
use crate::service::{Handler, Service, lock};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;

/// The edge refuses larger requests unread.
const MAX_REQUEST_BYTES: u64 = 100 << 20;
/// Uploads are opened, so that they are kept whole.
const MAX_KEPT_BYTES: usize = 64 << 20;

impl Inner {
    /// What the host says to a request; none where it has no such route.
    fn respond(&self, request: &Recorded) -> Option<Reply> {
        let now = self.service.now();
        let mut platform = lock(&self.platform);
        if self.host == Host::Media {
            if (request.method.as_str(), request.path.as_str()) != ("POST", "/c2c/upload") {
                return None;
            }
            return Some(match platform.upload(request) {
                Ok(name) => Reply::text(200, "").header("x-encrypted-param", &name),
                Err(reason) => Reply::text(400, "").header("x-error-message", reason),
            });
        }
        let media = match request.tls {
            true => format!("https://{}", crate::WECHAT_MEDIA_HOST),
            false => self.media_http_base.clone(),
        };
        let said = match (request.method.as_str(), request.path.as_str()) {
            ("POST", "/ilink/bot/getuploadurl") => platform.announce(request, &media),
            ("POST", "/ilink/bot/getconfig") => platform.configure(request),
            ("POST", "/ilink/bot/sendmessage") => platform.send(request, now),
            _ => return None,
        };
        Some(match said {
            Ok(said) => Reply::json(200, &said),
            // The login's end is said by a number of its own as well.
            Err((-14, said)) => {
                let over = json!({"ret": -14, "errcode": -14, "errmsg": said});
                Reply::json(200, &over)
            }
            Err((ret, said)) => Reply::json(200, &json!({"ret": ret, "errmsg": said})),
        })
    }
}

impl Handler for Inner {
    fn service(&self) -> &Service {
        &self.service
    }

    fn max_json_bytes(&self) -> u64 {
        MAX_KEPT_BYTES as u64
    }

    fn max_kept_bytes(&self) -> usize {
        MAX_KEPT_BYTES
    }

    fn edge(&self, request: &Recorded) -> Option<Reply> {
        match request.announced_bytes() {
            // A request to look has no body, and needs no length.
            None if request.method != "GET" => Some(Reply::html(411)),
            None => None,
            Some(bytes) if bytes > MAX_REQUEST_BYTES => Some(Reply::html(413)),
            Some(_) => None,
        }
    }

    async fn answer(self: Arc<Self>, request: Recorded, latency: Duration) -> Reply {
        pause(latency).await;
        let reply = self.respond(&request);
        self.service.tell();
        reply.unwrap_or_else(|| Reply::text(404, "Not Found"))
    }
}
