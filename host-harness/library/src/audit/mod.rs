//! The record: what every call did, one line each, chained by digests, where no component can reach it. Kept apart from
//! the log, which is for a person following one session.
//!
//! A line is written when its call has ended, so what can't be recorded has happened already: the call's result counts, and
//! the user is told ([`Harness::record_trouble`](crate::Harness)). A paid result isn't withheld because a disk is full.

mod journal;
mod line;
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

pub(crate) use line::digest;
pub(crate) use recorder::{Kind, Recorder, Trouble};
pub(crate) use shown::recorded;
pub use verify::{Broken, Place, Verified, VerifyError};

/// The record in its folder. Many processes may write and read it at once.
#[derive(Debug, Clone)]
pub struct AuditLog {
    journal: Journal,
}

impl AuditLog {
    /// The record in `folder`, see [`Home::audit`](crate::Home::audit). Nothing is created before the first line.
    pub fn at(folder: impl Into<PathBuf>) -> Self {
        Self {
            journal: Journal {
                folder: folder.into(),
                file_bytes: FILE_BYTES,
                files: FILES,
                turn: Arc::default(),
            },
        }
    }

    /// Where it is.
    pub fn folder(&self) -> &Path {
        &self.journal.folder
    }

    /// Shows `visit` every line, oldest first: its text and what it says. What is no line is left out;
    /// [`verify`](Self::verify) tells about that.
    ///
    /// # Errors
    /// A file that can't be read. That there is no record yet is none.
    pub fn read(&self, mut visit: impl FnMut(&str, &Value)) -> io::Result<()> {
        if !self.folder().exists() {
            return Ok(());
        }
        for number in self.journal.numbers()? {
            let file = match File::open(self.journal.file(number)) {
                // Pruned since it was listed.
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                file => file?,
            };
            for text in BufReader::new(file).split(b'\n') {
                let text = text?;
                let Ok(text) = std::str::from_utf8(&text) else {
                    continue;
                };
                if let Ok(json) = serde_json::from_str(text) {
                    visit(text, &json);
                }
            }
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

    /// Appends one line. Takes a lock for the length of the write, at most two seconds.
    pub(crate) fn append(&self, members: &Map<String, Value>) -> io::Result<()> {
        self.journal.append(members)
    }
}
