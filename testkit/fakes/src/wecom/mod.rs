//! WeCom (企业微信), as far as an app of a company needs it that sends media: tokens, uploads, messages to members. No groups of
//! its own, no callbacks, no bots.

mod app;
mod handler;
mod message;
mod platform;

pub use app::App;
pub use message::{Attempt, SentMessage, Uploaded};

use crate::service::{Fake, Service, Shows, lock};
use platform::Platform;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What all clones of the handle and its server share.
#[derive(Debug)]
pub(crate) struct Inner {
    service: Service,
    platform: Mutex<Platform>,
}

/// WeCom's handle. Every member is in sight of every app, until one is named.
#[derive(Clone, Debug)]
pub struct WeCom(Arc<Inner>);

impl Fake for WeCom {
    fn service(&self) -> &Service {
        &self.0.service
    }
}

impl Shows for WeCom {
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

impl WeCom {
    /// With one app, which the crate's constants name.
    pub(crate) fn new(service: Service) -> Self {
        let first = App::new(
            crate::WECOM_CORP_ID,
            crate::WECOM_CORP_SECRET,
            crate::WECOM_AGENT_ID,
        );
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

    /// Adds an app, or replaces the one with its secret; tokens stay.
    pub fn add_app(&self, app: App) {
        self.change(|platform| {
            platform.apps.retain(|known| known.secret != app.secret);
            platform.apps.push(app);
        });
    }

    /// Puts this member in sight of every app. From the first one on, only those named so are (others: `invaliduser`, or 81013).
    pub fn add_member(&self, user_id: &str) {
        self.change(|platform| platform.members.push(user_id.to_owned()));
    }

    /// The member has no licence for apps: `unlicenseduser`, with a success.
    pub fn take_licence(&self, user_id: &str) {
        self.change(|platform| platform.unlicensed.push(user_id.to_owned()));
    }

    /// Requests are taken from trusted addresses only, and this one, which the platform sees, is none: 60020.
    pub fn distrust(&self, address: Option<&str>) {
        self.change(|platform| platform.distrusted = address.map(str::to_owned));
    }

    /// Refuses every token issued so far: 40014.
    pub fn revoke_tokens(&self) {
        self.change(|platform| platform.tokens.clear());
    }

    /// How long new tokens live (default 7200 s); behind that 42001.
    pub fn set_token_lifetime(&self, lifetime: Duration) {
        self.change(|platform| platform.token_lifetime = lifetime);
    }

    /// Every token issued so far, for searching them where they must not be.
    pub fn tokens(&self) -> Vec<String> {
        lock(&self.0.platform).issued.clone()
    }

    /// Demands what our own client promises: one person a message, the duplicate check for its longest time, no markup in a text,
    /// a file's right length and type in its part.
    pub fn strict(&self, strict: bool) {
        self.change(|platform| platform.strict = strict);
    }

    /// Everything that was uploaded, in order, used or not.
    pub fn uploads(&self) -> Vec<Uploaded> {
        lock(&self.0.platform).uploads.clone()
    }

    /// Every request to send with a good token, whatever came of it.
    pub fn attempts(&self) -> Vec<Attempt> {
        lock(&self.0.platform).attempts.clone()
    }
}
