//! The form of a record file: one line that says what it is and how it must look, then JSON.
//!
//! ```text
//! libtv-video 1 asked 312 9ae0daaf
//! {"session_id":…}
//! ```
//! Version, kind, length, and the CRC-32 (IEEE) of what stands before it and of the JSON. A change of
//! any bit or length is noticed.

use serde_json::Value;

use super::version1;
use crate::json::{self, Stored, Written};
use crate::problem::{Cause, Problem};

/// The newest version that this program reads and writes. A record that says nothing that version 1 couldn't is written as
/// version 1, so that an earlier program on the same folder goes on with it.
pub const VERSION: u32 = 2;

/// Why a record can't be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Bad {
    /// Torn or damaged.
    Damaged(String),
    /// Written by a newer program: left as it is.
    Newer(u32),
}

impl Bad {
    /// As a failure of what needs the record.
    #[must_use]
    pub fn refused(&self, path: &str) -> Problem {
        Problem::permanent(format!(
            "The record {path} can't be read: {}.",
            self.words()
        ))
        .because(Cause::RecordUnreadable)
    }

    /// In words.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::Damaged(reason) => format!("it is damaged ({reason})"),
            Self::Newer(version) => {
                format!("it was written by a newer version (format {version}); update libtv-video")
            }
        }
    }
}

/// Puts a record into its file's form.
#[must_use]
pub fn encode(kind: &str, value: &dyn Written) -> Vec<u8> {
    let value = value.to_json();
    // Version 1 wherever it is enough: after a step back to the program of that version its user's jobs go on.
    let version = if version1::says(kind, &value) {
        1
    } else {
        VERSION
    };
    let body = json::text(&value);
    let mut bytes = first_line(version, kind, body.as_bytes()).into_bytes();
    bytes.extend_from_slice(body.as_bytes());
    bytes
}

/// The line in front of a body, with its line feed.
fn first_line(version: u32, kind: &str, body: &[u8]) -> String {
    let head = format!("libtv-video {version} {kind} {}", body.len());
    // Over the first line as well: a record under another kind or with a cut body must not pass.
    let sum = crc32(head.bytes().chain(body.iter().copied()));
    format!("{head} {sum:08x}\n")
}

/// CRC-32 (IEEE 802.3, reflected), bit by bit: the tables of faster ways are 16 KB, and a record has less than two.
fn crc32(bytes: impl Iterator<Item = u8>) -> u32 {
    const POLYNOMIAL: u32 = 0xedb8_8320;
    !bytes.fold(u32::MAX, |sum, byte| {
        (0..8).fold(sum ^ u32::from(byte), |sum, _| {
            (sum >> 1) ^ (POLYNOMIAL & (sum & 1).wrapping_neg())
        })
    })
}

/// Reads a record back.
///
/// # Errors
/// [`Bad`]: which of the ways it can't be used.
pub fn decode<T: Stored>(kind: &str, bytes: &[u8]) -> Result<T, Bad> {
    T::from_json(&current(kind, bytes)?).ok_or_else(unknown)
}

/// The content of a record in today's form, whatever is in it.
fn current(kind: &str, bytes: &[u8]) -> Result<Value, Bad> {
    let (version, value) = content(kind, bytes)?;
    if version < VERSION {
        return version1::read(kind, value).ok_or_else(unknown);
    }
    Ok(value)
}

/// What is whole and makes no sense.
fn unknown() -> Bad {
    Bad::Damaged("unknown content".to_owned())
}

/// The version, and what stands behind the first line, once that is right.
fn content(kind: &str, bytes: &[u8]) -> Result<(u32, Value), Bad> {
    let damaged = |reason: &str| Bad::Damaged(reason.to_owned());
    let end = bytes
        .iter()
        .position(|byte| *byte == b'\n')
        .ok_or_else(|| damaged("no first line"))?;
    let head = std::str::from_utf8(&bytes[..end]).map_err(|_| damaged("no first line"))?;
    let body = &bytes[end + 1..];
    let mut words = head.split(' ');
    if words.next() != Some("libtv-video") {
        return Err(damaged("unknown first line"));
    }
    let version: u32 = words
        .next()
        .and_then(|word| word.parse().ok())
        .ok_or_else(|| damaged("no version"))?;
    // Before the checksum: how a newer version writes its first line isn't known here.
    if version > VERSION {
        return Err(Bad::Newer(version));
    }
    // Made again and compared as a whole: there is one way to write a record, so that nothing in the line needs
    // a reader of its own.
    if bytes[..=end] != *first_line(version, kind, body).as_bytes() {
        return Err(damaged("length or checksum differ"));
    }
    let value = json::parse(body).ok_or_else(unknown)?;
    Ok((version, value))
}

#[cfg(test)]
mod tests {
    use super::{Bad, crc32, decode, encode};

    #[test]
    fn the_sum_is_the_one_of_the_standard() {
        assert_eq!(crc32(b"123456789".iter().copied()), 0xcbf4_3926);
    }

    #[test]
    fn every_flipped_bit_and_every_truncation_is_noticed() {
        let good = encode(
            "sample",
            &vec!["a session".to_owned(), "a result".to_owned()],
        );
        for at in 0..good.len() {
            assert!(
                decode::<Vec<String>>("sample", &good[..at]).is_err(),
                "cut at {at}"
            );
            for bit in 0..8 {
                let mut bad = good.clone();
                bad[at] ^= 1 << bit;
                assert!(
                    decode::<Vec<String>>("sample", &bad).is_err(),
                    "bit {bit} of byte {at}"
                );
            }
        }
    }

    #[test]
    fn a_newer_record_is_told_from_a_damaged_one() {
        let newer = String::from_utf8(encode("sample", &1_u32))
            .unwrap()
            .replacen(" 1 ", " 3 ", 1);
        assert_eq!(
            decode::<u32>("sample", newer.as_bytes()),
            Err(Bad::Newer(3))
        );
    }
}
