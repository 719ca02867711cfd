//! Files and images: what is taken, and what is remembered of it.

use super::answer::Refusal;
use crate::record::{Body, Part};
use crate::sniff::{is_mp4, sniff};

/// Of the file, as documented ("30 MB"); counted in MiB, as the real service does (?).
pub const MAX_FILE_BYTES: u64 = 30 << 20;
/// Of the image, likewise.
pub const MAX_IMAGE_BYTES: u64 = 10 << 20;
/// What the other parts of a form and its boundaries may add before the edge looks at the total.
const FORM_SLACK_BYTES: u64 = 64 << 10;
/// The longest side of a GIF.
const MAX_GIF_SIDE_PX: u32 = 2_000;
/// The longest side of any other picture.
const MAX_SIDE_PX: u32 = 12_000;
/// What `file_type` may be.
const FILE_TYPES: [&str; 7] = ["opus", "mp4", "pdf", "doc", "xls", "ppt", "stream"];

/// Which of the two routes it came by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UploadKind {
    /// `im/v1/files`
    File,
    /// `im/v1/images`
    Image,
}

/// Something that was uploaded. Its content is not kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UploadedFile {
    /// `file_v3_…` or `img_v3_…`
    pub key: String,
    /// Which app may use it.
    pub app_id: String,
    /// The route.
    pub kind: UploadKind,
    /// `file_type`, or `image_type` of an image.
    pub file_type: String,
    /// The display name; images have none.
    pub file_name: Option<String>,
    /// `duration`, when it was given and not empty.
    pub duration_ms: Option<u64>,
    /// The `filename` in the header of the file's part.
    pub part_file_name: Option<String>,
    /// The content type of the file's part.
    pub part_content_type: Option<String>,
    /// Length in bytes.
    pub bytes: u64,
    /// In lower-case hexadecimal.
    pub sha256: String,
}

impl UploadKind {
    /// Of the file alone.
    pub(crate) fn max_bytes(self) -> u64 {
        match self {
            Self::File => MAX_FILE_BYTES,
            Self::Image => MAX_IMAGE_BYTES,
        }
    }

    /// Of the whole request: above, the edge refuses it unread.
    pub(crate) fn max_form_bytes(self) -> u64 {
        self.max_bytes() + FORM_SLACK_BYTES
    }

    /// The parts for its type and its bytes.
    fn fields(self) -> (&'static str, &'static str) {
        match self {
            Self::File => ("file_type", "file"),
            Self::Image => ("image_type", "image"),
        }
    }
}

/// 234006.
pub(crate) fn too_large() -> Refusal {
    Refusal::new(234006, "The file size exceed the max value.")
}

/// 234001.
fn invalid() -> Refusal {
    Refusal::new(234001, "Invalid request param.")
}

/// 99992402 when a part is missing.
pub(crate) fn required<'a>(kind: UploadKind, body: &'a Body) -> Result<Fields<'a>, Refusal> {
    let Body::Form { parts, .. } = body else {
        return Err(invalid());
    };
    let find = |name: &str| parts.iter().find(|part| part.name == name);
    let text = |name: &'static str| {
        let text = find(name)
            .and_then(Part::text)
            .filter(|text| !text.is_empty());
        text.ok_or_else(|| Refusal::field(name, &format!("{name} is required")))
    };
    let (type_field, file_field) = kind.fields();
    let file_type = text(type_field)?;
    let file_name = match kind {
        UploadKind::File => Some(text("file_name")?),
        UploadKind::Image => None,
    };
    let file = find(file_field)
        .ok_or_else(|| Refusal::field(file_field, &format!("{file_field} is required")))?;
    let duration = find("duration").and_then(Part::text).unwrap_or("");
    Ok(Fields {
        file_type,
        file_name,
        duration,
        file,
    })
}

/// The parts of a form that has all it needs.
pub(crate) struct Fields<'a> {
    file_type: &'a str,
    file_name: Option<&'a str>,
    duration: &'a str,
    file: &'a Part,
}

impl Fields<'_> {
    /// Everything that can be wrong with the parts themselves. `strict` is for our own client: it names the
    /// file in ASCII, names its type, and means it.
    pub(crate) fn accept(
        &self,
        kind: UploadKind,
        app_id: &str,
        strict: bool,
    ) -> Result<UploadedFile, Refusal> {
        let known_type = match kind {
            UploadKind::File => FILE_TYPES.contains(&self.file_type),
            UploadKind::Image => ["message", "avatar"].contains(&self.file_type),
        };
        let duration_ms = match self.duration {
            "" => None,
            digits => Some(digits.parse().map_err(|_| invalid())?),
        };
        if !known_type {
            return Err(invalid());
        }
        if self.file.bytes == 0 {
            return Err(Refusal::new(234010, "File's size can't be 0."));
        }
        if self.file.bytes > kind.max_bytes() {
            return Err(too_large());
        }
        if kind == UploadKind::Image {
            check_picture(&self.file.head)?;
        }
        if strict {
            self.check_strictly(kind)?;
        }
        Ok(UploadedFile {
            key: String::new(),
            app_id: app_id.to_owned(),
            kind,
            file_type: self.file_type.to_owned(),
            file_name: self.file_name.map(str::to_owned),
            duration_ms,
            part_file_name: self.file.file_name.clone(),
            part_content_type: self.file.content_type.clone(),
            bytes: self.file.bytes,
            sha256: self.file.sha256.clone(),
        })
    }

    /// # Errors
    /// 234001: not what our own client promises.
    fn check_strictly(&self, kind: UploadKind) -> Result<(), Refusal> {
        let named = self
            .file
            .file_name
            .as_deref()
            .is_some_and(|name| !name.is_empty() && name.is_ascii());
        let video = kind == UploadKind::File && self.file_type == "mp4";
        if !named || self.file.content_type.is_none() || (video && !is_mp4(&self.file.head)) {
            return Err(invalid());
        }
        Ok(())
    }
}

/// # Errors
/// 234011 for no picture, 234039 for too many pixels.
fn check_picture(head: &[u8]) -> Result<(), Refusal> {
    let picture =
        sniff(head).ok_or_else(|| Refusal::new(234011, "Can't recognize the image format."))?;
    let max_side = if picture.kind == "gif" {
        MAX_GIF_SIDE_PX
    } else {
        MAX_SIDE_PX
    };
    if picture.width_px.max(picture.height_px) > max_side {
        return Err(Refusal::new(234039, "Image resolution exceeds limit."));
    }
    Ok(())
}
