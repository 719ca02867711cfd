//! One message to the chat, from its plan to its end.
//!
//! ```text
//! pending ──▶ sending ──▶ delivered | link_only
//!    │  ▲        │ └────▶ uncertain   it can't be repeated safely any more, with no answer known
//!    │  └────────┘ refused, may be tried again
//!    └─────────────────▶ failed
//! ```

use serde_json::Value;

use super::message::{Message, Shape};
use crate::io::{UnixMs, digest};
use crate::json::{Stored, Written, object_of, stored, stored_by_name};
use crate::upstream::results::ResultUrl;

/// Where a delivery stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveryState {
    /// Planned; nothing was sent.
    Pending,
    /// A message was begun, its answer isn't known.
    Sending,
    /// In the chat, as media or as the notice it is.
    Delivered,
    /// The user got the link instead.
    LinkOnly,
    /// Given up; the reason is kept.
    Failed,
    /// Perhaps in the chat: the answer was lost, and it can't be repeated safely.
    Uncertain,
}

impl DeliveryState {
    /// Whether something is still to be done by itself.
    #[must_use]
    pub const fn is_open(self) -> bool {
        match self {
            Self::Pending | Self::Sending => true,
            Self::Delivered | Self::LinkOnly | Self::Failed | Self::Uncertain => false,
        }
    }

    /// How far it is from having failed to being in the chat, or perhaps in it.
    const fn distance(self) -> u8 {
        match self {
            Self::Failed => 0,
            Self::Pending => 1,
            // All that may be in the chat counts alike: none of them may be sent a second time.
            Self::Sending | Self::Delivered | Self::LinkOnly | Self::Uncertain => 2,
        }
    }

    /// The name used in replies and records.
    #[must_use]
    pub const fn name(self) -> &'static str {
        contract::names::OF_DELIVERIES[self as usize]
    }
}

stored_by_name!(DeliveryState {
    Pending,
    Sending,
    Delivered,
    LinkOnly,
    Failed,
    Uncertain,
});

/// What a delivery is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Purpose {
    /// One result, as media.
    Result(ResultUrl),
    /// The links of results that can't be sent as media; the ids of the deliveries that were open when it was
    /// planned. Those that had no record yet are in it.
    Links(Vec<String>),
    /// The backend's question.
    Question,
    /// The job failed.
    Failure,
    /// The job took too long.
    Timeout,
    /// There are more results than are sent.
    More,
    /// A result may or may not have arrived, and nobody can say.
    Uncertain,
}

impl Purpose {
    /// The name used in replies, in records and in the delivery's identity.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Result(_) => "result",
            Self::Links(_) => "links",
            Self::Question => "question",
            Self::Failure => "failure",
            Self::Timeout => "timeout",
            Self::More => "more",
            Self::Uncertain => "uncertain",
        }
    }
}

impl Written for Purpose {
    fn to_json(&self) -> Value {
        match self {
            Self::Result(url) => object_of(&[self.name()], &[Some(url)]),
            Self::Links(ids) => object_of(&[self.name()], &[Some(ids)]),
            Self::Question | Self::Failure | Self::Timeout | Self::More | Self::Uncertain => {
                self.name().into()
            }
        }
    }
}

impl Stored for Purpose {
    fn from_json(value: &Value) -> Option<Self> {
        if let Some(name) = value.as_str() {
            let plain = [
                Self::Question,
                Self::Failure,
                Self::Timeout,
                Self::More,
                Self::Uncertain,
            ];
            return plain.into_iter().find(|purpose| purpose.name() == name);
        }
        let mut members = value.as_object()?.iter();
        let purpose = match members.next()? {
            (name, url) if name == "result" => Self::Result(ResultUrl::from_json(url)?),
            (name, ids) if name == "links" => Self::Links(Vec::from_json(ids)?),
            _ => return None,
        };
        // Anything beside it is a record that this version doesn't understand, and that must not be guessed at.
        members.next().is_none().then_some(purpose)
    }
}

/// One message to the chat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Names its file. Derived, so that two pollers plan the same delivery.
    pub id: String,
    /// The turn it belongs to.
    pub turn: u32,
    /// Its place among the session's deliveries.
    pub order: u32,
    /// What it is for.
    pub purpose: Purpose,
    /// Where it stands.
    pub state: DeliveryState,
    /// The identity of its message, of which its channel makes the key of a commit: the same on every retry.
    pub key: String,
    /// The message, once it is known: an upload isn't repeated when only the sending failed.
    pub message: Option<Message>,
    /// When its message was first begun; the window of its key counts from here.
    pub first_sent_at_ms: Option<UnixMs>,
    /// Tries in a row that failed.
    pub failures: u32,
    /// Tries that were refused as too fast.
    pub waits: u32,
    /// Tries that were refused for a cause outside of the message: the chat, the app, its rights.
    pub withheld: u32,
    /// When to try next.
    pub next_try_at_ms: UnixMs,
    /// The message in the chat.
    pub message_id: Option<String>,
    /// When it ended.
    pub ended_at_ms: Option<UnixMs>,
    /// The last trouble, without secrets.
    pub trouble: Option<String>,
    /// Of a result whose link stands in a message with several: that message's id.
    pub links: Option<String>,
    /// Whether an attempt has begun whose end isn't on record: it may go on in another process.
    pub under_way: bool,
}

stored!(Delivery {
    id,
    turn,
    order,
    purpose,
    state,
    key,
    message,
    first_sent_at_ms,
    failures,
    waits = 0,
    withheld = 0,
    next_try_at_ms,
    message_id,
    ended_at_ms,
    trouble,
    links,
    under_way = false,
});

impl Delivery {
    /// Plans a message of a turn; `subject` tells it from the turn's others.
    #[must_use]
    pub fn planned(
        nonce: &str,
        turn: u32,
        order: u32,
        purpose: Purpose,
        subject: &str,
        now_ms: UnixMs,
    ) -> Self {
        let kind = purpose.name();
        Self {
            id: Self::id_of(nonce, kind, subject),
            turn,
            order,
            purpose,
            state: DeliveryState::Pending,
            // The word in it is version 1's: a process of that version and one of this derive the same key.
            // Forty digits of hex: a `uuid` of the first platform may have fifty characters.
            key: digest(&["uuid", nonce, kind, subject], 40),
            message: None,
            first_sent_at_ms: None,
            failures: 0,
            waits: 0,
            withheld: 0,
            next_try_at_ms: now_ms,
            message_id: None,
            ended_at_ms: None,
            trouble: None,
            links: None,
            under_way: false,
        }
    }

    /// The id of a message of a turn.
    #[must_use]
    pub fn id_of(nonce: &str, kind: &str, subject: &str) -> String {
        digest(&["delivery", nonce, kind, subject], 20)
    }

    /// The result it carries, by the link that was known when it was planned.
    #[must_use]
    pub const fn result(&self) -> Option<&ResultUrl> {
        match &self.purpose {
            Purpose::Result(url) => Some(url),
            Purpose::Links(_)
            | Purpose::Question
            | Purpose::Failure
            | Purpose::Timeout
            | Purpose::More
            | Purpose::Uncertain => None,
        }
    }

    /// Whether this one and not the other stands for the result that both are for.
    #[must_use]
    pub const fn came_further_than(&self, other: &Self) -> bool {
        self.state.distance() > other.state.distance()
    }

    /// Whether it goes, or went, as a link: under its own key, so that where the channel's key spans both, whatever another
    /// process makes of the same result, one of both is shown.
    #[must_use]
    pub fn is_link(&self) -> bool {
        let message = self.message.as_ref();
        message.is_some_and(|message| message.shape == Shape::Text) && self.result().is_some()
    }

    /// Begins anew, as if nothing had been tried. What is known of it was so for causes that may be mended since: a result
    /// is tried as media again. Only for one that is certainly not in the chat.
    pub fn begin_anew(&mut self, now_ms: UnixMs) {
        self.state = DeliveryState::Pending;
        self.first_sent_at_ms = None;
        self.ended_at_ms = None;
        self.failures = 0;
        self.waits = 0;
        self.withheld = 0;
        self.next_try_at_ms = now_ms;
        // A notice keeps its text: made anew it could differ from the one that the record promises.
        if self.result().is_some() {
            self.message = None;
            self.links = None;
            self.trouble = None;
        }
    }

    /// Notes an end.
    pub const fn end(&mut self, state: DeliveryState, now_ms: UnixMs) {
        self.under_way = false;
        self.state = state;
        self.ended_at_ms = Some(now_ms);
    }
}
