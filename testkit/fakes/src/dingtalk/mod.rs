//! DingTalk (钉钉), as far as the robot of an app needs it that sends media: two hosts with one state, tokens of each, uploads,
//! messages to a person or a group. No callbacks, no cards.
//!
//! The facts are those of `docs/apis/dingtalk.md`; what is uncertain there is a switch here, or the stricter of both.

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
    /// `api.dingtalk.com`: the token stands in a header.
    Messages,
    /// `oapi.dingtalk.com`: it stands in the query.
    Media,
}

/// What all clones of a host's handle and its server share.
#[derive(Debug)]
pub(crate) struct Inner {
    service: Service,
    host: Host,
    /// Of both hosts.
    platform: Arc<Mutex<Platform>>,
}

/// DingTalk's handle. Everybody is reached, until a person or a group is named.
#[derive(Clone, Debug)]
pub struct DingTalk(Arc<Inner>);

/// The handle of the older host, for its faults and requests; what it knows is [`DingTalk`]'s.
#[derive(Clone, Debug)]
pub struct DingTalkMedia(Arc<Inner>);

impl Fake for DingTalk {
    fn service(&self) -> &Service {
        &self.0.service
    }
}

impl Fake for DingTalkMedia {
    fn service(&self) -> &Service {
        &self.0.service
    }
}

impl DingTalkMedia {
    pub(crate) fn handler(&self) -> Arc<Inner> {
        self.0.clone()
    }
}

impl Shows for DingTalk {
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

impl DingTalk {
    /// With one app, which the crate's constants name.
    pub(crate) fn new(service: Service) -> Self {
        Self(Arc::new(Inner {
            service,
            host: Host::Messages,
            platform: Arc::new(Mutex::new(Platform::new())),
        }))
    }

    /// The older host, with the same state.
    pub(crate) fn media(&self, service: Service) -> DingTalkMedia {
        DingTalkMedia(Arc::new(Inner {
            service,
            host: Host::Media,
            platform: Arc::clone(&self.0.platform),
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

    /// Knows this person. From the first one on, only those named so are reached (others: `invalidStaffIdList`).
    pub fn add_person(&self, staff_id: &str) {
        self.change(|platform| platform.people.push(staff_id.to_owned()));
    }

    /// The robot is in this group. From the first one on, only in those named so.
    pub fn add_group(&self, id: &str) {
        self.change(|platform| platform.groups.push(id.to_owned()));
    }

    /// Messages to this person are held back: `flowControlledStaffIdList`, with a success.
    pub fn hold_back(&self, staff_id: &str, is_held: bool) {
        self.change(|platform| {
            platform.held_back.retain(|known| known != staff_id);
            if is_held {
                platform.held_back.push(staff_id.to_owned());
            }
        });
    }

    /// Every call that sends is refused with this status, `code` and `message`; none: no longer.
    pub fn refuse(&self, refusal: Option<(u16, &str, &str)>) {
        let refusal =
            refusal.map(|(status, code, said)| (status, code.to_owned(), said.to_owned()));
        self.change(|platform| platform.refusal = refusal);
    }

    /// Refuses every token issued so far, at both hosts: 401 at the one, 40014 at the other.
    pub fn revoke_tokens(&self) {
        self.change(|platform| platform.tokens.clear());
    }

    /// Every token issued so far.
    pub fn tokens(&self) -> Vec<String> {
        lock(&self.0.platform).issued.clone()
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
