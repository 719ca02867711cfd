//! What one call may write into one folder: its own bound, and what the folder or the disk has left.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use wasmtime_wasi::p2::FsError;

use super::quota::{NoRoom, Room, StateQuota};
use super::records::Failed;
use crate::call::Stopped;
use crate::error::LimitHit;
use crate::limits::KEEP_FREE_BYTES;

/// The disk is asked for its free space whenever so much was written.
/// A question for each write would be a system call for each. What goes unseen between two is an eighth of
/// what is kept free.
const ASK_EVERY_BYTES: u64 = 8 << 20;

/// Which folder it is.
pub enum Kind {
    /// The state folder, which has a quota, and the disk.
    State(Arc<StateQuota>, PathBuf),
    /// One of the user's, which has the disk.
    Other(PathBuf),
    /// Records in memory: the call's own bound is all there is.
    Records,
}

/// The room of one call in one folder. Streams into its files share it.
pub(super) struct FolderRoom {
    kind: Kind,
    most: Room,
    used: Mutex<Used>,
    stopped: Arc<Stopped>,
    /// Which folder it is in its file system; `None` where the system doesn't say.
    pub(super) root: Option<(u64, u64)>,
}

#[derive(Default)]
struct Used {
    room: Room,
    /// How much was written when the disk was last asked; `None` before the first time.
    asked_at_bytes: Option<u64>,
}

/// The call has to end: it has hit a bound, or the account of the folder can't be kept.
#[derive(Debug)]
pub(super) enum Refused {
    Limit,
    Account(std::io::Error),
}

impl FolderRoom {
    pub(super) fn new(kind: Kind, most: Room, stopped: Arc<Stopped>) -> Self {
        Self {
            kind,
            most,
            used: Mutex::default(),
            stopped,
            root: None,
        }
    }

    /// The room of the folder at this path, which no component can change.
    #[cfg_attr(
        not(unix),
        allow(unused_mut, reason = "only there a folder has a number")
    )]
    pub(super) fn at(mut self, path: &std::path::Path) -> Self {
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt;
            let found = std::fs::metadata(path).ok();
            self.root = found.map(|found| (found.dev(), found.ino()));
        }
        #[cfg(not(unix))]
        let _ = path;
        self
    }

    /// Takes room for what is about to be written.
    ///
    /// # Errors
    /// [`Refused`]: nothing may be written. Where a limit was hit, the call is stopped already.
    pub(super) fn take(&self, bytes: u64, files: u64) -> Result<(), Refused> {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        let need = Room { bytes, files };
        let sum = used.room.plus(need);
        // The call's own bound first, the shared account last: a call that is stopped anyway takes nothing
        // from the other sessions.
        if sum.bytes > self.most.bytes {
            return Err(self.stop(LimitHit::Written(self.most.bytes)));
        }
        if sum.files > self.most.files {
            return Err(self.stop(LimitHit::Created(self.most.files)));
        }
        let due = |at: u64| sum.bytes >= at.saturating_add(ASK_EVERY_BYTES);
        if let Kind::State(_, folder) | Kind::Other(folder) = &self.kind
            && used.asked_at_bytes.is_none_or(due)
        {
            used.asked_at_bytes = Some(sum.bytes);
            // Where the system doesn't say, a full disk shows itself by the write that fails.
            let left = free_bytes(folder).unwrap_or(u64::MAX);
            if left < KEEP_FREE_BYTES.saturating_add(bytes) {
                return Err(self.stop(LimitHit::DiskSpace(KEEP_FREE_BYTES)));
            }
        }
        if let Kind::State(quota, _) = &self.kind {
            quota.take(need).map_err(|no_room| match no_room {
                NoRoom::Full(hit) => self.stop(hit),
                NoRoom::Account(error) => Refused::Account(error),
            })?;
        }
        used.room = sum;
        Ok(())
    }

    /// Gives room back for a file that was not made after all, or was removed.
    /// The call's own count stays: it bounds how much work a call makes, and making and removing one file
    /// without end is work as well.
    pub(super) fn removed_one(&self) {
        if let Kind::State(quota, _) = &self.kind {
            quota.removed_one();
        }
    }

    /// What the guest gets where an operation on records has failed. A call that lost its records is stopped.
    pub(super) fn failed(&self, failed: Failed) -> FsError {
        match failed {
            Failed::Code(code) => code.into(),
            Failed::Lost(lost) => {
                self.stopped.at(LimitHit::Lease);
                FsError::trap(wasmtime::format_err!("{lost}"))
            }
        }
    }

    fn stop(&self, hit: LimitHit) -> Refused {
        self.stopped.at(hit);
        Refused::Limit
    }
}

/// What is left on the folder's disk for its user. `None` where the system doesn't tell.
fn free_bytes(folder: &std::path::Path) -> Option<u64> {
    #[cfg(unix)]
    {
        let disk = rustix::fs::statvfs(folder).ok()?;
        // Not `f_bfree`, which counts what is reserved for root as well.
        Some(disk.f_bavail.saturating_mul(disk.f_frsize))
    }
    #[cfg(not(unix))]
    {
        let _ = folder;
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn room(bytes: u64, files: u64) -> (FolderRoom, Arc<Stopped>) {
        let stopped = Arc::new(Stopped::default());
        let kind = Kind::Other(std::env::temp_dir());
        let most = Room { bytes, files };
        let room = FolderRoom::new(kind, most, Arc::clone(&stopped));
        (room, stopped)
    }

    #[test]
    fn a_call_writes_as_much_as_it_may_and_not_one_byte_or_file_more() {
        let (bytes, stopped) = room(1_000, 10);
        bytes.take(400, 0).unwrap();
        bytes.take(600, 0).unwrap();
        assert_eq!(stopped.limit(), None);
        bytes.take(1, 0).unwrap_err();
        assert_eq!(stopped.limit(), Some(LimitHit::Written(1_000)));
        let (files, stopped) = room(1_000, 10);
        (0..10).for_each(|_| files.take(0, 1).unwrap());
        files.take(0, 1).unwrap_err();
        assert_eq!(stopped.limit(), Some(LimitHit::Created(10)));
    }

    #[cfg(unix)]
    #[test]
    fn the_last_space_of_a_disk_is_left_to_others() {
        let (room, stopped) = room(u64::MAX, 10);
        let free = free_bytes(&std::env::temp_dir()).unwrap();
        room.take(free, 0).unwrap_err();
        assert_eq!(stopped.limit(), Some(LimitHit::DiskSpace(KEEP_FREE_BYTES)));
    }
}
