//! A request, as embedders put it together, and what the component is given of it.

use contract::channels;
use contract::commands::{is_blank, is_nowhere};

use crate::types::{Destination, Medium, Request, Route};

/// A request for a video or an image.
#[derive(Debug, Clone, Default)]
pub struct Submit {
    /// All but where its results go.
    request: Request,
    /// Where they go, as it was named: blank texts are kept.
    route: Route,
}

impl Submit {
    /// A new session with the user's words, relayed as they are.
    pub fn message(text: impl Into<String>) -> Self {
        let mut submit = Self::default();
        submit.request.text = Some(text.into());
        submit
    }

    /// Another turn of a session.
    #[must_use]
    pub fn in_session(mut self, session_id: impl Into<String>) -> Self {
        self.request.session_id = Some(session_id.into());
        self
    }

    /// What is asked for, where that is known: a picture gets no ratio.
    #[must_use]
    pub fn of_kind(mut self, kind: Medium) -> Self {
        self.request.kind = Some(kind);
        self
    }

    /// The service that makes it, as [`check`](crate::Harness::check) names it; without it the one that is configured.
    #[must_use]
    pub fn by_service(mut self, service: impl Into<String>) -> Self {
        self.request.service = Some(service.into());
        self
    }

    /// The ratio of a new video whose words name none, as `9:16`; without it the configured one.
    #[must_use]
    pub fn with_ratio(mut self, ratio: impl Into<String>) -> Self {
        self.request.ratio = Some(ratio.into());
        self
    }

    /// Where the results go.
    #[must_use]
    pub fn to(self, channel: impl Into<String>, chat_id: impl Into<String>) -> Self {
        self.through(channel).to_chat(chat_id)
    }

    /// The channel alone; without it that of the session or of the settings.
    #[must_use]
    pub fn through(mut self, channel: impl Into<String>) -> Self {
        self.route.channel = Some(channel.into());
        self
    }

    /// Which of several accounts of the channel writes.
    #[must_use]
    pub fn with_account(mut self, account: impl Into<String>) -> Self {
        self.route.account = Some(account.into());
        self
    }

    /// The chat alone; without it that of the session or of the settings. An empty one: nowhere.
    #[must_use]
    pub fn to_chat(mut self, chat_id: impl Into<String>) -> Self {
        self.route.chat = Some(chat_id.into());
        self
    }

    /// Nowhere, whatever session and settings say: the results are asked for.
    #[must_use]
    pub fn to_nowhere(self) -> Self {
        self.to_chat("")
    }

    /// Into a topic or thread of the chat, by its id.
    #[must_use]
    pub fn in_thread(mut self, thread: impl Into<String>) -> Self {
        self.route.thread = Some(thread.into());
        self
    }

    /// Into the topic or thread of a message (`om_…`), where the chat is named, too.
    #[must_use]
    pub fn in_reply_to(mut self, message_id: impl Into<String>) -> Self {
        self.route.reply_to = Some(message_id.into());
        self
    }

    /// The session that it continues.
    pub fn session_id(&self) -> Option<&str> {
        self.request.session_id.as_deref()
    }

    /// The user's words.
    pub fn text(&self) -> &str {
        self.request.text.as_deref().unwrap_or_default()
    }

    /// The channel that it names, as it was spelt.
    pub fn channel(&self) -> Option<&str> {
        self.route.channel.as_deref()
    }

    /// The chat that it names, as it was spelt.
    pub fn chat(&self) -> Option<&str> {
        self.route.chat.as_deref()
    }

    /// The topic or thread that it names.
    pub fn thread(&self) -> Option<&str> {
        self.route.thread.as_deref()
    }

    /// The message that it answers.
    pub fn reply_to(&self) -> Option<&str> {
        self.route.reply_to.as_deref()
    }

    /// What the component is given: what is blank is left out, or says that results go nowhere.
    pub(crate) fn request(self) -> Request {
        let route = &self.route;
        // A slip in the channel's name is the component's to tell, in its own words.
        let slip = route.channel.as_deref().is_some_and(|name| {
            let is = |word: &str| word.eq_ignore_ascii_case(name.trim());
            !is_blank(name) && !channels::words().any(is)
        });
        let nowhere = is_nowhere(route.channel.as_deref(), route.chat.as_deref());
        let filled = |text: Option<String>| text.filter(|text| !is_blank(text));
        let destination = if nowhere && !slip {
            Destination::Nowhere
        } else {
            Destination::To(Route {
                channel: filled(self.route.channel),
                account: filled(self.route.account),
                chat: filled(self.route.chat),
                thread: filled(self.route.thread),
                reply_to: filled(self.route.reply_to),
            })
        };
        Request {
            destination: Some(destination),
            ..self.request
        }
    }
}

impl Request {
    /// The route of a request whose results go somewhere.
    pub(crate) fn route(&self) -> Option<&Route> {
        match &self.destination {
            Some(Destination::To(route)) => Some(route),
            Some(Destination::Nowhere) | None => None,
        }
    }

    /// Everything that it says, in no order: to be searched for secrets.
    pub(crate) fn said(&self) -> Vec<&str> {
        let mut said = vec![&self.text, &self.session_id, &self.service, &self.ratio];
        if let Some(route) = self.route() {
            let Route {
                channel,
                account,
                chat,
                thread,
                reply_to,
            } = route;
            said.extend([channel, account, chat, thread, reply_to]);
        }
        said.into_iter().flatten().map(String::as_str).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_chat_is_nowhere_and_an_unknown_channel_is_left_to_the_component() {
        let nowhere = |submit: Submit| submit.request().destination == Some(Destination::Nowhere);
        assert!(nowhere(Submit::message("a cat").to_nowhere()));
        assert!(nowhere(Submit::message("a cat").to("Feishu", " ")));
        assert!(nowhere(Submit::message("a cat").through("")));
        assert!(!nowhere(Submit::message("a cat").to("fieshu", "")));
        assert!(!nowhere(Submit::message("a cat")));
    }

    #[test]
    fn everything_that_is_said_is_searched() {
        let request = Submit::message("words")
            .in_session("session")
            .by_service("service")
            .with_ratio("ratio")
            .to("feishu", "chat")
            .with_account("account")
            .in_thread("thread")
            .in_reply_to("message")
            .of_kind(Medium::Image)
            .request();
        let mut said = request.said();
        said.sort_unstable();
        let mut all = [
            "words", "session", "service", "ratio", "feishu", "chat", "account", "thread",
            "message",
        ];
        all.sort_unstable();
        assert_eq!(said, all);
    }
}
