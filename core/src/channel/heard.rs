//! From whom an account has heard, where its channel takes messages for a while only, and so many. From the harness, which reads it
//! where the channel's own program keeps it: without one nothing is known, and nothing is refused for it.

use serde_json::Value;

use super::traits::Traits;
use crate::io::UnixMs;

/// From whom an account has heard.
pub struct Heard {
    /// When the latest message came, whoever wrote it.
    at_ms: UnixMs,
    /// Whoever has written, each with how many messages they got since.
    chats: Vec<(String, u64)>,
}

/// Why a chat takes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deaf {
    /// Whoever is there has never written.
    Unheard,
    /// What they wrote is too long ago.
    TooLongAgo,
    /// They have got as many messages as it takes since.
    Full,
}

impl Heard {
    /// What is said of the account of this name, or of the one that is meant without one. `all` is the harness's list, an entry for
    /// each account; an entry that can't be read is none.
    #[must_use]
    pub fn read(all: &Value, channel: &str, account: Option<&str>) -> Option<Self> {
        let mut all = all.as_array()?.iter();
        let entry = all.find(|one| {
            let is = |member: &str| one.get(member).and_then(Value::as_str);
            is("channel") == Some(channel) && is("account") == account
        })?;
        let chats = entry.get("chats")?.as_object()?.iter();
        Some(Self {
            at_ms: entry.get("atMs")?.as_u64()?,
            chats: chats
                .filter_map(|(id, sent)| Some((id.clone(), sent.as_u64()?)))
                .collect(),
        })
    }

    /// Whether a chat won't take anything at that time. When the latest message came is known of all chats together: of one of
    /// several it may have come earlier, and then the platform says so.
    #[must_use]
    pub fn deaf(&self, chat: &str, traits: &Traits, at_ms: UnixMs) -> Option<Deaf> {
        let Some((_, sent)) = self.chats.iter().find(|(id, _)| id == chat) else {
            return Some(Deaf::Unheard);
        };
        // Each chat has its own time, and this is the latest of them: a proof that it is over, and never that it isn't.
        if traits
            .deadline_ms
            .is_some_and(|most_ms| at_ms > self.at_ms.saturating_add(most_ms))
        {
            return Some(Deaf::TooLongAgo);
        }
        traits
            .answers
            .is_some_and(|most| *sent >= most)
            .then_some(Deaf::Full)
    }
}

#[cfg(test)]
mod tests {
    use super::super::toy;
    use super::*;

    #[test]
    fn a_chat_is_deaf_that_never_wrote_or_too_long_ago_or_got_all_that_it_takes() {
        let traits = Traits {
            deadline_ms: Some(1_000),
            answers: Some(3),
            ..*toy::MEMBER.traits
        };
        let all = serde_json::json!([
            {"channel": "toy", "account": null, "atMs": 1, "chats": {}},
            {"channel": "toy", "account": "a", "atMs": 5_000, "chats": {"x": 2, "y": 3}},
        ]);
        assert!(Heard::read(&all, "other", None).is_none());
        assert!(Heard::read(&all, "toy", Some("b")).is_none());
        let one = Heard::read(&all, "toy", Some("a")).unwrap();
        for (chat, at_ms, deaf) in [
            ("x", 6_000, None),
            ("x", 6_001, Some(Deaf::TooLongAgo)),
            ("y", 6_000, Some(Deaf::Full)),
            ("z", 6_000, Some(Deaf::Unheard)),
        ] {
            assert_eq!(one.deaf(chat, &traits, at_ms), deaf, "{chat} {at_ms}");
        }
        // A clock that was set back refuses nothing.
        assert_eq!(one.deaf("x", &traits, 0), None);
    }
}
