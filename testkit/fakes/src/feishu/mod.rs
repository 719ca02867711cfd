//! Feishu's and Lark's open platform, as far as a bot that sends media needs it: tenant tokens, uploads,
//! messages, replies, card updates. No events, no reading of messages.

mod answer;
mod app;
mod handler;
mod message;
mod platform;
mod upload;

pub use app::App;
pub use message::{Attempt, SentMessage};
pub use upload::{MAX_FILE_BYTES, MAX_IMAGE_BYTES, UploadKind, UploadedFile};

use crate::conversation::{Conversation, Converses};
use crate::service::{Fake, Service, TimedOut, lock};
use platform::Platform;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What all clones of the handle and its server share.
#[derive(Debug)]
pub(crate) struct Inner {
    service: Service,
    platform: Mutex<Platform>,
}

/// The handle of Feishu or Lark.
#[derive(Clone, Debug)]
pub struct Feishu(Arc<Inner>);

impl Fake for Feishu {
    fn service(&self) -> &Service {
        &self.0.service
    }
}

impl Feishu {
    /// With one app, which the crate's constants name.
    pub(crate) fn new(service: Service) -> Self {
        let first = App::new(crate::FEISHU_APP_ID, crate::FEISHU_APP_SECRET);
        let platform = Mutex::new(Platform::new(service.host(), first));
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

    /// Adds an app, or replaces the one with its id; tokens stay.
    pub fn add_app(&self, app: App) {
        self.change(|platform| platform.apps.by_id.insert(app.id.clone(), app));
    }

    /// Knows this chat. From the first one on, only the chats named so are known (others: 230002).
    pub fn add_chat(&self, chat_id: &str) {
        self.change(|platform| platform.chats.insert(chat_id.to_owned()));
    }

    /// Knows this user, by whatever kind of id. From the first one on, only those named so are (others: 230013).
    pub fn add_user(&self, user_id: &str) {
        self.change(|platform| platform.users.insert(user_id.to_owned()));
    }

    /// Messages to this chat are refused with 230002.
    pub fn remove_bot_from(&self, chat_id: &str) {
        self.change(|platform| platform.without_bot.insert(chat_id.to_owned()));
    }

    /// Somebody lets the bot in again.
    pub fn add_bot_to(&self, chat_id: &str) {
        self.change(|platform| platform.without_bot.remove(chat_id));
    }

    /// A person's message in a group, which may be answered.
    pub fn add_message(&self, chat_id: &str, message_id: &str) {
        let message = message::Replied {
            message_id: message_id.to_owned(),
            receive_id_type: "chat_id".to_owned(),
            receive_id: chat_id.to_owned(),
            recalled: false,
        };
        self.change(|platform| platform.received.push(message));
    }

    /// The person takes it back: who answers it is refused with 230011.
    pub fn recall(&self, message_id: &str) {
        self.change(|platform| {
            let mut received = platform.received.iter_mut();
            let found = received.find(|message| message.message_id == message_id);
            found.is_some_and(|message| !std::mem::replace(&mut message.recalled, true))
        });
    }

    /// Replies in threads are refused in this group with 230071.
    pub fn has_no_threads(&self, chat_id: &str) {
        self.change(|platform| platform.without_threads.insert(chat_id.to_owned()));
    }

    /// Messages to this user are refused with 230013.
    pub fn make_unavailable(&self, user_id: &str) {
        self.change(|platform| platform.unavailable.insert(user_id.to_owned()));
    }

    /// This open_id belongs to another app: 99992361.
    pub fn add_foreign_user(&self, open_id: &str) {
        self.change(|platform| platform.foreign.insert(open_id.to_owned()));
    }

    /// Refuses every token issued so far with 99991663.
    pub fn revoke_tokens(&self) {
        self.change(|platform| platform.apps.revoke());
    }

    /// How long new tokens live (default 7200 s). Below 30 minutes each request gets a new one.
    pub fn set_token_lifetime(&self, lifetime: Duration) {
        self.change(|platform| platform.apps.lifetime = lifetime);
    }

    /// Every token issued so far, for searching them where they must not be.
    pub fn tokens(&self) -> Vec<String> {
        lock(&self.0.platform).apps.tokens()
    }

    /// Demands of uploads what our own client promises: an ASCII file name and a content type on the file's
    /// part, and real mp4 behind `file_type=mp4`; else 234001. The official SDKs don't keep to it.
    pub fn strict(&self, strict: bool) {
        self.change(|platform| platform.switches.strict = strict);
    }

    /// Tells a missing scope (99991672) with HTTP 200 instead of 400.
    pub fn scope_refusal_is_http_200(&self, on: bool) {
        self.change(|platform| platform.switches.scope_refusal_is_http_200 = on);
    }

    /// Answers an upload that is too large with an HTML 502 instead of 234006.
    pub fn oversize_is_html_502(&self, on: bool) {
        self.change(|platform| platform.switches.oversize_is_html_502 = on);
    }

    /// What a `file_key` or `image_key` refers to.
    pub fn upload(&self, key: &str) -> Option<UploadedFile> {
        lock(&self.0.platform).uploads.get(key).cloned()
    }

    /// All that was uploaded, in order, used or not.
    pub fn uploads(&self) -> Vec<UploadedFile> {
        let platform = lock(&self.0.platform);
        platform
            .upload_order
            .iter()
            .filter_map(|key| platform.uploads.get(key).cloned())
            .collect()
    }

    /// The conversation with a receiver, by the id that messages are sent to.
    pub fn chat(&self, receive_id: &str) -> Conversation<Self> {
        Conversation::of(self, receive_id)
    }

    /// Every message, in the order in which they appeared.
    pub fn messages(&self) -> Vec<SentMessage> {
        lock(&self.0.platform).messages.clone()
    }

    /// Every request to send that reached the platform's rules, whatever came of it. What a fault or the
    /// edge answered is in [`Fake::requests`] only.
    pub fn attempts(&self) -> Vec<Attempt> {
        lock(&self.0.platform).attempts.clone()
    }

    /// Waits until at least `count` messages stand in a chat, and gives them all.
    ///
    /// # Errors
    /// When there are fewer after `timeout`.
    pub async fn wait_for_messages(
        &self,
        receive_id: &str,
        count: usize,
        timeout: Duration,
    ) -> Result<Vec<SentMessage>, TimedOut> {
        let chat = self.chat(receive_id);
        chat.wait_for_messages(count, timeout).await
    }
}

impl Converses for Feishu {
    type Message = SentMessage;
    type Attempt = Attempt;

    fn standing(&self, chat: &str) -> Vec<SentMessage> {
        let platform = lock(&self.0.platform);
        let in_chat = |message: &&SentMessage| message.receive_id == chat;
        platform.messages.iter().filter(in_chat).cloned().collect()
    }

    fn tried(&self, chat: &str) -> Vec<Attempt> {
        let mut tried = self.attempts();
        tried.retain(|attempt| attempt.receive_id == chat);
        tried
    }
}
