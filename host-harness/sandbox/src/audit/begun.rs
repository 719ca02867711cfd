//! Calls that have begun and not ended: one file each, beside the lines, locked while its process lives. Whatever kills the
//! process, the system lets go of the lock, and the file stays: then the call's line is written by the next process, and
//! `audit` shows it until then. So a call that does its harm first and has the process killed is in the record.
//!
//! ```text
//! <folder>/begun/<16 hex digits>     one call, its line as far as it is known when it begins; behind it whatever
//!                                    stood there before. An empty line: no call
//! ```
//!
//! A file whose call has ended stays for the next one: to make a file and to remove it takes a file system as long as all
//! else that a poll writes.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Map, Value};

use crate::files;

const FOLDER: &str = "begun";
/// Hexadecimal digits of a file's name.
const NAME_CHARS: usize = 16;
/// Of one file: a kilobyte is plenty.
const FILE_BYTES: u64 = 16 << 10;
/// More are not looked at: calls at once are some hundred.
const MOST: usize = 10_000;
/// Files that wait in one process for its next calls: as many as it can have under way (`serve --max-parallel`).
const MOST_IDLE: usize = 512;

/// A file for one call at a time, which nobody else takes.
#[derive(Debug)]
struct Note {
    path: PathBuf,
    // Locked until it is closed.
    file: File,
}

impl Note {
    /// A new one.
    ///
    /// # Errors
    /// It can't be made.
    fn new(log: &Path) -> io::Result<Self> {
        files::private_folder(log)?;
        let folder = log.join(FOLDER);
        files::private_folder(&folder)?;
        let path = folder.join(format!("{:0NAME_CHARS$x}", fastrand::u64(..)));
        let mut options = OpenOptions::new();
        options.create_new(true).read(true).write(true);
        let file = files::private(&mut options).open(&path)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { path, file }),
            // Whoever has it keeps it.
            Err(taken @ TryLockError::WouldBlock) => Err(taken.into()),
            // A file system without locks: each call would leave one more.
            Err(error) => {
                let _ = fs::remove_file(&path);
                Err(error.into())
            }
        }
    }

    /// Whether it can still be found: while it isn't locked others may remove it, and a person may do so at any time.
    fn is_there(&self) -> bool {
        self.path.exists()
    }

    /// Puts this in the place of its first line, in one write: whoever kills the process in it leaves the old one or the new one.
    ///
    /// # Errors
    /// It can't be written.
    fn write(&mut self, line: &str) -> io::Result<()> {
        self.file.rewind()?;
        self.file.write_all(format!("{line}\n").as_bytes())
    }
}

/// Files of calls that have ended, for the next calls of this process. Clones share them.
#[derive(Debug, Clone, Default)]
pub(super) struct Idle(Arc<Mutex<Vec<Note>>>);

impl Idle {
    /// One whose file is there.
    fn take(&self) -> Option<Note> {
        let mut notes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        std::iter::from_fn(|| notes.pop()).find(Note::is_there)
    }

    /// Keeps it for the next call. Where there are enough it goes.
    ///
    /// # Errors
    /// It can't be removed; it is empty, so nobody takes it for a call.
    fn put(&self, note: Note) -> io::Result<()> {
        let mut notes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if notes.len() >= MOST_IDLE {
            drop(notes);
            return fs::remove_file(&note.path);
        }
        notes.push(note);
        Ok(())
    }
}

/// A call under way. Dropped, it counts as lost: only [`end`](Self::end) takes it off.
#[derive(Debug)]
pub(super) struct Begun {
    note: Note,
    idle: Idle,
}

impl Begun {
    /// Notes that a call begins, in the record in the folder `log`.
    ///
    /// # Errors
    /// The note can't be made: the call then has none, and would not be missed.
    pub(super) fn note(log: &Path, idle: &Idle, line: &Map<String, Value>) -> io::Result<Self> {
        let mut note = match idle.take() {
            Some(note) => note,
            None => new_note(log)?,
        };
        if let Err(error) = note.write(&Value::Object(line.clone()).to_string()) {
            // Half of a line would count as a call.
            let _ = fs::remove_file(&note.path);
            return Err(error);
        }
        let idle = idle.clone();
        Ok(Self { note, idle })
    }

    /// Its line is written: it is off.
    ///
    /// # Errors
    /// The note can't be taken off: the call will stand in the record a second time, as one without an end.
    pub(super) fn end(mut self) -> io::Result<()> {
        self.note.write("")?;
        self.idle.put(self.note)
    }
}

/// A new one. Until it is locked another process may take it for one that is left over, and remove it.
///
/// # Errors
/// It can't be made.
fn new_note(log: &Path) -> io::Result<Note> {
    const TRIES: usize = 3;
    for _ in 1..TRIES {
        match Note::new(log) {
            Ok(note) if note.is_there() => return Ok(note),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
    Note::new(log)
}

/// A call that has no end yet.
pub(super) struct Open {
    path: PathBuf,
    /// Its line, as far as it was known when it began.
    pub(super) line: Map<String, Value>,
    /// Its process has ended. Holds its lock then, so that nobody else takes the call up.
    lost: Option<File>,
}

impl Open {
    /// Whether its process has ended.
    pub(super) fn is_lost(&self) -> bool {
        self.lost.is_some()
    }

    /// Its line is written.
    ///
    /// # Errors
    /// The note can't be removed: its line is written once more by the next process.
    pub(super) fn end(self) -> io::Result<()> {
        fs::remove_file(&self.path)
    }
}

/// What is in the folder.
#[derive(Default)]
pub(super) struct Found {
    /// The calls without an end, in the order in which they began.
    pub(super) open: Vec<Open>,
    /// Files that are for no call, locked as long as this is there.
    left: Vec<Note>,
}

impl Found {
    /// Keeps one of the files that are for no call for the next call of this process, and removes the others.
    ///
    /// # Errors
    /// One of them can't be removed.
    pub(super) fn tidy(self, idle: &Idle) -> io::Result<()> {
        let mut left = self.left.into_iter();
        left.next().map_or(Ok(()), |note| idle.put(note))?;
        left.try_for_each(|note| fs::remove_file(note.path))
    }
}

/// Looks at all files.
///
/// # Errors
/// They can't be listed. None at all is no error.
pub(super) fn all(log: &Path) -> io::Result<Found> {
    let mut found = Found::default();
    let entries = match fs::read_dir(log.join(FOLDER)) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(found),
        Err(error) => return Err(error),
    };
    for entry in entries.take(MOST) {
        let entry = entry?;
        let is_ours = entry.file_name().len() == NAME_CHARS;
        match is_ours.then(|| look(entry.path())).flatten() {
            Some(Look::Open(open)) => found.open.push(open),
            Some(Look::Left(note)) => found.left.push(note),
            None => {}
        }
    }
    let began = |open: &Open| {
        let at = open.line.get("at").and_then(Value::as_str);
        at.unwrap_or_default().to_owned()
    };
    found.open.sort_by_cached_key(began);
    Ok(found)
}

/// What a file turned out to be.
enum Look {
    Open(Open),
    /// For no call, and in nobody's hands.
    Left(Note),
}

/// One of them; `None` when its call ended meanwhile, or it waits for a call of another process, or is no file of ours.
fn look(path: PathBuf) -> Option<Look> {
    let file = OpenOptions::new().read(true).write(true).open(&path).ok()?;
    let is_lost = match file.try_lock() {
        // It may have been removed between being listed and being locked.
        Ok(()) if !path.exists() => return None,
        Ok(()) => true,
        Err(TryLockError::WouldBlock) => false,
        // Without locks nobody can say whether its process still lives, and a line about its end could be
        // false.
        Err(TryLockError::Error(_)) => return None,
    };
    // Room for a usual one, so that it is read at once.
    let mut text = Vec::with_capacity(1 << 10);
    (&file).take(FILE_BYTES).read_to_end(&mut text).ok()?;
    let line = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
    if line.is_empty() {
        return is_lost.then_some(Look::Left(Note { path, file }));
    }
    // A note that can't be read is a call all the same: its line then says little, but it is there.
    let line = serde_json::from_slice(line).unwrap_or_default();
    let lost = is_lost.then_some(file);
    Some(Look::Open(Open { path, line, lost }))
}
