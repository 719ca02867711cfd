//! A folder that a guest reads: entry by entry, as it asks for them. What the host holds of a folder is one piece of the
//! system's own, however many names are in it; how many it reads for one call is bounded.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use cap_primitives::fs::{DirEntry, FileType, ReadDir};
use wasmtime_wasi::p2::bindings::filesystem::types::{DescriptorType, DirectoryEntry, ErrorCode};
use wasmtime_wasi::p2::{FsError, FsResult};

use super::records::Listed;
use crate::call::Stopped;
use crate::error::LimitHit;
use crate::limits::FOLDER_ENTRIES;

/// What one call has read of folders; its streams share it.
pub(super) struct Entries {
    left: AtomicU64,
    most: u64,
    stopped: Arc<Stopped>,
}

impl Entries {
    pub(super) fn new(most: u64, stopped: Arc<Stopped>) -> Arc<Self> {
        Arc::new(Self {
            left: AtomicU64::new(most),
            most,
            stopped,
        })
    }

    fn take(&self) -> FsResult<()> {
        let less = |left: u64| left.checked_sub(1);
        match self
            .left
            // Relaxed: only the number counts, nothing else is published by it.
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, less)
        {
            Ok(_) => Ok(()),
            Err(_) => Err(self.stop(self.most)),
        }
    }

    /// Ends the call: a trap by itself would not say which limit was hit.
    fn stop(&self, most: u64) -> FsError {
        self.stopped.at(LimitHit::Entries(most));
        FsError::trap(wasmtime::format_err!(
            "the call may not read more of folders"
        ))
    }
}

/// One stream of entries.
pub(super) struct Listing {
    // Only ever used by its one guest; the table wants what can be shared.
    rest: Mutex<Rest>,
    entries: Arc<Entries>,
}

/// Where the entries come from.
pub(super) enum Source {
    /// A folder of the system.
    Folder(ReadDir),
    /// The records of the call.
    Records(Listed),
}

struct Rest {
    source: Source,
    read: u64,
}

impl Listing {
    pub(super) fn new(source: Source, entries: Arc<Entries>) -> Self {
        let rest = Mutex::new(Rest { source, read: 0 });
        Self { rest, entries }
    }

    /// The next entry; none at the end.
    ///
    /// # Errors
    /// A trap when the call or this listing has read too many; else the folder's own error.
    pub(super) fn next(&self) -> FsResult<Option<DirectoryEntry>> {
        let mut rest = self.rest.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = match &mut rest.source {
            Source::Folder(folder) => folder.next().map(named),
            Source::Records(listed) => listed.next().map(Ok),
        };
        let Some(entry) = entry else {
            return Ok(None);
        };
        rest.read += 1;
        if rest.read > FOLDER_ENTRIES {
            return Err(self.entries.stop(FOLDER_ENTRIES));
        }
        self.entries.take()?;
        entry.map(Some)
    }
}

/// An entry of a folder, with its type.
fn named(entry: std::io::Result<DirEntry>) -> FsResult<DirectoryEntry> {
    let entry = entry.map_err(FsError::from)?;
    let type_ = type_of(&entry).map_err(FsError::from)?;
    match entry.file_name().into_string() {
        Ok(name) => Ok(DirectoryEntry { type_, name }),
        // WASI's names are Unicode. A name that was replaced could not be opened again, so the error is
        // honest.
        Err(_) => Err(ErrorCode::IllegalByteSequence.into()),
    }
}

/// As most file systems say it with the name; the others are asked once more.
fn type_of(entry: &DirEntry) -> std::io::Result<DescriptorType> {
    let known = |found: FileType| {
        if found.is_dir() {
            Some(DescriptorType::Directory)
        } else if found.is_file() {
            Some(DescriptorType::RegularFile)
        } else if found.is_symlink() {
            Some(DescriptorType::SymbolicLink)
        } else {
            None
        }
    };
    if let Some(found) = known(entry.file_type()?) {
        return Ok(found);
    }
    Ok(known(entry.metadata()?.file_type()).unwrap_or(DescriptorType::Unknown))
}
