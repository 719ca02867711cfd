//! From a result's URL to a message with it: look at the media, upload it, name it.

use contract::ids::is_service_id;
use serde_json::{Value, json};

use crate::channel::feishu::answer::Answer;
use crate::channel::feishu::{Media, Messenger};
use crate::io::{HttpError, Io, Method, Request, USER_AGENT};
use crate::json;
use crate::media::mp4::{DurationProbe, ProbeStep};
use crate::media::{self, HEAD_LEN, ImageFormat, MediaKind};
use crate::multipart::Form;
use crate::session::Content;
use crate::upstream::results::ResultUrl;

/// The platform takes files up to 30 MB.
const MAX_FILE_BYTES: u64 = 30 * 1024 * 1024;
/// The platform takes images up to 10 MB.
const MAX_IMAGE_BYTES: u64 = 10 * 1024 * 1024;
/// And of this many pixels a side.
const MAX_IMAGE_SIDE: u32 = 12_000;
/// GIFs of fewer.
const MAX_GIF_SIDE: u32 = 2_000;
/// So far the size of a photo is looked for: behind a colour profile and EXIF data in segments of 64 KiB each.
const MAX_PHOTO_HEAD_BYTES: u64 = 1024 * 1024;
/// A cover is a JPEG of one frame; a larger one isn't worth having.
const MAX_COVER_BYTES: u64 = 2 * 1024 * 1024;
/// Makes the media store answer with a video's first frame.
const COVER_QUERY: &str = "?x-oss-process=video/snapshot,t_0,f_jpg,m_fast";

const EMPTY: &str = "the media is empty";

/// Why there is no message with the media.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoMedia {
    /// The user gets the link, for this reason.
    Link(String),
    /// A call didn't succeed.
    Answer(Answer),
}

/// A request to the media store; a range, or all of it.
fn fetch(url: &str, range: Option<(u64, u64)>, max_response_bytes: u64) -> Request {
    let mut headers = vec![
        ("user-agent", USER_AGENT.to_owned()),
        // Some clients had to send it.
        ("referer", "https://www.liblib.art/".to_owned()),
    ];
    if let Some((from, len)) = range {
        headers.push((
            "range",
            format!("bytes={from}-{}", from + len.saturating_sub(1)),
        ));
    }
    Request {
        method: Method::Get,
        url: url.to_owned(),
        headers,
        credential: None,
        body: Vec::new(),
        max_response_bytes,
    }
}

/// What was seen of the media.
struct Seen {
    head: Vec<u8>,
    len: u64,
    ranges: bool,
}

/// Uploads a result and gives the message that shows it.
///
/// # Errors
/// [`NoMedia`].
pub async fn prepare(
    io: &Io,
    messenger: &mut Messenger<'_>,
    url: &ResultUrl,
) -> Result<Content, NoMedia> {
    let mut seen = look(io, url).await?;
    look_further(io, url, &mut seen).await;
    let kind = media::sniff(&seen.head);
    let megabytes = seen.len.div_ceil(1024 * 1024);
    if seen.len > MAX_FILE_BYTES {
        return Err(NoMedia::Link(super::texts::too_large(megabytes)));
    }
    let name = file_name(url, kind);
    let content_type = media::content_type(kind, url.extension());
    let media = || Media {
        source: fetch(url.as_str(), None, seen.len),
        len: seen.len,
    };
    match kind {
        MediaKind::Image(format) if fits_as_image(format, &seen) => {
            let form = Form::new(&io.nonce()).field("image_type", "message").file(
                "image",
                &name,
                content_type,
            );
            let answer = messenger
                .upload_media(io, "im/v1/images", &form, &media)
                .await;
            let key = key_of(answer, "image_key")?;
            Ok(Content {
                msg_type: "image".to_owned(),
                content: json::text(&json!({"image_key": key})),
            })
        }
        MediaKind::Mp4 => {
            let mut form = Form::new(&io.nonce())
                .field("file_type", "mp4")
                .field("file_name", &name);
            if let Some(duration_ms) = duration_ms(io, url, &seen).await {
                form = form.field("duration", &duration_ms.to_string());
            }
            let answer = messenger
                .upload_media(
                    io,
                    "im/v1/files",
                    &form.file("file", &name, content_type),
                    &media,
                )
                .await;
            let mut content = json!({"file_key": key_of(answer, "file_key")?});
            if let Some(image_key) = cover(io, messenger, url).await {
                content["image_key"] = Value::String(image_key);
            }
            Ok(Content {
                msg_type: "media".to_owned(),
                content: content.to_string(),
            })
        }
        MediaKind::Image(_) | MediaKind::OtherVideo | MediaKind::Unknown => {
            let form = Form::new(&io.nonce())
                .field("file_type", "stream")
                .field("file_name", &name)
                .file("file", &name, content_type);
            let answer = messenger
                .upload_media(io, "im/v1/files", &form, &media)
                .await;
            let key = key_of(answer, "file_key")?;
            Ok(Content {
                msg_type: "file".to_owned(),
                content: json::text(&json!({"file_key": key})),
            })
        }
    }
}

/// Reads the media's beginning and learns its length.
async fn look(io: &Io, url: &ResultUrl) -> Result<Seen, NoMedia> {
    let head_len = HEAD_LEN as u64;
    let no_media = |reason: String| NoMedia::Answer(Answer::NoMedia(reason));
    let response = io
        .http(fetch(url.as_str(), Some((0, head_len)), head_len))
        .await
        .map_err(|error| {
            let reason = format!("the media could not be read: {}", error.reason());
            match error {
                // The same rules refuse it again: half an hour of attempts would only keep the link back.
                HttpError::Denied(_) => NoMedia::Link(reason),
                _ => no_media(reason),
            }
        })?;
    let ranges = response.status == 206;
    let declared = if ranges {
        response
            .header("content-range")
            .and_then(|range| range.rsplit('/').next()?.parse().ok())
    } else if response.status == 200 {
        response
            .header("content-length")
            .and_then(|len| len.parse().ok())
    } else if matches!(response.status, 403 | 404 | 410) {
        return Err(NoMedia::Answer(Answer::Gone(format!(
            "the media store doesn't give it (HTTP {})",
            response.status
        ))));
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
        return Err(NoMedia::Answer(Answer::Gone(format!(
            "the media store doesn't give it, but something else ({found})"
        ))));
    }
    let len = match declared {
        Some(len) => len,
        None => match io.measure(fetch(url.as_str(), None, MAX_FILE_BYTES)).await {
            Ok(Some(len)) => len,
            Ok(None) => return Err(NoMedia::Link(super::texts::TOO_LARGE.to_owned())),
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
    Ok(Seen {
        head: response.body,
        len,
        ranges,
    })
}

/// Reads more of a photo whose size isn't among its first bytes. Without it the platform would refuse it for its size after
/// the upload, or not take it at all.
async fn look_further(io: &Io, url: &ResultUrl, seen: &mut Seen) {
    let is_photo = media::sniff(&seen.head) == MediaKind::Image(ImageFormat::Jpeg);
    let goes_on = seen.len > seen.head.len() as u64 && seen.len <= MAX_IMAGE_BYTES;
    if !is_photo || !goes_on || media::image::dimensions(&seen.head).is_some() {
        return;
    }
    let len = seen.len.min(MAX_PHOTO_HEAD_BYTES);
    let Ok(response) = io.http(fetch(url.as_str(), Some((0, len)), len)).await else {
        return;
    };
    if matches!(response.status, 200 | 206) && response.body.starts_with(&seen.head) {
        seen.head = response.body;
    }
}

fn fits_as_image(format: ImageFormat, seen: &Seen) -> bool {
    let max_side = match format {
        ImageFormat::Gif => MAX_GIF_SIDE,
        // The platform's list doesn't have it.
        ImageFormat::Avif => return false,
        _ => MAX_IMAGE_SIDE,
    };
    let fits = media::image::dimensions(&seen.head)
        .is_none_or(|(width, height)| width <= max_side && height <= max_side);
    fits && seen.len <= MAX_IMAGE_BYTES
}

/// The video's length, in a few small reads; without it the player shows none.
async fn duration_ms(io: &Io, url: &ResultUrl, seen: &Seen) -> Option<u64> {
    let mut probe = DurationProbe::new(seen.len);
    let mut step = probe.feed(0, &seen.head);
    loop {
        match step {
            ProbeStep::Done(duration_ms) => return duration_ms,
            ProbeStep::Need { offset, len } => {
                let known = usize::try_from(offset)
                    .ok()
                    .and_then(|from| seen.head.get(from..))
                    .filter(|rest| !rest.is_empty());
                if let Some(rest) = known.filter(|rest| rest.len() as u64 >= len) {
                    step = probe.feed(offset, rest);
                    continue;
                }
                if !seen.ranges {
                    return None;
                }
                let response = io
                    .http(fetch(url.as_str(), Some((offset, len)), len))
                    .await
                    .ok()?;
                if response.status != 206 {
                    return None;
                }
                step = probe.feed(offset, &response.body);
            }
        }
    }
}

/// The first frame as the message's cover, when it can be had; its lack is no failure.
async fn cover(io: &Io, messenger: &mut Messenger<'_>, url: &ResultUrl) -> Option<String> {
    if url.as_str().contains('?') {
        return None;
    }
    let frame = io
        .http(fetch(
            &format!("{}{COVER_QUERY}", url.as_str()),
            None,
            MAX_COVER_BYTES,
        ))
        .await
        .ok()?;
    let usable = frame.status == 200
        && !frame.truncated
        && matches!(media::sniff(&frame.body), MediaKind::Image(_));
    if !usable {
        return None;
    }
    let form = Form::new(&io.nonce()).field("image_type", "message").file(
        "image",
        "cover.jpg",
        "image/jpeg",
    );
    let answer = messenger
        .upload_bytes(io, "im/v1/images", &form, &frame.body)
        .await;
    key_of(answer, "image_key").ok()
}

fn key_of(answer: Answer, name: &str) -> Result<String, NoMedia> {
    match answer {
        Answer::Done(data) => match data
            .get(name)
            .and_then(Value::as_str)
            .filter(|key| is_service_id(key))
        {
            Some(key) => Ok(key.to_owned()),
            None => Err(NoMedia::Answer(Answer::Unclear(format!(
                "the upload's answer has no valid {name}"
            )))),
        },
        other => Err(NoMedia::Answer(other)),
    }
}

/// The name shown in the chat: the file's own, with an ending that fits.
fn file_name(url: &ResultUrl, kind: MediaKind) -> String {
    let name = shown_name(&url.file_name());
    let has_ending = name.rsplit_once('.').is_some_and(|(stem, ending)| {
        !stem.is_empty() && (1..=5).contains(&ending.len()) && ending.is_ascii()
    });
    let ending = match kind {
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
    let skipped = shown.len().saturating_sub(MAX_CHARS);
    let shown: String = shown.into_iter().skip(skipped).collect();
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
