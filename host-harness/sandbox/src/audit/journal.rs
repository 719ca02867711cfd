//! The record's files: one line a call, appended by many processes, in files that are bounded in size and number.
//!
//! ```text
//! <folder>/audit-000001.jsonl   lines (line.rs); the chain goes on from file to file
//! <folder>/head                 which line is the last: file, its length, number, digest
//! <folder>/kept.jsonl           the first and last lines of each day of files that were pruned (kept.rs)
//! <folder>/lock                 held for the length of one append
//! <folder>.end                  the last line's number and digest once more (outside.rs)
//! ```
//!
//! Nothing is synced: a line survives the process that wrote it; what a power cut takes is found by the verification.
//! Not here: what a line says.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::kept;
use super::line::{self, Link};
use super::outside;
use crate::files;

/// A poll's line has 700 bytes: one file holds about 24 000, all of them 190 000, which is months of a person's jobs and
/// no burden on a disk.
pub(super) const FILE_BYTES: u64 = 16 << 20;
/// See [`FILE_BYTES`].
pub(super) const FILES: usize = 8;
/// An append takes less than a millisecond; who holds the lock for longer has been suspended.
const LOCK_WAIT: Duration = Duration::from_secs(2);
/// The head is written over in place: always the same length.
const HEAD_BYTES: usize = 192;

/// Where the record is kept.
#[derive(Debug, Clone)]
pub(super) struct Journal {
    pub(super) folder: PathBuf,
    /// The most that a file gets, but for a line that is longer by itself.
    pub(super) file_bytes: u64,
    /// How many files are kept; at least two.
    pub(super) files: usize,
    /// Whose turn it is among the threads of this process: they needn't wait in the steps of the lock.
    pub(super) turn: Arc<Mutex<()>>,
}

/// The last line, as the head file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) file: u32,
    /// The file's length behind that line.
    pub(super) bytes: u64,
    pub(super) link: Link,
}

impl Journal {
    pub(super) fn file(&self, number: u32) -> PathBuf {
        self.folder.join(format!("audit-{number:06}.jsonl"))
    }

    /// The numbers of the files there are, in order.
    ///
    /// # Errors
    /// The folder can't be read, or isn't there.
    pub(super) fn numbers(&self) -> io::Result<Vec<u32>> {
        let mut numbers: Vec<u32> = fs::read_dir(&self.folder)?
            .filter_map(|entry| {
                let name = entry.ok()?.file_name();
                let number = name.to_str()?.strip_prefix("audit-")?;
                number.strip_suffix(".jsonl")?.parse().ok()
            })
            .collect();
        numbers.sort_unstable();
        Ok(numbers)
    }

    /// Appends one line.
    ///
    /// # Errors
    /// The line is not in the record, or only in its file: the next append takes it over from there.
    pub(super) fn append(&self, members: &Map<String, Value>) -> io::Result<()> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        files::private_folder(&self.folder)?;
        let _lock = self.lock()?;
        let mut end = self.end()?;
        if let Some(known) = outside::read(&self.folder).filter(|known| !reaches(&end.head, known))
        {
            // Lines are gone, or others stand in their place: the chain goes on from what is known of them, so that it shows.
            end.head.link = known;
        }
        if let Some(torn) = end.torn.take() {
            self.close_torn(&mut end.head, &torn)?;
        }
        self.write(&mut end.head, members)
    }

    /// Waits for the lock of one append.
    ///
    /// # Errors
    /// Another process holds it for longer than [`LOCK_WAIT`], or the file system has no locks.
    pub(super) fn lock(&self) -> io::Result<File> {
        let mut options = OpenOptions::new();
        options.create(true).truncate(false).write(true);
        let file = files::private(&mut options).open(self.folder.join("lock"))?;
        files::lock(&file, LOCK_WAIT)?;
        Ok(file)
    }

    /// Seals the line and puts it behind the last one, in a new file where this one is full.
    fn write(&self, head: &mut Head, members: &Map<String, Value>) -> io::Result<()> {
        let (mut line, mut link) = line::seal(&head.link, members);
        // An empty file takes any line: one that is longer than a file may be would otherwise begin new
        // files without end.
        if head.bytes > 0 && head.bytes + line.len() as u64 >= self.file_bytes {
            self.rotate(head)?;
            // Sealed anew: pruning may have written a line of its own, and this one comes behind it.
            (line, link) = line::seal(&head.link, members);
        }
        line.push('\n');
        self.put(head, &line, link)
    }

    /// One write for the line, one for the head, one for the end outside.
    fn put(&self, head: &mut Head, line: &str, link: Link) -> io::Result<()> {
        let mut options = OpenOptions::new();
        options.create(true).append(true);
        let mut file = files::private(&mut options).open(self.file(head.file))?;
        // The line before the head. A process that dies between the two leaves a line that the next one
        // takes over; the other way round the head would name a line that isn't there, which is what
        // tampering looks like.
        file.write_all(line.as_bytes())?;
        head.bytes += line.len() as u64;
        head.link = link;
        self.write_head(head)?;
        outside::write(&self.folder, &head.link);
        Ok(())
    }

    /// Begins a new file. Keeps what is to be kept of the oldest ones, says from which line on the record is whole, and only
    /// then removes them.
    fn rotate(&self, head: &mut Head) -> io::Result<()> {
        head.file += 1;
        head.bytes = 0;
        let numbers = self.numbers()?;
        let surplus = (numbers.len() + 1).saturating_sub(self.files.max(2));
        // One of them always stays: its first line is where the record begins from now on, and the note has
        // to name it.
        let (old, kept) = numbers.split_at(surplus.min(numbers.len().saturating_sub(1)));
        let (Some(first), false) = (kept.first(), old.is_empty()) else {
            return Ok(());
        };
        let first = first_line(&self.file(*first))?;
        if let Some(first) = first {
            let old: Vec<PathBuf> = old.iter().map(|number| self.file(*number)).collect();
            let kept = kept::keep(&self.folder, &old, self.file_bytes)?;
            let note = json!({"call": "pruned", "first_n": first.link.n, "first_prev": first.prev, "kept": kept});
            self.note(head, &note)?;
        }
        old.iter()
            .try_for_each(|number| fs::remove_file(self.file(*number)))
    }

    /// A line about the record itself, in the file at hand whatever its length.
    fn note(&self, head: &mut Head, note: &Value) -> io::Result<()> {
        let members = note.as_object().cloned().unwrap_or_default();
        let (mut line, link) = line::seal(&head.link, &members);
        line.push('\n');
        self.put(head, &line, link)
    }

    /// Ends a line that a crash cut off, and says so in the chain.
    fn close_torn(&self, head: &mut Head, torn: &[u8]) -> io::Result<()> {
        if !torn.ends_with(b"\n") {
            let mut file = OpenOptions::new().append(true).open(self.file(head.file))?;
            file.write_all(b"\n")?;
        }
        head.bytes = fs::metadata(self.file(head.file))?.len();
        if let Some(sealed) = line::open(torn).filter(|sealed| sealed.prev == head.link.hash) {
            // Nothing but its line feed was missing.
            head.link = sealed.link;
            return Ok(());
        }
        let note =
            json!({"call": "torn", "torn_bytes": torn.len(), "torn_hash": line::digest(torn)});
        self.note(head, &note)
    }

    fn write_head(&self, head: &Head) -> io::Result<()> {
        let text = json!({"file": head.file, "bytes": head.bytes, "n": head.link.n, "hash": head.link.hash})
            .to_string();
        let mut options = OpenOptions::new();
        options.create(true).truncate(false).write(true);
        let mut file = files::private(&mut options).open(self.folder.join("head"))?;
        file.write_all(format!("{text:<width$}\n", width = HEAD_BYTES - 1).as_bytes())
    }

    /// The head as it is written; `None` when it is missing or damaged.
    pub(super) fn head(&self) -> Option<Head> {
        let text = fs::read(self.folder.join("head")).ok()?;
        let json: Value = serde_json::from_slice(&text).ok()?;
        Some(Head {
            file: u32::try_from(json["file"].as_u64()?).ok()?,
            bytes: json["bytes"].as_u64()?,
            link: Link::of(&json)?,
        })
    }

    /// Where to go on: behind the last line that is whole, with what is torn behind it.
    fn end(&self) -> io::Result<End> {
        let mut head = match self.head() {
            Some(head) => head,
            None => self.search()?,
        };
        let path = self.file(head.file);
        let Ok(mut file) = File::open(&path) else {
            head.bytes = 0;
            return Ok(End { head, torn: None });
        };
        let length = file.metadata()?.len();
        if length == head.bytes {
            return Ok(End { head, torn: None });
        }
        // A file that is shorter than the head says is searched from its beginning: the head's place isn't
        // in it any more.
        let behind = if length < head.bytes { 0 } else { head.bytes };
        file.seek(SeekFrom::Start(behind))?;
        let mut rest = Vec::new();
        // No file of ours gets as long as this, and whatever lies there must not fill the memory.
        file.take(2 * self.file_bytes).read_to_end(&mut rest)?;
        if length >= head.bytes {
            return Ok(adopt(head, &rest));
        }
        // Cut off, by a power cut or by hand: the chain goes on from what the head says, so that the gap shows.
        let whole = rest.iter().rposition(|byte| *byte == b'\n');
        let torn = rest.split_off(whole.map_or(0, |at| at + 1));
        head.bytes = rest.len() as u64;
        let torn = (!torn.is_empty()).then_some(torn);
        Ok(End { head, torn })
    }

    /// Without a head: behind the last whole line of the newest file.
    fn search(&self) -> io::Result<Head> {
        let numbers = self.numbers()?;
        for number in numbers.iter().rev() {
            let mut content = Vec::new();
            File::open(self.file(*number))?
                .take(2 * self.file_bytes)
                .read_to_end(&mut content)?;
            let mut at = 0;
            let mut last = None;
            for piece in content.split_inclusive(|byte| *byte == b'\n') {
                at += piece.len();
                if let Some(sealed) = whole(piece) {
                    last = Some((at, sealed.link));
                }
            }
            if let Some((bytes, link)) = last {
                let (file, bytes) = (*number, bytes as u64);
                return Ok(Head { file, bytes, link });
            }
        }
        Ok(Head {
            file: numbers.last().copied().unwrap_or(1),
            bytes: 0,
            link: Link::genesis(),
        })
    }
}

/// Whether a record that ends so has the line that is known to have been its last one.
fn reaches(head: &Head, known: &Link) -> bool {
    head.link.n > known.n || head.link == *known
}

/// Where the record ends, and the bytes behind it that are no whole line.
struct End {
    head: Head,
    torn: Option<Vec<u8>>,
}

/// Takes over the lines behind the head that a process wrote before it died, up to the first that is not whole.
fn adopt(mut head: Head, rest: &[u8]) -> End {
    let mut taken = 0;
    for piece in rest.split_inclusive(|byte| *byte == b'\n') {
        match whole(piece) {
            Some(sealed) if sealed.prev == head.link.hash => head.link = sealed.link,
            _ => break,
        }
        taken += piece.len();
    }
    head.bytes += taken as u64;
    let torn = (taken < rest.len()).then(|| rest[taken..].to_vec());
    End { head, torn }
}

/// A line with its line feed.
fn whole(piece: &[u8]) -> Option<line::Sealed> {
    line::open(piece.strip_suffix(b"\n")?)
}

/// A file's first line; `None` when it isn't whole.
///
/// # Errors
/// The file can't be read.
pub(super) fn first_line(path: &Path) -> io::Result<Option<line::Sealed>> {
    let mut reader = io::BufReader::new(File::open(path)?);
    let mut bytes = Vec::new();
    io::BufRead::read_until(&mut reader, b'\n', &mut bytes)?;
    Ok(whole(&bytes))
}
