//! Media on their way from the store into a chat: what is known of them, and what a channel may want to know besides. Not
//! here: what a channel makes of them.

use super::answer::{Answer, Meaning};
use super::calls::Bytes;
use super::traits::Traits;
use crate::io::{HttpError, Io, Request};
use crate::media::mp4::{DurationProbe, ProbeStep};
use crate::media::{self, HEAD_LEN, ImageFormat, MediaKind};
use crate::upstream::results::{self, ResultUrl};

/// So far the size of a photo is looked for: behind a colour profile and EXIF data in segments of 64 KiB each.
const MAX_PHOTO_HEAD_BYTES: u64 = 1024 * 1024;
/// A cover is a JPEG of one frame; a larger one isn't worth having.
const MAX_COVER_BYTES: u64 = 2 * 1024 * 1024;

/// How the reason begins where the store itself refuses a file: whoever opens its link is refused as well. What stands between may
/// refuse it too, in a page of its own, and says nothing of the link.
pub const NOT_GIVEN: &str = "the media store doesn't give it (HTTP ";

// The platforms refuse an empty file; before the upload it can still be asked for again, since it may be being
// written.
const EMPTY: &str = "the media is empty";

/// A medium for a channel.
pub struct Media<'a> {
    /// Where its bytes are.
    pub source: Source<'a>,
    /// The name to show.
    pub name: String,
    /// Its type.
    pub content_type: &'static str,
}

/// Where a medium's bytes are.
pub enum Source<'a> {
    /// Here.
    Here(&'a [u8]),
    /// In the media store.
    Store(&'a Stored<'a>),
}

impl Source<'_> {
    /// How many bytes they are.
    #[must_use]
    pub const fn len_bytes(&self) -> u64 {
        match self {
            Self::Here(bytes) => bytes.len() as u64,
            Self::Store(stored) => stored.len,
        }
    }

    /// For the body of a request.
    #[must_use]
    pub fn bytes(&self) -> Bytes<'_> {
        match self {
            Self::Here(bytes) => Bytes::Here(bytes),
            Self::Store(stored) => Bytes::Fetched(stored.fetch(), stored.len),
        }
    }
}

/// A medium in the media store, as far as it was looked at.
pub struct Stored<'a> {
    url: &'a ResultUrl,
    head: Vec<u8>,
    /// Its length in bytes.
    pub len: u64,
    ranges: bool,
}

/// Why a medium can't be looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unseen {
    /// It is larger than the chat takes.
    TooLarge,
    /// A call didn't succeed.
    Failed(Answer),
}

/// A request to the media store; a range, or all of it.
fn fetch(url: &str, range: Option<(u64, u64)>, max_response_bytes: u64) -> Request {
    let mut request = results::ask(url, max_response_bytes);
    if let Some((from, len)) = range {
        request.headers.push((
            "range",
            // The end of a range is the last byte, not the one behind it.
            format!("bytes={from}-{}", from + len.saturating_sub(1)),
        ));
    }
    request
}

/// The request for all of a result that was looked at before.
#[must_use]
pub fn whole(url: &ResultUrl, len: u64) -> Request {
    // The length is the limit too: a store that now sends more is noticed and not passed on.
    fetch(url.as_str(), None, len)
}

impl<'a> Stored<'a> {
    /// Looks at a result: how long it is, how it begins.
    ///
    /// # Errors
    /// [`Unseen`].
    pub fn look(io: &Io, url: &'a ResultUrl, traits: &Traits) -> Result<Self, Unseen> {
        let mut seen = look(io, url, traits.max_bytes())?;
        look_further(io, &mut seen, traits);
        Ok(seen)
    }

    /// What it is, by its first bytes.
    #[must_use]
    pub fn kind(&self) -> MediaKind {
        media::sniff(&self.head)
    }

    /// Its width and height in pixels, of a picture.
    #[must_use]
    pub fn sides(&self) -> Option<(u32, u32)> {
        media::image::dimensions(&self.head)
    }

    /// For a channel.
    #[must_use]
    pub fn media(&self) -> Media<'_> {
        let kind = self.kind();
        Media {
            source: Source::Store(self),
            name: file_name(self.url, kind),
            // By the bytes first: stores name objects as they like, and a platform looks at the content as
            // well.
            content_type: media::content_type(kind, self.url.extension()),
        }
    }

    /// The request for all of it.
    #[must_use]
    pub fn fetch(&self) -> Request {
        whole(self.url, self.len)
    }

    /// A video's length in milliseconds, in a few small reads; without it the player shows none.
    pub fn duration_ms(&self, io: &Io) -> Option<u64> {
        self.probe(io, &mut DurationProbe::new(self.len))
    }

    /// The same, and the size of its picture in pixels: width and height.
    pub fn film(&self, io: &Io) -> (Option<u64>, Option<(u32, u32)>) {
        let mut probe = DurationProbe::new(self.len).with_sides();
        let duration_ms = self.probe(io, &mut probe);
        (duration_ms, probe.sides())
    }

    fn probe(&self, io: &Io, probe: &mut DurationProbe) -> Option<u64> {
        let mut step = probe.feed(0, &self.head);
        loop {
            match step {
                ProbeStep::Done(duration_ms) => return duration_ms,
                ProbeStep::Need { offset, len } => {
                    let known = usize::try_from(offset)
                        .ok()
                        .and_then(|from| self.head.get(from..))
                        .filter(|rest| !rest.is_empty());
                    if let Some(rest) = known.filter(|rest| rest.len() as u64 >= len) {
                        step = probe.feed(offset, rest);
                        continue;
                    }
                    // A store without ranges would send the whole film for each of the probe's reads.
                    if !self.ranges {
                        return None;
                    }
                    let response = io
                        .http(fetch(self.url.as_str(), Some((offset, len)), len))
                        .ok()?;
                    // With 200 the bytes are the file's first ones and not those asked for.
                    if response.status != 206 {
                        return None;
                    }
                    step = probe.feed(offset, &response.body);
                }
            }
        }
    }

    /// A video's first frame as a picture, where it can be had.
    pub fn cover(&self, io: &Io) -> Option<Vec<u8>> {
        let url = self.url.first_frame()?;
        // No error is told: the film is what was asked for, and it is shown without a cover too.
        let frame = io.http(fetch(&url, None, MAX_COVER_BYTES)).ok()?;
        let usable = frame.status == 200
            && !frame.truncated
            && matches!(media::sniff(&frame.body), MediaKind::Image(_));
        usable.then_some(frame.body)
    }
}

/// A film's first frame as a JPEG of at most so many pixels a side and bytes, of one with this width and height; none where
/// its store doesn't make such.
pub fn thumbnail(
    io: &Io,
    film: &ResultUrl,
    (width, height): (u32, u32),
    max_side: u32,
    max_bytes: u64,
) -> Option<Vec<u8>> {
    let mut url = film.first_frame()?;
    // The longer side; the store makes the other one fit.
    url.push_str(if width < height { ",h_" } else { ",w_" });
    url.push_str(&max_side.to_string());
    let frame = io.http(fetch(&url, None, max_bytes)).ok()?;
    let is_jpeg = media::sniff(&frame.body) == MediaKind::Image(ImageFormat::Jpeg);
    let is_whole = frame.status == 200 && !frame.truncated;
    (is_whole && is_jpeg).then_some(frame.body)
}

/// Reads the media's beginning and learns its length.
fn look<'a>(io: &Io, url: &'a ResultUrl, max_bytes: u64) -> Result<Stored<'a>, Unseen> {
    let head_len = HEAD_LEN as u64;
    let refused = |meaning, reason| Unseen::Failed(Answer::Refused(meaning, reason));
    let no_media = |reason: String| refused(Meaning::MediaUnread, reason);
    if url.is_elsewhere() {
        let reason = "it lies where this program may not fetch it".to_owned();
        return Err(refused(Meaning::ForGood, reason));
    }
    let response = io
        .http(fetch(url.as_str(), Some((0, head_len)), head_len))
        .map_err(|error| {
            let reason = format!("the media could not be read: {}", error.reason());
            match error {
                // The same rules refuse it again: half an hour of attempts would only keep the link back.
                HttpError::Denied(_) => refused(Meaning::ForGood, reason),
                _ => no_media(reason),
            }
        })?;
    // One request tells length, kind and whether ranges are served; a `HEAD` wouldn't tell the kind.
    let ranges = response.status == 206;
    let declared = if ranges {
        response
            .header("content-range")
            // `bytes 0-65535/*` has no length: it is measured then.
            .and_then(|range| range.rsplit('/').next()?.parse().ok())
    } else if response.status == 200 {
        response
            .header("content-length")
            .and_then(|len| len.parse().ok())
    // An object store says 403 for what isn't there, where nobody may list its folder. It may appear in a
    // moment: a few attempts follow.
    } else if matches!(response.status, 403 | 404 | 410) {
        if media::is_page(&response.body) {
            let reason = format!(
                "a page came instead of the media (HTTP {})",
                response.status
            );
            return Err(refused(Meaning::MediaGone, reason));
        }
        return Err(refused(
            Meaning::MediaGone,
            format!("{NOT_GIVEN}{})", response.status),
        ));
    } else {
        return Err(no_media(format!(
            "the media could not be read (HTTP {})",
            response.status
        )));
    };
    if response.body.is_empty() {
        return Err(no_media(EMPTY.to_owned()));
    }
    let content_type = response.header("content-type");
    if let Some(found) = media::instead_of_media(url.extension(), content_type, &response.body) {
        return Err(refused(
            Meaning::MediaGone,
            format!("the media store doesn't give it, but something else ({found})"),
        ));
    }
    let len = match declared {
        Some(len) => len,
        // The upload needs a `Content-Length`, so the file is read once to count it.
        None => match io.measure(fetch(url.as_str(), None, max_bytes)) {
            Ok(Some(len)) => len,
            Ok(None) => return Err(Unseen::TooLarge),
            Err(error) => {
                return Err(no_media(format!(
                    "the media could not be read: {}",
                    error.reason()
                )));
            }
        },
    };
    if len == 0 {
        return Err(no_media(EMPTY.to_owned()));
    }
    Ok(Stored {
        url,
        head: response.body,
        len,
        ranges,
    })
}

/// Reads more of a photo whose size isn't among its first bytes. Without it the platform would refuse it for its size after
/// the upload, or not take it at all.
fn look_further(io: &Io, seen: &mut Stored<'_>, traits: &Traits) {
    let kind = seen.kind();
    let goes_on = seen.len > seen.head.len() as u64 && seen.len <= traits.max_image_bytes(kind);
    if kind != MediaKind::Image(ImageFormat::Jpeg) || !goes_on || seen.sides().is_some() {
        return;
    }
    let len = seen.len.min(MAX_PHOTO_HEAD_BYTES);
    let Ok(response) = io.http(fetch(seen.url.as_str(), Some((0, len)), len)) else {
        return;
    };
    // The file may have been replaced in between: size and kind must be of the same bytes.
    if matches!(response.status, 200 | 206) && response.body.starts_with(&seen.head) {
        seen.head = response.body;
    }
}

/// The name shown in the chat: the file's own, with an ending that fits.
fn file_name(url: &ResultUrl, kind: MediaKind) -> String {
    let name = shown_name(&url.file_name());
    let has_ending = name.rsplit_once('.').is_some_and(|(stem, ending)| {
        !stem.is_empty() && (1..=5).contains(&ending.len()) && ending.is_ascii()
    });
    let ending = match kind {
        // The file's own ending stays, also where it is a wrong one: people find the file by the name they
        // know.
        _ if has_ending => "",
        MediaKind::Mp4 => ".mp4",
        MediaKind::Image(ImageFormat::Png) => ".png",
        MediaKind::Image(ImageFormat::Jpeg) => ".jpg",
        MediaKind::Image(_) | MediaKind::OtherVideo | MediaKind::Unknown => "",
    };
    format!("{name}{ending}")
}

/// A name that is shown, and nothing else: no controls, no marks that turn writing round, no separators and no quotes. Of
/// a long one the end stays, where its ending is.
fn shown_name(name: &str) -> String {
    const MAX_CHARS: usize = 100;
    let shown: Vec<char> = name
        .chars()
        .filter(|c| {
            !matches!(c, '\u{200e}' | '\u{200f}' | '\u{61c}' | '\u{feff}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        })
        .map(|c| {
            if c.is_control() || "/\\\"'<>|:*?`".contains(c) {
                '_'
            } else {
                c
            }
        })
        .collect();
    // The front is cut and not the end: without its ending the file opens in the wrong program.
    let skipped = shown.len().saturating_sub(MAX_CHARS);
    let shown: String = shown.into_iter().skip(skipped).collect();
    // A leading dot would hide the file where it is saved.
    let shown = shown.trim_start_matches('.').trim();
    if shown.is_empty() {
        "file".to_owned()
    } else {
        shown.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_result_is_called_what_people_called_it() {
        let long = format!("{}.mp4", "x".repeat(300));
        for (name, shown) in [
            ("%E7%8B%90%E7%8B%B8.mp4", "\u{72d0}\u{72f8}.mp4"),
            ("my%20cat.mp4", "my cat.mp4"),
            ("a%22%0D%0Ab%2Fc%5Cd.mp4", "a___b_c_d.mp4"),
            ("%E2%80%AEgpj.mp4", "gpj.mp4"),
            ("%BA%FC.mp4", "\u{fffd}\u{fffd}.mp4"),
            ("%2525.mp4", "%25.mp4"),
            ("..%2E.mp4", "mp4.mp4"),
            ("film", "film.mp4"),
            (&long, &format!("{}.mp4", "x".repeat(96))),
        ] {
            let url = ResultUrl::parse(&format!("https://libtv-res.liblib.art/claw/p/{name}"));
            assert_eq!(file_name(&url.unwrap(), MediaKind::Mp4), shown);
        }
    }
}
