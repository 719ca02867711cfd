//! An mp4 whose boxes are real and whose pictures are noise. What a client reads (brand, duration,
//! size of the picture, where `moov` stands) is right; a player shows nothing.

use super::MediaFile;
use crate::blob::Blob;

/// Milliseconds: the unit of all durations in the file.
const TIMESCALE: u32 = 1000;
const WIDTH_PX: u32 = 1280;
const HEIGHT_PX: u32 = 720;
/// From here on the length of `mdat` needs 64 bits.
const LARGE_BOX_BYTES: u64 = 1 << 32;

/// A video of `duration_ms`, `total_len` bytes long (or as long as its headers are, when that is
/// more), with `moov` behind the pictures as cameras write it, or before them as for streaming.
pub fn mp4(duration_ms: u32, total_len: u64, moov_at_end: bool) -> MediaFile {
    let ftyp = atom(
        b"ftyp",
        &[b"isom", &0x200_u32.to_be_bytes()[..], b"isomiso2avc1mp41"].concat(),
    );
    let moov = moov(duration_ms, &[]);
    let rest = total_len
        .saturating_sub((ftyp.len() + moov.len()) as u64)
        .max(8);
    let (header, picture_len) = mdat_header(rest);
    let blob = if moov_at_end {
        Blob::from(ftyp)
            .then(header)
            .then_noise(picture_len)
            .then(moov)
    } else {
        Blob::from(ftyp)
            .then(moov)
            .then(header)
            .then_noise(picture_len)
    };
    MediaFile::new("video/mp4", blob)
}

/// A video made for streaming: its movie header and tracks name no length, that of all its fragments stands in `mehd`.
pub fn fragmented_mp4(duration_ms: u32, total_len: u64) -> MediaFile {
    let ftyp = atom(
        b"ftyp",
        &[b"iso5", &0x200_u32.to_be_bytes()[..], b"iso5iso6mp41"].concat(),
    );
    let mvex = [
        boxed(b"mehd", fields([0, duration_ms])),
        boxed(b"trex", fields([0, 1, 1, 0, 0, 0])),
    ];
    let moov = moov(0, &atom(b"mvex", &mvex.concat()));
    let moof = atom(b"moof", &boxed(b"mfhd", fields([0, 1])));
    let before = [ftyp, moov, moof].concat();
    let rest = total_len.saturating_sub(before.len() as u64).max(8);
    let (header, picture_len) = mdat_header(rest);
    MediaFile::new(
        "video/mp4",
        Blob::from(before).then(header).then_noise(picture_len),
    )
}

fn mdat_header(box_len: u64) -> (Vec<u8>, u64) {
    if box_len < LARGE_BOX_BYTES {
        (
            [&(box_len as u32).to_be_bytes()[..], b"mdat"].concat(),
            box_len - 8,
        )
    } else {
        (
            [&1_u32.to_be_bytes()[..], b"mdat", &box_len.to_be_bytes()].concat(),
            box_len - 16,
        )
    }
}

/// `behind` stands behind its track.
fn moov(duration_ms: u32, behind: &[u8]) -> Vec<u8> {
    let mvhd = fields([
        0,
        0,
        0,
        TIMESCALE,
        duration_ms,
        0x0001_0000,
        0x0100_0000,
        0,
        0,
    ])
    .chain(matrix())
    .chain(fields([0, 0, 0, 0, 0, 0, 2]));
    let tkhd = fields([3, 0, 0, 1, 0, duration_ms, 0, 0, 0, 0])
        .chain(matrix())
        .chain(fields([WIDTH_PX << 16, HEIGHT_PX << 16]));
    let mdhd = fields([0, 0, 0, TIMESCALE, duration_ms, 0x55c4_0000]);
    let hdlr = [
        &fields([0, 0]).collect::<Vec<_>>()[..],
        b"vide",
        &[0; 12],
        b"VideoHandler\0",
    ]
    .concat();
    let mdia = [boxed(b"mdhd", mdhd), atom(b"hdlr", &hdlr)].concat();
    let trak = [boxed(b"tkhd", tkhd), atom(b"mdia", &mdia)].concat();
    atom(
        b"moov",
        &[&boxed(b"mvhd", mvhd), &atom(b"trak", &trak), behind].concat(),
    )
}

/// The unity transformation that every track carries.
fn matrix() -> impl Iterator<Item = u8> {
    fields([0x0001_0000, 0, 0, 0, 0x0001_0000, 0, 0, 0, 0x4000_0000])
}

fn fields<const N: usize>(words: [u32; N]) -> impl Iterator<Item = u8> {
    words.into_iter().flat_map(u32::to_be_bytes)
}

fn boxed(kind: &[u8; 4], content: impl Iterator<Item = u8>) -> Vec<u8> {
    atom(kind, &content.collect::<Vec<_>>())
}

fn atom(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
    [&(content.len() as u32 + 8).to_be_bytes()[..], kind, content].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn boxes(bytes: &[u8]) -> Vec<(String, usize)> {
        let (mut at, mut found) = (0, Vec::new());
        while at < bytes.len() {
            let len = u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
            found.push((
                String::from_utf8(bytes[at + 4..at + 8].to_vec()).unwrap(),
                at,
            ));
            at += len;
        }
        assert_eq!(at, bytes.len(), "the boxes fill the file exactly");
        found
    }

    #[test]
    fn moov_stands_where_it_was_asked_for_and_tells_the_duration() {
        for (at_end, order) in [
            (false, ["ftyp", "moov", "mdat"]),
            (true, ["ftyp", "mdat", "moov"]),
        ] {
            let bytes = mp4(5_041, 10_000, at_end).to_bytes();
            assert_eq!(bytes.len(), 10_000);
            let found = boxes(&bytes);
            assert_eq!(
                found
                    .iter()
                    .map(|(kind, _)| kind.as_str())
                    .collect::<Vec<_>>(),
                order
            );
            let moov = found.iter().find(|(kind, _)| kind == "moov").unwrap().1;
            assert_eq!(&bytes[moov + 12..moov + 16], b"mvhd");
            assert_eq!(
                bytes[moov + 28..moov + 36],
                [0, 0, 3, 232, 0, 0, 0x13, 0xb1]
            );
        }
    }

    #[test]
    fn the_fixed_boxes_have_their_standard_length() {
        let moov = moov(1, &[]);
        assert_eq!(moov[8..12], 108_u32.to_be_bytes(), "mvhd");
        assert_eq!(
            moov[8 + 108 + 8..8 + 108 + 12],
            92_u32.to_be_bytes(),
            "tkhd"
        );
    }

    #[test]
    fn five_gigabytes_are_made_without_being_held() {
        let file = mp4(60_000, 5 << 30, true);
        assert_eq!(file.len(), 5 << 30);
    }
}
