//! The state folder: which file holds what, and in which order it is written.
//!
//! ```text
//! active/<key>                 empty: a session that has not ended, or `submit-…`: an intent that was left over, with the time
//!                              at which its service is asked about it next, where it was asked
//! finished/<time>-<key>        empty: when it ended, for pruning
//! sessions/<key>/asked-0001    what a turn asked for          (the submitter writes)
//! sessions/<key>/progress-0001 where the turn stands          (the poller writes)
//! sessions/<key>/pulse-0001    its polls since, unsynced      (the poller writes)
//! sessions/<key>/d-<id>        one delivery                   (the poller writes)
//! sessions/<key>/line-0001    the line that tells how far a turn is  (the poller writes)
//! sessions/<key>/t-<id>-…      empty: an attempt at its message (its maker removes it)
//! submits/<what is asked>      a paid submit under way, or one whose answer was lost
//! pictures/<digest>-…          the user's own pictures, for services that take them in the request
//! damaged/…                    records set aside
//! ```
//! Every write is a new file, synced, renamed into place, its folder synced: a crash leaves the old
//! content or the new. But for a pulse: what may be lost need not wait for the disk.

pub mod attempts;
mod files;
mod finished;
pub mod layout;
pub mod legacy;
mod lines;
pub mod pictures;
mod pulse;
pub mod record;
pub mod submits;
mod version1;

use std::cmp::Ordering;

use crate::io::{FsOp, Io};
use crate::json::Stored;
use crate::problem::Problem;
use crate::session::{Asked, Delivery, Progress, Session, Turn, folder_name, safe_prefix};
use crate::upstream::results::Links;
pub(crate) use files::{list, read, run};
pub use files::{put, put_new};
pub use finished::{KEEP_FINISHED, finish};
pub use lines::{claim_line, line, save_line};
pub use pulse::{Pulse, save_poll};
use record::Bad;

/// A prefix of an id must be this long: what `recover` prints at least.
pub const MIN_PREFIX_CHARS: usize = 8;

/// A session together with what could not be read of it.
pub struct Loaded {
    /// The session.
    pub session: Session,
    /// Records that were damaged and set aside, in words.
    pub damaged: Vec<String>,
    /// Ids of deliveries whose records were damaged: what became of them isn't known.
    pub lost_deliveries: Vec<String>,
    /// Ids of the deliveries that have a record, as far as this process knows.
    pub stored: Vec<String>,
    /// Ids of the deliveries of which a mark says that they may be in the chat, and their records don't.
    pub recalled: Vec<String>,
    /// The turns that have a line which tells how far they are.
    pub lines: Vec<u32>,
}

/// What a look-up by id or prefix gave.
pub enum Found {
    /// This session's folder.
    Key(String),
    /// None.
    None,
    /// Several begin so.
    Several,
}

/// The path of a session's folder, below the state folder.
fn session_dir(key: &str) -> String {
    format!("sessions/{key}")
}

/// Makes the folders; an existing one is fine.
///
/// # Errors
/// When the state folder can't be written.
pub fn prepare(io: &Io) -> Result<(), Problem> {
    for dir in contract::state::FOLDERS {
        // Not synced here: who only looks need not wait for the disk, and who writes calls `sync_folders`.
        run(io, FsOp::MakeDir(dir.to_owned()))?;
    }
    Ok(())
}

/// Makes the folders' own names durable. A file that was synced in a folder whose name was not is lost
/// with it; who made the folder may have been stopped before it could see to that.
pub(crate) fn sync_folders(io: &Io) -> Result<(), Problem> {
    run(io, FsOp::SyncDir(".".to_owned()))
}

/// Stores a new turn durably, marks its session as one to poll, and reads it back. Until all of it is
/// there, the submit's intent is.
///
/// # Errors
/// When it can't be stored, or reads back as something else.
pub fn begin_turn(io: &Io, asked: &Asked) -> Result<(), Problem> {
    // The mark last: an entry whose turn isn't there would be polled for nothing.
    store_turn(io, asked)?;
    activate(io, &folder_name(&asked.session_id))
}

/// Stores a turn and reads it back, without having it polled.
///
/// # Errors
/// When it can't be stored, or reads back as something else.
pub fn store_turn(io: &Io, asked: &Asked) -> Result<(), Problem> {
    let key = folder_name(&asked.session_id);
    let dir = session_dir(&key);
    run(io, FsOp::MakeDir(dir.clone()))?;
    // Both folders' names before the record: it was charged, and a crash must not take the folder away from
    // under a synced file.
    sync_folders(io)?;
    run(io, FsOp::SyncDir("sessions".to_owned()))?;
    let name = format!("asked-{:04}", asked.turn);
    put(io, &dir, &name, record::encode("asked", asked))?;
    // Read back: what a disk loses has to be noticed now, and not when the user asks for the result.
    let stored = read(io, &format!("{dir}/{name}"))?.unwrap_or_default();
    match record::decode::<Asked>("asked", &stored) {
        Ok(back) if back == *asked => Ok(()),
        Ok(_) | Err(_) => Err(Problem::storage(
            "the session reads back differently than it was written",
        )),
    }
}

/// Makes the names in a session's folder durable, whoever gave them: a process that dies between a rename and its sync
/// leaves a record that is there until the power fails.
///
/// # Errors
/// When it can't be synced.
pub fn make_durable(io: &Io, key: &str) -> Result<(), Problem> {
    run(io, FsOp::SyncDir(session_dir(key)))
}

/// The newest turn of a session that is the one looked for, when it has such. A record that can't be read is passed over.
///
/// # Errors
/// When the state folder can't be read.
pub fn find_asked(
    io: &Io,
    key: &str,
    is: &dyn Fn(&Asked) -> bool,
) -> Result<Option<Asked>, Problem> {
    let dir = session_dir(key);
    // The newest first: what is looked for was submitted a moment ago.
    for name in list(io, &dir)?.iter().rev() {
        if name.starts_with("asked-") {
            let bytes = read(io, &format!("{dir}/{name}"))?;
            let asked = bytes.and_then(|bytes| record::decode::<Asked>("asked", &bytes).ok());
            if let Some(asked) = asked.filter(is) {
                return Ok(Some(asked));
            }
        }
    }
    Ok(None)
}

/// Whether nobody has polled a session's latest turn yet.
///
/// # Errors
/// When the state folder can't be read.
pub fn is_unpolled(io: &Io, key: &str) -> Result<bool, Problem> {
    let names = list(io, &session_dir(key))?;
    let numbers = names.iter().filter_map(|name| name.strip_prefix("asked-"));
    let latest = numbers.max();
    Ok(latest.is_some_and(|number| {
        // A quiet first poll leaves a pulse and no progress.
        let polled = [format!("progress-{number}"), format!("pulse-{number}")];
        !polled.iter().any(|name| names.contains(name))
    }))
}

/// Marks a session as one to poll.
///
/// # Errors
/// When the state folder can't be written.
pub fn activate(io: &Io, key: &str) -> Result<(), Problem> {
    put(io, "active", key, Vec::new())
}

/// Stores where a turn stands.
///
/// # Errors
/// When it can't be written.
pub fn save_progress(io: &Io, key: &str, turn: u32, progress: &Progress) -> Result<(), Problem> {
    put(
        io,
        &session_dir(key),
        &format!("progress-{turn:04}"),
        record::encode("progress", progress),
    )
}

/// The same after a look at the service, which takes a while: a turn that ended meanwhile (somebody cancelled it) stays as that has
/// left it, and becomes so here.
///
/// # Errors
/// When it can't be read or written.
pub fn save_looked(io: &Io, key: &str, turn: u32, after: &mut Progress) -> Result<(), Problem> {
    if !after.state.is_final() {
        let stored = read(io, &format!("{}/progress-{turn:04}", session_dir(key)))?;
        let stored = stored.and_then(|bytes| record::decode::<Progress>("progress", &bytes).ok());
        if let Some(ended) = stored.filter(|stored| stored.state.is_final()) {
            *after = ended;
            return Ok(());
        }
    }
    save_progress(io, key, turn, after)
}

/// Stores a delivery.
///
/// # Errors
/// When it can't be written.
pub fn save_delivery(io: &Io, key: &str, delivery: &Delivery) -> Result<(), Problem> {
    put(
        io,
        &session_dir(key),
        &format!("d-{}", delivery.id),
        record::encode("delivery", delivery),
    )
}

/// Stores a delivery that has no record yet; false when another process has stored it.
///
/// # Errors
/// When it can't be written.
pub fn claim_delivery(io: &Io, key: &str, delivery: &Delivery) -> Result<bool, Problem> {
    put_new(
        io,
        &session_dir(key),
        &format!("d-{}", delivery.id),
        record::encode("delivery", delivery),
    )
}

/// A delivery as it is stored now; none when it isn't, or can't be read.
///
/// # Errors
/// When the state folder can't be read.
pub fn stored_delivery(io: &Io, key: &str, id: &str) -> Result<Option<Delivery>, Problem> {
    let bytes = read(io, &format!("{}/d-{id}", session_dir(key)))?;
    Ok(bytes.and_then(|bytes| record::decode("delivery", &bytes).ok()))
}

/// Reads a session. A damaged record is set aside and named; the others are used.
///
/// # Errors
/// When a record was written by a newer version, or the folder can't be read.
pub fn load(io: &Io, key: &str) -> Result<Option<Loaded>, Problem> {
    let dir = session_dir(key);
    let names = list(io, &dir)?;
    let mut loaded = Loaded {
        session: Session {
            key: key.to_owned(),
            turns: Vec::new(),
            deliveries: Vec::new(),
        },
        damaged: Vec::new(),
        lost_deliveries: Vec::new(),
        stored: Vec::new(),
        recalled: Vec::new(),
        lines: names
            .iter()
            .filter_map(|name| lines::turn_of(name))
            .collect(),
    };
    let markers: Vec<_> = names
        .iter()
        .filter_map(|name| attempts::parse(name))
        .collect();
    for name in &names {
        if name.starts_with("asked-") {
            let Some(asked) = load_record::<Asked>(io, &dir, name, "asked", &mut loaded.damaged)?
            else {
                continue;
            };
            let progress_name = format!("progress-{:04}", asked.turn);
            let progress = if names.contains(&progress_name) {
                load_record::<Progress>(io, &dir, &progress_name, "progress", &mut loaded.damaged)?
            } else {
                None
            };
            // A damaged one begins anew: the next poll finds out again what it said, but for what was
            // delivered, and that has records of its own.
            let mut progress = progress.unwrap_or_else(|| Progress::begun(asked.submitted_at_ms));
            if names.contains(&pulse::name(asked.turn)) {
                pulse::read(io, &dir, asked.turn, &mut progress)?;
            }
            put_in_order(
                &mut loaded.session.turns,
                Turn { asked, progress },
                |one, other| one.asked.turn.cmp(&other.asked.turn),
            );
        } else if let Some(id) = name.strip_prefix("d-") {
            match load_record::<Delivery>(io, &dir, name, "delivery", &mut loaded.damaged)? {
                Some(delivery) => {
                    loaded.stored.push(delivery.id.clone());
                    put_in_order(&mut loaded.session.deliveries, delivery, |one, other| {
                        (one.order, &one.id).cmp(&(other.order, &other.id))
                    });
                }
                // Its content is lost and not what it stood for: the plan finds the id again and must not send
                // it.
                None => loaded.lost_deliveries.push(id.to_owned()),
            }
        } else if let Some(id) = name.strip_prefix("lost-d-") {
            loaded.lost_deliveries.push(id.to_owned());
        }
    }
    for links in loaded
        .session
        .deliveries
        .iter()
        .filter_map(|delivery| delivery.links.as_ref())
    {
        // A result is given to a message with links after that was stored.
        if !loaded.stored.contains(links) && !loaded.lost_deliveries.contains(links) {
            loaded.lost_deliveries.push(links.clone());
        }
    }
    // Behind all records: a marker speaks of a delivery wherever its name stands in the listing.
    attempts::apply(&mut loaded, &markers);
    one_for_each_result(&mut loaded);
    Ok((!loaded.session.turns.is_empty() || !loaded.damaged.is_empty()).then_some(loaded))
}

/// Earlier versions kept every link to a result, and named deliveries after it: the newest link is kept, and of a damaged
/// delivery the name that it has now is lost.
fn one_for_each_result(loaded: &mut Loaded) {
    for turn in &mut loaded.session.turns {
        let id = |subject: &str| Delivery::id_of(&turn.asked.nonce, "result", subject);
        if !loaded.lost_deliveries.is_empty() {
            for url in &turn.progress.results {
                if loaded.lost_deliveries.contains(&id(url.as_str())) {
                    loaded.lost_deliveries.push(id(url.identity().as_str()));
                }
            }
        }
        let links: Links = std::mem::take(&mut turn.progress.results)
            .into_iter()
            .collect();
        turn.progress.results = links.into_vec();
    }
}

/// Puts an entry behind those that don't come after it. Not by a sort: each kind is 4 KB of code, and a session has few.
fn put_in_order<T>(sorted: &mut Vec<T>, entry: T, order: fn(&T, &T) -> Ordering) {
    let before = sorted.iter().rposition(|one| order(one, &entry).is_le());
    sorted.insert(before.map_or(0, |index| index + 1), entry);
}

/// Reads one record; `None` where it is gone, or damaged: it is set aside then, and named in `damaged`.
///
/// # Errors
/// When it was written by a newer version, or can't be read or set aside.
fn load_record<T: Stored>(
    io: &Io,
    dir: &str,
    name: &str,
    kind: &str,
    damaged: &mut Vec<String>,
) -> Result<Option<T>, Problem> {
    let path = format!("{dir}/{name}");
    let Some(bytes) = read(io, &path)? else {
        return Ok(None);
    };
    match record::decode(kind, &bytes) {
        Ok(value) => Ok(Some(value)),
        // Neither set aside nor guessed at: a newer program that shares the folder needs it as it is.
        Err(bad @ Bad::Newer(_)) => Err(bad.refused(&path)),
        Err(bad @ Bad::Damaged(_)) => {
            set_aside(io, dir, name)?;
            damaged.push(format!(
                "The record {path} can't be used: {}. It was set aside in damaged/.",
                bad.words()
            ));
            Ok(None)
        }
    }
}

/// Moves a damaged record out of the way. A delivery's name stays, so that it isn't sent again.
fn set_aside(io: &Io, dir: &str, name: &str) -> Result<(), Problem> {
    run(io, FsOp::MakeDir("damaged".to_owned()))?;
    if name.starts_with("d-") {
        // The mark before the move: a crash in between leaves both, and the move is made again. The other way
        // round the message would be planned and sent as new.
        put(io, dir, &format!("lost-{name}"), Vec::new())?;
    }
    let key = dir.rsplit('/').next().unwrap_or(dir);
    run(
        io,
        FsOp::Rename(format!("{dir}/{name}"), format!("damaged/{key}.{name}")),
    )?;
    run(io, FsOp::SyncDir(dir.to_owned()))
}

/// The folders of all sessions.
///
/// # Errors
/// When the state folder can't be read.
pub fn all(io: &Io) -> Result<Vec<String>, Problem> {
    list(io, "sessions")
}

/// The folders of the sessions that have not ended.
///
/// # Errors
/// When the state folder can't be read.
pub fn active(io: &Io) -> Result<Vec<String>, Problem> {
    list(io, "active")
}

/// The folders of the sessions that have ended, the latest first; one that was continued and ended again stands twice.
///
/// # Errors
/// When the state folder can't be read.
pub fn ended(io: &Io) -> Result<Vec<String>, Problem> {
    let markers = list(io, "finished")?;
    Ok(markers
        .iter()
        .rev()
        .filter_map(|marker| Some(marker.split_once('-')?.1.to_owned()))
        .collect())
}

/// Finds a session by its id, the name of its folder, or a unique prefix of its id.
///
/// # Errors
/// When the state folder can't be read.
pub fn find(io: &Io, id: &str) -> Result<Found, Problem> {
    let exact = folder_name(id);
    if !list(io, &session_dir(&exact))?.is_empty() {
        return Ok(Found::Key(exact));
    }
    // Before the folder is listed: it may hold thousands.
    if id.chars().count() < MIN_PREFIX_CHARS {
        return Ok(Found::None);
    }
    // Folder names first, since a record costs a read; and then the record, since a name is only the id's
    // readable part.
    let prefix = safe_prefix(id);
    let mut found = Found::None;
    for key in all(io)?.into_iter().filter(|key| key.starts_with(&prefix)) {
        let known = load(io, &key)?;
        if known.is_some_and(|loaded| loaded.session.id().starts_with(id) || key == id) {
            found = match found {
                Found::None => Found::Key(key),
                Found::Key(_) | Found::Several => return Ok(Found::Several),
            };
        }
    }
    Ok(found)
}
