use super::{DurationProbe, FIRST_READ, MAX_READS, ProbeStep};
use proptest::prelude::*;

fn boxed(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let len = u32::try_from(8 + content.len()).unwrap();
    [&len.to_be_bytes()[..], kind, content].concat()
}

fn mvhd0(scale: u32, units: u32) -> Vec<u8> {
    boxed(
        b"mvhd",
        &[
            &[0; 12][..],
            &scale.to_be_bytes(),
            &units.to_be_bytes(),
            &[0; 80],
        ]
        .concat(),
    )
}

fn mvhd1(scale: u32, units: u64) -> Vec<u8> {
    boxed(
        b"mvhd",
        &[
            &[1][..],
            &[0; 19],
            &scale.to_be_bytes(),
            &units.to_be_bytes(),
            &[0; 80],
        ]
        .concat(),
    )
}

fn ftyp() -> Vec<u8> {
    boxed(b"ftyp", b"isom\0\0\0\0isomavc1")
}

/// Feeds what is asked for, `most` bytes at a time, and counts the reads.
fn probe(file: &[u8], most: usize) -> (Option<u64>, u32) {
    let mut probe = DurationProbe::new(file.len() as u64);
    let mut step = probe.first();
    let mut reads = 0;
    while let ProbeStep::Need { offset, len } = step {
        assert!(len > 0 && offset + len <= file.len() as u64);
        reads += 1;
        let start = usize::try_from(offset).unwrap();
        let end = start + usize::try_from(len).unwrap().min(most);
        step = probe.feed(offset, &file[start..end]);
    }
    let ProbeStep::Done(result) = step else {
        unreachable!()
    };
    (result, reads)
}

#[test]
fn a_header_at_the_start_takes_one_read() {
    for mvhd in [mvhd0(600, 3150), mvhd1(90_000, 472_500)] {
        let file = [ftyp(), boxed(b"moov", &mvhd), boxed(b"mdat", &[7; 100_000])].concat();
        assert_eq!(probe(&file, usize::MAX), (Some(5250), 1));
    }
}

#[test]
fn a_header_behind_the_media_takes_two_reads() {
    let moov = boxed(
        b"moov",
        &[boxed(b"free", &[0; 10]), mvhd0(1000, 5000)].concat(),
    );
    let file = [ftyp(), boxed(b"mdat", &[7; 200_000]), moov].concat();
    assert_eq!(probe(&file, usize::MAX), (Some(5000), 2));
}

#[test]
fn a_media_box_with_a_64_bit_size_is_skipped() {
    let mdat = [
        &b"\0\0\0\x01mdat"[..],
        &100_016u64.to_be_bytes(),
        &[7; 100_000],
    ]
    .concat();
    let file = [ftyp(), mdat, boxed(b"moov", &mvhd0(1000, 5000))].concat();
    assert_eq!(probe(&file, usize::MAX), (Some(5000), 2));
}

#[test]
fn a_last_box_without_size_reaches_to_the_end() {
    let moov = [&b"\0\0\0\0moov"[..], &mvhd0(1000, 5000)].concat();
    assert_eq!(probe(&[ftyp(), moov].concat(), usize::MAX).0, Some(5000));
    let media = [&b"\0\0\0\0mdat"[..], &boxed(b"moov", &mvhd0(1000, 5000))].concat();
    assert_eq!(probe(&[ftyp(), media].concat(), usize::MAX).0, None);
}

#[test]
fn an_unknown_duration_is_none() {
    for mvhd in [
        mvhd0(0, 5),
        mvhd0(1000, 0),
        mvhd0(1000, u32::MAX),
        mvhd1(1, u64::MAX),
        mvhd1(1, u64::MAX / 2),
        mvhd1(1, 1 << 40),
    ] {
        assert_eq!(
            probe(&[ftyp(), boxed(b"moov", &mvhd)].concat(), usize::MAX).0,
            None
        );
    }
    let mut odd = mvhd0(1000, 5000);
    odd[8] = 2;
    assert_eq!(probe(&boxed(b"moov", &odd), usize::MAX).0, None);
}

#[test]
fn a_file_without_movie_header_ends_the_probe() {
    for file in [
        vec![],
        vec![0; 7],
        vec![0; 100_000],
        vec![0xff; 100_000],
        b"\0\0\0\x07moov0000".to_vec(),
        b"\0\0\0\x01moov\0\0\0\0\0\0\0\x0f".to_vec(),
        ftyp(),
        [ftyp(), boxed(b"moov", &boxed(b"trak", &[0; 50]))].concat(),
        boxed(b"moov", b"\0\0\0\x08mvhd"),
        boxed(b"moov", b""),
        b"hello, this is text and no video at all".to_vec(),
    ] {
        assert_eq!(probe(&file, usize::MAX).0, None);
    }
}

#[test]
fn hostile_sizes_neither_loop_nor_overflow() {
    let mut probe = DurationProbe::new(u64::MAX);
    let box_of = |kind: &[u8; 4], len: u64| [&b"\0\0\0\x01"[..], kind, &len.to_be_bytes()].concat();
    let next = probe.feed(0, &box_of(b"mdat", u64::MAX - 1));
    assert_eq!(
        next,
        ProbeStep::Need {
            offset: u64::MAX - 1,
            len: 1
        }
    );
    assert_eq!(probe.feed(u64::MAX - 1, &[0]), ProbeStep::Done(None));

    let small: Vec<u8> = b"\0\0\0\x08free".repeat(100_000);
    let (result, reads) = self::probe(&small, usize::MAX);
    assert_eq!((result, reads), (None, MAX_READS));
}

#[test]
fn bytes_that_were_not_asked_for_do_no_harm() {
    let file = [ftyp(), boxed(b"moov", &mvhd0(1000, 5000))].concat();
    let mut probe = DurationProbe::new(file.len() as u64);
    assert!(matches!(
        probe.feed(9999, b"moovmoov"),
        ProbeStep::Need { offset: 0, .. }
    ));
    assert_eq!(probe.feed(0, &file), ProbeStep::Done(Some(5000)));
    assert_eq!(probe.feed(0, &file), ProbeStep::Done(Some(5000)));
}

#[test]
fn a_probe_that_is_fed_nothing_gives_up() {
    let mut probe = DurationProbe::new(1000);
    assert_eq!(probe.feed(0, b""), ProbeStep::Done(None));
}

proptest! {
    #[test]
    fn every_duration_is_found_however_little_is_fed(
        millis in 1u32..i32::MAX.unsigned_abs(), padding in 0usize..70_000, long: bool, most in 100usize..5000,
    ) {
        let mvhd = if long { mvhd1(1000, u64::from(millis)) } else { mvhd0(1000, millis) };
        let file = [ftyp(), boxed(b"mdat", &vec![7; padding]), boxed(b"moov", &mvhd)].concat();
        prop_assert_eq!(probe(&file, most).0, Some(u64::from(millis)));
    }

    #[test]
    fn every_probe_ends(
        boxes in proptest::collection::vec((prop_oneof![0u32..40, any::<u32>()], prop::sample::select(vec![b"moov", b"mvhd", b"mdat", b"free"]), proptest::collection::vec(any::<u8>(), 0..40)), 0..40),
        most in 1usize..100,
    ) {
        let file: Vec<u8> = boxes.iter().flat_map(|(len, kind, content)| [&len.to_be_bytes()[..], *kind, content].concat()).collect();
        prop_assert!(probe(&file, most).1 <= MAX_READS);
    }

    #[test]
    fn any_answer_to_any_probe_is_survived(
        total: u64, feeds in proptest::collection::vec((any::<u64>(), proptest::collection::vec(any::<u8>(), 0..64)), 0..40),
    ) {
        let mut probe = DurationProbe::new(total);
        for (offset, bytes) in feeds {
            if let ProbeStep::Need { offset, len } = probe.feed(offset, &bytes) {
                prop_assert!(len > 0 && len <= FIRST_READ && offset.checked_add(len).is_some_and(|end| end <= total));
            }
        }
    }
}

#[test]
fn the_length_of_a_fragmented_film_stands_behind_its_tracks() {
    let trak = boxed(b"trak", &boxed(b"tkhd", &[0; 84]));
    let mehds = [
        boxed(b"mehd", &[&[0; 4][..], &3_150_u32.to_be_bytes()].concat()),
        boxed(
            b"mehd",
            &[&[1, 0, 0, 0][..], &3_150_u64.to_be_bytes()].concat(),
        ),
    ];
    for mehd in mehds {
        for mvhd in [mvhd0(600, 0), mvhd1(600, 0)] {
            let mvex = boxed(b"mvex", &[&mehd[..], &boxed(b"trex", &[0; 24])].concat());
            let moov = boxed(b"moov", &[&mvhd[..], &trak, &mvex].concat());
            let file = [&ftyp()[..], &moov, &boxed(b"moof", &[0; 100])].concat();
            for most in [usize::MAX, 64] {
                assert_eq!(probe(&file, most).0, Some(5_250), "{most}");
            }
        }
    }
}

#[test]
fn where_the_movie_names_no_length_its_longest_track_does() {
    let tkhd = |units: u32| {
        let content = [&[0; 20][..], &units.to_be_bytes(), &[0; 60]].concat();
        boxed(
            b"trak",
            &[boxed(b"tkhd", &content), boxed(b"mdia", &[9; 90])].concat(),
        )
    };
    let moov = boxed(b"moov", &[mvhd0(600, 0), tkhd(3_150), tkhd(3_000)].concat());
    let file = [&ftyp()[..], &moov, &boxed(b"mdat", &[0; 100])].concat();
    for most in [usize::MAX, 64] {
        assert_eq!(probe(&file, most).0, Some(5_250), "{most}");
    }
}

/// An index of segments with these durations; those of further indexes are marked.
fn index(stream: u32, scale: u32, segments: &[u32], leads_further: bool) -> Vec<u8> {
    let mut content = [
        &[0; 4][..],
        &stream.to_be_bytes(),
        &scale.to_be_bytes(),
        &[0; 8],
        &[0; 2],
    ]
    .concat();
    content.extend(u16::try_from(segments.len()).unwrap().to_be_bytes());
    for units in segments {
        content.extend((u32::from(leads_further) << 31 | 1_000).to_be_bytes());
        content.extend(units.to_be_bytes());
        content.extend([0x90, 0, 0, 0]);
    }
    boxed(b"sidx", &content)
}

#[test]
fn an_index_of_segments_names_the_length_where_no_header_does() {
    let moov = boxed(b"moov", &mvhd0(600, 0));
    let moof = boxed(b"moof", &[0; 100]);
    for indexes in [
        index(1, 1000, &[2_000, 2_000, 1_250], false),
        // Further indexes are counted where they stand; another stream's length isn't added.
        [
            index(1, 1000, &[5_250], true),
            index(1, 1000, &[2_000, 2_000], false),
            index(1, 1000, &[1_250], false),
            index(2, 48_000, &[252_000], false),
        ]
        .concat(),
        // More than one read has.
        index(1, 1000, &[5; 1_050], false),
    ] {
        let behind = [&ftyp()[..], &moov, &indexes, &moof].concat();
        let before = [&ftyp()[..], &indexes, &moov, &moof].concat();
        for file in [behind, before] {
            assert_eq!(probe(&file, usize::MAX).0, Some(5_250));
        }
    }
}

#[test]
fn a_tracks_media_header_names_the_length_where_its_own_does_not() {
    let mdia = boxed(b"mdia", &boxed(b"mdhd", &mvhd0(48_000, 252_000)[8..]));
    let trak = boxed(b"trak", &[&boxed(b"tkhd", &[0; 84])[..], &mdia].concat());
    let moov = boxed(b"moov", &[&mvhd0(600, 0)[..], &trak].concat());
    let file = [&ftyp()[..], &moov, &boxed(b"mdat", &[0; 100])].concat();
    assert_eq!(probe(&file, usize::MAX).0, Some(5_250));
}

/// A track's header with a picture of this size, turned by a quarter or not.
fn tkhd(version: u8, (width, height): (u32, u32), is_turned: bool) -> Vec<u8> {
    let one = 0x0001_0000_u32.to_be_bytes();
    let before = vec![0; if version == 0 { 39 } else { 51 }];
    let zero = [0; 4];
    let matrix: Vec<&[u8]> = if is_turned {
        vec![&zero, &one, &zero, &one, &zero, &zero]
    } else {
        vec![&one, &zero, &zero, &zero, &one, &zero]
    };
    let sides = [width << 16, height << 16].map(u32::to_be_bytes).concat();
    let content = [&[version][..], &before, &matrix.concat(), &[0; 12], &sides].concat();
    boxed(b"tkhd", &content)
}

/// Length and size, by reads of so many bytes at most.
fn with_sides(file: &[u8], most: usize) -> (Option<u64>, Option<(u32, u32)>) {
    let mut probe = DurationProbe::new(file.len() as u64).with_sides();
    let mut step = probe.first();
    while let ProbeStep::Need { offset, len } = step {
        let start = usize::try_from(offset).unwrap();
        let end = start + usize::try_from(len).unwrap().min(most);
        step = probe.feed(offset, &file[start..end]);
    }
    let ProbeStep::Done(result) = step else {
        unreachable!()
    };
    (result, probe.sides())
}

#[test]
fn the_size_of_the_picture_is_that_of_the_first_track_with_one_as_it_is_shown() {
    let sound = || boxed(b"trak", &tkhd(0, (0, 0), false));
    let of = |tracks: &[Vec<u8>]| {
        let moov = boxed(b"moov", &[mvhd0(600, 3150), tracks.concat()].concat());
        [ftyp(), moov, boxed(b"mdat", &[0; 64])].concat()
    };
    for version in [0, 1] {
        let film = |is_turned| boxed(b"trak", &tkhd(version, (1280, 720), is_turned));
        for (file, sides) in [
            (of(&[film(false)]), Some((1280, 720))),
            (of(&[sound(), film(false)]), Some((1280, 720))),
            (of(&[film(true)]), Some((720, 1280))),
            (of(&[sound()]), None),
            (of(&[]), None),
        ] {
            for most in [file.len(), 150] {
                assert_eq!(with_sides(&file, most), (Some(5_250), sides));
            }
        }
    }
    // Cut off: what was found stays.
    let cut = boxed(b"moov", &mvhd0(600, 3150));
    let cut = [ftyp(), cut, b"\0\0\0\x08trak".to_vec()].concat();
    assert_eq!(with_sides(&cut, 1_000), (Some(5_250), None));
}
