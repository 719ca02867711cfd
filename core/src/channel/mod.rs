//! The port to the chats where results are shown: one folder a member, and one line in `MEMBERS`.
//!
//! A member says what its channel takes and promises as data ([`traits`]), and does three things: it makes a message of a medium
//! by calls that are harmless, commits a message that is on record, and, where the platform can be asked, finds out what
//! became of one whose response was lost. What follows from an answer is decided in `deliver/`, for all of them alike.
//!
//! Not here: when what is sent, and what is stored of it.

pub mod account;
pub mod answer;
pub mod calls;
#[cfg(feature = "dingtalk")]
pub mod dingtalk;
#[cfg(feature = "discord")]
pub mod discord;
pub mod feishu;
pub mod heard;
#[cfg(feature = "matrix")]
pub mod matrix;
pub mod media;
#[cfg(feature = "slack")]
pub mod slack;
#[cfg(feature = "telegram")]
pub mod telegram;
mod token;
#[cfg(any(test, feature = "toys"))]
pub mod toy;
pub mod traits;
#[cfg(feature = "webhook")]
pub mod webhook;
#[cfg(feature = "wechat")]
pub mod wechat;
#[cfg(feature = "wecom")]
pub mod wecom;

use serde_json::Value;

use crate::io::{RelayError, UnixMs};
use crate::session::{Message, Route, Shape};
use crate::upstream::results::ResultUrl;
use account::Account;
use answer::{Answer, Found};
use calls::{Bytes, Calls};
use media::Media;
use traits::Traits;

/// Every channel that this program can write to.
static MEMBERS: &[&Member] = &[
    &feishu::MEMBER,
    #[cfg(feature = "discord")]
    &discord::MEMBER,
    #[cfg(feature = "slack")]
    &slack::MEMBER,
    #[cfg(feature = "telegram")]
    &telegram::MEMBER,
    #[cfg(feature = "matrix")]
    &matrix::MEMBER,
    #[cfg(feature = "webhook")]
    &webhook::MEMBER,
    #[cfg(feature = "wecom")]
    &wecom::MEMBER,
    #[cfg(feature = "dingtalk")]
    &dingtalk::MEMBER,
    #[cfg(feature = "wechat")]
    &wechat::MEMBER,
    #[cfg(any(test, feature = "toys"))]
    &toy::MEMBER,
    #[cfg(any(test, feature = "toys"))]
    &toy::MUTE,
    #[cfg(all(feature = "toys", not(test)))]
    &toy::BARE,
    #[cfg(all(feature = "toys", not(test)))]
    &toy::ECHO,
    #[cfg(all(feature = "toys", not(test)))]
    &toy::STEADY,
];

/// One channel.
pub struct Member {
    /// Its name for programs. This and what follows are the contract's, of whose entry the component needs no more.
    pub id: &'static str,
    /// Its name for people, in the middle of a sentence.
    pub name: &'static str,
    /// The platforms it is the same for, each with the word that names it in a route.
    pub platforms: &'static [contract::channels::Platform],
    /// How its recipients are written.
    pub recipients: &'static contract::channels::Recipients,
    /// The variables that set it up.
    pub variables: &'static contract::channels::Variables,
    /// What may stand behind its address where a user writes one.
    pub tail: &'static str,
    /// What it takes and promises.
    pub traits: &'static Traits,
    /// What it proves that a picture can be prepared which nobody gets to see: of which link of the chain, and in words.
    pub proves: (&'static str, &'static str),
    /// With the credentials of an account.
    pub open: for<'a> fn(&'a Account) -> Box<dyn Channel + 'a>,
    /// Whether two texts name the same recipient, also where they are stored as an earlier version took them.
    pub same_chat: fn(&str, &str) -> bool,
    /// Reads a delivery of version 1 of the records, of the one channel that there was then.
    pub version_1: Option<ReadVersion1>,
}

/// A record in today's form; `None` where it is none of version 1.
pub type ReadVersion1 = fn(Value) -> Option<Value>;

/// What is to be sent.
pub struct Sending<'a> {
    /// To whom.
    pub route: &'a Route,
    /// What.
    pub message: &'a Message,
    /// Its identity: the same in every attempt, and no other message's. Forty hexadecimal digits, of which a channel makes its
    /// own key.
    pub key: &'a str,
    /// Whether no earlier attempt of it may be in the chat.
    pub is_first: bool,
    /// When the first attempt that may be there was begun, this one among them.
    pub first_sent_at_ms: Option<UnixMs>,
    /// Where the bytes of a medium are; a channel that takes them with the message needs them.
    pub content: Option<Content<'a>>,
}

impl<'a> Sending<'a> {
    /// The bytes of the medium, `len` of them, where a channel takes them with the message.
    ///
    /// # Errors
    /// The address of the media isn't known any more: nothing was sent.
    fn bytes(&self, len: u64) -> Result<Bytes<'a>, RelayError> {
        match self.content {
            Some(Content::Here(bytes)) => Ok(Bytes::Here(bytes)),
            Some(Content::Result(url)) => Ok(Bytes::Fetched(media::whole(url, len), len)),
            None => Err(RelayError::Source {
                status: 0,
                reason: "the address of the media isn't known any more".to_owned(),
            }),
        }
    }
}

/// Where the bytes of a medium are when its message is sent.
#[derive(Clone, Copy)]
pub enum Content<'a> {
    /// Here.
    Here(&'a [u8]),
    /// In the media store. The newest address of it, which may not be the one that it was prepared from.
    Result(&'a ResultUrl),
}

/// A channel with its credentials, for one step.
pub trait Channel {
    /// Does all that precedes a medium's commit: harmless calls only. `to`: where it will be shown; none where somebody only
    /// wants to know whether it could be.
    fn prepare(
        &mut self,
        calls: &Calls<'_>,
        media: &Media<'_>,
        shape: Shape,
        to: Option<&Route>,
    ) -> Result<Message, Answer>;

    /// Why nothing can ever be shown in a chat, as far as the platform says so when it is asked: whoever submits asks, before it costs
    /// anything. What people can mend is no reason, and neither is that there was no response.
    fn never_shows(&mut self, calls: &Calls<'_>, route: &Route) -> Option<&'static str> {
        // A default that asks nothing: most platforms have no such chats.
        let _ = (calls, route);
        None
    }

    /// Takes back what preparing a message has shown, where that was something and the message isn't sent. Nothing depends on
    /// it: who can't is left with a line that announces something.
    fn withdraw(&mut self, calls: &Calls<'_>, message: &Message) {
        let _ = (calls, message);
    }

    /// Shows a message. What it sends is made of what is on record, and of nothing else.
    fn commit(&mut self, calls: &Calls<'_>, sending: &Sending<'_>) -> Answer;

    /// Shows a line that will be changed, of the words of `sending`. Only where [`Traits::edits`].
    ///
    /// Where a text can be changed like any other message, it is one.
    fn announce(&mut self, calls: &Calls<'_>, sending: &Sending<'_>) -> Answer {
        self.commit(calls, sending)
    }

    /// Has such a line, the message of this id, say the words of `sending`. That may happen twice: it says the same then.
    fn change(&mut self, calls: &Calls<'_>, sending: &Sending<'_>, id: &str) -> Answer {
        // A default that does nothing: a channel whose messages can't be changed has nothing to write here, and the
        // trait keeps it from being called.
        let _ = (calls, sending, id);
        Answer::NotDispatched("it can't be changed".to_owned())
    }

    /// Asks what became of a message whose response was lost. Only where [`Traits::reads_back`].
    fn look_for(&mut self, calls: &Calls<'_>, sending: &Sending<'_>) -> Found {
        // A default that finds out nothing: a channel that can't be asked has nothing to write here, and the
        // trait keeps it from being called.
        let _ = (calls, sending);
        Found::Unknown("it can't be asked".to_owned())
    }

    /// What to do about a refusal, for whoever runs the machine.
    fn advice(&self, answer: &Answer) -> String;
}

/// The channel that a route names; none where this version knows none of that name.
#[must_use]
pub fn of(channel: &str) -> Option<&'static Member> {
    let channel = channel.trim();
    let mut members = MEMBERS.iter().copied();
    let is = |word: &str| word.eq_ignore_ascii_case(channel);
    members.find(|member| member.platforms.iter().any(|platform| is(platform.word)))
}

/// The channel that is meant where a route names none: the first one.
pub fn usual() -> Option<&'static Member> {
    MEMBERS.first().copied()
}

/// Whether two texts name the same recipient of a channel: of the first one, where a route names none that is known.
#[must_use]
pub fn is_same_chat(channel: &str, one: &str, other: &str) -> bool {
    // Records of earlier versions may name no channel: there was one.
    let member = of(channel).or_else(usual);
    member.is_some_and(|member| (member.same_chat)(one, other))
}

/// Whether two texts name the same recipient, by the ids that they are read as.
fn names_same(recipients: &contract::channels::Recipients, one: &str, other: &str) -> bool {
    match ((recipients.read)(one), (recipients.read)(other)) {
        (Ok(one), Ok(other)) => one.kind == other.kind && one.id == other.id,
        _ => one == other,
    }
}

/// A delivery of version 1 of the records in today's form; `None` where it is none.
pub(crate) fn delivery_of_version_1(record: Value) -> Option<Value> {
    let reads = all().find_map(|member| member.version_1)?;
    reads(record)
}

/// A channel's name as a heading: its own, without those of its other platforms.
#[must_use]
pub fn title(member: &Member) -> String {
    let mut platforms = member.platforms.iter();
    // As its platform writes it, where that is the same word: WeCom, and not Wecom.
    if let Some(own) = platforms.find(|own| own.name.eq_ignore_ascii_case(member.id)) {
        return own.name.to_owned();
    }
    let mut letters = member.id.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

/// Every channel.
pub fn all() -> impl Iterator<Item = &'static Member> {
    MEMBERS.iter().copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_channel_of_the_contract_has_a_member_and_every_member_stands_there() {
        for entry in contract::channels::CHANNELS {
            for word in entry.words() {
                assert_eq!(of(word).unwrap().id, entry.id, "{word}");
            }
        }
        assert!(of("nowhere").is_none() && of("").is_none());
    }
}
