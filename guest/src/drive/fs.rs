//! File operations of the core, below the state folder and nowhere else.
//!
//! Paths come from the core and are relative; anything that could leave the folder is refused here
//! once more, whatever the runtime's own sandbox does. No locking and no permissions: WASI has
//! neither, and the folder's privacy and its single owner are the harness's.

use std::collections::BTreeMap;
use std::io::{ErrorKind, Read};

use libtv_video_core::io::{FsDone, FsOp};

use super::grant::{self, Use};

/// The largest file that is read. Records are a few kilobytes, and the store of an earlier
/// installation a few megabytes; an instance has some 64 MiB, so 16 MiB can be held and parsed.
const MAX_READ_BYTES: u64 = 16 * 1024 * 1024;

/// Performs one operation below `root`.
pub fn perform(root: &str, op: FsOp) -> Result<FsDone, String> {
    match op {
        FsOp::Read(path) => read(&below(root, &path)?)
            .map(FsDone::Content)
            .map_err(|reason| failed("read", &path, &reason)),
        FsOp::Write(path, content) => write(&below(root, &path)?, &content)
            .map(|()| FsDone::Done)
            .map_err(|reason| failed("write", &path, &reason)),
        FsOp::Sync(path) => grant::sync(&below(root, &path)?, Use::Sync)
            .map(|()| FsDone::Done)
            .map_err(|reason| failed("sync", &path, &reason)),
        FsOp::SyncDir(path) => grant::sync(&below(root, &path)?, Use::Folder)
            .map(|()| FsDone::Done)
            .map_err(|reason| failed("sync", &path, &reason)),
        // Atomic in POSIX and in WASI's words: whoever reads meanwhile finds the old file or the new.
        FsOp::Rename(from, to) => std::fs::rename(below(root, &from)?, below(root, &to)?)
            .map(|()| FsDone::Done)
            .map_err(|error| failed("replace", &to, &error.to_string())),
        FsOp::Link(from, to) => link(&below(root, &from)?, &below(root, &to)?)
            .map_err(|reason| failed("write", &to, &reason)),
        FsOp::List(path) => list(&below(root, &path)?)
            .map(FsDone::Names)
            .map_err(|reason| failed("list", &path, &reason)),
        FsOp::Remove(path) => missing_is_fine(std::fs::remove_file(below(root, &path)?))
            .map_err(|error| failed("remove", &path, &error.to_string())),
        FsOp::RemoveDir(path) => missing_is_fine(std::fs::remove_dir(below(root, &path)?))
            .map_err(|error| failed("remove", &path, &error.to_string())),
        FsOp::MakeDir(path) => make_dir(&below(root, &path)?)
            .map(|()| FsDone::Done)
            .map_err(|reason| failed("make", &path, &reason)),
    }
}

/// The content of a file, or nothing when there is none.
pub fn read(path: &str) -> Result<Option<Vec<u8>>, String> {
    let file = match std::fs::File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.to_string()),
    };
    let len = file.metadata().map_or(0, |metadata| metadata.len());
    let mut content = Vec::new();
    if len <= MAX_READ_BYTES {
        // Room for the whole file at once: std would otherwise read in small steps.
        content.reserve_exact(usize::try_from(len).unwrap_or(0) + 1);
    }
    // One more than allowed, so that too large is told from just large enough; and by what is read, since the
    // file may grow.
    file.take(MAX_READ_BYTES + 1)
        .read_to_end(&mut content)
        .map_err(|error| error.to_string())?;
    if content.len() as u64 > MAX_READ_BYTES {
        return Err(format!(
            "it is larger than {} MiB",
            MAX_READ_BYTES / 1024 / 1024
        ));
    }
    Ok(Some(content))
}

/// Replaces a file by a new content, durably and at once: whatever happens in between, the old or
/// the new content is there.
pub fn replace(path: &str, temporary: &str, content: &[u8]) -> Result<(), String> {
    let folder = path.rsplit_once('/').map_or(".", |(folder, _)| folder);
    let replaced = write(temporary, content)
        // Synced before it is renamed: else a power cut may leave the new name with nothing in it.
        .and_then(|()| grant::sync(temporary, Use::Sync))
        .and_then(|()| std::fs::rename(temporary, path).map_err(|error| error.to_string()));
    if replaced.is_err() {
        // The failure that counts is the one above.
        drop(std::fs::remove_file(temporary));
    }
    replaced.and_then(|()| grant::sync(folder, Use::Folder))
}

/// Makes a folder and its parents.
pub fn make_dir(path: &str) -> Result<(), String> {
    // A granted folder can't be made and need not be: it is there.
    if std::fs::metadata(path).is_ok_and(|metadata| metadata.is_dir()) {
        return Ok(());
    }
    grant::covers(path)?;
    std::fs::create_dir_all(path).map_err(|error| error.to_string())
}

/// Makes or overwrites a file; nothing is synced.
///
/// # Errors
/// The system's reason. A part of the content may be there then.
fn write(path: &str, content: &[u8]) -> Result<(), String> {
    let file = grant::open(path, Use::Overwrite)?;
    grant::write_at(&file, content, 0)
}

/// Gives a file a name that nobody has; of several processes that give the same one succeeds. Its first name may be gone
/// then.
fn link(from: &str, to: &str) -> Result<FsDone, String> {
    match std::fs::hard_link(from, to) {
        Ok(()) => Ok(FsDone::Done),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(FsDone::Taken),
        // A file system without links, such as FAT.
        Err(error)
            // Either is how such a file system answers, by system and runtime.
            if matches!(
                error.kind(),
                ErrorKind::Unsupported | ErrorKind::PermissionDenied
            ) =>
        {
            take(from, to)
        }
        Err(error) => Err(error.to_string()),
    }
}

/// Takes the name with an empty file and replaces that. Whoever dies in between leaves a record that is damaged: what
/// became of it counts as unknown.
fn take(from: &str, to: &str) -> Result<FsDone, String> {
    if !grant::create(to)? {
        return Ok(FsDone::Taken);
    }
    match std::fs::rename(from, to) {
        Ok(()) => Ok(FsDone::Done),
        Err(error) => {
            // The failure that counts is the one above.
            drop(std::fs::remove_file(to));
            Err(error.to_string())
        }
    }
}

/// The names in a folder, in order; none where there is no such folder.
///
/// # Errors
/// The runtime's reason.
fn list(path: &str) -> Result<Vec<String>, String> {
    // In order by a map that the core has as well: sorting is 4 KB of code for each type.
    let mut names: BTreeMap<String, usize> = BTreeMap::new();
    for name in grant::names(path)?.unwrap_or_default() {
        names.insert(name, 0);
    }
    Ok(names.into_keys().collect())
}

/// Of a removal: what isn't there need not be removed.
fn missing_is_fine(result: std::io::Result<()>) -> std::io::Result<FsDone> {
    match result {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(FsDone::Done),
        other => other.map(|()| FsDone::Done),
    }
}

/// A path of the core, below the root. The empty path and `.` are the root itself.
pub fn below(root: &str, path: &str) -> Result<String, String> {
    if path.is_empty() || path == "." {
        return Ok(root.to_owned());
    }
    let plain = path
        .split('/')
        // On Windows these begin another path.
        .all(|part| !matches!(part, "" | "." | "..") && !part.contains(['\\', ':', '\0']));
    if plain {
        Ok(format!("{}/{path}", root.trim_end_matches('/')))
    } else {
        Err(format!("a path that leaves the state folder: {path:?}"))
    }
}

/// A reason with what was tried, and on which of the core's paths.
fn failed(verb: &str, path: &str, reason: &str) -> String {
    format!("could not {verb} {path}: {reason}")
}

#[cfg(test)]
mod tests {
    use super::below;

    #[test]
    fn paths_stay_below_the_root() {
        assert_eq!(
            below("/state", "a/b.json").as_deref(),
            Ok("/state/a/b.json")
        );
        assert_eq!(below("/state/", "a").as_deref(), Ok("/state/a"));
        assert_eq!(below("/state", "").as_deref(), Ok("/state"));
    }

    #[test]
    fn paths_that_could_leave_the_root_are_refused() {
        for path in [
            "/a", "../a", "a/../b", "a//b", "a/", "a\\b", "c:a", "a\0", "a/./b",
        ] {
            assert!(below("/state", path).is_err(), "{path}");
        }
    }
}
