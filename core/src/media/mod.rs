//! Media kinds.

pub mod image;
pub mod mp4;
mod sniff;

pub use image::ImageFormat;
pub use sniff::{content_type, sniff, upload_type};

/// What a file's first bytes say it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MediaKind {
    /// MP4.
    Mp4,
    /// Another video container.
    OtherVideo,
    /// An image.
    Image(ImageFormat),
    /// Anything else.
    Unknown,
}

/// An accepted upload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UploadType {
    /// The content type of the file's part.
    pub content_type: &'static str,
}
