//! What is kept of files that are pruned: the first and the last lines of each day, as they stood. So whoever fills the record
//! in minutes can't push out of it what the days before were like, nor how it began.
//!
//! ```text
//! <folder>/kept.jsonl    lines of pruned files, in their order
//! ```
//!
//! Not here: that they are unchanged (`verify.rs`); each holds its own digest, and the last is the one before the files begin.

use std::collections::{BTreeMap, VecDeque};
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};

use crate::files;

/// Of each end of a day. A poll's line has 700 bytes: a day takes 28 kB, a year ten megabytes.
const LINES: usize = 20;

pub(super) const NAME: &str = "kept.jsonl";

pub(super) fn path(log: &Path) -> PathBuf {
    log.join(NAME)
}

/// Keeps what is to be kept of `old`, files about to be removed, beside what is kept already: `max_bytes` in all, from the
/// newest day back. Returns how many lines that are.
///
/// # Errors
/// They can't be read or written. Nothing may be removed then.
pub(super) fn keep(log: &Path, old: &[PathBuf], max_bytes: u64) -> io::Result<usize> {
    let kept = path(log);
    let mut days = Days::default();
    if kept.exists() {
        days.read(&kept)?;
    }
    for file in old {
        days.read(file)?;
    }
    let lines = days.lines(max_bytes);
    let mut text = Vec::new();
    for (_, line) in &lines {
        text.extend_from_slice(line);
        text.push(b'\n');
    }
    // Replaced as a whole, before anything is removed: a process that dies here has kept twice what it
    // hasn't removed yet.
    files::write_durably(&kept, &text)?;
    Ok(lines.len())
}

type Line = (u64, Vec<u8>);

/// The lines of one day that are kept, each with its number.
#[derive(Default)]
struct Day {
    first: Vec<Line>,
    last: VecDeque<Line>,
}

/// All days, by their date in text, which sorts as the dates do.
#[derive(Default)]
struct Days {
    days: BTreeMap<Vec<u8>, Day>,
    /// The day of the line before: a line about the record itself says none.
    at: Vec<u8>,
    /// Lines up to this number are there: a process that died while it pruned did a part of this already.
    up_to: u64,
}

impl Days {
    fn read(&mut self, file: &Path) -> io::Result<()> {
        for line in BufReader::new(File::open(file)?).split(b'\n') {
            let line = line?;
            if let Some(n) = number(&line).filter(|n| *n > self.up_to) {
                self.up_to = n;
                if let Some(day) = day(&line) {
                    day.clone_into(&mut self.at);
                }
                self.put(n, line);
            }
        }
        Ok(())
    }

    /// Adds a line to the day that is at hand.
    fn put(&mut self, n: u64, line: Vec<u8>) {
        let day = self.days.entry(self.at.clone()).or_default();
        // The first ones stay where they are, the last ones move on: a flood in the middle of a day pushes
        // out neither.
        if day.first.len() < LINES {
            day.first.push((n, line));
            return;
        }
        if day.last.len() == LINES {
            day.last.pop_front();
        }
        day.last.push_back((n, line));
    }

    /// In order of their numbers; days that don't fit are left out, the oldest first.
    fn lines(self, max_bytes: u64) -> Vec<Line> {
        let mut left = max_bytes;
        let mut lines = Vec::new();
        // The newest first, since the room may end before the oldest.
        for day in self.days.into_values().rev() {
            let of_day: Vec<Line> = day.first.into_iter().chain(day.last).collect();
            let bytes: usize = of_day.iter().map(|(_, line)| line.len() + 1).sum();
            let Some(rest) = left.checked_sub(bytes as u64) else {
                break;
            };
            left = rest;
            lines.extend(of_day);
        }
        lines.sort_by_key(|(n, _)| *n);
        lines
    }
}

/// A line's number, without reading all of it: a file has tens of thousands.
pub(super) fn number(line: &[u8]) -> Option<u64> {
    let digits = line.strip_prefix(br#"{"n":"#)?;
    let end = digits.iter().position(|byte| *byte == b',')?;
    std::str::from_utf8(&digits[..end]).ok()?.parse().ok()
}

/// The day on which its call began: ten characters. Inside of a string these quotes would be escaped.
fn day(line: &[u8]) -> Option<&[u8]> {
    const MARK: &[u8] = br#","at":""#;
    let at = line.windows(MARK.len()).position(|part| part == MARK)? + MARK.len();
    line.get(at..at + 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_tells_its_number_and_its_day_and_words_in_it_tell_neither() {
        let line = br#"{"n":17,"prev":"00","at":"2026-01-02T03:04:05Z","call":"poll"}"#;
        assert_eq!(
            (number(line), day(line)),
            (Some(17), Some(&b"2026-01-02"[..]))
        );
        let line = br#"{"n":18,"prev":"00","call":"pruned","x":"\",\"at\":\"2027-01-01"}"#;
        assert_eq!((number(line), day(line)), (Some(18), None));
        for odd in [&b""[..], b"{\"n\":", b"{\"n\":x,", b"{\"a\":1,\"n\":2}"] {
            assert_eq!(number(odd), None);
        }
    }
}
