//! How recipients at Feishu and Lark are written: every spelling that agents use, read once for the component, which sends,
//! and for the harness, which lets messages out for nobody else. What isn't understood is refused before money is spent.
//!
//! The longer forms are OpenClaw's targets and session keys.

/// An e-mail address has at most 254 bytes, Feishu's own ids some forty; OpenClaw's keys put three of them in a row.
const MAX_BYTES: usize = 512;

/// What kind of id names a recipient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdType {
    /// A user, as one app knows them: `ou_…`.
    OpenId,
    /// A user, as their organisation knows them.
    UserId,
    /// A user, as one developer's apps know them: `on_…`.
    UnionId,
    /// A user's e-mail address.
    Email,
    /// A group or a direct chat: `oc_…`.
    ChatId,
}

impl IdType {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::OpenId,
        Self::UserId,
        Self::UnionId,
        Self::Email,
        Self::ChatId,
    ];

    /// The platform's word (`receive_id_type`).
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::OpenId => "open_id",
            Self::UserId => "user_id",
            Self::UnionId => "union_id",
            Self::Email => "email",
            Self::ChatId => "chat_id",
        }
    }
}

/// Where results go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// What kind of id it is.
    pub id_type: IdType,
    /// The id.
    pub id: String,
    /// The message that began the topic or thread, where the text names one (`oc_…:topic:om_…`).
    pub reply_to: Option<String>,
}

/// The shortest text that is read as the recipient of this kind and id.
#[must_use]
pub fn text(kind: &str, id: &str) -> String {
    // By reading it again: so what is written here is always read as the same.
    let is_plain = read(id).is_ok_and(|read| read.id_type.name() == kind);
    let before = match kind {
        _ if is_plain => return id.to_owned(),
        "open_id" => "user",
        "chat_id" => "chat",
        other => other,
    };
    [before, ":", id].concat()
}

/// What is accepted, for people.
pub const ACCEPTED: &str = "ou_… or user:…, oc_… or chat:…, on_…, or an e-mail address; also as OpenClaw writes it: \
    feishu:group:oc_…, feishu:direct:ou_…, oc_…:topic:om_…";

/// Reads a recipient as an agent names it.
///
/// # Errors
/// Why it can't be one, as the end of a sentence. The text isn't repeated: it may be a key in the wrong place.
pub fn read(text: &str) -> Result<Target, &'static str> {
    let text = text.trim();
    if text.len() > MAX_BYTES {
        return Err("it is too long");
    }
    let mut parts = text.split(':').peekable();
    // Agents pass on what OpenClaw calls the chat, prefixes and all: refusing it would cost a submit.
    skip_address(&mut parts)?;
    let mut kind = None;
    while let Some(named) = parts.peek().and_then(|part| Kind::named(part)) {
        // An id that is called like a kind has nothing behind it.
        let word = parts.next();
        if parts.peek().is_none() {
            return match (kind, word) {
                (None, Some(id)) if !text.contains(':') => target(None, id),
                _ => Err("no id stands behind it"),
            };
        }
        kind = Some(named);
    }
    let mut read = target(kind, parts.next().unwrap_or_default())?;
    while let Some(name) = parts.next() {
        let value = parts.next().unwrap_or_default();
        match name.to_ascii_lowercase().as_str() {
            "topic" | "thread" if value.starts_with("om_") => {
                read.reply_to = Some(message_id(value)?)
            }
            // A topic's own id names no message that could be replied to: the chat gets the result.
            "topic" | "thread" | "sender" | "user" if is_id(value) => {}
            // Refused and not passed over: it may say that the result belongs somewhere else.
            _ => return Err("what stands behind the id isn't known"),
        }
    }
    Ok(read)
}

/// Reads the id of a message that is answered.
///
/// # Errors
/// Why it can't be one, as the end of a sentence.
pub fn message_id(text: &str) -> Result<String, &'static str> {
    let text = text.trim();
    if text.len() <= MAX_ID_BYTES && text.strip_prefix("om_").is_some_and(is_id) {
        return Ok(text.to_owned());
    }
    Err("the id of a message begins with om_")
}

/// Message ids have some forty bytes.
const MAX_ID_BYTES: usize = 128;

/// How a recipient may be announced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    User,
    /// A chat with one person: named by either's id.
    Direct,
    Chat,
    Exactly(IdType),
}

impl Kind {
    /// The kind that a word in front of an id announces, in capitals or not.
    fn named(word: &str) -> Option<Self> {
        Some(match word.to_ascii_lowercase().as_str() {
            "user" => Self::User,
            "direct" | "dm" | "p2p" => Self::Direct,
            "chat" | "group" | "channel" => Self::Chat,
            "open_id" | "openid" => Self::Exactly(IdType::OpenId),
            "user_id" | "userid" => Self::Exactly(IdType::UserId),
            "union_id" | "unionid" => Self::Exactly(IdType::UnionId),
            "chat_id" | "chatid" => Self::Exactly(IdType::ChatId),
            "email" => Self::Exactly(IdType::Email),
            _ => return None,
        })
    }
}

/// The platform's name in front, and all that a session key of OpenClaw has in front of that:
/// `agent:<agent>:<channel>[:<account>]:<kind>:<id>`.
fn skip_address<'a>(
    parts: &mut std::iter::Peekable<impl Iterator<Item = &'a str> + Clone>,
) -> Result<(), &'static str> {
    let is = |part: Option<&&str>, words: &[&str]| {
        part.is_some_and(|part| words.iter().any(|word| part.eq_ignore_ascii_case(word)))
    };
    let is_key = is(parts.peek(), &["agent"]);
    if is_key {
        let _ = (parts.next(), parts.next());
        if !is(parts.peek(), PLATFORMS) {
            // A session key of another channel: its id means nothing here.
            return Err("it names no chat of Feishu or Lark");
        }
    }
    while is(parts.peek(), PLATFORMS) {
        parts.next();
    }
    // An account stands between platform and kind, and nowhere else.
    let account = parts.peek().is_some_and(|part| Kind::named(part).is_none());
    let mut behind = parts.clone();
    behind.next();
    let kind = behind
        .next()
        .is_some_and(|part| Kind::named(part).is_some());
    // Only in a key, where its place is fixed: anywhere else the word could be the id itself.
    if is_key && account && kind {
        parts.next();
    }
    Ok(())
}

/// How the platform is called in front of a recipient.
const PLATFORMS: &[&str] = &["feishu", "lark"];

/// The recipient of an id, of which its own prefix and the word in front of it have to agree.
///
/// # Errors
/// Why it can't be one, as the end of a sentence.
fn target(kind: Option<Kind>, id: &str) -> Result<Target, &'static str> {
    if id.is_empty() {
        return Err("it is empty");
    }
    let of = |id_type| {
        Ok(Target {
            id_type,
            id: id.to_owned(),
            reply_to: None,
        })
    };
    // First: an address may begin like an id.
    if id.contains('@') {
        return match kind {
            None | Some(Kind::User | Kind::Direct | Kind::Exactly(IdType::Email))
                if is_email(id) =>
            {
                of(IdType::Email)
            }
            _ => Err("it is no e-mail address"),
        };
    }
    if !is_id(id) {
        return Err("an id has letters, digits, - and _");
    }
    // What other things the platform has ids for, none of which gets messages.
    if ["om_", "omt_", "cli_", "img_", "file_", "t-"]
        .iter()
        .any(|other| id.starts_with(other))
    {
        return Err("it is the id of something else than a user or a chat");
    }
    let told = [
        ("ou_", IdType::OpenId),
        ("on_", IdType::UnionId),
        ("oc_", IdType::ChatId),
    ];
    let told = told
        .into_iter()
        .find(|(prefix, _)| id.starts_with(prefix))
        .map(|(_, told)| told);
    match (kind, told) {
        // As earlier versions took it.
        (None, told) => of(told.unwrap_or(IdType::ChatId)),
        (Some(Kind::User), Some(IdType::ChatId)) => Err("it names a user and has the id of a chat"),
        // A direct chat has an id of its own, too.
        (Some(Kind::User | Kind::Direct), told) => of(told.unwrap_or(IdType::OpenId)),
        (Some(Kind::Chat), None | Some(IdType::ChatId)) => of(IdType::ChatId),
        (Some(Kind::Chat), Some(_)) => Err("it names a chat and has the id of a user"),
        (Some(Kind::Exactly(IdType::Email)), _) => Err("it is no e-mail address"),
        (Some(Kind::Exactly(exactly)), None) => of(exactly),
        (Some(Kind::Exactly(exactly)), Some(told)) if told == exactly => of(exactly),
        (Some(Kind::Exactly(_)), Some(_)) => Err("its kind is another one than its id tells"),
    }
}

/// Whether it has nothing but what ids have. A dot too: the user ids of some organisations have one.
fn is_id(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    !text.is_empty() && text.bytes().all(plain)
}

/// Whether it may be an address: one `@`, a domain with a dot, and nothing that a header or a markup would
/// obey.
fn is_email(text: &str) -> bool {
    let plain = |byte: u8| {
        byte.is_ascii_graphic()
            && !matches!(byte, b'<' | b'>' | b'"' | b'\\' | b',' | b';' | b'(' | b')')
    };
    let Some((local, domain)) = text.split_once('@') else {
        return false;
    };
    let named = domain.split('.').count() > 1 && domain.split('.').all(|part| !part.is_empty());
    !local.is_empty() && named && is_id(domain) && text.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_that_agents_use_is_the_same_recipient() {
        use IdType::{ChatId, Email, OpenId, UnionId, UserId};
        for (text, id_type, id, reply_to) in [
            ("ou_a", OpenId, "ou_a", None),
            (" user:ou_a ", OpenId, "ou_a", None),
            ("user:x", OpenId, "x", None),
            ("oc_a", ChatId, "oc_a", None),
            ("chat:x", ChatId, "x", None),
            ("on_a", UnionId, "on_a", None),
            ("user:on_a", UnionId, "on_a", None),
            ("a.b+c@d.example", Email, "a.b+c@d.example", None),
            ("email:a@b.c", Email, "a@b.c", None),
            ("else", ChatId, "else", None),
            ("chat", ChatId, "chat", None),
            ("feishu:oc_a", ChatId, "oc_a", None),
            ("lark:ou_a", OpenId, "ou_a", None),
            ("Feishu:Group:oc_a", ChatId, "oc_a", None),
            ("feishu:direct:ou_a", OpenId, "ou_a", None),
            ("feishu:dm:oc_a", ChatId, "oc_a", None),
            ("feishu:user:ou_a", OpenId, "ou_a", None),
            ("feishu:chat:oc_a", ChatId, "oc_a", None),
            ("group:oc_a", ChatId, "oc_a", None),
            ("open_id:ou_a", OpenId, "ou_a", None),
            ("user_id:g3fd8a", UserId, "g3fd8a", None),
            ("union_id:on_a", UnionId, "on_a", None),
            ("chat_id:oc_a", ChatId, "oc_a", None),
            ("oc_a:topic:om_b", ChatId, "oc_a", Some("om_b")),
            ("oc_a:topic:om_b:sender:ou_c", ChatId, "oc_a", Some("om_b")),
            ("oc_a:sender:ou_c", ChatId, "oc_a", None),
            ("oc_a:thread:om_b", ChatId, "oc_a", Some("om_b")),
            ("oc_a:topic:omt_b", ChatId, "oc_a", None),
            ("chat:oc_a:topic:om_b", ChatId, "oc_a", Some("om_b")),
            ("agent:main:feishu:group:oc_a", ChatId, "oc_a", None),
            ("agent:main:feishu:work:direct:ou_a", OpenId, "ou_a", None),
            (
                "agent:main:feishu:group:oc_a:topic:om_b:sender:ou_c",
                ChatId,
                "oc_a",
                Some("om_b"),
            ),
        ] {
            let read = read(text).unwrap_or_else(|reason| panic!("{text}: {reason}"));
            assert_eq!((read.id_type, read.id.as_str()), (id_type, id), "{text}");
            assert_eq!(read.reply_to.as_deref(), reply_to, "{text}");
            let again = super::read(&super::text(read.id_type.name(), &read.id)).unwrap();
            assert_eq!(
                (again.id_type, again.id),
                (id_type, id.to_owned()),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_not_understood_is_no_recipient() {
        for text in [
            "",
            " ",
            ":",
            "user:",
            "feishu:",
            "feishu:group:",
            "chat:group",
            "agent:main:main",
            "slack:C01",
            "channel:C01:x",
            "om_a",
            "omt_a",
            "cli_a",
            "oc_a oc_b",
            "oc_a:topic",
            "oc_a:topic:",
            "oc_a:what:x",
            "oc_a:b",
            "oc_a/../b",
            "chat:ou_a",
            "user:oc_a",
            "open_id:oc_a",
            "union_id:ou_a",
            "email:x",
            "@all",
            "a@b",
            "a@b@c.d",
            "chat:a@b.c",
            "<at>@b.c",
            "oc_\u{202e}a",
            "狐狸",
            "oc_a,oc_b",
        ] {
            assert!(read(text).is_err(), "{text:?}: {:?}", read(text));
        }
        assert!(read(&"x".repeat(MAX_BYTES + 1)).is_err());
    }

    #[test]
    fn a_message_that_is_answered_is_named_by_its_id_alone() {
        assert_eq!(message_id(" om_a1-B_c "), Ok("om_a1-B_c".to_owned()));
        for text in ["", "om_", "oc_a", "om_a/b", "om_a b", "om_a%2Fb", "om_..:x"] {
            assert!(message_id(text).is_err(), "{text}");
        }
    }
}
