//! WeChat (微信), for the account of a bot that OpenClaw's plug-in logs in. It has direct chats alone, with people who have written to
//! it.

use super::{
    Channel, Example, Kept, Platform, Recipient, Recipients, Section, Threads, Variables, without,
};
use crate::services::{self, WECHAT_ORIGIN, wechat};

/// An id has some thirty characters before its ending.
const MAX_BYTES: usize = 128;
/// What stands before an id where an agent writes it like other channels' ids.
const PREFIXES: [&str; 4] = ["openclaw-weixin:", "weixin:", "wechat:", "user:"];
/// What the id of a person ends with.
const ENDING: &str = "@im.wechat";

/// How its recipients are written.
pub const RECIPIENTS: Recipients = Recipients {
    kinds: &[wechat::PERSON],
    accepted: "a person's id as OpenClaw gives it, which ends with @im.wechat; one person, since such an account is in no group",
    read,
    text: |recipient| recipient.id.clone(),
    message: |_| Err("a message of WeChat answers none by its id"),
    threads: Threads::None,
};

// Apart from the entry: the component refers to these two, and would carry all of the entry with them.
/// The variables that set it up.
pub const VARIABLES: Variables = Variables {
    app: None,
    agent: None,
    secret: "WECHAT_BOT_TOKEN",
    base_url: "WECHAT_BASE_URL",
    found_in: "WECHAT_CREDENTIALS_FROM",
    missing: "WECHAT_CREDENTIALS_MISSING",
};

/// A platform's name and place, by its word.
const fn called(word: &'static str) -> Platform {
    Platform {
        word,
        name: "WeChat",
        origin: WECHAT_ORIGIN,
    }
}

/// WeChat.
pub const WECHAT: Channel = Channel {
    id: "wechat",
    name: "WeChat",
    // What OpenClaw's plug-in calls it comes last, and is what agents see.
    platforms: &[
        called("wechat"),
        called("weixin"),
        called("openclaw-weixin"),
    ],
    service: &services::WECHAT,
    recipients: RECIPIENTS,
    variables: VARIABLES,
    section: Section {
        name: "openclaw-weixin",
        chosen_by: "WECHAT_ACCOUNT",
        takes_first: false,
        app: None,
        agent: None,
        secret: "token",
        secret_is_own: true,
        secret_file: None,
        platform: None,
        kept: Some(Kept {
            folder: "openclaw-weixin",
            address: "baseUrl",
            within: wechat::DOMAIN,
        }),
    },
    example: Example {
        app: "",
        chat: "…@im.wechat",
    },
    document: "docs/apis/wechat.md",
};

/// Reads `[openclaw-weixin:]<id>@im.wechat`, with its letters as they are.
///
/// # Errors
/// Why it is nobody, as the end of a sentence.
fn read(text: &str) -> Result<Recipient, &'static str> {
    let id = text.trim();
    if id.len() > MAX_BYTES {
        return Err("it is too long");
    }
    // Agents write `weixin:user:…` as well.
    let id = without(id, &PREFIXES);
    let Some(name) = id.strip_suffix(ENDING) else {
        return Err("a person of WeChat is named by an id that ends with @im.wechat");
    };
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
    let begins_well = name
        .bytes()
        .next()
        .is_some_and(|c| c.is_ascii_alphanumeric() || b"_-".contains(&c));
    if !begins_well || !name.bytes().all(is_plain) {
        return Err("before @im.wechat stand letters, digits, _ and - alone");
    }
    Ok(Recipient {
        kind: wechat::PERSON,
        id: id.to_owned(),
        reply_to: None,
        thread: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_is_read_as_agents_write_them() {
        for (text, id) in [
            ("o9cq80x_Ab-1@im.wechat", "o9cq80x_Ab-1@im.wechat"),
            (" openclaw-weixin:o9@im.wechat ", "o9@im.wechat"),
            ("WeChat:user:_x@im.wechat", "_x@im.wechat"),
        ] {
            assert_eq!(read(text).unwrap().id, id, "{text}");
        }
    }

    #[test]
    fn a_group_a_bot_a_digest_and_what_no_id_has_are_refused() {
        for text in [
            "",
            "@im.wechat",
            "o9cq80x",
            "o9@im.bot",
            "123@chatroom",
            "a1b2c3d4e5f6",
            "a b@im.wechat",
            "a,b@im.wechat",
            "a@b@im.wechat",
            "张三@im.wechat",
            &format!("{}@im.wechat", "x".repeat(128)),
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
