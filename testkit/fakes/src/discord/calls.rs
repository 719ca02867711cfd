//! What each call does, and in which order it looks at things: channel, form, place, permissions, size, nonce, slow
//! mode. Token and rates come before, in `handler.rs`.

use super::bot::{Bot, Permission};
use super::channel::Kind;
use super::history::Query;
use super::message::{Attempt, SentMessage, user};
use super::payload::Wanted;
use super::platform::{Platform, Used};
use super::refusal::Refusal;
use crate::record::Recorded;
use serde_json::{Value, json};
use std::time::Duration;

impl Platform {
    fn author(&self, id: &str) -> Value {
        match self.bots.iter().find(|bot| bot.id == id) {
            Some(bot) => user(id, &bot.name, true),
            None => user(id, "somebody", false),
        }
    }

    fn show(&self, message: &SentMessage) -> Value {
        message.json(&self.author(&message.author_id))
    }

    pub(crate) fn me(&self, bot: &Bot) -> Value {
        let mut me = user(&bot.id, &bot.name, true);
        for (field, value) in [
            ("verified", json!(true)),
            ("mfa_enabled", json!(true)),
            ("flags", json!(0)),
            ("locale", json!("en-US")),
            ("email", Value::Null),
        ] {
            me[field] = value;
        }
        me
    }

    pub(crate) fn show_channel(&mut self, id: &str) -> Result<Value, Refusal> {
        let channel = self.channel(id)?;
        Ok(channel.json(|id| user(id, "somebody", false)))
    }

    /// The conversation with a person: the one that is there, or a new one.
    pub(crate) fn open_direct(
        &mut self,
        request: &Recorded,
        unix_now: Duration,
    ) -> Result<Value, Refusal> {
        let id = request
            .json()
            .and_then(|body| body["recipient_id"].as_str());
        let id = id.filter(|id| super::snowflake::parse(id).is_some());
        let id = id
            .ok_or_else(|| {
                Refusal::form(
                    &["recipient_id"],
                    "NUMBER_TYPE_COERCE",
                    "Value is not snowflake.",
                )
            })?
            .to_owned();
        if !self.users.is_empty() && !self.users.contains(&id) {
            return Err(Refusal::of(10013));
        }
        if self.switches.direct_messages_too_fast {
            return Err(Refusal::of(40003));
        }
        let channel_id = match self.direct(&id) {
            Some(channel) => channel.id.clone(),
            None => {
                let channel_id = self.ids.make(unix_now);
                self.named(&channel_id, Kind::Direct { user_id: id });
                channel_id
            }
        };
        self.show_channel(&channel_id)
    }

    /// Sends, or gives the message that was sent with the same nonce.
    pub(crate) fn send(
        &mut self,
        bot: &Bot,
        channel_id: &str,
        request: &Recorded,
        now: Duration,
        unix_now: Duration,
    ) -> Result<Value, Refusal> {
        self.channel(channel_id)?;
        let wanted = Wanted::read(request, self.switches.strict)?;
        let sent = self.send_wanted(bot, channel_id, &wanted, now, unix_now);
        self.attempts.push(Attempt {
            channel_id: channel_id.to_owned(),
            nonce: wanted.nonce.clone(),
            code: sent.as_ref().err().map_or(0, |refusal| refusal.code),
            message_id: sent
                .as_ref()
                .ok()
                .and_then(|data| data["id"].as_str())
                .map(str::to_owned),
            at_ms: unix_now.as_millis() as u64,
        });
        sent
    }

    fn send_wanted(
        &mut self,
        bot: &Bot,
        channel_id: &str,
        wanted: &Wanted,
        now: Duration,
        unix_now: Duration,
    ) -> Result<Value, Refusal> {
        if wanted.is_empty() {
            return Err(Refusal::of(50006));
        }
        self.admit(channel_id, wanted)?;
        let key = wanted
            .nonce
            .as_ref()
            .map(|nonce| (bot.id.clone(), nonce.to_string()));
        if let Some(key) = key.as_ref().filter(|_| wanted.enforce_nonce)
            && let Some(known) = self.with_nonce(key, now)
        {
            return known;
        }
        let reply_to = self.replied(channel_id, wanted)?;
        let channel = self.channel(channel_id)?;
        let slow_mode = channel.slow_mode;
        if let Some(code) = channel.refuses {
            return Err(Refusal::of(code));
        }
        let calls_everyone = channel.allows(Permission::MentionEveryone);
        if !slow_mode.is_zero() {
            let last = self
                .standing(channel_id)
                .filter(|message| message.author_id == bot.id)
                .last();
            let free = last.map_or(Duration::ZERO, |last| {
                Duration::from_millis(last.at_ms) + slow_mode
            });
            if free > unix_now {
                return Err(Refusal::rate(20016, free - unix_now, "user"));
            }
        }
        let content = wanted.content.clone().unwrap_or_default();
        let mut called = wanted.allowed.called(&content, calls_everyone);
        if let Some(author) = reply_to
            .as_ref()
            .filter(|_| wanted.allowed.replied_user)
            .and_then(|id| self.find(channel_id, id))
        {
            called.push(format!("<@{}>", author.author_id));
        }
        let mut attachments = wanted.files.new.clone();
        attachments
            .iter_mut()
            .for_each(|file| file.id = self.ids.make(unix_now));
        let message = SentMessage {
            message_id: self.ids.make(unix_now),
            channel_id: channel_id.to_owned(),
            author_id: bot.id.clone(),
            by_bot: true,
            content,
            nonce: wanted.nonce.clone(),
            attachments,
            reply_to,
            called,
            flags: wanted.flags,
            at_ms: unix_now.as_millis() as u64,
            edits: 0,
            deleted: false,
        };
        if let Some(key) = key {
            let used = Used {
                message_id: message.message_id.clone(),
                at: now,
            };
            self.nonces.insert(key, used);
        }
        let data = with_nonce_of(&message, self.show(&message));
        self.put(message);
        Ok(data)
    }

    /// What a nonce stands for, while it does. The content of the new request plays no part.
    fn with_nonce(&self, key: &(String, String), now: Duration) -> Option<Result<Value, Refusal>> {
        let used = self.nonces.get(key)?;
        if now.saturating_sub(used.at) >= self.nonce_window {
            return None;
        }
        let message = self
            .messages
            .iter()
            .find(|message| message.message_id == used.message_id && !message.deleted);
        Some(
            message
                .map(|message| with_nonce_of(message, self.show(message)))
                .ok_or_else(|| Refusal::of(10008)),
        )
    }

    /// Whether a message with these files may be sent there.
    fn admit(&mut self, channel_id: &str, wanted: &Wanted) -> Result<(), Refusal> {
        let channel = self.channel(channel_id)?;
        channel.admits_message()?;
        let (kind, max_file_bytes) = (channel.kind.clone(), channel.max_file_bytes);
        let may_attach = channel.allows(Permission::AttachFiles);
        if let Kind::Direct { user_id } = &kind {
            if self.strangers.contains(user_id) {
                return Err(Refusal::of(50278));
            }
            if self.blocking.contains(user_id) {
                return Err(Refusal::of(50007));
            }
        }
        if !wanted.files.new.is_empty() && !may_attach {
            return Err(Refusal::of(50013));
        }
        if wanted
            .files
            .new
            .iter()
            .any(|file| file.bytes > max_file_bytes)
        {
            return Err(self.too_large());
        }
        Ok(())
    }

    pub(crate) fn too_large(&self) -> Refusal {
        Refusal::of(if self.switches.oversize_is_50045 {
            50045
        } else {
            40005
        })
    }

    fn find(&self, channel_id: &str, message_id: &str) -> Option<&SentMessage> {
        self.standing(channel_id)
            .find(|message| message.message_id == message_id)
    }

    fn replied(&mut self, channel_id: &str, wanted: &Wanted) -> Result<Option<String>, Refusal> {
        let Some(reply_to) = &wanted.reply_to else {
            return Ok(None);
        };
        if !self
            .channel(channel_id)?
            .allows(Permission::ReadMessageHistory)
        {
            return Err(Refusal::of(160002));
        }
        match self.find(channel_id, &reply_to.message_id) {
            Some(message) => Ok(Some(message.message_id.clone())),
            None if reply_to.fail_if_not_exists => Err(Refusal::form(
                &["message_reference"],
                "MESSAGE_REFERENCE_UNKNOWN_MESSAGE",
                "Unknown message",
            )),
            None => Ok(None),
        }
    }

    /// Changes the words, adds files, and takes away those that `attachments` doesn't name.
    pub(crate) fn edit(
        &mut self,
        bot: &Bot,
        channel_id: &str,
        message_id: &str,
        request: &Recorded,
        unix_now: Duration,
    ) -> Result<Value, Refusal> {
        if self.channel(channel_id)?.archived {
            return Err(Refusal::of(50083));
        }
        let wanted = Wanted::read(request, self.switches.strict)?;
        let author = self
            .find(channel_id, message_id)
            .map(|message| message.author_id.clone());
        if author.ok_or_else(|| Refusal::of(10008))? != bot.id {
            return Err(Refusal::of(50005));
        }
        self.admit(channel_id, &wanted)?;
        let mut new = wanted.files.new;
        new.iter_mut()
            .for_each(|file| file.id = self.ids.make(unix_now));
        let mut standing = self.messages.iter_mut();
        let message = standing
            .find(|message| message.message_id == message_id)
            .ok_or_else(|| Refusal::of(10008))?;
        if let Some(kept) = &wanted.files.kept {
            message.attachments.retain(|file| kept.contains(&file.id));
        }
        message.attachments.extend(new);
        if let Some(content) = wanted.content {
            message.content = content;
        }
        message.edits += 1;
        let message = message.clone();
        Ok(self.show(&message))
    }

    pub(crate) fn delete(
        &mut self,
        bot: &Bot,
        channel_id: &str,
        message_id: &str,
    ) -> Result<Value, Refusal> {
        self.channel(channel_id)?;
        let mut messages = self.messages.iter_mut();
        let message = messages.find(|message| {
            message.message_id == message_id && message.channel_id == channel_id && !message.deleted
        });
        let message = message.ok_or_else(|| Refusal::of(10008))?;
        if message.author_id != bot.id {
            return Err(Refusal::of(50013));
        }
        message.deleted = true;
        Ok(Value::Null)
    }

    /// Without permission to read the history there is nothing to see, and no refusal either.
    pub(crate) fn list(&mut self, channel_id: &str, request: &Recorded) -> Result<Value, Refusal> {
        let may_read = self
            .channel(channel_id)?
            .allows(Permission::ReadMessageHistory);
        let query = Query::read(request)?;
        if !may_read {
            return Ok(json!([]));
        }
        let picked = query.pick(self.standing(channel_id));
        Ok(picked
            .into_iter()
            .map(|message| self.show(message))
            .collect())
    }

    pub(crate) fn get(&mut self, channel_id: &str, message_id: &str) -> Result<Value, Refusal> {
        if !self
            .channel(channel_id)?
            .allows(Permission::ReadMessageHistory)
        {
            return Err(Refusal::of(50001));
        }
        let message = self
            .find(channel_id, message_id)
            .ok_or_else(|| Refusal::of(10008))?;
        Ok(self.show(message))
    }
}

/// The answer to a request to send has the nonce; no other has.
fn with_nonce_of(message: &SentMessage, mut data: Value) -> Value {
    if let Some(nonce) = &message.nonce {
        data["nonce"] = nonce.clone();
    }
    data
}
