//! File operations of the core, below the state folder and nowhere else.
//!
//! Paths come from the core and are relative; anything that could leave the folder is refused here
//! once more, whatever the runtime's own sandbox does. No locking and no permissions: WASI has
//! neither, and the folder's privacy and its single owner are the harness's.

use std::collections::BTreeMap;

use libtv_video_core::io::{FsDone, FsOp};
use wasip2::filesystem::types::ErrorCode;

use super::grant::{self, Refused, Use};
use super::names;

/// The largest file that is read. Records are a few kilobytes, and the store of an earlier
/// installation a few megabytes; an instance has some 64 MiB, so 16 MiB can be held and parsed.
const MAX_READ_BYTES: u64 = 16 * 1024 * 1024;

/// Performs one operation below `root`.
pub fn perform(root: &str, op: FsOp) -> Result<FsDone, String> {
    // What was tried, and on which of the core's paths, for whoever reads why it failed.
    let (verb, path, done) = match op {
        FsOp::Read(path) => {
            let content = read(&below(root, &path)?).map(FsDone::Content);
            ("read", path, content)
        }
        FsOp::Write(path, content) => {
            let written = write(&below(root, &path)?, &content);
            ("write", path, written.map(|()| FsDone::Done))
        }
        FsOp::Sync(path) => {
            let synced = grant::sync(&below(root, &path)?, Use::Sync);
            ("sync", path, done(synced))
        }
        FsOp::SyncDir(path) => {
            let synced = grant::sync(&below(root, &path)?, Use::Folder);
            ("sync", path, done(synced))
        }
        FsOp::Rename(from, to) => {
            let renamed = names::rename(&below(root, &from)?, &below(root, &to)?);
            ("replace", to, done(renamed))
        }
        FsOp::Link(from, to) => {
            let linked = link(&below(root, &from)?, &below(root, &to)?);
            ("write", to, linked.map_err(String::from))
        }
        FsOp::List(path) => {
            let names = list(&below(root, &path)?).map(FsDone::Names);
            ("list", path, names.map_err(String::from))
        }
        FsOp::Remove(path) => {
            let removed = names::remove_file(&below(root, &path)?);
            ("remove", path, done(removed))
        }
        FsOp::RemoveDir(path) => {
            let removed = names::remove_dir(&below(root, &path)?);
            ("remove", path, done(removed))
        }
        FsOp::MakeDir(path) => {
            let made = names::make_dir(&below(root, &path)?);
            ("make", path, done(made))
        }
    };
    done.map_err(|reason| format!("could not {verb} {path}: {reason}"))
}

/// Of an operation that gives nothing.
fn done(result: Result<(), Refused>) -> Result<FsDone, String> {
    result.map(|()| FsDone::Done).map_err(String::from)
}

/// The content of a file, or nothing when there is none.
pub fn read(path: &str) -> Result<Option<Vec<u8>>, String> {
    // One more than allowed, so that too large is told from just large enough; and by what is read, since the
    // file may grow.
    let content = read_up_to(path, MAX_READ_BYTES + 1)?;
    let len = content.as_ref().map_or(0, Vec::len);
    if len as u64 > MAX_READ_BYTES {
        return Err(format!(
            "it is larger than {} MiB",
            MAX_READ_BYTES / 1024 / 1024
        ));
    }
    Ok(content)
}

/// What a file begins with, at most so many bytes; nothing when there is none.
///
/// # Errors
/// In words: it is there and can't be read.
pub fn read_up_to(path: &str, limit: u64) -> Result<Option<Vec<u8>>, String> {
    match grant::open(path, Use::Read) {
        Ok(file) => Ok(Some(grant::read_up_to(&file, limit)?)),
        Err(refused) if refused.is_missing() => Ok(None),
        Err(refused) => Err(refused.into()),
    }
}

/// Replaces a file by a new content, durably and at once: whatever happens in between, the old or
/// the new content is there.
pub fn replace(path: &str, temporary: &str, content: &[u8]) -> Result<(), String> {
    let folder = path.rsplit_once('/').map_or(".", |(folder, _)| folder);
    let replaced = write(temporary, content)
        // Synced before it is renamed: else a power cut may leave the new name with nothing in it.
        .and_then(|()| Ok(grant::sync(temporary, Use::Sync)?))
        .and_then(|()| Ok(names::rename(temporary, path)?));
    if replaced.is_err() {
        // The failure that counts is the one above.
        names::remove_file(temporary).ok();
    }
    replaced.and_then(|()| Ok(grant::sync(folder, Use::Folder)?))
}

/// Makes or overwrites a file; nothing is synced.
///
/// # Errors
/// The system's reason. A part of the content may be there then.
fn write(path: &str, content: &[u8]) -> Result<(), String> {
    // Not emptied first, as every poll's pulse would be: file systems take that for a replacement, and bring it to the disk
    // at once (ext4's auto_da_alloc).
    let file = grant::open(path, Use::Update)?;
    grant::empty_longer(&file, content.len())?;
    grant::write_at(&file, content, 0)
}

/// Gives a file a name that nobody has; of several processes that give the same one succeeds. Its first name may be gone
/// then.
fn link(from: &str, to: &str) -> Result<FsDone, Refused> {
    match names::link(from, to) {
        Ok(()) => Ok(FsDone::Done),
        Err(Refused::By(ErrorCode::Exist)) => Ok(FsDone::Taken),
        // A file system without links, such as FAT: either is how it answers, by system and runtime.
        Err(Refused::By(ErrorCode::Unsupported | ErrorCode::Access | ErrorCode::NotPermitted)) => {
            take(from, to)
        }
        Err(refused) => Err(refused),
    }
}

/// Takes the name with an empty file and replaces that. Whoever dies in between leaves a record that is damaged: what
/// became of it counts as unknown.
fn take(from: &str, to: &str) -> Result<FsDone, Refused> {
    if !grant::create(to)? {
        return Ok(FsDone::Taken);
    }
    let renamed = names::rename(from, to);
    if renamed.is_err() {
        // The failure that counts is the one above.
        names::remove_file(to).ok();
    }
    renamed.map(|()| FsDone::Done)
}

/// The names in a folder, in order; none where there is no such folder.
///
/// # Errors
/// The runtime's reason.
fn list(path: &str) -> Result<Vec<String>, Refused> {
    // In order by a map that the core has as well: sorting is 4 KB of code for each type.
    let mut sorted: BTreeMap<String, usize> = BTreeMap::new();
    for name in names::list(path)?.unwrap_or_default() {
        sorted.insert(name, 0);
    }
    Ok(sorted.into_keys().collect())
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
