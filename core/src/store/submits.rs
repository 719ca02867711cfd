//! Paid submits that have begun. The intent is stored before the request leaves and removed once
//! its outcome is: one that is left over is a submit of which nobody knows whether it was charged.

use super::{list, put, read, record, run, sync_folders};
use crate::config::Mode;
use crate::io::{FsOp, Io, UnixMs};
use crate::json::stored;
use crate::problem::Problem;

/// A submit without an outcome that is older than this belongs to a process that died: the request
/// itself is given up after a minute.
const ABANDONED_AFTER_MS: u64 = 3 * 60 * 1000;

/// A submit under way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submit {
    /// Names its file, and becomes its turn's nonce.
    pub nonce: String,
    /// The words.
    pub text: String,
    /// The session it continues, or empty.
    pub session_id: String,
    /// The service.
    pub mode: Mode,
    /// When it began.
    pub started_at_ms: UnixMs,
    /// Why its outcome isn't known, once that is certain.
    pub unknown: Option<String>,
    /// Whether a call that lists such submits has done so.
    pub told: bool,
}

stored!(Submit {
    nonce,
    text,
    session_id,
    mode,
    started_at_ms,
    unknown,
    told,
});

/// Stores an intent, or what became of it.
///
/// # Errors
/// When the state folder can't be written: then nothing may be submitted.
pub async fn save(io: &Io, submit: &Submit) -> Result<(), Problem> {
    sync_folders(io).await?;
    put(
        io,
        "submits",
        &submit.nonce,
        record::encode("submit", submit),
    )
    .await
}

/// Forgets an intent whose outcome is stored, or that certainly came to nothing.
///
/// # Errors
/// When the state folder can't be written.
pub async fn remove(io: &Io, nonce: &str) -> Result<(), Problem> {
    run(io, FsOp::Remove(format!("submits/{nonce}"))).await?;
    run(io, FsOp::SyncDir("submits".to_owned())).await
}

/// Notes that a caller is about to be told of a submit of unknown outcome. Whether the answer reaches it can't be
/// known here: a submit is forgotten when it is told for the second time.
///
/// # Errors
/// When the state folder can't be written.
pub async fn told(io: &Io, submit: Submit) -> Result<(), Problem> {
    if submit.told {
        return remove(io, &submit.nonce).await;
    }
    let noted = Submit {
        told: true,
        ..submit
    };
    save(io, &noted).await
}

/// The submits of which nobody knows the outcome.
///
/// # Errors
/// When the state folder can't be read. A damaged record is passed over: it stays where it is.
pub async fn unknown(io: &Io) -> Result<Vec<Submit>, Problem> {
    let mut found = Vec::new();
    for name in list(io, "submits").await? {
        let Some(bytes) = read(io, &format!("submits/{name}")).await? else {
            continue;
        };
        if let Ok(submit) = record::decode::<Submit>("submit", &bytes)
            // By a clock that was set back, too.
            && (submit.unknown.is_some()
                || io.now_ms().abs_diff(submit.started_at_ms) > ABANDONED_AFTER_MS)
        {
            found.push(submit);
        }
    }
    Ok(found)
}
