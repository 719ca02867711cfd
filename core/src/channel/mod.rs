//! The port to the chats where results are shown: one folder a member, and one line in `MEMBERS`.
//!
//! A member says what its channel takes and promises as data ([`traits`]), and does three things: it makes a message of a medium
//! by calls that are harmless, commits a message that is on record, and, where the platform can be asked, finds out what
//! became of one whose response was lost. What follows from an answer is decided in `deliver/`, for all of them alike.
//!
//! Not here: when what is sent, and what is stored of it.

pub mod answer;
pub mod calls;
pub mod feishu;
pub mod media;
#[cfg(test)]
mod toy;
pub mod traits;

use crate::config::Settings;
use crate::session::{Message, Route, Shape};
use answer::{Answer, Found};
use calls::Calls;
use media::Media;
use traits::Traits;

/// Every channel that this program can write to.
static MEMBERS: &[&Member] = &[
    &feishu::MEMBER,
    #[cfg(test)]
    &toy::MEMBER,
];

/// One channel.
pub struct Member {
    /// Its name for programs. This and what follows are the contract's, of whose entry the component needs no more.
    pub id: &'static str,
    /// Its name for people, in the middle of a sentence.
    pub name: &'static str,
    /// The platforms it is the same for, each with the word that names it in a route.
    pub platforms: &'static [contract::channels::Platform],
    /// What is accepted as a recipient, for people.
    pub accepted: &'static str,
    /// Reads a recipient as a user names it.
    pub read: ReadRecipient,
    /// What it takes and promises.
    pub traits: &'static Traits,
    /// With the credentials that these settings have for the account of a route.
    pub open: for<'a> fn(&'a Settings, Option<&str>) -> Opened<'a>,
    /// Whether two texts name the same recipient, also where they are stored as an earlier version took them.
    pub same_chat: fn(&str, &str) -> bool,
}

/// Reads a recipient; the error is the end of a sentence.
pub type ReadRecipient = fn(&str) -> Result<contract::channels::Recipient, &'static str>;

/// A channel, where there are credentials for it.
pub type Opened<'a> = Result<Box<dyn Channel + 'a>, Missing<'a>>;

/// There are no credentials for a channel.
pub struct Missing<'a> {
    /// Which file, which member, for whoever runs the machine.
    pub detail: &'a str,
}

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
}

/// A channel with its credentials, for one step.
pub trait Channel {
    /// Does all that precedes a medium's commit: harmless calls only.
    fn prepare(
        &mut self,
        calls: &Calls<'_>,
        media: &Media<'_>,
        shape: Shape,
    ) -> Result<Message, Answer>;

    /// Shows a message. What it sends is made of what is on record, and of nothing else.
    fn commit(&mut self, calls: &Calls<'_>, sending: &Sending<'_>) -> Answer;

    /// Asks what became of a message whose response was lost. Only where [`Traits::reads_back`].
    fn look_for(&mut self, calls: &Calls<'_>, sending: &Sending<'_>) -> Found {
        // A default that finds out nothing: a channel that can't be asked has nothing to write here, and the
        // trait keeps it from being called.
        let _ = (calls, sending);
        Found::Unknown("it can't be asked".to_owned())
    }

    /// Where the credentials were found, and whose they are, in words.
    fn found(&self) -> String;

    /// The address that it speaks to.
    fn address(&self) -> &str;

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

/// Whether two texts name the same recipient of a channel: of the first one, where a route names none that is known.
#[must_use]
pub fn is_same_chat(channel: &str, one: &str, other: &str) -> bool {
    // Records of earlier versions may name no channel: there was one.
    let member = of(channel).or_else(|| MEMBERS.first().copied());
    member.is_some_and(|member| (member.same_chat)(one, other))
}

/// A channel's name as a heading: its own, without those of its other platforms.
#[must_use]
pub fn title(member: &Member) -> String {
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
