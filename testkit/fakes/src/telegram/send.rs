//! What puts new messages into a chat. There is no key: a call that comes twice sends twice.

use super::file::{self, Kind, SentFile, facts_of};
use super::message::{Attempt, MAX_CAPTION_UNITS, MAX_TEXT_UNITS, SentMessage, called, units};
use super::platform::{Bot, Platform};
use super::refusal::Refusal;
use crate::params::Params;
use crate::record::Recorded;
use serde_json::Value;
use std::time::Duration;

/// Of one group of media.
const GROUP_SIZE: std::ops::RangeInclusive<usize> = 2..=10;
const PARSE_MODES: [&str; 3] = ["HTML", "MarkdownV2", "Markdown"];

/// When a call came, by both clocks.
#[derive(Clone, Copy)]
pub(crate) struct Moment {
    pub(crate) now: Duration,
    pub(crate) unix_now: Duration,
}

impl Platform {
    /// Carries out a method that sends, and keeps it as an attempt whether it was refused or not.
    /// # Errors
    /// The refusal, as the service words it; nothing has been sent then.
    pub(crate) fn send(
        &mut self,
        bot: &Bot,
        method: &str,
        request: &Recorded,
        params: &Params,
        at: Moment,
    ) -> Result<Value, Refusal> {
        let sent = self.send_checked(bot, method, request, params, at);
        self.attempts.push(Attempt {
            method: method.to_owned(),
            chat_id: params.text("chat_id").unwrap_or_default(),
            code: sent.as_ref().err().map_or(0, |refusal| refusal.code),
            description: sent
                .as_ref()
                .err()
                .map_or_else(String::new, |refusal| refusal.description.clone()),
        });
        sent
    }

    fn send_checked(
        &mut self,
        bot: &Bot,
        method: &str,
        request: &Recorded,
        params: &Params,
        at: Moment,
    ) -> Result<Value, Refusal> {
        if self.switches.strict {
            check_strictly(method, request, params)?;
        }
        match method {
            "sendMessage" => self.send_text(bot, params, at),
            "sendMediaGroup" => self.send_group(bot, request, params, at),
            "sendPhoto" => self.send_file(bot, Kind::Photo, request, params, at),
            "sendVideo" => self.send_file(bot, Kind::Video, request, params, at),
            "sendAnimation" => self.send_file(bot, Kind::Animation, request, params, at),
            _ => self.send_file(bot, Kind::Document, request, params, at),
        }
    }

    fn send_text(&mut self, bot: &Bot, params: &Params, at: Moment) -> Result<Value, Refusal> {
        let text = checked_text(params)?;
        let mut message = self.message(bot, Kind::Text, params, &text, at)?;
        self.count(bot, message.chat_id, at.now)?;
        let preview = params.json("link_preview_options");
        message.previews_links = preview.is_none_or(|options| options["is_disabled"] != true);
        Ok(self.put(message))
    }

    fn send_file(
        &mut self,
        bot: &Bot,
        kind: Kind,
        request: &Recorded,
        params: &Params,
        at: Moment,
    ) -> Result<Value, Refusal> {
        let (field, said) = (kind.field(), params.text(kind.field()));
        let name = said
            .as_deref()
            .and_then(|said| said.strip_prefix("attach://"));
        let file = file::find(
            request,
            field,
            said.as_deref(),
            facts_of(params),
            &self.files,
        )?;
        file::check(request, kind, name.unwrap_or(field), &file)?;
        let mut message = self.message(
            bot,
            kind,
            params,
            &checked_caption(params.text("caption"))?,
            at,
        )?;
        self.count(bot, message.chat_id, at.now)?;
        if kind == Kind::Video && file.is_silent {
            message.kind = Kind::Animation;
        }
        message.file = Some(self.keep(file));
        Ok(self.put(message))
    }

    /// Sends several files as one group: all of its messages or none.
    fn send_group(
        &mut self,
        bot: &Bot,
        request: &Recorded,
        params: &Params,
        at: Moment,
    ) -> Result<Value, Refusal> {
        let media = params
            .json("media")
            .and_then(|media| media.as_array().cloned())
            .unwrap_or_default();
        if !GROUP_SIZE.contains(&media.len()) {
            return Err(Refusal::bad("there must be from 2 to 10 media"));
        }
        let mut messages = Vec::new();
        for entry in &media {
            let (kind, file) = self.entry(request, entry)?;
            // (?) It is said that what comes back as an animation can't stand in a group.
            if kind == Kind::Animation || (kind == Kind::Video && file.is_silent) {
                return Err(Refusal::bad("MEDIA_INVALID"));
            }
            let caption = checked_caption(entry["caption"].as_str().map(str::to_owned))?;
            let mut message = self.message(bot, kind, params, &caption, at)?;
            message.file = Some(file);
            messages.push(message);
        }
        let documents = messages
            .iter()
            .filter(|message| message.kind == Kind::Document)
            .count();
        if documents != 0 && documents != messages.len() {
            return Err(Refusal::bad(
                "document can't be mixed with other media types",
            ));
        }
        self.count(bot, messages[0].chat_id, at.now)?;
        let group = self.make_group_id();
        let mut sent = Vec::new();
        for mut message in messages {
            message.media_group_id = Some(group.clone());
            message.file = message.file.take().map(|file| self.keep(file));
            sent.push(self.put(message));
        }
        Ok(sent.into())
    }

    /// The kind and the file of an entry of `media`.
    pub(crate) fn entry(
        &self,
        request: &Recorded,
        entry: &Value,
    ) -> Result<(Kind, SentFile), Refusal> {
        let kind = entry["type"]
            .as_str()
            .and_then(Kind::of)
            .ok_or_else(|| Refusal::bad("can't parse InputMedia: media type is unknown"))?;
        let said = entry["media"]
            .as_str()
            .ok_or_else(|| Refusal::bad("can't parse InputMedia: media not found"))?;
        let name = said.strip_prefix("attach://").unwrap_or(said);
        let file = file::find(
            request,
            name,
            Some(said),
            |field| entry.get(field).cloned(),
            &self.files,
        )?;
        file::check(request, kind, name, &file)?;
        Ok((kind, file))
    }

    /// A message on its way, its place being looked at.
    fn message(
        &mut self,
        bot: &Bot,
        kind: Kind,
        params: &Params,
        text: &str,
        at: Moment,
    ) -> Result<SentMessage, Refusal> {
        let topic = params.number("message_thread_id");
        let chat = self.chat(params)?;
        chat.admits_message(kind, topic)?;
        let chat_id = chat.id;
        let parse_mode = params.text("parse_mode");
        if parse_mode
            .as_ref()
            .is_some_and(|mode| !PARSE_MODES.contains(&mode.as_str()))
        {
            return Err(Refusal::bad("unsupported parse_mode"));
        }
        Ok(SentMessage {
            message_id: 0,
            chat_id,
            bot_id: bot.id,
            topic,
            kind,
            text: text.to_owned(),
            called: called(text, parse_mode.as_deref()),
            parse_mode,
            file: None,
            media_group_id: None,
            reply_to: self.replied(chat_id, params)?,
            is_quiet: params.is_true("disable_notification"),
            previews_links: true,
            at_ms: at.unix_now.as_millis() as u64,
            edits: 0,
            deleted: false,
        })
    }

    /// The message that is replied to, if any. One that is gone refuses the call, unless the call says that it
    /// may go out without.
    fn replied(&self, chat_id: i64, params: &Params) -> Result<Option<i64>, Refusal> {
        let Some(reply) = params.json("reply_parameters") else {
            return Ok(None);
        };
        let id = reply["message_id"]
            .as_i64()
            .ok_or_else(|| Refusal::bad("can't parse reply parameters"))?;
        match self
            .standing(chat_id)
            .find(|message| message.message_id == id)
        {
            Some(message) => Ok(Some(message.message_id)),
            None if reply["allow_sending_without_reply"] == true => Ok(None),
            None => Err(Refusal::bad("message to be replied not found")),
        }
    }

    /// Remembers a file, under the id it has or a new one.
    pub(crate) fn keep(&mut self, mut file: SentFile) -> SentFile {
        if file.file_id.is_empty() {
            file.file_id = self.make_file_id();
            self.files.push(file.clone());
        }
        file
    }

    fn put(&mut self, mut message: SentMessage) -> Value {
        message.message_id = self.make_message_id(message.chat_id);
        let data = self.show(&message);
        self.messages.push(message);
        data
    }
}

/// The text of a message, which must not be blank nor longer than [`MAX_TEXT_UNITS`].
pub(crate) fn checked_text(params: &Params) -> Result<String, Refusal> {
    let text = params.text("text").filter(|text| !text.trim().is_empty());
    let text = text.ok_or_else(|| Refusal::bad("message text is empty"))?;
    if units(&text) > MAX_TEXT_UNITS {
        Err(Refusal::bad("message is too long"))
    } else {
        Ok(text)
    }
}

/// The caption of a file, which may be absent but not longer than [`MAX_CAPTION_UNITS`].
pub(crate) fn checked_caption(caption: Option<String>) -> Result<String, Refusal> {
    let caption = caption.unwrap_or_default();
    if units(&caption) > MAX_CAPTION_UNITS {
        Err(Refusal::bad("message caption is too long"))
    } else {
        Ok(caption)
    }
}

/// What our own client promises: the recipient once, and in the query of a form; of a video all that players need.
pub(crate) fn check_strictly(
    method: &str,
    request: &Recorded,
    params: &Params,
) -> Result<(), Refusal> {
    let is_form = matches!(request.body, crate::record::Body::Form { .. });
    if params.times("chat_id") != 1 || (is_form && request.query_value("chat_id").is_none()) {
        return Err(Refusal::bad(
            "STRICT: chat_id stands once, and before a form in the query",
        ));
    }
    let media = params.json("media").unwrap_or_default();
    let has = |field: &&str| params.has(field) || media.get(field).is_some();
    let needed = ["width", "height", "duration", "supports_streaming"];
    let is_film = method == "sendVideo" || media["type"] == "video";
    if is_film && is_form && !needed.iter().all(has) {
        return Err(Refusal::bad(
            "STRICT: a video tells width, height, duration and supports_streaming",
        ));
    }
    Ok(())
}
