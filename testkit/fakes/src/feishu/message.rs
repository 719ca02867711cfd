//! Messages: what a request asks for, what it may contain, and what is remembered.

use super::answer::Refusal;
use super::upload::{UploadKind, UploadedFile};
use crate::record::Recorded;
use serde_json::{Value, json};
use std::collections::HashMap;

/// Of a whole request that sends text.
const MAX_TEXT_REQUEST_BYTES: u64 = 150 * 1024;
/// Of a card or a post.
const MAX_CARD_BYTES: usize = 30 * 1024;
/// Of `uuid`.
const MAX_UUID_CHARS: usize = 50;
/// What `receive_id_type` may be.
const ID_TYPES: [&str; 5] = ["open_id", "user_id", "union_id", "email", "chat_id"];
/// What `msg_type` may be.
const MSG_TYPES: [&str; 11] = [
    "text",
    "post",
    "image",
    "file",
    "audio",
    "media",
    "sticker",
    "interactive",
    "share_chat",
    "share_user",
    "system",
];

/// A message that stands in a chat.
#[derive(Clone, Debug, PartialEq)]
pub struct SentMessage {
    /// `om_…`
    pub message_id: String,
    /// `open_id`, `chat_id` and so on; of a reply, that of the message it answers.
    pub receive_id_type: String,
    /// To whom; of a reply, as above.
    pub receive_id: String,
    /// `text`, `image`, `media`, `file`, `interactive` and so on.
    pub msg_type: String,
    /// Parsed.
    pub content: Value,
    /// As it was given.
    pub uuid: Option<String>,
    /// Which app sent it.
    pub app_id: String,
    /// Milliseconds since the world began, by the service's clock.
    pub at_ms: u64,
    /// What `file_key` refers to.
    pub file: Option<UploadedFile>,
    /// What `image_key` refers to: the image, or a video's cover.
    pub image: Option<UploadedFile>,
    /// The message it answers.
    pub reply_to: Option<String>,
    /// As it was given.
    pub reply_in_thread: bool,
    /// How often it was updated (cards).
    pub updates: u32,
}

impl SentMessage {
    /// What a text message says.
    pub fn text(&self) -> Option<&str> {
        self.content["text"].as_str()
    }
}

/// A message that a request answers: one that was sent, or a person's.
#[derive(Clone, Debug)]
pub(crate) struct Replied {
    /// `om_…`
    pub(crate) message_id: String,
    pub(crate) receive_id_type: String,
    pub(crate) receive_id: String,
    /// Whether its author took it back.
    pub(crate) recalled: bool,
}

impl From<&SentMessage> for Replied {
    fn from(message: &SentMessage) -> Self {
        Self {
            message_id: message.message_id.clone(),
            receive_id_type: message.receive_id_type.clone(),
            receive_id: message.receive_id.clone(),
            recalled: false,
        }
    }
}

/// A request to send that reached the platform's rules, whatever came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// To whom.
    pub receive_id: String,
    /// As it was given.
    pub msg_type: String,
    /// As it was given.
    pub uuid: Option<String>,
    /// The answer's code: 0 when the message stands in the chat, also when it stood there before.
    pub code: u32,
    /// Which message, for code 0.
    pub message_id: Option<String>,
    /// Milliseconds since the world began, by the service's clock.
    pub at_ms: u64,
}

/// What a request to send says, its fields being there.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    pub(crate) receive_id_type: String,
    pub(crate) receive_id: String,
    pub(crate) msg_type: String,
    /// JSON as text.
    pub(crate) content: String,
    pub(crate) uuid: Option<String>,
    /// The message in the path.
    pub(crate) reply_to: Option<String>,
    pub(crate) reply_in_thread: bool,
    /// By its `Content-Length`: the limit of texts is on the request.
    pub(crate) request_bytes: u64,
}

/// A text that has to be there.
///
/// # Errors
/// 99992402.
fn required<'a>(body: &'a Value, field: &str) -> Result<&'a str, Refusal> {
    let text = body[field].as_str().filter(|text| !text.is_empty());
    text.ok_or_else(|| Refusal::field(field, &format!("{field} is required")))
}

impl Wanted {
    /// 99992402 when a field is missing or malformed.
    pub(crate) fn read(request: &Recorded, replied: Option<&Replied>) -> Result<Self, Refusal> {
        let nothing = json!({});
        let body = request.json().unwrap_or(&nothing);
        let (receive_id_type, receive_id) = match replied {
            Some(message) => (message.receive_id_type.clone(), message.receive_id.clone()),
            None => {
                let id_type = request.query_value("receive_id_type").unwrap_or_default();
                if !ID_TYPES.contains(&id_type.as_str()) {
                    return Err(Refusal::field(
                        "receive_id_type",
                        &format!("options: [{}]", ID_TYPES.join(",")),
                    ));
                }
                (id_type, required(body, "receive_id")?.to_owned())
            }
        };
        let uuid = body["uuid"]
            .as_str()
            .filter(|uuid| !uuid.is_empty())
            .map(str::to_owned);
        if uuid
            .as_ref()
            .is_some_and(|uuid| uuid.chars().count() > MAX_UUID_CHARS)
        {
            return Err(Refusal::field("uuid", "the max len is 50"));
        }
        Ok(Self {
            receive_id_type,
            receive_id,
            msg_type: required(body, "msg_type")?.to_owned(),
            content: required(body, "content")?.to_owned(),
            uuid,
            reply_to: replied.map(|message| message.message_id.clone()),
            reply_in_thread: body["reply_in_thread"].as_bool().unwrap_or(false),
            request_bytes: request
                .header("content-length")
                .and_then(|len| len.parse().ok())
                .unwrap_or(0),
        })
    }

    /// The rules that look at nothing but the message and the keys in it.
    pub(crate) fn check(
        &self,
        app_id: &str,
        uploads: &HashMap<String, UploadedFile>,
    ) -> Result<Checked, Refusal> {
        if !MSG_TYPES.contains(&self.msg_type.as_str()) {
            return Err(Refusal::parameter(&format!(
                "invalid msg_type: {}",
                self.msg_type
            )));
        }
        let content = serde_json::from_str::<Value>(&self.content)
            .ok()
            .filter(Value::is_object);
        let content =
            content.ok_or_else(|| Refusal::parameter("content is not a string in json format"))?;
        let too_long = match self.msg_type.as_str() {
            "text" => self.request_bytes > MAX_TEXT_REQUEST_BYTES,
            "interactive" | "post" => self.content.len() > MAX_CARD_BYTES,
            _ => false,
        };
        if too_long {
            return Err(Refusal::new(
                230025,
                "The length of the message content reaches its limit.",
            ));
        }
        let find = |field: &str, kind| find_upload(&content, field, kind, app_id, uploads);
        let (mut file, mut image) = (None, None);
        match self.msg_type.as_str() {
            "text" if content["text"].as_str().is_none_or(str::is_empty) => {
                return Err(Refusal::parameter("text is empty"));
            }
            "image" => image = Some(find("image_key", UploadKind::Image)?),
            "file" | "audio" | "media" => {
                let upload = find("file_key", UploadKind::File)?;
                if !fits(&self.msg_type, &upload.file_type) {
                    let msg =
                        "The type of file upload does not match the type of message being sent.";
                    return Err(Refusal::new(230055, msg));
                }
                file = Some(upload);
                if content["image_key"]
                    .as_str()
                    .is_some_and(|key| !key.is_empty())
                {
                    image = Some(find("image_key", UploadKind::Image)?);
                }
            }
            _ => {}
        }
        Ok(Checked {
            content,
            file,
            image,
        })
    }
}

/// A message's content and what its keys refer to.
pub(crate) struct Checked {
    /// Parsed.
    pub(crate) content: Value,
    /// What `file_key` refers to.
    pub(crate) file: Option<UploadedFile>,
    /// What `image_key` refers to.
    pub(crate) image: Option<UploadedFile>,
}

/// Whether an upload of this type may be sent as such a message; else 230055.
fn fits(msg_type: &str, file_type: &str) -> bool {
    match msg_type {
        "media" => file_type == "mp4",
        "audio" => file_type == "opus",
        _ => file_type != "mp4" && file_type != "opus",
    }
}

/// What a key in the content refers to.
///
/// # Errors
/// 230001 for an unknown key, 230017 for another app's.
fn find_upload(
    content: &Value,
    field: &str,
    kind: UploadKind,
    app_id: &str,
    uploads: &HashMap<String, UploadedFile>,
) -> Result<UploadedFile, Refusal> {
    let upload = content[field]
        .as_str()
        .and_then(|key| uploads.get(key))
        .filter(|upload| upload.kind == kind);
    let upload = upload.ok_or_else(|| Refusal::parameter(&format!("invalid {field}")))?;
    if upload.app_id != app_id {
        return Err(Refusal::new(
            230017,
            "Bot is NOT the owner of the resource.",
        ));
    }
    Ok(upload.clone())
}

/// A card's new content: at most 30 KB, and shared by all who see it.
pub(crate) fn check_card(content: &str) -> Result<Value, Refusal> {
    if content.len() > MAX_CARD_BYTES {
        return Err(Refusal::new(
            230025,
            "The length of the message content reaches its limit.",
        ));
    }
    let card = serde_json::from_str::<Value>(content)
        .ok()
        .filter(Value::is_object);
    let card = card.ok_or_else(|| Refusal::parameter("content is not a string in json format"))?;
    if is_shared(&card) {
        Ok(card)
    } else {
        Err(Refusal::parameter("config.update_multi must be true"))
    }
}

/// Whether all see the same card: only such a one can be updated.
pub(crate) fn is_shared(card: &Value) -> bool {
    card["config"]["update_multi"] == true
}

/// Whether an id may be of this type, by its prefix.
pub(crate) fn is_well_formed(id_type: &str, id: &str) -> bool {
    let prefixed = |prefix: &str| id.len() > prefix.len() && id.starts_with(prefix);
    match id_type {
        "open_id" => prefixed("ou_"),
        "union_id" => prefixed("on_"),
        "chat_id" => prefixed("oc_"),
        "email" => id
            .split_once('@')
            .is_some_and(|(user, host)| !user.is_empty() && !host.is_empty()),
        _ => !id.is_empty(),
    }
}
