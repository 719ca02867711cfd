//! The routes of both hosts, and the edge in front of them.

use super::platform::{Refused, Said};
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

impl Inner {
    /// What the host says to a request; none where it has no such route. The hosts share their state, and no route.
    fn respond(&self, request: &Recorded) -> Option<Said> {
        let now = self.service.now();
        let mut platform = lock(&self.platform);
        Some(
            match (self.host, request.method.as_str(), request.path.as_str()) {
                (Host::Messages, "POST", "/v1.0/oauth2/accessToken") => {
                    platform.issue(request, now)
                }
                (Host::Messages, "POST", "/v1.0/robot/oToMessages/batchSend") => {
                    platform.send(request, true, now)
                }
                (Host::Messages, "POST", "/v1.0/robot/groupMessages/send") => {
                    platform.send(request, false, now)
                }
                (Host::Media, "GET", "/gettoken") => platform.issue_for_media(request, now),
                (Host::Media, "POST", "/media/upload") => platform.upload(request, now),
                _ => return None,
            },
        )
    }
}

impl Handler for Inner {
    fn service(&self) -> &Service {
        &self.service
    }

    fn edge(&self, request: &Recorded) -> Option<Reply> {
        // A request for a token of the older host has no body.
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
            Some(Ok(said)) => Reply::json(200, &said),
            Some(Err(Refused::Words(status, code, said))) => {
                let body = json!({"code": code, "message": said, "requestid": "0F-testkit"});
                Reply::json(status, &body)
            }
            Some(Err(Refused::Number(code, said))) => {
                Reply::json(200, &json!({"errcode": code, "errmsg": said}))
            }
        };
        self.service.tell();
        reply
    }
}
