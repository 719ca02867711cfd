//! A medium as Telegram takes it, and what is kept of it until then: so much that the same request can be made again.

use contract::services::TELEGRAM_THUMBNAIL_BYTES;
use serde_json::Value;

use crate::channel::media::{Media, Source, thumbnail};
use crate::io::Io;
use crate::json::{self, object};
use crate::multipart::Form;
use crate::session::{Message, Shape};
use crate::upstream::results::ResultUrl;

/// The form of what is kept of a medium, as JSON: name, type, length, of a film what a player needs, and where the line stands
/// that announces it.
const FORM: u32 = 1;
/// The longer side of the picture before a film plays. A larger picture is left out, without a word.
const THUMBNAIL_PX: u32 = 320;

/// What is kept of a medium.
pub(super) struct Kept {
    name: String,
    content_type: String,
    pub(super) len: u64,
    sides: Option<(u32, u32)>,
    seconds: Option<u64>,
    /// The line in whose place it is shown: chat and message; none where that couldn't be had.
    pub(super) line: Option<(String, String)>,
}

/// What Telegram calls a shape: in a medium's description, as the method that sends one, as its part of a form.
pub(super) const fn called(shape: Shape) -> (&'static str, &'static str, &'static str) {
    match shape {
        Shape::Video => ("video", "sendVideo", "video"),
        Shape::Image => ("photo", "sendPhoto", "photo"),
        Shape::File | Shape::Text => ("document", "sendDocument", "document"),
    }
}

impl Kept {
    /// Of a medium that was looked at. `None` for `line` so far.
    pub(super) fn of_media(io: &Io, media: &Media<'_>, shape: Shape) -> Self {
        let (len, film) = match media.source {
            Source::Here(bytes) => (bytes.len() as u64, (None, None)),
            Source::Store(stored) if shape == Shape::Video => (stored.len, stored.film(io)),
            Source::Store(stored) => (stored.len, (None, None)),
        };
        Self {
            name: media.name.clone(),
            content_type: media.content_type.to_owned(),
            len,
            sides: film.1,
            // Whole seconds, and a film shorter than one has one: of none the player shows no length.
            seconds: film.0.map(|millis| (millis / 1_000).max(1)),
            line: None,
        }
    }

    /// As it is stored.
    pub(super) fn message(&self, shape: Shape) -> Message {
        let mut kept = object! {"name": self.name, "type": self.content_type, "len": self.len};
        if let Some((width, height)) = self.sides {
            kept["w"] = width.into();
            kept["h"] = height.into();
        }
        if let Some(seconds) = self.seconds {
            kept["s"] = seconds.into();
        }
        if let Some((chat, id)) = &self.line {
            kept["chat"] = chat.as_str().into();
            kept["line"] = id.as_str().into();
        }
        Message {
            shape,
            form: FORM,
            body: json::text(&kept),
        }
    }

    /// What a message keeps of its medium; none of a text.
    pub(super) fn of(message: &Message) -> Option<Self> {
        if message.shape == Shape::Text {
            return None;
        }
        let kept = json::parse(message.body.as_bytes()).unwrap_or_default();
        let number = |name: &str| kept.get(name).and_then(Value::as_u64);
        let text = |name: &str| kept.get(name).and_then(Value::as_str).map(str::to_owned);
        let side = |name: &str| u32::try_from(number(name)?).ok();
        Some(Self {
            name: text("name").unwrap_or_default(),
            content_type: text("type").unwrap_or_default(),
            len: number("len").unwrap_or_default(),
            sides: side("w").zip(side("h")),
            seconds: number("s"),
            line: text("chat").zip(text("line")),
        })
    }

    /// What a player has to be told of a film: beyond some 10 MB Telegram doesn't look into the file.
    fn told(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let (width, height) = self.sides.unzip();
        let sides = [("width", width), ("height", height)];
        let sides = sides
            .into_iter()
            .map(|(name, side)| (name, side.map(u64::from)));
        let all = sides.chain([("duration", self.seconds)]);
        all.filter_map(|(name, value)| Some((name, value?)))
    }

    /// The same in a query.
    pub(super) fn query(&self, shape: Shape) -> String {
        let mut query = String::new();
        if shape == Shape::Video {
            for (name, value) in self.told() {
                query.push_str(&["&", name, "=", &value.to_string()].concat());
            }
            query.push_str("&supports_streaming=true");
        }
        query
    }

    /// The description of the file that takes the line's place.
    fn described(&self, shape: Shape, has_thumbnail: bool) -> String {
        let mut media = object! {"type": called(shape).0, "media": "attach://file"};
        if has_thumbnail {
            media["thumbnail"] = "attach://thumbnail".into();
        }
        if shape == Shape::Video {
            for (name, value) in self.told() {
                media[name] = value.into();
            }
            media["supports_streaming"] = true.into();
        }
        json::text(&media)
    }

    /// The form around its bytes.
    pub(super) fn form(
        &self,
        io: &Io,
        film: Option<&ResultUrl>,
        shape: Shape,
    ) -> crate::multipart::FormEnds {
        let picture = film.zip(self.sides).filter(|_| shape == Shape::Video);
        // Whether it can be had may differ from one attempt to the next: it changes nothing of what is shown.
        let picture = picture.and_then(|(film, sides)| {
            thumbnail(io, film, sides, THUMBNAIL_PX, TELEGRAM_THUMBNAIL_BYTES)
        });
        let mut form = Form::new(&io.nonce());
        let mut name = called(shape).2;
        if self.line.is_some() {
            form = form.json("media", &self.described(shape, picture.is_some()));
            name = "file";
        }
        if let Some(picture) = &picture {
            form = form.small_file("thumbnail", "thumbnail.jpg", "image/jpeg", picture);
        }
        form.file(name, &self.name, &self.content_type)
    }
}
