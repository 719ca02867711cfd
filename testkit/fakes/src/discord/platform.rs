//! Discord's state: who and what is known, and how often is too often. What a call does with it is in `calls.rs`.

use super::bot::{Bot, Permission, is_user_agent};
use super::channel::{Channel, Kind};
use super::message::{Attempt, SentMessage};
use super::refusal::Refusal;
use super::snowflake::{self, Snowflakes};
use crate::rates::{Limit, Rates};
use crate::record::Recorded;
use std::collections::{HashMap, HashSet};
use std::time::Duration;

/// Calls of one bot, all together.
const GLOBAL: Limit = Limit::new(50, Duration::from_secs(1));
/// Messages to one channel (?): what is seen; the headers tell, and a client must go by them.
const SENDS: Limit = Limit::new(5, Duration::from_secs(5));
/// After so many refusals in so long a time the address is shut out.
const REFUSED: Limit = Limit::new(10_000, Duration::from_secs(600));
/// For how long a nonce stands for its message. The documents say "the past few minutes".
const NONCE_WINDOW: Duration = Duration::from_secs(120);

/// Behaviours of the real service that are seen only sometimes, and what is asked of our own client alone.
#[derive(Debug, Default)]
pub(crate) struct Switches {
    /// See [`super::Discord::strict`].
    pub(crate) strict: bool,
    /// See [`super::Discord::oversize_is_50045`].
    pub(crate) oversize_is_50045: bool,
    /// See [`super::Discord::direct_messages_too_fast`].
    pub(crate) direct_messages_too_fast: bool,
}

/// A nonce that was used.
#[derive(Debug)]
pub(crate) struct Used {
    /// The message that it made.
    pub(crate) message_id: String,
    /// When, since the world began.
    pub(crate) at: Duration,
}

/// All that is known.
#[derive(Debug)]
pub(crate) struct Platform {
    /// Those whose tokens are valid.
    pub(crate) bots: Vec<Bot>,
    /// By id: channels, threads, and conversations with one person.
    pub(crate) channels: HashMap<String, Channel>,
    /// Whether only channels that were named are known.
    pub(crate) only_named_channels: bool,
    /// Only these, once one was named.
    pub(crate) users: HashSet<String>,
    /// Users who take no direct messages.
    pub(crate) blocking: HashSet<String>,
    /// Users who share no guild with the bot.
    pub(crate) strangers: HashSet<String>,
    /// Oldest first, deleted ones too.
    pub(crate) messages: Vec<SentMessage>,
    /// Oldest first.
    pub(crate) attempts: Vec<Attempt>,
    /// By author and nonce.
    pub(crate) nonces: HashMap<(String, String), Used>,
    /// How long a nonce stands for its message.
    pub(crate) nonce_window: Duration,
    /// What was switched on.
    pub(crate) switches: Switches,
    /// Of messages to one channel.
    pub(crate) sends: Limit,
    /// Where ids come from.
    pub(crate) ids: Snowflakes,
    /// How often what was asked for.
    pub(crate) rates: Rates,
    /// Answers with 401, 403 and 429.
    pub(crate) invalid: u64,
}

impl Platform {
    /// As it begins: one bot, and nobody named.
    pub(crate) fn new(first: Bot) -> Self {
        Self {
            bots: vec![first],
            channels: HashMap::new(),
            only_named_channels: false,
            users: HashSet::new(),
            blocking: HashSet::new(),
            strangers: HashSet::new(),
            messages: Vec::new(),
            attempts: Vec::new(),
            nonces: HashMap::new(),
            nonce_window: NONCE_WINDOW,
            switches: Switches::default(),
            sends: SENDS,
            ids: Snowflakes::default(),
            rates: Rates::default(),
            invalid: 0,
        }
    }

    /// Whose token a call carries, in the one place where a token belongs.
    pub(crate) fn authorize(&self, request: &Recorded) -> Result<Bot, Refusal> {
        if !is_user_agent(request.header("user-agent"), self.switches.strict) {
            return Err(Refusal::of(40333));
        }
        let mut headers = request.headers.get_all("authorization").iter();
        let (header, another) = (headers.next(), headers.next());
        let token = header.and_then(|value| value.to_str().ok()?.strip_prefix("Bot "));
        let bot = token.and_then(|token| self.bots.iter().find(|bot| bot.token == token));
        bot.filter(|_| another.is_none())
            .cloned()
            .ok_or_else(|| Refusal::of(0))
    }

    /// Counts a call against the limits of its bot and of `bucket`.
    pub(crate) fn count(
        &mut self,
        bot: &Bot,
        bucket: Option<&str>,
        now: Duration,
    ) -> Result<(), Refusal> {
        let global = self.rates.count(&bot.id, GLOBAL, now);
        global.map_err(|reset| Refusal::rate(0, reset, "global"))?;
        let Some(bucket) = bucket else { return Ok(()) };
        let counted = self
            .rates
            .count(&format!("{} {bucket}", bot.id), self.sends, now);
        counted.map_err(|reset| Refusal::rate(0, reset, "user"))
    }

    /// What is left in a bucket, and when it is full again.
    pub(crate) fn left(&self, bot: &Bot, bucket: &str, now: Duration) -> (u32, Duration) {
        self.rates
            .left(&format!("{} {bucket}", bot.id), self.sends, now)
    }

    /// Counts an answer that Discord holds against an address, and whether it has had too many.
    pub(crate) fn is_shut_out(&mut self, status: u16, now: Duration) -> bool {
        if !matches!(status, 401 | 403 | 429) {
            return false;
        }
        self.invalid += 1;
        self.rates.count("invalid", REFUSED, now).is_err()
    }

    /// A channel that is there and that the bot may see.
    pub(crate) fn channel(&mut self, id: &str) -> Result<&mut Channel, Refusal> {
        if snowflake::parse(id).is_none() {
            let words = format!("Value \"{id}\" is not snowflake.");
            return Err(Refusal::form(&["channel_id"], "NUMBER_TYPE_COERCE", &words));
        }
        if !self.only_named_channels && !self.channels.contains_key(id) {
            self.named(id, Kind::Text);
        }
        let channel = self.channels.get_mut(id).filter(|channel| !channel.deleted);
        let channel = channel.ok_or_else(|| Refusal::of(10003))?;
        if channel.allows(Permission::ViewChannel) {
            Ok(channel)
        } else {
            Err(Refusal::of(50001))
        }
    }

    /// The channel of this id, made when there was none.
    pub(crate) fn named(&mut self, id: &str, kind: Kind) -> &mut Channel {
        self.channels
            .entry(id.to_owned())
            .or_insert_with(|| Channel::new(id, kind))
    }

    /// The conversation with a person, if it was opened.
    pub(crate) fn direct(&self, user_id: &str) -> Option<&Channel> {
        let wanted = Kind::Direct {
            user_id: user_id.to_owned(),
        };
        self.channels
            .values()
            .find(|channel| channel.kind == wanted)
    }

    /// What stands in a channel now.
    pub(crate) fn standing(&self, channel_id: &str) -> impl Iterator<Item = &SentMessage> {
        let in_channel =
            move |message: &&SentMessage| message.channel_id == channel_id && !message.deleted;
        self.messages.iter().filter(in_channel)
    }

    /// Puts a message into its channel. A thread that slept wakes up.
    pub(crate) fn put(&mut self, message: SentMessage) {
        if let Some(channel) = self.channels.get_mut(&message.channel_id) {
            channel.last_message_id = Some(message.message_id.clone());
            channel.archived = false;
        }
        self.messages.push(message);
    }
}
