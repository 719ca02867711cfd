//! The media store.

use crate::client::{Answer, send};
use fakes::media::{ContentLength, Serving, mp4};
use fakes::{Fake, Media, World};

fn get(media: &Media, path: &str, headers: &[(&str, &str)]) -> Answer {
    send(media.http_addr(), &format!("GET {path}"), headers, b"").unwrap()
}

#[test]
fn a_file_comes_whole_and_in_ranges() {
    let world = World::builder().start().unwrap();
    let (media, file) = (world.media(), mp4(1000, 500_000, true));
    media.put("/sd-gen-save-img/a.mp4", file.clone());
    let whole = get(
        &media,
        "/sd-gen-save-img/a.mp4",
        &[("referer", "https://www.liblib.art/")],
    );
    assert!(whole.is_whole() && whole.body == file.to_bytes());
    assert_eq!(whole.header("content-type"), Some("video/mp4"));
    for (range, expected) in [
        ("bytes=70000-70009", 70_000..70_010),
        ("bytes=-10", 499_990..500_000),
    ] {
        let part = get(&media, "/sd-gen-save-img/a.mp4", &[("range", range)]);
        assert_eq!(part.status, 206);
        let last = expected.end - 1;
        assert_eq!(
            part.header("content-range"),
            Some(&*format!("bytes {}-{last}/500000", expected.start))
        );
        assert_eq!(part.body, file.to_bytes()[expected]);
    }
    assert_eq!(
        get(
            &media,
            "/sd-gen-save-img/a.mp4",
            &[("range", "bytes=500000-")]
        )
        .status,
        416
    );
    assert_eq!(
        media.requests()[0].header("referer"),
        Some("https://www.liblib.art/")
    );
    assert_eq!(
        media.requests()[1].header("range"),
        Some("bytes=70000-70009")
    );
}

#[test]
fn the_length_can_be_missing_wrong_or_not_reached() {
    let world = World::builder().start().unwrap();
    let (media, file) = (world.media(), mp4(1000, 100_000, true));
    let put = |serving| media.put_served("/claw/a.mp4", file.clone(), serving);
    put(Serving {
        content_length: ContentLength::Absent,
        ..Serving::default()
    });
    let answer = get(&media, "/claw/a.mp4", &[]);
    assert_eq!(
        (
            answer.header("content-length"),
            answer.header("transfer-encoding")
        ),
        (None, Some("chunked"))
    );
    put(Serving {
        content_length: ContentLength::Above(5),
        ..Serving::default()
    });
    let answer = get(&media, "/claw/a.mp4", &[]);
    assert_eq!(
        (answer.header("content-length"), answer.body.len()),
        (Some("100005"), 100_000)
    );
    put(Serving {
        truncated_at_bytes: Some(70_000),
        ..Serving::default()
    });
    let answer = get(&media, "/claw/a.mp4", &[]);
    assert_eq!(
        (answer.header("content-length"), answer.body.len()),
        (Some("100000"), 70_000)
    );
    put(Serving {
        ranges: false,
        ..Serving::default()
    });
    assert_eq!(
        get(&media, "/claw/a.mp4", &[("range", "bytes=0-1")]).status,
        200
    );
}

#[test]
fn a_snapshot_of_a_video_is_a_jpeg() {
    let world = World::builder().start().unwrap();
    let (media, path) = (
        world.media(),
        "/claw/a.mp4?x-oss-process=video/snapshot,t_0,f_jpg,m_fast",
    );
    let answer = get(&media, path, &[]);
    assert_eq!(
        (answer.header("content-type"), &answer.body[..3]),
        (Some("image/jpeg"), &b"\xff\xd8\xff"[..])
    );
    media.serve(Serving {
        snapshots: false,
        ..Serving::default()
    });
    assert_eq!(get(&media, path, &[]).status, 400);
}

#[test]
fn only_what_lies_under_the_two_prefixes_is_invented() {
    let world = World::builder().start().unwrap();
    let media = world.media();
    assert_eq!(
        get(&media, "/claw/x/y.png", &[]).header("content-type"),
        Some("image/png")
    );
    assert_eq!(get(&media, "/elsewhere/y.png", &[]).status, 404);
    media.remove("/claw/x/y.png");
    assert_eq!(get(&media, "/claw/x/y.png", &[]).status, 404);
    media.invent_files(false);
    assert_eq!(get(&media, "/claw/z.png", &[]).status, 404);
    media.invent_files(true);
    media.serve(Serving {
        requires_referer: true,
        ..Serving::default()
    });
    assert_eq!(get(&media, "/claw/z.png", &[]).status, 403);
    let head = send(
        media.http_addr(),
        "HEAD /claw/z.mp4",
        &[("referer", "x")],
        b"",
    )
    .unwrap();
    assert_eq!(
        (head.header("content-length"), head.body.len()),
        (Some("300000"), 0)
    );
}
