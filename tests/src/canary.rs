//! The search for planted secrets: raw, in base64 and base64url, in hex, percent- and JSON-escaped. It shares nothing
//! with the harness's own search.

use std::collections::BTreeMap;
use std::fmt::Write;

use aho_corasick::AhoCorasick;

/// By so many bytes a spelling is found; the rest is compared. Every process of the tests makes such a search, and one of whole
/// spellings has ten times as many states.
const BEGINNING_BYTES: usize = 8;

/// Canaries in all their spellings.
pub struct Search {
    /// Each spelling, behind its name.
    spellings: Vec<(String, String)>,
    beginnings: AhoCorasick,
    /// Of each beginning, the spellings that have it.
    of_beginning: Vec<Vec<usize>>,
}

impl Search {
    /// For secrets with their names.
    pub fn of(secrets: &[(String, String)]) -> Self {
        let mut spellings = Vec::new();
        for (name, secret) in secrets {
            for (spelling, text) in patterns_of(secret) {
                spellings.push((format!("{name}, {spelling}"), text));
            }
        }
        let mut by_beginning: BTreeMap<&[u8], Vec<usize>> = BTreeMap::new();
        for (at, (_, text)) in spellings.iter().enumerate() {
            let bytes = text.as_bytes();
            let beginning = &bytes[..bytes.len().min(BEGINNING_BYTES)];
            by_beginning.entry(beginning).or_default().push(at);
        }
        let beginnings =
            AhoCorasick::new(by_beginning.keys()).expect("a few hundred short patterns");
        let of_beginning = by_beginning.into_values().collect();
        Self {
            spellings,
            beginnings,
            of_beginning,
        }
    }

    /// The first one in `bytes`, by name and spelling.
    pub fn find(&self, bytes: &[u8]) -> Option<&str> {
        self.beginnings
            .find_overlapping_iter(bytes)
            .find_map(|found| {
                let here = &bytes[found.start()..];
                let begins = |at: &&usize| here.starts_with(self.spellings[**at].1.as_bytes());
                let all = &self.of_beginning[found.pattern().as_usize()];
                all.iter().find(begins)
            })
            .map(|at| self.spellings[*at].0.as_str())
    }
}

/// A secret as others write it, with the name of the spelling: whole, and in base64 between other bytes.
pub fn spellings(secret: &str) -> Vec<(&'static str, String)> {
    let between = |before: usize| {
        let mut bytes = [&b"--"[..before], secret.as_bytes()].concat();
        bytes.resize(bytes.len().next_multiple_of(3), b'-');
        bytes
    };
    [escaped(secret), in_base64(&between)].concat()
}

/// What is searched for: in base64 only what is the same whatever stands around the secret.
fn patterns_of(secret: &str) -> Vec<(&'static str, String)> {
    let behind = |skip: usize| secret.as_bytes()[skip..].to_vec();
    let mut all = [escaped(secret), in_base64(&behind)].concat();
    // As text within JSON, as records and messages hold it.
    let escapes = all.iter().filter(|(_, text)| text.contains('\\'));
    let nested: Vec<_> = escapes
        .map(|(name, text)| (*name, text.replace('\\', r"\\")))
        .collect();
    all.extend(nested);
    all
}

/// At each of the three places that a byte can have in base64.
fn in_base64(bytes: &dyn Fn(usize) -> Vec<u8>) -> Vec<(&'static str, String)> {
    let both = |place: usize| {
        let text = base64(&bytes(place));
        let url = text.replace('+', "-").replace('/', "_");
        [("base64", text), ("base64url", url)]
    };
    (0..3).flat_map(both).collect()
}

fn escaped(secret: &str) -> Vec<(&'static str, String)> {
    let bytes = secret.as_bytes();
    let each = |before: &str, upper: bool| {
        bytes.iter().fold(String::new(), |mut text, byte| {
            if upper {
                let _ = write!(text, "{before}{byte:02X}");
            } else {
                let _ = write!(text, "{before}{byte:02x}");
            }
            text
        })
    };
    vec![
        ("raw", secret.to_owned()),
        ("hex", each("", false)),
        ("hex", each("", true)),
        ("percent-escaped", each("%", false)),
        ("percent-escaped", each("%", true)),
        (
            "percent-escaped",
            secret.replace('_', "%5F").replace('-', "%2D"),
        ),
        ("JSON-escaped", each("\\u00", false)),
        ("JSON-escaped", each("\\u00", true)),
    ]
}

/// Whole groups of three bytes only: what stays the same whatever follows.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let group = |group: &[u8]| {
        let bits = group
            .iter()
            .fold(0_usize, |bits, byte| bits << 8 | usize::from(*byte));
        [18, 12, 6, 0].map(|shift| char::from(DIGITS[bits >> shift & 63]))
    };
    bytes.chunks_exact(3).flat_map(group).collect()
}
