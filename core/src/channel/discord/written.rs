//! A message as Discord takes it, and what is kept of a medium until then: so much that the same request can be made again.

use serde_json::Value;

use super::NONCE_CHARS;
use crate::channel::Sending;
use crate::channel::media::Media;
use crate::json::{self, object};
use crate::multipart::safe_file_name;
use crate::session::{Message, Shape};

/// The form of what is kept of a medium: name, type and length, as JSON.
const FORM: u32 = 1;
/// So much of the key stands in the name of a file: short enough to be read past, long enough that no two share it.
const TAG_CHARS: usize = 12;
/// So much of a file's own name is shown before it.
const MAX_STEM_CHARS: usize = 60;

/// What is kept of a medium.
pub(super) struct Kept {
    name: String,
    pub(super) content_type: String,
    pub(super) len: u64,
}

/// What is stored of a medium before it is sent.
pub(super) fn message(media: &Media<'_>, shape: Shape, len: u64) -> Message {
    let kept = object! {"name": media.name, "type": media.content_type, "len": len};
    Message {
        shape,
        form: FORM,
        body: json::text(&kept),
    }
}

impl Kept {
    /// What a message keeps of its medium; none of a text.
    pub(super) fn of(message: &Message) -> Option<Self> {
        if message.shape == Shape::Text {
            return None;
        }
        let kept = json::parse(message.body.as_bytes()).unwrap_or_default();
        let text = |name: &str| {
            kept.get(name)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        Some(Self {
            name: text("name"),
            content_type: text("type"),
            len: kept.get("len").and_then(Value::as_u64).unwrap_or_default(),
        })
    }

    /// The file's name in the chat, by which the message is known again: the list of messages has no nonce.
    pub(super) fn file_name(&self, key: &str) -> String {
        let safe = safe_file_name(&self.name).replace(' ', "_");
        let (stem, ending) = safe.rsplit_once('.').unwrap_or((&safe, ""));
        let stem: String = stem.chars().take(MAX_STEM_CHARS).collect();
        let dot = if ending.is_empty() { "" } else { "." };
        [&stem, "-", tag(key), dot, ending].concat()
    }
}

/// What of a key stands in the name of a file.
pub(super) fn tag(key: &str) -> &str {
    key.get(..TAG_CHARS).unwrap_or(key)
}

/// The JSON of a message. Nobody is called by it, and no link in it unfolds.
pub(super) fn payload(sending: &Sending<'_>, kept: Option<&Kept>) -> String {
    let mut payload = object! {
        "nonce": sending.key.get(..NONCE_CHARS).unwrap_or(sending.key),
        "enforce_nonce": true,
        "allowed_mentions": object! {"parse": Value::Array(Vec::new())},
        "flags": 4,
    };
    if let Some(words) = sending.message.words() {
        payload["content"] = shown(words).into();
    }
    if let Some(kept) = kept {
        payload["attachments"] =
            vec![object! {"id": 0, "filename": kept.file_name(sending.key)}].into();
    }
    if let Some(message_id) = &sending.route.reply_to {
        // A question that was deleted meanwhile doesn't keep its result from the chat.
        payload["message_reference"] =
            object! {"message_id": message_id, "fail_if_not_exists": false};
    }
    json::text(&payload)
}

/// The JSON of a text that takes another's place. Nobody is called by it either.
pub(super) fn changed(message: &Message) -> String {
    json::text(&object! {
        "content": shown(message.words().unwrap_or_default()),
        "allowed_mentions": object! {"parse": Value::Array(Vec::new())},
        "flags": 4,
    })
}

/// Words as they are to be read: what would be markup is escaped, but for addresses, which have to stay links.
pub(super) fn shown(words: &str) -> String {
    let words = contract::text::without_mentions(words);
    let mut shown = String::with_capacity(words.len());
    for token in words.split_inclusive(char::is_whitespace) {
        if token.starts_with("https://") || token.starts_with("http://") {
            shown.push_str(token);
            continue;
        }
        for c in token.chars() {
            // What markup begins with: emphasis, code, spoilers, quotes, mentions, links, headings.
            if "\\*_~`|<>[]#".contains(c) {
                shown.push('\\');
            }
            shown.push(c);
        }
    }
    shown
}
