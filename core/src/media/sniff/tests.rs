use super::{identify, sniff};
use crate::media::{ImageFormat, MediaKind};
use proptest::prelude::*;

fn ftyp(major: &str, compatible: &str) -> Vec<u8> {
    let len = u8::try_from(16 + compatible.len()).unwrap();
    [
        &[0, 0, 0, len],
        &b"ftyp"[..],
        major.as_bytes(),
        &[0, 0, 2, 0],
        compatible.as_bytes(),
        b"\0\0\0\x08free",
    ]
    .concat()
}

#[test]
fn an_mp4_is_told_by_its_brands() {
    for major in [
        "isom", "iso2", "iso6", "mp41", "mp42", "mp71", "avc1", "dash", "M4V ", "MSNV", "cmfc",
    ] {
        assert_eq!(sniff(&ftyp(major, "")), MediaKind::Mp4, "{major}");
    }
    assert_eq!(sniff(&ftyp("XXXX", "abcdisom")), MediaKind::Mp4);
}

#[test]
fn a_relative_of_mp4_is_not_one() {
    for (major, compatible, mime) in [
        ("qt  ", "", "video/quicktime"),
        ("qt  ", "mp42", "video/quicktime"),
        ("3gp4", "isom", "video/3gpp"),
        ("f4v ", "isom", "video/x-f4v"),
        ("what", "ever", "application/octet-stream"),
    ] {
        assert_eq!(
            identify(&ftyp(major, compatible)),
            (MediaKind::OtherVideo, mime),
            "{major}"
        );
    }
    assert_eq!(
        identify(&ftyp("M4A ", "mp42isom")),
        (MediaKind::Unknown, "audio/mp4")
    );
}

#[test]
fn brands_behind_the_first_box_do_not_count() {
    let head = [&b"\0\0\0\x10ftypwhat\0\0\0\0"[..], b"isom"].concat();
    assert_eq!(sniff(&head), MediaKind::OtherVideo);
}

#[test]
fn other_videos_are_told_by_their_magic() {
    let packets: Vec<u8> = (0..940u32)
        .map(|at| if at % 188 == 0 { 0x47 } else { 0 })
        .collect();
    let timed: Vec<u8> = (0..960u32)
        .map(|at| if at % 192 == 4 { 0x47 } else { 0 })
        .collect();
    for (head, mime) in [
        (
            &b"\x1a\x45\xdf\xa3\x9fB\x86\x81\x01B\x82\x84webm"[..],
            "video/webm",
        ),
        (
            b"\x1a\x45\xdf\xa3\x9fB\x86\x81\x01B\x82\x88matroska",
            "video/x-matroska",
        ),
        (b"RIFF\x10\0\0\0AVI LIST", "video/x-msvideo"),
        (b"FLV\x01\x05\0\0\0\x09", "video/x-flv"),
        (b"\0\0\x01\xba\x44", "video/mpeg"),
        (
            b"\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9",
            "video/x-ms-wmv",
        ),
        (b"OggS\0\x02\0\0\0\0\0\0\x80theora", "video/ogg"),
        (b"\0\0\0\x08wide\0\x10\0\0mdat", "video/quicktime"),
        (b"\0\x01\0\0moov\0\0\0\x6cmvhd", "video/quicktime"),
        (&packets, "video/mp2t"),
        (&timed, "video/mp2t"),
    ] {
        assert_eq!(identify(head), (MediaKind::OtherVideo, mime), "{mime}");
    }
}

#[test]
fn pictures_are_told_by_their_magic() {
    let mut bitmap = b"BM\x46\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0".to_vec();
    for (head, format) in [
        (&b"\xff\xd8\xff\xe0\0\x10JFIF"[..], ImageFormat::Jpeg),
        (b"\xff\xd8\xff", ImageFormat::Jpeg),
        (b"\x89PNG\r\n\x1a\n", ImageFormat::Png),
        (b"GIF87a", ImageFormat::Gif),
        (b"GIF89a\x01\0\x01\0", ImageFormat::Gif),
        (b"RIFF\x10\0\0\0WEBPVP8 ", ImageFormat::Webp),
        (b"II*\0\x08\0\0\0", ImageFormat::Tiff),
        (b"MM\0*\0\0\0\x08", ImageFormat::Tiff),
        (b"\0\0\x01\0\x01\0\x10\x10\0\0\x01\0", ImageFormat::Ico),
        (&ftyp("heic", "mif1heic"), ImageFormat::Heic),
        (&ftyp("mif1", "heic"), ImageFormat::Heic),
        (&ftyp("avif", "mif1"), ImageFormat::Avif),
        (&ftyp("mif1", "miafavif"), ImageFormat::Avif),
        (&bitmap, ImageFormat::Bmp),
    ] {
        assert_eq!(identify(head), (MediaKind::Image(format), format.mime()));
    }
    bitmap[14] = 41;
    assert_eq!(sniff(&bitmap), MediaKind::Unknown);
}

#[test]
fn what_only_looks_like_media_is_named() {
    for (head, mime) in [
        (&b"BMW is a make of cars, not a bitmap"[..], "text/plain"),
        (b"GGGGGGGGGGGGGGGGGGGG", "text/plain"),
        (b"free text about moov boxes", "text/plain"),
        (b"\n\n\n\nmoov", "text/plain"),
        (b"    ftypisom", "text/plain"),
        (b"\xef\xbb\xbf\xe4\xbd\xa0", "text/plain"),
        (b"\xff\xfeh\0i\0", "text/plain"),
        (b"\xc4\xe3\xba\xc3", "text/plain"),
        (b"<!DOCTYPE HTML><title>502</title>", "text/html"),
        (b" <?xml version='1.0'?>", "text/xml"),
        (b"{\"error\":\"not found\"}", "text/plain"),
        (b"RIFF\x10\0\0\0WAVEfmt ", "audio/wav"),
        (b"OggS\0\x02\0\0vorbis", "audio/ogg"),
        (
            b"MZ\x90\0\x03",
            "application/vnd.microsoft.portable-executable",
        ),
        (b"\xff\xfb\x90\0", "audio/mpeg"),
        (b"\0\0\0\0", "application/octet-stream"),
        (b"", "inode/x-empty"),
    ] {
        assert_eq!(identify(head), (MediaKind::Unknown, mime));
    }
    let text = "G".repeat(2000);
    assert_eq!(
        identify(text.as_bytes()),
        (MediaKind::Unknown, "text/plain")
    );
}

proptest! {
    #[test]
    fn any_bytes_are_sniffed_without_panic(
        magic in prop::sample::select(vec![&b""[..], b"\0\0\0\x18ftyp", b"RIFF", b"BM", b"\0\0\x01\0", b"\x1a\x45\xdf\xa3", b"II*\0"]),
        tail in proptest::collection::vec(any::<u8>(), 0..1000),
    ) {
        let _ = sniff(&[magic, &tail].concat());
    }

    #[test]
    fn printable_text_is_never_a_video(text in r"[a-zA-Z0-9 ,.\n\PC]{1,600}") {
        prop_assert_ne!(sniff(text.as_bytes()), MediaKind::Mp4);
        prop_assert_ne!(sniff(text.as_bytes()), MediaKind::OtherVideo);
    }
}
