//! One line of the record: a JSON object whose last member is the digest of everything before it. Pure.
//!
//! ```text
//! {"n":7,"prev":"<digest of line 6>","at":…,…,"hash":"<SHA-256 of all bytes before ,"hash">"}
//! ```

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

/// What stands before the digest, which is 64 characters, and what stands behind it.
const MARK: &str = r#","hash":""#;
const END: &str = r#""}"#;
const DIGEST_CHARS: usize = 64;

/// A place in the chain: the number of a line and its digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Link {
    /// The line's number; the first one of all has 1.
    pub(super) n: u64,
    /// SHA-256 in hex, as it stands in the line.
    pub(super) hash: String,
}

impl Link {
    /// Before the first line of all.
    pub(super) fn genesis() -> Self {
        Self {
            n: 0,
            hash: "0".repeat(DIGEST_CHARS),
        }
    }

    /// The link that JSON with the members `n` and `hash` names.
    pub(super) fn of(json: &Value) -> Option<Self> {
        Some(Self {
            n: json["n"].as_u64()?,
            hash: json["hash"].as_str()?.to_owned(),
        })
    }
}

/// SHA-256 in hex.
pub fn digest(bytes: &[u8]) -> String {
    use std::fmt::Write;
    let mut text = String::with_capacity(DIGEST_CHARS);
    for byte in Sha256::digest(bytes) {
        // A String takes everything.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// The line that follows `link`, without its line feed, and its own link.
pub(super) fn seal(link: &Link, members: &Map<String, Value>) -> (String, Link) {
    let mut object = Map::new();
    object.insert("n".to_owned(), Value::from(link.n + 1));
    object.insert("prev".to_owned(), Value::from(link.hash.as_str()));
    object.extend(members.clone());
    let mut text = Value::Object(object).to_string();
    // Without the closing brace: the digest is one more member of the same object, so that a line is JSON
    // for any reader.
    text.pop();
    let hash = digest(text.as_bytes());
    text.push_str(MARK);
    text.push_str(&hash);
    text.push_str(END);
    let n = link.n + 1;
    (text, Link { n, hash })
}

/// A line that holds together in itself.
pub(super) struct Sealed {
    /// The line before it, as it claims.
    pub(super) prev: String,
    pub(super) link: Link,
    pub(super) members: Value,
}

/// Reads a line without its line feed. `None`: it was changed, or is no line of ours.
pub(super) fn open(bytes: &[u8]) -> Option<Sealed> {
    let text = std::str::from_utf8(bytes).ok()?;
    let (body, rest) = text.rsplit_once(MARK)?;
    let hash = rest.strip_suffix(END)?;
    if digest(body.as_bytes()) != hash {
        return None;
    }
    let members: Value = serde_json::from_str(text).ok()?;
    Some(Sealed {
        prev: members["prev"].as_str()?.to_owned(),
        link: Link::of(&members).filter(|link| link.hash == hash)?,
        members,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_sealed_line_opens_and_says_what_it_follows() {
        let members = json!({"call": "poll", "odd": ",\"hash\":\"x\"}"});
        let (first, link) = seal(&Link::genesis(), members.as_object().unwrap());
        let (second, _) = seal(&link, members.as_object().unwrap());
        let opened = open(second.as_bytes()).unwrap();
        assert_eq!((opened.prev, opened.link.n), (link.hash, 2));
        assert_eq!(open(first.as_bytes()).unwrap().members["call"], "poll");
    }

    #[test]
    fn no_line_opens_with_any_bit_of_it_changed_or_its_end_missing() {
        let (line, _) = seal(&Link::genesis(), json!({"a": 1}).as_object().unwrap());
        for at in 0..line.len() {
            for bit in 0..8 {
                let mut bytes = line.clone().into_bytes();
                bytes[at] ^= 1 << bit;
                assert!(open(&bytes).is_none(), "byte {at} bit {bit}");
            }
            assert!(open(&line.as_bytes()[..at]).is_none());
        }
    }
}
