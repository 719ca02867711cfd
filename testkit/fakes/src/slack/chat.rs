//! Messages and conversations: `chat.*` and `conversations.*`.

use super::app::App;
use super::channel::{is_id, is_ts};
use super::message::{SentMessage, called, cut};
use super::platform::Platform;
use super::refusal::Refusal;
use crate::params::Params;
use serde_json::{Value, json};
use std::time::Duration;

/// When `limit` isn't given.
const HISTORY_LIMIT: i64 = 100;

impl Platform {
    pub(crate) fn post(
        &mut self,
        app: &App,
        params: &Params,
        now: Duration,
        unix_now: Duration,
    ) -> Result<Value, Refusal> {
        app.needs("chat:write")?;
        let wanted = params.text("channel").unwrap_or_default();
        let sent = self.post_to(app, &wanted, params, now, unix_now);
        let ts = sent
            .as_ref()
            .map(|data| data["ts"].as_str().map(str::to_owned));
        self.attempted("chat.postMessage", &wanted, ts);
        sent
    }

    fn post_to(
        &mut self,
        app: &App,
        wanted: &str,
        params: &Params,
        now: Duration,
        unix_now: Duration,
    ) -> Result<Value, Refusal> {
        // A message, unlike a file, may be sent to a person's id.
        let channel_id = if is_id(wanted, "UW") {
            self.direct(wanted)?
        } else {
            wanted.to_owned()
        };
        self.channel(&channel_id)?.admits(app, true)?;
        let customized = ["username", "icon_url", "icon_emoji"];
        if customized.iter().any(|field| params.has(field)) {
            app.needs("chat:write.customize")?;
        }
        let text = params.text("text").unwrap_or_default();
        if text.is_empty() && !params.has("blocks") && !params.has("attachments") {
            return Err(Refusal::of("no_text"));
        }
        let thread_ts = thread_ts(params)?;
        self.count_message(&channel_id, now)?;
        let text = cut(&text);
        let message = SentMessage {
            ts: self.make_ts(unix_now),
            channel_id: channel_id.clone(),
            user_id: app.user_id.clone(),
            by_bot: true,
            called: called(&text, params),
            text,
            thread_ts,
            files: Vec::new(),
            metadata: params.json("metadata"),
            unfurls_links: params
                .has("unfurl_links")
                .then(|| params.is_true("unfurl_links")),
            edits: 0,
            deleted: false,
        };
        let data = json!({"ok": true, "channel": channel_id, "ts": message.ts, "message": message.json(false)});
        self.messages.push(message);
        Ok(data)
    }

    fn own_message(
        &mut self,
        app: &App,
        params: &Params,
        foreign: &str,
    ) -> Result<&mut SentMessage, Refusal> {
        app.needs("chat:write")?;
        let channel_id = params.text("channel").unwrap_or_default();
        self.channel(&channel_id)?;
        let ts = params.text("ts").unwrap_or_default();
        let mut messages = self.messages.iter_mut();
        let message = messages.find(|message| {
            message.channel_id == channel_id && message.ts == ts && !message.deleted
        });
        let message = message.ok_or_else(|| Refusal::of("message_not_found"))?;
        if message.user_id == app.user_id {
            Ok(message)
        } else {
            Err(Refusal::of(foreign))
        }
    }

    pub(crate) fn update(&mut self, app: &App, params: &Params) -> Result<Value, Refusal> {
        let text = params.text("text").map(|text| cut(&text));
        let message = self.own_message(app, params, "cant_update_message")?;
        if let Some(text) = text {
            message.text = text;
        }
        message.edits += 1;
        Ok(
            json!({"ok": true, "channel": message.channel_id, "ts": message.ts, "text": message.text, "message": message.json(false)}),
        )
    }

    pub(crate) fn delete(&mut self, app: &App, params: &Params) -> Result<Value, Refusal> {
        let message = self.own_message(app, params, "cant_delete_message")?;
        message.deleted = true;
        Ok(json!({"ok": true, "channel": message.channel_id, "ts": message.ts}))
    }

    /// The newest first. Real workspaces may leave out what was sent just now: that a message is missing proves nothing.
    pub(crate) fn history(&mut self, app: &App, params: &Params) -> Result<Value, Refusal> {
        let channel_id = params.text("channel").unwrap_or_default();
        let channel = self.channel(&channel_id)?;
        app.needs(&channel.scope("history"))?;
        if !channel.has_bot {
            return Err(Refusal::of("not_in_channel"));
        }
        let oldest = params.text("oldest").unwrap_or_default();
        let limit = params
            .number("limit")
            .unwrap_or(HISTORY_LIMIT)
            .clamp(1, 999) as usize;
        let with_metadata = params.is_true("include_all_metadata");
        let mut messages: Vec<_> = self
            .standing(&channel_id)
            .filter(|message| message.ts > oldest && message.thread_ts.is_none())
            .map(|message| message.json(with_metadata))
            .collect();
        messages.reverse();
        let has_more = messages.len() > limit;
        messages.truncate(limit);
        Ok(json!({"ok": true, "messages": messages, "has_more": has_more}))
    }

    pub(crate) fn open(&mut self, app: &App, params: &Params) -> Result<Value, Refusal> {
        app.needs("im:write")?;
        let users = params.text("users").unwrap_or_default();
        if users.contains(',') {
            // A conversation of several is none that a result is for.
            return Err(Refusal::arguments("only one user is played here"));
        }
        let id = self.direct(&users)?;
        Ok(json!({"ok": true, "channel": {"id": id}}))
    }

    pub(crate) fn info(&mut self, app: &App, params: &Params) -> Result<Value, Refusal> {
        let channel = self.channel(&params.text("channel").unwrap_or_default())?;
        app.needs(&channel.scope("read"))?;
        if channel.private && !channel.has_bot {
            return Err(Refusal::of("channel_not_found"));
        }
        Ok(json!({"ok": true, "channel": {
            "id": channel.id, "is_im": channel.user_id.is_some(), "is_private": channel.private,
            "is_member": channel.has_bot, "is_archived": channel.archived, "user": channel.user_id,
        }}))
    }
}

/// The root of a thread, if one is named.
pub(crate) fn thread_ts(params: &Params) -> Result<Option<String>, Refusal> {
    match params.text("thread_ts") {
        Some(ts) if !is_ts(&ts) => Err(Refusal::arguments("invalid thread_ts")),
        ts => Ok(ts),
    }
}
