//! Slack's state: apps, channels, files, messages, and how often is too often. What a call does with it is in
//! `chat.rs` and `upload.rs`.

use super::app::App;
use super::channel::{Channel, is_id};
use super::file::File;
use super::message::{Attempt, SentMessage};
use super::refusal::Refusal;
use crate::rates::{Limit, Rates};
use std::collections::{HashMap, HashSet};
use std::time::Duration;

/// Messages to one channel: one a second, in bursts (?).
const MESSAGES: Limit = Limit::new(5, Duration::from_secs(5));
/// Calls of one method that is meant to be called often (tier 4).
const TIER_4: Limit = Limit::new(100, Duration::from_secs(60));
/// Calls of one other method (tier 3).
const TIER_3: Limit = Limit::new(50, Duration::from_secs(60));
const TIER_4_METHODS: &[&str] = &[
    "files.getUploadURLExternal",
    "files.completeUploadExternal",
    "files.info",
    "chat.postMessage",
    "auth.test",
];
/// How often `files.info` shows a completed file without its share: sharing takes a while.
const HIDDEN_FOR: u32 = 1;

#[derive(Debug)]
pub(crate) struct Platform {
    pub(crate) apps: Vec<App>,
    pub(crate) channels: HashMap<String, Channel>,
    /// Whether only channels that were named are known.
    pub(crate) only_named_channels: bool,
    /// Only these, once one was named.
    pub(crate) users: HashSet<String>,
    pub(crate) files: Vec<File>,
    pub(crate) messages: Vec<SentMessage>,
    pub(crate) attempts: Vec<Attempt>,
    /// Methods that are refused, and with what.
    pub(crate) refused: HashMap<String, String>,
    pub(crate) strict: bool,
    pub(crate) hidden_for: u32,
    /// Whether a completion shares anything, though it says so.
    pub(crate) shares: bool,
    pub(crate) per_channel: Limit,
    pub(crate) limits_methods: bool,
    rates: Rates,
    made_ids: u64,
    last_ts: u64,
}

impl Platform {
    pub(crate) fn new(first: App) -> Self {
        Self {
            apps: vec![first],
            channels: HashMap::new(),
            only_named_channels: false,
            users: HashSet::new(),
            files: Vec::new(),
            messages: Vec::new(),
            attempts: Vec::new(),
            refused: HashMap::new(),
            strict: false,
            hidden_for: HIDDEN_FOR,
            shares: true,
            per_channel: MESSAGES,
            limits_methods: true,
            rates: Rates::default(),
            made_ids: 0,
            last_ts: 0,
        }
    }

    /// An id of a kind: its letter and ten digits or capitals.
    pub(crate) fn make_id(&mut self, letter: char) -> String {
        self.made_ids += 1;
        let mixed = self.made_ids.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        format!("{letter}0{:05X}{:04X}", mixed >> 44, self.made_ids)
    }

    /// What nobody guesses: the secret part of an address.
    pub(crate) fn make_capability(&mut self) -> String {
        self.made_ids += 1;
        let mixed =
            u128::from(self.made_ids).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
        format!("CwABAAAA{mixed:032x}")
    }

    /// A time for a message, later than the one before.
    pub(crate) fn make_ts(&mut self, unix_now: Duration) -> String {
        self.last_ts = (unix_now.as_micros() as u64).max(self.last_ts + 1);
        format!(
            "{}.{:06}",
            self.last_ts / 1_000_000,
            self.last_ts % 1_000_000
        )
    }

    pub(crate) fn count_method(
        &mut self,
        app: &App,
        method: &str,
        now: Duration,
    ) -> Result<(), Refusal> {
        let limit = if TIER_4_METHODS.contains(&method) {
            TIER_4
        } else {
            TIER_3
        };
        if !self.limits_methods {
            return Ok(());
        }
        let counted = self
            .rates
            .count(&format!("{} {method}", app.token), limit, now);
        counted.map_err(Refusal::rate)
    }

    pub(crate) fn count_message(&mut self, channel_id: &str, now: Duration) -> Result<(), Refusal> {
        self.rates
            .count(channel_id, self.per_channel, now)
            .map_err(Refusal::rate)
    }

    /// A channel that is there. People's ids aren't channels.
    pub(crate) fn channel(&mut self, id: &str) -> Result<&Channel, Refusal> {
        // Direct conversations are known once they were opened.
        if is_id(id, "CG") && !self.only_named_channels {
            self.named(id);
        }
        self.channels
            .get(id)
            .ok_or_else(|| Refusal::of("channel_not_found"))
    }

    /// The channel of this id, made when there was none.
    pub(crate) fn named(&mut self, id: &str) -> &mut Channel {
        self.channels
            .entry(id.to_owned())
            .or_insert_with(|| Channel::new(id))
    }

    /// The direct conversation with a person: the one that is there, or a new one.
    pub(crate) fn direct(&mut self, user_id: &str) -> Result<String, Refusal> {
        if !is_id(user_id, "UW") || (!self.users.is_empty() && !self.users.contains(user_id)) {
            return Err(Refusal::of("user_not_found"));
        }
        let open = self
            .channels
            .values()
            .find(|channel| channel.user_id.as_deref() == Some(user_id));
        if let Some(channel) = open {
            return Ok(channel.id.clone());
        }
        let id = self.make_id('D');
        self.named(&id).user_id = Some(user_id.to_owned());
        Ok(id)
    }

    /// What stands in a channel now.
    pub(crate) fn standing(&self, channel_id: &str) -> impl Iterator<Item = &SentMessage> {
        self.messages
            .iter()
            .filter(move |message| message.channel_id == channel_id && !message.deleted)
    }

    /// Remembers what a call to put something into a channel came to.
    pub(crate) fn attempted(
        &mut self,
        method: &str,
        channel_id: &str,
        result: Result<Option<String>, &Refusal>,
    ) {
        let (error, ts) = match result {
            Ok(ts) => (String::new(), ts),
            Err(refusal) => (refusal.error.clone(), None),
        };
        self.attempts.push(Attempt {
            method: method.to_owned(),
            channel_id: channel_id.to_owned(),
            error,
            ts,
        });
    }
}
