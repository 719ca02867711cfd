//! Images.

/// An image format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImageFormat {
    /// JPEG.
    Jpeg,
    /// PNG.
    Png,
    /// WebP.
    Webp,
    /// GIF.
    Gif,
    /// BMP.
    Bmp,
    /// ICO.
    Ico,
    /// TIFF.
    Tiff,
    /// HEIC.
    Heic,
    /// AVIF.
    Avif,
}

/// Width and height in pixels.
#[must_use]
pub fn dimensions(_head: &[u8]) -> Option<(u32, u32)> {
    None
}
