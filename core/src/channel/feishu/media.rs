//! A medium becomes a message of Feishu: it is uploaded, and its key is what the message shows.

use contract::ids::is_service_id;
use serde_json::Value;

use super::{FORM, Messenger};
use crate::channel::answer::Answer;
use crate::channel::calls::Calls;
use crate::channel::media::{Media, Source};
use crate::json::{self, object};
use crate::multipart::{Form, FormEnds};
use crate::session::{Message, Shape};

/// The routes of uploads, below `/open-apis/`.
const IMAGES: &str = "im/v1/images";
const FILES: &str = "im/v1/files";

/// Uploads a medium, to be shown so.
pub(super) fn prepare(
    messenger: &mut Messenger<'_>,
    calls: &Calls<'_>,
    media: &Media<'_>,
    shape: Shape,
) -> Result<Message, Answer> {
    let form = Form::new(&calls.io().nonce());
    let content = match shape {
        Shape::Image => {
            let form = form.field("image_type", "message");
            let form = form.file("image", &media.name, media.content_type);
            let key = upload(messenger, calls, IMAGES, &form, &media.source, "image_key")?;
            object! {"image_key": key}
        }
        Shape::Video => {
            let mut form = form
                .field("file_type", "mp4")
                .field("file_name", &media.name);
            if let Source::Store(stored) = media.source
                && let Some(duration_ms) = stored.duration_ms(calls.io())
            {
                form = form.field("duration", &duration_ms.to_string());
            }
            let form = form.file("file", &media.name, media.content_type);
            let key = upload(messenger, calls, FILES, &form, &media.source, "file_key")?;
            let mut content = object! {"file_key": key};
            // The cover is uploaded behind the video: where that one fails, a picture would be left over that
            // nothing shows.
            if let Some(image_key) = cover(messenger, calls, &media.source) {
                content["image_key"] = Value::String(image_key);
            }
            content
        }
        // `stream` takes any bytes; each of the other types names a format that these may not have.
        Shape::File | Shape::Text => {
            let form = form
                .field("file_type", "stream")
                .field("file_name", &media.name)
                .file("file", &media.name, media.content_type);
            let key = upload(messenger, calls, FILES, &form, &media.source, "file_key")?;
            object! {"file_key": key}
        }
    };
    Ok(Message {
        shape,
        form: FORM,
        body: json::text(&content),
    })
}

/// The first frame as the message's cover, when it can be had; its lack is no failure.
fn cover(messenger: &mut Messenger<'_>, calls: &Calls<'_>, source: &Source<'_>) -> Option<String> {
    let Source::Store(stored) = source else {
        return None;
    };
    let frame = stored.cover(calls.io())?;
    let form = Form::new(&calls.io().nonce()).field("image_type", "message");
    let form = form.file("image", "cover.jpg", "image/jpeg");
    let source = Source::Here(&frame);
    upload(messenger, calls, IMAGES, &form, &source, "image_key").ok()
}

/// The key of what was uploaded.
fn upload(
    messenger: &mut Messenger<'_>,
    calls: &Calls<'_>,
    path: &str,
    form: &FormEnds,
    source: &Source<'_>,
    key_name: &str,
) -> Result<String, Answer> {
    let data = messenger.upload(calls, path, form, source)?;
    let key = data.get(key_name).and_then(Value::as_str);
    // The key goes into every later message: one that is no id would be refused there, long after its cause.
    match key.filter(|key| is_service_id(key)) {
        Some(key) => Ok(key.to_owned()),
        None => Err(Answer::Unknown(format!(
            "the upload's answer has no valid {key_name}"
        ))),
    }
}
