//! Pictures: their formats, and their size in pixels, by which chats decide whether they take one.

use super::bytes::{be16, be32, fourcc, le16, le32};
use super::{MediaKind, sniff};

/// The format of a picture.
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
    /// Windows bitmap.
    Bmp,
    /// Windows icon.
    Ico,
    /// TIFF.
    Tiff,
    /// HEIC and HEIF.
    Heic,
    /// AVIF, which some chats do not take as an image.
    Avif,
}

impl ImageFormat {
    /// The format's MIME type.
    #[must_use]
    pub const fn mime(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Webp => "image/webp",
            Self::Gif => "image/gif",
            Self::Bmp => "image/bmp",
            Self::Ico => "image/vnd.microsoft.icon",
            Self::Tiff => "image/tiff",
            Self::Heic => "image/heic",
            Self::Avif => "image/avif",
        }
    }
}

/// Width and height in pixels, as stored (an EXIF rotation is not applied; of an icon or a tiled
/// picture the largest). `None` when the bytes aren't a picture, end before the size, or
/// give no size: a TIFF often has it at its end.
#[must_use]
pub fn dimensions(head: &[u8]) -> Option<(u32, u32)> {
    let MediaKind::Image(format) = sniff(head) else {
        return None;
    };
    let (width, height) = match format {
        ImageFormat::Jpeg => jpeg(head)?,
        ImageFormat::Png => (be32(head, 16)?, be32(head, 20)?),
        ImageFormat::Gif => (le16(head, 6)?, le16(head, 8)?),
        ImageFormat::Webp => webp(head)?,
        ImageFormat::Bmp => bmp(head)?,
        ImageFormat::Ico => icon(head)?,
        ImageFormat::Tiff => tiff(head)?,
        ImageFormat::Heic | ImageFormat::Avif => spatial_extents(head)?,
    };
    (width > 0 && height > 0).then_some((width, height))
}

/// Walks the segments to the frame header.
fn jpeg(head: &[u8]) -> Option<(u32, u32)> {
    let mut at = 2;
    loop {
        if *head.get(at)? != 0xff {
            return None;
        }
        let marker = *head.get(at + 1)?;
        match marker {
            // Any number of these may fill the space before a marker.
            0xff => at += 1,
            // Markers without a segment.
            0x01 | 0xd0..=0xd8 => at += 2,
            // Frame headers; the three left out are tables.
            0xc0..=0xcf if !matches!(marker, 0xc4 | 0xc8 | 0xcc) => {
                return Some((be16(head, at + 7)?, be16(head, at + 5)?));
            }
            // The picture itself, or its end, before any frame header.
            0xd9 | 0xda => return None,
            // At least two, so that a damaged length of zero can't make the walk stand still.
            _ => at += 2 + usize::try_from(be16(head, at + 2)?).ok()?.max(2),
        }
    }
}

/// <https://developers.google.com/speed/webp/docs/riff_container>
fn webp(head: &[u8]) -> Option<(u32, u32)> {
    match &fourcc(head, 12)? {
        b"VP8X" => Some((
            // 24 bits each, stored as one less than the side.
            (le32(head, 24)? & 0xff_ffff) + 1,
            (le32(head, 26)? >> 8) + 1,
        )),
        b"VP8L" => {
            let bits = le32(head, 21)?;
            Some(((bits & 0x3fff) + 1, (bits >> 14 & 0x3fff) + 1))
        }
        b"VP8 " => Some((le16(head, 26)? & 0x3fff, le16(head, 28)? & 0x3fff)),
        _ => None,
    }
}

/// Of the old header (12 bytes) two short sides, of all later ones two long ones.
fn bmp(head: &[u8]) -> Option<(u32, u32)> {
    if le32(head, 14)? == 12 {
        return Some((le16(head, 18)?, le16(head, 20)?));
    }
    // The height of a bitmap that is stored from top to bottom is negative.
    let height = i32::from_le_bytes(le32(head, 22)?.to_le_bytes());
    Some((le32(head, 18)?, height.unsigned_abs()))
}

/// The largest of the pictures that an icon holds.
fn icon(head: &[u8]) -> Option<(u32, u32)> {
    let count = usize::try_from(le16(head, 4)?).ok()?;
    // 0 stands for 256.
    let side = |byte: &u8| if *byte == 0 { 256 } else { u32::from(*byte) };
    // As many as are there: the count is from the file and may be 65,535.
    let entries = head.get(6..)?.chunks_exact(16).take(count);
    entries
        .filter_map(|entry| Some((side(entry.first()?), side(entry.get(1)?))))
        .max_by_key(area)
}

/// The first directory, if it stands within the bytes. The 64-bit variant is not read.
fn tiff(head: &[u8]) -> Option<(u32, u32)> {
    let little = head.starts_with(b"II");
    let short = |at| {
        if little {
            le16(head, at)
        } else {
            be16(head, at)
        }
    };
    let long = |at| {
        if little {
            le32(head, at)
        } else {
            be32(head, at)
        }
    };
    if short(2)? != 42 {
        return None;
    }
    let directory = usize::try_from(long(4)?).ok()?;
    let (mut width, mut height) = (None, None);
    for index in 0..usize::try_from(short(directory)?).ok()? {
        let entry = directory.checked_add(2 + index * 12)?;
        let value = |at: usize| match short(entry + 2)? {
            3 => short(at),
            4 => long(at),
            _ => None,
        };
        match short(entry)? {
            256 => width = value(entry + 8),
            257 => height = value(entry + 8),
            _ => {}
        }
        if let (Some(width), Some(height)) = (width, height) {
            return Some((width, height));
        }
    }
    None
}

/// The largest `ispe` property: of a picture made of tiles, that of the whole. The boxes around
/// it are not walked, four letters in a header of some hundred bytes are sign enough.
fn spatial_extents(head: &[u8]) -> Option<(u32, u32)> {
    let places = head
        .windows(4)
        .enumerate()
        .filter(|(_, window)| window == b"ispe");
    places
        .filter_map(|(at, _)| Some((be32(head, at + 8)?, be32(head, at + 12)?)))
        .max_by_key(area)
}

/// In pixels, to find the largest of several.
fn area((width, height): &(u32, u32)) -> u64 {
    u64::from(*width) * u64::from(*height)
}

#[cfg(test)]
mod tests;
