//! A caller that repeats its request: it gave the first call up, or two tools call at once. While a request for the same is
//! under way the second waits for it and gets its answer; while its outcome isn't known it is refused. Later, or with
//! other words, another session or another chat, it is a new job.

use super::stranded;
use crate::io::Io;
use crate::problem::{Cause, Problem};
use crate::session::Asked;
use crate::store::submits::{self, Submit};
use crate::time::format_rfc3339;

/// So long the second request waits for the first, from when that began: it is given up after a minute and a half.
const WAIT_FOR_FIRST_MS: u64 = 100 * 1000;
/// How often it looks.
// A look is a read of one file; a person who waits for the answer doesn't notice a fifth of a second.
const LOOK_EVERY_MS: u64 = 200;
/// After this long a request whose outcome isn't known, asked for again, is a new job: by then the caller means it.
const REFUSED_FOR_MS: u64 = 10 * 60 * 1000;
/// So often it looks at a name that another process is just taking.
const MAX_LOOKS_AT_TAKEN: u32 = 20;
/// Clients give a call up after a minute, some after half of it. A submit that took longer is remembered for
/// [`submits::REMEMBERED_MS`], because its caller may not have read the answer.
const SLOW_AFTER_MS: u64 = 25 * 1000;

/// What a request finds.
pub(super) enum Claim {
    /// Nobody asks for the same: its intent is stored, and it may be sent.
    Free,
    /// The same was asked for a moment ago: this came of it.
    Answered(Box<Asked>),
}

/// Stores the intent of a request, unless another is under way for the same.
///
/// # Errors
/// Of unknown outcome when that of the same request is unknown; temporary when the state folder can't be used.
pub(super) fn claim(io: &Io, intent: &mut Submit) -> Result<Claim, Problem> {
    let mut taken = 0;
    loop {
        let files = submits::files(io)?;
        let first = (0..=files.len()).map(|nth| intent.nth_file(nth));
        // One more name than there are files, so that one is free.
        let free = first.into_iter().find(|name| !files.contains(name));
        let mut is_being_made = false;
        let mut earlier = None;
        for file in &files {
            match submits::at(io, file)? {
                Some(other) if other.asks_the_same(intent) && counts(io, &other) => {
                    earlier = Some(other);
                    break;
                }
                Some(_) => {}
                // An empty file under such a name: somebody is taking it, perhaps for the same request. It is
                // waited for, or two would be paid.
                None => is_being_made |= intent.may_be_at(file),
            }
        }
        if let Some(other) = earlier {
            match answer(io, &other)? {
                Some(asked) => return Ok(Claim::Answered(Box::new(asked))),
                // It certainly came to nothing.
                None => continue,
            }
        }
        intent.file = free.unwrap_or_else(|| intent.nonce.clone());
        // Anew in each round: the wait counts for the first request and not against this one.
        intent.started_at_ms = io.now_ms();
        // Whoever is taking the name may have died over it: after four seconds it is passed over.
        if !is_being_made || taken >= MAX_LOOKS_AT_TAKEN {
            match submits::create(io, intent) {
                Ok(true) => return Ok(Claim::Free),
                // Another process took the name between the look and this: in the next round it is an earlier
                // request.
                Ok(false) => {}
                Err(problem) => {
                    // It may be there all the same, and would be told as a submit of unknown outcome.
                    stranded::remove_own(io, intent);
                    return Err(problem);
                }
            }
        }
        taken += 1;
        // So often another process took the name first: eight seconds are enough.
        if taken > 2 * MAX_LOOKS_AT_TAKEN {
            return Err(Problem::temporary(
                "The same request is just being submitted by another process.",
            )
            .because(Cause::Repeated)
            .advise("Nothing was sent by this one. Try again in a moment."));
        }
        io.sleep(LOOK_EVERY_MS);
    }
}

/// Whether an earlier request for the same stands in the way of a new one. One that was certainly not taken doesn't.
fn counts(io: &Io, other: &Submit) -> bool {
    if other.not_taken {
        return false;
    }
    let age_ms = io.now_ms().abs_diff(other.started_at_ms);
    let limit_ms = if other.became.is_some() {
        submits::REMEMBERED_MS
    } else {
        REFUSED_FOR_MS
    };
    age_ms < limit_ms
}

/// What came of an earlier request for the same, once that is known; none when it came to nothing.
fn answer(io: &Io, first: &Submit) -> Result<Option<Asked>, Problem> {
    let mut first = first.clone();
    let begun_ms = io.now_ms();
    loop {
        if let Some(asked) = stranded::turn_of(io, &first)? {
            return Ok(Some(asked));
        }
        let now_ms = io.now_ms();
        let waited_ms = now_ms.abs_diff(first.started_at_ms);
        if first.is_unknown(now_ms)
            || waited_ms >= WAIT_FOR_FIRST_MS
            // By the own wait as well, for a clock that is set meanwhile.
            || now_ms.abs_diff(begun_ms) >= WAIT_FOR_FIRST_MS
        {
            return Err(unknown(&first));
        }
        io.sleep(LOOK_EVERY_MS);
        match submits::at(io, first.file_name())? {
            Some(now) if now.nonce == first.nonce => first = now,
            // It was removed: what became of it is stored, or nothing did.
            Some(_) | None => return stranded::turn_of(io, &first),
        }
    }
}

/// What is said to whoever asks for the same while the outcome of the first isn't known.
fn unknown(first: &Submit) -> Problem {
    let reason = first
        .unknown
        .as_deref()
        .unwrap_or("it has got no answer yet");
    let at = format_rfc3339(first.started_at_ms);
    Problem::outcome_unknown(format!(
        "The same request was sent at {at}, and whether it was taken isn't known: {reason}. It isn't sent a second time now: it could be charged twice."
    ))
    .because(Cause::Repeated)
    .advise(super::FIND_OUT)
}

/// The submit succeeded: its intent is removed, or kept for a moment where the caller may have given it up.
pub(super) fn done(io: &Io, intent: &mut Submit, asked: &Asked) {
    if io.now_ms().saturating_sub(intent.started_at_ms) < SLOW_AFTER_MS {
        // A quick one: its caller has read the answer, and the same words a minute later are a new wish.
        stranded::remove_own(io, intent);
        return;
    }
    intent.became = Some(asked.session_id.clone());
    // The turn is stored: that this can't be is no failure of the submit.
    submits::save(io, intent).ok();
}
