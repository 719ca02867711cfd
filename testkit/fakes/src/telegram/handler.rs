//! `/bot<token>/<method>`: the token is a part of the path, and stands nowhere else.

use super::Inner;
use super::file::MAX_FILE_BYTES;
use super::platform::Bot;
use super::refusal::Refusal;
use super::send::{Moment, check_strictly};
use crate::params::Params;
use crate::record::{Recorded, percent_decode};
use crate::reply::Reply;
use crate::serve::pause;
use crate::service::{Handler, Service, lock};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

/// What the other parts of a form may add to the largest file: thumbnail, captions, boundaries.
const FORM_SLACK_BYTES: u64 = 1 << 20;

impl Inner {
    fn carry_out(&self, request: &Recorded) -> Result<Value, Refusal> {
        let not_found = || Refusal::new(404, "Not Found");
        let rest = request.path.strip_prefix("/bot").ok_or_else(not_found)?;
        let (token, method) = rest.split_once('/').ok_or_else(not_found)?;
        let at = Moment {
            now: self.service.now(),
            unix_now: self.service.unix_now(),
        };
        let params = Params::read(request);
        let mut platform = lock(&self.platform);
        let token = percent_decode(token, false);
        let bot = platform.bots.iter().find(|bot| bot.token == token).cloned();
        let bot = bot.ok_or_else(|| Refusal::new(401, "Unauthorized"))?;
        match method {
            "getMe" => Ok(me(&bot)),
            "getChat" => {
                let chat = platform.chat(&params)?;
                chat.admits()?;
                Ok(chat.full_json())
            }
            "sendMessage" | "sendPhoto" | "sendVideo" | "sendAnimation" | "sendDocument"
            | "sendMediaGroup" => platform.send(&bot, method, request, &params, at),
            "editMessageText" => platform.edit_text(&bot, &params),
            "editMessageMedia" => {
                if platform.switches.strict {
                    check_strictly(method, request, &params)?;
                }
                platform.edit_media(&bot, request, &params)
            }
            "deleteMessage" => platform.delete(&bot, &params, at),
            _ => Err(Refusal::new(404, "Not Found: method not found")),
        }
    }
}

fn me(bot: &Bot) -> Value {
    let mut me = bot.json();
    for field in [
        "can_join_groups",
        "can_read_all_group_messages",
        "supports_inline_queries",
        "can_connect_to_business",
        "has_main_web_app",
    ] {
        me[field] = false.into();
    }
    me
}

impl Handler for Inner {
    fn service(&self) -> &Service {
        &self.service
    }

    /// Clients send forms of unknown length too, which is taken here, but not from our own.
    fn edge(&self, request: &Recorded) -> Option<Reply> {
        let platform = lock(&self.platform);
        match request.announced_bytes() {
            Some(bytes) if bytes > MAX_FILE_BYTES + FORM_SLACK_BYTES => {
                let json = platform.switches.oversize_is_json;
                Some(if json {
                    Refusal::new(413, "Request Entity Too Large").reply()
                } else {
                    Reply::html(413)
                })
            }
            None if platform.switches.strict && request.method == "POST" => Some(Reply::html(411)),
            _ => None,
        }
    }

    async fn answer(self: Arc<Self>, request: Recorded, latency: Duration) -> Reply {
        pause(latency).await;
        let reply = match self.carry_out(&request) {
            Ok(result) => Reply::json(200, &json!({"ok": true, "result": result})),
            Err(refusal) => refusal.reply(),
        };
        self.service.tell();
        reply
    }
}
