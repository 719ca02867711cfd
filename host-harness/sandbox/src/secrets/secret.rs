//! A secret that can't be printed, copied or serialised by accident, and is wiped when it is dropped.

use zeroize::Zeroizing;

/// An API key, app secret or token. It has no `Display`, `Debug`, `Clone` or `Serialize`: share it through an `Arc`.
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes ownership of the text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// The text itself, for the one place that writes it into a request or a file.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The last four characters, which people recognise their key by. Fewer for a text too short to hide anything.
    pub fn last_four(&self) -> String {
        let chars: Vec<char> = self.0.chars().collect();
        // Of a short text four characters would be half of it or more.
        let shown = if chars.len() >= 8 { 4 } else { 0 };
        chars[chars.len() - shown..].iter().collect()
    }

    /// Whether both are the same text. Not in constant time: both are ours.
    pub fn is(&self, other: &Self) -> bool {
        *self.0 == *other.0
    }
}
