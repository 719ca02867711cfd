//! What changes or takes away messages that are there. An edit that comes twice is refused the second time, and
//! nothing is lost: that makes it the one harmless way to bring a film.

use super::file::Kind;
use super::message::{SentMessage, called};
use super::platform::{Bot, Platform};
use super::refusal::Refusal;
use super::send::{Moment, checked_caption, checked_text};
use crate::params::Params;
use crate::record::Recorded;
use serde_json::Value;
use std::time::Duration;

/// For how long a bot may take its messages away.
const DELETABLE: Duration = Duration::from_secs(48 * 3600);

fn not_modified() -> Refusal {
    Refusal::bad(
        "message is not modified: specified new message content and reply markup are exactly the same as a current \
         content and reply markup of the message",
    )
}

impl Platform {
    /// The place of one's own message among all.
    fn own(&mut self, bot: &Bot, params: &Params, action: &str) -> Result<usize, Refusal> {
        let chat = self.chat(params)?;
        chat.admits()?;
        let chat_id = chat.id;
        let id = params
            .number("message_id")
            .ok_or_else(|| Refusal::bad("message identifier is not specified"))?;
        let mut messages = self.messages.iter();
        let found = messages.position(|message| {
            message.chat_id == chat_id && message.message_id == id && !message.deleted
        });
        let found = found.ok_or_else(|| Refusal::bad(&format!("message to {action} not found")))?;
        if self.messages[found].bot_id == bot.id {
            Ok(found)
        } else {
            Err(Refusal::bad(&format!(
                "message can't be {action}{}",
                if action == "edit" { "ed" } else { "d" }
            )))
        }
    }

    fn changed(&mut self, place: usize, change: impl FnOnce(&mut SentMessage)) -> Value {
        let message = &mut self.messages[place];
        change(message);
        message.edits += 1;
        self.show(&self.messages[place])
    }

    pub(crate) fn edit_text(&mut self, bot: &Bot, params: &Params) -> Result<Value, Refusal> {
        let place = self.own(bot, params, "edit")?;
        let text = checked_text(params)?;
        if self.messages[place].file.is_some() {
            return Err(Refusal::bad("there is no text in the message to edit"));
        }
        if self.messages[place].text == text {
            return Err(not_modified());
        }
        let parse_mode = params.text("parse_mode");
        Ok(self.changed(place, |message| {
            message.called = called(&text, parse_mode.as_deref());
            (message.text, message.parse_mode) = (text, parse_mode);
        }))
    }

    /// Also puts a film where only text was.
    pub(crate) fn edit_media(
        &mut self,
        bot: &Bot,
        request: &Recorded,
        params: &Params,
    ) -> Result<Value, Refusal> {
        let place = self.own(bot, params, "edit")?;
        let media = params
            .json("media")
            .ok_or_else(|| Refusal::bad("media is empty"))?;
        let (kind, file) = self.entry(request, &media)?;
        let caption = checked_caption(media["caption"].as_str().map(str::to_owned))?;
        let known = self.messages[place].file.as_ref();
        let is_same = known.is_some_and(|known| known.sha256 == file.sha256)
            && self.messages[place].text == caption;
        if is_same && !(self.switches.every_upload_is_new && file.file_id.is_empty()) {
            return Err(not_modified());
        }
        let chat_id = self.messages[place].chat_id;
        let topic = self.messages[place].topic;
        self.named(chat_id).admits_message(kind, topic)?;
        let is_animation = kind == Kind::Video && file.is_silent;
        let file = self.keep(file);
        Ok(self.changed(place, |message| {
            message.kind = if is_animation { Kind::Animation } else { kind };
            message.called = called(&caption, media["parse_mode"].as_str());
            (message.text, message.file) = (caption, Some(file));
        }))
    }

    pub(crate) fn delete(
        &mut self,
        bot: &Bot,
        params: &Params,
        at: Moment,
    ) -> Result<Value, Refusal> {
        let place = self.own(bot, params, "delete")?;
        let message = &mut self.messages[place];
        if at
            .unix_now
            .saturating_sub(Duration::from_millis(message.at_ms))
            > DELETABLE
        {
            return Err(Refusal::bad("message can't be deleted for everyone"));
        }
        message.deleted = true;
        Ok(true.into())
    }
}
