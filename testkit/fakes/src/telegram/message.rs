//! Messages: what stands in a chat, whom it calls, what was tried.

use super::chat::Chat;
use super::file::{Kind, SentFile};
use serde_json::{Value, json};

/// Of a text, in UTF-16 units (?).
pub const MAX_TEXT_UNITS: usize = 4096;
/// Of a caption, likewise.
pub const MAX_CAPTION_UNITS: usize = 1024;
/// Shortest and longest name of a user.
const NAME_CHARS: std::ops::RangeInclusive<usize> = 4..=32;

/// A message of a bot or, from [`super::Telegram::add_message`], of a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentMessage {
    /// Counted in each chat.
    pub message_id: i64,
    /// Negative for groups, `-100…` for supergroups and channels.
    pub chat_id: i64,
    /// Which bot sent it; 0 for a person.
    pub bot_id: i64,
    /// The topic it stands in.
    pub topic: Option<i64>,
    /// What it is: a video that came without sound is an animation.
    pub kind: Kind,
    /// The text, or the caption.
    pub text: String,
    /// `HTML`, `MarkdownV2`; none when the text is just text.
    pub parse_mode: Option<String>,
    /// What was sent.
    pub file: Option<SentFile>,
    /// Which others it was sent together with.
    pub media_group_id: Option<String>,
    /// The message it answers.
    pub reply_to: Option<i64>,
    /// Whom it calls: `@name`, also in plain text, and `tg://user?id=…` in markup.
    pub called: Vec<String>,
    /// Whether nobody's telephone rings.
    pub is_quiet: bool,
    /// Whether links unfold into previews.
    pub previews_links: bool,
    /// Milliseconds since 1970, by the service's clock.
    pub at_ms: u64,
    /// How often it was edited. An edit rings nobody.
    pub edits: u32,
    /// Whether it was deleted.
    pub deleted: bool,
}

/// A call that would have put something into a chat, whatever came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// `sendVideo` and so on.
    pub method: String,
    /// Where to, as it was given.
    pub chat_id: String,
    /// 0 when it was done.
    pub code: u16,
    /// Empty when it was done.
    pub description: String,
}

impl SentMessage {
    pub(crate) fn json(&self, chat: &Chat, from: &Value) -> Value {
        let mut message = json!({
            "message_id": self.message_id, "date": self.at_ms / 1000, "chat": chat.json(), "from": from,
        });
        if let Some(topic) = self.topic {
            message["message_thread_id"] = topic.into();
            message["is_topic_message"] = true.into();
        }
        if self.edits > 0 {
            message["edit_date"] = (self.at_ms / 1000).into();
        }
        if let Some(group) = &self.media_group_id {
            message["media_group_id"] = group.as_str().into();
        }
        match &self.file {
            None => message["text"] = self.text.as_str().into(),
            Some(file) => {
                message[self.kind.field()] = file.json(self.kind);
                if self.kind == Kind::Animation {
                    // For clients that know no animations.
                    message["document"] = file.json(Kind::Document);
                }
                if !self.text.is_empty() {
                    message["caption"] = self.text.as_str().into();
                }
            }
        }
        message
    }
}

pub(crate) fn units(text: &str) -> usize {
    text.encode_utf16().count()
}

/// Whom a text calls. No markup is needed for `@name`.
pub(crate) fn called(text: &str, parse_mode: Option<&str>) -> Vec<String> {
    let mut called = Vec::new();
    for (at, _) in text.match_indices('@') {
        let inside_word = text[..at]
            .chars()
            .next_back()
            .is_some_and(char::is_alphanumeric);
        let name: String = text[at + 1..]
            .chars()
            .take_while(|letter| letter.is_ascii_alphanumeric() || *letter == '_')
            .collect();
        if !inside_word && NAME_CHARS.contains(&name.len()) {
            called.push(format!("@{name}"));
        }
    }
    if parse_mode.is_some() {
        for (at, _) in text.match_indices("tg://user?id=") {
            let end = text[at..]
                .find(['"', ')', '\''])
                .map_or(text.len(), |end| at + end);
            called.push(text[at..end].to_owned());
        }
    }
    called
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_calls_without_markup_and_an_address_does_not() {
        assert_eq!(called("@somebody me@example.org @x", None), ["@somebody"]);
        let link = "<a href=\"tg://user?id=42\">x</a>";
        assert_eq!(called(link, Some("HTML")), ["tg://user?id=42"]);
        assert!(called(link, None).is_empty());
    }
}
