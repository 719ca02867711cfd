//! WeCom (企业微信), for an app of a company. Its bots (AI bot, robot of a group) are something else: they are not reached by
//! requests, or show no film.

use super::{Channel, Example, Platform, Recipient, Recipients, Section, Threads, Variables};
use crate::services::{self, WECOM_ORIGIN, wecom};

/// The platform's own limit for the id of a person.
const MAX_BYTES: usize = 64;
/// The words that OpenClaw's plug-ins put before one.
const PREFIXES: [&str; 3] = ["wecom-agent:", "wecom-app:", "wecom:"];

/// How its recipients are written.
pub const RECIPIENTS: Recipients = Recipients {
    kinds: &[wecom::PERSON],
    accepted: "a person's id as the company's address book has it (userid), also as OpenClaw writes it: wecom:<userid> or \
               wecom-agent:<userid>; one person, since an app reaches no group",
    read,
    text: |recipient| recipient.id.clone(),
    message: |_| Err("an app's messages answer none"),
    threads: Threads::None,
};

// Apart from the entry: the component refers to these two, and would carry all of the entry with them.
/// The variables that set it up.
pub const VARIABLES: Variables = Variables {
    app: Some("WECOM_CORP_ID"),
    agent: Some("WECOM_AGENT_ID"),
    secret: "WECOM_CORP_SECRET",
    base_url: "WECOM_BASE_URL",
    found_in: "WECOM_CREDENTIALS_FROM",
    missing: "WECOM_CREDENTIALS_MISSING",
};

/// WeCom.
pub const WECOM: Channel = Channel {
    id: "wecom",
    name: "WeCom",
    platforms: &[Platform {
        word: "wecom",
        name: "WeCom",
        origin: WECOM_ORIGIN,
    }],
    service: &services::WECOM,
    recipients: RECIPIENTS,
    variables: VARIABLES,
    section: Section {
        name: "wecom",
        chosen_by: "WECOM_ACCOUNT",
        takes_first: false,
        app: Some("agent.corpId"),
        agent: Some("agent.agentId"),
        secret: "agent.corpSecret",
        secret_is_own: false,
        secret_file: None,
        platform: None,
        kept: None,
    },
    example: Example {
        app: "ww…",
        chat: "wecom:…",
    },
    document: "docs/apis/wecom.md",
};

/// Reads `[wecom:|wecom-agent:][user:]<userid>`. Letters keep their case, though the platform doesn't tell `A` from `a`: who gets
/// messages is compared as it is written.
///
/// # Errors
/// Why it is nobody, as the end of a sentence.
fn read(text: &str) -> Result<Recipient, &'static str> {
    let text = text.trim();
    let begins = |prefix: &&str| {
        let begin = text.get(..prefix.len());
        begin.is_some_and(|begin| begin.eq_ignore_ascii_case(prefix))
    };
    let prefix = PREFIXES.iter().find(|prefix| begins(prefix));
    let id = &text[prefix.map_or(0, |prefix| prefix.len())..];
    let id = id.strip_prefix("user:").unwrap_or(id);
    if id.starts_with("group:") || id.starts_with("chat:") {
        return Err("an app of WeCom reaches people, and no group");
    }
    if id.eq_ignore_ascii_case("@all") || id.contains('|') {
        return Err("it names more than one person");
    }
    // Some versions of OpenClaw show agents twelve digits of a digest in an id's place.
    let is_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    let has_both = id.bytes().any(|byte| byte.is_ascii_digit())
        && id.bytes().any(|byte| byte.is_ascii_lowercase());
    if id.len() == 12 && id.bytes().all(is_hex) && has_both {
        return Err("it is the digest of an id, which leads nowhere");
    }
    // The platform's own rule for an id; with a blank or a bar in it, it would be several.
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-@.".contains(&byte);
    let begins_well = id.bytes().next().is_some_and(|c| c.is_ascii_alphanumeric());
    if !begins_well || id.len() > MAX_BYTES || !id.bytes().all(is_plain) {
        return Err("a person of WeCom is named by letters, digits and _ - @ . alone, at most 64");
    }
    Ok(Recipient {
        kind: wecom::PERSON,
        id: id.to_owned(),
        reply_to: None,
        thread: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_is_read_as_agents_write_one() {
        for (text, id) in [
            ("ZhangSan", "ZhangSan"),
            (" wecom:zhang.san@corp ", "zhang.san@corp"),
            ("wecom-agent:Zhang_San-1", "Zhang_San-1"),
            ("WECOM:user:13800138000", "13800138000"),
            ("wecom:123456789012", "123456789012"),
        ] {
            let found = read(text).unwrap_or_else(|reason| panic!("{text}: {reason}"));
            assert_eq!(found.id, id, "{text}");
        }
    }

    #[test]
    fn several_people_a_group_a_digest_and_what_no_id_has_are_refused() {
        for text in [
            "",
            "wecom:",
            "@all",
            "wecom:@ALL",
            "a|b",
            "wecom:group:wrOgAAAA",
            "wecom-agent:chat:1",
            "wecom:a1b2c3d4e5f6",
            "prefix:a1b2c3d4e5f6",
            "a b",
            "-a",
            "张三",
            "a,b",
            "oc_a:b",
            &"x".repeat(65),
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
