//! What a message may be: a text, or an image, a video or a file that was uploaded. Anything else of Feishu's is refused:
//! a card asks people to do something, a shared chat leads them elsewhere. In a text nobody is called by Feishu's markup:
//! words come from chats and services, and none of them may ring everybody's bell. Pure.
//!
//! A key is asked only to be well-formed. That it came of an upload of this process can't be asked: a message is stored
//! before it is sent, and after a crash another process sends what the first one uploaded. Feishu itself refuses keys of
//! other apps.

use contract::ids::is_service_id;
use contract::text::without_mentions;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    text: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Image {
    image_key: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    file_key: String,
}

/// A video, with its first frame.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Media {
    file_key: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    image_key: Option<String>,
}

/// The content of a message of this type, written anew; `None` for what isn't sent.
pub(super) fn anew(msg_type: &str, content: &str) -> Option<String> {
    match msg_type {
        "text" => {
            let Text { text } = serde_json::from_str(content).ok()?;
            let text = text.map(|text| without_mentions(&text));
            serde_json::to_string(&Text { text }).ok()
        }
        "image" => {
            let image: Image = serde_json::from_str(content).ok()?;
            is_service_id(&image.image_key).then(|| serde_json::to_string(&image).ok())?
        }
        "file" => {
            let file: File = serde_json::from_str(content).ok()?;
            is_service_id(&file.file_key).then(|| serde_json::to_string(&file).ok())?
        }
        "media" => {
            let media: Media = serde_json::from_str(content).ok()?;
            let good = is_service_id(&media.file_key)
                && media.image_key.iter().all(|key| is_service_id(key));
            good.then(|| serde_json::to_string(&media).ok())?
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(words: &str) -> String {
        let content = serde_json::json!({"text": words}).to_string();
        let anew: serde_json::Value =
            serde_json::from_str(&anew("text", &content).unwrap()).unwrap();
        anew["text"].as_str().unwrap().to_owned()
    }

    #[test]
    fn a_text_goes_out_without_mentions() {
        assert_eq!(
            text("<at user_id=\"all\"> me"),
            "\u{ff1c}at user_id=\"all\"> me"
        );
    }

    #[test]
    fn what_the_component_never_sends_is_refused() {
        for (msg_type, content) in [
            ("share_chat", r#"{"chat_id":"oc_b"}"#),
            ("share_user", r#"{"user_id":"ou_b"}"#),
            ("interactive", r#"{"elements":[]}"#),
            (
                "post",
                r#"{"zh_cn":{"content":[[{"tag":"at","user_id":"all"}]]}}"#,
            ),
            ("system", r#"{"type":"divider"}"#),
            ("sticker", r#"{"file_key":"f"}"#),
            ("audio", r#"{"file_key":"f"}"#),
            ("Text", r#"{"text":"hi"}"#),
            ("text", r#"{"text":"hi","at":"all"}"#),
            ("text", r#"{"text":"a","text":"b"}"#),
            ("text", r#"{"text":["hi"]}"#),
            ("text", "hi"),
            ("image", r#"{"image_key":"a/b"}"#),
            ("image", r#"{"image_key":""}"#),
            ("file", r#"{"file_key":"f","file_name":"x.exe"}"#),
            ("media", r#"{"image_key":"i"}"#),
        ] {
            assert_eq!(anew(msg_type, content), None, "{msg_type} {content}");
        }
    }

    #[test]
    fn what_the_component_sends_is_sent_as_it_is() {
        for (msg_type, content) in [
            ("text", r#"{"text":"hi"}"#),
            ("image", r#"{"image_key":"img_v3_02-0f"}"#),
            ("file", r#"{"file_key":"file_v3_0f"}"#),
            (
                "media",
                r#"{"file_key":"file_v3_0f","image_key":"img_v3_0f"}"#,
            ),
            ("media", r#"{"file_key":"file_v3_0f"}"#),
        ] {
            assert_eq!(anew(msg_type, content).as_deref(), Some(content));
        }
    }
}
