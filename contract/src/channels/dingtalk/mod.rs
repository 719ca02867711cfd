//! DingTalk (钉钉), for the robot of a company's app.

use super::{
    Channel, Example, Platform, Recipient, Recipients, Section, Threads, Variables, without,
};
use crate::services::{self, DINGTALK_ORIGIN, dingtalk};

/// A person's id has at most 64 characters, a group's some thirty; prefixes stand before either.
const MAX_BYTES: usize = 128;
/// The words that OpenClaw's plug-ins put before an id.
const PREFIXES: [&str; 5] = [
    "dingtalk-connector:",
    "dingtalk:",
    "user:",
    "group:",
    "chat:",
];
/// What a group's id begins with.
const GROUP: &str = "cid";

/// How its recipients are written. People and groups have ids of their own kinds, and are written to by calls of their own.
pub const RECIPIENTS: Recipients = Recipients {
    kinds: &[dingtalk::PERSON, dingtalk::GROUP],
    accepted: "a person's id in the company (staffId), or a group's (cid…), as OpenClaw gives either; one person alone",
    read,
    text: |recipient| recipient.id.clone(),
    message: |_| Err("a robot's messages answer none"),
    threads: Threads::None,
};

// Apart from the entry: the component refers to these two, and would carry all of the entry with them.
/// The variables that set it up.
pub const VARIABLES: Variables = Variables {
    app: Some("DINGTALK_CLIENT_ID"),
    agent: None,
    secret: "DINGTALK_CLIENT_SECRET",
    base_url: "DINGTALK_BASE_URL",
    found_in: "DINGTALK_CREDENTIALS_FROM",
    missing: "DINGTALK_CREDENTIALS_MISSING",
};

/// DingTalk.
pub const DINGTALK: Channel = Channel {
    id: "dingtalk",
    name: "DingTalk",
    platforms: &[
        Platform {
            word: "dingtalk",
            name: "DingTalk",
            origin: DINGTALK_ORIGIN,
        },
        // What OpenClaw's plug-in calls it, and so what agents see.
        Platform {
            word: "dingtalk-connector",
            name: "DingTalk",
            origin: DINGTALK_ORIGIN,
        },
    ],
    service: &services::DINGTALK,
    recipients: RECIPIENTS,
    variables: VARIABLES,
    section: Section {
        name: "dingtalk-connector",
        chosen_by: "DINGTALK_ACCOUNT",
        takes_first: false,
        app: Some("clientId"),
        agent: None,
        secret: "clientSecret",
        secret_is_own: false,
        secret_file: None,
        platform: None,
        kept: None,
    },
    example: Example {
        app: "ding…",
        chat: "manager…",
    },
    document: "docs/apis/dingtalk.md",
};

/// Reads `[dingtalk:][user:|group:]<id>`. A group is told by its beginning and its length: what stands before an id says less, since
/// agents write it as they like.
///
/// # Errors
/// Why it is nobody, as the end of a sentence.
fn read(text: &str) -> Result<Recipient, &'static str> {
    let id = text.trim();
    if id.len() > MAX_BYTES {
        return Err("it is too long");
    }
    // Agents write `dingtalk:group:cid…` as well.
    let id = without(id, &PREFIXES);
    let is_group = id.starts_with(GROUP) && id.len() > MIN_GROUP_BYTES;
    // A group's is base64; a person's has the few signs that companies choose.
    let more: &[u8] = if is_group { b"+/=" } else { b"_-.@" };
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || more.contains(&byte);
    // Before the rule for characters, since this one has something to say.
    if id.starts_with('$') {
        return Err(
            "it is the code of somebody outside of the company, whom a robot doesn't reach",
        );
    }
    if id.contains(',') {
        return Err("it names more than one person");
    }
    // Some versions of OpenClaw show agents twelve digits of a digest in an id's place.
    let is_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    let has_letter = id.bytes().any(|byte| byte.is_ascii_lowercase());
    if id.len() == 12 && id.bytes().all(is_hex) && has_letter {
        return Err("it is the digest of an id, which leads nowhere");
    }
    let begins_well = id.bytes().next().is_some_and(|c| c.is_ascii_alphanumeric());
    if !begins_well || !id.bytes().all(is_plain) {
        return Err(
            "a person of DingTalk is named by letters, digits and _ - . @ alone, a group by cid…",
        );
    }
    Ok(Recipient {
        kind: if is_group {
            dingtalk::GROUP
        } else {
            dingtalk::PERSON
        },
        id: id.to_owned(),
        reply_to: None,
        thread: None,
    })
}

/// A person may be called `cid7`; a group's id is sixteen bytes and more in base64 behind its beginning.
const MIN_GROUP_BYTES: usize = 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_and_a_group_are_read_as_agents_write_them() {
        for (text, kind, id) in [
            ("manager1234", dingtalk::PERSON, "manager1234"),
            (
                " dingtalk:user:0123-456.a@b ",
                dingtalk::PERSON,
                "0123-456.a@b",
            ),
            ("012345678901", dingtalk::PERSON, "012345678901"),
            ("cid7", dingtalk::PERSON, "cid7"),
            (
                "cid6KeBBLoveMJOGXoYKF5x7EeiodoA==",
                dingtalk::GROUP,
                "cid6KeBBLoveMJOGXoYKF5x7EeiodoA==",
            ),
            (
                "dingtalk-connector:group:cidAb+/cdefghijklmnopqr=",
                dingtalk::GROUP,
                "cidAb+/cdefghijklmnopqr=",
            ),
        ] {
            let found = read(text).unwrap_or_else(|reason| panic!("{text}: {reason}"));
            assert_eq!((found.kind, found.id.as_str()), (kind, id), "{text}");
        }
    }

    #[test]
    fn several_people_an_outsider_a_digest_and_what_no_id_has_are_refused() {
        for text in [
            "",
            "dingtalk:",
            "a,b",
            "$:LWCP_v1:$abc",
            "a1b2c3d4e5f6",
            "prefix:a1b2c3d4e5f6",
            "a b",
            "-a",
            "@all",
            "张三",
            "a+b",
            "oc_a:b",
            &"x".repeat(129),
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
