//! The media fake itself: which file stands where, and how honestly it is served.

use super::signed::{self, Issued};
use super::{MediaFile, gif, jpeg, mp4, png, webp};
use crate::blob::Blob;
use crate::record::Recorded;
use crate::reply::{Length, Reply};
use crate::serve::pause;
use crate::service::{Fake, Handler, Service, lock};
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Length of the video that stands where nothing was put: small, yet more than one chunk.
const DEFAULT_VIDEO_BYTES: u64 = 300_000;
const DEFAULT_VIDEO_MS: u32 = 5_000;
/// Only what begins so is a result or an upload of LibTV; everything else there is 404.
const LIBTV_PREFIXES: &[&str] = &["/sd-gen-save-img/", "/claw/"];

/// How files are served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Serving {
    /// Whether `Range` is honoured; otherwise the whole file comes with 200.
    pub ranges: bool,
    /// What the headers say about the length.
    pub content_length: ContentLength,
    /// The connection ends in an orderly way after so many bytes of the body.
    pub truncated_at_bytes: Option<u64>,
    /// Whether `x-oss-process=video/snapshot…` gives a JPEG; otherwise 400.
    pub snapshots: bool,
    /// Whether a request without `Referer` is refused with 403.
    pub requires_referer: bool,
}

impl Default for Serving {
    fn default() -> Self {
        Self {
            ranges: true,
            content_length: ContentLength::Right,
            truncated_at_bytes: None,
            snapshots: true,
            requires_referer: false,
        }
    }
}

/// What the headers of a file say about its length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContentLength {
    /// The truth.
    Right,
    /// Nothing: the body is chunked.
    Absent,
    /// So many bytes more than come.
    Above(u64),
}

#[derive(Debug)]
struct State {
    files: HashMap<String, (MediaFile, Option<Serving>)>,
    removed: HashSet<String>,
    serving: Serving,
    invents: bool,
    /// What begins so can be invented.
    prefixes: &'static [&'static str],
    /// The links of a private bucket; none where the store is open.
    issued: Option<Issued>,
}

#[derive(Debug)]
pub(crate) struct Inner {
    service: Service,
    state: Mutex<State>,
}

/// The media store's handle.
#[derive(Clone, Debug)]
pub struct Media(Arc<Inner>);

impl Fake for Media {
    fn service(&self) -> &Service {
        &self.0.service
    }
}

impl Media {
    /// LibTV's store.
    pub(crate) fn new(service: Service) -> Self {
        Self::with(service, LIBTV_PREFIXES, None)
    }

    /// A store that is open to everybody and has something at any path.
    pub(crate) fn open(service: Service) -> Self {
        Self::with(service, &["/"], None)
    }

    /// A private bucket: only links that [`Media::sign`] made open it, each for its time.
    pub(crate) fn signed(service: Service, region: &'static str) -> Self {
        Self::with(service, &["/"], Some(Issued::new(region)))
    }

    fn with(service: Service, prefixes: &'static [&'static str], issued: Option<Issued>) -> Self {
        let state = State {
            files: HashMap::new(),
            removed: HashSet::new(),
            serving: Serving::default(),
            invents: true,
            prefixes,
            issued,
        };
        Self(Arc::new(Inner {
            service,
            state: Mutex::new(state),
        }))
    }

    pub(crate) fn handler(&self) -> Arc<Inner> {
        self.0.clone()
    }

    /// Puts a file at a path (`/sd-gen-save-img/…` or `/claw/…`).
    pub fn put(&self, path: &str, file: MediaFile) {
        lock(&self.0.state)
            .files
            .insert(path.to_owned(), (file, None));
    }

    /// Puts a file that is served in its own way.
    pub fn put_served(&self, path: &str, file: MediaFile, serving: Serving) {
        lock(&self.0.state)
            .files
            .insert(path.to_owned(), (file, Some(serving)));
    }

    /// From now on this path is 404.
    pub fn remove(&self, path: &str) {
        let mut state = lock(&self.0.state);
        state.files.remove(path);
        state.removed.insert(path.to_owned());
    }

    /// How files are served that have no way of their own.
    pub fn serve(&self, serving: Serving) {
        lock(&self.0.state).serving = serving;
    }

    /// Whether a path where nothing was put answers with a small file of its extension's kind
    /// (default) or with 404.
    pub fn invent_files(&self, invents: bool) {
        lock(&self.0.state).invents = invents;
    }

    /// A link that opens a path of a private bucket for so long, from `now_s` (Unix) on. Of an open store: the link alone.
    pub(crate) fn sign(&self, host: &str, path: &str, now_s: u64, valid_s: u64) -> String {
        let mut state = lock(&self.0.state);
        match &mut state.issued {
            None => format!("https://{host}{path}"),
            Some(issued) => format!("https://{host}{path}?{}", issued.sign(path, now_s, valid_s)),
        }
    }

    /// What a path answers with, if it does.
    pub fn file(&self, path: &str) -> Option<MediaFile> {
        self.0.find(path).map(|(file, _)| file)
    }
}

impl Inner {
    fn find(&self, path: &str) -> Option<(MediaFile, Serving)> {
        let state = lock(&self.state);
        if let Some((file, serving)) = state.files.get(path) {
            return Some((
                file.clone(),
                serving.clone().unwrap_or_else(|| state.serving.clone()),
            ));
        }
        let invents = state.invents
            && !state.removed.contains(path)
            && state
                .prefixes
                .iter()
                .any(|prefix| path.len() > prefix.len() && path.starts_with(prefix));
        invents.then(|| (invented(path), state.serving.clone()))
    }

    fn respond(&self, request: &Recorded) -> Reply {
        if request.method != "GET" && request.method != "HEAD" {
            return refusal(405, "MethodNotAllowed");
        }
        let now_s = self.service.unix_now().as_secs();
        if let Some(issued) = &lock(&self.state).issued
            && let Some(refused) = issued.refusal(request, now_s)
        {
            return refused;
        }
        let Some((file, serving)) = self.find(&request.path) else {
            return match lock(&self.state).issued {
                None => refusal(404, "NoSuchKey"),
                Some(_) => signed::refusal(404, "NoSuchKey", "The specified key does not exist."),
            };
        };
        if serving.requires_referer && request.header("referer").is_none() {
            return refusal(403, "AccessDenied");
        }
        let file = match request.query_value("x-oss-process") {
            Some(process) if process.starts_with("video/snapshot") => {
                if !serving.snapshots || file.content_type() != "video/mp4" {
                    return refusal(400, "InvalidArgument");
                }
                // `w_320`: so wide, and as high as that makes it; `h_320` the other way round.
                let side = |name: &str| {
                    let mut words = process.split(',');
                    words.find_map(|word| word.strip_prefix(name)?.parse::<u16>().ok())
                };
                match (side("w_"), side("h_")) {
                    (Some(width), _) => jpeg(width, width / 16 * 9),
                    (None, Some(height)) => jpeg(height / 16 * 9, height),
                    (None, None) => jpeg(1280, 720),
                }
                .padded_to(20_000)
            }
            _ => file,
        };
        serve_file(request, &file, &serving)
    }
}

impl Handler for Inner {
    fn service(&self) -> &Service {
        &self.service
    }

    async fn answer(self: Arc<Self>, request: Recorded, latency: Duration) -> Reply {
        pause(latency).await;
        self.respond(&request)
    }
}

fn serve_file(request: &Recorded, file: &MediaFile, serving: &Serving) -> Reply {
    let reply = |status| Reply::of(status, file.content_type(), file.blob.clone());
    let range = request.header("range").filter(|_| serving.ranges);
    let reply = match range.map(|range| parse_range(range, file.len())) {
        None | Some(Range::Ignored) => reply(200),
        Some(Range::Unsatisfiable) => {
            let whole = format!("bytes */{}", file.len());
            return refusal(416, "InvalidRange").header("content-range", &whole);
        }
        Some(Range::Part(start, end)) => {
            let part = format!("bytes {start}-{}/{}", end - 1, file.len());
            reply(206).range(start, end).header("content-range", &part)
        }
    };
    let reply = if serving.ranges {
        reply.header("accept-ranges", "bytes")
    } else {
        reply
    };
    let reply = match serving.truncated_at_bytes {
        Some(bytes) if request.method == "GET" => reply.breaks_after(bytes),
        _ => reply,
    };
    reply.length(match serving.content_length {
        ContentLength::Right => Length::Right,
        ContentLength::Absent => Length::Absent,
        ContentLength::Above(more) => Length::Above(more),
    })
}

enum Range {
    Ignored,
    Unsatisfiable,
    /// First byte and the one behind the last.
    Part(u64, u64),
}

/// One range; several are ignored, as the real store does.
fn parse_range(value: &str, len: u64) -> Range {
    let Some((first, last)) = value
        .strip_prefix("bytes=")
        .and_then(|range| range.split_once('-'))
    else {
        return Range::Ignored;
    };
    let (start, end) = match (first.parse::<u64>(), last.parse::<u64>()) {
        (Ok(start), Ok(last)) if start <= last => (start, last.saturating_add(1).min(len)),
        (Ok(start), Err(_)) if last.is_empty() => (start, len),
        (Err(_), Ok(suffix)) if first.is_empty() => (len.saturating_sub(suffix), len),
        _ => return Range::Ignored,
    };
    if start < end {
        Range::Part(start, end)
    } else {
        Range::Unsatisfiable
    }
}

fn invented(path: &str) -> MediaFile {
    match path.rsplit_once('.').map(|(_, extension)| extension) {
        Some("mp4" | "mov") => mp4(DEFAULT_VIDEO_MS, DEFAULT_VIDEO_BYTES, false),
        Some("jpg" | "jpeg") => jpeg(1024, 1024),
        Some("gif") => gif(320, 240),
        Some("webp") => webp(1024, 1024),
        Some("png") => png(256, 144),
        _ => MediaFile::new("application/octet-stream", Blob::default().then_noise(1000)),
    }
}

fn refusal(status: u16, code: &str) -> Reply {
    let xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error>\n  <Code>{code}</Code>\n</Error>\n"
    );
    Reply::of(status, "application/xml", xml.into_bytes())
}
