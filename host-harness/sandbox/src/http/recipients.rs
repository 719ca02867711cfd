//! Who may get messages: the question that the harness answers. Not here: how it knows.

/// The recipients that the user named, and what they led to.
pub trait Recipients: Send + Sync {
    /// Whether this one was named. What can't be found out isn't.
    fn is_named(&self, kind: &str, id: &str) -> bool;

    /// Whether this message is in a named recipient's chat, so that it may be answered.
    fn has_message(&self, id: &str) -> bool;

    /// Notes a message that the service confirmed to be in a named recipient's chat.
    fn note_message(&self, id: String);

    /// Whether this message of one's own is in this recipient's chat, of a kind and id.
    fn has_own_message(&self, of: (&str, &str), id: &str) -> bool {
        self.has_message(&own_message(of, id))
    }

    /// Notes a message of one's own that the service put into a recipient's chat; for later processes as well.
    fn note_own_message(&self, of: (&str, &str), id: &str) {
        self.note_message(own_message(of, id));
    }

    /// Notes a message that leaves to this recipient, in a conversation that is known by what has this mark. It may not arrive.
    fn note_sent(&self, to: (&str, &str), mark: &str) {
        // A default that counts nothing: most platforms take any number.
        let _ = (to, mark);
    }

    /// Notes a recipient that the one of this kind and id led to, as the service said: it is named for as long as that one is.
    fn note_derived(&self, of: (&str, &str), kind: &str, id: String);
}

/// What a message of one's own is noted as: its id counts in its chat alone. With the blanks in it, it is none that may be answered.
#[must_use]
pub fn own_message((kind, of): (&str, &str), id: &str) -> String {
    [kind, of, id].join(" ")
}
