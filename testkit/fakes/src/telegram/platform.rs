//! Telegram's state: bots, chats, messages, and how often is too often. What a call does with it is in `send.rs` and
//! `edit.rs`.

use super::chat::Chat;
use super::file::SentFile;
use super::message::{Attempt, SentMessage};
use super::refusal::Refusal;
use crate::params::Params;
use crate::rates::{Limit, Rates};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::time::Duration;

/// All messages of a bot.
const GLOBAL: Limit = Limit::new(30, Duration::from_secs(1));
/// Messages to one chat: one a second, in bursts (?).
const CHAT: Limit = Limit::new(5, Duration::from_secs(5));
/// Messages to one group.
const GROUP: Limit = Limit::new(20, Duration::from_secs(60));

/// A bot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bot {
    pub(crate) token: String,
    pub(crate) id: i64,
}

impl Bot {
    /// A bot with this token; its id is the number before the colon.
    pub fn new(token: &str) -> Self {
        let id = token.split(':').next().and_then(|id| id.parse().ok());
        Self {
            token: token.to_owned(),
            id: id.unwrap_or(0),
        }
    }

    pub(crate) fn json(&self) -> Value {
        json!({"id": self.id, "is_bot": true, "first_name": "libtv", "username": "libtv_bot"})
    }
}

#[derive(Debug, Default)]
pub(crate) struct Switches {
    pub(crate) strict: bool,
    pub(crate) oversize_is_json: bool,
    pub(crate) every_upload_is_new: bool,
}

#[derive(Debug)]
pub(crate) struct Platform {
    pub(crate) bots: Vec<Bot>,
    pub(crate) chats: HashMap<i64, Chat>,
    /// Whether only chats that were named are known.
    pub(crate) only_named_chats: bool,
    pub(crate) messages: Vec<SentMessage>,
    pub(crate) attempts: Vec<Attempt>,
    /// Every file that was sent, which may be sent again by its id.
    pub(crate) files: Vec<SentFile>,
    pub(crate) switches: Switches,
    pub(crate) per_chat: Limit,
    pub(crate) per_group: Limit,
    rates: Rates,
    made_ids: u64,
}

impl Platform {
    pub(crate) fn new(first: Bot) -> Self {
        Self {
            bots: vec![first],
            chats: HashMap::new(),
            only_named_chats: false,
            messages: Vec::new(),
            attempts: Vec::new(),
            files: Vec::new(),
            switches: Switches::default(),
            per_chat: CHAT,
            per_group: GROUP,
            rates: Rates::default(),
            made_ids: 0,
        }
    }

    /// The chat of this id, made when there was none.
    pub(crate) fn named(&mut self, id: i64) -> &mut Chat {
        self.chats.entry(id).or_insert_with(|| Chat::new(id))
    }

    /// The chat that a call means. Names with `@` aren't taken: they can change their owner.
    pub(crate) fn chat(&mut self, params: &Params) -> Result<&mut Chat, Refusal> {
        let said = params
            .text("chat_id")
            .ok_or_else(|| Refusal::bad("chat_id is empty"))?;
        let id = said.parse::<i64>().ok().filter(|id| *id != 0);
        let id = id.filter(|id| !self.only_named_chats || self.chats.contains_key(id));
        id.map(|id| self.named(id))
            .ok_or_else(|| Refusal::bad("chat not found"))
    }

    /// Counts a message against the limits of its bot, chat and group.
    pub(crate) fn count(&mut self, bot: &Bot, chat_id: i64, now: Duration) -> Result<(), Refusal> {
        let mut limits = vec![
            (bot.id.to_string(), GLOBAL),
            (format!("chat {chat_id}"), self.per_chat),
        ];
        if chat_id < 0 {
            limits.push((format!("group {chat_id}"), self.per_group));
        }
        let mut counted = limits
            .iter()
            .map(|(who, limit)| self.rates.count(who, *limit, now));
        counted
            .try_for_each(|counted| counted)
            .map_err(Refusal::rate)
    }

    pub(crate) fn make_file_id(&mut self) -> String {
        self.made_ids += 1;
        format!(
            "BAACAgQAAx{:016x}AC",
            self.made_ids.wrapping_mul(0x9e37_79b9_7f4a_7c15)
        )
    }

    pub(crate) fn make_group_id(&mut self) -> String {
        self.made_ids += 1;
        format!("{:014}", 13_000_000_000_000 + self.made_ids)
    }

    pub(crate) fn make_message_id(&mut self, chat_id: i64) -> i64 {
        let chat = self.named(chat_id);
        chat.last_message_id += 1;
        chat.last_message_id
    }

    /// What stands in a chat now.
    pub(crate) fn standing(&self, chat_id: i64) -> impl Iterator<Item = &SentMessage> {
        self.messages
            .iter()
            .filter(move |message| message.chat_id == chat_id && !message.deleted)
    }

    pub(crate) fn show(&self, message: &SentMessage) -> Value {
        let bot = self
            .bots
            .iter()
            .find(|bot| bot.id == message.bot_id)
            .map(Bot::json);
        let from =
            bot.unwrap_or_else(|| json!({"id": 1, "is_bot": false, "first_name": "Somebody"}));
        let unknown = Chat::new(message.chat_id);
        message.json(self.chats.get(&message.chat_id).unwrap_or(&unknown), &from)
    }
}
