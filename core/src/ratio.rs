//! Video ratios.

/// A ratio.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ratio {
    width: u8,
    height: u8,
}

/// 16:9.
pub const DEFAULT: Ratio = Ratio {
    width: 16,
    height: 9,
};

impl Ratio {
    /// `W:H`.
    #[must_use]
    pub fn parse(_text: &str) -> Option<Self> {
        None
    }
}

impl std::fmt::Display for Ratio {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.width, self.height)
    }
}

/// Whether the text names a ratio.
#[must_use]
pub fn names_ratio(_text: &str) -> bool {
    false
}

/// The text with a ratio.
#[must_use]
pub fn with_ratio(text: &str, _ratio: &Ratio) -> String {
    text.to_owned()
}
