//! Places for messages: channels of guilds, threads (which are channels), direct messages.

use super::bot::{AT_FIRST, Permission};
use super::file::MAX_FILE_BYTES;
use super::refusal::Refusal;
use serde_json::{Value, json};
use std::time::Duration;

/// The guild that every channel here belongs to.
const GUILD_ID: &str = "700000000000000000";

/// What a channel is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Voice,
    Thread { parent_id: String },
    Direct { user_id: String },
}

#[derive(Clone, Debug)]
pub(crate) struct Channel {
    pub(crate) id: String,
    pub(crate) kind: Kind,
    pub(crate) denied: Vec<Permission>,
    pub(crate) granted: Vec<Permission>,
    pub(crate) max_file_bytes: u64,
    pub(crate) slow_mode: Duration,
    pub(crate) archived: bool,
    pub(crate) locked: bool,
    pub(crate) deleted: bool,
    /// Messages are refused with this code.
    pub(crate) refuses: Option<u32>,
    pub(crate) last_message_id: Option<String>,
}

impl Channel {
    pub(crate) fn new(id: &str, kind: Kind) -> Self {
        Self {
            id: id.to_owned(),
            kind,
            denied: Vec::new(),
            granted: Vec::new(),
            max_file_bytes: MAX_FILE_BYTES,
            slow_mode: Duration::ZERO,
            archived: false,
            locked: false,
            deleted: false,
            refuses: None,
            last_message_id: None,
        }
    }

    pub(crate) fn is_direct(&self) -> bool {
        matches!(self.kind, Kind::Direct { .. })
    }

    pub(crate) fn allows(&self, permission: Permission) -> bool {
        if self.is_direct() {
            return permission != Permission::MentionEveryone;
        }
        !self.denied.contains(&permission)
            && (AT_FIRST.contains(&permission) || self.granted.contains(&permission))
    }

    /// What stands between a bot and its message here, files aside.
    pub(crate) fn admits_message(&self) -> Result<(), Refusal> {
        let sending = match self.kind {
            Kind::Voice => return Err(Refusal::of(50008)),
            Kind::Thread { .. } if self.locked => return Err(Refusal::of(160005)),
            Kind::Thread { .. } => Permission::SendMessagesInThreads,
            Kind::Text | Kind::Direct { .. } => Permission::SendMessages,
        };
        if self.allows(sending) {
            Ok(())
        } else {
            Err(Refusal::of(50013))
        }
    }

    pub(crate) fn json(&self, user: impl Fn(&str) -> Value) -> Value {
        let (number, parent) = match &self.kind {
            Kind::Text => (0, None),
            Kind::Voice => (2, None),
            Kind::Thread { parent_id } => (11, Some(parent_id)),
            Kind::Direct { user_id } => {
                return json!({
                    "id": self.id, "type": 1, "flags": 0, "last_message_id": self.last_message_id,
                    "recipients": [user(user_id)],
                });
            }
        };
        let mut channel = json!({
            "id": self.id, "type": number, "guild_id": GUILD_ID, "name": "channel", "parent_id": parent, "position": 0,
            "topic": null, "nsfw": false, "flags": 0, "permission_overwrites": [],
            "rate_limit_per_user": self.slow_mode.as_secs(), "last_message_id": self.last_message_id,
        });
        if parent.is_some() {
            channel["thread_metadata"] = json!({
                "archived": self.archived, "locked": self.locked, "auto_archive_duration": 1440,
                "archive_timestamp": "2026-01-01T00:00:00.000000+00:00",
            });
        }
        channel
    }
}
