//! Sessions that have ended, and those of them that are forgotten.

use super::files::{list, list_all, put, run};
use super::{active, session_dir};
use crate::io::{FsOp, Io, UnixMs};
use crate::problem::Problem;

/// Finished sessions that are kept.
// Each is a folder of some files, and `recover` reads all of them.
pub const KEEP_FINISHED: usize = 500;

/// Marks a session as ended and prunes the oldest ended ones.
///
/// # Errors
/// When the state folder can't be written.
pub fn finish(io: &Io, key: &str, now_ms: UnixMs) -> Result<(), Problem> {
    // The marker of the end first: a crash behind it leaves both, and the next step ends it again. The other
    // way round the session would be in neither list, and never pruned.
    put(io, "finished", &format!("{now_ms:014}-{key}"), Vec::new())?;
    run(io, FsOp::Remove(format!("active/{key}")))?;
    run(io, FsOp::SyncDir("active".to_owned()))?;
    prune(io)
}

/// Removes what is over [`KEEP_FINISHED`], oldest first; a session that goes on is never removed.
fn prune(io: &Io) -> Result<(), Problem> {
    let finished = list(io, "finished")?;
    let excess = finished.len().saturating_sub(KEEP_FINISHED);
    if excess == 0 {
        return Ok(());
    }
    // Read only when something is to go: this runs at every end of a session.
    let active = active(io)?;
    for (at, marker) in finished.iter().enumerate().take(excess) {
        let Some((_, key)) = marker.split_once('-') else {
            continue;
        };
        let ended_later = finished[at + 1..]
            .iter()
            .any(|other| other.split_once('-').is_some_and(|(_, name)| name == key));
        if !ended_later && !active.iter().any(|name| name == key) {
            let dir = session_dir(key);
            // What a crash left half written, too: only an empty folder can be removed.
            for name in list_all(io, &dir)? {
                run(io, FsOp::Remove(format!("{dir}/{name}")))?;
            }
            run(io, FsOp::RemoveDir(dir))?;
        }
        // The marker last: with it gone a folder that is half removed would stay for ever.
        run(io, FsOp::Remove(format!("finished/{marker}")))?;
    }
    Ok(())
}
