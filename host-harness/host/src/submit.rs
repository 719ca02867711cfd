//! A request as its caller makes it: the words, and where the results go. Not here: sending it (`harness.rs`).

/// A request for a video or an image.
#[derive(Debug, Clone, Default)]
pub struct Submit {
    pub(crate) message: Option<String>,
    pub(crate) session_id: Option<String>,
    pub(crate) channel: Option<String>,
    pub(crate) chat_id: Option<String>,
    pub(crate) reply_to: Option<String>,
}

impl Submit {
    /// A new session with the user's words, relayed as they are.
    pub fn message(text: impl Into<String>) -> Self {
        Self {
            message: Some(text.into()),
            ..Self::default()
        }
    }

    /// Another turn of a session.
    #[must_use]
    pub fn in_session(mut self, session_id: impl Into<String>) -> Self {
        self.session_id = Some(session_id.into());
        self
    }

    /// Where the results go.
    #[must_use]
    pub fn to(self, channel: impl Into<String>, chat_id: impl Into<String>) -> Self {
        self.through(channel).to_chat(chat_id)
    }

    /// Into the topic or thread of a message (`om_…`), where the chat is named, too.
    #[must_use]
    pub fn in_reply_to(mut self, message_id: impl Into<String>) -> Self {
        self.reply_to = Some(message_id.into());
        self
    }

    /// The chat as the component reads it: with the message that is answered.
    pub(crate) fn target(&self) -> Option<String> {
        match (&self.chat_id, &self.reply_to) {
            (Some(chat), Some(message)) if !chat.trim().is_empty() => {
                Some(format!("{}:topic:{}", chat.trim(), message.trim()))
            }
            (chat, _) => chat.clone(),
        }
    }

    /// The channel alone; without it that of the session or of the settings.
    #[must_use]
    pub fn through(mut self, channel: impl Into<String>) -> Self {
        self.channel = Some(channel.into());
        self
    }

    /// The chat alone; without it that of the session or of the settings.
    #[must_use]
    pub fn to_chat(mut self, chat_id: impl Into<String>) -> Self {
        self.chat_id = Some(chat_id.into());
        self
    }
}
