//! Paid submits that have begun. The intent is stored before the request leaves and removed once its outcome is: one that
//! is left over is a submit of which nobody knows whether it was charged. Only a person's word removes that
//! ([`forget`]), or proof of what became of it (`submit/stranded.rs`).
//!
//! An intent's file is named after what is asked for and made exclusively: of several processes that ask for the same at
//! the same time, one submits.

use super::attempts::Attempts;
use super::record::{self, Bad};
use super::{files, list, put_new, read, run, sync_folders};
use crate::io::{FsOp, Io, LONG_ANSWER_MS, LONG_REQUEST_MS, UnixMs, digest};
use crate::json::{self, Stored, Written, object_of_some, stored};
use crate::problem::Problem;
use crate::session::{Asked, Route};
use crate::upstream::{Baseline, ServiceId};
use serde_json::Value;

/// A submit without an outcome that is older than this belongs to a process that died: the request
/// itself is given up after a minute and a half.
const ABANDONED_AFTER_MS: u64 = 3 * 60 * 1000;
/// The same of one that takes long: somewhat longer than such a request may take.
const LONG_ABANDONED_AFTER_MS: u64 = LONG_REQUEST_MS + LONG_ANSWER_MS + ABANDONED_AFTER_MS;
/// So long the outcome of a submit that took long is kept for a caller who had given it up.
pub const REMEMBERED_MS: u64 = 5 * 60 * 1000;
/// Characters of an id that a person has to give, at least: as for sessions.
const MIN_ID_CHARS: usize = super::MIN_PREFIX_CHARS;

/// A submit under way, or one of unknown outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submit {
    /// Names it, and becomes its turn's nonce.
    pub nonce: String,
    /// The words.
    pub text: String,
    /// The session it continues, or empty.
    pub session_id: String,
    /// The service.
    pub service: ServiceId,
    /// When it began.
    pub started_at_ms: UnixMs,
    /// Why its outcome isn't known, once that is certain.
    pub unknown: Option<String>,
    /// Whether the service proved that it has it not: nothing was charged, and it may be submitted again.
    pub not_taken: bool,
    /// Whether the chat that asked has been told of it, or can't be.
    pub told: bool,
    /// The name of its file in `submits`; that of one by an earlier version is its nonce, and this empty.
    pub file: String,
    /// The chat that asked.
    pub route: Route,
    /// Where the turn's messages begin, when it continues a session.
    pub baseline: Option<Baseline>,
    /// The message that tells the chat, once it was tried.
    pub notice: Option<Notice>,
    /// The session that it became, of one that is kept for a caller who had given it up.
    pub became: Option<String>,
    /// By what the service can be asked for it, where it gave something beforehand.
    pub trace: Option<String>,
    /// Whether its request may take longer than others.
    pub takes_long: bool,
}

/// Where the message stands that tells the chat of a submit of unknown outcome.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Notice {
    /// When it was first sent; its uuid's window counts from here.
    pub first_sent_at_ms: Option<UnixMs>,
    /// Tries in a row that failed.
    pub failures: u32,
    /// When to try next.
    pub next_try_at_ms: UnixMs,
    /// Whether it is certainly in the chat.
    pub shown: bool,
}

stored!(Notice {
    first_sent_at_ms,
    failures,
    next_try_at_ms,
    shown = false,
});

impl Written for Submit {
    /// What came after the first version is left out where it says nothing.
    fn to_json(&self) -> Value {
        let routed = self.route != Route::default();
        object_of_some! {
            "nonce": Some(&self.nonce),
            "text": Some(&self.text),
            "session_id": Some(&self.session_id),
            "mode": Some(&self.service),
            "started_at_ms": Some(&self.started_at_ms),
            "unknown": Some(&self.unknown),
            "not_taken": self.not_taken.then_some(&self.not_taken as _),
            // Always written: version 1 reads it without a default.
            "told": Some(&self.told),
            "file": (!self.file.is_empty()).then_some(&self.file),
            "route": routed.then_some(&self.route),
            "baseline": self.baseline.as_ref().map(|value| value as _),
            "notice": self.notice.as_ref().map(|value| value as _),
            "became": self.became.as_ref().map(|value| value as _),
            "trace": self.trace.as_ref().map(|value| value as _),
            "takes_long": self.takes_long.then_some(&self.takes_long as _),
        }
    }
}

impl Stored for Submit {
    fn from_json(value: &Value) -> Option<Self> {
        let optional = |name| json::member::<Option<String>>(value, name);
        Some(Self {
            nonce: json::member(value, "nonce")?,
            text: json::member(value, "text")?,
            session_id: json::member(value, "session_id")?,
            service: json::member(value, "mode")?,
            started_at_ms: json::member(value, "started_at_ms")?,
            unknown: optional("unknown")?,
            not_taken: json::member::<Option<bool>>(value, "not_taken")?.unwrap_or_default(),
            told: json::member(value, "told")?,
            file: optional("file")?.unwrap_or_default(),
            route: json::member::<Option<Route>>(value, "route")?.unwrap_or_default(),
            baseline: json::member(value, "baseline")?,
            notice: json::member(value, "notice")?,
            became: optional("became")?,
            trace: optional("trace")?,
            takes_long: json::member(value, "takes_long")?,
        })
    }
}

impl Submit {
    /// Whether its outcome isn't known, and will not be by itself: it was lost, or whoever waited for it has died. Also by
    /// a clock that was set back.
    #[must_use]
    pub fn is_unknown(&self, now_ms: UnixMs) -> bool {
        // One with a session is known, however old it is.
        self.became.is_none() && (self.unknown.is_some() || self.is_abandoned(now_ms))
    }

    /// Whether it is so long ago that nobody works on it any more.
    #[must_use]
    pub const fn is_abandoned(&self, now_ms: UnixMs) -> bool {
        // In both directions: with a clock that was set back it would otherwise count as under way until that
        // time has come again.
        now_ms.abs_diff(self.started_at_ms) > self.abandoned_after_ms()
    }

    /// From when on it is certain that nobody works on it any more.
    #[must_use]
    pub const fn abandoned_at_ms(&self) -> UnixMs {
        self.started_at_ms
            .saturating_add(self.abandoned_after_ms() + 1)
    }

    const fn abandoned_after_ms(&self) -> u64 {
        if self.takes_long {
            LONG_ABANDONED_AFTER_MS
        } else {
            ABANDONED_AFTER_MS
        }
    }

    /// What a person calls it.
    #[must_use]
    pub fn id(&self) -> &str {
        self.nonce.get(..MIN_ID_CHARS).unwrap_or(&self.nonce)
    }

    /// Whether the same is asked for: the same words, of the same service and session, for the same chat.
    #[must_use]
    pub fn asks_the_same(&self, other: &Self) -> bool {
        self.text == other.text
            && self.session_id == other.session_id
            && self.service == other.service
            && self.route == other.route
    }

    /// Whether a turn is of the same: the same words, of the same service, in the session that it continues, for the same chat.
    #[must_use]
    pub fn is_asked_by(&self, asked: &Asked) -> bool {
        self.text == asked.text
            && self.service == asked.service
            && self.route == asked.route
            && (self.session_id.is_empty() || self.session_id == asked.session_id)
    }

    /// The name of the `nth` file for what it asks for.
    #[must_use]
    pub fn nth_file(&self, nth: usize) -> String {
        let route = &self.route;
        // Without the thread: requests that differ in it alone begin alike, and are told apart by what is in
        // the files.
        let asked = [
            "submit",
            &self.text,
            &self.session_id,
            self.service.key_prefix(),
            &route.channel,
            &route.chat,
        ];
        format!("{}x{nth}", digest(&asked, 24))
    }

    /// Whether a file's name is one of those for what it asks for.
    #[must_use]
    pub fn may_be_at(&self, file: &str) -> bool {
        let first = self.nth_file(0);
        // The number is the last digit of the first name, so that what stands in front of it is common to all.
        file.starts_with(first.trim_end_matches('0'))
    }

    /// The name of its file.
    #[must_use]
    pub fn file_name(&self) -> &str {
        if self.file.is_empty() {
            &self.nonce
        } else {
            &self.file
        }
    }

    /// One whose record can't be read: it is told and kept all the same.
    fn unreadable(file: &str, bad: &Bad) -> Self {
        Self {
            nonce: file.to_owned(),
            text: String::new(),
            session_id: String::new(),
            service: ServiceId::of_earlier_records(),
            // No time is known: 0 is left out wherever a time is shown.
            started_at_ms: 0,
            unknown: Some(format!("its record submits/{file}: {}", bad.words())),
            // Its chat is in the part that can't be read.
            told: true,
            file: file.to_owned(),
            route: Route::default(),
            baseline: None,
            notice: None,
            became: None,
            not_taken: false,
            trace: None,
            takes_long: false,
        }
    }
}

/// Stores a new intent under the name of its file; false when somebody has one there.
///
/// # Errors
/// When the state folder can't be written: then nothing may be submitted.
pub fn create(io: &Io, submit: &Submit) -> Result<bool, Problem> {
    // The folder's own name too: a synced intent in a folder that a crash takes away is none, and the request
    // has left (`intent-not-recorded` in the simulation).
    sync_folders(io)?;
    put_new(
        io,
        "submits",
        submit.file_name(),
        record::encode("submit", submit),
    )
}

/// Stores what became of an intent.
///
/// # Errors
/// When the state folder can't be written.
pub fn save(io: &Io, submit: &Submit) -> Result<(), Problem> {
    let bytes = record::encode("submit", submit);
    files::put(io, "submits", submit.file_name(), bytes)
}

/// Removes an intent whose outcome is stored, or that certainly came to nothing.
///
/// # Errors
/// When the state folder can't be written.
pub fn remove(io: &Io, submit: &Submit) -> Result<(), Problem> {
    // Before its markers: with them gone first, a crash would leave an intent whose message could be sent once
    // more.
    run(io, FsOp::Remove(format!("submits/{}", submit.file_name())))?;
    if submit.notice.is_some() {
        Attempts::of_submit(&submit.nonce).forget(io)?;
    }
    run(io, FsOp::SyncDir("submits".to_owned()))
}

/// The names of all files of intents, in order.
///
/// # Errors
/// When the state folder can't be read.
pub fn files(io: &Io) -> Result<Vec<String>, Problem> {
    list(io, "submits")
}

/// The intent in a file as it stands now; none when it is gone, or is just being made.
///
/// # Errors
/// When the state folder can't be read.
pub fn at(io: &Io, file: &str) -> Result<Option<Submit>, Problem> {
    let bytes = read(io, &format!("submits/{file}"))?.unwrap_or_default();
    // Where there are no hard links an empty file takes the name first, before anything is sent.
    if bytes.is_empty() {
        return Ok(None);
    }
    Ok(Some(
        record::decode("submit", &bytes).unwrap_or_else(|bad| Submit::unreadable(file, &bad)),
    ))
}

/// All intents.
///
/// # Errors
/// When the state folder can't be read.
pub fn all(io: &Io) -> Result<Vec<Submit>, Problem> {
    let mut found = Vec::new();
    for file in files(io)? {
        found.extend(at(io, &file)?);
    }
    Ok(found)
}

/// The submits of which nobody knows the outcome, until a person says that one may be forgotten. One whose record can't be
/// read is among them. Those that were kept for a caller long enough are removed.
///
/// # Errors
/// When the state folder can't be read.
pub fn unknown(io: &Io) -> Result<Vec<Submit>, Problem> {
    let mut found = all(io)?;
    for kept in found.iter().filter(|submit| submit.became.is_some()) {
        // Removed here, where all of them are read anyway: it needs no timer of its own.
        if io.now_ms().abs_diff(kept.started_at_ms) > REMEMBERED_MS {
            // One that can't be removed is asked about again.
            remove(io, kept).ok();
        }
    }
    found.retain(|submit| submit.is_unknown(io.now_ms()));
    Ok(found)
}

/// Forgets a submit of unknown outcome, by a person's word: `id` is the beginning of its name, at least eight characters.
/// Answers with the submit.
///
/// # Errors
/// Permanent when there is none of this name or several; temporary when the state folder can't be used.
pub fn forget(io: &Io, id: &str) -> Result<Submit, Problem> {
    let id = id.strip_prefix("submit-").unwrap_or(id);
    let mut named = unknown(io)?;
    // Only one of unknown outcome can be forgotten: the intent of a request under way is what keeps it from
    // being sent twice.
    named.retain(|submit| id.len() >= MIN_ID_CHARS && submit.nonce.starts_with(id));
    match named.pop() {
        Some(submit) if named.is_empty() => {
            remove(io, &submit)?;
            Ok(submit)
        }
        Some(_) => Err(Problem::permanent(format!(
            "Several submits begin with {id}: give more of the id."
        ))),
        None => {
            let shown: String = id.chars().filter(|c| !c.is_control()).take(40).collect();
            Err(
                Problem::permanent(format!("No submit of unknown outcome is called {shown}."))
                    .advise("libtv-video recover lists them."),
            )
        }
    }
}
