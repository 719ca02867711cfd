//! docs/spec.md section 7, the table's upper half: what goes into the chat as media, and what is known of it.

use fakes::media::{self, ContentLength, MediaFile, Serving};
use fakes::{Fake, Fault};

use crate::delivery::{deliver, only, show};
use crate::env::TestEnv;

const VIDEO: &str = "/sd-gen-save-img/cat.mp4";
/// More than the beginning that is looked at first.
const VIDEO_BYTES: u64 = 700_000;

#[test]
fn a_video_is_media_with_its_duration_and_a_cover_wherever_its_index_stands() {
    for at_end in [false, true] {
        let env = TestEnv::new();
        let video = media::mp4(5_041, VIDEO_BYTES, at_end);
        let message = show(&env, VIDEO, video.clone());
        assert_eq!(message.msg_type, "media");
        let file = message.file.unwrap();
        assert_eq!(
            (file.file_type.as_str(), file.duration_ms),
            ("mp4", Some(5_041))
        );
        assert_eq!((file.bytes, file.sha256), (VIDEO_BYTES, video.sha256()));
        assert_eq!(file.file_name.as_deref(), Some("cat.mp4"));
        assert_eq!(file.part_content_type.as_deref(), Some("video/mp4"));
        let cover = message.image.expect("a cover");
        assert_eq!(cover.part_content_type.as_deref(), Some("image/jpeg"));
    }
}

#[test]
fn a_film_made_for_streaming_has_the_duration_of_its_fragments() {
    let env = TestEnv::new();
    let film = media::fragmented_mp4(5_041, VIDEO_BYTES);
    let message = show(&env, VIDEO, film.clone());
    assert_eq!(message.msg_type, "media");
    let file = message.file.unwrap();
    assert_eq!(
        (file.duration_ms, file.sha256),
        (Some(5_041), film.sha256())
    );
}

#[test]
fn a_store_without_ranges_still_gives_a_whole_video() {
    for (at_end, duration_ms) in [(false, Some(5_041)), (true, None)] {
        let env = TestEnv::new();
        env.media().serve(Serving {
            ranges: false,
            ..Serving::default()
        });
        let video = media::mp4(5_041, VIDEO_BYTES, at_end);
        let message = show(&env, VIDEO, video.clone());
        assert_eq!(message.msg_type, "media");
        let file = message.file.unwrap();
        assert_eq!(
            (file.sha256, file.duration_ms),
            (video.sha256(), duration_ms)
        );
        assert!(message.image.is_some(), "a cover");
    }
}

#[test]
fn a_store_that_tells_no_length_is_measured_and_the_upload_has_one() {
    for ranges in [false, true] {
        let env = TestEnv::new();
        env.media().serve(Serving {
            ranges,
            content_length: ContentLength::Absent,
            ..Serving::default()
        });
        let video = media::mp4(5_041, VIDEO_BYTES, false);
        let message = show(&env, VIDEO, video.clone());
        let file = message.file.unwrap();
        assert_eq!(
            (file.sha256, file.duration_ms),
            (video.sha256(), Some(5_041))
        );
    }
}

#[test]
fn a_video_without_a_snapshot_goes_without_a_cover() {
    let env = TestEnv::new();
    env.media().serve(Serving {
        snapshots: false,
        ..Serving::default()
    });
    let message = show(&env, VIDEO, media::mp4(5_041, VIDEO_BYTES, false));
    assert_eq!(message.msg_type, "media");
    assert!(message.image.is_none() && message.content.get("image_key").is_none());
}

#[test]
fn a_cover_that_feishu_refuses_does_not_hold_the_video_back() {
    let env = TestEnv::new();
    env.feishu()
        .fault(crate::delivery::IMAGES, Fault::moderated(), 1);
    let message = show(&env, VIDEO, media::mp4(5_041, VIDEO_BYTES, false));
    assert_eq!((message.msg_type.as_str(), message.image), ("media", None));
}

#[test]
fn a_video_of_exactly_thirty_mebibytes_is_still_media() {
    let env = TestEnv::new();
    let message = show(&env, VIDEO, media::mp4(5_041, 30 << 20, true));
    assert_eq!(message.msg_type, "media");
    assert_eq!(message.file.unwrap().bytes, 30 << 20);
}

#[test]
fn each_kind_of_image_is_an_image_unchanged() {
    for (name, image) in [
        ("a.png", media::png(256, 144)),
        ("a.jpg", media::jpeg(1024, 1024)),
        ("a.gif", media::gif(2_000, 2_000)),
        ("photo.jpg", media::photo(12_000, 10, 3)),
        ("a.webp", media::webp(1024, 12_000)),
        ("without-an-ending", media::png(64, 64)),
    ] {
        let env = TestEnv::new();
        let message = show(&env, &format!("/sd-gen-save-img/{name}"), image.clone());
        assert_eq!(message.msg_type, "image", "{name}");
        let uploaded = message.image.unwrap();
        assert_eq!(uploaded.sha256, image.sha256(), "{name}");
        assert_eq!(uploaded.file_type, "message", "{name}");
        assert_eq!(env.feishu().uploads().len(), 1, "{name}");
    }
}

#[test]
fn an_image_over_feishus_limits_is_a_file() {
    for (name, image) in [
        ("heavy.png", media::png(256, 144).padded_to((10 << 20) + 1)),
        ("wide.png", media::png(12_001, 10)),
        ("wide.gif", media::gif(2_001, 10)),
        // Its size stands behind more than is looked at first.
        ("photo.jpg", media::photo(12_001, 10, 3)),
        ("high.webp", media::webp(10, 12_001)),
    ] {
        let env = TestEnv::new();
        let message = show(&env, &format!("/sd-gen-save-img/{name}"), image.clone());
        assert_eq!(message.msg_type, "file", "{name}");
        let file = message.file.unwrap();
        assert_eq!(file.file_type, "stream", "{name}");
        assert_eq!(
            (file.file_name.as_deref(), file.sha256),
            (Some(name), image.sha256())
        );
    }
}

#[test]
fn another_kind_of_video_is_a_file_whatever_its_name_says() {
    let webm = [
        b"\x1a\x45\xdf\xa3\x9fB\x86\x81\x01B\xf7\x81\x01B\xf2\x81\x04B\xf3\x81\x08B\x82\x84webm",
        &[0; 400][..],
    ]
    .concat();
    let mov = [
        b"\x00\x00\x00\x14ftypqt  \x20\x05\x03\x00qt  ",
        &[0; 400][..],
    ]
    .concat();
    for (name, kind, bytes) in [
        ("a.webm", "video/webm", webm.clone()),
        ("a.mov", "video/quicktime", mov),
        ("really-webm.mp4", "video/mp4", webm),
    ] {
        let env = TestEnv::new();
        let path = format!("/sd-gen-save-img/{name}");
        let message = show(&env, &path, MediaFile::from_bytes(kind, bytes));
        assert_eq!(message.msg_type, "file", "{name}");
        assert_eq!(message.file.unwrap().file_type, "stream", "{name}");
    }
}

#[test]
fn a_line_that_breaks_in_the_media_is_tried_again_and_nothing_half_is_sent() {
    for fault in [Fault::TruncatedBody, Fault::ResetInBody, Fault::Html(503)] {
        let env = TestEnv::new();
        let video = media::mp4(5_041, VIDEO_BYTES, false);
        env.media().put(VIDEO, video.clone());
        // The first request looks at the beginning, the second carries the video.
        env.media()
            .fault_after(format!("GET {VIDEO}").as_str(), 1, fault, 1);
        deliver(&env, &[VIDEO]);
        assert_eq!(only(env.chat()).file.unwrap().sha256, video.sha256());
        let whole = |upload: &fakes::feishu::UploadedFile| {
            upload.file_type == "message" || upload.bytes == VIDEO_BYTES
        };
        assert!(env.feishu().uploads().iter().all(whole));
    }
}

#[test]
fn a_name_that_is_no_ascii_is_sent_in_a_form_that_every_part_of_the_way_takes() {
    let env = TestEnv::new();
    let path = "/sd-gen-save-img/%E7%8C%AB%22%0D%0A.mp4";
    let message = show(&env, path, media::mp4(1_000, 5_000, false));
    let file = message.file.unwrap();
    let part = file.part_file_name.unwrap();
    let plain = |c: char| c.is_ascii_graphic() && !matches!(c, '"' | '\\');
    assert!(
        part.chars().all(plain) && part.ends_with(".mp4"),
        "{part:?}"
    );
    let shown = file.file_name.unwrap();
    assert!(
        shown.ends_with(".mp4") && !shown.contains(char::is_control),
        "{shown:?}"
    );
}
