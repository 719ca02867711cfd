//! Feishu, and Lark, which is the same elsewhere.

pub mod recipient;

use super::{Channel, Example, Platform, Recipient, Recipients, Section, Threads, Variables};
use crate::services::{self, FEISHU_ORIGIN, LARK_ORIGIN};

/// Feishu or Lark.
pub const FEISHU: Channel = Channel {
    id: "feishu",
    name: "Feishu or Lark",
    platforms: &[
        Platform {
            word: "feishu",
            name: "Feishu",
            origin: FEISHU_ORIGIN,
        },
        Platform {
            word: "lark",
            name: "Lark",
            origin: LARK_ORIGIN,
        },
    ],
    service: &services::FEISHU,
    recipients: RECIPIENTS,
    variables: VARIABLES,
    section: Section {
        name: "feishu",
        chosen_by: "FEISHU_ACCOUNT",
        takes_first: true,
        app: Some("appId"),
        agent: None,
        secret: "appSecret",
        secret_is_own: false,
        secret_file: None,
        platform: Some("domain"),
        kept: None,
    },
    example: Example {
        app: "cli_…",
        chat: "oc_…",
    },
    document: "docs/apis/feishu.md",
};

/// How its recipients are written.
pub const RECIPIENTS: Recipients = Recipients {
    kinds: &["open_id", "user_id", "union_id", "email", "chat_id"],
    accepted: recipient::ACCEPTED,
    read,
    text: |recipient| recipient::text(recipient.kind, &recipient.id),
    message: recipient::message_id,
    threads: Threads::ByMessage(
        "Feishu answers in a topic by a message of it: name that with --reply-to om_…",
    ),
};

/// The variables that set it up.
pub const VARIABLES: Variables = Variables {
    app: Some("FEISHU_APP_ID"),
    agent: None,
    secret: "FEISHU_APP_SECRET",
    base_url: "FEISHU_BASE_URL",
    found_in: "FEISHU_CREDENTIALS_FROM",
    missing: "FEISHU_CREDENTIALS_MISSING",
};

/// A recipient in the form that all channels share.
fn read(text: &str) -> Result<Recipient, &'static str> {
    let recipient::Target {
        id_type,
        id,
        reply_to,
    } = recipient::read(text)?;
    Ok(Recipient {
        kind: id_type.name(),
        id,
        reply_to,
        thread: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kinds_are_those_of_the_grammar() {
        let kinds = recipient::IdType::ALL.map(recipient::IdType::name);
        assert_eq!(FEISHU.recipients.kinds, kinds);
    }
}
