//! Channels, private channels and direct conversations, and whether a bot may speak there.

use super::app::App;
use super::refusal::Refusal;

/// Shortest id with its letter.
const MIN_ID_CHARS: usize = 9;

#[derive(Clone, Debug)]
pub(crate) struct Channel {
    pub(crate) id: String,
    pub(crate) private: bool,
    pub(crate) has_bot: bool,
    pub(crate) archived: bool,
    /// The person of a direct conversation.
    pub(crate) user_id: Option<String>,
    /// Messages and files are refused with this.
    pub(crate) refuses: Option<String>,
}

impl Channel {
    pub(crate) fn new(id: &str) -> Self {
        Self {
            id: id.to_owned(),
            private: !id.starts_with('C'),
            has_bot: true,
            archived: false,
            user_id: None,
            refuses: None,
        }
    }

    /// Whether a message or a file may be put here. `by_message`: into a public channel a message may come from outside,
    /// with the scope for it; a file may not.
    pub(crate) fn admits(&self, app: &App, by_message: bool) -> Result<(), Refusal> {
        if !self.has_bot {
            if self.private {
                // It isn't told that there is such a channel.
                return Err(Refusal::of("channel_not_found"));
            }
            if !(by_message && app.has("chat:write.public")) {
                return Err(Refusal::of("not_in_channel"));
            }
        }
        if self.archived {
            return Err(Refusal::of("is_archived"));
        }
        match &self.refuses {
            Some(error) => Err(Refusal::of(error)),
            None => Ok(()),
        }
    }

    /// Which scope reads it: `channels:history`, `groups:history`, `im:history` and so on.
    pub(crate) fn scope(&self, action: &str) -> String {
        let kind = match (self.user_id.is_some(), self.private) {
            (true, _) => "im",
            (false, true) => "groups",
            (false, false) => "channels",
        };
        format!("{kind}:{action}")
    }
}

/// Whether it is an id of one of these kinds: `C` channel, `G` private, `D` direct, `U` and `W` people, `F` files.
pub(crate) fn is_id(text: &str, kinds: &str) -> bool {
    text.len() >= MIN_ID_CHARS
        && text.starts_with(|letter| kinds.contains(letter))
        && text
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

/// Whether it is the time of a message: seconds, a dot, six digits.
pub(crate) fn is_ts(text: &str) -> bool {
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    text.split_once('.').is_some_and(|(seconds, rest)| {
        seconds.len() == 10 && rest.len() == 6 && digits(seconds) && digits(rest)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_and_times_have_a_form() {
        assert!(is_id("C0123456789", "CGD") && is_id("U0123ABCD", "UW"));
        assert!(
            !is_id("U0123ABCD", "CGD") && !is_id("C012", "CGD") && !is_id("c0123456789", "CGD")
        );
        assert!(is_ts("1700000000.123456") && !is_ts("1700000000") && !is_ts("1700000000.12345x"));
    }
}
