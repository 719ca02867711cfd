//! A value that must not be seen: an API key, an app secret, a tenant token, or the placeholder
//! that stands for one. It has no `Display`, `Debug`, `Serialize` or `Clone`; the one way to its
//! text is [`Secret::expose`], called only where a request is put together.

/// A secret text.
pub struct Secret(String);

impl Secret {
    /// Wraps a text.
    #[must_use]
    pub const fn new(text: String) -> Self {
        Self(text)
    }

    /// The text itself, for the header or body of the one request it belongs to.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// `****` and the last four characters, or `****` alone when too little would stay hidden.
    #[must_use]
    pub fn masked(&self) -> String {
        const SHOWN: usize = 4;
        let count = self.0.chars().count();
        // Of a short text four characters would be half of it.
        if count < 2 * SHOWN {
            return "****".to_owned();
        }
        let tail: String = self.0.chars().skip(count - SHOWN).collect();
        format!("****{tail}")
    }
}

#[cfg(test)]
mod tests {
    use super::Secret;

    #[test]
    fn a_mask_shows_the_last_four_characters_of_a_long_secret() {
        assert_eq!(Secret::new("mgk_abcdef1234".into()).masked(), "****1234");
    }

    #[test]
    fn a_mask_of_a_short_secret_shows_nothing() {
        assert_eq!(Secret::new("abc1234".into()).masked(), "****");
    }
}
