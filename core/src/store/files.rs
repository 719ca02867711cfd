//! Files of the state folder, written so that a crash leaves the old content or the new.

use crate::io::{Effect, FsDone, FsOp, Io, MISMATCH, Outcome};
use crate::problem::Problem;

/// Writes a file so that a crash leaves the old content or the new, and waits until it is durable.
///
/// # Errors
/// When the folder can't be written.
pub fn put(io: &Io, dir: &str, name: &str, bytes: Vec<u8>) -> Result<(), Problem> {
    let temporary = write_temporary(io, dir, name, bytes)?;
    // Only what is synced is renamed: some file systems would otherwise show the new name with an empty file
    // behind a power cut (`no-sync` in the simulation).
    run(io, FsOp::Rename(temporary, below(dir, name)))?;
    // The name is durable with its folder only: without this the file is on the disk and nothing leads to it
    // (`no-sync-dir` in the simulation).
    run(io, FsOp::SyncDir(dir.to_owned()))
}

/// Does the same where nobody has written the file yet; false when somebody has: of several processes one
/// succeeds.
///
/// # Errors
/// When the folder can't be written.
pub fn put_new(io: &Io, dir: &str, name: &str, bytes: Vec<u8>) -> Result<bool, Problem> {
    let temporary = write_temporary(io, dir, name, bytes)?;
    let linked = io
        .fs(FsOp::Link(temporary.clone(), below(dir, name)))
        .map_err(|reason| Problem::storage(&reason))?;
    // Also where the name was taken: the file would stay for ever.
    run(io, FsOp::Remove(temporary))?;
    run(io, FsOp::SyncDir(dir.to_owned()))?;
    Ok(linked != FsDone::Taken)
}

/// Writes a file beside its place, so that it is whole when it gets its name.
fn write_temporary(io: &Io, dir: &str, name: &str, bytes: Vec<u8>) -> Result<String, Problem> {
    // A random part, for two processes may write the same record; and a dot, so that no listing takes it for
    // one.
    let temporary = below(dir, &format!(".{name}.{}", &io.nonce()[..8]));
    run(io, FsOp::Write(temporary.clone(), bytes))?;
    run(io, FsOp::Sync(temporary.clone()))?;
    Ok(temporary)
}

/// `.` is the state folder itself; a path through it would be refused as one that may leave it.
pub(super) fn below(dir: &str, name: &str) -> String {
    if dir == "." {
        name.to_owned()
    } else {
        format!("{dir}/{name}")
    }
}

/// An operation whose outcome is that it is done.
///
/// # Errors
/// Temporary, with the system's reason.
pub(crate) fn run(io: &Io, op: FsOp) -> Result<(), Problem> {
    io.perform(Effect::Fs(op), |outcome| done(outcome).map(drop))
}

/// A file's content; `None` where there is no such file.
///
/// # Errors
/// Temporary, with the system's reason.
pub(crate) fn read(io: &Io, path: &str) -> Result<Option<Vec<u8>>, Problem> {
    let op = FsOp::Read(path.to_owned());
    io.perform(Effect::Fs(op), |outcome| match done(outcome)? {
        FsDone::Content(content) => Ok(content),
        FsDone::Done | FsDone::Taken | FsDone::Names(_) => {
            Err(Problem::storage("a read gave no content"))
        }
    })
}

/// What came of a file operation.
fn done(outcome: Outcome) -> Result<FsDone, Problem> {
    match outcome {
        Outcome::Fs(result) => result.map_err(|reason| Problem::storage(&reason)),
        _ => Err(Problem::storage(MISMATCH)),
    }
}

/// The visible names in a folder.
pub(crate) fn list(io: &Io, dir: &str) -> Result<Vec<String>, Problem> {
    let op = FsOp::List(dir.to_owned());
    io.perform(Effect::Fs(op), |outcome| {
        let mut names = names(outcome)?;
        names.retain(|name| !name.starts_with('.'));
        Ok(names)
    })
}

/// All names in a folder, also of files that are being written.
pub(super) fn list_all(io: &Io, dir: &str) -> Result<Vec<String>, Problem> {
    io.perform(Effect::Fs(FsOp::List(dir.to_owned())), names)
}

/// The names that a listing gave.
fn names(outcome: Outcome) -> Result<Vec<String>, Problem> {
    match done(outcome)? {
        FsDone::Names(names) => Ok(names),
        FsDone::Done | FsDone::Taken | FsDone::Content(_) => {
            Err(Problem::storage("a listing gave no names"))
        }
    }
}
