//! Kind and dimensions of a picture, and what a video begins with, from its first bytes. For checking
//! uploads; the skill has its own.

/// What a picture says about itself. `kind` is `png`, `jpeg`, `gif`, `webp`, `bmp`, `ico`, `tiff` or
/// `heic`; the dimensions are 0 where they aren't looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Picture {
    pub(crate) kind: &'static str,
    pub(crate) width_px: u32,
    pub(crate) height_px: u32,
}

/// None when it is no picture that Feishu takes.
pub(crate) fn sniff(head: &[u8]) -> Option<Picture> {
    let of = |kind, (width_px, height_px)| {
        Some(Picture {
            kind,
            width_px,
            height_px,
        })
    };
    let little = |at: usize| {
        u32::from(*head.get(at).unwrap_or(&0)) | u32::from(*head.get(at + 1).unwrap_or(&0)) << 8
    };
    match head {
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => {
            of("png", (big32(head, 16), big32(head, 20)))
        }
        [0xff, 0xd8, 0xff, ..] => of("jpeg", jpeg_dimensions(head)),
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => of("gif", (little(6), little(8))),
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
            rest @ ..,
        ] => of("webp", webp_dimensions(rest)),
        [b'B', b'M', ..] => of("bmp", (little(18), little(22))),
        [0, 0, 1, 0, ..] => of("ico", (0, 0)),
        [b'I', b'I', 42, 0, ..] | [b'M', b'M', 0, 42, ..] => of("tiff", (0, 0)),
        [
            _,
            _,
            _,
            _,
            b'f',
            b't',
            b'y',
            b'p',
            b'h',
            b'e',
            b'i' | b'v',
            b'c' | b'x',
            ..,
        ] => of("heic", (0, 0)),
        [
            _,
            _,
            _,
            _,
            b'f',
            b't',
            b'y',
            b'p',
            b'm',
            b'i',
            b'f',
            b'1',
            ..,
        ] => of("heic", (0, 0)),
        _ => None,
    }
}

/// Whether it begins like an mp4, and not like a HEIC picture, which is built of the same boxes.
pub(crate) fn is_mp4(head: &[u8]) -> bool {
    head.get(4..8) == Some(b"ftyp") && sniff(head).is_none()
}

fn big32(bytes: &[u8], at: usize) -> u32 {
    bytes
        .get(at..at + 4)
        .and_then(|word| word.try_into().ok())
        .map_or(0, u32::from_be_bytes)
}

fn jpeg_dimensions(head: &[u8]) -> (u32, u32) {
    let mut at = 2;
    while let Some(&[0xff, marker, high, low]) =
        head.get(at..at + 4).and_then(|bytes| bytes.first_chunk())
    {
        let frame_header = matches!(marker, 0xc0..=0xcf) && !matches!(marker, 0xc4 | 0xc8 | 0xcc);
        if frame_header {
            let both = big32(head, at + 5);
            return (both & 0xffff, both >> 16);
        }
        at += 2 + (usize::from(high) << 8 | usize::from(low));
    }
    (0, 0)
}

/// `chunks` begin after `WEBP`.
fn webp_dimensions(chunks: &[u8]) -> (u32, u32) {
    let at = |index: usize| u32::from(*chunks.get(index).unwrap_or(&0));
    match chunks {
        [b'V', b'P', b'8', b'X', ..] => {
            let side = |index| (at(index) | at(index + 1) << 8 | at(index + 2) << 16) + 1;
            (side(12), side(15))
        }
        [b'V', b'P', b'8', b'L', ..] => {
            let bits = at(9) | at(10) << 8 | at(11) << 16 | at(12) << 24;
            ((bits & 0x3fff) + 1, (bits >> 14 & 0x3fff) + 1)
        }
        [b'V', b'P', b'8', b' ', ..] => (
            (at(14) | at(15) << 8) & 0x3fff,
            (at(16) | at(17) << 8) & 0x3fff,
        ),
        _ => (0, 0),
    }
}
