//! Content types: of a file that is sent on, and of one that a user wants to upload.

use super::sniff::identify;
use super::{MediaKind, UploadType};

/// What nothing more is known about.
const BYTES: &str = "application/octet-stream";

/// The content type of a file of this kind. The extension (without dot, case ignored) only tells apart
/// what the kind leaves open: which other video, or which unknown file.
#[must_use]
pub fn content_type(kind: MediaKind, extension: Option<&str>) -> &'static str {
    let named = extension.and_then(by_extension);
    match kind {
        MediaKind::Mp4 => "video/mp4",
        MediaKind::Image(format) => format.mime(),
        MediaKind::OtherVideo => named
            .filter(|mime| mime.starts_with("video/"))
            .unwrap_or(BYTES),
        MediaKind::Unknown => named.unwrap_or(BYTES),
    }
}

/// Whether the `upload` command takes a file, by its name and its first bytes ([`super::HEAD_LEN`] of them).
///
/// The content decides where it says something:
/// - a video or picture is taken whatever it is called: files from chats and cameras often have no
///   extension or a wrong one, and services look at the content too;
/// - text, sound, documents, archives, programs and empty files are refused even when they are called
///   `.mp4`: a service would take the money and fail on them minutes later, and a file that isn't what
///   its name says may be one that the user never meant to give away. An SVG is text: no service has a use for it.
///
/// Bytes that say nothing (a rare container, a codec without magic) are taken when the name says
/// video or picture, else refused.
///
/// # Errors
/// The MIME type that was found, such as `text/plain`, for `❌ Unsupported file type: …`.
pub fn upload_type(name: &str, head: &[u8]) -> Result<UploadType, String> {
    let (kind, found) = identify(head);
    let named = name
        .rsplit_once('.')
        .and_then(|(_, extension)| by_extension(extension));
    let content_type = match kind {
        // The bytes say what it is, and that is neither a film nor a picture, whatever the name says.
        MediaKind::Unknown if found != BYTES => None,
        _ if found == BYTES => named.or((kind == MediaKind::OtherVideo).then_some(BYTES)),
        _ => Some(found),
    };
    content_type
        .map(|content_type| UploadType { content_type })
        .ok_or_else(|| found.to_owned())
}

/// The content type that an extension of a video or picture stands for.
fn by_extension(extension: &str) -> Option<&'static str> {
    const TYPES: [(&str, &str); 31] = [
        ("mp4", "video/mp4"),
        ("m4v", "video/mp4"),
        ("mov", "video/quicktime"),
        ("qt", "video/quicktime"),
        ("webm", "video/webm"),
        ("mkv", "video/x-matroska"),
        ("avi", "video/x-msvideo"),
        ("flv", "video/x-flv"),
        ("f4v", "video/x-f4v"),
        ("ts", "video/mp2t"),
        ("mts", "video/mp2t"),
        ("m2ts", "video/mp2t"),
        ("mpg", "video/mpeg"),
        ("mpeg", "video/mpeg"),
        ("wmv", "video/x-ms-wmv"),
        ("3gp", "video/3gpp"),
        ("3g2", "video/3gpp2"),
        ("ogv", "video/ogg"),
        ("mxf", "application/mxf"),
        ("jpg", "image/jpeg"),
        ("jpeg", "image/jpeg"),
        ("png", "image/png"),
        ("webp", "image/webp"),
        ("gif", "image/gif"),
        ("bmp", "image/bmp"),
        ("ico", "image/vnd.microsoft.icon"),
        ("tif", "image/tiff"),
        ("tiff", "image/tiff"),
        ("heic", "image/heic"),
        ("heif", "image/heif"),
        ("avif", "image/avif"),
    ];
    TYPES
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(extension))
        .map(|(_, mime)| *mime)
}

/// What the bytes behind a link are, where the link is to be a film or picture and they certainly are neither: the page of
/// a captive portal or an edge, the store's own error, a document. `extension` is the link's and `declared` the response's
/// content type, which only counts where the bytes say nothing. A link whose extension is another kind of file's may lead
/// to what it says; one without an extension to anything but text, which no service makes and everything on the way does.
#[must_use]
pub fn instead_of_media(
    extension: Option<&str>,
    declared: Option<&str>,
    head: &[u8],
) -> Option<&'static str> {
    let is_media_name = match extension {
        None => false,
        Some(extension) => {
            by_extension(extension)?;
            true
        }
    };
    match identify(head) {
        (MediaKind::Unknown, BYTES) => declared.and_then(text_type),
        (MediaKind::Unknown, found) if found.starts_with("audio/") => None,
        (MediaKind::Unknown, found) => {
            let is_text = found.starts_with("text/") || found == "image/svg+xml";
            (is_media_name || is_text).then_some(found)
        }
        (MediaKind::Mp4 | MediaKind::OtherVideo | MediaKind::Image(_), _) => None,
    }
}

/// Whether these bytes begin a page for browsers: object stores answer in XML or JSON, and an edge, a proxy or a portal in a page.
#[must_use]
pub fn is_page(head: &[u8]) -> bool {
    identify(head).1 == "text/html"
}

/// The content type in a header, when it is that of a text.
fn text_type(declared: &str) -> Option<&'static str> {
    const TEXTS: [&str; 6] = [
        "text/html",
        "application/xhtml+xml",
        "application/json",
        "application/xml",
        "text/xml",
        "text/plain",
    ];
    let declared = declared.trim_start();
    TEXTS.into_iter().find(|text| {
        let start = declared.get(..text.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(text))
    })
}

#[cfg(test)]
mod tests {
    use super::{content_type, instead_of_media, upload_type};
    use crate::media::{ImageFormat, MediaKind};
    use proptest::prelude::*;

    const MP4: &[u8] = b"\0\0\0\x18ftypmp42\0\0\0\0isommp42";
    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";

    fn taken(name: &str, head: &[u8]) -> Result<&'static str, String> {
        upload_type(name, head).map(|found| found.content_type)
    }

    #[test]
    fn media_is_taken_by_its_content_whatever_it_is_called() {
        for name in ["a.mp4", "a.txt", "a", "", "a.png", "视频.MOV"] {
            assert_eq!(taken(name, MP4), Ok("video/mp4"), "{name}");
            assert_eq!(taken(name, PNG), Ok("image/png"), "{name}");
        }
    }

    #[test]
    fn what_is_no_media_is_refused_whatever_it_is_called() {
        for (head, mime) in [
            (&b"hello, world\n"[..], "text/plain"),
            ("密钥".as_bytes(), "text/plain"),
            (b"", "inode/x-empty"),
            (b"%PDF-1.7\n", "application/pdf"),
            (b"PK\x03\x04\0\0", "application/zip"),
            (
                b"<svg xmlns='http://www.w3.org/2000/svg'/>",
                "image/svg+xml",
            ),
            (b"ID3\x04\0\0", "audio/mpeg"),
            (b"\0\0\0\x18ftypM4A \0\0\0\0", "audio/mp4"),
        ] {
            assert_eq!(taken("a.mp4", head), Err(mime.to_owned()));
        }
    }

    #[test]
    fn bytes_that_say_nothing_are_taken_by_name() {
        assert_eq!(taken("a.MXF", &[0, 1, 2, 3]), Ok("application/mxf"));
        assert_eq!(taken("a.mp4", &[0; 1000]), Ok("video/mp4"));
        assert_eq!(
            taken("a.bin", &[0; 1000]),
            Err("application/octet-stream".to_owned())
        );
        assert_eq!(
            taken("mp4", &[0; 1000]),
            Err("application/octet-stream".to_owned())
        );
        assert_eq!(
            taken("a", b"\0\0\0\x10ftypwhat\0\0\0\0"),
            Ok("application/octet-stream")
        );
    }

    #[test]
    fn text_of_any_kind_and_documents_stand_for_no_film() {
        let utf16: Vec<u8> = "<html>".encode_utf16().flat_map(u16::to_le_bytes).collect();
        for (head, what) in [
            (&b"<!DOCTYPE html><title>x</title>\x01"[..], "text/html"),
            (b"\xef\xbb\xbf\n <HTML>", "text/html"),
            (b"<?xml version='1.0'?><Error/>", "text/xml"),
            (b"{\"code\": 403}", "text/plain"),
            (b"not found", "text/plain"),
            ("\u{767b}\u{5f55}".as_bytes(), "text/plain"),
            (b"\xb5\xc7\xc2\xbc", "text/plain"),
            (&utf16, "text/html"),
            (b"%PDF-1.7", "application/pdf"),
            (b"\x1f\x8b\x08", "application/gzip"),
        ] {
            for extension in ["mp4", "PNG"] {
                assert_eq!(instead_of_media(Some(extension), None, head), Some(what));
            }
        }
        let packed = &[3, 0, 9, 1];
        for declared in ["text/html; charset=gbk", "Application/JSON", "text/plain"] {
            assert!(instead_of_media(Some("mp4"), Some(declared), packed).is_some());
        }
    }

    #[test]
    fn media_and_what_may_be_media_stand_for_themselves() {
        for declared in [None, Some("text/html"), Some("application/octet-stream")] {
            assert_eq!(instead_of_media(Some("mp4"), declared, MP4), None);
            assert_eq!(instead_of_media(Some("mp4"), declared, PNG), None);
            assert_eq!(instead_of_media(None, declared, PNG), None);
        }
        let unheard_of = &[3, 0, 9, 1];
        assert_eq!(
            instead_of_media(Some("mp4"), Some("video/mp4"), unheard_of),
            None
        );
        assert_eq!(instead_of_media(Some("mp4"), None, b"ID3\x04\0\0"), None);
        assert_eq!(instead_of_media(Some("srt"), None, b"1\n00:00:01"), None);
        assert_eq!(instead_of_media(None, None, b"%PDF-1.7"), None);
        assert!(instead_of_media(None, None, b"<html>").is_some());
    }

    #[test]
    fn an_extension_only_tells_apart_what_the_kind_leaves_open() {
        assert_eq!(content_type(MediaKind::Mp4, Some("mov")), "video/mp4");
        assert_eq!(
            content_type(MediaKind::OtherVideo, Some("MOV")),
            "video/quicktime"
        );
        assert_eq!(
            content_type(MediaKind::OtherVideo, Some("png")),
            "application/octet-stream"
        );
        assert_eq!(
            content_type(MediaKind::Image(ImageFormat::Webp), None),
            "image/webp"
        );
        assert_eq!(content_type(MediaKind::Unknown, Some("jpeg")), "image/jpeg");
        assert_eq!(
            content_type(MediaKind::Unknown, Some("exe")),
            "application/octet-stream"
        );
    }

    proptest! {
        #[test]
        fn any_file_is_judged_without_panic(name in r"\PC{0,20}", head in proptest::collection::vec(any::<u8>(), 0..600)) {
            let _ = upload_type(&name, &head);
        }
    }
}
