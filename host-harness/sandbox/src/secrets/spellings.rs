//! The ways in which a secret may be written, and the search for all of them at once, in pieces of any size.
//! Each spelling has all its characters encoded alike; what mixes several encodings isn't found. Pure.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind, packed};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use bytes::Bytes;
use sha2::{Digest, Sha256};

/// Shorter texts are no secrets that could be searched for: they would be found everywhere.
const SEARCHABLE_BYTES: usize = 8;

/// Patterns that are looked for in one pass over the bytes: as many as the quick search takes with its narrow registers.
const PATTERNS_A_PASS: usize = 32;

/// What was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finding {
    /// A real secret, in whatever spelling.
    Secret,
    /// What stands for one inside the sandbox.
    Placeholder,
}

/// Secrets in every spelling, and the placeholders' marks as they are.
pub struct Spellings {
    patterns: Vec<Vec<u8>>,
    /// So many of the patterns are spellings of secrets; those behind are marks.
    secrets: usize,
    /// With which bytes they begin.
    first: [bool; 256],
    /// Whether there is anything at all, at the speed of memory; `None` on a processor that can't.
    quick: Option<Vec<packed::Searcher>>,
    /// What there is, and where; made when there is something. `None` inside where a search is impossible: everything then
    /// counts as a secret.
    thorough: OnceLock<Option<AhoCorasick>>,
}

impl Spellings {
    /// Of these secrets, and of placeholders in which one of these marks stands. Texts too short to be a secret are left out.
    pub fn of<'a>(secrets: impl Iterator<Item = &'a str>, marks: &[String]) -> Self {
        let mut patterns: Vec<Vec<u8>> = secrets
            .filter(|secret| secret.len() >= SEARCHABLE_BYTES)
            .flat_map(spellings)
            .collect();
        // A secret of letters and digits looks the same in most encodings, so many of the patterns are one.
        patterns.sort_unstable();
        patterns.dedup();
        let secrets = patterns.len();
        patterns.extend(marks.iter().map(|mark| mark.clone().into_bytes()));
        let mut first = [false; 256];
        for pattern in &patterns {
            first[usize::from(pattern[0])] = true;
        }
        let quick = patterns
            .chunks(PATTERNS_A_PASS)
            .map(packed::Searcher::new)
            .collect();
        Self {
            patterns,
            secrets,
            first,
            quick,
            thorough: OnceLock::new(),
        }
    }

    /// The first thing in `bytes` that must not stand there; a secret before a placeholder.
    pub fn find(&self, bytes: &[u8]) -> Option<Finding> {
        if !self.is_anything_in(bytes) {
            return None;
        }
        let Some(search) = self.thorough() else {
            return Some(Finding::Secret);
        };
        let mut found = None;
        for at in search.find_overlapping_iter(bytes) {
            if at.pattern().as_usize() < self.secrets {
                return Some(Finding::Secret);
            }
            // Goes on: a secret behind it matters more, and has another reason in the refusal.
            found = Some(Finding::Placeholder);
        }
        found
    }

    /// Overwrites every secret in `bytes`; their length stays.
    pub fn overwrite(&self, bytes: &mut [u8]) {
        if !self.is_anything_in(bytes) {
            return;
        }
        let Some(search) = self.thorough() else {
            bytes.fill(b'*');
            return;
        };
        // All places before the first is overwritten: one spelling may begin inside another, whose
        // beginning would be stars by then.
        let spans: Vec<_> = search
            .find_overlapping_iter(&*bytes)
            .filter(|at| at.pattern().as_usize() < self.secrets)
            .map(|at| at.range())
            .collect();
        for span in spans {
            bytes[span].fill(b'*');
        }
    }

    /// Nearly all bytes that pass hold nothing, and an automaton takes most of an upload's time to say so.
    fn is_anything_in(&self, bytes: &[u8]) -> bool {
        let found = |group: &packed::Searcher| group.find(bytes).is_some();
        self.quick
            .as_ref()
            .is_none_or(|groups| groups.iter().any(found))
    }

    fn thorough(&self) -> Option<&AhoCorasick> {
        // A table of all states and bytes would be faster, and three megabytes for each step that runs.
        let build = || {
            AhoCorasick::builder()
                .kind(Some(AhoCorasickKind::ContiguousNFA))
                .match_kind(MatchKind::Standard)
                .build(&self.patterns)
                .ok()
        };
        self.thorough.get_or_init(build).as_ref()
    }

    /// How many bytes at the end could be the beginning of something that is searched for.
    pub fn open_end(&self, bytes: &[u8]) -> usize {
        // One byte less than the longest pattern: a whole one would have been found already.
        let longest = self.patterns.iter().map(Vec::len).max().unwrap_or(1) - 1;
        let tail = &bytes[bytes.len().saturating_sub(longest)..];
        let open = |rest: &[u8]| {
            let begins =
                |pattern: &Vec<u8>| pattern.len() > rest.len() && pattern.starts_with(rest);
            self.first[usize::from(rest[0])] && self.patterns.iter().any(begins)
        };
        (0..tail.len())
            .find(|from| open(&tail[*from..]))
            .map_or(0, |from| tail.len() - from)
    }

    /// Splits a piece into what may pass now and what has to wait for the next piece.
    pub fn split(&self, mut piece: Bytes) -> (Bytes, Bytes) {
        let held = piece.split_off(piece.len() - self.open_end(&piece));
        (piece, held)
    }
}

/// The latest search, for all calls that know the same secrets: it takes longer to build than a poll's request to read.
#[derive(Default)]
pub struct LatestSpellings(Mutex<Option<([u8; 32], Arc<Spellings>)>>);

impl LatestSpellings {
    /// Of these secrets; the marks are the same at every call.
    pub fn of(&self, secrets: &[&str], marks: &[String]) -> Arc<Spellings> {
        // A digest says whether they are the same without keeping the secrets in one more place.
        let mut digest = Sha256::new();
        for secret in secrets {
            // The lengths keep apart two lists that are the same text when they are joined.
            digest.update(secret.len().to_le_bytes());
            digest.update(secret);
        }
        let digest: [u8; 32] = digest.finalize().into();
        let mut latest = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match latest.as_ref() {
            Some((of, spellings)) if *of == digest => Arc::clone(spellings),
            _ => {
                let spellings = Arc::new(Spellings::of(secrets.iter().copied(), marks));
                *latest = Some((digest, Arc::clone(&spellings)));
                spellings
            }
        }
    }
}

/// Every spelling of one secret:
///
/// | spelling | with |
/// |---|---|
/// | as it is | |
/// | hexadecimal | small and capital digits |
/// | JSON | as it must be, with `\/`, and every character as `\uXXXX`; each once more inside of a JSON text |
/// | percent-encoded | every byte, all but letters and digits, all that a URL doesn't leave; small and capital digits |
/// | base64 | both alphabets, at each of the three places in a group |
fn spellings(secret: &str) -> Vec<Vec<u8>> {
    let bytes = secret.as_bytes();
    let each = |write: &dyn Fn(u8) -> String| bytes.iter().map(|byte| write(*byte)).collect();
    let mut texts: Vec<String> = vec![
        secret.to_owned(),
        each(&|byte| format!("{byte:02x}")),
        each(&|byte| format!("{byte:02X}")),
        json(secret, false),
        json(secret, false).replace('/', "\\/"),
        json(secret, true),
        json(secret, true)
            .to_ascii_uppercase()
            .replace("\\U", "\\u"),
    ];
    // JSON as a text in JSON, as the messages of some chats are.
    let nested: Vec<String> = texts[3..].iter().map(|text| json(text, false)).collect();
    texts.extend(nested);
    let keep: [&dyn Fn(u8) -> bool; 3] = [
        &|_| false,
        &|byte| byte.is_ascii_alphanumeric(),
        // RFC 3986: what a URL leaves as it is.
        &|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte),
    ];
    for keep in keep {
        for upper in [false, true] {
            texts.push(each(&|byte| match (keep(byte), upper) {
                (true, _) => char::from(byte).to_string(),
                (false, false) => format!("%{byte:02x}"),
                (false, true) => format!("%{byte:02X}"),
            }));
        }
    }
    for engine in [&STANDARD, &URL_SAFE] {
        texts.extend((0..3).map(|before| base64(engine, bytes, before)));
    }
    texts.into_iter().map(String::into_bytes).collect()
}

/// As JSON writes it: where it must, or every character as `\uXXXX`.
fn json(secret: &str, escape_all: bool) -> String {
    if escape_all {
        return secret
            .encode_utf16()
            .map(|unit| format!("\\u{unit:04x}"))
            .collect();
    }
    let quoted = serde_json::Value::from(secret).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

/// The digits that are the same whatever stands before and behind, when `before` bytes of a group of three do.
fn base64(engine: &impl Engine, secret: &[u8], before: usize) -> String {
    let padded = [&[0; 2][..before], secret].concat();
    let text = engine.encode(&padded);
    let first = (before * 8).div_ceil(6);
    let end = padded.len() * 8 / 6;
    text[first..end].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marks() -> Vec<String> {
        vec!["placeholder-api-key".to_owned()]
    }

    const SECRET: &str = "mgk_s3cr\"t/1~é";

    fn search() -> Spellings {
        Spellings::of([SECRET, "short"].into_iter(), &marks())
    }

    /// What others make of the secret between other bytes; none of it comes from the code under test.
    fn written() -> Vec<(&'static str, String)> {
        let all = [
            ("raw", r#"mgk_s3cr"t/1~é"#),
            ("json", r#"mgk_s3cr\"t/1~é"#),
            ("json of PHP", r#"mgk_s3cr\"t\/1~é"#),
            (
                "json, all escaped",
                r"\u006d\u0067\u006b\u005f\u0073\u0033\u0063\u0072\u0022\u0074\u002f\u0031\u007e\u00e9",
            ),
            (
                "json, in capitals",
                r"\u006D\u0067\u006B\u005F\u0073\u0033\u0063\u0072\u0022\u0074\u002F\u0031\u007E\u00E9",
            ),
            ("json in json", r#"mgk_s3cr\\\"t/1~é"#),
            (
                "json in json, all escaped",
                r"\\u006d\\u0067\\u006b\\u005f\\u0073\\u0033\\u0063\\u0072\\u0022\\u0074\\u002f\\u0031\\u007e\\u00e9",
            ),
            ("percent of Python", "mgk_s3cr%22t%2F1~%C3%A9"),
            ("percent, small", "mgk_s3cr%22t%2f1~%c3%a9"),
            ("percent but letters", "mgk%5Fs3cr%22t%2F1%7E%C3%A9"),
            (
                "percent, all",
                "%6D%67%6B%5F%73%33%63%72%22%74%2F%31%7E%C3%A9",
            ),
            ("hex", "6d676b5f7333637222742f317ec3a9"),
            ("hex, capitals", "6D676B5F7333637222742F317EC3A9"),
            ("base64", "bWdrX3MzY3IidC8xfsOp"),
            ("base64 behind one byte", "IG1na19zM2NyInQvMX7DqQ=="),
            ("base64 behind two bytes", "ICBtZ2tfczNjciJ0LzF+w6k="),
            ("base64url behind two bytes", "ICBtZ2tfczNjciJ0LzF-w6k"),
            ("base64 between bytes", "IG1na19zM2NyInQvMX7DqSAg"),
        ];
        all.map(|(name, text)| (name, text.to_owned())).to_vec()
    }

    #[test]
    fn a_secret_is_found_in_every_spelling_and_nothing_else_is() {
        for (name, text) in written() {
            let inside = format!("xx{text}xx");
            assert_eq!(
                search().find(inside.as_bytes()),
                Some(Finding::Secret),
                "{name}"
            );
        }
        for harmless in ["", "short", "mgk_s3cr", "t/1~é", "bWdrX3Mz", "%6D%67%6B"] {
            assert_eq!(search().find(harmless.as_bytes()), None, "{harmless}");
        }
    }

    #[test]
    fn a_processor_without_the_quick_search_finds_the_same() {
        let slow = || Spellings {
            quick: None,
            ..search()
        };
        for (name, text) in written() {
            let mut bytes = format!("xx{text}xx").into_bytes();
            assert_eq!(slow().find(&bytes), Some(Finding::Secret), "{name}");
            slow().overwrite(&mut bytes);
            assert_eq!(slow().find(&bytes), None, "{name}");
        }
        assert_eq!(slow().find(b"t/1~\xc3\xa9"), None);
    }

    #[test]
    fn a_placeholder_is_found_and_a_secret_counts_more() {
        let placeholder = "x mgk_placeholder-api-key-1234 ";
        assert_eq!(
            search().find(placeholder.as_bytes()),
            Some(Finding::Placeholder)
        );
        let both = format!("{placeholder}{SECRET}");
        assert_eq!(search().find(both.as_bytes()), Some(Finding::Secret));
    }

    #[test]
    fn what_is_overwritten_keeps_its_length_and_its_neighbours() {
        for (name, text) in written() {
            let mut bytes = format!("<{text}><{text}>").into_bytes();
            let length = bytes.len();
            search().overwrite(&mut bytes);
            assert_eq!(search().find(&bytes), None, "{name}");
            assert_eq!(bytes.len(), length);
            assert_eq!((bytes[0], bytes[length - 1]), (b'<', b'>'));
            let left = bytes.iter().filter(|byte| **byte != b'*').count();
            // The digits of base64 that neighbours have a part in stay.
            assert!(
                left <= 4 + 2 * 8,
                "{name}: {}",
                String::from_utf8_lossy(&bytes)
            );
        }
    }

    #[test]
    fn wherever_the_pieces_part_a_secret_waits_for_its_end() {
        for (name, text) in written() {
            for at in 0..text.len() {
                let (first, second) = text.as_bytes().split_at(at);
                if search().find(first).is_some() {
                    continue;
                }
                let (_, held) = search().split(Bytes::copy_from_slice(first));
                let rest = [&held[..], second].concat();
                let found = search().find(&rest);
                assert_eq!(found, Some(Finding::Secret), "{name} at {at}");
            }
        }
    }

    #[test]
    fn a_search_is_shared_while_the_secrets_are_the_same() {
        let latest = LatestSpellings::default();
        let first = latest.of(&[SECRET], &marks());
        assert!(Arc::ptr_eq(&first, &latest.of(&[SECRET], &marks())));
        let more = latest.of(&[SECRET, "another-secret"], &marks());
        assert_eq!(first.find(b"another-secret"), None);
        assert_eq!(more.find(b"another-secret"), Some(Finding::Secret));
        // Where one secret ends and the next begins counts.
        let cut = latest.of(&[&SECRET[..6], &SECRET[6..], "another-secret"], &marks());
        assert!(!Arc::ptr_eq(&more, &cut));
    }

    #[test]
    fn ordinary_text_is_not_held_back() {
        let (passed, held) = search().split(Bytes::from_static(b"an ordinary sentence."));
        assert_eq!((passed.len(), held.len()), (21, 0));
    }
}
