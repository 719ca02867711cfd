//! Discord, for a bot.

use super::{Channel, Example, Platform, Recipient, Recipients, Section, Threads, Variables};
use crate::services::{self, DISCORD_ORIGIN, discord};

/// How its recipients are written.
pub const RECIPIENTS: Recipients = Recipients {
    kinds: &[discord::CHANNEL, discord::USER],
    accepted: "channel:<id> or the id alone for a channel or thread, user:<id> for a person; \
            an id has 17 to 20 digits",
    read,
    text: |recipient| match recipient.kind {
        discord::USER => ["user:", &recipient.id].concat(),
        _ => recipient.id.clone(),
    },
    message: |text| id(text).map_err(|_| "the id of a message has 17 to 20 digits"),
    threads: Threads::AsChat,
};

// Apart from the entry: the component refers to these two, and would carry all of the entry with them.
/// The variables that set it up.
pub const VARIABLES: Variables = Variables {
    app: None,
    agent: None,
    secret: "DISCORD_BOT_TOKEN",
    base_url: "DISCORD_BASE_URL",
    found_in: "DISCORD_CREDENTIALS_FROM",
    missing: "DISCORD_CREDENTIALS_MISSING",
};

/// Discord.
pub const DISCORD: Channel = Channel {
    id: "discord",
    name: "Discord",
    platforms: &[Platform {
        word: "discord",
        name: "Discord",
        origin: DISCORD_ORIGIN,
    }],
    service: &services::DISCORD,
    recipients: RECIPIENTS,
    variables: VARIABLES,
    section: Section {
        name: "discord",
        chosen_by: "DISCORD_ACCOUNT",
        takes_first: false,
        app: None,
        agent: None,
        secret: "token",
        secret_is_own: false,
        secret_file: None,
        platform: None,
        kept: None,
    },
    example: Example {
        app: "",
        chat: "channel:1234567…",
    },
    document: "docs/apis/discord.md",
};

/// Reads `[discord:][channel:|user:]<id>`, and OpenClaw's session keys that end so (`agent:…:discord:channel:<id>`).
///
/// # Errors
/// Why it can't be one. The text isn't repeated: it may be a token in the wrong place.
pub fn read(text: &str) -> Result<Recipient, &'static str> {
    let text = text.trim();
    let mut parts = text.rsplit(':');
    let last = parts.next().unwrap_or_default();
    let kind = match parts.next().map(str::to_ascii_lowercase).as_deref() {
        None | Some("channel" | "thread" | "discord") => discord::CHANNEL,
        Some("user" | "dm" | "direct") => discord::USER,
        Some(_) => return Err("it names neither a channel nor a user of Discord"),
    };
    let mut before = parts.map(str::to_ascii_lowercase);
    // Of another platform's session key the id means nothing here.
    let is_ours = match before.next() {
        None => true,
        Some(word) => word == "discord" || before.any(|word| word == "discord"),
    };
    if !is_ours {
        return Err("it names no chat of Discord");
    }
    Ok(Recipient {
        kind,
        id: id(last)?,
        reply_to: None,
        thread: None,
    })
}

/// Whether a recipient is a person, whose direct conversation has to be opened.
#[must_use]
pub fn is_person(recipient: &Recipient) -> bool {
    recipient.kind == discord::USER
}

/// Reads an id: 17 to 20 digits.
fn id(text: &str) -> Result<String, &'static str> {
    let text = text.trim();
    if (17..=20).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(text.to_owned());
    }
    // Some versions of OpenClaw show agents twelve digits of a digest in an id's place.
    if text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err("it is the digest of an id, which leads nowhere");
    }
    Err("an id of Discord has 17 to 20 digits")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_channel_or_a_person_is_read_in_every_spelling_and_nothing_else() {
        const ID: &str = "123456789012345678";
        for (text, kind) in [
            (ID.to_owned(), discord::CHANNEL),
            (format!(" {ID} "), discord::CHANNEL),
            (format!("channel:{ID}"), discord::CHANNEL),
            (format!("discord:{ID}"), discord::CHANNEL),
            (format!("discord:channel:{ID}"), discord::CHANNEL),
            (format!("agent:main:discord:channel:{ID}"), discord::CHANNEL),
            (format!("USER:{ID}"), discord::USER),
            (format!("discord:user:{ID}"), discord::USER),
        ] {
            let found = read(&text).unwrap();
            assert_eq!((found.kind, found.id.as_str()), (kind, ID), "{text}");
            let again = read(&(DISCORD.recipients.text)(&found)).unwrap();
            assert_eq!(again, found, "{text}");
        }
        for text in [
            "",
            "channel:",
            "oc_a",
            "channel:general",
            "<#123456789012345678>",
            "@somebody",
            "1234567890123456",
            "channel:a1b2c3d4e5f6",
            "guild:123456789012345678",
            "agent:main:slack:channel:123456789012345678",
            "feishu:123456789012345678",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
