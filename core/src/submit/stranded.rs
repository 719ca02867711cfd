//! What a process left that died while it submitted: a turn that nobody polls, or an intent without an outcome. The timer
//! takes both up by itself. It finds them as entries of `active`: a session under its folder's name, an intent under
//! [`entry`].
//!
//! An intent whose turn is stored has come to its end. Of the others the service is asked what became of them, where that
//! can be proved; the chat that asked is told of the rest, once, and they stay until a person says that they may be
//! forgotten.

use crate::backoff::MAX_RETRY_AFTER_MS;
use crate::config::Settings;
use crate::deliver;
use crate::io::{FsOp, Io, UnixMs};
use crate::poll::Report;
use crate::problem::Problem;
use crate::session::{Asked, folder_name};
use crate::store::{self, submits, submits::Submit};
use crate::upstream::{Error, Fate, Lost, Sighting, Submitted, fate};

/// What the entry of an intent begins with. A session's folder has a dash before its digest, so it can't have this name.
const ENTRY: &str = "submit-";
/// A service that can't be asked is asked again for so long, from when the submit began.
const LOOKED_FOR_MS: u64 = 15 * 60 * 1000;
/// After this pause.
const LOOK_AGAIN_MS: u64 = 30 * 1000;

/// The same words within this time are the same wish. One that comes every day is another one each time.
const REPEATED_WITHIN_MS: u64 = 12 * 60 * 60 * 1000;

/// What is said of one that the service proved not to have.
pub(crate) const NOT_TAKEN: &str = "the service didn't take it; it may be submitted again";

/// The name of an intent's entry in `active`.
#[must_use]
pub fn entry(submit: &Submit) -> String {
    format!("{ENTRY}{}", submit.nonce)
}

/// The intent that an entry stands for, by its nonce.
fn nonce_of(entry: &str) -> Option<&str> {
    let nonce = entry.strip_prefix(ENTRY)?;
    (!nonce.contains('-')).then_some(nonce)
}

/// Marks as due whatever a process that died has left: sessions with a turn that was never polled, and intents that are
/// left over. Reads only names where nothing is left.
///
/// # Errors
/// When the state folder can't be used.
pub fn take_up(io: &Io) -> Result<(), Problem> {
    // Listings are in order.
    let active = store::active(io)?;
    let is_active = |name: &str| {
        let found = active.binary_search_by(|one| one.as_str().cmp(name));
        found.is_ok()
    };
    for key in store::all(io)? {
        if !is_active(&key) && store::is_unpolled(io, &key)? {
            store::activate(io, &key)?;
        }
    }
    for submit in submits::all(io)? {
        let entry = entry(&submit);
        if !submit.told && submit.became.is_none() && !is_active(&entry) {
            store::activate(io, &entry)?;
        }
    }
    Ok(())
}

/// When an entry's intent is due; none when the entry is none of an intent.
///
/// # Errors
/// When the state folder can't be read.
pub fn due_at_ms(io: &Io, entry: &str) -> Result<Option<UnixMs>, Problem> {
    let Some(nonce) = nonce_of(entry) else {
        return Ok(None);
    };
    match find(io, nonce)? {
        Some(submit) => due_ms(io, &submit).map(Some),
        None => Ok(Some(io.now_ms())),
    }
}

/// Not before it is certain that nobody works on it. What is further away than any pause was planned by a clock that has
/// been set back since.
fn due_ms(io: &Io, submit: &Submit) -> Result<UnixMs, Problem> {
    let look_ms = look_at_ms(io, &entry(submit))?;
    let now_ms = io.now_ms();
    let told_ms = submit.notice.as_ref().map_or(0, |one| one.next_try_at_ms);
    let planned_ms = told_ms.max(look_ms);
    let again_ms = if planned_ms > now_ms.saturating_add(MAX_RETRY_AFTER_MS) {
        now_ms
    } else {
        planned_ms
    };
    Ok(if submit.is_abandoned(now_ms) {
        again_ms
    } else {
        submit.abandoned_at_ms().max(again_ms)
    })
}

/// When the service is asked next what became of an intent, as its entry has it; 0 where it wasn't asked yet.
fn look_at_ms(io: &Io, entry: &str) -> Result<UnixMs, Problem> {
    let kept = store::read(io, &format!("active/{entry}"))?.unwrap_or_default();
    // What a power cut left of it is no number, or one of a time that has passed.
    let text = std::str::from_utf8(&kept).unwrap_or_default();
    Ok(text.parse().unwrap_or(0))
}

fn find(io: &Io, nonce: &str) -> Result<Option<Submit>, Problem> {
    let all = submits::all(io)?;
    Ok(all.into_iter().find(|submit| submit.nonce == nonce))
}

/// What can be done now for an intent; none when `id` isn't the entry of one.
///
/// # Errors
/// When the state folder can't be used.
pub fn step(io: &Io, settings: &Settings, id: &str) -> Result<Option<Report>, Problem> {
    let Some(nonce) = nonce_of(id) else {
        return Ok(None);
    };
    let submit = find(io, nonce)?;
    let Some(submit) = submit.filter(|submit| submit.became.is_none()) else {
        return Ok(Some(ended(io, id, "it is settled")?));
    };
    if submit.told {
        return end(io, id, &submit).map(Some);
    }
    if let Some(asked) = turn_of(io, &submit)? {
        settle(io, &submit, &asked)?;
        let event = format!("it became session {}", asked.session_id);
        return Ok(Some(ended(io, id, &event)?));
    }
    let due_ms = due_ms(io, &submit)?;
    if due_ms > io.now_ms() {
        return Ok(Some(later(due_ms, Vec::new())));
    }
    let fate = what_became(io, settings, &submit);
    conclude(io, settings, id, submit, fate).map(Some)
}

/// Stores what is proved of an intent, or tells the chat what isn't. `id` is its entry.
fn conclude(
    io: &Io,
    settings: &Settings,
    id: &str,
    mut submit: Submit,
    fate: Result<Fate, Error>,
) -> Result<Report, Problem> {
    match fate {
        Ok(Fate::Ours(submitted)) => {
            let asked = super::asked(io, &submit, &submitted)?;
            store::begin_turn(io, &asked)?;
            settle(io, &submit, &asked)?;
            let event = format!("the service has it as session {}", asked.session_id);
            return ended(io, id, &event);
        }
        Err(error) if io.now_ms().abs_diff(submit.started_at_ms) < LOOKED_FOR_MS => {
            let event = format!("what became of it can't be asked: {}", error.message);
            return look_again(io, id, event);
        }
        Ok(Fate::NotYet) if io.now_ms().abs_diff(submit.started_at_ms) < LOOKED_FOR_MS => {
            let event = "the service doesn't show it yet".to_owned();
            return look_again(io, id, event);
        }
        // Who asked has noticed by then, and is served: that the same may be asked for once more would only confuse.
        Ok(Fate::NotTaken) if submit.notice.is_none() && is_repeated(io, &submit)? => {
            submits::remove(io, &submit)?;
            return ended(
                io,
                id,
                "it wasn't taken, and has been asked for again since",
            );
        }
        // Another message may be in the chat already: each of its repetitions says the same.
        Ok(Fate::NotTaken) if submit.notice.is_none() => {
            submit.not_taken = true;
            submit.unknown = Some(NOT_TAKEN.to_owned());
        }
        Ok(Fate::NotTaken | Fate::Several | Fate::NotYet | Fate::CannotSay) | Err(_) => {}
    }
    let events = deliver::lone::tell(io, settings, &mut submit)?;
    if !submit.told {
        let again_ms = submit.notice.as_ref().map_or(0, |one| one.next_try_at_ms);
        return Ok(later(again_ms, events));
    }
    let mut report = end(io, id, &submit)?;
    report.events.splice(0..0, events);
    Ok(report)
}

/// Asks once more after a while. That is kept: whoever looks for what is due without having heard this step's word would else ask
/// as often as it looks, of a service that may take such a question once a second.
fn look_again(io: &Io, id: &str, event: String) -> Result<Report, Problem> {
    let at_ms = io.now_ms().saturating_add(LOOK_AGAIN_MS);
    // In the entry and not in the intent: that may have come to its end in another process meanwhile, and written once more it
    // would be told once more. Unsynced: without it the service is asked a moment earlier.
    let kept = at_ms.to_string().into_bytes();
    store::run(io, FsOp::Write(format!("active/{id}"), kept))?;
    Ok(later(at_ms, vec![event]))
}

/// Ends with an intent of which its chat has been told. One that was certainly not taken is removed, unless no chat asked or it
/// isn't certain that the chat was told: then every command tells of it.
fn end(io: &Io, id: &str, submit: &Submit) -> Result<Report, Problem> {
    if !submit.not_taken {
        return ended(io, id, "it is kept until somebody says what became of it");
    }
    let is_told = submit.notice.as_ref().is_none_or(|notice| notice.shown);
    if submit.route.is_complete() && is_told {
        submits::remove(io, submit)?;
    }
    ended(io, id, NOT_TAKEN)
}

const fn later(at_ms: UnixMs, events: Vec<String>) -> Report {
    Report {
        session: None,
        next_poll_at_ms: Some(at_ms),
        events,
    }
}

fn ended(io: &Io, entry: &str, event: &str) -> Result<Report, Problem> {
    store::run(io, FsOp::Remove(format!("active/{entry}")))?;
    store::run(io, FsOp::SyncDir("active".to_owned()))?;
    Ok(Report {
        session: None,
        next_poll_at_ms: None,
        events: vec![event.to_owned()],
    })
}

/// An intent whose turn is stored is removed once that is certainly polled. One that was polled may have lost its entry all
/// the same: the process that made it died before that was durable. One that has ended ends once more.
fn settle(io: &Io, submit: &Submit, asked: &Asked) -> Result<(), Problem> {
    let key = folder_name(&asked.session_id);
    store::activate(io, &key)?;
    // The turn may have its name from a process that died before the folder was durable: a power cut behind the intent's
    // end would leave neither (seed 28263 of the simulation, before this line).
    store::make_durable(io, &key)?;
    submits::remove(io, submit)
}

/// The submits of which nobody knows the outcome. Those of them whose turn is stored are settled first.
///
/// # Errors
/// When the state folder can't be used.
pub fn unknown(io: &Io) -> Result<Vec<Submit>, Problem> {
    let mut found = Vec::new();
    for submit in submits::unknown(io)? {
        // Once the chat is told nothing comes by itself any more.
        let turn = if submit.told {
            None
        } else {
            turn_of(io, &submit)?
        };
        match turn {
            Some(asked) => settle(io, &submit, &asked)?,
            None => found.push(submit),
        }
    }
    Ok(found)
}

/// The turn that an intent became, when it is stored: mostly in the session that it names. A new request may land in
/// one that is there.
///
/// # Errors
/// When the state folder can't be read.
pub(super) fn turn_of(io: &Io, submit: &Submit) -> Result<Option<Asked>, Problem> {
    let is_its = |asked: &Asked| asked.nonce == submit.nonce;
    let named = submit.became.as_deref().unwrap_or(&submit.session_id);
    if !named.is_empty()
        && let Some(asked) = store::find_asked(io, &folder_name(named), &is_its)?
    {
        return Ok(Some(asked));
    }
    turn_anywhere(io, &is_its)
}

/// A turn of any session.
fn turn_anywhere(io: &Io, is: &dyn Fn(&Asked) -> bool) -> Result<Option<Asked>, Problem> {
    for key in store::all(io)? {
        if let Some(asked) = store::find_asked(io, &key, is)? {
            return Ok(Some(asked));
        }
    }
    Ok(None)
}

/// Whether the same was asked for once more, and taken then.
fn is_repeated(io: &Io, submit: &Submit) -> Result<bool, Problem> {
    let repeats = |asked: &Asked| {
        let later_ms = asked.submitted_at_ms.checked_sub(submit.started_at_ms);
        // A picture that came with its answer is another wish: nothing is proved of a submit of one.
        submit.is_asked_by(asked)
            && asked.given.is_none()
            && later_ms.is_some_and(|ms| ms < REPEATED_WITHIN_MS)
    };
    Ok(turn_anywhere(io, &repeats)?.is_some())
}

/// Removes the intent of this process. That it can't be is no failure: its turn is stored, or nothing was sent, and it is
/// found to be so later.
pub(super) fn remove_own(io: &Io, submit: &Submit) {
    submits::remove(io, submit).ok();
}

/// What became of a submit, where its service can prove it: a job that may have come of it, and that is nobody else's as
/// far as is known here.
fn what_became(io: &Io, settings: &Settings, submit: &Submit) -> Result<Fate, Error> {
    let Ok(Some(upstream)) = settings.upstream_of(submit.service) else {
        return Ok(Fate::CannotSay);
    };
    if submit.text.trim().is_empty() {
        return Ok(Fate::CannotSay);
    }
    // Two that said the same can't be told apart.
    let others = submits::all(io).unwrap_or_default();
    if others
        .iter()
        .any(|other| other.nonce != submit.nonce && other.text == submit.text)
    {
        return Ok(Fate::Several);
    }
    let continues = if submit.session_id.is_empty() {
        None
    } else {
        match continued(io, submit) {
            Some(session) => Some(session),
            None => return Ok(Fate::CannotSay),
        }
    };
    let lost = Lost {
        words: &submit.text,
        continues: continues.as_ref(),
        baseline: submit.baseline.as_ref(),
        started_at_ms: submit.started_at_ms,
        trace: submit.trace.as_deref(),
    };
    let mut seen = upstream.look_for(io, &lost)?;
    if continues.is_none() {
        without_known(io, &mut seen);
    }
    Ok(fate(seen))
}

/// Takes those out that have come of other submits.
fn without_known(io: &Io, seen: &mut Sighting) {
    let mut unknown = Vec::new();
    for job in std::mem::take(&mut seen.candidates) {
        let folder = format!("sessions/{}", folder_name(&job.session_id));
        let is_known = !store::list(io, &folder).unwrap_or_default().is_empty();
        if !is_known {
            unknown.push(job);
        }
    }
    seen.candidates = unknown;
}

/// The session that a submit continues; none where nothing about it could be proved.
fn continued(io: &Io, submit: &Submit) -> Option<Submitted> {
    let key = folder_name(&submit.session_id);
    let known = store::load(io, &key).ok()??;
    let turns = &known.session.turns;
    // A turn that began behind it would lose its messages to it.
    let began = submit.baseline.as_ref().map_or(0, |from| from.count);
    if turns.iter().any(|turn| turn.asked.baseline.count >= began) {
        return None;
    }
    let project = turns.iter().rev().map(|turn| &turn.asked.project_uuid);
    let project = project.into_iter().find(|project| !project.is_empty());
    Some(Submitted::job(
        submit.session_id.clone(),
        project.cloned().unwrap_or_default(),
    ))
}

#[cfg(test)]
#[path = "stranded_tests.rs"]
mod tests;
