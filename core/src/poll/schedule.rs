//! When to poll, and when to give up.

use crate::config::Settings;
use crate::io::UnixMs;
use crate::poll::verdict;
use crate::session::{State, Turn};

/// The first interval.
const FIRST_INTERVAL_MS: u64 = 8_000;
/// The interval after [`GROWN_AFTER_MS`].
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
/// A fixed interval is stretched so much for late results.
const LATE_STRETCH: u64 = 10;

/// The pause before the next poll of a turn.
#[must_use]
pub fn interval_ms(turn: &Turn, settings: &Settings, now_ms: UnixMs) -> u64 {
    let late = turn.progress.state == State::Timeout;
    match settings.fixed_interval_ms {
        Some(fixed) if late => fixed.saturating_mul(LATE_STRETCH),
        Some(fixed) => fixed,
        None if late => LATE_INTERVAL_MS,
        None => {
            let age_ms = now_ms
                .saturating_sub(turn.asked.submitted_at_ms)
                .min(GROWN_AFTER_MS);
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
            Some(max) => turn.progress.polls < max.saturating_add(LATE_POLLS),
            None => {
                turn.progress.next_poll_at_ms
                    < turn.asked.submitted_at_ms.saturating_add(LATE_UNTIL_MS)
            }
        },
    }
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

/// Gives a job up when its time or its polls are over. Late results are still looked for.
pub fn give_up_if_over(
    turn: &mut Turn,
    settings: &Settings,
    now_ms: UnixMs,
    events: &mut Vec<String>,
) {
    let waiting = match turn.progress.state {
        State::Submitted | State::Generating | State::AwaitingUser => true,
        State::Completed | State::Failed | State::Timeout => false,
    };
    let over = match settings.max_polls {
        Some(max) => turn.progress.polls >= max,
        None => now_ms.saturating_sub(turn.asked.submitted_at_ms) >= GIVE_UP_AFTER_MS,
    };
    if waiting && over {
        verdict::end(&mut turn.progress, State::Timeout, now_ms, events);
        turn.progress.next_poll_at_ms = now_ms.saturating_add(interval_ms(turn, settings, now_ms));
    }
}
