//! The line that tells how far a job is, where the channel's messages can be changed: one for each turn that takes longer than
//! a minute, changed at most once a minute, and at the end a closing line. It is no delivery: it shows no result, nothing waits
//! for it, and whatever fails with it is told to the log alone.
//!
//! ```text
//! none ──▶ begun ──▶ posted ──▶ changed, once a minute ──▶ closed
//!            │                     │
//!            │                     └──▶ left as it is   refused once, or failed five times in a row
//!            └──▶ none for this turn   the response was lost, it was refused, or the process died
//! ```
//!
//! Its record is made exclusively before it is posted. An answer that was lost, a refusal and a crash all leave a record
//! without a message, and that turn goes without: rather no line than two.

use super::open::OpenedChannels;
use super::pace::Pace;
use super::plan::shortened;
use super::texts::Language;
use super::{Events, route_of};
use crate::channel::answer::{Answer, Meaning};
use crate::channel::calls::Calls;
use crate::channel::{self, Channel, Sending};
use crate::config::Settings;
use crate::io::{Io, UnixMs, digest};
use crate::problem::Problem;
use crate::session::{Line, Message, State, Turn};
use crate::store::{self, Loaded};

/// What a line counts in.
const MINUTE_MS: u64 = 60 * 1000;
/// So long a job takes before it has a line.
const AFTER_MS: u64 = MINUTE_MS;
/// A line is changed so often at most. The one that closes it may follow sooner.
const EVERY_MS: u64 = MINUTE_MS;
/// Changes in a row that failed, after which a line stays as it is.
const MAX_FAILURES: u32 = 5;

/// What is to be done about a turn's line.
#[derive(Debug, PartialEq, Eq)]
enum Due {
    /// Nothing now.
    Nothing,
    /// Posted.
    Post,
    /// Changed; whether that is the last time.
    Change {
        /// Whether the job has ended.
        is_last: bool,
    },
}

/// What is to be done: by the time since the submit, since the last change, and where the job stands.
///
/// `line`: its record, none where it was never begun. `is_latest`: of an older turn, which another request has replaced, nobody
/// waits for news, so that it gets no line any more; one that it has is closed like any other.
fn due(turn: &Turn, line: Option<&Line>, is_latest: bool, now_ms: UnixMs) -> Due {
    let is_last = match turn.progress.state {
        State::Submitted | State::Generating | State::AwaitingUser => false,
        State::Completed | State::Failed | State::Timeout => true,
    };
    let Some(line) = line else {
        // A question stands in the chat by itself.
        let runs = matches!(turn.progress.state, State::Submitted | State::Generating);
        let is_long = age_ms(turn, now_ms) >= AFTER_MS;
        return match runs && is_latest && is_long {
            true => Due::Post,
            false => Due::Nothing,
        };
    };
    // Also by a clock that was set back, which would else hold the line for as long.
    let rested = now_ms.abs_diff(line.changed_at_ms) >= EVERY_MS;
    let closes = is_last && line.failures == 0;
    if line.is_over || line.message_id.is_none() || !(rested || closes) {
        return Due::Nothing;
    }
    Due::Change { is_last }
}

/// How long ago it was submitted.
const fn age_ms(turn: &Turn, now_ms: UnixMs) -> u64 {
    now_ms.saturating_sub(turn.asked.submitted_at_ms)
}

/// What a line says.
fn words(turn: &Turn, now_ms: UnixMs) -> String {
    let asked = turn.asked.words();
    let minutes = age_ms(turn, now_ms) / MINUTE_MS;
    let (state, results) = (turn.progress.state, turn.progress.results.len());
    Language::of(&asked).progress(&shortened(&asked), state, minutes, results)
}

/// What became of a line by the answer to a change: closed by the last one, left alone where it is refused, and tried again a
/// minute later where it failed on its way.
fn after(mut line: Line, answer: &Answer, is_last: bool) -> Line {
    match answer {
        Answer::Committed(_) => {
            line.failures = 0;
            line.is_over = is_last;
        }
        Answer::NotDispatched(_)
        | Answer::Unknown(_)
        | Answer::Refused(Meaning::RateLimited(_) | Meaning::BadToken, _) => {
            line.failures += 1;
            line.is_over = line.failures >= MAX_FAILURES;
        }
        // It was taken away, or may not be changed any more.
        Answer::Refused(..) => line.is_over = true,
    }
    line
}

/// Posts and changes the lines of a session, as far as that is due. Behind the deliveries of a step: none waits for it.
pub(super) fn run(
    io: &Io,
    settings: &Settings,
    channels: &mut OpenedChannels<'_>,
    loaded: &mut Loaded,
    events: &mut Events,
) {
    if !settings.shows_progress {
        return;
    }
    for at in 0..loaded.session.turns.len() {
        if let Err(problem) = tell(io, channels, loaded, at, events) {
            note(events, &problem.failure().message);
        }
    }
}

fn note(events: &mut Events, reason: &str) {
    events.push(["progress isn't shown: ", reason].concat());
}

/// Does what is due about one turn's line.
///
/// # Errors
/// When the state folder can't be used.
fn tell(
    io: &Io,
    channels: &mut OpenedChannels<'_>,
    loaded: &mut Loaded,
    at: usize,
    events: &mut Events,
) -> Result<(), Problem> {
    let is_latest = at + 1 == loaded.session.turns.len();
    let turn = &loaded.session.turns[at];
    let (key, number) = (&loaded.session.key, turn.asked.turn);
    let Some(asked) = route_of(loaded, number) else {
        return Ok(());
    };
    let member = channel::of(&asked.route.channel);
    let Some(member) = member.filter(|member| member.traits.edits) else {
        return Ok(());
    };
    let has_line = loaded.lines.contains(&number);
    let line = match has_line {
        true => store::line(io, key, number)?,
        false => None,
    };
    // A record that can't be read is a line that stays as it is.
    let due = match has_line && line.is_none() {
        true => Due::Nothing,
        false => due(turn, line.as_ref(), is_latest, io.now_ms()),
    };
    if due == Due::Nothing {
        return Ok(());
    }
    let route = &asked.route;
    let Ok(channel) = channels.get(member, route.account.as_deref()) else {
        return Ok(());
    };
    // What the chat takes now belongs to results. A closing line has no later step.
    if due != (Due::Change { is_last: true }) {
        let results = Pace::load(io, &route.chat, member.traits.pace)?;
        let mut lines = Pace::of_lines(io, &route.chat)?;
        let now_ms = io.now_ms();
        let is_free = |pace: &Pace| pace.wait_until_ms(now_ms).is_none();
        if !is_free(&results) || !is_free(&lines) {
            return Ok(());
        }
        lines.note(io)?;
    }
    let message = Message::text(words(turn, io.now_ms()));
    let identity = digest(&["line", &turn.asked.nonce], 40);
    let sending = Sending {
        route,
        message: &message,
        key: &identity,
        is_first: true,
        first_sent_at_ms: None,
        content: None,
    };
    let of = (key.as_str(), number);
    match (due, line) {
        (Due::Post, _) => {
            if post(io, channel, of, &sending, events)? {
                loaded.lines.push(number);
            }
            Ok(())
        }
        (Due::Change { is_last }, Some(line)) => {
            change(io, channel, of, &sending, line, is_last, events)
        }
        (Due::Nothing, _) | (Due::Change { .. }, None) => Ok(()),
    }
}

/// Posts a turn's line. Tells whether this process began it.
///
/// # Errors
/// When the state folder can't be used.
fn post(
    io: &Io,
    channel: &mut dyn Channel,
    (key, number): (&str, u32),
    sending: &Sending<'_>,
    events: &mut Events,
) -> Result<bool, Problem> {
    let begun = Line::begun(io.now_ms());
    // Before it leaves, and by one process: what is found without a message was begun, and is not posted again.
    if !store::claim_line(io, key, number, &begun)? {
        return Ok(false);
    }
    match channel.announce(&Calls::committing(io), sending) {
        Answer::Committed(Some(id)) => {
            let line = Line {
                message_id: Some(id),
                ..begun
            };
            store::save_line(io, key, number, &line)?;
        }
        answer => note(events, answer.reason()),
    }
    Ok(true)
}

/// Changes a turn's line; `is_last`: closes it.
///
/// # Errors
/// When the state folder can't be used.
fn change(
    io: &Io,
    channel: &mut dyn Channel,
    (key, number): (&str, u32),
    sending: &Sending<'_>,
    mut line: Line,
    is_last: bool,
    events: &mut Events,
) -> Result<(), Problem> {
    let Some(id) = line.message_id.clone() else {
        return Ok(());
    };
    // Before the change: after a crash the next one is a minute later all the same.
    line.changed_at_ms = io.now_ms();
    store::save_line(io, key, number, &line)?;
    let answer = channel.change(&Calls::committing(io), sending, &id);
    let changed = after(line.clone(), &answer, is_last);
    if !matches!(answer, Answer::Committed(_)) {
        note(events, answer.reason());
    }
    if changed != line {
        store::save_line(io, key, number, &changed)?;
    }
    Ok(())
}

#[cfg(test)]
#[path = "progress_tests.rs"]
mod tests;
