//! A message as it is kept, whichever channel it goes to. What stands in it means something to that channel alone.

use crate::json::{stored, stored_by_name};

/// What a message shows. Names are those that logs have had since version 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Words: a notice, or links.
    Text,
    /// A picture.
    Image,
    /// A video with a player.
    Video,
    /// A file to open.
    File,
}

impl Shape {
    /// The name used in logs and records.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Image => "image",
            Self::Video => "media",
            Self::File => "file",
        }
    }
}

stored_by_name!(Shape {
    Text,
    Image,
    Video,
    File,
});

/// A message, ready to be committed: the same again makes the same bytes, also after an update of this program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// What it shows.
    pub shape: Shape,
    /// Which version of the channel's own form `body` has. A channel keeps writing the bytes of each form as it did.
    pub form: u32,
    /// Of a text its words, which the channel writes in its own way; else what the channel's commit needs, such as the key of
    /// an upload: at most [`Message::MAX_BODY_BYTES`].
    pub body: String,
}

stored!(Message { shape, form, body });

impl Message {
    /// What a channel may keep of a medium: some keys and names. A record is read on every step.
    pub const MAX_BODY_BYTES: usize = 4 * 1024;
    /// The form that texts have now.
    const TEXT_FORM: u32 = 1;

    /// A text.
    #[must_use]
    pub const fn text(words: String) -> Self {
        Self {
            shape: Shape::Text,
            // Stored, so that a version which writes texts otherwise still repeats this one as it was.
            form: Self::TEXT_FORM,
            body: words,
        }
    }

    /// Its words, of a text.
    #[must_use]
    pub fn words(&self) -> Option<&str> {
        (self.shape == Shape::Text).then_some(self.body.as_str())
    }
}
