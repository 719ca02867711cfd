//! A video from the media store into a chat, and a file to LibTV: bodies stream, lengths are declared.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http_body_util::BodyExt;
use hyper::body::{Body as HttpBody, Frame, Incoming};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::client::{Body, Client, full};
use super::poll::find_video;
use crate::Failed;

/// Of a multipart body.
const BOUNDARY: &str = "native-rival-boundary";
/// Of a file, at a time: as the component does.
const PIECE_BYTES: usize = 64 << 10;

/// Waits for a session's video and delivers it.
///
/// # Errors
/// When a service can't be reached or says no.
pub async fn job(
    client: &Client,
    session_id: &str,
    chat: &str,
    interval: Duration,
) -> Result<(), Failed> {
    let token = token(client).await?;
    println!("started");
    let url = loop {
        if let Some(url) = find_video(client, session_id).await? {
            break url;
        }
        tokio::time::sleep(interval).await;
    };
    let source = client.send(Request::get(&url).body(full(""))?).await?;
    let media_len = source.body().size_hint().exact().unwrap_or_default();
    let fields = [("file_type", "mp4"), ("file_name", "video.mp4")];
    let (head, tail) = multipart(&fields, "video.mp4", "video/mp4");
    let upload = Joined::new(head, Media::Answer(source.into_body()), tail);
    let request = Request::post(feishu("im/v1/files"))
        .header("authorization", &token)
        .header("content-type", content_type())
        .header("content-length", upload.rest_len(media_len))
        .body(upload.boxed())?;
    let uploaded = client.json(request).await?;
    let file_key = uploaded["data"]["file_key"].as_str().unwrap_or_default();
    let message = json!({
        "receive_id": chat,
        "msg_type": "media",
        "content": json!({ "file_key": file_key }).to_string(),
        "uuid": session_id,
    });
    let request = Request::post(feishu("im/v1/messages?receive_id_type=chat_id"))
        .header("authorization", &token)
        .header("content-type", "application/json; charset=utf-8")
        .body(full(message.to_string()))?;
    let sent: Value = client.json(request).await?;
    if sent["code"] == 0 {
        Ok(())
    } else {
        Err(Failed::new(sent.to_string()))
    }
}

/// Uploads a file to LibTV.
///
/// # Errors
/// When it can't be read, or LibTV says no.
pub async fn upload(client: &Client, path: &Path) -> Result<(), Failed> {
    let mut file = File::open(path)?;
    let len = file.metadata()?.len();
    // One piece is read while another is on its way.
    let (pieces, coming) = mpsc::channel(1);
    let reader = tokio::task::spawn_blocking(move || {
        loop {
            let mut piece = Vec::with_capacity(PIECE_BYTES);
            let read = (&mut file).take(PIECE_BYTES as u64).read_to_end(&mut piece);
            if matches!(read, Ok(0)) || pieces.blocking_send(read.map(|_| piece.into())).is_err() {
                return;
            }
        }
    });
    let (head, tail) = multipart(&[], "film.mp4", "video/mp4");
    let body = Joined::new(head, Media::File(coming), tail);
    let request = Request::post(format!("https://{}/libtv/v1/upload", fakes::GATEWAY_HOST))
        .header("x-api-key", fakes::GATEWAY_KEY)
        .header("content-type", content_type())
        .header("content-length", body.rest_len(len))
        .body(body.boxed())?;
    client.json(request).await?;
    reader.await.map_err(|error| Failed::new(error.to_string()))
}

async fn token(client: &Client) -> Result<String, Failed> {
    let app = json!({"app_id": fakes::FEISHU_APP_ID, "app_secret": fakes::FEISHU_APP_SECRET});
    let request = Request::post(feishu("auth/v3/tenant_access_token/internal"))
        .header("content-type", "application/json; charset=utf-8")
        .body(full(app.to_string()))?;
    let answer = client.json(request).await?;
    let token = answer["tenant_access_token"].as_str().unwrap_or_default();
    Ok(format!("Bearer {token}"))
}

fn feishu(path: &str) -> String {
    format!("https://{}/open-apis/{path}", fakes::FEISHU_HOST)
}

fn content_type() -> String {
    format!("multipart/form-data; boundary={BOUNDARY}")
}

/// What stands before the media and behind it.
fn multipart(fields: &[(&str, &str)], file_name: &str, kind: &str) -> (Bytes, Bytes) {
    let mut head = String::new();
    for (name, value) in fields {
        head.push_str(&format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
        ));
    }
    head.push_str(&format!(
        "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{file_name}\"\r\nContent-Type: {kind}\r\n\r\n"
    ));
    (head.into(), format!("\r\n--{BOUNDARY}--\r\n").into())
}

enum Media {
    Answer(Incoming),
    File(mpsc::Receiver<std::io::Result<Bytes>>),
}

/// Head, media, tail, one after the other.
struct Joined {
    head: Option<Bytes>,
    media: Option<Media>,
    tail: Option<Bytes>,
}

impl Joined {
    fn new(head: Bytes, media: Media, tail: Bytes) -> Self {
        Self {
            head: Some(head),
            media: Some(media),
            tail: Some(tail),
        }
    }

    fn rest_len(&self, media_len: u64) -> u64 {
        let len = |bytes: &Option<Bytes>| bytes.as_ref().map_or(0, Bytes::len) as u64;
        len(&self.head) + media_len + len(&self.tail)
    }

    fn boxed(self) -> Body {
        BodyExt::boxed(self)
    }
}

impl HttpBody for Joined {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<std::io::Result<Frame<Bytes>>>> {
        if let Some(head) = self.head.take() {
            return Poll::Ready(Some(Ok(Frame::data(head))));
        }
        let piece = match &mut self.media {
            Some(Media::Answer(body)) => std::task::ready!(Pin::new(body).poll_frame(cx))
                .map(|frame| frame.map_err(std::io::Error::other)),
            Some(Media::File(pieces)) => {
                std::task::ready!(pieces.poll_recv(cx)).map(|piece| piece.map(Frame::data))
            }
            None => None,
        };
        if piece.is_some() {
            return Poll::Ready(piece);
        }
        self.media = None;
        Poll::Ready(self.tail.take().map(|tail| Ok(Frame::data(tail))))
    }
}
