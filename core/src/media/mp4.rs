//! How long an MP4 plays, read without having the file.
//!
//! The probe says which bytes it wants and is fed them; whoever drives it fetches ranges. It
//! looks at box headers only: from the first bytes over the top-level boxes, skipping the media, to
//! `moov` wherever it stands, and in it to `mvhd` (ISO/IEC 14496-12, 8.2.2). Where that says zero, as in films made for
//! streaming, to `mehd`, else to the index of segments (`sidx`), else to the longest track.

use super::bytes::{be16, be32, be64, fourcc};

/// Bytes of the first read: most files made for the web have `moov` within them.
pub const FIRST_READ: u64 = 64 * 1024;

/// Bytes of each further read. It begins at a box header; the movie header is the first box in
/// `moov` and has 120 bytes, so that one read is enough for both.
pub const NEXT_READ: u64 = 4 * 1024;

/// How many reads a probe asks for at most. Four are usual at most (start, behind the media, perhaps
/// a box in between); a file that needs more is not worth the requests, its player shows no length.
pub const MAX_READS: u32 = 16;

/// The longest duration believed, in milliseconds: the smallest field of a chat for it is a 32-bit number (24 days).
const MAX_DURATION_MS: u64 = 0x7fff_ffff;

/// What the probe wants next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProbeStep {
    /// Read these bytes and feed them. They stand within the file.
    Need {
        /// From which byte of the file.
        offset: u64,
        /// How many, at least one. Fewer may be fed, at the price of another read.
        len: u64,
    },
    /// The duration in milliseconds, or `None` when there is none to be found. Feeding more changes nothing.
    Done(Option<u64>),
}

/// Looks for the duration of an MP4 file.
#[derive(Debug, Clone)]
pub struct DurationProbe {
    /// Length of the file.
    total: u64,
    /// Where the next box begins.
    at: u64,
    /// Whether `at` is inside `moov`.
    in_moov: bool,
    /// Where the boxes that are walked end: the file's end, or that of `moov`.
    end: u64,
    reads: u32,
    /// Units of a second of a movie header that names no length: that of a fragmented file stands in `mehd` (8.8.2).
    fragments_scale: Option<u32>,
    /// The longest track's duration, where the movie header names none and there is no `mehd`.
    longest: Option<u64>,
    /// Whether `moov` lies behind, and named no length of the whole.
    behind_moov: bool,
    /// What the indexes of segments sum up to, by the stream that they are of.
    indexed: Vec<(u32, u64)>,
    /// Bytes of the next read, where a box is larger than one usually is.
    wanted: u64,
    /// Whether the size of the picture is looked for as well.
    wants_sides: bool,
    /// Width and height of the first track that has any, as they are shown.
    sides: Option<(u32, u32)>,
    /// The length, found while the size is still looked for.
    known: Option<u64>,
    result: Option<Option<u64>>,
}

/// What a walk over the bytes at hand came to.
enum Walk {
    /// The next box isn't among the bytes.
    NeedsMore,
    Ended(Option<u64>),
}

impl DurationProbe {
    /// A probe of a file of `total_len` bytes.
    #[must_use]
    pub const fn new(total_len: u64) -> Self {
        Self {
            total: total_len,
            at: 0,
            in_moov: false,
            end: total_len,
            reads: 0,
            fragments_scale: None,
            longest: None,
            behind_moov: false,
            indexed: Vec::new(),
            wanted: NEXT_READ,
            wants_sides: false,
            sides: None,
            known: None,
            result: None,
        }
    }

    /// The same, which also looks for the size of the picture: that stands behind the movie header, so that another read may be
    /// needed.
    #[must_use]
    pub const fn with_sides(mut self) -> Self {
        self.wants_sides = true;
        self
    }

    /// Width and height in pixels as they are shown, once the probe is done; none where they weren't found.
    #[must_use]
    pub const fn sides(&self) -> Option<(u32, u32)> {
        self.sides
    }

    /// What to read first.
    #[must_use]
    pub fn first(&self) -> ProbeStep {
        match self.total.min(FIRST_READ) {
            0 => ProbeStep::Done(None),
            len => ProbeStep::Need { offset: 0, len },
        }
    }

    /// Takes bytes of the file that begin at `offset`. Others than those asked for do no harm; without
    /// any the probe gives up.
    pub fn feed(&mut self, offset: u64, bytes: &[u8]) -> ProbeStep {
        if let Some(result) = self.result {
            return ProbeStep::Done(result);
        }
        self.reads += 1;
        let walk = if bytes.is_empty() {
            Walk::Ended(None)
        } else {
            self.walk(offset, bytes)
        };
        // Good for one read only: what is behind a large index is small again.
        let wanted = std::mem::replace(&mut self.wanted, NEXT_READ);
        let len = self.end.saturating_sub(self.at).min(wanted);
        match walk {
            Walk::NeedsMore if self.reads < MAX_READS && len > 0 => ProbeStep::Need {
                offset: self.at,
                len,
            },
            Walk::NeedsMore => self.done(self.known),
            Walk::Ended(result) => self.done(result.or(self.known)),
        }
    }

    /// Remembers the result: further bytes change nothing.
    fn done(&mut self, result: Option<u64>) -> ProbeStep {
        self.result = Some(result);
        ProbeStep::Done(result)
    }

    /// Goes from box to box as far as the bytes reach. Each turn moves on by at least a header, so
    /// the bytes at hand bound the turns.
    fn walk(&mut self, offset: u64, bytes: &[u8]) -> Walk {
        loop {
            let here = self
                .at
                .checked_sub(offset)
                .and_then(|skip| usize::try_from(skip).ok());
            let Some(data) = here.and_then(|skip| bytes.get(skip..)) else {
                return Walk::NeedsMore;
            };
            // The boxes' lengths are the file's claims: what is left bounds each of them.
            let left = self.end.saturating_sub(self.at);
            let Some(Header { kind, len, body }) = Header::read(data, left) else {
                // Of a whole header, even the long form, 16 bytes are needed; a shorter rest is none.
                let cut_off =
                    data.len() < 16 && u64::try_from(data.len()).is_ok_and(|len| len < left);
                return if cut_off {
                    Walk::NeedsMore
                } else {
                    Walk::Ended(None)
                };
            };
            match (&kind, self.in_moov) {
                // A film for streaming may name its length nowhere but in its indexes.
                (b"sidx", false) if len <= MAX_INDEX => {
                    let whole = usize::try_from(len).ok().and_then(|len| data.get(..len));
                    let Some(index) =
                        whole.and_then(|whole| whole.get(usize::try_from(body).ok()?..))
                    else {
                        self.wanted = len.max(NEXT_READ);
                        return Walk::NeedsMore;
                    };
                    self.add_index(index);
                    self.at = self.at.saturating_add(len);
                }
                // The indexes stand in front of what they are of.
                (b"moof" | b"mdat", false) if self.behind_moov => {
                    return Walk::Ended(self.without_a_whole());
                }
                // Where the movie header stands. In a file made for the web it lies in front of the media, from
                // a camera behind them.
                (b"moov", false) => {
                    self.in_moov = true;
                    self.end = self.at.saturating_add(len).min(self.total);
                    self.at = self.at.saturating_add(body);
                }
                (b"mvhd", true) => {
                    let content = usize::try_from(body).ok().and_then(|body| data.get(body..));
                    let content = content.unwrap_or_default();
                    // Version 1 needs 32 bytes; a box that ends before them is damaged.
                    let cut_off =
                        content.len() < 32 && u64::try_from(data.len()).is_ok_and(|len| len < left);
                    let found = duration(content);
                    if found.is_none() && cut_off {
                        return Walk::NeedsMore;
                    }
                    let is_all = found.is_none() || !self.wants_sides;
                    if is_all && (found.is_some() || unknown_scale(content).is_none()) {
                        return Walk::Ended(found);
                    }
                    self.known = found;
                    self.fragments_scale = unknown_scale(content);
                    self.at = self.at.saturating_add(len);
                }
                // What follows on their last box is their next sibling: the end stays that of `moov`.
                (b"mvex" | b"trak" | b"mdia", true) if self.fragments_scale.is_some() => {
                    self.at = self.at.saturating_add(body);
                }
                (b"trak", true) if self.known.is_some() => {
                    self.at = self.at.saturating_add(body);
                }
                (b"tkhd", true) if self.known.is_some() => {
                    let content = usize::try_from(body).ok().and_then(|body| data.get(body..));
                    let content = content.unwrap_or_default();
                    if content.len() < TRACK_HEADER
                        && u64::try_from(data.len()).is_ok_and(|data| data < len.min(left))
                    {
                        return Walk::NeedsMore;
                    }
                    self.sides = track_sides(content);
                    // A track of sound has none; the next one may be the picture's.
                    if self.sides.is_some() {
                        return Walk::Ended(self.known);
                    }
                    self.at = self.at.saturating_add(len);
                }
                (b"tkhd", true) if self.fragments_scale.is_some() => {
                    let content = usize::try_from(body).ok().and_then(|body| data.get(body..));
                    let content = content.unwrap_or_default();
                    // Version 1 needs 36 bytes.
                    if content.len() < 36 && u64::try_from(data.len()).is_ok_and(|len| len < left) {
                        return Walk::NeedsMore;
                    }
                    // Of a header that is cut off behind its length the size isn't worth a read of its own.
                    self.sides = self.sides.or_else(|| track_sides(content));
                    let found = track_duration(content, self.fragments_scale.unwrap_or(0));
                    self.longest = self.longest.max(found);
                    self.at = self.at.saturating_add(len);
                }
                // Its layout is that of a movie header, with units of its own.
                (b"mdhd", true) if self.fragments_scale.is_some() => {
                    let content = usize::try_from(body).ok().and_then(|body| data.get(body..));
                    let content = content.unwrap_or_default();
                    if content.len() < 32 && u64::try_from(data.len()).is_ok_and(|len| len < left) {
                        return Walk::NeedsMore;
                    }
                    self.longest = self.longest.max(duration(content));
                    self.at = self.at.saturating_add(len);
                }
                (b"mehd", true) if self.fragments_scale.is_some() => {
                    let content = usize::try_from(body).ok().and_then(|body| data.get(body..));
                    let content = content.unwrap_or_default();
                    // Version 1 needs 12 bytes.
                    let cut_off =
                        content.len() < 12 && u64::try_from(data.len()).is_ok_and(|len| len < left);
                    let found = fragments_duration(content, self.fragments_scale.unwrap_or(0));
                    return if found.is_none() && cut_off {
                        Walk::NeedsMore
                    } else {
                        Walk::Ended(found)
                    };
                }
                _ => self.at = self.at.saturating_add(len),
            }
            if self.at >= self.end && self.in_moov && self.end < self.total {
                self.in_moov = false;
                self.behind_moov = true;
                self.at = self.end;
                self.end = self.total;
            } else if self.at >= self.end {
                return Walk::Ended(self.without_a_whole());
            }
        }
    }
}

impl DurationProbe {
    /// The length where none is named of the whole.
    fn without_a_whole(&self) -> Option<u64> {
        let indexed = self.indexed.iter().map(|(_, millis)| *millis).max();
        indexed.or(self.longest)
    }

    /// Adds what an index says of its stream's segments (8.16.3). One that leads to further indexes adds nothing: these are
    /// met themselves.
    fn add_index(&mut self, sidx: &[u8]) {
        let Some((stream, millis)) = segments(sidx) else {
            return;
        };
        let known = self.indexed.iter().position(|(known, _)| *known == stream);
        if let Some((_, sum)) = known.and_then(|at| self.indexed.get_mut(at)) {
            *sum = sum.saturating_add(millis).min(MAX_DURATION_MS);
        } else if self.indexed.len() < MAX_STREAMS {
            self.indexed.push((stream, millis));
        }
    }
}

/// The largest index that is read: one of five thousand segments, of many hours.
const MAX_INDEX: u64 = 64 * 1024;
/// Streams of one film; more are made up.
const MAX_STREAMS: usize = 16;

/// The stream of an index, and how long its segments play.
fn segments(sidx: &[u8]) -> Option<(u32, u64)> {
    let (stream, scale) = (be32(sidx, 4)?, be32(sidx, 8)?);
    let first = match sidx.first()? {
        0 => 20,
        1 => 28,
        _ => return None,
    };
    let count = usize::try_from(be16(sidx, first + 2)?).ok()?;
    let references = sidx.get(first + 4..)?.chunks_exact(12).take(count);
    let units = references
        .filter(|reference| reference.first().is_some_and(|first| first & 0x80 == 0))
        .filter_map(|reference| be32(reference, 4))
        .map(u64::from)
        .sum();
    Some((stream, in_millis(units, scale)?))
}

/// A box's beginning.
struct Header {
    kind: [u8; 4],
    /// Of the whole box.
    len: u64,
    /// Where its content begins.
    body: u64,
}

impl Header {
    /// The box header at the beginning of `data`, of a box that has `left` bytes at most. `None` when it
    /// is cut off or its size is smaller than itself.
    fn read(data: &[u8], left: u64) -> Option<Self> {
        let kind = fourcc(data, 4)?;
        let (len, body) = match be32(data, 0)? {
            // To the end of what surrounds it.
            0 => (left, 8),
            1 => (be64(data, 8)?, 16),
            short => (u64::from(short), 8),
        };
        (len >= body).then_some(Self { kind, len, body })
    }
}

/// The duration in a movie header. Zero (a fragmented file) and all ones stand for unknown.
fn duration(mvhd: &[u8]) -> Option<u64> {
    let (scale, units) = match mvhd.first()? {
        0 => (
            be32(mvhd, 12)?,
            u64::from(be32(mvhd, 16).filter(|units| *units != u32::MAX)?),
        ),
        1 => (
            be32(mvhd, 20)?,
            be64(mvhd, 24).filter(|units| *units != u64::MAX)?,
        ),
        _ => return None,
    };
    in_millis(units, scale)
}

/// Units of which there are `scale` in a second, as milliseconds; `None` for nothing at all and for more than
/// is believed.
fn in_millis(units: u64, scale: u32) -> Option<u64> {
    let millis = units.checked_mul(1000)?.checked_div(u64::from(scale))?;
    // A duration of zero would be shown as one: none at all is better.
    (1..=MAX_DURATION_MS).contains(&millis).then_some(millis)
}

/// Units of a second, of a movie header that is whole and names the length zero.
fn unknown_scale(mvhd: &[u8]) -> Option<u32> {
    match mvhd.first()? {
        0 if be32(mvhd, 16)? == 0 => be32(mvhd, 12),
        1 if be64(mvhd, 24)? == 0 => be32(mvhd, 20),
        _ => None,
    }
}

/// The duration of the whole, fragments included. ISO/IEC 14496-12 (8.8.2) defines `fragment_duration` as the length of
/// the presentation "including fragments", so it isn't added to the movie header's, as some readers do: in files where
/// both are set, the sum counts what stands in front of the fragments twice.
fn fragments_duration(mehd: &[u8], scale: u32) -> Option<u64> {
    let units = match mehd.first()? {
        0 => u64::from(be32(mehd, 4)?),
        1 => be64(mehd, 4)?,
        _ => return None,
    };
    in_millis(units, scale)
}

/// The duration in a track's header, in the movie's units.
fn track_duration(tkhd: &[u8], scale: u32) -> Option<u64> {
    let units = match tkhd.first()? {
        0 => u64::from(be32(tkhd, 20).filter(|units| *units != u32::MAX)?),
        1 => be64(tkhd, 28).filter(|units| *units != u64::MAX)?,
        _ => return None,
    };
    in_millis(units, scale)
}

/// A track's header, in its longer version: 8.3.2.
const TRACK_HEADER: usize = 96;

/// Width and height in a track's header, as its transform shows them; none of a track without a picture.
fn track_sides(tkhd: &[u8]) -> Option<(u32, u32)> {
    let transform = match tkhd.first()? {
        0 => 40,
        1 => 52,
        _ => return None,
    };
    // Behind the nine words of the transform; sixteen bits of each are behind the point.
    let side = |at| Some(be32(tkhd, transform + at)? >> 16).filter(|side| *side > 0);
    let (width, height) = (side(36)?, side(40)?);
    // Turned by a quarter, as cameras store what was held upright: only the other two words say something.
    let is_turned = be32(tkhd, transform)? == 0 && be32(tkhd, transform + 16)? == 0;
    Some(if is_turned {
        (height, width)
    } else {
        (width, height)
    })
}

#[cfg(test)]
mod tests;
