//! WeChat (微信), as far as a bot's account needs it that sends media: where an upload goes, encrypted uploads at another host,
//! messages to people who have written. No events, no login.
//!
//! The facts are those of `docs/apis/wechat.md`; what is uncertain there is a switch here, or the stricter of both.

mod crypt;
mod handler;
mod message;
mod platform;

pub use message::{Attempt, SentMessage, Uploaded};

use crate::service::{Fake, Service, Shows, lock};
use platform::Platform;
use std::sync::{Arc, Mutex};

/// Which of the two hosts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Host {
    /// `ilinkai.weixin.qq.com`: messages, and where uploads go.
    Messages,
    /// `novac2c.cdn.weixin.qq.com`: the bytes of uploads.
    Media,
}

/// What all clones of a host's handle and its server share.
#[derive(Debug)]
pub(crate) struct Inner {
    service: Service,
    host: Host,
    /// Where uploads go, without TLS; only the host for messages says that.
    media_http_base: String,
    /// Of both hosts.
    platform: Arc<Mutex<Platform>>,
}

/// WeChat's handle. Nobody has written to the account, until somebody is named.
#[derive(Clone, Debug)]
pub struct WeChat(Arc<Inner>);

/// The handle of the host that takes the bytes of uploads; what it knows is [`WeChat`]'s.
#[derive(Clone, Debug)]
pub struct WeChatMedia(Arc<Inner>);

impl Fake for WeChat {
    fn service(&self) -> &Service {
        &self.0.service
    }
}

impl Fake for WeChatMedia {
    fn service(&self) -> &Service {
        &self.0.service
    }
}

impl WeChatMedia {
    /// With one account, which the crate's constants name.
    pub(crate) fn new(service: Service) -> Self {
        Self(Arc::new(Inner {
            media_http_base: String::new(),
            service,
            host: Host::Media,
            platform: Arc::new(Mutex::new(Platform::new())),
        }))
    }

    pub(crate) fn handler(&self) -> Arc<Inner> {
        self.0.clone()
    }
}

impl Shows for WeChat {
    type Message = SentMessage;

    fn messages(&self) -> Vec<SentMessage> {
        lock(&self.0.platform).messages.clone()
    }

    fn addressee(message: &SentMessage) -> &str {
        &message.to
    }

    fn attempt_count(&self) -> usize {
        lock(&self.0.platform).attempts.len()
    }
}

impl WeChat {
    /// The host for messages, with the same state.
    pub(crate) fn new(service: Service, media: &WeChatMedia) -> Self {
        Self(Arc::new(Inner {
            service,
            host: Host::Messages,
            media_http_base: media.http_base(),
            platform: Arc::clone(&media.0.platform),
        }))
    }

    pub(crate) fn handler(&self) -> Arc<Inner> {
        self.0.clone()
    }

    /// Changes the state, and wakes whoever waits for it.
    fn change<T>(&self, change: impl FnOnce(&mut Platform) -> T) -> T {
        let result = change(&mut lock(&self.0.platform));
        self.service().tell();
        result
    }

    /// This person writes to the account: they may be written to for a while. What the conversation is known by now.
    pub fn hear(&self, from: &str) -> String {
        let now = self.service().now();
        self.change(|platform| platform.hear(from, now))
    }

    /// Adds an account with this token.
    pub fn add_account(&self, token: &str) {
        self.change(|platform| platform.tokens.push(token.to_owned()));
    }

    /// Takes messages only with what the conversation is known by (the default); or without it as well, as some report.
    pub fn needs_context(&self, needs: bool) {
        self.change(|platform| platform.needs_context = needs);
    }

    /// Names no address for uploads, but what a client would have to make one of.
    pub fn name_no_address(&self, is_so: bool) {
        self.change(|platform| platform.names_no_address = is_so);
    }

    /// Every account's login is over: -14.
    pub fn log_out(&self) {
        self.change(|platform| platform.tokens.clear());
    }

    /// What conversations were known by, the latest last, for searching them where they must not be.
    pub fn contexts(&self) -> Vec<String> {
        lock(&self.0.platform).contexts.clone()
    }

    /// Everything that was uploaded, in order, used or not.
    pub fn uploads(&self) -> Vec<Uploaded> {
        lock(&self.0.platform).uploads.clone()
    }

    /// Every request to send by an account that is logged in, whatever came of it.
    pub fn attempts(&self) -> Vec<Attempt> {
        lock(&self.0.platform).attempts.clone()
    }
}
