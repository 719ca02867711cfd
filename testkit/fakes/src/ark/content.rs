//! `content[]` of a task: words, pictures, clips and sounds, each with its role.

use super::error::ArkError;
use super::fields::Fields;
use super::model::Generation;
use super::picture::{self, FOR_CLIPS};
use serde_json::Value;

/// "At most 500 Chinese characters or 1000 English words".
const MAX_CHINESE_CHARACTERS: usize = 500;
const MAX_WORDS: usize = 1_000;

/// What was found, counted.
#[derive(Debug, Default)]
pub(crate) struct Content {
    /// The words; at most one item has any.
    pub(crate) text: String,
    /// Pictures with that role, or with none where there is one picture.
    pub(crate) first_frames: usize,
    last_frames: usize,
    reference_images: usize,
    reference_videos: usize,
    reference_audios: usize,
}

impl Content {
    /// Pictures in whatever role.
    pub(crate) fn pictures(&self) -> usize {
        self.first_frames + self.last_frames + self.reference_images
    }

    /// What is only referred to.
    fn references(&self) -> usize {
        self.reference_images + self.reference_videos + self.reference_audios
    }
}

/// How many references of each kind a model takes: images, videos, sounds.
fn most(generation: Generation) -> (usize, usize, usize) {
    match generation {
        Generation::V1_5 => (0, 0, 0),
        Generation::V2_0 => (9, 3, 3),
        Generation::V2_5 => (30, 10, 10),
    }
}

/// Reads `content` of a body.
pub(crate) fn read(body: &Fields<'_>, generation: Generation) -> Result<Content, ArkError> {
    let items = body.items("content")?;
    if items.is_empty() {
        return Err(ArkError::missing("content"));
    }
    let pictures = items.iter().filter(|(_, item)| item["type"] == "image_url");
    let is_alone = pictures.count() == 1;
    let mut content = Content::default();
    for (path, item) in items {
        add(&mut content, &path, item, is_alone)?;
    }
    check_together(&content, generation)?;
    Ok(content)
}

/// Takes one item.
///
/// # Errors
/// It is malformed by itself.
fn add(content: &mut Content, path: &str, item: &Value, is_alone: bool) -> Result<(), ArkError> {
    let fields = Fields::of(item, path)?;
    match fields.needed("type")? {
        "text" => {
            fields.only(&["type", "text"])?;
            if !content.text.is_empty() {
                return Err(ArkError::invalid(path, "expected at most one text content"));
            }
            content.text = fields.needed("text")?.to_owned();
            check_length(&content.text, path)
        }
        "image_url" => {
            let url = url(&fields, path, "image_url")?;
            picture::check(url, &format!("{path}.image_url.url"), FOR_CLIPS)?;
            let roles = ["first_frame", "last_frame", "reference_image"];
            match fields.choice("role", &roles)? {
                Some("last_frame") => content.last_frames += 1,
                Some("reference_image") => content.reference_images += 1,
                Some(_) => content.first_frames += 1,
                None if is_alone => content.first_frames += 1,
                None => {
                    return Err(ArkError::invalid(
                        "content",
                        "role must be specified for image contents",
                    ));
                }
            }
            Ok(())
        }
        "video_url" => {
            web_only(url(&fields, path, "video_url")?, path)?;
            fields.choice("role", &["reference_video"])?;
            fields.needed("role")?;
            content.reference_videos += 1;
            Ok(())
        }
        "audio_url" => {
            let url = url(&fields, path, "audio_url")?;
            if !url.starts_with("data:audio/") {
                web_only(url, path)?;
            }
            fields.choice("role", &["reference_audio"])?;
            fields.needed("role")?;
            content.reference_audios += 1;
            Ok(())
        }
        _ => Err(ArkError::invalid(
            &format!("{path}.type"),
            "supported values are: text, image_url, audio_url, video_url",
        )),
    }
}

/// `{"type": KIND, KIND: {"url"}, "role"}`: a bare string in place of the object is refused.
fn url<'a>(fields: &Fields<'a>, path: &str, kind: &str) -> Result<&'a str, ArkError> {
    fields.only(&["type", kind, "role"])?;
    let path = format!("{path}.{kind}");
    let value = fields.get(kind).ok_or_else(|| ArkError::missing(&path))?;
    let inner = Fields::of(value, &path)?;
    inner.only(&["url"])?;
    inner.needed("url")
}

/// # Errors
/// The address is not one of the web.
fn web_only(url: &str, path: &str) -> Result<(), ArkError> {
    if picture::is_on_the_web(url) {
        return Ok(());
    }
    Err(ArkError::invalid(path, "it must be a public web address"))
}

/// # Errors
/// There are more Chinese characters or more words than a prompt may have.
fn check_length(text: &str, path: &str) -> Result<(), ArkError> {
    let chinese = text
        .chars()
        .filter(|letter| ('\u{2e80}'..='\u{9fff}').contains(letter));
    if chinese.count() > MAX_CHINESE_CHARACTERS || text.split_whitespace().count() > MAX_WORDS {
        return Err(ArkError::invalid(path, "the text is too long"));
    }
    Ok(())
}

/// What items must not be beside each other.
///
/// # Errors
/// The combination, in the service's words.
fn check_together(content: &Content, generation: Generation) -> Result<(), ArkError> {
    let refuse = |why: &str| Err(ArkError::invalid("content", why));
    if content.text.is_empty() && content.pictures() + content.reference_videos == 0 {
        return refuse("it needs a text, an image or a video");
    }
    if content.first_frames > 1 || content.last_frames > 1 {
        return refuse("expected at most one first frame and one last frame image content");
    }
    if content.last_frames > content.first_frames {
        return refuse("a last frame needs a first frame");
    }
    if content.first_frames > 0 && content.references() > 0 {
        return refuse("first/last frame content cannot be mixed with reference media content");
    }
    if content.reference_audios > 0 && content.pictures() + content.reference_videos == 0 {
        return refuse("reference audio cannot be the only reference");
    }
    let (images, videos, audios) = most(generation);
    if content.reference_images > images
        || content.reference_videos > videos
        || content.reference_audios > audios
    {
        return refuse("there are more references than the model takes");
    }
    Ok(())
}
