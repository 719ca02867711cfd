//! Whether a file is a picture or a film, by its first bytes: what leaves the user's disk and what is put on it. The
//! component has a judgement of its own, which decides how a file is sent; it is not believed here.

/// How many first bytes are looked at: an MPEG transport stream shows after some packets, text only by what is not in it.
pub(crate) const HEAD_BYTES: usize = 64 << 10;
/// What says nothing.
const BYTES: &str = "application/octet-stream";

/// How the names of pictures and films end, in lower case. Not `svg`, which is text with scripts.
const EXTENSIONS: [&str; 33] = [
    "mp4", "m4v", "mov", "qt", "webm", "mkv", "avi", "flv", "f4v", "ts", "mts", "m2ts", "mpg",
    "mpeg", "wmv", "3gp", "3g2", "ogv", "mxf", "jpg", "jpeg", "jfif", "png", "apng", "webp", "gif",
    "bmp", "ico", "tif", "tiff", "heic", "heif", "avif",
];

/// What files begin with, by the place where it stands.
const MAGIC: [(usize, &[u8]); 18] = [
    (0, b"\xff\xd8\xff"),
    (0, b"\x89PNG\r\n\x1a\n"),
    (0, b"GIF87a"),
    (0, b"GIF89a"),
    (8, b"WEBP"),
    (0, b"II\x2a\0"),
    (0, b"II\x2b\0"),
    (0, b"MM\0\x2a"),
    (0, b"MM\0\x2b"),
    (0, b"\x1a\x45\xdf\xa3"),
    (8, b"AVI "),
    (0, b"FLV\x01"),
    (0, b"\0\0\x01\xba"),
    (0, b"\0\0\x01\xb3"),
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11"),
    (0, b".RMF\0"),
    (0, b"\x06\x0e\x2b\x34\x02\x05\x01\x01"),
    (28, b"\x80theora"),
];

/// Documents, archives and programs that are named when they are refused.
const OTHERS: [(&[u8], &str); 9] = [
    (b"%PDF-", "application/pdf"),
    (b"PK\x03\x04", "application/zip"),
    (b"\x1f\x8b", "application/gzip"),
    (b"\x7fELF", "application/x-executable"),
    (b"\0asm", "application/wasm"),
    (b"SQLite format 3\0", "application/vnd.sqlite3"),
    (b"OggS\0", "audio/ogg"),
    (b"fLaC", "audio/flac"),
    (b"ID3", "audio/mpeg"),
];

/// Whether a name ends as those of pictures and films do; `bin` is what a result is called whose address has no ending.
pub(crate) fn is_named_as_one(name: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(_, extension)| {
        let extension = extension.to_ascii_lowercase();
        extension == "bin" || EXTENSIONS.contains(&extension.as_str())
    })
}

/// Whether a file that begins so is a picture or a film.
///
/// # Errors
/// What it is instead, as a MIME type, `application/octet-stream` where nothing tells.
pub(crate) fn judge(head: &[u8]) -> Result<(), &'static str> {
    // First, because magic numbers are short: text that happens to begin like a picture is a page or a
    // script all the same.
    if is_text(head) {
        return Err(text_type(head));
    }
    let begins = |(at, magic): &(usize, &[u8])| {
        head.get(*at..)
            .is_some_and(|rest| rest.starts_with(magic))
            // A container of many things: what it holds stands in bytes 8 to 11.
            && (*at != 8 || head.starts_with(b"RIFF"))
    };
    if MAGIC.iter().any(begins) {
        return Ok(());
    }
    match head {
        // The ISO family: films and pictures by their brand, but for those of sound alone.
        [0, 0, _, _, b'f', b't', b'y', b'p', brand @ ..] => {
            let sound: [&[u8]; 5] = [b"M4A ", b"M4B ", b"M4P ", b"F4A ", b"F4B "];
            if sound.iter().any(|sound| brand.starts_with(sound)) {
                return Err("audio/mp4");
            }
            return Ok(());
        }
        // QuickTime from before it had brands.
        [_, _, _, _, rest @ ..]
            if [b"moov", b"mdat", b"wide", b"pnot"]
                .iter()
                .any(|name| rest.starts_with(*name)) =>
        {
            return Ok(());
        }
        // "BM" begins words too: the size of the header behind it must be one that exists.
        [b'B', b'M', rest @ ..]
            if matches!(
                rest.get(12..16),
                Some([12 | 40 | 52 | 56 | 64 | 108 | 124, 0, 0, 0])
            ) =>
        {
            return Ok(());
        }
        // An icon with pictures; the reserved byte of the first one's entry is 0.
        [0, 0, 1, 0, count, 0, _, _, _, 0, ..] if *count > 0 => return Ok(()),
        _ if is_transport_stream(head) => return Ok(()),
        _ => {}
    }
    let other = OTHERS.iter().find(|(magic, _)| head.starts_with(magic));
    Err(other.map_or(BYTES, |(_, mime)| mime))
}

/// A packet of 188 bytes, each beginning with a sync byte; on Blu-ray and in cameras behind a time of four bytes.
fn is_transport_stream(head: &[u8]) -> bool {
    [(0, 188), (4, 192)].into_iter().any(|(start, packet)| {
        let rest = head.get(start..).unwrap_or_default();
        let mut syncs = rest.iter().step_by(packet).take(5);
        syncs.len() >= 3 && syncs.all(|byte| *byte == 0x47)
    })
}

/// No control characters but those that texts have.
fn is_text(head: &[u8]) -> bool {
    let control = |byte: &u8| matches!(byte, 0..=7 | 0x0b | 0x0e..=0x1a | 0x1c..=0x1f | 0x7f);
    // A picture's first bytes can look like text in another encoding: those that have a magic beyond ASCII are none.
    !head.starts_with(b"\xff\xd8\xff") && !head.iter().any(control)
}

fn text_type(head: &[u8]) -> &'static str {
    let start = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    let start = start.trim_ascii_start();
    let begins_with = |tag: &str| {
        start
            .get(..tag.len())
            .is_some_and(|bytes| bytes.eq_ignore_ascii_case(tag.as_bytes()))
    };
    if head.is_empty() {
        "inode/x-empty"
    } else if begins_with("<svg") {
        "image/svg+xml"
    } else if begins_with("<!doctype html") || begins_with("<html") {
        "text/html"
    } else if begins_with("<?xml") {
        "text/xml"
    } else if begins_with("%PDF-") {
        "application/pdf"
    } else {
        "text/plain"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_and_films_of_every_kind_are_taken() {
        let stream = [&[0x47][..], &[0; 187]].concat().repeat(5);
        for head in [
            &b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR"[..],
            b"\xff\xd8\xff\xe0 looks like text",
            b"GIF89a\x01\0\x01\0",
            b"RIFF\0\0\0\0WEBPVP8 ",
            b"RIFF\0\0\0\0AVI LIST",
            b"\0\0\0\x18ftypmp42\0\0\0\0",
            b"\0\0\0\x18ftypheic\0\0\0\0mif1",
            b"\0\0\0\x14ftypqt  \0\0\0\0",
            b"\0\0\0\x08wide\0\0\0\0mdat",
            b"\x1a\x45\xdf\xa3\x01\0\0\0webm",
            b"BM\x36\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0",
            b"\0\0\x01\0\x01\0\x10\x10\0\0\x01\0",
            b"II\x2a\0\x08\0\0\0",
            &stream,
        ] {
            assert_eq!(judge(head), Ok(()), "{head:?}");
        }
    }

    #[test]
    fn what_is_something_else_is_named() {
        for (head, mime) in [
            (&b""[..], "inode/x-empty"),
            (b"{\"apiKey\":\"mgk_\"}", "text/plain"),
            (b"-----BEGIN OPENSSH PRIVATE KEY-----\n", "text/plain"),
            (b"PATH=/bin\0FEISHU_APP_SECRET=x\0", BYTES),
            (b"\n<!DOCTYPE HTML><html>", "text/html"),
            (b"<svg xmlns='x'>", "image/svg+xml"),
            (b"[Desktop Entry]\nExec=sh", "text/plain"),
            (b"PK\x03\x04\0\0", "application/zip"),
            (b"\x7fELF\x02", "application/x-executable"),
            (b"SQLite format 3\0\x10", "application/vnd.sqlite3"),
            (b"RIFF\0\0\0\0WAVE", BYTES),
            (b"\0\0\0\x18ftypM4A \0\0\0\0", "audio/mp4"),
            (&[0; 1000], BYTES),
        ] {
            assert_eq!(judge(head), Err(mime), "{head:?}");
        }
    }

    #[test]
    fn a_name_is_judged_by_its_end() {
        for name in ["01.png", "P_01.MP4", "a.b.webm", "01.bin"] {
            assert!(is_named_as_one(name), "{name}");
        }
        for name in [
            "01",
            "png",
            "01.png.desktop",
            "01.svg",
            "01.html",
            "01.sh",
            "",
        ] {
            assert!(!is_named_as_one(name), "{name}");
        }
    }
}
