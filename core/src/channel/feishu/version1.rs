//! Deliveries as version 1 kept them, when there was one channel: the key was its `uuid`, the message its `msg_type` and its
//! content. Read only: what is written is a newer version.

use serde_json::Value;

use super::FORM;
use crate::json;
use crate::session::{Message, Shape};

/// The record in today's form; `None` where it is none of version 1.
#[must_use]
pub fn delivery(mut record: Value) -> Option<Value> {
    let members = record.as_object_mut()?;
    let key = members.remove("uuid")?;
    members.insert("key".to_owned(), key);
    let message = match members.get("message") {
        None | Some(Value::Null) => Value::Null,
        Some(message) => json::Written::to_json(&read(message)?),
    };
    members.insert("message".to_owned(), message);
    Some(record)
}

/// A message. Of a text the words are kept: what made the content of them makes the same again.
fn read(message: &Value) -> Option<Message> {
    let msg_type = message.get("msg_type")?.as_str()?;
    let content = message.get("content")?.as_str()?;
    let shapes = [Shape::Text, Shape::Image, Shape::Video, Shape::File];
    let shape = shapes.into_iter().find(|shape| shape.name() == msg_type)?;
    let body = if shape == Shape::Text {
        let content = json::parse(content.as_bytes())?;
        content.get("text")?.as_str()?.to_owned()
    } else {
        content.to_owned()
    };
    Some(Message {
        shape,
        form: FORM,
        body,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::channel::feishu::written;

    #[test]
    fn a_message_that_was_begun_goes_on_with_the_same_bytes() {
        let link = "https://libtv-res.liblib.art/a.mp4\nSent as a link: \"x\" \u{ff1c}at user_id=1>, 以链接形式发送";
        for (msg_type, content) in [
            ("text", json::text(&json!({"text": link}))),
            ("image", "{\"image_key\":\"img_1\"}".to_owned()),
            (
                "media",
                "{\"file_key\":\"f\",\"image_key\":\"i\"}".to_owned(),
            ),
            ("file", "{\"file_key\":\"f\"}".to_owned()),
        ] {
            let message = read(&json!({"msg_type": msg_type, "content": content})).unwrap();
            assert_eq!(written(&message), (msg_type, content));
        }
    }
}
