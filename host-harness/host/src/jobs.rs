//! Jobs and the lid on them: whom those of a call are counted for beside the whole, and how many may begin. It is the chat that a
//! call's arguments name, or the environment for them; what the component stored of a session that goes on has no part in it. Not
//! here: the count itself (`spending/`).

use std::sync::Arc;

use contract::commands::is_nowhere;

use crate::harness::Harness;
use crate::recipients::Recipient;
use crate::spending::JobsLeft;

/// A chat without thread or message, in whatever spelling it is named; an empty channel is the usual one.
fn of_chat(channel: &str, chat: &str) -> Option<Arc<str>> {
    let named = Recipient::named_by(channel, chat)?;
    Some(named.to_string().into())
}

impl Harness {
    /// The channel, empty for the usual one, and the chat that a submit names, or the environment for it. For embedders that keep
    /// the recipients elsewhere: whoever this is has to be named before the submit begins.
    pub fn chat_of_submit(
        &self,
        channel: Option<&str>,
        chat: Option<&str>,
    ) -> Option<(String, String)> {
        let said = |given: Option<&str>, variable| {
            let passed = || self.settings().environment.passed(variable);
            let given = given.filter(|text| !text.trim().is_empty());
            given.or_else(passed).map(str::to_owned)
        };
        let channel = said(channel, "OPENCLAW_CHANNEL_TYPE").unwrap_or_default();
        Some((channel, said(chat, "OPENCLAW_CHAT_ID")?))
    }

    /// Whom the jobs of a submit are counted for; `None` where no chat is named.
    pub(crate) fn group_of_submit(
        &self,
        channel: Option<&str>,
        chat: Option<&str>,
    ) -> Option<Arc<str>> {
        if is_nowhere(channel, chat) {
            return None;
        }
        let (channel, chat) = self.chat_of_submit(channel, chat)?;
        of_chat(&channel, &chat)
    }

    /// How many jobs may begin today, in all and for `chat` of the usual channel, spelt as in `--chat-id`. What can't be known
    /// is its [`problem`](JobsLeft::problem): nothing is submitted then.
    pub async fn jobs_left(&self, chat: Option<&str>) -> JobsLeft {
        let group = chat.and_then(|chat| of_chat("", chat));
        let standing = self.spending().standing(group.as_deref()).await;
        let offset = self.settings().utc_offset_seconds;
        standing.map_or_else(JobsLeft::unknown, |standing| {
            JobsLeft::of(standing, group.is_some(), offset)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chat_is_the_same_in_each_spelling_and_in_each_of_its_threads() {
        let group = of_chat("feishu", "oc_a");
        assert!(group.is_some());
        for same in ["chat:oc_a", " oc_a ", "oc_a:topic:om_1"] {
            assert_eq!(of_chat("feishu", same), group, "{same}");
        }
        assert_eq!(of_chat("", "oc_a"), group);
        assert_ne!(of_chat("feishu", "oc_b"), group);
    }
}
