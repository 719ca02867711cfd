//! The routes under `/api/v10`, the edge in front of them, and the headers behind.

use super::Inner;
use super::bot::Bot;
use super::refusal::Refusal;
use crate::record::Recorded;
use crate::reply::Reply;
use crate::serve::pause;
use crate::service::{Handler, Service, lock};
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;

/// Of a whole request, where no channel allows larger files.
const MAX_REQUEST_BYTES: u64 = 25 << 20;
/// What the other parts of a form and its boundaries may add to the largest file.
const FORM_SLACK_BYTES: u64 = 64 << 10;

#[derive(Clone, Copy)]
enum Call<'a> {
    Me,
    OpenDirect,
    Channel(&'a str),
    Send(&'a str),
    List(&'a str),
    Get(&'a str, &'a str),
    Edit(&'a str, &'a str),
    Delete(&'a str, &'a str),
}

/// What a request asks for; `None` where there is no such route.
fn call<'a>(method: &str, path: &'a str) -> Option<Call<'a>> {
    let segments: Vec<_> = path.strip_prefix("/api/v10/")?.split('/').collect();
    match (method, &segments[..]) {
        ("GET", ["users", "@me"]) => Some(Call::Me),
        ("POST", ["users", "@me", "channels"]) => Some(Call::OpenDirect),
        ("GET", ["channels", id]) => Some(Call::Channel(id)),
        ("POST", ["channels", id, "messages"]) => Some(Call::Send(id)),
        ("GET", ["channels", id, "messages"]) => Some(Call::List(id)),
        ("GET", ["channels", id, "messages", message]) => Some(Call::Get(id, message)),
        ("PATCH", ["channels", id, "messages", message]) => Some(Call::Edit(id, message)),
        ("DELETE", ["channels", id, "messages", message]) => Some(Call::Delete(id, message)),
        _ => None,
    }
}

impl Call<'_> {
    /// Calls with the same bucket share a limit: one per route and channel.
    fn bucket(self) -> Option<String> {
        match self {
            Self::Send(channel) => Some(format!("send-{channel}")),
            Self::Edit(channel, _) => Some(format!("edit-{channel}")),
            _ => None,
        }
    }
}

impl Inner {
    /// Checks and does it, in Discord's order: token, rates, then the call's own rules.
    fn carry_out(&self, call: Call<'_>, request: &Recorded) -> Reply {
        let (now, unix_now) = (self.service.now(), self.service.unix_now());
        let mut platform = lock(&self.platform);
        let bot = platform.authorize(request);
        let result = bot.clone().and_then(|bot| {
            platform.count(&bot, call.bucket().as_deref(), now)?;
            match call {
                Call::Me => Ok(platform.me(&bot)),
                Call::OpenDirect => platform.open_direct(request, unix_now),
                Call::Channel(id) => platform.show_channel(id),
                Call::Send(id) => platform.send(&bot, id, request, now, unix_now),
                Call::List(id) => platform.list(id, request),
                Call::Get(id, message) => platform.get(id, message),
                Call::Edit(id, message) => platform.edit(&bot, id, message, request, unix_now),
                Call::Delete(id, message) => platform.delete(&bot, id, message),
            }
        });
        let reply = match &result {
            Ok(Value::Null) => Reply::bare(204, Vec::new(), ""),
            Ok(data) => Reply::json(200, data),
            Err(refusal) => refusal.reply(),
        };
        if platform.is_shut_out(reply.status, now) {
            return Reply::html(429).header("retry-after", "600");
        }
        match (bot, call.bucket()) {
            (Ok(bot), Some(bucket)) => {
                let (left, reset) = platform.left(&bot, &bucket, now);
                with_rate(
                    reply,
                    platform.sends.count,
                    left,
                    reset,
                    unix_now,
                    &bucket,
                    &bot,
                )
            }
            _ => reply,
        }
    }

    /// A body that is too long for any file in this channel is refused without looking at it.
    fn is_oversize(&self, call: Call<'_>, bytes: u64) -> bool {
        let (Call::Send(id) | Call::Edit(id, _)) = call else {
            return bytes > MAX_REQUEST_BYTES;
        };
        let platform = lock(&self.platform);
        let largest = platform
            .channels
            .get(id)
            .map_or(0, |channel| channel.max_file_bytes);
        bytes > MAX_REQUEST_BYTES.max(largest + FORM_SLACK_BYTES)
    }
}

/// Adds the headers from which a client learns how fast it may be.
fn with_rate(
    reply: Reply,
    limit: u32,
    left: u32,
    reset: Duration,
    unix_now: Duration,
    bucket: &str,
    bot: &Bot,
) -> Reply {
    // The name tells nothing, as it does outside: only that equal ones share a limit.
    let name = bucket
        .bytes()
        .chain(bot.id.bytes())
        .fold(0_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
    reply
        .header("x-ratelimit-limit", &limit.to_string())
        .header("x-ratelimit-remaining", &left.to_string())
        .header(
            "x-ratelimit-reset",
            &format!("{:.3}", (unix_now + reset).as_secs_f64()),
        )
        .header(
            "x-ratelimit-reset-after",
            &format!("{:.3}", reset.as_secs_f64()),
        )
        .header("x-ratelimit-bucket", &format!("{name:016x}"))
}

impl Handler for Inner {
    fn service(&self) -> &Service {
        &self.service
    }

    fn edge(&self, request: &Recorded) -> Option<Reply> {
        let call = call(&request.method, &request.path)?;
        if request.method == "GET" || request.method == "DELETE" {
            return None;
        }
        let strict = lock(&self.platform).switches.strict;
        match request.announced_bytes() {
            None if strict => Some(Reply::html(411)),
            Some(bytes) if self.is_oversize(call, bytes) => Some(Refusal::of(40005).reply()),
            _ => None,
        }
    }

    async fn answer(self: Arc<Self>, request: Recorded, latency: Duration) -> Reply {
        pause(latency).await;
        let reply = match call(&request.method, &request.path) {
            None => Reply::json(
                404,
                &serde_json::json!({"message": "404: Not Found", "code": 0}),
            ),
            Some(call) => self.carry_out(call, &request),
        };
        self.service.tell();
        reply
    }
}
