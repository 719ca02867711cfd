//! The parts `files[n]` of a form and what `attachments` says of them.

use super::refusal::Refusal;
use crate::record::{Body, Part, Recorded};
use crate::sniff::sniff;
use serde_json::{Value, json};

/// Of one file, where a guild's level doesn't allow more.
pub const MAX_FILE_BYTES: u64 = 10 << 20;
/// Of one message.
const MAX_FILES: usize = 10;
/// Of `attachments[].description`, in characters.
const MAX_DESCRIPTION_CHARS: usize = 1024;

/// A file that hangs on a message. Its content is not kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// A snowflake of its own.
    pub id: String,
    /// As Discord shows it: what is neither ASCII letter, digit, `.`, `-` nor `_` is `_` (?).
    pub filename: String,
    /// As it was given.
    pub description: Option<String>,
    /// Of the part, or what it was taken for.
    pub content_type: String,
    /// Length in bytes.
    pub bytes: u64,
    /// In lower-case hexadecimal.
    pub sha256: String,
    /// Width and height of a picture.
    pub pixels: Option<(u32, u32)>,
}

impl Attachment {
    /// As Discord writes it, with links that nothing answers.
    pub(crate) fn json(&self, channel_id: &str) -> Value {
        let path = format!("/attachments/{channel_id}/{}/{}", self.id, self.filename);
        let mut attachment = json!({
            "id": self.id,
            "filename": self.filename,
            "size": self.bytes,
            "url": format!("https://cdn.discordapp.com{path}?ex=0&is=0&hm=0&"),
            "proxy_url": format!("https://media.discordapp.net{path}?ex=0&is=0&hm=0&"),
            "content_type": self.content_type,
        });
        if let Some(description) = &self.description {
            attachment["description"] = description.as_str().into();
        }
        if let Some((width, height)) = self.pixels {
            attachment["width"] = width.into();
            attachment["height"] = height.into();
        }
        attachment
    }
}

/// `attachments` of a request, taken apart: what it says of new files, and which old ones it keeps.
#[derive(Debug, Default)]
pub(crate) struct Files {
    /// Files of this request, in their order.
    pub(crate) new: Vec<Attachment>,
    /// For an edit: the ids that stay; none when the request doesn't say.
    pub(crate) kept: Option<Vec<String>>,
}

impl Files {
    /// `strict`: every file is named in `attachments`, and has a file name and a content type.
    pub(crate) fn read(request: &Recorded, payload: &Value, strict: bool) -> Result<Self, Refusal> {
        let parts = file_parts(request)?;
        let listed = payload["attachments"].as_array();
        let mut entries: Vec<(String, &Value)> = Vec::new();
        for (index, entry) in listed.into_iter().flatten().enumerate() {
            let id = match &entry["id"] {
                Value::String(id) => id.clone(),
                Value::Number(id) => id.to_string(),
                _ => return Err(wrong(index, "BASE_TYPE_REQUIRED", "This field is required")),
            };
            entries.push((id, entry));
        }
        let is_new = |id: &str| parts.iter().any(|(number, _)| number == id);
        for (index, (id, _)) in entries.iter().enumerate() {
            // A small number means a file of this request; a snowflake one that is there.
            if id.len() < 17 && !is_new(id) {
                return Err(wrong(index, "ATTACHMENT_NOT_FOUND", "Attachment not found"));
            }
        }
        let mut new = Vec::new();
        for (number, part) in &parts {
            let entry = entries
                .iter()
                .find(|(id, _)| id == number)
                .map(|(_, entry)| *entry);
            let complete =
                part.file_name.is_some() && part.content_type.is_some() && entry.is_some();
            if strict && !complete {
                let words = "a file needs a name, a type, and its entry in attachments";
                return Err(Refusal::form(&["files", number], "STRICT", words));
            }
            new.push(attachment(part, entry.unwrap_or(&Value::Null))?);
        }
        let kept = listed.map(|_| {
            entries
                .into_iter()
                .map(|(id, _)| id)
                .filter(|id| !is_new(id))
                .collect()
        });
        Ok(Self { new, kept })
    }
}

/// 50035 for one entry of `attachments`.
fn wrong(index: usize, code: &str, message: &str) -> Refusal {
    Refusal::form(&["attachments", &index.to_string(), "id"], code, message)
}

/// The parts called `files[n]`, with their `n`.
fn file_parts(request: &Recorded) -> Result<Vec<(String, &Part)>, Refusal> {
    let Body::Form { parts, .. } = &request.body else {
        return Ok(Vec::new());
    };
    let mut found = Vec::new();
    for part in parts.iter().filter(|part| part.name != "payload_json") {
        let number = part
            .name
            .strip_prefix("files[")
            .and_then(|rest| rest.strip_suffix(']'));
        let number = number.filter(|number| number.parse::<u8>().is_ok());
        let number = number.ok_or_else(|| {
            Refusal::form(
                &["files"],
                "UNKNOWN_PART",
                &format!("unknown part {}", part.name),
            )
        })?;
        found.push((number.to_owned(), part));
    }
    if found.len() > MAX_FILES {
        return Err(Refusal::form(
            &["files"],
            "BASE_TYPE_MAX_LENGTH",
            "Must be 10 or fewer in length.",
        ));
    }
    Ok(found)
}

/// A file as it will hang on the message, still without an id.
///
/// # Errors
/// Its description is too long.
fn attachment(part: &Part, entry: &Value) -> Result<Attachment, Refusal> {
    let name = entry["filename"]
        .as_str()
        .or(part.file_name.as_deref())
        .unwrap_or("unknown");
    let description = entry["description"].as_str().map(str::to_owned);
    if description
        .as_ref()
        .is_some_and(|text| text.chars().count() > MAX_DESCRIPTION_CHARS)
    {
        return Err(Refusal::form(
            &["attachments"],
            "BASE_TYPE_MAX_LENGTH",
            "Must be 1024 or fewer in length.",
        ));
    }
    let plain = |letter: char| {
        if letter.is_ascii_alphanumeric() || "._-".contains(letter) {
            letter
        } else {
            '_'
        }
    };
    let picture = sniff(&part.head).filter(|picture| picture.width_px > 0);
    Ok(Attachment {
        id: String::new(),
        filename: name.chars().map(plain).collect(),
        description,
        content_type: part
            .content_type
            .clone()
            .unwrap_or_else(|| "application/octet-stream".to_owned()),
        bytes: part.bytes,
        sha256: part.sha256.clone(),
        pixels: picture.map(|picture| (picture.width_px, picture.height_px)),
    })
}
