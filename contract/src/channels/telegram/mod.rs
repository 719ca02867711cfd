//! Telegram, for a bot.

use super::{Channel, Example, Platform, Recipient, Recipients, Section, Threads, Variables};
use crate::services::{self, TELEGRAM_ORIGIN, telegram};

/// OpenClaw's keys put three words before an id, and a topic behind it.
const MAX_BYTES: usize = 256;
/// The platform promises 52 bits: sixteen digits.
const MAX_DIGITS: usize = 16;
/// A message's id is a number of 31 bits.
const MAX_MESSAGE_DIGITS: usize = 10;

/// How its recipients are written.
pub const RECIPIENTS: Recipients = Recipients {
    kinds: &[telegram::CHAT],
    accepted: "the chat's number, such as 123456789 for a person or -1001234567890 for a group; also as OpenClaw \
               writes it: telegram:<id>, telegram:group:<id>:topic:<topic>; no @name, which can change its owner",
    read,
    text: |recipient| recipient.id.clone(),
    message: |text| message(text).ok_or("the id of a message is a number"),
    threads: Threads::ById(|text| message(text).ok_or("a topic is named by a number")),
};

// Apart from the entry: the component refers to these two, and would carry all of the entry with them.
/// The variables that set it up.
pub const VARIABLES: Variables = Variables {
    app: None,
    agent: None,
    secret: "TELEGRAM_BOT_TOKEN",
    base_url: "TELEGRAM_BASE_URL",
    found_in: "TELEGRAM_CREDENTIALS_FROM",
    missing: "TELEGRAM_CREDENTIALS_MISSING",
};

/// Telegram.
pub const TELEGRAM: Channel = Channel {
    id: "telegram",
    name: "Telegram",
    platforms: &[Platform {
        word: "telegram",
        name: "Telegram",
        origin: TELEGRAM_ORIGIN,
    }],
    service: &services::TELEGRAM,
    recipients: RECIPIENTS,
    variables: VARIABLES,
    section: Section {
        name: "telegram",
        chosen_by: "TELEGRAM_ACCOUNT",
        takes_first: false,
        app: None,
        agent: None,
        secret: "botToken",
        secret_is_own: false,
        secret_file: Some("tokenFile"),
        platform: None,
        kept: None,
    },
    example: Example {
        app: "",
        chat: "-100…",
    },
    document: "docs/apis/telegram.md",
};

/// Reads `[telegram:][group:|direct:…]<id>[:topic:<topic>]`, and OpenClaw's session keys that end so.
fn read(text: &str) -> Result<Recipient, &'static str> {
    let text = text.trim();
    if text.len() > MAX_BYTES {
        return Err("it is too long");
    }
    if text.contains('@') {
        return Err("a name can change its owner: a chat of Telegram is named by its number");
    }
    let mut parts = text.split(':').peekable();
    // A session's key: `agent:<agent>:telegram:…`. Another platform's names nobody here.
    if parts
        .next_if(|part| part.eq_ignore_ascii_case("agent"))
        .is_some()
    {
        parts.next();
        if parts
            .peek()
            .is_none_or(|part| !is_word(part, &["telegram"]))
        {
            return Err("it names no chat of Telegram");
        }
    }
    while parts
        .next_if(|part| is_word(part, &["telegram", "tg"]))
        .is_some()
    {}
    parts.next_if(|part| {
        let kinds = ["group", "channel", "chat", "user", "dm", "direct"];
        is_word(part, &kinds)
    });
    let id = chat(parts.next().unwrap_or_default())?;
    let mut thread = None;
    while let Some(name) = parts.next() {
        // Refused and not passed over: it may say that the result belongs somewhere else.
        if !is_word(name, &["topic", "thread"]) || thread.is_some() {
            return Err("what stands behind the chat's number isn't known");
        }
        let value = parts.next().unwrap_or_default();
        thread = Some(message(value).ok_or("a topic is named by a number")?);
    }
    Ok(Recipient {
        kind: telegram::CHAT,
        id,
        reply_to: None,
        thread,
    })
}

fn is_word(part: &str, words: &[&str]) -> bool {
    words.iter().any(|word| part.eq_ignore_ascii_case(word))
}

/// Reads the number of a chat: a person's is positive, a group's negative.
fn chat(text: &str) -> Result<String, &'static str> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    if is_number(digits, MAX_DIGITS) {
        return Ok(text.to_owned());
    }
    // Some versions of OpenClaw show agents twelve digits of a digest in an id's place.
    if text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err("it is the digest of an id, which leads nowhere");
    }
    Err("a chat of Telegram is named by its number")
}

/// Reads the number of a message, and of the topic that it began.
fn message(text: &str) -> Option<String> {
    let text = text.trim();
    is_number(text, MAX_MESSAGE_DIGITS).then(|| text.to_owned())
}

/// Digits as the platform writes them, so that no two texts are the same number: none in front that says nothing.
fn is_number(text: &str, most: usize) -> bool {
    (1..=most).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_digit())
        && !text.starts_with('0')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chat_is_read_in_every_spelling_that_agents_see_with_its_topic() {
        for (text, id, thread) in [
            ("123456789", "123456789", None),
            (" -1001234567890 ", "-1001234567890", None),
            ("telegram:123456789", "123456789", None),
            ("tg:-5", "-5", None),
            ("TELEGRAM:group:-1001234567890", "-1001234567890", None),
            ("telegram:direct:42", "42", None),
            ("group:-100123:topic:7", "-100123", Some("7")),
            ("-100123:topic:7", "-100123", Some("7")),
            ("-100123:thread:7", "-100123", Some("7")),
            (
                "agent:main:telegram:group:-100123:topic:42",
                "-100123",
                Some("42"),
            ),
            ("agent:main:telegram:direct:42", "42", None),
        ] {
            let found = read(text).unwrap_or_else(|reason| panic!("{text}: {reason}"));
            assert_eq!(found.id, id, "{text}");
            assert_eq!(found.thread.as_deref(), thread, "{text}");
        }
    }

    #[test]
    fn a_name_a_digest_and_another_platforms_chat_are_none() {
        for text in [
            "",
            "telegram",
            "telegram:",
            "@somebody",
            "telegram:@somebody",
            "https://t.me/somebody",
            "0",
            "-0",
            "007",
            "-",
            "--5",
            "+5",
            "5.0",
            "12345678901234567",
            "a1b2c3d4e5f6",
            "prefix:a1b2c3d4e5f6",
            "110201543:AAtestkit0123456789abcdefghijklmnop",
            "agent:main:slack:channel:42",
            "agent:main:42",
            "oc_a",
            "-100123:topic:",
            "-100123:topic:x",
            "-100123:topic:7:topic:8",
            "-100123:what:7",
            "42,43",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
        for text in ["", "0", "-1", "12345678901", "om_a", "1.5"] {
            assert!(message(text).is_none(), "{text}");
        }
    }
}
