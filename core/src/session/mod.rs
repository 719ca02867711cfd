//! What is kept of a session: its turns, where each stands, and each delivery.
//!
//! One writer per file: `Asked` is written once, by the process that submits; `Progress` and
//! `Delivery` by whoever polls. What two pollers could write at once is harmless: deliveries have
//! a file each and a key derived from the turn, so both send the same message.

mod delivery;
mod line;
mod message;

use serde_json::Value;

use crate::io::{UnixMs, digest};
use crate::json::{Stored, Written, member, object_of_some, stored, stored_by_name};
use crate::ratio;
use crate::upstream::results::ResultUrl;
use crate::upstream::{Baseline, Given, Job, ServiceId, TurnMark, View};

pub use delivery::{Delivery, DeliveryState, Purpose};
pub use line::Line;
pub use message::{Message, Shape};

/// Where a session stands, to the outside: where its latest turn stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Taken; no answer yet.
    Submitted,
    /// The backend works.
    Generating,
    /// The backend asked something.
    AwaitingUser,
    /// All results are there.
    Completed,
    /// Refused or failed.
    Failed,
    /// Nothing within the time; a late result is still delivered.
    Timeout,
}

impl State {
    /// The name used in replies and records.
    #[must_use]
    pub const fn name(self) -> &'static str {
        contract::names::OF_SESSIONS[self as usize]
    }

    /// Whether upstream has nothing more to say. A `timeout` is not: a late result still counts.
    #[must_use]
    pub const fn is_final(self) -> bool {
        match self {
            Self::Completed | Self::Failed => true,
            Self::Submitted | Self::Generating | Self::AwaitingUser | Self::Timeout => false,
        }
    }
}

stored_by_name!(State {
    Submitted,
    Generating,
    AwaitingUser,
    Completed,
    Failed,
    Timeout,
});

/// Where results go: identifiers that stay valid, nothing else. Each as the channel writes it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Route {
    /// The channel's word, or empty.
    pub channel: String,
    /// Which of several accounts of the channel writes; the only one where none is named.
    pub account: Option<String>,
    /// The recipient as the user named it, or empty.
    pub chat: String,
    /// The topic or thread of the chat that results belong in, where it has an id of its own.
    pub thread: Option<String>,
    /// The message that is answered, in whose topic or thread results belong.
    pub reply_to: Option<String>,
}

impl Written for Route {
    /// A route without an account and a thread is written as version 1 wrote it.
    fn to_json(&self) -> Value {
        // Left out and not `null`: a record that has the member at all is written as version 2.
        fn present(member: &Option<String>) -> Option<&dyn Written> {
            member.as_ref().map(|id| id as &dyn Written)
        }
        object_of_some! {
            "channel": Some(&self.channel),
            "account": present(&self.account),
            "chat_id": Some(&self.chat),
            "thread": present(&self.thread),
            "reply_to": present(&self.reply_to),
        }
    }
}

impl Stored for Route {
    fn from_json(value: &Value) -> Option<Self> {
        Some(Self {
            channel: member(value, "channel")?,
            account: member(value, "account")?,
            chat: member(value, "chat_id")?,
            thread: member(value, "thread")?,
            reply_to: member(value, "reply_to")?,
        })
    }
}

impl Route {
    /// Whether there is somebody to send to.
    #[must_use]
    pub const fn is_complete(&self) -> bool {
        !self.channel.is_empty() && !self.chat.is_empty()
    }
}

/// What was asked for in one turn. Written once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The session's id, as the service gave it.
    pub session_id: String,
    /// The project on the canvas; empty when it isn't known.
    pub project_uuid: String,
    /// 1 for the first turn.
    pub turn: u32,
    /// Random, made before the submit: every message's key of this turn derives from it.
    pub nonce: String,
    /// The words as they were sent.
    pub text: String,
    /// The service it was submitted to.
    pub service: ServiceId,
    /// Where results go.
    pub route: Route,
    /// Where this turn's messages begin.
    pub baseline: Baseline,
    /// When it was submitted.
    pub submitted_at_ms: UnixMs,
    /// All that there will ever be of it, where the answer to the submit brought that. In the same record as the rest: a
    /// picture is paid for and nobody could ask for it again.
    pub given: Option<Given>,
}

stored!(Asked {
    session_id,
    project_uuid,
    turn,
    nonce,
    text,
    service as "mode",
    route,
    baseline,
    submitted_at_ms,
    given = None,
});

impl Asked {
    /// What the user said, without the ratio that was put beside it.
    #[must_use]
    pub fn words(&self) -> String {
        ratio::without_ratio(&self.text)
    }

    /// Where people see its project, when that is known and the service has such a page.
    #[must_use]
    pub fn project_link(&self) -> Option<String> {
        let is_known = !self.project_uuid.is_empty();
        let link = || self.service.project_link(&self.project_uuid);
        is_known.then(link).flatten()
    }
}

/// So many results of a turn are sent; what is beyond stands on the canvas. A prompt brings nine, and some dozen frames:
/// who sends more floods a chat.
pub const MAX_RESULTS_OF_A_TURN: usize = 40;

/// Where one turn stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// Where it stands.
    pub state: State,
    /// The newest link of each result so far.
    pub results: Vec<ResultUrl>,
    /// How many results there were beyond [`MAX_RESULTS_OF_A_TURN`].
    pub more: usize,
    /// Answered polls.
    pub polls: u32,
    /// Polls in a row without anything new.
    pub quiet_polls: u32,
    /// Polls in a row that failed.
    pub failures: u32,
    /// Polls that failed when the job's time was over: only an answer gives it up.
    pub postponed: u32,
    /// How many messages the last answered poll saw.
    pub seen: usize,
    /// When to poll next.
    pub next_poll_at_ms: UnixMs,
    /// When it reached its state, for a final one or a timeout.
    pub ended_at_ms: Option<UnixMs>,
    /// When the last result was delivered.
    pub delivered_at_ms: Option<UnixMs>,
    /// Why it failed, or what the last poll's trouble was.
    pub trouble: Option<String>,
    /// The question it waits for.
    pub question: Option<String>,
}

stored!(Progress {
    state,
    results,
    more = 0,
    polls,
    quiet_polls,
    failures,
    postponed = 0,
    seen,
    next_poll_at_ms,
    ended_at_ms,
    delivered_at_ms,
    trouble,
    question,
});

impl Progress {
    /// A turn that has just begun.
    #[must_use]
    pub const fn begun(now_ms: UnixMs) -> Self {
        Self {
            state: State::Submitted,
            results: Vec::new(),
            more: 0,
            polls: 0,
            quiet_polls: 0,
            failures: 0,
            postponed: 0,
            seen: 0,
            next_poll_at_ms: now_ms,
            ended_at_ms: None,
            delivered_at_ms: None,
            trouble: None,
            question: None,
        }
    }
}

/// One turn with all that is known of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    /// What was asked.
    pub asked: Asked,
    /// Where it stands.
    pub progress: Progress,
}

impl Turn {
    /// Whether its service may still stop it.
    #[must_use]
    pub fn may_be_cancelled(&self) -> bool {
        let has_ended = self.progress.state.is_final() || self.asked.given.is_some();
        self.asked.service.traits().cancels && !has_ended
    }
}

/// A session as it was read from its folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// The folder's name.
    pub key: String,
    /// Its turns, oldest first; at least one.
    pub turns: Vec<Turn>,
    /// Its deliveries, in the order they were planned.
    pub deliveries: Vec<Delivery>,
}

impl Session {
    /// The latest turn.
    #[must_use]
    pub fn latest(&self) -> Option<&Turn> {
        self.turns.last()
    }

    /// The session's id.
    #[must_use]
    pub fn id(&self) -> &str {
        self.latest().map_or("", |turn| &turn.asked.session_id)
    }

    /// The canvas link, when the project is known.
    #[must_use]
    pub fn canvas(&self) -> Option<String> {
        self.turns
            .iter()
            .rev()
            // The newest that is known: a job found in a list of tasks has no project.
            .find(|turn| !turn.asked.project_uuid.is_empty())
            .and_then(|turn| turn.asked.project_link())
    }

    /// The newest link to the result that a delivery is for.
    #[must_use]
    pub fn link_of<'a>(&'a self, delivery: &'a Delivery) -> Option<&'a ResultUrl> {
        let planned = delivery.result()?;
        let identity = planned.identity();
        let results = self.turns.iter().flat_map(|turn| &turn.progress.results);
        // The newest: a store signs links anew, and the one from the plan may have expired by the time it is
        // sent.
        let newest = results.rev().find(|url| url.identity() == identity);
        Some(newest.unwrap_or(planned))
    }

    /// The delivery of a result. Earlier versions made one for each link to it: that which came furthest.
    #[must_use]
    pub fn delivery_of(&self, url: &ResultUrl) -> Option<&Delivery> {
        let identity = url.identity();
        let deliveries = self.deliveries.iter().filter(|delivery| {
            let result = delivery.result();
            result.is_some_and(|result| result.identity() == identity)
        });
        deliveries.reduce(|one, other| {
            if other.came_further_than(one) {
                other
            } else {
                one
            }
        })
    }

    /// What is asked of the service about it: each turn, in order.
    #[must_use]
    pub fn marks(&self) -> Vec<TurnMark<'_>> {
        let turns = self.turns.iter();
        turns
            .map(|turn| TurnMark {
                baseline: &turn.asked.baseline,
                text: &turn.asked.text,
                project: &turn.asked.project_uuid,
                is_over: turn.progress.state.is_final(),
            })
            .collect()
    }

    /// What there is to see of it where the answer to its submit brought all there is: the service isn't asked, and no key is
    /// needed.
    #[must_use]
    pub fn given(&self) -> Option<View> {
        let given = self.latest()?.asked.given.as_ref()?;
        Some(given.view(self.turns.len()))
    }

    /// The same as a job of its service.
    #[must_use]
    pub fn job<'a>(&'a self, marks: &'a [TurnMark<'a>]) -> Job<'a> {
        Job {
            session_id: self.id(),
            turns: marks,
            after: None,
        }
    }

    /// Whether all that is still to be sent was refused for the chat, the app or its rights.
    #[must_use]
    pub fn only_waits_for_people(&self) -> bool {
        let mut open = self
            .deliveries
            .iter()
            .filter(|delivery| delivery.state.is_open() && delivery.links.is_none())
            .peekable();
        // At least one: nothing to wait for isn't waiting.
        open.peek().is_some() && open.all(|delivery| delivery.withheld > 0)
    }

    /// Whether anything is still to be sent.
    #[must_use]
    pub fn has_undelivered(&self) -> bool {
        self.deliveries
            .iter()
            .any(|delivery| delivery.state.is_open())
    }
}

/// The name of a session's folder: readable, safe whatever the server calls it, and unique.
#[must_use]
pub fn folder_name(session_id: &str) -> String {
    format!(
        "{}-{}",
        safe_prefix(session_id),
        // Two ids may have the same readable part: the digest keeps them apart, also on disks that ignore case.
        digest(&["session", session_id], 12)
    )
}

/// The readable part of a folder's name.
#[must_use]
pub fn safe_prefix(session_id: &str) -> String {
    const MAX_CHARS: usize = 40;
    session_id
        .chars()
        .take(MAX_CHARS)
        .map(|c| {
            if c.is_ascii_alphanumeric() || c == '-' {
                c
            } else {
                '_'
            }
        })
        .collect()
}
