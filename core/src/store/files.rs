//! Files of the state folder, written so that a crash leaves the old content or the new.

use crate::io::{FsDone, FsOp, Io};
use crate::problem::Problem;

/// Writes a file so that a crash leaves the old content or the new, and waits until it is durable.
///
/// # Errors
/// When the folder can't be written.
pub async fn put(io: &Io, dir: &str, name: &str, bytes: Vec<u8>) -> Result<(), Problem> {
    let temporary = write_temporary(io, dir, name, bytes).await?;
    run(io, FsOp::Rename(temporary, below(dir, name))).await?;
    run(io, FsOp::SyncDir(dir.to_owned())).await
}

/// Does the same where nobody has written the file yet; false when somebody has: of several processes one
/// succeeds.
///
/// # Errors
/// When the folder can't be written.
pub async fn put_new(io: &Io, dir: &str, name: &str, bytes: Vec<u8>) -> Result<bool, Problem> {
    let temporary = write_temporary(io, dir, name, bytes).await?;
    let linked = io
        .fs(FsOp::Link(temporary.clone(), below(dir, name)))
        .await
        .map_err(|reason| Problem::storage(&reason))?;
    run(io, FsOp::Remove(temporary)).await?;
    run(io, FsOp::SyncDir(dir.to_owned())).await?;
    Ok(linked != FsDone::Taken)
}

/// Writes a file beside its place, so that it is whole when it gets its name.
async fn write_temporary(
    io: &Io,
    dir: &str,
    name: &str,
    bytes: Vec<u8>,
) -> Result<String, Problem> {
    let temporary = below(dir, &format!(".{name}.{}", &io.nonce()[..8]));
    run(io, FsOp::Write(temporary.clone(), bytes)).await?;
    run(io, FsOp::Sync(temporary.clone())).await?;
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

pub(crate) async fn run(io: &Io, op: FsOp) -> Result<(), Problem> {
    io.fs(op)
        .await
        .map(|_| ())
        .map_err(|reason| Problem::storage(&reason))
}

pub(crate) async fn read(io: &Io, path: &str) -> Result<Option<Vec<u8>>, Problem> {
    match io.fs(FsOp::Read(path.to_owned())).await {
        Ok(FsDone::Content(content)) => Ok(content),
        Ok(FsDone::Done | FsDone::Taken | FsDone::Names(_)) => {
            Err(Problem::storage("a read gave no content"))
        }
        Err(reason) => Err(Problem::storage(&reason)),
    }
}

/// The visible names in a folder.
pub(crate) async fn list(io: &Io, dir: &str) -> Result<Vec<String>, Problem> {
    let mut names = list_all(io, dir).await?;
    names.retain(|name| !name.starts_with('.'));
    Ok(names)
}

/// All names in a folder, also of files that are being written.
pub(super) async fn list_all(io: &Io, dir: &str) -> Result<Vec<String>, Problem> {
    match io.fs(FsOp::List(dir.to_owned())).await {
        Ok(FsDone::Names(names)) => Ok(names),
        Ok(FsDone::Done | FsDone::Taken | FsDone::Content(_)) => {
            Err(Problem::storage("a listing gave no names"))
        }
        Err(reason) => Err(Problem::storage(&reason)),
    }
}
