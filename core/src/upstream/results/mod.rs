//! Result URLs: which addresses in a backend's words are a finished file, and nothing else.
//!
//! Everything here is text in, text out. A [`ResultUrl`] holds an address in a store of some service, so that whoever is given
//! one need not check again before fetching or sending it; or, where a service itself calls it a result, one elsewhere, which is
//! only shown ([`ResultUrl::is_elsewhere`]).

mod links;
mod store;

use serde_json::Value;

use crate::json::{Stored, Written, member, object_of};
pub use links::{Links, ResultId};
pub use store::{Store, ask, prefixes, stores};

/// What every address begins with: where a scan stops to look closer.
const SCHEME: &str = "https://";

/// Bytes of the longest URL taken. Result URLs have about 120, signed ones some 600; proxies and
/// the store itself refuse addresses of several kilobytes, so a longer one is no working result
/// and would only swell state and messages. It is left out as a whole, never cut.
pub const MAX_URL_LEN: usize = 2048;

/// Longest extension, in characters: `webp` and `jpeg` have four, one is left over for the unknown.
const MAX_EXTENSION_LEN: usize = 5;

/// The address of a finished file in the media store of a service, exactly as it was found, and the service's own name for
/// the result, where it gives one.
///
/// It begins with one of [`prefixes`], has a file behind that, consists of printable ASCII without quotes, brackets and backslashes, has no `.` or `..`
/// segment (percent-encoded or not) and at most [`MAX_URL_LEN`] bytes. Query and fragment are kept.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResultUrl {
    url: String,
    id: Option<String>,
}

impl Written for ResultUrl {
    /// One without a name of its own is its address, as version 1 wrote it.
    fn to_json(&self) -> Value {
        match &self.id {
            None => self.as_str().into(),
            Some(id) => object_of(&["id", "url"], &[Some(id), Some(&self.url)]),
        }
    }
}

impl Stored for ResultUrl {
    fn from_json(value: &Value) -> Option<Self> {
        if let Some(text) = value.as_str() {
            return Self::parse(text);
        }
        // What has a name of its own is what its service calls a result, wherever that lies.
        let url = Self::anywhere(&member::<String>(value, "url")?)?;
        Some(url.identified(member(value, "id")?))
    }
}

impl ResultUrl {
    /// The text as a result URL, if the whole of it is one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        // The same reading as in running text, so that what was found in a message is also accepted from a
        // user.
        let (end, url) = scan(text, None, false)?;
        (end == text.len() && url.len() == end).then(|| Self::found(url))
    }

    /// The text as the address of what a service calls a result: one in a store, or an address elsewhere, which is never fetched
    /// and only shown to people.
    #[must_use]
    pub fn anywhere(text: &str) -> Option<Self> {
        Self::parse(text).or_else(|| {
            let behind = text.strip_prefix(SCHEME)?;
            let host = behind.split(['/', '?', '#']).next()?;
            // A name of letters, with a file behind it: no address of a machine, no port, and nobody's password.
            let is_name = host.contains('.')
                && host
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(&byte))
                && host
                    .rsplit('.')
                    .next()?
                    .bytes()
                    .all(|byte| byte.is_ascii_alphabetic())
                && !host.ends_with('.');
            let file = path(behind).get(host.len()..)?;
            let is_whole = tail_len(behind.as_bytes()) == behind.len() && text.len() <= MAX_URL_LEN;
            let is_good = is_name && is_whole && file.len() > 1 && !has_dot_segment(file);
            is_good.then(|| Self::found(text))
        })
    }

    /// Whether it lies in no store that is known: it is shown as a link, and nothing is asked of it.
    #[must_use]
    pub fn is_elsewhere(&self) -> bool {
        store::of(&self.url).is_none()
    }

    /// One that was found in a text and checked by [`scan`].
    fn found(url: &str) -> Self {
        Self {
            url: url.to_owned(),
            id: None,
        }
    }

    /// The same result by the name that its service has for it: a task, an artefact. Its address may change then.
    #[must_use]
    pub fn identified(mut self, id: String) -> Self {
        self.id = Some(id);
        self
    }

    /// The URL as it was found.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.url
    }

    /// The address of a picture of a film's first frame, where its store makes one: not of a link that is signed.
    #[must_use]
    pub fn first_frame(&self) -> Option<String> {
        let query = store::of(&self.url)?.first_frame?;
        // A second query would break the signature, and the store would refuse it.
        (!self.url.contains('?')).then(|| [self.as_str(), query].concat())
    }

    /// Whether it stands where users' uploads are: the file may be the user's own reference, but need not be, some
    /// results stand there too.
    #[must_use]
    pub fn is_upload(&self) -> bool {
        stores().any(|store| store.is_upload(&self.url))
    }

    /// The extension of the file's name, without the dot and in the case it was written in: compare
    /// it ignoring ASCII case. Only one to five ASCII letters and digits are an extension, so that
    /// it can stand in the name of a local file.
    #[must_use]
    pub fn extension(&self) -> Option<&str> {
        let name = path(&self.url).rsplit('/').next()?;
        let (stem, extension) = name.rsplit_once('.')?;
        let safe = (1..=MAX_EXTENSION_LEN).contains(&extension.len())
            && extension.bytes().all(|byte| byte.is_ascii_alphanumeric());
        (safe && !stem.is_empty()).then_some(extension)
    }
}

/// Every result URL in a text, in order, one for each result ([`Links`]).
///
/// A URL ends before whitespace, control characters, non-ASCII characters (CJK punctuation and
/// typographic quotes among them), `"'<>()[]{}`, a backslash, backtick, `|`, `^`, `**` and the next
/// `http://` or `https://` that isn't a query value. Behind that, trailing `* , . ; : ! ?` are
/// the sentence's and not the URL's, and so is a `_` or `~` that also stands before it.
///
/// The scheme must not be the tail of a longer word (`xhttps://`). A result URL inside another
/// address (`https://example.com/?u=https://libtv-res…`) is taken, and only it: what is fetched
/// or sent is always an address of the media store.
#[must_use]
pub fn extract(text: &str) -> Vec<ResultUrl> {
    let mut found = Links::default();
    // Up to where the text has been dealt with, and whether an address under a prefix ended there.
    let (mut at, mut after_address) = (0, false);
    while let Some(rest) = text.get(at..)
        && let Some(skipped) = rest.find(SCHEME)
        && let Some((before, candidate)) = text.split_at_checked(at + skipped)
    {
        // Two addresses may stand without anything between them.
        let glued = after_address && skipped == 0;
        let scanned = if glued || !ends_in_scheme(before) {
            scan(candidate, before.bytes().next_back(), true)
        } else {
            None
        };
        after_address = scanned.is_some();
        // On a miss too the scan goes on behind the scheme, so that each byte is looked at once.
        let (len, url) = scanned.unwrap_or((SCHEME.len(), ""));
        at = before.len() + len;
        if !url.is_empty() {
            found.add(ResultUrl::found(url));
        }
    }
    found.into_vec()
}

/// Whether `https` behind this text would be the tail of another scheme, such as `xhttps`. A letter
/// behind a backslash is the end of an escaped line break or tab.
fn ends_in_scheme(before: &str) -> bool {
    match before.as_bytes() {
        [.., b'\\', b'n' | b'r' | b't'] => false,
        [.., last] => last.is_ascii_alphabetic() || *last == b'+',
        [] => false,
    }
}

/// Where the address that `text` begins with ends, and the result URL in it: empty when it isn't
/// one. `None` when the text begins with no prefix of a store that fits.
fn scan(text: &str, before: Option<u8>, in_words: bool) -> Option<(usize, &str)> {
    let prefix_len = stores().find_map(|store| store.prefix_len(text, in_words))?;
    let tail = text.get(prefix_len..)?;
    // Every byte up to `end` is ASCII, so both cuts are at character boundaries.
    let end = prefix_len + tail_len(tail.as_bytes());
    let whole = text.get(..end)?;
    // The marks behind a link belong to the sentence: kept, they would make another address of it.
    let mut url = whole.trim_end_matches(['*', ',', '.', ';', ':', '!', '?']);
    if let Some(mark @ (b'_' | b'~')) = before {
        url = url.trim_end_matches(char::from(mark));
    }
    let good = url.len() <= MAX_URL_LEN
        && path(url)
            .get(prefix_len..)
            .is_some_and(|file| file.bytes().any(|byte| byte != b'/'))
        // Also of what was cut off: `/..` and a full stop are the same characters.
        && !has_dot_segment(path(url))
        && !has_dot_segment(path(whole));
    Some((end, if good { url } else { "" }))
}

/// How many bytes behind the prefix can belong to the address.
fn tail_len(tail: &[u8]) -> usize {
    let mut previous = b'/';
    let mut rest = tail;
    while let Some((&byte, after)) = rest.split_first() {
        let next_address = byte == b'h'
            && previous != b'='
            && (rest.starts_with(b"https://") || rest.starts_with(b"http://"));
        let ends = !byte.is_ascii_graphic()
            || b"\"'<>()[]{}\\`|^".contains(&byte)
            || rest.starts_with(b"**")
            || next_address;
        if ends {
            break;
        }
        previous = byte;
        rest = after;
    }
    tail.len() - rest.len()
}

/// The URL without query and fragment.
fn path(url: &str) -> &str {
    let end = url.bytes().position(|byte| matches!(byte, b'?' | b'#'));
    end.and_then(|end| url.get(..end)).unwrap_or(url)
}

/// Whether some segment is `.` or `..` once dots, slashes and backslashes are percent-decoded:
/// servers and URL parsers would take it for another path than the one that was checked.
fn has_dot_segment(path: &str) -> bool {
    let mut rest = path.as_bytes();
    // Dots of the segment so far; `None` once it holds anything else.
    let mut dots = None;
    while let Some((&first, after)) = rest.split_first() {
        let (byte, after) = match rest {
            [b'%', b'2', b'e' | b'E', tail @ ..] => (b'.', tail),
            [b'%', b'2', b'f' | b'F', tail @ ..] | [b'%', b'5', b'c' | b'C', tail @ ..] => {
                (b'/', tail)
            }
            _ => (first, after),
        };
        match (byte, dots) {
            (b'/', Some(1 | 2)) => return true,
            (b'/', _) => dots = Some(0),
            (b'.', Some(count @ 0..=2)) => dots = Some(count + 1),
            _ => dots = None,
        }
        rest = after;
    }
    matches!(dots, Some(1 | 2))
}

#[cfg(test)]
mod tests;
