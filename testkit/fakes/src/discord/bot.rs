//! Bots, and what they may do. Permissions are taken away by channel, as an administrator would; roles are not modelled.

/// A bot as its developer set it up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bot {
    pub(crate) token: String,
    pub(crate) id: String,
    pub(crate) name: String,
}

impl Bot {
    /// A bot with a token (without `Bot `) and the id of its user.
    pub fn new(token: &str, id: &str) -> Self {
        Self {
            token: token.to_owned(),
            id: id.to_owned(),
            name: "libtv".to_owned(),
        }
    }
}

/// What can be denied to every bot in a channel. All but [`Permission::MentionEveryone`] are there from the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Permission {
    /// Without it every call is refused with 50001.
    ViewChannel,
    /// Without it messages are refused with 50013; in threads [`Permission::SendMessagesInThreads`] counts.
    SendMessages,
    /// The same for threads.
    SendMessagesInThreads,
    /// Without it messages with files are refused with 50013.
    AttachFiles,
    /// Without it the list of messages is **empty**, not refused, and replies are refused with 160002.
    ReadMessageHistory,
    /// Without it `@everyone`, `@here` and roles are text, whatever the message allows.
    MentionEveryone,
}

/// What every channel allows at first.
pub(crate) const AT_FIRST: &[Permission] = &[
    Permission::ViewChannel,
    Permission::SendMessages,
    Permission::SendMessagesInThreads,
    Permission::AttachFiles,
    Permission::ReadMessageHistory,
];

/// Whether a `User-Agent` is one that Discord asks of bots. `strict`: exactly as documented, with an address and a
/// version between the parentheses; one of the well-known clients leaves the comma out.
pub(crate) fn is_user_agent(value: Option<&str>, strict: bool) -> bool {
    let inside = value
        .and_then(|value| value.strip_prefix("DiscordBot ("))
        .and_then(|rest| rest.split_once(')'))
        .map(|(inside, _)| inside);
    match (inside, strict) {
        (None, _) => false,
        (Some(inside), false) => !inside.is_empty(),
        (Some(inside), true) => inside
            .split_once(", ")
            .is_some_and(|(url, version)| url.starts_with("http") && !version.is_empty()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_agent_names_an_address_and_a_version() {
        let documented = Some("DiscordBot (https://example.org, 1.0)");
        let loose = Some("DiscordBot (https://example.org 2.7.1) Python/3.11");
        assert!(is_user_agent(documented, true) && is_user_agent(documented, false));
        assert!(!is_user_agent(loose, true) && is_user_agent(loose, false));
        for other in [
            None,
            Some("curl/8"),
            Some("DiscordBot"),
            Some("DiscordBot ()"),
        ] {
            assert!(!is_user_agent(other, false), "{other:?}");
        }
    }
}
