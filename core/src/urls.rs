//! Result URLs.

/// A result URL.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(transparent)]
pub struct ResultUrl(String);

impl<'de> serde::Deserialize<'de> for ResultUrl {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("not a LibTV result URL"))
    }
}

impl ResultUrl {
    /// The whole text as a result URL.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        text.starts_with("https://libtv-res.liblib.art/")
            .then(|| Self(text.to_owned()))
    }
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
    /// Whether it may be a user's upload.
    #[must_use]
    pub fn is_upload(&self) -> bool {
        self.0.starts_with("https://libtv-res.liblib.art/claw/")
    }
    /// The extension.
    #[must_use]
    pub fn extension(&self) -> Option<&str> {
        None
    }
}

/// Every result URL in a text.
#[must_use]
pub fn extract(_text: &str) -> Vec<ResultUrl> {
    Vec::new()
}
