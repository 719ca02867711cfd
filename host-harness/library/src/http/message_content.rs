//! What a message may be: a text, or an image, a video or a file that was uploaded. Anything else of Feishu's is refused:
//! a card asks people to do something, a shared chat leads them elsewhere. In a text nobody is called by Feishu's markup:
//! words come from chats and services, and none of them may ring everybody's bell. Pure.
//!
//! A key is asked only to be well-formed. That it came of an upload of this process can't be asked: a message is stored
//! before it is sent, and after a crash another process sends what the first one uploaded. Feishu itself refuses keys of
//! other apps.

use contract::ids::is_service_id;
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
            let text = text.map(|text| without_calls(&text));
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

/// How the beginning of a tag is written: as it is, and as entities, with which some clients read it.
const OPENS: [&str; 6] = ["<", "&lt;", "&lt", "&#60;", "&#x3c;", "&#x3C;"];

/// The text with every `<at` as people see it, and no program.
fn without_calls(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let begins = |open: &&&str| {
            rest.get(..open.len())
                .is_some_and(|begin| begin.eq_ignore_ascii_case(open))
        };
        let open = OPENS.iter().find(begins).copied();
        let end = open.map_or(c.len_utf8(), str::len);
        let (taken, after) = rest.split_at(end);
        if open.is_some() && is_call(after) {
            // The letter that looks like it.
            shown.push('\u{ff1c}');
        } else {
            shown.push_str(taken);
        }
        rest = after;
    }
    shown
}

/// Whether a tag that goes on so calls somebody: `at`, its end too, in any case, behind whatever isn't seen.
fn is_call(after: &str) -> bool {
    let mut seen = after
        .chars()
        .filter(|c| !(c.is_whitespace() || c.is_control() || is_unseen(*c)))
        .skip_while(|c| matches!(c, '/' | '<'))
        .map(|c| c.to_ascii_lowercase());
    seen.next() == Some('a') && seen.next() == Some('t')
}

fn is_unseen(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
    )
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
    fn nobody_is_called_by_a_text_however_the_call_is_written() {
        for call in [
            "<at user_id=\"all\">everyone</at>",
            "<AT user_id='all'></AT>",
            "< at id=all/>",
            "<\u{200b}at user_id=\"ou_1\">",
            "<a\u{200b}t user_id=\"all\">",
            "<\tat\nuser_id=\"all\">",
            "&lt;at user_id=\"all\"&gt;",
            "&LT;at user_id=\"all\">",
            "&#60;at user_id=\"all\">",
            "&#x3C;at user_id=\"all\">",
            "<<at user_id=\"all\">",
            "</at>",
        ] {
            let shown = text(&format!("“{call}” failed"));
            let folded: String = shown
                .to_lowercase()
                .chars()
                .filter(|c| !c.is_whitespace() && !is_unseen(*c))
                .collect();
            for open in OPENS {
                for tag in ["at", "/at"] {
                    assert!(!folded.contains(&format!("{open}{tag}")), "{shown}");
                }
            }
            assert!(
                shown.contains('\u{ff1c}') && shown.ends_with("failed"),
                "{shown}"
            );
        }
    }

    #[test]
    fn other_words_stay_as_they_are() {
        for words in [
            "a < b, a cat",
            "<b>bold</b>",
            "1 &lt; 2",
            "me@example.com at 5",
            "<a href=\"x\">",
            "❌ 竖屏 <3",
            "",
        ] {
            assert_eq!(text(words), words);
        }
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
