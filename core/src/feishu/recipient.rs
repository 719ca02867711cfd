//! Who a message goes to: docs/spec.md section 7.

/// A recipient as the platform wants it named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient {
    /// `receive_id_type`.
    pub id_type: &'static str,
    /// `receive_id`.
    pub id: String,
}

impl Recipient {
    /// Reads `ou_…`, `user:X`, `oc_…`, `chat:X`, `on_…`, an email address; anything else is a chat.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let text = text.trim();
        let (id_type, id) = if let Some(id) = text.strip_prefix("user:") {
            ("open_id", id)
        } else if let Some(id) = text.strip_prefix("chat:") {
            ("chat_id", id)
        } else if text.starts_with("ou_") {
            ("open_id", text)
        } else if text.starts_with("on_") {
            ("union_id", text)
        } else if text.contains('@') {
            ("email", text)
        } else {
            ("chat_id", text)
        };
        Self {
            id_type,
            id: id.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Recipient;

    #[test]
    fn every_spelling_of_a_recipient_has_its_type() {
        for (text, id_type, id) in [
            ("ou_a", "open_id", "ou_a"),
            ("user:ou_a", "open_id", "ou_a"),
            ("oc_a", "chat_id", "oc_a"),
            ("chat:x", "chat_id", "x"),
            ("on_a", "union_id", "on_a"),
            ("a@b.c", "email", "a@b.c"),
            ("else", "chat_id", "else"),
        ] {
            assert_eq!(
                Recipient::parse(text),
                Recipient {
                    id_type,
                    id: id.to_owned()
                }
            );
        }
    }
}
