//! Chats: people, groups, supergroups with their topics, channels; and whether a bot may speak there.

use super::file::Kind;
use super::refusal::Refusal;
use serde_json::{Value, json};
use std::collections::HashMap;

#[derive(Clone, Debug)]
pub(crate) struct Chat {
    pub(crate) id: i64,
    /// What every call for this chat is refused with.
    pub(crate) refused: Option<(u16, String)>,
    pub(crate) migrated_to: Option<i64>,
    /// Topics, and whether each is closed. A chat without any is no forum.
    pub(crate) topics: HashMap<i64, bool>,
    pub(crate) denied: Vec<Kind>,
    pub(crate) last_message_id: i64,
}

impl Chat {
    pub(crate) fn new(id: i64) -> Self {
        Self {
            id,
            refused: None,
            migrated_to: None,
            topics: HashMap::new(),
            denied: Vec::new(),
            last_message_id: 0,
        }
    }

    /// `private`, `group` or `supergroup`, as the id has it. Channels have the ids of supergroups.
    pub(crate) fn kind(&self) -> &'static str {
        match self.id {
            1.. => "private",
            ..=-1_000_000_000_000 => "supergroup",
            _ => "group",
        }
    }

    pub(crate) fn is_group(&self) -> bool {
        self.id < 0
    }

    /// Whether the bot may do anything here.
    pub(crate) fn admits(&self) -> Result<(), Refusal> {
        if let Some(to) = self.migrated_to {
            return Err(Refusal::migrated(to));
        }
        match &self.refused {
            Some((code, description)) => Err(Refusal::new(*code, description)),
            None => Ok(()),
        }
    }

    /// Whether a message of a kind may be put into a topic (none: the chat itself).
    pub(crate) fn admits_message(&self, kind: Kind, topic: Option<i64>) -> Result<(), Refusal> {
        self.admits()?;
        match topic.map(|topic| self.topics.get(&topic)) {
            Some(None) => return Err(Refusal::bad("message thread not found")),
            Some(Some(true)) => return Err(Refusal::bad("TOPIC_CLOSED")),
            Some(Some(false)) | None => {}
        }
        if self.denied.contains(&kind) {
            let what = format!("not enough rights to send {} to the chat", kind.many());
            return Err(Refusal::bad(&what));
        }
        Ok(())
    }

    pub(crate) fn json(&self) -> Value {
        let mut chat = json!({"id": self.id, "type": self.kind()});
        if self.is_group() {
            chat["title"] = "chat".into();
            if !self.topics.is_empty() {
                chat["is_forum"] = true.into();
            }
        } else {
            chat["first_name"] = "Somebody".into();
        }
        chat
    }

    /// As `getChat` tells it, which is more.
    pub(crate) fn full_json(&self) -> Value {
        let mut chat = self.json();
        let gifts = [
            "unlimited_gifts",
            "limited_gifts",
            "unique_gifts",
            "premium_subscription",
            "gifts_from_channels",
        ];
        chat["accepted_gift_types"] = gifts
            .iter()
            .map(|gift| ((*gift).to_owned(), true.into()))
            .collect::<serde_json::Map<_, _>>()
            .into();
        chat["accent_color_id"] = 0.into();
        chat["max_reaction_count"] = 11.into();
        chat
    }
}
