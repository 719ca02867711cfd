//! Pictures with the right first bytes and dimensions. Small PNGs can be looked at (a gradient);
//! the other kinds end after their headers.

use super::MediaFile;
use crate::blob::Blob;

/// A PNG up to so many pixels carries its picture; a larger one is headers only.
const DRAWN_PIXELS: u64 = 1 << 20;
/// The most a stored block of a deflate stream can hold.
const STORED_BLOCK_BYTES: usize = 65_535;

/// A greyscale PNG.
pub fn png(width_px: u32, height_px: u32) -> MediaFile {
    let header = [
        &width_px.to_be_bytes()[..],
        &height_px.to_be_bytes(),
        &[8, 0, 0, 0, 0],
    ]
    .concat();
    let drawn = u64::from(width_px) * u64::from(height_px) <= DRAWN_PIXELS;
    let rows: Vec<u8> = (0..if drawn { height_px } else { 0 })
        .flat_map(|y| {
            std::iter::once(0).chain((0..width_px).map(move |x| (x.wrapping_add(y) % 256) as u8))
        })
        .collect();
    let bytes = [
        b"\x89PNG\r\n\x1a\n".to_vec(),
        png_chunk(b"IHDR", &header),
        png_chunk(b"IDAT", &zlib_stored(&rows)),
        png_chunk(b"IEND", &[]),
    ];
    MediaFile::new("image/png", Blob::from(bytes.concat()))
}

/// A JPEG that ends after its frame header.
pub fn jpeg(width_px: u16, height_px: u16) -> MediaFile {
    let (width, height) = (width_px.to_be_bytes(), height_px.to_be_bytes());
    let bytes = [
        &b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"[..],
        &[
            0xff, 0xc0, 0, 11, 8, height[0], height[1], width[0], width[1], 1, 1, 0x11, 0,
        ],
        &[0xff, 0xd9],
    ];
    MediaFile::new("image/jpeg", Blob::from(bytes.concat()))
}

/// The same as cameras and editors write it: so many full segments of a colour profile (64 KiB each) stand before the size.
pub fn photo(width_px: u16, height_px: u16, segments: usize) -> MediaFile {
    let plain = jpeg(width_px, height_px).to_bytes();
    let (start, rest) = plain.split_at(2);
    let mut profile = vec![0xff, 0xe2, 0xff, 0xff];
    profile.resize(2 + 0xffff, 0);
    let bytes = [start, &profile.repeat(segments), rest].concat();
    MediaFile::new("image/jpeg", Blob::from(bytes))
}

/// A GIF without a frame.
pub fn gif(width_px: u16, height_px: u16) -> MediaFile {
    let bytes = [
        &b"GIF89a"[..],
        &width_px.to_le_bytes(),
        &height_px.to_le_bytes(),
        &[0, 0, 0, b';'],
    ];
    MediaFile::new("image/gif", Blob::from(bytes.concat()))
}

/// An extended WebP without a frame, up to 2²⁴ pixels a side.
pub fn webp(width_px: u32, height_px: u32) -> MediaFile {
    let (width, height) = ((width_px - 1).to_le_bytes(), (height_px - 1).to_le_bytes());
    let bytes = [
        &b"RIFF"[..],
        &22_u32.to_le_bytes(),
        b"WEBPVP8X",
        &10_u32.to_le_bytes(),
        &[0, 0, 0, 0],
        &width[..3],
        &height[..3],
    ];
    MediaFile::new("image/webp", Blob::from(bytes.concat()))
}

fn png_chunk(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let body = [&kind[..], content].concat();
    [
        &(content.len() as u32).to_be_bytes()[..],
        &body,
        &crc32(&body).to_be_bytes(),
    ]
    .concat()
}

fn zlib_stored(content: &[u8]) -> Vec<u8> {
    let mut stream = vec![0x78, 0x01];
    let mut blocks = content.chunks(STORED_BLOCK_BYTES).peekable();
    while let Some(block) = blocks.next() {
        let len = (block.len() as u16).to_le_bytes();
        stream.extend([
            u8::from(blocks.peek().is_none()),
            len[0],
            len[1],
            !len[0],
            !len[1],
        ]);
        stream.extend(block);
    }
    stream.extend(adler32(content).to_be_bytes());
    stream
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc: u32, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg())
        })
    })
}

fn adler32(bytes: &[u8]) -> u32 {
    let (low, high) = bytes.iter().fold((1_u32, 0_u32), |(low, high), byte| {
        let low = (low + u32::from(*byte)) % 65_521;
        (low, (high + low) % 65_521)
    });
    high << 16 | low
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sniff::{Picture, sniff};

    #[test]
    fn every_kind_of_picture_is_recognised_with_its_dimensions() {
        for (file, kind) in [
            (png(640, 480), "png"),
            (jpeg(640, 480), "jpeg"),
            (gif(640, 480), "gif"),
            (webp(640, 480), "webp"),
        ] {
            let picture = sniff(&file.to_bytes());
            assert_eq!(
                picture,
                Some(Picture {
                    kind,
                    width_px: 640,
                    height_px: 480
                })
            );
        }
    }

    #[test]
    fn checksums_are_those_of_the_standards() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
        assert_eq!(adler32(b"Wikipedia"), 0x11e6_0398);
    }

    #[test]
    fn padding_makes_a_picture_heavy() {
        assert_eq!(png(8, 8).padded_to(12 << 20).len(), 12 << 20);
    }
}
