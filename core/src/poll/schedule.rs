//! When to poll, and when to give up.

use crate::backoff;
use crate::config::Settings;
use crate::io::UnixMs;
use crate::poll::verdict;
use crate::session::{State, Turn};

/// The first interval.
// A picture takes about a minute: seven looks at it are quick enough and cheap.
const FIRST_INTERVAL_MS: u64 = 8_000;
/// The interval after [`GROWN_AFTER_MS`].
// A film takes minutes: half a minute more isn't noticed.
const LAST_INTERVAL_MS: u64 = 30_000;
/// Over this time the interval grows.
const GROWN_AFTER_MS: u64 = 5 * 60 * 1000;
/// Real videos take up to an hour; after two a job is given up.
const GIVE_UP_AFTER_MS: u64 = 2 * 60 * 60 * 1000;
/// After that a late result is looked for this often,
const LATE_INTERVAL_MS: u64 = 15 * 60 * 1000;
/// for a day,
const LATE_UNTIL_MS: u64 = 24 * 60 * 60 * 1000;
/// or so many polls where the interval and the number of polls are fixed.
const LATE_POLLS: u32 = 96;
/// Polls while the interval grows, at most.
const POLLS_WHILE_GROWING: u64 = GROWN_AFTER_MS.div_ceil(FIRST_INTERVAL_MS);
/// So many polls the intervals leave room for until a job is given up,
const MAX_POLLS_UNTIL_GIVEN_UP: u64 =
    POLLS_WHILE_GROWING + (GIVE_UP_AFTER_MS - GROWN_AFTER_MS).div_ceil(LAST_INTERVAL_MS);
/// and so often giving up is put off because the service can't be asked: the network of a machine that wakes up comes later than
/// its clock. With the pauses after failed polls some hours.
const MAX_POSTPONED: u32 = 40;
/// In all: the most polls that the watching of a turn takes, with the intervals as they are by themselves.
pub const MAX_POLLS_OF_A_TURN: u64 = MAX_POLLS_UNTIL_GIVEN_UP
    + MAX_POSTPONED as u64
    + (LATE_UNTIL_MS - GIVE_UP_AFTER_MS).div_ceil(LATE_INTERVAL_MS);

/// The pause before the next poll of a turn.
#[must_use]
pub fn interval_ms(turn: &Turn, settings: &Settings, now_ms: UnixMs) -> u64 {
    let late = turn.progress.state == State::Timeout;
    match settings.fixed_interval_ms {
        // A day of looks at a short fixed interval would be thousands.
        Some(fixed) if late => fixed.saturating_mul(backoff::LATE_STRETCH),
        Some(fixed) => fixed,
        None if late => LATE_INTERVAL_MS,
        None => {
            let age_ms = age_ms(turn, now_ms).min(GROWN_AFTER_MS);
            FIRST_INTERVAL_MS + (LAST_INTERVAL_MS - FIRST_INTERVAL_MS) * age_ms / GROWN_AFTER_MS
        }
    }
}

/// Whether upstream is still asked about a turn.
#[must_use]
pub fn is_watched(turn: &Turn, settings: &Settings) -> bool {
    match turn.progress.state {
        State::Submitted | State::Generating | State::AwaitingUser => true,
        State::Completed | State::Failed => false,
        State::Timeout => match settings.max_polls {
            Some(max) => turn.progress.polls < max.saturating_add(MAX_POSTPONED + LATE_POLLS),
            None => {
                let next_ms = turn.progress.next_poll_at_ms;
                let submitted_ms = turn.asked.submitted_at_ms;
                // By the planned poll and not by now: a machine that slept through the day looks once more when
                // it wakes.
                next_ms < submitted_ms.saturating_add(LATE_UNTIL_MS)
                    // With a clock that was set back before the submit, the number of polls bounds what the
                    // time can't.
                    && (next_ms >= submitted_ms
                        || u64::from(turn.progress.polls) < MAX_POLLS_OF_A_TURN)
            }
        },
    }
}

/// How long ago a turn was submitted. By a clock that stands before that, having been set back, as long as
/// its polls took at least.
fn age_ms(turn: &Turn, now_ms: UnixMs) -> u64 {
    if now_ms >= turn.asked.submitted_at_ms {
        return now_ms - turn.asked.submitted_at_ms;
    }
    let polls = u64::from(turn.progress.polls);
    let grown = polls.saturating_sub(POLLS_WHILE_GROWING);
    (polls - grown) * FIRST_INTERVAL_MS + grown.saturating_mul(LAST_INTERVAL_MS)
}

/// Sets the next poll after an answered one.
pub fn after_answer(
    turn: &mut Turn,
    settings: &Settings,
    now_ms: UnixMs,
    events: &mut Vec<String>,
) {
    turn.progress.next_poll_at_ms = now_ms.saturating_add(interval_ms(turn, settings, now_ms));
    give_up_if_over(turn, settings, now_ms, events);
}

/// Sets what follows from a poll that failed. That the time is over while nobody could ask says nothing of the job: it is
/// given up by the next answer, or when there has been none for too long.
pub fn after_failure(
    turn: &mut Turn,
    settings: &Settings,
    now_ms: UnixMs,
    events: &mut Vec<String>,
) {
    if is_waiting(turn) && is_over(turn, settings, now_ms) {
        turn.progress.postponed += 1;
        if turn.progress.postponed >= MAX_POSTPONED {
            give_up_if_over(turn, settings, now_ms, events);
        }
    }
}

/// Whether it may still be given up.
const fn is_waiting(turn: &Turn) -> bool {
    match turn.progress.state {
        State::Submitted | State::Generating | State::AwaitingUser => true,
        State::Completed | State::Failed | State::Timeout => false,
    }
}

/// Whether its time or its polls are over.
fn is_over(turn: &Turn, settings: &Settings, now_ms: UnixMs) -> bool {
    match settings.max_polls {
        Some(max) => turn.progress.polls >= max,
        None => age_ms(turn, now_ms) >= GIVE_UP_AFTER_MS,
    }
}

/// Gives a job up when its time or its polls are over. Late results are still looked for.
fn give_up_if_over(turn: &mut Turn, settings: &Settings, now_ms: UnixMs, events: &mut Vec<String>) {
    if is_waiting(turn) && is_over(turn, settings, now_ms) {
        verdict::end(&mut turn.progress, State::Timeout, now_ms, events);
        // Anew: with the timeout the interval has become that of late results.
        turn.progress.next_poll_at_ms = now_ms.saturating_add(interval_ms(turn, settings, now_ms));
    }
}
