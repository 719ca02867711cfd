//! Files: which are taken, and what is remembered of them.

use super::error::PippitError;
use crate::record::{Body, Part};
use crate::sniff::{is_mp4, sniff};

/// "Under 200 MB".
pub const MAX_FILE_BYTES: u64 = 200 << 20;

/// A file that was uploaded. Its content is not kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asset {
    /// What a submit refers to it by.
    pub pippit_asset_id: String,
    /// As the part's header named it.
    pub file_name: String,
    /// As the part's header named it.
    pub content_type: Option<String>,
    /// Length in bytes.
    pub bytes: u64,
    /// In lower-case hexadecimal.
    pub sha256: String,
}

/// Checks a form: `file`, and at most the field `accessKey` with the key of the header.
pub(crate) fn read(body: &Body, key: &str, id: String) -> Result<Asset, PippitError> {
    let parts = match body {
        Body::Form { parts, .. } => parts,
        _ => return Err(PippitError::parameter("the body is not a form")),
    };
    let mut file = None;
    for part in parts {
        match part.name.as_str() {
            "file" if file.is_none() => file = Some(part),
            "accessKey" if part.text() == Some(key) => {}
            "accessKey" => return Err(PippitError::bad_key()),
            _ => return Err(PippitError::parameter("there is an unknown part")),
        }
    }
    let part = file.ok_or_else(|| PippitError::parameter("file is missing"))?;
    let name = part.file_name.as_deref().filter(|name| !name.is_empty());
    let name = name.ok_or_else(|| PippitError::parameter("file has no name"))?;
    if part.bytes == 0 || part.bytes >= MAX_FILE_BYTES {
        return Err(PippitError::parameter("file is empty, or not under 200 MB"));
    }
    if !is_known(part) {
        return Err(PippitError::parameter(
            "file is no image, video, mp3 or wav",
        ));
    }
    Ok(Asset {
        pippit_asset_id: id,
        file_name: name.to_owned(),
        content_type: part.content_type.clone(),
        bytes: part.bytes,
        sha256: part.sha256.clone(),
    })
}

fn is_known(part: &Part) -> bool {
    let head = &part.head;
    let is_wav = head.starts_with(b"RIFF") && head.get(8..12) == Some(b"WAVE");
    let is_mp3 = head.starts_with(b"ID3") || matches!(head.get(..2), Some([0xff, 0xe2..=0xfb]));
    is_wav || is_mp3 || is_mp4(head) || sniff(head).is_some()
}
