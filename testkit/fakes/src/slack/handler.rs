//! The two hosts: the methods under `/api/`, and the address that takes the bytes of files.

use super::app::{App, authorize};
use super::platform::Platform;
use super::refusal::Refusal;
use super::{FilesInner, Inner};
use crate::params::Params;
use crate::record::Recorded;
use crate::reply::Reply;
use crate::serve::pause;
use crate::service::{Handler, Service, lock};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

impl Inner {
    fn carry_out(&self, method: &str, request: &Recorded) -> Result<Value, Refusal> {
        let (now, unix_now) = (self.service.now(), self.service.unix_now());
        let params = Params::read(request);
        let mut platform = lock(&self.platform);
        let app = authorize(&platform.apps, request, params.has("token"))?.clone();
        platform.count_method(&app, method, now)?;
        if let Some(error) = platform.refused.get(method) {
            return Err(Refusal::of(error));
        }
        let platform: &mut Platform = &mut platform;
        match method {
            "auth.test" => Ok(identity(&app)),
            "chat.postMessage" => platform.post(&app, &params, now, unix_now),
            "chat.update" => platform.update(&app, &params),
            "chat.delete" => platform.delete(&app, &params),
            "conversations.history" => platform.history(&app, &params),
            "conversations.info" => platform.info(&app, &params),
            "conversations.open" => platform.open(&app, &params),
            "files.getUploadURLExternal" => {
                platform.upload_url(&app, request, &params, &self.upload_base(request))
            }
            "files.completeUploadExternal" => platform.complete(&app, &params, now, unix_now),
            "files.info" => platform.file_info(&app, &params),
            _ => Err(Refusal::of("unknown_method")),
        }
    }

    /// Who comes without TLS is sent on to an address without it: SDKs take no authority of ours.
    fn upload_base(&self, request: &Recorded) -> String {
        if request.tls {
            format!("https://{}", crate::SLACK_FILES_HOST)
        } else {
            self.files_http_base.clone()
        }
    }
}

fn identity(app: &App) -> Value {
    json!({
        "ok": true, "url": "https://testkit.slack.com/", "team": "testkit", "team_id": "T0TESTKIT01", "user": "libtv",
        "user_id": app.user_id, "bot_id": "B0TESTKIT01", "is_enterprise_install": false,
    })
}

/// A body of unknown length isn't passed on.
fn without_length(request: &Recorded) -> Option<Reply> {
    (request.method == "POST"
        && request.announced_bytes().is_none()
        && request.header("transfer-encoding").is_some())
    .then(|| Reply::html(411))
}

impl Handler for Inner {
    fn service(&self) -> &Service {
        &self.service
    }

    fn edge(&self, request: &Recorded) -> Option<Reply> {
        without_length(request)
    }

    async fn answer(self: Arc<Self>, request: Recorded, latency: Duration) -> Reply {
        pause(latency).await;
        let reply = match request.path.strip_prefix("/api/") {
            Some(method) if request.method == "POST" => match self.carry_out(method, &request) {
                Ok(data) => Reply::json(200, &data),
                Err(refusal) => refusal.reply(),
            },
            _ => Reply::html(404),
        };
        self.service.tell();
        reply
    }
}

impl Handler for FilesInner {
    fn service(&self) -> &Service {
        &self.service
    }

    fn edge(&self, request: &Recorded) -> Option<Reply> {
        without_length(request)
    }

    async fn answer(self: Arc<Self>, request: Recorded, latency: Duration) -> Reply {
        pause(latency).await;
        lock(&self.platform).take_bytes(&request)
    }
}
