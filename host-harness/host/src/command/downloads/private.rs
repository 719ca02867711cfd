//! The folder that the component fills: in the user's own, so that moving a file is renaming it, and its space is the same
//! disk's; for its owner only; removed when the call ends, or by the next download when the process was killed.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::Path;
use std::time::Duration;

use tempfile::TempDir;

const PREFIX: &str = ".libtv-download-";
/// Where folders can't be locked, one that was touched within this time may be in use. No call lasts so long.
const LEFT_OVER_AFTER: Duration = Duration::from_secs(24 * 3600);
/// Another download may sweep a folder in the instant between its making and its locking.
const TRIES: usize = 5;
/// A component that makes more files than this downloaded none of them for the user.
const MOST_NAMES: usize = 1_000;

pub(super) struct Private {
    folder: TempDir,
    /// Says that the folder is in use; `None` where that can't be said.
    _lock: Option<File>,
}

impl Private {
    /// Makes it and says by a lock that it is in use.
    ///
    /// # Errors
    /// It can't be made, or others swept it away each time.
    pub(super) fn make_in(target: &Path) -> io::Result<Self> {
        for _ in 0..TRIES {
            // tempfile makes it 0700.
            let folder = tempfile::Builder::new().prefix(PREFIX).tempdir_in(target)?;
            // The lock goes with the process, whatever ends it, so the next download knows what is left
            // over.
            let lock = File::open(folder.path()).ok();
            let swept = lock
                .as_ref()
                .is_some_and(|lock| matches!(lock.try_lock(), Err(TryLockError::WouldBlock)));
            if !swept && folder.path().is_dir() {
                return Ok(Self {
                    folder,
                    _lock: lock,
                });
            }
        }
        Err(io::Error::other("another download is clearing it up"))
    }

    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The names in it that are text, in order.
    pub(super) fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.path()).into_iter().flatten().flatten();
        let mut names: Vec<String> = entries
            .filter_map(|entry| entry.file_name().into_string().ok())
            .take(MOST_NAMES)
            .collect();
        names.sort();
        names
    }
}

/// Removes what killed downloads left in `target`. What can't be removed stays: it is in nobody's way.
pub(super) fn sweep(target: &Path) {
    let entries = fs::read_dir(target).into_iter().flatten().flatten();
    for entry in entries {
        let is_ours = entry
            .file_name()
            .as_encoded_bytes()
            .starts_with(PREFIX.as_bytes());
        if is_ours && is_left_over(&entry.path()) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// Whether the process that made it has ended. Where that can't be found out it is left alone for a day.
fn is_left_over(folder: &Path) -> bool {
    let Ok(meta) = fs::symlink_metadata(folder) else {
        return false;
    };
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        // Another user's is not ours to remove, whatever its lock says.
        if meta.uid() != rustix::process::geteuid().as_raw() {
            return false;
        }
    }
    if !meta.is_dir() {
        return false;
    }
    match File::open(folder).map(|lock| lock.try_lock()) {
        Ok(Ok(())) => true,
        Ok(Err(TryLockError::WouldBlock)) => false,
        // Folders can't be locked, or not even opened, here.
        Ok(Err(TryLockError::Error(_))) | Err(_) => meta
            .modified()
            .ok()
            .and_then(|at| at.elapsed().ok())
            .is_some_and(|age| age > LEFT_OVER_AFTER),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_killed_download_left_is_removed_and_one_under_way_stays() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path();
        let left = target.join(format!("{PREFIX}left"));
        fs::create_dir_all(left.join("deep")).unwrap();
        fs::write(left.join("01.png"), "half").unwrap();
        fs::write(target.join(format!("{PREFIX}file")), "the user's").unwrap();
        let busy = Private::make_in(target).unwrap();
        sweep(target);
        // Where folders can't be locked it is left over only when it is old.
        assert_eq!(left.exists(), cfg!(windows));
        assert!(busy.path().is_dir());
        assert!(target.join(format!("{PREFIX}file")).is_file());
        drop(busy);
        assert_eq!(
            fs::read_dir(target).unwrap().count(),
            1 + usize::from(cfg!(windows))
        );
    }
}
