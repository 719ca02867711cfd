//! Who may get messages: the question that the harness answers. Not here: how it knows.

/// The recipients that the user named, and what they led to.
pub trait Recipients: Send + Sync {
    /// Whether this one was named. What can't be found out isn't.
    fn is_named(&self, kind: &str, id: &str) -> bool;

    /// Whether this message is in a named recipient's chat, so that it may be answered.
    fn has_message(&self, id: &str) -> bool;

    /// Notes a message that the service confirmed to be in a named recipient's chat.
    fn note_message(&self, id: String);

    /// Notes a recipient that the one of this kind and id led to, as the service said: it is named for as long as that one is.
    fn note_derived(&self, of: (&str, &str), kind: &str, id: String);
}
