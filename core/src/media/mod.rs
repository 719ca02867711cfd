//! What a media file is, how large its picture is and how long it plays: told from its first bytes.
//!
//! Nothing here reads a file: callers hand in bytes. Every byte may come from a stranger, so no
//! length in a file is believed before it was compared with what is there.

mod bytes;
pub mod image;
pub mod mp4;
mod sniff;
mod types;

pub use image::ImageFormat;
pub use sniff::sniff;
pub use types::{content_type, instead_of_media, is_page, upload_type};

/// How many first bytes of a file [`sniff`], [`upload_type`] and [`image::dimensions`] should be given:
/// with 64 KiB the size of a photo is found behind its EXIF thumbnail (a segment of at most
/// 64 KiB, mostly 10), and a kind needs far less.
pub const HEAD_LEN: usize = 64 * 1024;

/// What a file's first bytes say it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MediaKind {
    /// MPEG-4: what every chat plays as a native video.
    Mp4,
    /// A video in another container: `QuickTime`, WebM, Matroska, AVI, FLV, MPEG, …
    OtherVideo,
    /// A picture.
    Image(ImageFormat),
    /// None of these: text, sound, a document, an archive, or unheard of.
    Unknown,
}

/// A file that the `upload` command takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UploadType {
    /// The `Content-Type` of the file's part.
    pub content_type: &'static str,
}
