//! Discord, as far as a bot that sends media needs it: messages with files, threads, direct messages, the list of
//! messages to look one's own up in, edits. No gateway, no webhooks, no roles.

mod bot;
mod calls;
mod channel;
mod file;
mod handler;
mod history;
mod mentions;
mod message;
mod payload;
mod platform;
mod refusal;
mod snowflake;

pub use bot::{Bot, Permission};
pub use file::{Attachment, MAX_FILE_BYTES};
pub use message::{Attempt, SentMessage};
pub use payload::MAX_CONTENT_CHARS;

use crate::conversation::{Conversation, Converses};
use crate::rates::Limit;
use crate::service::{Fake, Service, TimedOut, lock};
use channel::{Channel, Kind};
use platform::Platform;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What all clones of the handle and its server share.
#[derive(Debug)]
pub(crate) struct Inner {
    service: Service,
    platform: Mutex<Platform>,
}

/// Discord's handle. Any channel is known, as a text channel that allows what a bot usually may, until one is named.
#[derive(Clone, Debug)]
pub struct Discord(Arc<Inner>);

impl Fake for Discord {
    fn service(&self) -> &Service {
        &self.0.service
    }
}

impl Discord {
    /// With one bot, which `crate::DISCORD_BOT_TOKEN` stands for.
    pub(crate) fn new(service: Service) -> Self {
        let first = Bot::new(crate::DISCORD_BOT_TOKEN, crate::DISCORD_BOT_ID);
        let platform = Mutex::new(Platform::new(first));
        Self(Arc::new(Inner { service, platform }))
    }

    /// What the server asks.
    pub(crate) fn handler(&self) -> Arc<Inner> {
        self.0.clone()
    }

    /// Changes the state, and wakes whoever waits for it.
    fn change<T>(&self, change: impl FnOnce(&mut Platform) -> T) -> T {
        let result = change(&mut lock(&self.0.platform));
        self.service().tell();
        result
    }

    /// Changes one channel, which is known from now on.
    fn change_channel(&self, id: &str, change: impl FnOnce(&mut Channel)) {
        self.change(|platform| change(platform.named(id, Kind::Text)));
    }

    /// Adds a bot, or replaces the one with its token.
    pub fn add_bot(&self, bot: Bot) {
        self.change(|platform| {
            platform.bots.retain(|known| known.token != bot.token);
            platform.bots.push(bot);
        });
    }

    /// The token is no longer valid: 401.
    pub fn revoke(&self, token: &str) {
        self.change(|platform| platform.bots.retain(|bot| bot.token != token));
    }

    /// Knows this text channel. From the first one on, only the channels named so are known (others: 10003).
    pub fn add_channel(&self, id: &str) {
        self.change(|platform| {
            platform.only_named_channels = true;
            platform.named(id, Kind::Text);
        });
    }

    /// Knows this voice channel, which takes no messages here (50008).
    pub fn add_voice_channel(&self, id: &str) {
        self.change(|platform| {
            platform.named(id, Kind::Voice);
        });
    }

    /// Knows this thread of a channel.
    pub fn add_thread(&self, id: &str, parent_id: &str) {
        let parent_id = parent_id.to_owned();
        self.change(|platform| {
            platform.named(id, Kind::Thread { parent_id });
        });
    }

    /// The channel is gone: 10003.
    pub fn delete_channel(&self, id: &str) {
        self.change_channel(id, |channel| channel.deleted = true);
    }

    /// Lets a thread sleep (edits: 50083; a message wakes it), and locks it if wanted (messages: 160005).
    pub fn archive(&self, thread_id: &str, locked: bool) {
        self.change_channel(thread_id, |channel| {
            (channel.archived, channel.locked) = (true, locked)
        });
    }

    /// No bot may do this in the channel.
    pub fn deny(&self, channel_id: &str, permission: Permission) {
        self.change_channel(channel_id, |channel| channel.denied.push(permission));
    }

    /// Every bot may do this in the channel, which only matters for [`Permission::MentionEveryone`].
    pub fn grant(&self, channel_id: &str, permission: Permission) {
        self.change_channel(channel_id, |channel| {
            channel.denied.retain(|denied| *denied != permission);
            channel.granted.push(permission);
        });
    }

    /// Of one file in the channel, as the guild's level has it (default [`MAX_FILE_BYTES`]).
    pub fn set_max_file_bytes(&self, channel_id: &str, bytes: u64) {
        self.change_channel(channel_id, |channel| channel.max_file_bytes = bytes);
    }

    /// One message of each author in so long a time: 20016 before.
    pub fn set_slow_mode(&self, channel_id: &str, pause: Duration) {
        self.change_channel(channel_id, |channel| channel.slow_mode = pause);
    }

    /// Messages to the channel are refused with this code, for example 200000 (automatic moderation), 20009, 130000.
    pub fn refuse(&self, channel_id: &str, code: Option<u32>) {
        self.change_channel(channel_id, |channel| channel.refuses = code);
    }

    /// Knows this user. From the first one on, only those named so are (others: 10013).
    pub fn add_user(&self, id: &str) {
        self.change(|platform| platform.users.insert(id.to_owned()));
    }

    /// The user takes no direct messages: 50007.
    pub fn block(&self, user_id: &str) {
        self.change(|platform| platform.blocking.insert(user_id.to_owned()));
    }

    /// The user shares no guild with the bot: 50278.
    pub fn make_stranger(&self, user_id: &str) {
        self.change(|platform| platform.strangers.insert(user_id.to_owned()));
    }

    /// Opening direct conversations is refused with 40003.
    pub fn direct_messages_too_fast(&self, on: bool) {
        self.change(|platform| platform.switches.direct_messages_too_fast = on);
    }

    /// The channel of the conversation with a user, if it was opened.
    pub fn direct_channel(&self, user_id: &str) -> Option<String> {
        lock(&self.0.platform)
            .direct(user_id)
            .map(|channel| channel.id.clone())
    }

    /// A person's message. Gives its id.
    pub fn add_message(&self, channel_id: &str, author_id: &str, content: &str) -> String {
        let unix_now = self.service().unix_now();
        self.change(|platform| {
            platform.named(channel_id, Kind::Text);
            let message_id = platform.ids.make(unix_now);
            platform.put(SentMessage {
                message_id: message_id.clone(),
                channel_id: channel_id.to_owned(),
                author_id: author_id.to_owned(),
                by_bot: false,
                content: content.to_owned(),
                nonce: None,
                attachments: Vec::new(),
                reply_to: None,
                called: Vec::new(),
                flags: 0,
                at_ms: unix_now.as_millis() as u64,
                edits: 0,
                deleted: false,
            });
            message_id
        })
    }

    /// Somebody deletes a message.
    pub fn delete_message(&self, message_id: &str) {
        self.change(|platform| {
            let found = platform
                .messages
                .iter_mut()
                .filter(|message| message.message_id == message_id);
            found.for_each(|message| message.deleted = true);
        });
    }

    /// For how long a nonce stands for its message (default two minutes; zero: never).
    pub fn set_nonce_window(&self, window: Duration) {
        self.change(|platform| platform.nonce_window = window);
    }

    /// So many messages to one channel in so long a time (default five in five seconds).
    pub fn set_message_rate(&self, count: u32, window: Duration) {
        self.change(|platform| platform.sends = Limit::new(count, window));
    }

    /// Demands what our own client promises and others don't keep to: the documented form of `User-Agent`, a
    /// `Content-Length`, `payload_json` first and as JSON, and for each file a name, a type and an entry in `attachments`.
    pub fn strict(&self, strict: bool) {
        self.change(|platform| platform.switches.strict = strict);
    }

    /// Refuses files that are too large with 50045 instead of 413 and 40005.
    pub fn oversize_is_50045(&self, on: bool) {
        self.change(|platform| platform.switches.oversize_is_50045 = on);
    }

    /// Answers with 401, 403 or 429 so far: ten thousand in ten minutes shut an address out.
    pub fn invalid_requests(&self) -> u64 {
        lock(&self.0.platform).invalid
    }

    /// A channel, a thread or a direct conversation, by its channel id.
    pub fn channel(&self, id: &str) -> Conversation<Self> {
        Conversation::of(self, id)
    }

    /// Every message of a bot that was sent, deleted ones too, in the order in which they appeared.
    pub fn messages(&self) -> Vec<SentMessage> {
        let platform = lock(&self.0.platform);
        platform
            .messages
            .iter()
            .filter(|message| message.by_bot)
            .cloned()
            .collect()
    }

    /// Every request to send that reached the channel's rules, whatever came of it.
    pub fn attempts(&self) -> Vec<Attempt> {
        lock(&self.0.platform).attempts.clone()
    }

    /// Waits until at least `count` messages of bots stand in a channel, and gives them all.
    ///
    /// # Errors
    /// When there are fewer after `timeout`.
    pub async fn wait_for_messages(
        &self,
        channel_id: &str,
        count: usize,
        timeout: Duration,
    ) -> Result<Vec<SentMessage>, TimedOut> {
        let channel = self.channel(channel_id);
        channel.wait_for_messages(count, timeout).await
    }
}

impl Converses for Discord {
    type Message = SentMessage;
    type Attempt = Attempt;

    fn standing(&self, chat: &str) -> Vec<SentMessage> {
        let platform = lock(&self.0.platform);
        let own = platform.standing(chat).filter(|message| message.by_bot);
        own.cloned().collect()
    }

    fn tried(&self, chat: &str) -> Vec<Attempt> {
        let mut tried = self.attempts();
        tried.retain(|attempt| attempt.channel_id == chat);
        tried
    }
}
