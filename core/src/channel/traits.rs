//! What a channel takes and what it promises, as data. `deliver/` reads these instead of a channel's name.

use crate::io::UnixMs;
use crate::media::MediaKind;
use crate::session::Shape;

/// One channel's.
#[derive(Debug)]
pub struct Traits {
    /// What it shows media as: the first rule that a medium fits counts. What fits none goes as a link.
    pub media: &'static [MediaRule],
    /// How long a text may be.
    pub text: TextLimit,
    /// How many messages one chat takes.
    pub pace: Pace,
    /// Whether a message can be changed once it is there: then a line tells how far a job is.
    pub edits: bool,
    /// Until when the chat takes something, counted from the message that asked; none where that is always.
    pub deadline_ms: Option<u64>,
    /// How many messages it takes for one that asked; none where it takes any number.
    pub answers: Option<u64>,
    /// What makes a repeated commit harmless.
    pub key: Key,
    /// Whether a link under the key of a medium counts as the same message: of both, one is shown.
    pub key_spans_link: bool,
    /// Whether it can be asked what became of a message whose response was lost.
    pub reads_back: bool,
}

/// Which media are shown in one way.
#[derive(Debug)]
pub struct MediaRule {
    /// How.
    pub shape: Shape,
    /// Which; everything where none is named.
    pub kinds: &'static [MediaKind],
    /// At most so many bytes.
    pub max_bytes: u64,
    /// At most so many pixels a side; what isn't known to be larger fits.
    pub max_side: Option<u32>,
    /// What else its sides have to be; the same of what isn't known.
    pub frame: Option<Frame>,
}

/// What the sides of a picture have to be, together.
#[derive(Debug, Clone, Copy)]
pub struct Frame {
    /// At most so many pixels, width and height added.
    pub sum: u32,
    /// The longer one is at most so many times the shorter one.
    pub ratio: u32,
}

impl MediaRule {
    /// Pictures of these formats, of any size in pixels.
    #[must_use]
    pub const fn pictures(kinds: &'static [MediaKind], max_bytes: u64) -> Self {
        Self {
            shape: Shape::Image,
            kinds,
            max_bytes,
            max_side: None,
            frame: None,
        }
    }

    /// Films.
    #[must_use]
    pub const fn films(max_bytes: u64) -> Self {
        Self {
            shape: Shape::Video,
            kinds: &[MediaKind::Mp4],
            max_bytes,
            max_side: None,
            frame: None,
        }
    }

    /// Anything, as a file.
    #[must_use]
    pub const fn files(max_bytes: u64) -> Self {
        Self {
            shape: Shape::File,
            kinds: &[],
            max_bytes,
            max_side: None,
            frame: None,
        }
    }

    /// The same with sides that fit together.
    #[must_use]
    pub const fn within(mut self, frame: Frame) -> Self {
        self.frame = Some(frame);
        self
    }

    /// The same of at most so many pixels a side.
    #[must_use]
    pub const fn up_to(mut self, max_side: u32) -> Self {
        self.max_side = Some(max_side);
        self
    }
}

/// How long a text may be.
#[derive(Debug, Clone, Copy)]
pub struct TextLimit {
    /// At most so many
    pub max: usize,
    /// of these.
    pub unit: Unit,
}

/// What a text is measured in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Unicode's characters.
    Chars,
    /// Units of UTF-16: an emoji is two.
    Utf16,
    /// Bytes of UTF-8: a Chinese character is three.
    Bytes,
}

/// How many messages a chat takes in which time.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// So many
    pub messages: usize,
    /// in this time, in milliseconds, with a little more for clocks that differ.
    pub window_ms: u64,
}

/// What makes a repeated commit harmless.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// The platform shows one message for a key, for so long.
    Window {
        /// How long, by the platform's documents.
        kept_ms: u64,
        /// Kept off that, for clocks that differ or are set, and for requests on their way.
        margin_ms: u64,
    },
    /// The same, for ever.
    Forever,
    /// A message shows an object of the platform, and each object can be shown once. A text shows none, and has no key.
    OneShot,
    /// The platform shows one of several messages with the same bytes, for so long.
    SameBody {
        /// As above.
        kept_ms: u64,
        /// As above.
        margin_ms: u64,
    },
    /// Nothing does.
    None,
}

impl Key {
    /// Whether a message that was first sent at `first_ms` certainly isn't shown twice when it is sent again now. A clock that
    /// was set back by more than the margin doesn't tell how old it is.
    #[must_use]
    pub const fn holds(self, first_ms: UnixMs, now_ms: UnixMs) -> bool {
        match self {
            Self::Window { kept_ms, margin_ms } | Self::SameBody { kept_ms, margin_ms } => {
                // Both ways of the clock: later than kept is a second message, and a clock that was set back
                // makes an old message look young.
                now_ms.saturating_sub(first_ms) < kept_ms.saturating_sub(margin_ms)
                    && first_ms.saturating_sub(now_ms) <= margin_ms
            }
            Self::Forever | Self::OneShot => true,
            Self::None => false,
        }
    }

    /// That of a message of this shape.
    #[must_use]
    pub const fn of(self, shape: Shape) -> Self {
        match (self, shape) {
            (Self::OneShot, Shape::Text) => Self::None,
            _ => self,
        }
    }

    /// That of a message that isn't on record: where the key is in the message, nothing that is sent now has it.
    #[must_use]
    pub const fn without_message(self) -> Self {
        match self {
            Self::Window { .. } | Self::Forever => self,
            Self::OneShot | Self::SameBody { .. } | Self::None => Self::None,
        }
    }

    /// Whether it holds for ever, so that something else has to end the attempts.
    #[must_use]
    pub const fn is_endless(self) -> bool {
        matches!(self, Self::Forever | Self::OneShot)
    }

    /// Whether another content under the same key still counts as the same message.
    #[must_use]
    pub const fn outlives_content(self) -> bool {
        match self {
            Self::Window { .. } | Self::Forever => true,
            // An object of its own, or other bytes, is another message to the platform: both would be shown.
            Self::OneShot | Self::SameBody { .. } | Self::None => false,
        }
    }
}

impl TextLimit {
    /// Whether a text is short enough.
    #[must_use]
    pub fn fits(self, text: &str) -> bool {
        let len = match self.unit {
            Unit::Chars => text.chars().count(),
            Unit::Utf16 => text.encode_utf16().count(),
            Unit::Bytes => text.len(),
        };
        len <= self.max
    }
}

impl Traits {
    /// How a medium is shown; none where only its link is.
    #[must_use]
    pub fn shape_of(&self, kind: MediaKind, len: u64, sides: Option<(u32, u32)>) -> Option<Shape> {
        let fits = |rule: &&MediaRule| {
            // An unknown size fits: the platform's refusal costs one upload, while a link instead of the
            // picture would cost every such picture.
            let small = sides.is_none_or(|(width, height)| {
                let (short, long) = (width.min(height), width.max(height));
                let fits = |frame: Frame| {
                    long.saturating_add(short) <= frame.sum
                        && long <= short.saturating_mul(frame.ratio)
                };
                rule.max_side.is_none_or(|max| long <= max) && rule.frame.is_none_or(fits)
            });
            (rule.kinds.is_empty() || rule.kinds.contains(&kind)) && len <= rule.max_bytes && small
        };
        self.media.iter().find(fits).map(|rule| rule.shape)
    }

    /// Whether a message whose response was lost may stay open for good: nothing tells a repetition of it, or of a text, and
    /// the platform can't be asked.
    #[must_use]
    pub const fn leaves_open(&self) -> bool {
        matches!(self.key, Key::None | Key::OneShot) && !self.reads_back
    }

    /// The most bytes that it takes of a medium, as whatever it is shown.
    #[must_use]
    pub fn max_bytes(&self) -> u64 {
        let all = self.media.iter().map(|rule| rule.max_bytes);
        all.max().unwrap_or(0)
    }

    /// The most bytes of a medium of this kind that is shown as a picture; 0 where none is.
    #[must_use]
    pub fn max_image_bytes(&self, kind: MediaKind) -> u64 {
        let images = self.media.iter().filter(|rule| {
            rule.shape == Shape::Image && (rule.kinds.is_empty() || rule.kinds.contains(&kind))
        });
        images.map(|rule| rule.max_bytes).max().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_whose_sides_fit_together_is_shown_as_one() {
        let frame = Frame {
            sum: 10_000,
            ratio: 20,
        };
        let rule = MediaRule::pictures(&[], 1).within(frame);
        let media: &'static [MediaRule] = Box::leak(Box::new([rule, MediaRule::files(1)]));
        let traits = Traits {
            media,
            ..*super::super::toy::MUTE.traits
        };
        for (sides, shape) in [
            (None, Shape::Image),
            (Some((9_000, 1_000)), Shape::Image),
            (Some((9_000, 1_001)), Shape::File),
            (Some((2_000, 100)), Shape::Image),
            (Some((100, 2_001)), Shape::File),
            (Some((1, 0)), Shape::File),
            (Some((u32::MAX, u32::MAX)), Shape::File),
        ] {
            let found = traits.shape_of(MediaKind::Unknown, 1, sides);
            assert_eq!(found, Some(shape), "{sides:?}");
        }
    }

    #[test]
    fn a_key_holds_as_long_as_the_platform_certainly_knows_it() {
        const HOUR_MS: u64 = 3_600_000;
        let window = Key::Window {
            kept_ms: HOUR_MS,
            margin_ms: HOUR_MS / 6,
        };
        for (key, age_ms, holds) in [
            (window, 0, true),
            (window, 3_000_000 - 1, true),
            (window, 3_000_000, false),
            (window, -600_000, true),
            (window, -600_001, false),
            (Key::Forever, 1 << 40, true),
            (Key::OneShot, 1 << 40, true),
            (Key::None, 0, false),
            (
                Key::SameBody {
                    kept_ms: 2,
                    margin_ms: 0,
                },
                1,
                true,
            ),
        ] {
            let first_ms: u64 = 1 << 41;
            let now_ms = first_ms.saturating_add_signed(age_ms);
            assert_eq!(key.holds(first_ms, now_ms), holds, "{key:?} after {age_ms}");
        }
    }

    #[test]
    fn of_what_is_shown_once_a_text_has_no_key() {
        assert!(!Key::OneShot.of(Shape::Text).holds(0, 0));
        assert!(Key::OneShot.of(Shape::Video).holds(0, 1));
        assert!(Key::Forever.of(Shape::Text).holds(0, 1));
    }

    #[test]
    fn a_text_is_measured_in_the_units_of_the_channel() {
        for (unit, len) in [(Unit::Chars, 2), (Unit::Utf16, 3), (Unit::Bytes, 7)] {
            for max in [len - 1, len] {
                assert_eq!(TextLimit { max, unit }.fits("狐🦊"), max == len, "{unit:?}");
            }
        }
    }
}
