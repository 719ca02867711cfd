//! Calls that have begun and not ended: one file each, beside the lines, locked while its process lives. Whatever kills the
//! process, the system lets go of the lock, and the file stays: then the call's line is written by the next process, and
//! `audit` shows it until then. So a call that does its harm first and has the process killed is in the record.
//!
//! ```text
//! <folder>/begun/<16 hex digits>        one call, its line as far as it is known when it begins
//! <folder>/begun/<16 hex digits>.new    on its way to that name: nobody has it before it is locked
//! ```

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde_json::{Map, Value};

use crate::files;

const FOLDER: &str = "begun";
const ON_ITS_WAY: &str = ".new";
/// Of one file: a kilobyte is plenty.
const FILE_BYTES: u64 = 16 << 10;
/// More are not looked at: calls at once are some hundred.
const MOST: usize = 10_000;
/// A process that died between making a file and giving it its name left nothing that counts.
const NEW_FOR: Duration = Duration::from_secs(3600);

/// A call under way. Dropped, it counts as lost: only [`end`](Self::end) takes it off.
#[derive(Debug)]
pub struct Begun {
    path: PathBuf,
    // Locked until it is closed.
    _file: File,
}

impl Begun {
    /// Notes that a call begins, in the record in the folder `log`.
    ///
    /// # Errors
    /// The note can't be made: the call then has none, and would not be missed.
    pub fn note(log: &Path, line: &Map<String, Value>) -> io::Result<Self> {
        files::private_folder(log)?;
        let folder = log.join(FOLDER);
        files::private_folder(&folder)?;
        let path = folder.join(format!("{:016x}", fastrand::u64(..)));
        let new = path.with_extension(&ON_ITS_WAY[1..]);
        let mut options = OpenOptions::new();
        options.create_new(true).write(true);
        let mut file = files::private(&mut options).open(&new)?;
        let written = file
            .try_lock()
            .map_err(io::Error::from)
            .and_then(|()| file.write_all(Value::Object(line.clone()).to_string().as_bytes()))
            // The lock goes along: it belongs to the open file, not to its name. So nobody ever sees the
            // note without its lock and takes the call for a lost one.
            .and_then(|()| fs::rename(&new, &path));
        if let Err(error) = written {
            // What is left of it has a name that doesn't count.
            let _ = fs::remove_file(&new);
            return Err(error);
        }
        Ok(Self { path, _file: file })
    }

    /// Its line is written: it is off.
    ///
    /// # Errors
    /// The note can't be removed: the call will stand in the record a second time, as one without an end.
    pub fn end(self) -> io::Result<()> {
        fs::remove_file(&self.path)
    }
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
    pub fn end(self) -> io::Result<()> {
        fs::remove_file(&self.path)
    }
}

/// The calls without an end, in the order in which they began.
///
/// # Errors
/// They can't be listed. None at all is no error.
pub(super) fn all(log: &Path) -> io::Result<Vec<Open>> {
    let mut open = Vec::new();
    let entries = match fs::read_dir(log.join(FOLDER)) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(open),
        Err(error) => return Err(error),
    };
    for entry in entries.take(MOST) {
        let path = entry?.path();
        if path.extension().is_some() {
            remove_old(&path);
        } else if let Some(found) = read(path) {
            open.push(found);
        }
    }
    open.sort_by(|one, other| began(&one.line).cmp(began(&other.line)));
    Ok(open)
}

fn began(line: &Map<String, Value>) -> &str {
    line.get("at").and_then(Value::as_str).unwrap_or_default()
}

/// One of them; `None` when it ended meanwhile, or is no file of ours.
fn read(path: PathBuf) -> Option<Open> {
    let file = File::open(&path).ok()?;
    let is_lost = match file.try_lock() {
        // It may have ended between being listed and being locked.
        Ok(()) if !path.exists() => return None,
        Ok(()) => true,
        Err(TryLockError::WouldBlock) => false,
        // Without locks nobody can say whether its process still lives, and a line about its end could be
        // false.
        Err(TryLockError::Error(_)) => return None,
    };
    let mut text = Vec::new();
    (&file).take(FILE_BYTES).read_to_end(&mut text).ok()?;
    // A note that can't be read is a call all the same: its line then says little, but it is there.
    let line = serde_json::from_slice(&text).unwrap_or_default();
    Some(Open {
        path,
        line,
        lost: is_lost.then_some(file),
    })
}

/// Removes what a process left that died before its note had a name; a young one may still be on its way.
fn remove_old(path: &Path) {
    let is_old = |meta: fs::Metadata| {
        let age = meta
            .modified()
            .ok()
            .map(|at| SystemTime::now().duration_since(at));
        matches!(age, Some(Ok(age)) if age > NEW_FOR)
    };
    if fs::symlink_metadata(path).is_ok_and(is_old) {
        // Another process may have been faster.
        let _ = fs::remove_file(path);
    }
}
