//! What a file is by its content: magic numbers of videos, of pictures, and of what is often mistaken
//! for either.

use super::bytes::{contains, fourcc, le32};
use super::{ImageFormat, MediaKind};

/// What the first bytes of a file say it is. [`super::HEAD_LEN`] bytes are plenty; with fewer than
/// some 400 an MPEG transport stream is not recognised.
#[must_use]
pub fn sniff(head: &[u8]) -> MediaKind {
    identify(head).0
}

/// The kind, and the MIME type that belongs to the content: of what is [`MediaKind::Unknown`] too, so
/// that a refusal can name it. `application/octet-stream` for what says nothing.
pub(super) fn identify(head: &[u8]) -> (MediaKind, &'static str) {
    if let Some(format) = picture(head) {
        return (MediaKind::Image(format), format.mime());
    }
    if let Some(found) = iso_media(head) {
        return found;
    }
    if let Some(mime) = video(head) {
        return (MediaKind::OtherVideo, mime);
    }
    // In order of certainty: long magic numbers, text, and only then those of two bytes, with which words begin
    // too.
    let other = foreign(head)
        .or_else(|| text(head))
        .or_else(|| program_or_sound(head));
    match other {
        Some(mime) => (MediaKind::Unknown, mime),
        // Last, since its sign is a single letter, `G`, at regular distances.
        None if is_transport_stream(head) => (MediaKind::OtherVideo, "video/mp2t"),
        None => (MediaKind::Unknown, "application/octet-stream"),
    }
}

/// Pictures, but for those in an ISO container.
fn picture(head: &[u8]) -> Option<ImageFormat> {
    Some(match head {
        [0xff, 0xd8, 0xff, ..] => ImageFormat::Jpeg,
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => ImageFormat::Png,
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => ImageFormat::Gif,
        [
            b'R',
            b'I',
            b'F',
            b'F',
            _,
            _,
            _,
            _,
            b'W',
            b'E',
            b'B',
            b'P',
            ..,
        ] => ImageFormat::Webp,
        [b'I', b'I', 42 | 43, 0, ..] | [b'M', b'M', 0, 42 | 43, ..] => ImageFormat::Tiff,
        // "BM" begins words too: the size of the header behind it must be one that exists.
        [b'B', b'M', ..] if matches!(le32(head, 14), Some(12 | 40 | 52 | 56 | 64 | 108 | 124)) => {
            ImageFormat::Bmp
        }
        // An icon has pictures, and the reserved byte of the first one's entry is 0.
        [0, 0, 1, 0, count, 0, _, _, _, 0, ..] if *count > 0 => ImageFormat::Ico,
        _ => return None,
    })
}

/// The ISO base media family by its brands: <https://mp4ra.org/registered-types/brands>.
fn iso_media(head: &[u8]) -> Option<(MediaKind, &'static str)> {
    // A first box under 64 KiB: no file has a longer list of brands, and text has no zeros.
    let (&[0, 0, high, low], rest) = head.split_first_chunk()? else {
        return None;
    };
    let brands = rest.strip_prefix(b"ftyp")?;
    let len = usize::from(u16::from_be_bytes([high, low])).saturating_sub(8);
    let (major, rest) = brands
        .get(..len)
        .unwrap_or(brands)
        .split_first_chunk::<4>()?;
    // Behind the major brand and its version stand the compatible ones.
    let compatible = || rest.get(4..).unwrap_or_default().chunks_exact(4);
    Some(match major {
        b"qt  " => (MediaKind::OtherVideo, "video/quicktime"),
        b"avif" | b"avis" => image(ImageFormat::Avif),
        b"mif1" | b"msf1" | b"miaf"
            if compatible().any(|brand| brand == b"avif" || brand == b"avis") =>
        {
            image(ImageFormat::Avif)
        }
        b"mif1" | b"msf1" | b"miaf" | b"heic" | b"heix" | b"heim" | b"heis" | b"hevc" | b"hevx"
        | b"hevm" | b"hevs" => image(ImageFormat::Heic),
        b"M4A " | b"M4B " | b"M4P " | b"F4A " | b"F4B " => (MediaKind::Unknown, "audio/mp4"),
        [b'3', b'g', ..] => (MediaKind::OtherVideo, "video/3gpp"),
        b"f4v " | b"F4V " => (MediaKind::OtherVideo, "video/x-f4v"),
        brand if is_mp4_brand(brand) || compatible().any(is_mp4_brand) => {
            (MediaKind::Mp4, "video/mp4")
        }
        _ => (MediaKind::OtherVideo, "application/octet-stream"),
    })
}

/// A picture with its own MIME type.
fn image(format: ImageFormat) -> (MediaKind, &'static str) {
    (MediaKind::Image(format), format.mime())
}

/// Whether a brand stands for what players call MP4.
fn is_mp4_brand(brand: &[u8]) -> bool {
    match brand {
        [b'i', b's', b'o', _] | [b'm', b'p', b'4' | b'7', _] | [b'M', b'4', b'V', _] => true,
        [b'c', b'm', b'f', _] => true,
        _ => [
            b"avc1", b"hvc1", b"hev1", b"av01", b"dash", b"msdh", b"MSNV", b"mmp4", b"XAVC",
        ]
        .iter()
        .any(|known| known.as_slice() == brand),
    }
}

/// Videos outside the ISO family, and `QuickTime` from before it had brands.
fn video(head: &[u8]) -> Option<&'static str> {
    Some(match head {
        [0x1a, 0x45, 0xdf, 0xa3, ..] => {
            let start = head.get(..64).unwrap_or(head);
            if contains(start, b"webm") {
                "video/webm"
            } else {
                "video/x-matroska"
            }
        }
        [
            b'R',
            b'I',
            b'F',
            b'F',
            _,
            _,
            _,
            _,
            b'A',
            b'V',
            b'I',
            b' ',
            ..,
        ] => "video/x-msvideo",
        [b'F', b'L', b'V', 1, ..] => "video/x-flv",
        [0, 0, 1, 0xba | 0xb3, ..] => "video/mpeg",
        [0x30, 0x26, 0xb2, 0x75, 0x8e, 0x66, 0xcf, 0x11, ..] => "video/x-ms-wmv",
        [b'.', b'R', b'M', b'F', 0, ..] => "application/vnd.rn-realmedia",
        [b'O', b'g', b'g', b'S', 0, ..]
            if contains(head.get(..512).unwrap_or(head), b"\x80theora") =>
        {
            "video/ogg"
        }
        // No magic, but a box that begins such files; sentences too can have these words here.
        _ if text(head).is_none() => match &fourcc(head, 4)? {
            b"moov" | b"mdat" | b"wide" | b"pnot" => "video/quicktime",
            _ => return None,
        },
        _ => return None,
    })
}

/// A packet of 188 bytes, each beginning with a sync byte; on Blu-ray and in cameras behind a time of four bytes.
fn is_transport_stream(head: &[u8]) -> bool {
    [(0, 188), (4, 192)].into_iter().any(|(start, packet)| {
        let mut syncs = head
            .get(start..)
            .unwrap_or_default()
            .iter()
            .step_by(packet)
            .take(5);
        // Three in a row: one or two would be chance.
        syncs.len() >= 3 && syncs.all(|byte| *byte == 0x47)
    })
}

/// Well-known formats that are no media.
fn foreign(head: &[u8]) -> Option<&'static str> {
    const MAGIC: [(&[u8], &str); 15] = [
        (b"%PDF-", "application/pdf"),
        (b"PK\x03\x04", "application/zip"),
        (b"PK\x05\x06", "application/zip"),
        (b"\x1f\x8b", "application/gzip"),
        (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
        (b"Rar!\x1a\x07", "application/vnd.rar"),
        (b"\x7fELF", "application/x-executable"),
        (b"\0asm", "application/wasm"),
        (b"\xcf\xfa\xed\xfe", "application/x-mach-binary"),
        (b"\xca\xfe\xba\xbe", "application/x-mach-binary"),
        (b"SQLite format 3\0", "application/vnd.sqlite3"),
        (b"8BPS", "image/vnd.adobe.photoshop"),
        (b"fLaC", "audio/flac"),
        (b"OggS\0", "audio/ogg"),
        (b"ID3", "audio/mpeg"),
    ];
    // Before text, which nothing would be otherwise.
    if head.is_empty() {
        return Some("inode/x-empty");
    }
    if head.starts_with(b"RIFF") && fourcc(head, 8) == Some(*b"WAVE") {
        return Some("audio/wav");
    }
    MAGIC
        .iter()
        .find(|(magic, _)| head.starts_with(magic))
        .map(|(_, mime)| *mime)
}

/// Magic numbers of two bytes, too weak to overrule what reads as text.
fn program_or_sound(head: &[u8]) -> Option<&'static str> {
    Some(match head {
        [b'M', b'Z', ..] => "application/vnd.microsoft.portable-executable",
        [0xff, 0xf2 | 0xf3 | 0xfa | 0xfb, ..] => "audio/mpeg",
        [0xff, 0xf1 | 0xf9, ..] => "audio/aac",
        _ => return None,
    })
}

/// Text of any kind: no control characters but those that texts have, in whatever encoding. Markup is known by its
/// beginning, whatever stands in it later.
fn text(head: &[u8]) -> Option<&'static str> {
    let start = head
        .strip_prefix(b"\xef\xbb\xbf")
        .unwrap_or(head)
        .trim_ascii_start();
    markup(start).or_else(|| is_text(head).then_some("text/plain"))
}

/// Markup in the encodings that have ASCII's letters, and in UTF-16.
fn markup(start: &[u8]) -> Option<&'static str> {
    const TAGS: [(&[u8], &str); 5] = [
        (b"<svg", "image/svg+xml"),
        (b"<!doctype html", "text/html"),
        (b"<html", "text/html"),
        (b"<head", "text/html"),
        (b"<?xml", "text/xml"),
    ];
    let start = start
        .strip_prefix(b"\xff\xfe")
        .or_else(|| start.strip_prefix(b"\xfe\xff"))
        .unwrap_or(start);
    let narrow: Vec<u8>;
    let letters = match start {
        [0, b'<', 0, ..] | [b'<', 0, _, 0, ..] => {
            let units = start.iter().copied().filter(|byte| *byte != 0);
            narrow = units.take(16).collect();
            &narrow
        }
        _ => start,
    };
    let (_, mime) = TAGS.iter().find(|(tag, _)| {
        let begins = letters.get(..tag.len());
        begins.is_some_and(|begins| begins.eq_ignore_ascii_case(tag))
    })?;
    Some(mime)
}

/// Whether it has a mark of UTF-16, or no byte that no text has in any encoding of one byte a character or
/// more.
fn is_text(head: &[u8]) -> bool {
    let has_mark = head.starts_with(b"\xff\xfe") || head.starts_with(b"\xfe\xff");
    has_mark
        || !head
            .iter()
            .any(|byte| matches!(byte, 0..=7 | 0x0b | 0x0e..=0x1a | 0x1c..=0x1f | 0x7f))
}

#[cfg(test)]
mod tests;
