//! A webhook: whatever platform there is behind it.

use super::{Channel, Example, Platform, Recipient, Recipients, Section, Threads, Variables};
use crate::services::{self, WEBHOOK_ORIGIN, webhook};
use crate::text::is_unseen;

/// Longer than the ids of any platform.
const MAX_BYTES: usize = 256;

/// How its recipients are written: only the receiver knows what they mean.
pub const RECIPIENTS: Recipients = Recipients {
    kinds: &[webhook::CHAT],
    accepted: "any text of at most 256 bytes, which the receiver is told as the chat",
    read: |text| {
        Ok(Recipient {
            kind: webhook::CHAT,
            id: plain(text)?,
            reply_to: None,
            thread: None,
        })
    },
    text: |recipient| recipient.id.clone(),
    message: plain,
    threads: Threads::ById(plain),
};

// Apart from the entry: the component refers to these two, and would carry all of the entry with them.
/// The variables that set it up. Its address is all that it is known by.
pub const VARIABLES: Variables = Variables {
    app: Some("LIBTV_WEBHOOK_URL"),
    agent: None,
    secret: "LIBTV_WEBHOOK_SECRET",
    base_url: "LIBTV_WEBHOOK_URL",
    found_in: "LIBTV_WEBHOOK_FROM",
    missing: "LIBTV_WEBHOOK_MISSING",
};

/// A webhook.
pub const WEBHOOK: Channel = Channel {
    id: "webhook",
    name: "a webhook",
    platforms: &[Platform {
        word: "webhook",
        name: "a webhook",
        origin: WEBHOOK_ORIGIN,
    }],
    service: &services::WEBHOOK,
    recipients: RECIPIENTS,
    variables: VARIABLES,
    section: Section {
        name: "libtv-webhook",
        chosen_by: "LIBTV_WEBHOOK_ACCOUNT",
        takes_first: false,
        app: Some("url"),
        agent: None,
        secret: "secret",
        secret_is_own: false,
        secret_file: None,
        platform: None,
        kept: None,
    },
    example: Example {
        app: "https://…",
        chat: "room-…",
    },
    document: "docs/apis/webhook.md",
};

/// What the receiver is told as it is.
///
/// # Errors
/// Why it can't be, as the end of a sentence.
fn plain(text: &str) -> Result<String, &'static str> {
    let text = text.trim();
    if text.is_empty() || text.len() > MAX_BYTES || text.chars().any(is_unseen) {
        return Err("it is empty, longer than 256 bytes, or has a character that isn't seen");
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_receivers_words_for_a_chat_are_taken_as_they_are() {
        for text in ["room-1", "!a:b.example", "群 1", "https://x.example/?a=b"] {
            assert_eq!((RECIPIENTS.read)(text).unwrap().id, text);
        }
        for text in ["", " ", "a\nb", "a\u{202e}b", &"x".repeat(257)] {
            assert!((RECIPIENTS.read)(text).is_err(), "{text:?}");
        }
    }
}
