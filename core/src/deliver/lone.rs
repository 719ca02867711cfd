//! The one message that belongs to no session: a chat is told of a submit of unknown outcome, or of one that was
//! certainly not taken. As with deliveries its first
//! attempt is stored before it leaves, each repeats the same key, and when that may be forgotten it isn't sent again.

use super::decide::{Phase, decide};
use super::pace::Pace;
use super::plan;
use super::send::{after_giving_way_ms, moment};
use super::texts::Language;
use crate::backoff;
use crate::channel::calls::Calls;
use crate::channel::{self, Sending};
use crate::config::Settings;
use crate::io::{Io, digest};
use crate::problem::Problem;
use crate::session::{Delivery, DeliveryState, Message, Purpose, Shape};
use crate::store::attempts::Attempts;
use crate::store::submits::{self, Notice, Submit};

/// Attempts after which the chat counts as one that can't be told: with the pauses below that is a day, in which somebody may
/// mend what is in the way.
const MAX_ATTEMPTS: u32 = 300;
/// The first pause.
const BASE_PAUSE_MS: u64 = 2_000;
/// The longest.
const MAX_PAUSE_MS: u64 = 5 * 60 * 1000;

/// Tells the chat that asked. Afterwards the submit is `told`, or its notice says when to try again. Answers with what
/// happened, for the log.
///
/// # Errors
/// When the state folder can't be used.
pub fn tell(io: &Io, settings: &Settings, submit: &mut Submit) -> Result<Vec<String>, Problem> {
    let mut notice = submit.notice.clone().unwrap_or_default();
    let event = if submit.route.is_complete() {
        match send(io, settings, submit, &mut notice)? {
            Some(event) => event,
            None => {
                // Not stored: what the other one writes is newer, and its end may have removed the submit.
                notice.next_try_at_ms = after_giving_way_ms(io);
                submit.notice = Some(notice);
                return Ok(vec!["another process is telling the chat".to_owned()]);
            }
        }
    } else {
        // Nobody is to be told, so that the timer needn't come back for it; `recover` shows it all the same.
        submit.told = true;
        "no chat asked for it".to_owned()
    };
    // It counts as told so that the timer ends. The submit itself stays: only a person's word removes it.
    submit.told |= notice.failures >= MAX_ATTEMPTS;
    submit.notice = Some(notice);
    submits::save(io, submit)?;
    Ok(vec![event])
}

/// Sends it where that can be done now; `notice` says afterwards when to try again. Gives what happened, for
/// the log; none where another process is at it.
///
/// # Errors
/// When the state folder can't be used: nothing has left then.
fn send(
    io: &Io,
    settings: &Settings,
    submit: &mut Submit,
    notice: &mut Notice,
) -> Result<Option<String>, Problem> {
    let route = submit.route.clone();
    let Some(member) = channel::of(&route.channel) else {
        let event = again(io, notice, "this version knows no such channel");
        return Ok(Some(event));
    };
    let traits = member.traits;
    let Ok(account) = settings.accounts.of(member, route.account.as_deref()) else {
        let reason = format!("no {} credentials were found", member.name);
        return Ok(Some(again(io, notice, &reason)));
    };
    let mut channel = (member.open)(account);
    let attempts = Attempts::of_submit(&submit.nonce);
    // The older one counts: each may be missing where a process died between writing the two.
    let known = [notice.first_sent_at_ms, attempts.since_ms(io)?];
    notice.first_sent_at_ms = known.into_iter().flatten().min();
    let may_send = |first_ms| traits.key.of(Shape::Text).holds(first_ms, io.now_ms());
    if !notice.first_sent_at_ms.is_none_or(may_send) {
        submit.told = true;
        let event = "the chat may or may not have been told: no answer is known";
        return Ok(Some(event.to_owned()));
    }
    let mut pace = Pace::load(io, &route.chat, traits.pace)?;
    if let Some(free_at_ms) = pace.wait_until_ms(io.now_ms()) {
        notice.next_try_at_ms = free_at_ms;
        return Ok(Some("the chat gets other messages now".to_owned()));
    }
    let is_first = notice.first_sent_at_ms.is_none();
    // Two harnesses may tell the same chat at once, and not the same: one may have learned that the submit wasn't taken, and the
    // other that nobody knows. Whoever sees the other gives way; both may, and the next step is soon.
    let marker = attempts.begin(io)?;
    let is_beside = is_first && attempts.has_others(io, &marker)?;
    if is_beside || is_overtaken(io, submit)? {
        marker.refused(io)?;
        return Ok(None);
    }
    notice.first_sent_at_ms.get_or_insert(io.now_ms());
    // Intent before effect, as with deliveries: a crash behind the commit must find that it may be in the chat.
    submit.notice = Some(notice.clone());
    submits::save(io, submit)?;
    pace.note(io)?;
    let message = Message::text(words(submit));
    let before = Delivery {
        state: DeliveryState::Sending,
        message: Some(message.clone()),
        first_sent_at_ms: notice.first_sent_at_ms,
        // One count for all three: what is in the way of so short a text is mostly the same for days.
        failures: notice.failures,
        waits: notice.failures,
        withheld: notice.failures,
        ..Delivery::planned(
            &submit.nonce,
            0,
            0,
            Purpose::Failure,
            "unknown",
            io.now_ms(),
        )
    };
    let sending = Sending {
        route: &route,
        message: &message,
        // Derived like a delivery's, for a subject that no turn has: whoever tells it, the chat shows it once.
        key: &digest(&["uuid", &submit.nonce, "unknown", ""], 40),
        is_first,
        first_sent_at_ms: notice.first_sent_at_ms,
        content: None,
    };
    let answer = channel.commit(&Calls::committing(io), &sending);
    if answer.is_certainly_unsent() {
        marker.refused(io)?;
    }
    let phase = Phase::Committing { is_first };
    let decided = decide(&before, phase, &answer, moment(io), traits);
    let after = decided.delivery;
    notice.first_sent_at_ms = after.first_sent_at_ms;
    // A text that was too long would be sent shorter at once, and this one has no shorter one: it waits like the others.
    let pause_ms = backoff::pause_ms(notice.failures, BASE_PAUSE_MS, MAX_PAUSE_MS, io.jitter());
    notice.next_try_at_ms = after
        .next_try_at_ms
        .max(io.now_ms().saturating_add(pause_ms));
    // Each attempt counts, whatever came of it: so there is an end also where each is answered with "again".
    notice.failures += 1;
    // It is there, or was refused for good, or nobody can say any more: the timer needn't come back for it.
    submit.told = !after.state.is_open();
    notice.shown = after.state == DeliveryState::Delivered;
    Ok(Some(match (after.state, submit.not_taken) {
        (DeliveryState::Delivered, true) => {
            "the chat was told that the service didn't take it".to_owned()
        }
        (DeliveryState::Delivered, false) => {
            "the chat was told that its outcome isn't known".to_owned()
        }
        (
            DeliveryState::Pending
            | DeliveryState::Sending
            | DeliveryState::LinkOnly
            | DeliveryState::Failed
            | DeliveryState::Uncertain,
            _,
        ) => format!("the notice to the chat{}", decided.event),
    }))
}

/// Whether another process has come further with a submit since it was read.
fn is_overtaken(io: &Io, submit: &Submit) -> Result<bool, Problem> {
    let stored = submits::at(io, submit.file_name())?;
    Ok(stored.is_none_or(|stored| {
        stored.nonce != submit.nonce
            || stored.told
            || stored.became.is_some()
            || stored.notice != submit.notice
    }))
}

/// Puts the next attempt off, longer with each that failed. Gives a line for the log.
fn again(io: &Io, notice: &mut Notice, reason: &str) -> String {
    let pause_ms = backoff::pause_ms(notice.failures, BASE_PAUSE_MS, MAX_PAUSE_MS, io.jitter());
    notice.failures += 1;
    notice.next_try_at_ms = io.now_ms().saturating_add(pause_ms);
    format!("the chat can't be told yet: {reason}; again in {pause_ms} ms")
}

/// What the chat is told, in the language of the request.
fn words(submit: &Submit) -> String {
    let (language, request) = (Language::of(&submit.text), plan::shortened(&submit.text));
    if submit.not_taken {
        language.not_taken(&request)
    } else {
        language.unknown(&request)
    }
}
