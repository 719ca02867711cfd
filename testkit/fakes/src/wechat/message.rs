//! What was uploaded, tried and shown.
//!
//! Not here: what is taken at all (`platform.rs`).

/// Something that was uploaded, decrypted. Its content is not kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Uploaded {
    /// `image`, `video` or `file`, as its upload was announced.
    pub kind: &'static str,
    /// Whom it is for.
    pub to: String,
    /// Its length in bytes, before it was encrypted.
    pub bytes: u64,
    /// In lower-case hexadecimal.
    pub md5: String,
    /// Its first bytes.
    pub head: Vec<u8>,
}

/// A message that was shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentMessage {
    /// The person.
    pub to: String,
    /// `text`, `image`, `video` or `file`.
    pub kind: &'static str,
    /// The words of a text, or the name of a file; else empty.
    pub text: String,
    /// The medium.
    pub media: Option<Uploaded>,
    /// What the client calls it. Nothing is made of that.
    pub client_id: String,
}

/// A request to send by an account that is logged in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// The person.
    pub to: String,
    /// What it was answered with: 0 where somebody was shown something.
    pub ret: i64,
}
