//! The user's own pictures that a request names: what stands for them in the words, and what is kept of each.

use crate::io::Io;
use crate::media::{self, MediaKind};
use crate::problem::Problem;
use crate::store::pictures;
use crate::upstream::{Reference, References, Upstream, split};

/// How much is shown of what stands where a digest should.
const SHOWN_CHARS: usize = 40;

/// The words as they go out, and the pictures that go with them.
pub(super) struct Named {
    /// Without what stands for pictures; none where nothing else is said.
    pub words: Option<String>,
    /// The pictures, in the order of the words.
    pub pictures: Vec<Reference>,
}

/// Finds them.
///
/// # Errors
/// Permanent: one isn't kept here, or the service takes none from here. Nothing was submitted.
pub(super) fn named(io: &Io, upstream: &Upstream<'_>, words: &str) -> Result<Named, Problem> {
    // Whatever stands behind the mark: what is none must not go out as words, and be paid for.
    let (rest, digests) = split(words, pictures::MARK, |_| true);
    let member = upstream.service().member();
    match member.traits.references {
        References::Uploaded(_) if !digests.is_empty() => {
            return Err(Problem::permanent(format!(
                "{} takes no picture that is kept here ({}…): upload it once more with that service in use. Nothing was submitted.",
                member.title,
                pictures::MARK
            )));
        }
        References::Uploaded(_) | References::InRequest(_) => {}
    }
    // All of them before anything is stored: half of the pictures would be another request.
    let found = digests.iter().map(|digest| picture(io, digest));
    let pictures = found.collect::<Result<_, _>>()?;
    let has_words = !rest.trim().is_empty();
    Ok(Named {
        words: has_words.then_some(rest),
        pictures,
    })
}

/// One picture, looked at once more: what was kept is what is sent.
fn picture(io: &Io, digest: &str) -> Result<Reference, Problem> {
    let unknown = || {
        let shown = contract::text::one_line(digest, SHOWN_CHARS);
        Problem::permanent(format!(
            "The picture {}{shown} isn't kept here, or no longer (pictures are kept for {} days): upload it again. Nothing was submitted.",
            pictures::MARK,
            pictures::KEPT_DAYS
        ))
    };
    let (kept, seen) = pictures::find(io, digest)?.ok_or_else(unknown)?;
    match media::sniff(&seen.head) {
        MediaKind::Image(format) if seen.len == kept.len => Ok(Reference {
            path: kept.path(),
            len: kept.len,
            format,
            size: media::image::dimensions(&seen.head),
        }),
        // Not what was kept under this name: whoever changed it, it isn't the user's picture any more.
        MediaKind::Image(_) | MediaKind::Mp4 | MediaKind::OtherVideo | MediaKind::Unknown => {
            Err(unknown())
        }
    }
}
