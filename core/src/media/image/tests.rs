use super::dimensions;
use proptest::prelude::*;

#[test]
fn the_size_of_a_png_stands_in_its_first_chunk() {
    assert_eq!(
        dimensions(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x07\x80\0\0\x04\x38\x08"),
        Some((1920, 1080))
    );
}

#[test]
fn the_size_of_a_jpeg_stands_behind_its_metadata() {
    let exif = [&b"\xff\xe1\x01\x02"[..], &[0xff; 256]].concat();
    let frame = b"\xff\xff\xc2\0\x11\x08\x04\x38\x07\x80\x03";
    let head = [b"\xff\xd8", exif.as_slice(), b"\xff\xc4\0\x02", frame].concat();
    assert_eq!(dimensions(&head), Some((1920, 1080)));
    assert_eq!(dimensions(&head[..head.len() - 4]), None);
}

#[test]
fn a_jpeg_without_a_frame_header_has_no_size() {
    for tail in [
        &b"\xff\xda\0\x08"[..],
        b"\xff\xd9",
        b"\xff\xe0\0\0\0\0",
        b"\xff\xff\xff\xff",
    ] {
        assert_eq!(dimensions(&[b"\xff\xd8", tail].concat()), None);
    }
}

#[test]
fn each_kind_of_webp_has_its_own_place_for_the_size() {
    for (chunk, size) in [
        (
            &b"VP8X\x0a\0\0\0\0\0\0\0\x7f\x07\0\x37\x04\0"[..],
            (1920, 1080),
        ),
        (b"VP8L\x10\0\0\0\x2f\x7f\xc7\x0d\x01", (1920, 1080)),
        (
            b"VP8 \x10\0\0\0\0\0\0\x9d\x01\x2a\x80\x07\x38\x04",
            (1920, 1080),
        ),
    ] {
        assert_eq!(
            dimensions(&[b"RIFF\x10\0\0\0WEBP", chunk].concat()),
            Some(size)
        );
    }
    assert_eq!(dimensions(b"RIFF\x10\0\0\0WEBPALPH\0\0\0\0"), None);
}

#[test]
fn a_gif_has_the_size_of_its_screen() {
    assert_eq!(dimensions(b"GIF89a\xd0\x07\x01\0\0\0\0"), Some((2000, 1)));
}

#[test]
fn a_bitmap_may_be_upside_down_or_old() {
    let head = b"BM\x46\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\x80\x07\0\0\xc8\xfb\xff\xff";
    assert_eq!(dimensions(head), Some((1920, 1080)));
    assert_eq!(
        dimensions(b"BM\x46\0\0\0\0\0\0\0\x1a\0\0\0\x0c\0\0\0\x80\x07\x38\x04"),
        Some((1920, 1080))
    );
}

#[test]
fn an_icon_has_the_size_of_its_largest_picture() {
    let entry = |side: u8| [&[side, side][..], &[0; 14]].concat();
    let head = [
        b"\0\0\x01\0\x02\0",
        entry(16).as_slice(),
        &entry(0),
        &entry(48),
    ]
    .concat();
    assert_eq!(dimensions(&head), Some((256, 256)));
}

#[test]
fn a_tiff_is_read_in_both_byte_orders() {
    let little = b"II*\0\x08\0\0\0\x02\0\0\x01\x03\0\x01\0\0\0\x80\x07\0\0\x01\x01\x04\0\x01\0\0\0\x38\x04\0\0";
    let big = b"MM\0*\0\0\0\x08\0\x02\x01\0\0\x03\0\0\0\x01\x07\x80\0\0\x01\x01\0\x04\0\0\0\x01\0\0\x04\x38";
    assert_eq!(dimensions(little), Some((1920, 1080)));
    assert_eq!(dimensions(big), Some((1920, 1080)));
    assert_eq!(dimensions(b"II*\0\xff\xff\xff\xff"), None);
}

#[test]
fn a_picture_of_tiles_has_the_size_of_the_whole() {
    let ispe = |width: u32, height: u32| {
        [
            b"\0\0\0\x14ispe\0\0\0\0",
            width.to_be_bytes().as_slice(),
            &height.to_be_bytes(),
        ]
        .concat()
    };
    let head = [
        &b"\0\0\0\x10ftypheic\0\0\0\0"[..],
        &ispe(512, 512),
        &ispe(4032, 3024),
        &ispe(320, 240),
        b"ispe",
    ]
    .concat();
    assert_eq!(dimensions(&head), Some((4032, 3024)));
}

#[test]
fn a_size_of_nothing_is_none() {
    assert_eq!(dimensions(b"GIF89a\0\0\x01\0\0\0\0"), None);
    assert_eq!(dimensions(b""), None);
    assert_eq!(dimensions(b"hello"), None);
}

proptest! {
    #[test]
    fn any_picture_is_measured_without_panic(
        magic in prop::sample::select(vec![
            &b"\xff\xd8"[..], b"\x89PNG\r\n\x1a\n", b"GIF89a", b"RIFF\0\0\0\0WEBPVP8X", b"RIFF\0\0\0\0WEBPVP8L", b"BM\0\0\0\0\0\0\0\0\0\0\0\0\x28\0\0\0",
            b"\0\0\x01\0\xff\0\0\0\0\0", b"II*\0", b"MM\0*\0\0\0\x08", b"\0\0\0\x10ftypheic\0\0\0\0ispe",
        ]),
        tail in proptest::collection::vec(prop_oneof![any::<u8>(), Just(0xff), Just(0)], 0..300),
    ) {
        let _ = dimensions(&[magic, &tail].concat());
    }
}
