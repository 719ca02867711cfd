//! Slack.

use super::{Channel, Example, Platform, Recipient, Recipients, Section, Threads, Variables};
use crate::services::{self, SLACK_ID, SLACK_ORIGIN};

/// OpenClaw's keys put three ids in a row, of some dozen bytes each.
const MAX_BYTES: usize = 256;

/// Slack.
pub const SLACK: Channel = Channel {
    id: "slack",
    name: "Slack",
    platforms: &[Platform {
        word: "slack",
        name: "Slack",
        origin: SLACK_ORIGIN,
    }],
    service: &services::SLACK,
    recipients: RECIPIENTS,
    variables: VARIABLES,
    section: Section {
        name: "slack",
        chosen_by: "SLACK_ACCOUNT",
        takes_first: false,
        app: None,
        agent: None,
        secret: "botToken",
        secret_is_own: false,
        secret_file: None,
        platform: Some("domain"),
        kept: None,
    },
    example: Example {
        app: "A…",
        chat: "C…",
    },
    document: "docs/apis/slack.md",
};

/// How its recipients are written.
pub const RECIPIENTS: Recipients = Recipients {
    kinds: &[SLACK_ID],
    accepted: "channel:C… or C…, G…, D…; user:U… or U… for a direct message; also as OpenClaw writes it: \
               slack:channel:C…, C…:thread:1700000000.123456",
    read,
    text: |recipient| recipient.id.clone(),
    message: ts,
    threads: Threads::ById(ts),
};

/// The variables that set it up.
pub const VARIABLES: Variables = Variables {
    app: None,
    agent: None,
    secret: "SLACK_BOT_TOKEN",
    base_url: "SLACK_BASE_URL",
    found_in: "SLACK_CREDENTIALS_FROM",
    missing: "SLACK_CREDENTIALS_MISSING",
};

/// Reads a recipient as an agent names it.
fn read(text: &str) -> Result<Recipient, &'static str> {
    let text = text.trim();
    if text.len() > MAX_BYTES {
        return Err("it is too long");
    }
    let mut parts = text.split(':').peekable();
    while parts.next_if(|part| is_in_front(part)).is_some() {}
    let mut is_person = None;
    if let Some(word) = parts.next_if(|part| is_kind(part)) {
        is_person = Some(word.eq_ignore_ascii_case("user"));
    }
    let id = parts.next().unwrap_or_default();
    if !is_id(id) {
        return Err("an id of Slack begins with C, G, D or U, in capitals");
    }
    let names_person = id.starts_with(['U', 'W']);
    if is_person.is_some_and(|person| person != names_person) {
        return Err("the id is of another kind than what stands before it");
    }
    let mut thread = None;
    while let Some(name) = parts.next() {
        let value = parts.next().unwrap_or_default();
        match name {
            "thread" | "topic" => thread = Some(ts(value)?),
            // Refused and not passed over: it may say that the result belongs somewhere else.
            _ => return Err("what stands behind the id isn't known"),
        }
    }
    Ok(Recipient {
        kind: SLACK_ID,
        id: id.to_owned(),
        reply_to: None,
        thread,
    })
}

/// What OpenClaw puts before an id.
fn is_in_front(part: &str) -> bool {
    part.eq_ignore_ascii_case("slack")
}

/// How a recipient may be announced.
fn is_kind(part: &str) -> bool {
    let kinds = ["channel", "group", "dm", "user"];
    kinds.iter().any(|kind| part.eq_ignore_ascii_case(kind))
}

/// `[CGDUW][A-Z0-9]{8,}`: what was hashed, or put into small letters, names nobody.
fn is_id(id: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
    (9..=32).contains(&id.len())
        && id.starts_with(['C', 'G', 'D', 'U', 'W'])
        && id.bytes().all(plain)
}

/// Reads the time of a message, which names it in its chat, and a thread below it.
///
/// # Errors
/// Why it can't be one, as the end of a sentence.
fn ts(text: &str) -> Result<String, &'static str> {
    let text = text.trim();
    let is_number = |part: &str, len: usize| {
        part.len() == len && part.bytes().all(|byte| byte.is_ascii_digit())
    };
    let good = text
        .split_once('.')
        .is_some_and(|(seconds, rest)| is_number(seconds, 10) && is_number(rest, 6));
    good.then(|| text.to_owned())
        .ok_or("Slack names a message and its thread by a time such as 1700000000.123456")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recipient_is_read_in_every_form_that_agents_see() {
        const TS: &str = "1700000000.123456";
        for (text, id, thread) in [
            ("C0123456789", "C0123456789", None),
            (" channel:C0123456789 ", "C0123456789", None),
            ("channel:G0123456789", "G0123456789", None),
            ("D0123456789", "D0123456789", None),
            ("dm:D0123456789", "D0123456789", None),
            ("user:U0123456789", "U0123456789", None),
            ("U0123456789", "U0123456789", None),
            ("slack:channel:C0123456789", "C0123456789", None),
            (
                "slack:C0123456789:thread:1700000000.123456",
                "C0123456789",
                Some(TS),
            ),
            (
                "channel:C0123456789:topic:1700000000.123456",
                "C0123456789",
                Some(TS),
            ),
        ] {
            let read = read(text).unwrap_or_else(|reason| panic!("{text}: {reason}"));
            assert_eq!((read.kind, read.id.as_str()), (SLACK_ID, id));
            assert_eq!(read.thread.as_deref(), thread, "{text}");
        }
    }

    #[test]
    fn what_is_hashed_or_of_another_kind_is_no_recipient() {
        for text in [
            "",
            "slack",
            "slack:",
            "channel:",
            "channel:general",
            "#general",
            "c0123456789",
            "C012",
            "channel:U0123456789",
            "user:C0123456789",
            "prefix:0123456789ab",
            "C0123456789,C9876543210",
            "C0123456789:thread:",
            "C0123456789:thread:17",
            "C0123456789:what:x",
            "C0123456789:x",
            "B0123456789",
            "C0123456789/x",
            "xoxb-1",
            "oc_a",
            "@here",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
        assert!(read(&format!("C{}", "0".repeat(MAX_BYTES))).is_err());
        for text in [
            "",
            "1",
            "1700000000",
            "1700000000.12345",
            "170000000a.123456",
            "om_a",
        ] {
            assert!(ts(text).is_err(), "{text}");
        }
    }
}
