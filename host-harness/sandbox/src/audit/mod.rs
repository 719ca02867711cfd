//! The record: what every call did, one line each, chained by digests, where no component can reach it. Kept apart from
//! the log, which is for a person following one session.
//!
//! That a call which may send something has begun is noted before it does anything (`begun.rs`): a killed process shows.
//! The line is written when the call has ended, so what can't be recorded has happened already: the call's result counts, and
//! the user is told. A paid result isn't withheld because a disk is full.

mod begun;
mod journal;
mod kept;
mod line;
mod observer;
mod outside;
mod recorder;
mod shown;
#[cfg(test)]
mod tests;
mod verify;

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Map, Value};

use journal::{FILE_BYTES, FILES, Journal};

use begun::Begun;
pub use line::digest;
pub use observer::{CallEnded, Observer, RefusedRequest};
pub use recorder::{Beginning, Recorder, Unwritten};
pub use shown::recorded;
pub use verify::{Broken, Place, Verified, VerifyError};

/// The outcome of a call that did what it was to do.
pub const OK: &str = "ok";
/// The outcome of a call whose process ended in it.
pub const NO_END: &str = "no-end";
/// Of one that goes on.
const UNDER_WAY: &str = "under-way";

/// The line of a call of which only the beginning is known.
fn ended(mut line: Map<String, Value>, outcome: &str) -> Map<String, Value> {
    line.insert("outcome".to_owned(), outcome.into());
    for nothing in ["egress", "refused", "credentials"] {
        line.insert(nothing.to_owned(), Value::Array(Vec::new()));
    }
    line
}

/// The record in its folder. Many processes may write and read it at once.
#[derive(Debug, Clone)]
pub struct AuditLog {
    journal: Journal,
    /// Where this process notes that its calls begin.
    idle: begun::Idle,
}

impl AuditLog {
    /// The record in `folder`. Nothing is created before the first line.
    pub fn at(folder: impl Into<PathBuf>) -> Self {
        Self {
            journal: Journal {
                folder: folder.into(),
                file_bytes: FILE_BYTES,
                files: FILES,
                turn: Arc::default(),
            },
            idle: begun::Idle::default(),
        }
    }

    /// Where it is.
    pub fn folder(&self) -> &Path {
        &self.journal.folder
    }

    /// Shows `visit` every line, oldest first: its text and what it says. Of days that were pruned there are the first and the
    /// last ones. What is no line is left out;
    /// [`verify`](Self::verify) tells about that.
    ///
    /// # Errors
    /// A file that can't be read. That there is no record yet is none.
    pub fn read(&self, mut visit: impl FnMut(&str, &Value)) -> io::Result<()> {
        if !self.folder().exists() {
            return Ok(());
        }
        let numbers = self.journal.numbers()?;
        let first = numbers.first().map(|number| self.journal.file(*number));
        let first_n = first.map_or(Ok(None), |first| first_n(&first))?;
        let pruned =
            |text: &[u8]| kept::number(text).is_some_and(|n| first_n.is_none_or(|first| n < first));
        lines_of(&kept::path(self.folder()), pruned, &mut visit)?;
        for number in numbers {
            lines_of(&self.journal.file(number), |_| true, &mut visit)?;
        }
        Ok(())
    }

    /// Checks that every line is unchanged and in its place and none is missing, up to the moment of the call.
    ///
    /// # Errors
    /// [`VerifyError::Broken`] with the first place that is wrong.
    pub fn verify(&self) -> Result<Verified, VerifyError> {
        verify::verify(&self.journal)
    }

    /// The calls that have begun and have no line yet, each with what was known of it when it began. Of one whose process has
    /// ended the outcome is `no-end`: the next process that calls something writes its line. Of the others it is `under-way`.
    ///
    /// # Errors
    /// They can't be listed.
    pub fn without_end(&self) -> io::Result<Vec<Value>> {
        let shown = |open: begun::Open| {
            let outcome = if open.is_lost() { NO_END } else { UNDER_WAY };
            Value::Object(ended(open.line, outcome))
        };
        let found = begun::all(self.folder())?;
        Ok(found.open.into_iter().map(shown).collect())
    }

    /// Writes the lines of calls whose processes have ended without.
    pub fn take_up_lost(&self) -> io::Result<()> {
        let mut found = begun::all(self.folder())?;
        for open in found.open.extract_if(.., |open| open.is_lost()) {
            self.append(&ended(open.line.clone(), NO_END))?;
            open.end()?;
        }
        found.tidy(&self.idle)
    }

    /// Notes that a call begins.
    ///
    /// # Errors
    /// It can't be noted: the call would not be missed.
    fn note(&self, line: &Map<String, Value>) -> io::Result<Begun> {
        Begun::note(self.folder(), &self.idle, line)
    }

    /// Appends one line. Takes a lock for the length of the write, at most two seconds.
    pub fn append(&self, members: &Map<String, Value>) -> io::Result<()> {
        self.journal.append(members)
    }
}

/// The number of a file's first line; `None` when it was pruned since it was listed, or begins with no line.
fn first_n(path: &Path) -> io::Result<Option<u64>> {
    match journal::first_line(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        first => Ok(first?.map(|first| first.link.n)),
    }
}

/// The lines of a file that are `wanted`. One that isn't there has none: it was pruned since it was listed.
fn lines_of(
    path: &Path,
    wanted: impl Fn(&[u8]) -> bool,
    visit: &mut impl FnMut(&str, &Value),
) -> io::Result<()> {
    let file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        file => file?,
    };
    for text in BufReader::new(file).split(b'\n') {
        let text = text?;
        if !wanted(&text) {
            continue;
        }
        let Ok(text) = std::str::from_utf8(&text) else {
            continue;
        };
        if let Ok(json) = serde_json::from_str(text) {
            visit(text, &json);
        }
    }
    Ok(())
}
