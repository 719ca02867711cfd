//! The routes, and the edge in front of them. Everything that the platform itself says has status 200.

use super::Inner;
use super::platform::Refusal;
use crate::record::Recorded;
use crate::reply::Reply;
use crate::serve::pause;
use crate::service::{Handler, Service, lock};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

/// The edge refuses larger requests unread.
const MAX_REQUEST_BYTES: u64 = 100 << 20;

impl Inner {
    /// What the platform says to a request; none where there is no such route.
    fn respond(&self, request: &Recorded) -> Option<Result<Value, Refusal>> {
        let now = self.service.now();
        let mut platform = lock(&self.platform);
        Some(match (request.method.as_str(), request.path.as_str()) {
            ("GET", "/cgi-bin/gettoken") => platform.issue(request, now),
            ("POST", "/cgi-bin/media/upload") => platform.upload(request, now),
            ("POST", "/cgi-bin/message/send") => platform.send(request, now),
            _ => return None,
        })
    }
}

impl Handler for Inner {
    fn service(&self) -> &Service {
        &self.service
    }

    /// Two bodies are the same where their bytes are.
    fn reads_bytes(&self) -> bool {
        true
    }

    fn edge(&self, request: &Recorded) -> Option<Reply> {
        // A request for a token has no body.
        if request.method != "POST" {
            return None;
        }
        match request.announced_bytes() {
            None => Some(Reply::html(411)),
            Some(bytes) if bytes > MAX_REQUEST_BYTES => Some(Reply::html(413)),
            Some(_) => None,
        }
    }

    async fn answer(self: Arc<Self>, request: Recorded, latency: Duration) -> Reply {
        pause(latency).await;
        let reply = match self.respond(&request) {
            None => Reply::text(404, "Not Found"),
            Some(Ok(mut said)) => {
                said["errcode"] = 0.into();
                said["errmsg"] = "ok".into();
                Reply::json(200, &said)
            }
            Some(Err((code, message))) => {
                Reply::json(200, &json!({"errcode": code, "errmsg": message}))
            }
        };
        self.service.tell();
        reply
    }
}
