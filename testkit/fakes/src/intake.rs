//! Reads a request's body in constant memory: files are counted and hashed, not kept.

use crate::blob::Sha256;
use crate::record::{Body, Part};
use bytes::{Bytes, BytesMut};
use http::{HeaderMap, header};
use http_body_util::BodyExt;
use hyper::body::Incoming;

/// Enough of a file to find the size of a picture behind its metadata.
const HEAD_BYTES: usize = 64 * 1024;

/// Reads to the end, whatever the body is. Text of up to the first of `most` bytes is kept: as JSON where it is some, or `as_text` as it
/// came; of what is no text the first ones, as many as the second.
pub(crate) async fn read(
    headers: &HeaderMap,
    body: Incoming,
    most: (u64, usize),
    as_text: bool,
) -> Body {
    let content_type = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or("");
    match multer::parse_boundary(content_type) {
        Ok(boundary) => read_form(body, boundary).await,
        Err(_) => read_plain(body, most, as_text).await,
    }
}

async fn read_plain(
    mut body: Incoming,
    (max_text_bytes, max_kept_bytes): (u64, usize),
    as_text: bool,
) -> Body {
    let (mut bytes, mut hash, mut kept) = (0_u64, Sha256::new(), BytesMut::new());
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else {
            return Body::Aborted;
        };
        let Some(data) = frame.data_ref() else {
            continue;
        };
        bytes += data.len() as u64;
        hash.update(data);
        if bytes <= max_text_bytes {
            kept.extend_from_slice(data);
        }
    }
    if bytes == 0 {
        return Body::None;
    }
    if kept.len() as u64 == bytes {
        if !as_text && let Ok(value) = serde_json::from_slice(&kept) {
            return Body::Json(value);
        }
        if let Ok(text) = String::from_utf8(kept.to_vec()) {
            return Body::Text(text);
        }
    }
    Body::Other {
        bytes,
        sha256: hash.finish(),
        head: kept.split_to(kept.len().min(max_kept_bytes)).freeze(),
    }
}

async fn read_form(body: Incoming, boundary: String) -> Body {
    let mut form = multer::Multipart::new(body.into_data_stream(), boundary);
    let mut parts = Vec::new();
    loop {
        match form.next_field().await {
            Ok(Some(field)) => match read_part(field).await {
                Ok(part) => parts.push(part),
                Err(error) => return broken(&error),
            },
            Ok(None) => {
                let bytes = parts.iter().map(|part: &Part| part.bytes).sum();
                return Body::Form { parts, bytes };
            }
            Err(error) => return broken(&error),
        }
    }
}

fn broken(error: &multer::Error) -> Body {
    match error {
        multer::Error::StreamReadFailed(_) => Body::Aborted,
        other => Body::Malformed(other.to_string()),
    }
}

async fn read_part(mut field: multer::Field<'static>) -> multer::Result<Part> {
    let mut part = Part {
        name: field.name().unwrap_or_default().to_owned(),
        file_name: field.file_name().map(str::to_owned),
        content_type: field.content_type().map(ToString::to_string),
        headers: field.headers().clone(),
        bytes: 0,
        sha256: String::new(),
        head: Bytes::new(),
    };
    let (mut hash, mut head) = (Sha256::new(), BytesMut::new());
    while let Some(chunk) = field.chunk().await? {
        part.bytes += chunk.len() as u64;
        hash.update(&chunk);
        let wanted = chunk.len().min(HEAD_BYTES - head.len());
        head.extend_from_slice(&chunk[..wanted]);
    }
    part.sha256 = hash.finish();
    part.head = head.freeze();
    Ok(part)
}
