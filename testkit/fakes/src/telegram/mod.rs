//! Telegram's bot API, as far as a bot that sends media needs it: messages, photos, videos, documents, groups of them,
//! edits, topics. No updates, no reading of messages (bots can't), no fetching of addresses.

mod chat;
mod edit;
mod file;
mod handler;
mod message;
mod platform;
mod refusal;
mod send;

pub use file::{Kind, MAX_FILE_BYTES, MAX_PHOTO_BYTES, SentFile};
pub use message::{Attempt, MAX_CAPTION_UNITS, MAX_TEXT_UNITS, SentMessage};
pub use platform::Bot;

use crate::conversation::{Conversation, Converses};
use crate::rates::Limit;
use crate::service::{Fake, Service, TimedOut, lock};
use chat::Chat;
use platform::Platform;
use std::sync::{Arc, Mutex};
use std::time::Duration;

#[derive(Debug)]
pub(crate) struct Inner {
    service: Service,
    platform: Mutex<Platform>,
}

/// Telegram's handle. Any chat is known and takes everything, until one is named.
#[derive(Clone, Debug)]
pub struct Telegram(Arc<Inner>);

impl Fake for Telegram {
    fn service(&self) -> &Service {
        &self.0.service
    }
}

impl Telegram {
    pub(crate) fn new(service: Service) -> Self {
        let platform = Mutex::new(Platform::new(Bot::new(crate::TELEGRAM_BOT_TOKEN)));
        Self(Arc::new(Inner { service, platform }))
    }

    pub(crate) fn handler(&self) -> Arc<Inner> {
        self.0.clone()
    }

    fn change<T>(&self, change: impl FnOnce(&mut Platform) -> T) -> T {
        let result = change(&mut lock(&self.0.platform));
        self.service().tell();
        result
    }

    fn change_chat(&self, id: i64, change: impl FnOnce(&mut Chat)) {
        self.change(|platform| change(platform.named(id)));
    }

    /// Adds a bot.
    pub fn add_bot(&self, bot: Bot) {
        self.change(|platform| platform.bots.push(bot));
    }

    /// The token is no longer valid: 401.
    pub fn revoke(&self, token: &str) {
        self.change(|platform| platform.bots.retain(|bot| bot.token != token));
    }

    /// Knows this chat. From the first one on, only those named so are known (others: `chat not found`).
    pub fn add_chat(&self, id: i64) {
        self.change(|platform| {
            platform.only_named_chats = true;
            platform.named(id);
        });
    }

    /// Every call for the chat is refused so, for example 403 and `Forbidden: user is deactivated`; none: no longer.
    pub fn refuse(&self, chat_id: i64, refusal: Option<(u16, &str)>) {
        let refused = refusal.map(|(code, description)| (code, description.to_owned()));
        self.change_chat(chat_id, |chat| chat.refused = refused);
    }

    /// The person blocked the bot.
    pub fn block(&self, user_id: i64) {
        self.refuse(
            user_id,
            Some((403, "Forbidden: bot was blocked by the user")),
        );
    }

    /// The bot was thrown out of a group.
    pub fn kick(&self, chat_id: i64) {
        let kind = Chat::new(chat_id).kind();
        self.refuse(
            chat_id,
            Some((
                403,
                &format!("Forbidden: bot was kicked from the {kind} chat"),
            )),
        );
    }

    /// The group becomes a supergroup: another id, which is told to whoever uses the old one.
    pub fn migrate(&self, chat_id: i64, to: i64) {
        self.change(|platform| {
            platform.named(to);
            platform.named(chat_id).migrated_to = Some(to);
        });
    }

    /// Knows this topic; the chat is a forum then. A closed one takes no messages.
    pub fn add_topic(&self, chat_id: i64, topic: i64, closed: bool) {
        self.change_chat(chat_id, |chat| {
            chat.topics.insert(topic, closed);
        });
    }

    /// Nobody but administrators may send this kind of message to the chat.
    pub fn deny(&self, chat_id: i64, kind: Kind) {
        self.change_chat(chat_id, |chat| chat.denied.push(kind));
    }

    /// A person's message. Gives its id.
    pub fn add_message(&self, chat_id: i64, text: &str) -> i64 {
        let at_ms = self.service().unix_now().as_millis() as u64;
        self.change(|platform| {
            let message_id = platform.make_message_id(chat_id);
            platform.messages.push(SentMessage {
                message_id,
                chat_id,
                bot_id: 0,
                topic: None,
                kind: Kind::Text,
                text: text.to_owned(),
                parse_mode: None,
                file: None,
                media_group_id: None,
                reply_to: None,
                called: Vec::new(),
                is_quiet: false,
                previews_links: true,
                at_ms,
                edits: 0,
                deleted: false,
            });
            message_id
        })
    }

    /// So many messages to one chat in so long a time (default five in five seconds).
    pub fn set_chat_rate(&self, count: u32, window: Duration) {
        self.change(|platform| platform.per_chat = Limit::new(count, window));
    }

    /// So many messages to one group in so long a time (default twenty a minute).
    pub fn set_group_rate(&self, count: u32, window: Duration) {
        self.change(|platform| platform.per_group = Limit::new(count, window));
    }

    /// Demands what our own client promises: a `Content-Length`, the recipient once and, with a form, in the query, and of
    /// a video its width, height, duration and `supports_streaming`.
    pub fn strict(&self, strict: bool) {
        self.change(|platform| platform.switches.strict = strict);
    }

    /// Answers a request that is too large in JSON instead of the edge's page.
    pub fn oversize_is_json(&self, on: bool) {
        self.change(|platform| platform.switches.oversize_is_json = on);
    }

    /// Takes bytes that are there already for a change (?): an edit with them is done again instead of refused.
    pub fn every_upload_is_new(&self, on: bool) {
        self.change(|platform| platform.switches.every_upload_is_new = on);
    }

    /// One chat.
    pub fn chat(&self, id: i64) -> Conversation<Self> {
        Conversation::of(self, &id.to_string())
    }

    /// Every message of a bot that was sent, deleted ones too, in the order in which they appeared.
    pub fn messages(&self) -> Vec<SentMessage> {
        lock(&self.0.platform)
            .messages
            .iter()
            .filter(|message| message.bot_id != 0)
            .cloned()
            .collect()
    }

    /// Every call to send with a good token, whatever came of it.
    pub fn attempts(&self) -> Vec<Attempt> {
        lock(&self.0.platform).attempts.clone()
    }

    /// Waits until at least `count` messages of bots stand in a chat, and gives them all.
    ///
    /// # Errors
    /// When there are fewer after `timeout`.
    pub async fn wait_for_messages(
        &self,
        chat_id: i64,
        count: usize,
        timeout: Duration,
    ) -> Result<Vec<SentMessage>, TimedOut> {
        let chat = self.chat(chat_id);
        chat.wait_for_messages(count, timeout).await
    }
}

impl Converses for Telegram {
    type Message = SentMessage;
    type Attempt = Attempt;

    fn standing(&self, chat: &str) -> Vec<SentMessage> {
        let platform = lock(&self.0.platform);
        let own = chat
            .parse()
            .into_iter()
            .flat_map(|id| platform.standing(id));
        own.filter(|message| message.bot_id != 0).cloned().collect()
    }

    fn tried(&self, chat: &str) -> Vec<Attempt> {
        let mut tried = self.attempts();
        tried.retain(|attempt| attempt.chat_id == chat);
        tried
    }
}
