//! What a room shows, and what a message has to be.

use serde_json::Value;

/// What was uploaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UploadedMedia {
    /// `mxc://…`
    pub uri: String,
    /// Its length.
    pub bytes: u64,
    /// As it was given.
    pub content_type: String,
    /// As it was given.
    pub name: String,
}

/// A message that stands in a room.
#[derive(Clone, Debug, PartialEq)]
pub struct SentEvent {
    /// `$…`
    pub event_id: String,
    /// `!…`
    pub room_id: String,
    /// `@…`
    pub sender: String,
    /// As it was given.
    pub content: Value,
}

impl SentEvent {
    /// What it says, or the name of its file.
    pub fn body(&self) -> &str {
        self.content["body"].as_str().unwrap_or_default()
    }
}

/// Whether a message is one of the specification's: its type, its words, where its file is, and whom it belongs to.
///
/// # Errors
/// What is wrong with it.
pub(super) fn checked(
    content: &Value,
    uploaded: &dyn Fn(&str) -> bool,
    is_known: &dyn Fn(&str) -> bool,
) -> Result<(), &'static str> {
    if content["body"].as_str().is_none_or(str::is_empty) {
        return Err("'body' not in content");
    }
    match content["msgtype"].as_str() {
        Some("m.text" | "m.notice") => {}
        Some("m.video" | "m.image" | "m.file") => {
            if !content["url"].as_str().is_some_and(uploaded) {
                return Err("no such media");
            }
            if content["info"]["size"]
                .as_u64()
                .is_none_or(|bytes| bytes == 0)
            {
                return Err("no size of the media");
            }
        }
        _ => return Err("'msgtype' not in content"),
    }
    let relation = &content["m.relates_to"];
    let named = [
        &relation["event_id"],
        &relation["m.in_reply_to"]["event_id"],
    ];
    for id in named.into_iter().filter(|id| !id.is_null()) {
        if !id.as_str().is_some_and(is_known) {
            return Err("Can't send relation to unknown event");
        }
    }
    Ok(())
}
