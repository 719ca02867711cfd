//! The media store in the simulated world: any address has a small file of the kind its name says. A
//! huge one says that it is long, and has no more than its head.

use std::hash::{DefaultHasher, Hasher};
use std::sync::LazyLock;

use libtv_video_core::io::{Request, Response};

use super::network;
use super::services::dies_at_ms;
use fakes::media;

/// What stands for the MD5 of a medium's bytes: a signed link changes, and its file doesn't.
pub(super) fn digest(media: &str) -> String {
    let mut hash = DefaultHasher::new();
    let file = media.split('?').next();
    hash.write(file.unwrap_or_default().as_bytes());
    format!("{:032x}", hash.finish())
}

/// What a huge file says of itself.
const HUGE_LEN: usize = 45 << 20;

/// The files.
pub(super) struct Store {
    video: Vec<u8>,
    image: Vec<u8>,
    cover: Vec<u8>,
}

impl Store {
    /// The store, which is the same in every run.
    pub(super) fn shared() -> &'static Self {
        static SHARED: LazyLock<Store> = LazyLock::new(Store::new);
        &SHARED
    }

    fn new() -> Self {
        Self {
            video: media::mp4(5_000, 900, false).to_bytes(),
            image: media::png(64, 64).to_bytes(),
            cover: media::jpeg(16, 16).to_bytes(),
        }
    }

    /// Answers a read of a range, or of all.
    pub(super) fn answer(&self, request: &Request, now_ms: u64) -> Response {
        if dies_at_ms(&request.url).is_some_and(|dead_ms| dead_ms <= now_ms) {
            return network::response(403, "{\"Code\":\"AccessDenied\",\"Message\":\"expired\"}");
        }
        let bytes = if request.url.contains("?x-oss-process") {
            &self.cover
        } else if request.url.contains(".png") {
            &self.image
        } else {
            &self.video
        };
        // Said and not made: a run must not hold 45 MB for a file that is refused by its length.
        let len = if request.url.contains(".huge.mp4") {
            HUGE_LEN
        } else {
            bytes.len()
        };
        let range = request
            .headers
            .iter()
            .find(|(name, _)| *name == "range")
            .and_then(|(_, value)| value.strip_prefix("bytes=")?.split_once('-'))
            .and_then(|(from, to)| Some((from.parse::<usize>().ok()?, to.parse::<usize>().ok()?)));
        let (status, body, header) = match range {
            Some((from, to)) => (
                206,
                bytes
                    .get(from..bytes.len().min(to.saturating_add(1)))
                    .unwrap_or(&[]),
                ("content-range", format!("bytes {from}-{to}/{len}")),
            ),
            None => (200, &bytes[..], ("content-length", len.to_string())),
        };
        let mut response = network::response(status, "");
        response.body = body.to_vec();
        response.headers.push((header.0.to_owned(), header.1));
        response
    }
}
