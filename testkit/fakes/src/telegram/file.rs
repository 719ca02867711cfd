//! Files: as parts of a form, as `attach://` to one of them, as the id of one that was sent before; and what each
//! kind may be.

use super::refusal::Refusal;
use crate::params::Params;
use crate::record::{Body, Part, Recorded};
use crate::sniff::{is_mp4, sniff};
use serde_json::{Value, json};

/// Of a file, but for photos.
pub const MAX_FILE_BYTES: u64 = 50 << 20;
/// Of a photo.
pub const MAX_PHOTO_BYTES: u64 = 10 << 20;
/// Of a photo, width and height together.
const MAX_PHOTO_SUM_PX: u32 = 10_000;
/// Of a photo, the longer side to the shorter.
const MAX_PHOTO_RATIO: u32 = 20;
/// Of a thumbnail; what is larger is left out without a word.
const MAX_THUMBNAIL_BYTES: u64 = 200 * 1024;
const MAX_THUMBNAIL_PX: u32 = 320;
/// What a player shows of a video whose size wasn't told: beyond some 10 MB nobody looks into the file.
const UNTOLD_PX: i64 = 320;

/// What a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// `sendMessage`
    Text,
    /// `sendPhoto`
    Photo,
    /// `sendVideo`, with sound
    Video,
    /// `sendAnimation`, and a video without sound
    Animation,
    /// `sendDocument`
    Document,
}

impl Kind {
    /// The parameter that has the file, and the field of the answer.
    pub(crate) fn field(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Photo => "photo",
            Self::Video => "video",
            Self::Animation => "animation",
            Self::Document => "document",
        }
    }

    pub(crate) fn many(self) -> &'static str {
        match self {
            Self::Text => "text messages",
            Self::Photo => "photos",
            Self::Video => "videos",
            Self::Animation => "animations",
            Self::Document => "documents",
        }
    }

    pub(crate) fn of(name: &str) -> Option<Self> {
        [Self::Photo, Self::Video, Self::Animation, Self::Document]
            .into_iter()
            .find(|kind| kind.field() == name)
    }
}

/// A file that was sent. Its content is not kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentFile {
    /// Opaque; may be sent again without the bytes.
    pub file_id: String,
    /// Of the part.
    pub file_name: Option<String>,
    /// Of the part.
    pub content_type: Option<String>,
    /// Length in bytes.
    pub bytes: u64,
    /// In lower-case hexadecimal.
    pub sha256: String,
    /// As it was told.
    pub width_px: Option<i64>,
    /// As it was told.
    pub height_px: Option<i64>,
    /// As it was told.
    pub duration_s: Option<i64>,
    /// Whether the player needn't load it whole.
    pub supports_streaming: bool,
    /// Length of a thumbnail that was taken.
    pub thumbnail_bytes: Option<u64>,
    /// Whether it is a film in whose first bytes no sound track is.
    pub(crate) is_silent: bool,
}

impl SentFile {
    pub(crate) fn json(&self, kind: Kind) -> Value {
        let unique: String = self.sha256.chars().take(15).collect();
        let mut file = json!({"file_id": self.file_id, "file_unique_id": format!("AgAD{unique}"), "file_size": self.bytes});
        let (width, height) = (
            self.width_px.unwrap_or(UNTOLD_PX),
            self.height_px.unwrap_or(UNTOLD_PX),
        );
        match kind {
            Kind::Photo => {
                file["width"] = width.into();
                file["height"] = height.into();
                return json!([file]);
            }
            Kind::Video | Kind::Animation => {
                file["width"] = width.into();
                file["height"] = height.into();
                file["duration"] = self.duration_s.unwrap_or(0).into();
            }
            Kind::Document | Kind::Text => {}
        }
        file["file_name"] = self.file_name.as_deref().into();
        file["mime_type"] = self.content_type.as_deref().into();
        file
    }
}

/// The part of a form that is a file under this name.
fn part<'a>(request: &'a Recorded, name: &str) -> Option<&'a Part> {
    let Body::Form { parts, .. } = &request.body else {
        return None;
    };
    parts
        .iter()
        .find(|part| part.name == name && part.file_name.is_some())
}

/// The file that a parameter means. `facts` tells width, height and so on: the parameters, or an entry of `media`.
pub(crate) fn find(
    request: &Recorded,
    name: &str,
    said: Option<&str>,
    facts: impl Fn(&str) -> Option<Value>,
    known: &[SentFile],
) -> Result<SentFile, Refusal> {
    let attached = said.and_then(|said| said.strip_prefix("attach://"));
    let found = match (attached, said) {
        (Some(name), _) => part(request, name),
        (None, None) => part(request, name),
        (None, Some(said)) if said.starts_with("http") => {
            return Err(Refusal::bad("failed to get HTTP URL content"));
        }
        (None, Some(id)) => {
            let known = known.iter().find(|file| file.file_id == id).cloned();
            return known.ok_or_else(|| Refusal::bad("wrong file identifier/HTTP URL specified"));
        }
    };
    let part = found.ok_or_else(|| Refusal::bad(&format!("there is no {name} in the request")))?;
    if part.bytes == 0 {
        return Err(Refusal::bad("file must be non-empty"));
    }
    let number = |field: &str| {
        facts(field).and_then(|value| value.as_i64().or_else(|| value.as_str()?.parse().ok()))
    };
    let thumbnail = facts("thumbnail")
        .and_then(|value| Some(value.as_str()?.strip_prefix("attach://")?.to_owned()));
    let thumbnail = part_of_thumbnail(request, thumbnail.as_deref().unwrap_or("thumbnail"));
    Ok(SentFile {
        file_id: String::new(),
        file_name: part.file_name.clone(),
        content_type: part.content_type.clone(),
        bytes: part.bytes,
        sha256: part.sha256.clone(),
        width_px: number("width"),
        height_px: number("height"),
        duration_s: number("duration"),
        supports_streaming: facts("supports_streaming")
            .is_some_and(|value| value == true || value == "true"),
        thumbnail_bytes: thumbnail.map(|part| part.bytes),
        is_silent: is_silent(&part.head),
    })
}

/// A JPEG that is small enough; another is left out.
fn part_of_thumbnail<'a>(request: &'a Recorded, name: &str) -> Option<&'a Part> {
    let part = part(request, name)?;
    let picture = sniff(&part.head)?;
    let fits = part.bytes <= MAX_THUMBNAIL_BYTES
        && picture.width_px.max(picture.height_px) <= MAX_THUMBNAIL_PX;
    (fits && picture.kind == "jpeg").then_some(part)
}

/// A film whose tracks stand at its beginning, and none of them is sound. Of one whose tracks stand behind the pictures
/// nothing is known, and it counts as having sound.
fn is_silent(head: &[u8]) -> bool {
    let has = |name: &[u8]| head.windows(name.len()).any(|window| window == name);
    is_mp4(head) && has(b"moov") && has(b"vide") && !has(b"soun")
}

/// What is wrong with a file of this kind, by its size and its first bytes.
pub(crate) fn check(
    request: &Recorded,
    kind: Kind,
    name: &str,
    file: &SentFile,
) -> Result<(), Refusal> {
    if file.bytes > MAX_FILE_BYTES {
        return Err(Refusal::new(413, "Request Entity Too Large"));
    }
    if kind != Kind::Photo {
        return Ok(());
    }
    if file.bytes > MAX_PHOTO_BYTES {
        return Err(Refusal::bad("file is too big"));
    }
    // One that was sent before was looked at then.
    let Some(part) = part(request, name) else {
        return Ok(());
    };
    let picture = sniff(&part.head).ok_or_else(|| Refusal::bad("IMAGE_PROCESS_FAILED"))?;
    let (long, short) = (
        picture.width_px.max(picture.height_px),
        picture.width_px.min(picture.height_px),
    );
    if long + short > MAX_PHOTO_SUM_PX || long > short.saturating_mul(MAX_PHOTO_RATIO) {
        return Err(Refusal::bad("PHOTO_INVALID_DIMENSIONS"));
    }
    Ok(())
}

/// The facts of a call that has one file, and its thumbnail.
pub(crate) fn facts_of(params: &Params) -> impl Fn(&str) -> Option<Value> {
    |name| params.text(name).map(Value::from)
}
