//! Files on their way into a channel: an address to upload to, the bytes, the one completion, and what is told afterwards.

use super::refusal::Refusal;
use crate::record::{Body, Recorded};
use crate::sniff::{is_mp4, sniff};
use serde_json::{Value, json};

/// Of one file.
pub const MAX_FILE_BYTES: u64 = 1 << 30;

/// A file that was shared in a channel. Its content is not kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SharedFile {
    /// `F…`
    pub id: String,
    /// As it was announced.
    pub name: String,
    /// As the completion has it, else the name.
    pub title: String,
    /// What its first bytes are, which decides about a player: `video/mp4`, `image/png`, `application/octet-stream`.
    pub mimetype: String,
    /// Length in bytes.
    pub bytes: u64,
    /// In lower-case hexadecimal.
    pub sha256: String,
}

/// A file as the workspace knows it.
#[derive(Clone, Debug)]
pub(crate) struct File {
    pub(crate) id: String,
    pub(crate) app_user_id: String,
    pub(crate) name: String,
    pub(crate) announced_bytes: u64,
    /// The secret part of the address to upload to.
    pub(crate) capability: String,
    pub(crate) uploaded: Option<Uploaded>,
    pub(crate) completed: bool,
    /// Where it was shared: channel, whether it is private, time of the message.
    pub(crate) shares: Vec<(String, bool, String)>,
    /// How often `files.info` still shows it without its share.
    pub(crate) hidden_for: u32,
}

/// Bytes that came to an upload's address.
#[derive(Clone, Debug)]
pub(crate) struct Uploaded {
    pub(crate) bytes: u64,
    pub(crate) sha256: String,
    pub(crate) mimetype: String,
}

impl Uploaded {
    /// The whole body, or the one file of a form.
    pub(crate) fn read(request: &Recorded) -> Option<Self> {
        let (bytes, sha256, head) = match &request.body {
            Body::Other {
                bytes,
                sha256,
                head,
            } => (*bytes, sha256.clone(), head.clone()),
            Body::Text(text) => (
                text.len() as u64,
                sha256(text.as_bytes()),
                text.clone().into(),
            ),
            // What it was before it was read as JSON is not kept; small enough to be of no matter but its length.
            Body::Json(value) => (
                request.announced_bytes()?,
                sha256(value.to_string().as_bytes()),
                bytes::Bytes::new(),
            ),
            Body::Form { parts, .. } => {
                let part = parts.first().filter(|_| parts.len() == 1)?;
                (part.bytes, part.sha256.clone(), part.head.clone())
            }
            Body::None | Body::Malformed(_) | Body::Aborted => return None,
        };
        let mimetype = match sniff(&head) {
            Some(picture) => format!("image/{}", picture.kind),
            None if is_mp4(&head) => "video/mp4".to_owned(),
            None => "application/octet-stream".to_owned(),
        };
        Some(Self {
            bytes,
            sha256,
            mimetype,
        })
    }
}

fn sha256(bytes: &[u8]) -> String {
    let mut hash = crate::blob::Sha256::new();
    hash.update(bytes);
    hash.finish()
}

impl File {
    /// As a completion shares it.
    pub(crate) fn shared(&self, title: Option<&str>) -> Result<SharedFile, Refusal> {
        // (?) What the real service says of a file that was never uploaded isn't documented.
        let uploaded = self.uploaded.as_ref().filter(|_| !self.completed);
        let uploaded = uploaded.ok_or_else(|| Refusal::of("file_not_found"))?;
        Ok(SharedFile {
            id: self.id.clone(),
            name: self.name.clone(),
            title: title.unwrap_or(&self.name).to_owned(),
            mimetype: uploaded.mimetype.clone(),
            bytes: uploaded.bytes,
            sha256: uploaded.sha256.clone(),
        })
    }

    /// As `files.info` tells it: kind and share come a while after the completion.
    pub(crate) fn json(&self) -> Value {
        let is_shown = self.completed && self.hidden_for == 0;
        let mimetype = self
            .uploaded
            .as_ref()
            .filter(|_| is_shown)
            .map_or("", |uploaded| &uploaded.mimetype);
        let mut file = json!({
            "id": self.id, "name": self.name, "title": self.name, "user": self.app_user_id, "size": self.announced_bytes,
            "mimetype": mimetype, "filetype": mimetype.rsplit('/').next(), "is_external": false, "shares": {},
            "channels": [], "groups": [], "ims": [],
        });
        for (channel, private, ts) in self.shares.iter().filter(|_| is_shown) {
            let kind = if *private { "private" } else { "public" };
            file["shares"][kind][channel] =
                json!([{"ts": ts, "reply_users": [], "reply_count": 0}]);
            let list = match channel.as_bytes().first() {
                Some(b'D') => "ims",
                Some(b'C') => "channels",
                _ => "groups",
            };
            if let Some(list) = file[list].as_array_mut() {
                list.push(channel.as_str().into());
            }
        }
        file
    }
}
