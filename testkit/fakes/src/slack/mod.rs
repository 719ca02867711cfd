//! Slack, as far as a bot that sends media needs it: files in three steps, messages, threads, direct conversations,
//! edits. Two hosts share one state: the methods, and the address that takes the bytes. No events, no blocks, no user tokens.

mod app;
mod channel;
mod chat;
mod file;
mod handler;
mod message;
mod platform;
mod refusal;
mod upload;

pub use app::App;
pub use file::{MAX_FILE_BYTES, SharedFile};
pub use message::{Attempt, MAX_TEXT_CHARS, SentMessage};

use crate::conversation::{Conversation, Converses};
use crate::rates::Limit;
use crate::service::{Fake, Service, TimedOut, lock};
use channel::Channel;
use platform::Platform;
use std::sync::{Arc, Mutex};
use std::time::Duration;

#[derive(Debug)]
pub(crate) struct Inner {
    service: Service,
    files_http_base: String,
    platform: Arc<Mutex<Platform>>,
}

#[derive(Debug)]
pub(crate) struct FilesInner {
    service: Service,
    platform: Arc<Mutex<Platform>>,
}

/// The handle of Slack's methods. Any channel (`C…`, `G…`) is known and has the bot, until one is named.
#[derive(Clone, Debug)]
pub struct Slack(Arc<Inner>);

/// The handle of the host that takes the bytes of files: its requests and its faults.
#[derive(Clone, Debug)]
pub struct SlackFiles(Arc<FilesInner>);

impl Fake for Slack {
    fn service(&self) -> &Service {
        &self.0.service
    }
}

impl Fake for SlackFiles {
    fn service(&self) -> &Service {
        &self.0.service
    }
}

impl SlackFiles {
    pub(crate) fn handler(&self) -> Arc<FilesInner> {
        self.0.clone()
    }
}

impl Slack {
    /// The methods, and the host for files beside them.
    pub(crate) fn new(service: Service, files: &SlackFiles) -> Self {
        Self(Arc::new(Inner {
            service,
            files_http_base: files.http_base(),
            platform: files.0.platform.clone(),
        }))
    }

    pub(crate) fn files(service: Service) -> SlackFiles {
        let first = App::new(crate::SLACK_BOT_TOKEN, crate::SLACK_BOT_ID);
        SlackFiles(Arc::new(FilesInner {
            service,
            platform: Arc::new(Mutex::new(Platform::new(first))),
        }))
    }

    pub(crate) fn handler(&self) -> Arc<Inner> {
        self.0.clone()
    }

    fn change<T>(&self, change: impl FnOnce(&mut Platform) -> T) -> T {
        let result = change(&mut lock(&self.0.platform));
        self.service().tell();
        result
    }

    fn change_channel(&self, id: &str, change: impl FnOnce(&mut Channel)) {
        self.change(|platform| change(platform.named(id)));
    }

    /// Adds an app, or replaces the one with its token.
    pub fn add_app(&self, app: App) {
        self.change(|platform| {
            platform.apps.retain(|known| known.token != app.token);
            platform.apps.push(app);
        });
    }

    /// Every call with this token is refused so: `token_revoked`, `account_inactive`, `token_expired`.
    pub fn refuse_token(&self, token: &str, error: &str) {
        self.change(|platform| {
            let apps = platform.apps.iter_mut().filter(|app| app.token == token);
            apps.for_each(|app| app.refused = Some(error.to_owned()));
        });
    }

    /// Every call of this method is refused so, for example `files.getUploadURLExternal` with `file_uploads_disabled`.
    pub fn refuse_method(&self, method: &str, error: Option<&str>) {
        self.change(|platform| match error {
            Some(error) => platform.refused.insert(method.to_owned(), error.to_owned()),
            None => platform.refused.remove(method),
        });
    }

    /// Knows this channel. From the first one on, only those named so are known (others: `channel_not_found`).
    pub fn add_channel(&self, id: &str) {
        self.change(|platform| {
            platform.only_named_channels = true;
            platform.named(id);
        });
    }

    /// The bot isn't in the channel: `not_in_channel`, or of a private one `channel_not_found`.
    pub fn remove_bot_from(&self, channel_id: &str) {
        self.change_channel(channel_id, |channel| channel.has_bot = false);
    }

    /// A `C…` that is private, as newer private channels are.
    pub fn make_private(&self, channel_id: &str) {
        self.change_channel(channel_id, |channel| channel.private = true);
    }

    /// `is_archived`.
    pub fn archive(&self, channel_id: &str) {
        self.change_channel(channel_id, |channel| channel.archived = true);
    }

    /// Messages and files are refused so: `restricted_action`, `posting_to_channel_denied`.
    pub fn refuse(&self, channel_id: &str, error: Option<&str>) {
        self.change_channel(channel_id, |channel| {
            channel.refuses = error.map(str::to_owned)
        });
    }

    /// Knows this user. From the first one on, only those named so are (others: `user_not_found`).
    pub fn add_user(&self, id: &str) {
        self.change(|platform| platform.users.insert(id.to_owned()));
    }

    /// A person's message. Gives its time, which names it and a thread below it.
    pub fn add_message(&self, channel_id: &str, user_id: &str, text: &str) -> String {
        let unix_now = self.service().unix_now();
        self.change(|platform| {
            platform.named(channel_id);
            let ts = platform.make_ts(unix_now);
            platform.messages.push(SentMessage {
                ts: ts.clone(),
                channel_id: channel_id.to_owned(),
                user_id: user_id.to_owned(),
                by_bot: false,
                text: text.to_owned(),
                thread_ts: None,
                files: Vec::new(),
                metadata: None,
                called: Vec::new(),
                unfurls_links: None,
                edits: 0,
                deleted: false,
            });
            ts
        })
    }

    /// How often `files.info` shows a completed file without its share (default once).
    pub fn hide_shares_for(&self, looks: u32) {
        self.change(|platform| platform.hidden_for = looks);
    }

    /// Whether a completion that is answered with `ok` puts the file into the channel. It has been seen not to.
    pub fn shares(&self, on: bool) {
        self.change(|platform| platform.shares = on);
    }

    /// So many messages to one channel in so long a time (default five in five seconds).
    pub fn set_message_rate(&self, count: u32, window: Duration) {
        self.change(|platform| platform.per_channel = Limit::new(count, window));
    }

    /// Whether calls of a method are limited by the minute. On at first.
    pub fn limit_methods(&self, limits: bool) {
        self.change(|platform| platform.limits_methods = limits);
    }

    /// Refuses bytes that come with a token, which has no business at the address for them.
    pub fn strict(&self, strict: bool) {
        self.change(|platform| platform.strict = strict);
    }

    /// The secret parts of all addresses handed out, for searching them where they must not be.
    pub fn capabilities(&self) -> Vec<String> {
        lock(&self.0.platform)
            .files
            .iter()
            .map(|file| file.capability.clone())
            .collect()
    }

    /// The direct conversation with a user, if it was opened.
    pub fn direct_channel(&self, user_id: &str) -> Option<String> {
        let platform = lock(&self.0.platform);
        let mut channels = platform.channels.values();
        channels
            .find(|channel| channel.user_id.as_deref() == Some(user_id))
            .map(|channel| channel.id.clone())
    }

    /// A channel or direct conversation.
    pub fn channel(&self, id: &str) -> Conversation<Self> {
        Conversation::of(self, id)
    }

    /// Every message of a bot that was sent, deleted ones too, in the order in which they appeared.
    pub fn messages(&self) -> Vec<SentMessage> {
        lock(&self.0.platform)
            .messages
            .iter()
            .filter(|message| message.by_bot)
            .cloned()
            .collect()
    }

    /// Every call that would have put something into a channel and had the scope for it, whatever came of it.
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

impl Converses for Slack {
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
