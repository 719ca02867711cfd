//! The poll step: asks upstream about one session, delivers what is ready, stores the outcome, and
//! says when it wants to be called again. It never sleeps, and repeating it does no harm.

pub mod schedule;
mod verdict;

use crate::backoff;
use crate::config::Settings;
use crate::deliver::{self, plan};
use crate::io::{Io, UnixMs};
use crate::problem::Problem;
use crate::session::{Delivery, DeliveryState, Progress, Purpose, Session, State, Turn};
use crate::store::{self, Loaded};
use crate::upstream::results::ResultUrl;
use crate::upstream::{CANCELLED, Error, Meaning, Observation};

/// The longest pause after failed polls.
const MAX_PAUSE_MS: u64 = 5 * 60 * 1000;
/// How a poll is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Haste {
    /// By the timer: only what is due.
    WhenDue,
    /// By a person: ask now, and take up again what was given up.
    Now,
}

/// What a poll step came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The session as it stands now; none when nothing usable is left of it.
    pub session: Option<Session>,
    /// When to call again; none when it has ended.
    pub next_poll_at_ms: Option<UnixMs>,
    /// What happened, for the log.
    pub events: Vec<String>,
}

/// Does what can be done now for one session.
///
/// # Errors
/// When there is no such session, or the state folder can't be used.
pub fn step(io: &Io, settings: &Settings, key: &str, haste: Haste) -> Result<Report, Problem> {
    let mut events = Vec::new();
    let Some(mut loaded) = store::load(io, key)? else {
        // Its entry would otherwise be due for ever.
        store::finish(io, key, io.now_ms())?;
        return Err(Problem::unknown_session(key));
    };
    events.append(&mut loaded.damaged);
    if loaded.session.turns.is_empty() {
        store::finish(io, key, io.now_ms())?;
        return Ok(Report {
            session: None,
            next_poll_at_ms: None,
            events,
        });
    }
    if haste == Haste::Now {
        // One step may not be all: the timer goes on with it, also where a crash kept it from the timer.
        store::activate(io, key)?;
        reopen(io, &mut loaded)?;
    }
    if wants_watching(&loaded, io.now_ms(), settings, haste) {
        watch(io, settings, &mut loaded, &mut events)?;
    }
    // Planned in every step and not only after a look: a crash may have come between a result and its plan.
    plan::plan(&mut loaded, io.now_ms());
    deliver::run(io, settings, &mut loaded, &mut events)?;
    // Once more behind the sending, which finds out what is uncertain: else the session could end before it is told.
    let before = loaded.session.deliveries.len();
    plan::tell_of_uncertain(&mut loaded, io.now_ms());
    if loaded.session.deliveries.len() > before {
        // Another process may have ended with the session meanwhile, which knew of nothing that was left to say.
        store::activate(io, key)?;
    }
    // Behind the sending and before the end: whether all have arrived is known only now.
    note_delivered(io, &mut loaded)?;
    let next_poll_at_ms = next(&loaded, settings);
    // Last of all: until here a crash finds the session among those to poll.
    if next_poll_at_ms.is_none() {
        events.push(format!(
            "ended as {}",
            loaded
                .session
                .latest()
                .map_or("", |turn| turn.progress.state.name())
        ));
        store::finish(io, key, io.now_ms())?;
    }
    Ok(Report {
        session: Some(loaded.session),
        next_poll_at_ms,
        events,
    })
}

/// When a session wants its next poll; none when it has ended. Reads only what is stored.
#[must_use]
pub fn next(loaded: &Loaded, settings: &Settings) -> Option<UnixMs> {
    let watched = loaded
        .session
        .turns
        .iter()
        .filter(|turn| schedule::is_watched(turn, settings))
        .map(|turn| turn.progress.next_poll_at_ms)
        .min();
    [watched, deliver::next_try_at_ms(loaded)]
        .into_iter()
        .flatten()
        .min()
}

/// Whether the service is to be asked now: about what is due, and with haste about everything that hasn't
/// ended.
fn wants_watching(loaded: &Loaded, now_ms: UnixMs, settings: &Settings, haste: Haste) -> bool {
    loaded.session.turns.iter().any(|turn| {
        // A person may ask about one that was given up a day ago: the timer doesn't, a look costs nothing.
        let watched = schedule::is_watched(turn, settings)
            || (haste == Haste::Now && !turn.progress.state.is_final());
        watched
            && (haste == Haste::Now
                || backoff::is_due(
                    turn.progress.next_poll_at_ms,
                    now_ms,
                    settings.fixed_interval_ms,
                ))
    })
}

/// A person asks: what failed begins anew, media first, for whatever stood in the way may be mended. What is uncertain
/// isn't sent again.
fn reopen(io: &Io, loaded: &mut Loaded) -> Result<(), Problem> {
    let now_ms = io.now_ms();
    let is_failed_list = |delivery: &Delivery| {
        matches!(delivery.purpose, Purpose::Links(_)) && delivery.state == DeliveryState::Failed
    };
    let deliveries = loaded.session.deliveries.iter();
    let failed_lists = deliveries.filter(|delivery| is_failed_list(delivery));
    let failed_lists: Vec<String> = failed_lists.map(|list| list.id.clone()).collect();
    for delivery in &mut loaded.session.deliveries {
        let is_certainly_unsent = match delivery.state {
            DeliveryState::Failed => true,
            DeliveryState::Pending => {
                let list = delivery.links.as_ref();
                delivery.first_sent_at_ms.is_none()
                    && list.is_none_or(|list| failed_lists.contains(list))
            }
            _ => false,
        };
        // The results of a message with links go by themselves again.
        if failed_lists.contains(&delivery.id) {
            continue;
        }
        let before = delivery.clone();
        if is_certainly_unsent {
            delivery.begin_anew(now_ms);
        } else if delivery.state.is_open() {
            delivery.next_try_at_ms = now_ms;
        }
        // Who made it its first record is the one to write it: until then there is nothing to change.
        if *delivery != before {
            store::save_delivery(io, &loaded.session.key, delivery)?;
        }
    }
    // After them, so that none ends with it. Left as failed it would begin anew when somebody asks once more, and say again what
    // has gone by itself.
    for list in &mut loaded.session.deliveries {
        if is_failed_list(list) {
            list.end(DeliveryState::LinkOnly, now_ms);
            store::save_delivery(io, &loaded.session.key, list)?;
        }
    }
    Ok(())
}

/// Asks upstream and judges every turn that is not final.
fn watch(
    io: &Io,
    settings: &Settings,
    loaded: &mut Loaded,
    events: &mut Vec<String>,
) -> Result<(), Problem> {
    let answer = look(io, settings, &loaded.session);
    match answer {
        Ok(seen) => judge(io, settings, loaded, &seen, events),
        Err(error) => note_error(io, settings, loaded, &error, events),
    }
}

/// What each turn comes to, by a key of the service that the session was submitted to.
fn look(io: &Io, settings: &Settings, session: &Session) -> Result<Vec<Observation>, Error> {
    // Before the key: what is here already is delivered whatever became of that.
    if let Some(view) = session.given() {
        return Ok(view.turns);
    }
    // As a refused key and not as a failure of the job: it goes on once the right key is back.
    let waits = |message| Error::unasked(Meaning::KeyRefused, message);
    // By the service of the latest turn: a session belongs to one service, since continuing with another's key
    // is refused.
    let Some(service) = session.latest().map(|turn| turn.asked.service) else {
        return Ok(Vec::new());
    };
    let upstream = settings
        .upstream_of(service)
        .map_err(|problem| waits(problem.failure().message.clone()))?;
    let upstream = upstream.ok_or_else(|| {
        waits(format!(
            "it was submitted with a key of another kind ({}) and waits for one",
            service.key_shown()
        ))
    })?;
    let marks = session.marks();
    let view = upstream.observe(io, &session.job(&marks))?;
    Ok(view.turns)
}

/// Stores what each turn comes to by this look.
///
/// # Errors
/// When the state folder can't be written; the turns before are stored.
fn judge(
    io: &Io,
    settings: &Settings,
    loaded: &mut Loaded,
    seen: &[Observation],
    events: &mut Vec<String>,
) -> Result<(), Problem> {
    let count = loaded.session.turns.len();
    for (at, (turn, seen)) in loaded.session.turns.iter_mut().zip(seen).enumerate() {
        // A final state never changes: what a service says later, such as an emptied history, must not undo a
        // delivery.
        if turn.progress.state.is_final() {
            continue;
        }
        let before = turn.progress.clone();
        verdict::apply(turn, seen, at + 1 == count, io.now_ms(), events);
        schedule::after_answer(turn, settings, io.now_ms(), events);
        let key = &loaded.session.key;
        store::save_poll(io, key, turn.asked.turn, &before, &mut turn.progress)?;
    }
    Ok(())
}

/// The question could not be asked or was refused. Only the service's own refusal ends a job.
fn note_error(
    io: &Io,
    settings: &Settings,
    loaded: &mut Loaded,
    error: &Error,
    events: &mut Vec<String>,
) -> Result<(), Problem> {
    events.push(format!("poll: {}", error.message));
    // One for all turns: they are asked about by the same request.
    let jitter = io.jitter();
    for turn in loaded
        .session
        .turns
        .iter_mut()
        .filter(|turn| !turn.progress.state.is_final())
    {
        let progress = &mut turn.progress;
        progress.polls += 1;
        progress.failures += 1;
        progress.trouble = Some(error.message.clone());
        let ended = verdict::ends_job(error, progress.failures);
        if ended {
            verdict::end(progress, State::Failed, io.now_ms(), events);
        } else {
            let interval_ms = schedule::interval_ms(turn, settings, io.now_ms());
            let pause_ms =
                backoff::pause_ms(turn.progress.failures, interval_ms, MAX_PAUSE_MS, jitter);
            // The service's wish only makes it longer: a wish of zero mustn't make polls follow at once.
            let pause_ms = pause_ms.max(error.retry_after_ms.unwrap_or(0));
            turn.progress.next_poll_at_ms = io.now_ms().saturating_add(pause_ms);
            schedule::after_failure(turn, settings, io.now_ms(), events);
        }
        // Durable, unlike a quiet poll: how often it failed decides when the job is given up.
        let key = &loaded.session.key;
        store::save_looked(io, key, turn.asked.turn, &mut turn.progress)?;
    }
    Ok(())
}

/// Ends what goes on of a session, by the user's wish and the service's word: it counts as failed, and the next step tells the
/// chat.
///
/// # Errors
/// When the state folder can't be written. The next answered poll comes to the same.
pub fn cancelled(io: &Io, session: &mut Session) -> Result<(), Problem> {
    let turns = session.turns.iter_mut();
    for turn in turns.filter(|turn| !turn.progress.state.is_final()) {
        turn.progress.trouble = Some(CANCELLED.to_owned());
        verdict::end(
            &mut turn.progress,
            State::Failed,
            io.now_ms(),
            &mut Vec::new(),
        );
        store::save_progress(io, &session.key, turn.asked.turn, &turn.progress)?;
    }
    Ok(())
}

/// Sets `delivered_at` once every result of an ended turn is in the chat.
fn note_delivered(io: &Io, loaded: &mut Loaded) -> Result<(), Problem> {
    for at in 0..loaded.session.turns.len() {
        let turn = &loaded.session.turns[at];
        let progress = &turn.progress;
        let ended = progress.ended_at_ms.is_some() && !progress.results.is_empty();
        if ended
            && progress.delivered_at_ms.is_none()
            // All of them: the first result of nine is no delivery of the turn.
            && delivered_count(&loaded.session, turn) == progress.results.len()
        {
            let turn = &mut loaded.session.turns[at];
            turn.progress.delivered_at_ms = Some(io.now_ms());
            store::save_progress(io, &loaded.session.key, turn.asked.turn, &turn.progress)?;
        }
    }
    Ok(())
}

/// Whether a result is in the chat, as media or as its link.
fn is_shown(session: &Session, url: &ResultUrl) -> bool {
    session.delivery_of(url).is_some_and(|delivery| {
        matches!(
            delivery.state,
            DeliveryState::Delivered | DeliveryState::LinkOnly
        )
    })
}

/// How many results of a turn have reached the chat.
#[must_use]
pub fn delivered_count(session: &Session, turn: &Turn) -> usize {
    turn.progress
        .results
        .iter()
        .filter(|url| is_shown(session, url))
        .count()
}

/// The trouble of a poll is over.
pub(crate) fn clear_trouble(progress: &mut Progress) {
    progress.failures = 0;
    progress.trouble = None;
}
