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
    /// As it was given, or as it was changed last.
    pub content: Value,
    /// How often it was changed.
    pub edits: u32,
}

impl SentEvent {
    /// What it says, or the name of its file.
    pub fn body(&self) -> &str {
        self.content["body"].as_str().unwrap_or_default()
    }

    /// Takes other words into its place. What it belongs to stays, whatever those say.
    ///
    /// # Errors
    /// It shows something else than words, or they aren't given whole.
    pub(super) fn replace(&mut self, new: &Value) -> Result<(), &'static str> {
        let is_text = |content: &Value| content["msgtype"] == "m.text";
        if !is_text(&self.content) || !is_text(new) {
            return Err("a text takes the place of a text");
        }
        if new["body"].as_str().is_none_or(str::is_empty) || new.get("m.relates_to").is_some() {
            return Err("'body' not in m.new_content, or a relation in it");
        }
        let relation = self.content.get("m.relates_to").cloned();
        self.content = new.clone();
        if let Some(relation) = relation {
            self.content["m.relates_to"] = relation;
        }
        self.edits += 1;
        Ok(())
    }
}

/// The message whose place this one takes, and with what; none where it is one of its own.
pub(super) fn replaced(content: &Value) -> Option<(&str, &Value)> {
    let relation = &content["m.relates_to"];
    let id = relation["event_id"].as_str()?;
    (relation["rel_type"] == "m.replace").then_some((id, &content["m.new_content"]))
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
