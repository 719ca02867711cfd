//! What stands in a channel, and what was tried.

use super::file::Attachment;
use super::snowflake::date;
use serde_json::{Value, json};
use std::time::Duration;

/// A message of a bot or, from [`super::Discord::add_message`], of a person.
#[derive(Clone, Debug, PartialEq)]
pub struct SentMessage {
    /// A snowflake.
    pub message_id: String,
    /// Where it stands: a channel, a thread, a direct conversation.
    pub channel_id: String,
    /// The user id of its author.
    pub author_id: String,
    /// Whether a bot wrote it.
    pub by_bot: bool,
    /// Empty when there are only files.
    pub content: String,
    /// As it was given. It comes back with the answer to the request, and never again.
    pub nonce: Option<Value>,
    /// What hangs on it.
    pub attachments: Vec<Attachment>,
    /// The message it answers.
    pub reply_to: Option<String>,
    /// Whom it called, each as it is written: `@everyone`, `<@…>`. Empty is what words from outside should come to.
    pub called: Vec<String>,
    /// For example 4: no previews of links.
    pub flags: u64,
    /// Milliseconds since 1970, by the service's clock.
    pub at_ms: u64,
    /// How often it was edited.
    pub edits: u32,
    /// Whether it was deleted; deleted ones aren't shown any more.
    pub deleted: bool,
}

/// A request to send that reached the channel's rules, whatever came of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Attempt {
    /// Where to.
    pub channel_id: String,
    /// As it was given.
    pub nonce: Option<Value>,
    /// 0 when the message stands there, also when it stood there before; else Discord's code.
    pub code: u32,
    /// Which message, for code 0.
    pub message_id: Option<String>,
    /// Milliseconds since 1970, by the service's clock.
    pub at_ms: u64,
}

impl SentMessage {
    /// As Discord writes it, without the nonce.
    pub(crate) fn json(&self, author: &Value) -> Value {
        let at = Duration::from_millis(self.at_ms);
        let ids = |prefix: &str| -> Vec<&str> {
            let called = self
                .called
                .iter()
                .filter_map(|call| call.strip_prefix(prefix)?.strip_suffix('>'));
            called
                .filter(|id| id.bytes().all(|byte| byte.is_ascii_digit()))
                .collect()
        };
        let users: Vec<_> = ids("<@").into_iter().chain(ids("<@!")).collect();
        let mut message = json!({
            "id": self.message_id,
            "channel_id": self.channel_id,
            "type": if self.reply_to.is_some() { 19 } else { 0 },
            "author": author,
            "content": self.content,
            "timestamp": date(at),
            "edited_timestamp": (self.edits > 0).then(|| date(at)),
            "tts": false,
            "mention_everyone": self.called.iter().any(|call| call.starts_with('@')),
            "mentions": users.into_iter().map(|id| user(id, "somebody", false)).collect::<Value>(),
            "mention_roles": ids("<@&"),
            "attachments": self.attachments.iter().map(|file| file.json(&self.channel_id)).collect::<Value>(),
            "embeds": [],
            "components": [],
            "pinned": false,
            "flags": self.flags,
        });
        if let Some(id) = &self.reply_to {
            message["message_reference"] =
                json!({"type": 0, "channel_id": self.channel_id, "message_id": id});
        }
        message
    }
}

/// A user as Discord writes it.
pub(crate) fn user(id: &str, name: &str, bot: bool) -> Value {
    json!({
        "id": id, "username": name, "global_name": null, "discriminator": "0", "avatar": null, "bot": bot,
        "public_flags": 0,
    })
}
