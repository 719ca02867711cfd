//! Kinds by content.

use super::{MediaKind, UploadType};

/// What the first bytes say.
#[must_use]
pub fn sniff(_head: &[u8]) -> MediaKind {
    MediaKind::Unknown
}

/// The content type.
#[must_use]
pub fn content_type(_kind: MediaKind, _extension: Option<&str>) -> &'static str {
    "application/octet-stream"
}

/// Whether `upload` takes the file.
pub fn upload_type(_name: &str, _head: &[u8]) -> Result<UploadType, String> {
    Err("text/plain".to_owned())
}
