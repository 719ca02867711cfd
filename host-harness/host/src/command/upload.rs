//! `upload --file`: the one file that the user names, as the component's standard input, once the harness has seen that it
//! is a picture or film and holds no secret.

use std::fs::File;
use std::io::{self, Read, Seek};
use std::path::{Path, PathBuf};

use bytes::Bytes;

use super::places::Places;
use crate::error::CallError;
use crate::media;
use sandbox::secrets::{Finding, Spellings};

/// What the services take.
const MOST_BYTES: u64 = 200 << 20;
/// Searched at a time.
const PIECE_BYTES: usize = 256 << 10;

/// A file that may be uploaded, as far as its place and its beginning tell.
pub(super) struct Upload {
    pub(super) file: File,
    /// Its length when it was opened; the component announces this many.
    pub(super) bytes: u64,
    /// Its name without the folders, which is all that the component learns of its place.
    pub(super) name: std::ffi::OsString,
    /// The path as the user wrote it.
    shown: PathBuf,
}

impl Upload {
    /// Opens it. `None` when there is no such file: the component says so.
    ///
    /// # Errors
    /// [`CallError::Refused`] for what must not or can't be uploaded, as a sentence for the user.
    pub(super) fn open(path: &Path, places: &Places) -> Result<Option<Self>, CallError> {
        // Links are the user's to make; what they lead to is judged, and nothing else is opened.
        let Ok(real) = std::fs::canonicalize(path) else {
            return Ok(None);
        };
        // Looked at first: opening a device may do something.
        if !std::fs::metadata(&real).is_ok_and(|meta| meta.is_file()) {
            return Ok(None);
        }
        let shown = path.to_owned();
        places.give_at_all(&real, &shown)?;
        let Ok(mut file) = sandbox::files::open_without_following(&real) else {
            return Ok(None);
        };
        let Ok(meta) = file.metadata() else {
            return Ok(None);
        };
        // Asked once more of what was opened: the name may lead to something else by now.
        if !meta.is_file() {
            return Ok(None);
        }
        let refuse = |reason: String| Err(CallError::Refused(reason));
        let bytes = meta.len();
        if bytes > MOST_BYTES {
            let tenths = (bytes * 10 + (1 << 19)) >> 20;
            let (whole, tenth) = (tenths / 10, tenths % 10);
            return refuse(format!(
                "File too large ({whole}.{tenth}MB). Maximum 200MB."
            ));
        }
        let Ok(head) = sandbox::files::head(&mut file, media::HEAD_BYTES) else {
            return Ok(None);
        };
        // Before its place: what a file is tells the user more than where it lies.
        match media::judge(&head) {
            Ok(()) => {}
            Err("inode/x-empty") => {
                return refuse(format!("The file is empty: {}", shown.display()));
            }
            Err(kind) => {
                return refuse(format!(
                    "Unsupported file type: {kind}. Only image and video files supported."
                ));
            }
        }
        places.give(&real, &shown)?;
        let name = path.file_name().unwrap_or(path.as_os_str()).to_owned();
        Ok(Some(Self {
            file,
            bytes,
            name,
            shown,
        }))
    }

    /// The file, once it was searched for secrets, at its beginning.
    ///
    /// # Errors
    /// [`CallError::Refused`]: it holds one, or can't be read.
    pub(super) fn searched(mut self, spellings: &Spellings) -> Result<File, CallError> {
        match holds_secret(&mut self.file, spellings) {
            Ok(false) => Ok(self.file),
            Ok(true) => Err(CallError::Refused(format!(
                "{} holds an API key, app secret or token, as it is or encoded. Nothing was sent: a service would see it.",
                self.shown.display()
            ))),
            Err(error) => Err(CallError::Refused(format!(
                "Cannot read {}: {error}",
                self.shown.display()
            ))),
        }
    }
}

/// Reads all of it, and leaves it at its beginning. What could be the start of a secret is looked at again
/// with the next piece.
fn holds_secret(file: &mut File, spellings: &Spellings) -> io::Result<bool> {
    file.rewind()?;
    let mut held = Bytes::new();
    loop {
        let mut piece = Vec::with_capacity(held.len() + PIECE_BYTES);
        piece.extend_from_slice(&held);
        if (&*file).take(PIECE_BYTES as u64).read_to_end(&mut piece)? == 0 {
            file.rewind()?;
            return Ok(false);
        }
        // A placeholder is refused where it would leave, as everywhere.
        if spellings.find(&piece) == Some(Finding::Secret) {
            return Ok(true);
        }
        held = spellings.split(Bytes::from(piece)).1;
    }
}
