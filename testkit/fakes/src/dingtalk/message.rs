//! What was uploaded, tried and shown.
//!
//! Not here: what is taken at all (`platform.rs`).

use serde_json::Value;

/// Something that was uploaded. Its content is not kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Uploaded {
    /// `@` and an id; the sign belongs to it in messages.
    pub media_id: String,
    /// `image` or `file`.
    pub kind: String,
    /// The name in its part.
    pub file_name: String,
    /// Length in bytes.
    pub bytes: u64,
    /// In lower-case hexadecimal.
    pub sha256: String,
}

/// A message that was shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentMessage {
    /// The person, or the group.
    pub to: String,
    /// `sampleText`, `sampleImageMsg`, `sampleVideo` or `sampleFile`.
    pub kind: String,
    /// What it takes: the JSON that came as a text.
    pub param: Value,
    /// The words as they came, with whatever looks like markup in them; empty of a medium.
    pub text: String,
    /// The medium.
    pub media: Option<Uploaded>,
    /// A film's first frame; none of anything else.
    pub cover: Option<Uploaded>,
}

/// A request to send that had a good token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// The person, or the group.
    pub to: String,
    /// The status that it was answered with. 200 doesn't say that anybody was shown something.
    pub status: u16,
}
