//! Why something could not be measured.

use std::fmt;

/// A sentence.
#[derive(Debug)]
pub struct Failed(String);

impl Failed {
    /// For this reason.
    pub fn new(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }

    /// The same with what was under way.
    #[must_use]
    pub fn during(self, what: &str) -> Self {
        Self(format!("{what}: {}", self.0))
    }
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<std::io::Error> for Failed {
    fn from(error: std::io::Error) -> Self {
        Self(error.to_string())
    }
}

impl From<serde_json::Error> for Failed {
    fn from(error: serde_json::Error) -> Self {
        Self(error.to_string())
    }
}

impl From<http::Error> for Failed {
    fn from(error: http::Error) -> Self {
        Self(error.to_string())
    }
}

impl From<fakes::TimedOut> for Failed {
    fn from(error: fakes::TimedOut) -> Self {
        Self(error.to_string())
    }
}
