//! What was uploaded, tried and shown.

/// Something that was uploaded. Its content is not kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Uploaded {
    /// Its id.
    pub media_id: String,
    /// `image`, `video` or `file`.
    pub kind: String,
    /// The name in its part.
    pub file_name: String,
    /// Length in bytes.
    pub bytes: u64,
    /// In lower-case hexadecimal.
    pub sha256: String,
    /// When, by the service's clock, in milliseconds.
    pub at_ms: u64,
    /// Which app may show it.
    pub agent_id: u64,
}

/// A message that somebody was shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentMessage {
    /// Its id.
    pub msgid: String,
    /// The member.
    pub to: String,
    /// The app's number.
    pub agent_id: u64,
    /// `text`, `image`, `video` or `file`.
    pub kind: String,
    /// The words, cut off where the platform cuts them; empty of a medium.
    pub text: String,
    /// The medium.
    pub media: Option<Uploaded>,
    /// When, by the service's clock, in milliseconds.
    pub at_ms: u64,
}

/// A request to send that had a good token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// `touser`.
    pub to: String,
    /// The body as it came.
    pub body: String,
    /// The `errcode` that it was answered with.
    pub code: i64,
}
