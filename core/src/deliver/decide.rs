//! What happens next to a delivery: one pure function from what is known of it, what a call to its channel came to, the time
//! and what the channel promises, to its next state. No channel is named here, and nothing is stored or sent.
//!
//! The rules: what may be in the chat is repeated only under a key that still holds, or once the platform said that it isn't
//! there; else it is `uncertain` and stays so. A link takes a medium's place only where the medium certainly wasn't shown, or
//! where one key spans both. What stands in the way of everything to a chat isn't held against the message.

use super::texts;
use crate::backoff;
use crate::channel::answer::{Answer, Found, Meaning};
use crate::channel::traits::{Key, Traits};
use crate::io::UnixMs;
use crate::session::{Delivery, DeliveryState, Message};

/// Attempts in a row that failed, after which a result goes as a link. With the pauses below that is half an hour:
/// inside the windows of most keys.
const MAX_ATTEMPTS: u32 = 12;
/// The same when the media store says that it doesn't have the media: a quarter of a minute, for a
/// file that is about to appear.
const MAX_ATTEMPTS_GONE: u32 = 4;
/// The same where there is no network, there are no credentials, or every attempt is too fast: a day, until `recover`.
pub(super) const MAX_ATTEMPTS_WITHOUT_NETWORK: u32 = 300;
/// The same where the chat, the app or its rights stand in the way: with the pauses below most of a day, in which somebody
/// may mend that.
const MAX_ATTEMPTS_WITHHELD: u32 = 100;
/// The longest pause then: what is mended soon is noticed soon, by the first ones.
const MAX_PAUSE_WITHHELD_MS: u64 = 15 * 60 * 1000;
/// Longer pauses end at full quarters of an hour. Before them there are at most seven attempts of each.
const TOGETHER_FROM_MS: u64 = 2 * 60 * 1000;
/// The first pause after an attempt that was too fast, where the answer names a shorter one: a time that has passed already,
/// by whichever clock, would otherwise be asked about as often as the network allows. It grows like the others.
const BASE_WAIT_MS: u64 = 100;
/// So long a step may take: the harness ends a longer one, and with it whatever was on its way.
pub(super) const MAX_STEP_MS: u64 = 10 * 60 * 1000;
/// The first pause.
pub(super) const BASE_PAUSE_MS: u64 = 2_000;
/// The longest.
pub(super) const MAX_PAUSE_MS: u64 = 5 * 60 * 1000;

/// Which call an answer is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// One of those that precede the commit.
    Preparing,
    /// The commit.
    Committing {
        /// Whether no earlier attempt may be in the chat.
        is_first: bool,
    },
}

/// When it is, and a random word for pauses.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    /// Now.
    pub now_ms: UnixMs,
    /// Random.
    pub jitter: u64,
}

/// What happens next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The delivery as it stands now, to be stored.
    pub delivery: Delivery,
    /// What else is to be done.
    pub then: Then,
    /// For the session's log, right behind the delivery's name; empty where who acts on it writes one.
    pub event: String,
}

/// What is to be done beside storing the delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Then {
    /// Nothing: its time and state say when it is looked at again, if ever.
    Store,
    /// Its result goes as a link, for this reason.
    Link(String),
    /// Its result and the others of its turn go as links in one message, for this reason.
    LinksOfAll(String),
}

impl Decision {
    /// To be stored, with nothing to say.
    pub(super) const fn quiet(delivery: Delivery) -> Self {
        Self::store(delivery, String::new())
    }

    /// To be stored, with a line for the log.
    const fn store(delivery: Delivery, event: String) -> Self {
        Self {
            delivery,
            then: Then::Store,
            event,
        }
    }
}

/// What an answer means for a delivery.
#[must_use]
pub fn decide(
    before: &Delivery,
    phase: Phase,
    answer: &Answer,
    moment: Moment,
    traits: &Traits,
) -> Decision {
    // A copy: whoever calls compares it with what is stored meanwhile before it takes effect.
    let mut delivery = before.clone();
    if phase != Phase::Preparing {
        delivery.under_way = false;
    }
    // Only a first attempt may be taken back. Of a later one, an earlier that was lost may still be in the
    // chat, whatever this refusal says.
    if matches!(phase, Phase::Committing { is_first: true }) && answer.is_certainly_unsent() {
        // Nor was it by any other attempt: the window of its key has not begun.
        delivery.state = DeliveryState::Pending;
        delivery.first_sent_at_ms = None;
    }
    let (meaning, reason) = match answer {
        Answer::Committed(id) => return shown(delivery, id.as_deref(), moment),
        Answer::NotDispatched(reason) => {
            return again(
                delivery,
                reason,
                MAX_ATTEMPTS_WITHOUT_NETWORK,
                moment,
                traits,
            );
        }
        Answer::Unknown(reason) if phase != Phase::Preparing => {
            return unknown(delivery, reason, moment, traits);
        }
        Answer::Unknown(reason) => return again(delivery, reason, MAX_ATTEMPTS, moment, traits),
        Answer::Refused(meaning, reason) => (meaning, reason),
    };
    match meaning {
        // The app may not upload: so it is with every result of this turn, and one message instead of nine says
        // so.
        Meaning::MissingScope(page) if phase == Phase::Preparing => {
            let why = [texts::NO_PERMISSION, page].concat();
            // What was begun stays with its own key: moved into another message it could be shown twice.
            if delivery.first_sent_at_ms.is_some() {
                return give_up(delivery, &why, moment.now_ms, traits);
            }
            Decision {
                delivery,
                then: Then::LinksOfAll(why),
                event: format!(": {reason}"),
            }
        }
        // The right to send, not to upload: a link isn't taken either.
        Meaning::MissingScope(page) => {
            let reason = format!("{reason}. Grant it here: {page}");
            withheld(delivery, &reason, moment, traits)
        }
        Meaning::Withheld => withheld(delivery, reason, moment, traits),
        Meaning::RateLimited(pause_ms) => too_fast(delivery, *pause_ms, reason, moment, traits),
        Meaning::TooLong => too_long(delivery, reason, moment, traits),
        Meaning::ForeignUpload => foreign(delivery, reason, moment, traits),
        // `NoThread` only comes here where the channel had no other way left.
        Meaning::ForGood | Meaning::NoThread => give_up(delivery, reason, moment.now_ms, traits),
        Meaning::MediaGone => again(delivery, reason, MAX_ATTEMPTS_GONE, moment, traits),
        Meaning::MediaUnread | Meaning::BadToken => {
            again(delivery, reason, MAX_ATTEMPTS, moment, traits)
        }
    }
}

/// What the platform's word means for a delivery whose answer was lost. Only that it isn't there allows another attempt.
#[must_use]
pub fn decide_found(before: &Delivery, found: &Found, moment: Moment, traits: &Traits) -> Decision {
    let mut delivery = before.clone();
    match found {
        Found::Sent(id) => shown(delivery, id.as_deref(), moment),
        // The window of the key begins anew: nothing that stands in the chat has it.
        Found::NotSent => {
            delivery.state = DeliveryState::Pending;
            delivery.first_sent_at_ms = None;
            delivery.next_try_at_ms = moment.now_ms;
            Decision::store(delivery, ": it isn't in the chat; again".to_owned())
        }
        Found::Unknown(reason) => {
            // Asking is harmless, so that it goes on as often as an attempt does. Without an end a platform
            // that is gone would be asked for ever.
            let enough = delivery.failures >= MAX_ATTEMPTS;
            if enough && !holds(&delivery, moment.now_ms, traits) {
                return uncertain(delivery, reason, moment.now_ms);
            }
            again(delivery, reason, MAX_ATTEMPTS, moment, traits)
        }
    }
}

/// What becomes of one that is found begun, with no answer known: none where it can be repeated, or asked about.
#[must_use]
pub fn expired(before: &Delivery, now_ms: UnixMs, traits: &Traits) -> Option<Decision> {
    // A pending one has nothing in the chat, however old it is: it is sent and doesn't expire.
    let begun = before.state == DeliveryState::Sending;
    // Asked about can be what is known: of an attempt that died before its message was on record there is only that it began.
    let can_be_asked = traits.reads_back && before.message.is_some();
    if !begun || can_be_asked || holds(before, now_ms, traits) {
        return None;
    }
    let mut delivery = before.clone();
    // An id from an earlier state would say that the message is there.
    delivery.message_id = None;
    delivery.end(DeliveryState::Uncertain, now_ms);
    let event = ": no answer is known, and the time to repeat it safely is over".to_owned();
    Some(Decision::store(delivery, event))
}

/// Until when one that is found begun may be under way in another process, where nothing makes it safe to repeat and the platform
/// can't be asked; none where that is over, or doesn't matter. Else whoever looks beside it would tell the chat that it may not
/// have arrived, while it arrives.
#[must_use]
pub fn under_way_until_ms(before: &Delivery, now_ms: UnixMs, traits: &Traits) -> Option<UnixMs> {
    let is_open = key_of(before, traits) == Key::None && !traits.reads_back;
    let begun = before.state == DeliveryState::Sending && before.under_way;
    let first_ms = before.first_sent_at_ms.filter(|_| begun && is_open)?;
    let until_ms = first_ms.saturating_add(MAX_STEP_MS);
    // By a clock that was set back nobody can tell.
    (first_ms <= now_ms && now_ms < until_ms).then_some(until_ms)
}

/// What becomes of one whose channel this version doesn't know: it waits for one that does, and is given up in the end.
#[must_use]
pub fn no_channel(before: &Delivery, channel: &str, moment: Moment) -> Decision {
    // The name is from a record of another version: it may be as long as somebody made it.
    let shown: String = channel.chars().take(40).collect();
    let reason = format!("this version of libtv-video knows no channel “{shown}”: update it");
    let decision = waits_for_people(before.clone(), &reason, moment);
    let enough = decision.delivery.withheld >= MAX_ATTEMPTS_WITHHELD;
    // It was begun by a version that knew the channel: it may be in the chat, and waiting longer tells nothing.
    if enough && decision.delivery.state == DeliveryState::Sending {
        return uncertain(decision.delivery, &reason, moment.now_ms);
    }
    decision
}

/// What becomes of one whose channel has no credentials here: it waits for them, and says so.
#[must_use]
pub fn no_app(before: &Delivery, channel: &str, detail: &str, moment: Moment) -> Decision {
    let mut delivery = before.clone();
    let pause_ms = backoff::pause_ms(
        delivery.failures,
        BASE_PAUSE_MS,
        MAX_PAUSE_MS,
        moment.jitter,
    );
    let reason = format!("no {channel} credentials were found");
    delivery.failures += 1;
    delivery.next_try_at_ms = moment.now_ms.saturating_add(pause_ms);
    if delivery.failures >= MAX_ATTEMPTS_WITHOUT_NETWORK {
        let state = match delivery.first_sent_at_ms {
            None => DeliveryState::Failed,
            // Begun while there were credentials: that it failed can't be said.
            Some(_) => DeliveryState::Uncertain,
        };
        delivery.end(state, moment.now_ms);
    }
    // The log is for whoever runs the machine: which file, which member.
    let event = format!(" waits: {reason} ({detail})");
    delivery.trouble = Some(reason);
    Decision::store(delivery, event)
}

/// Whether the chat doesn't take it any more. What was begun in time may still be asked about and repeated.
#[must_use]
pub fn is_too_late(
    delivery: &Delivery,
    asked_at_ms: UnixMs,
    now_ms: UnixMs,
    traits: &Traits,
) -> bool {
    let deadline_ms = traits.deadline_ms;
    let over = deadline_ms.is_some_and(|most_ms| now_ms.saturating_sub(asked_at_ms) > most_ms);
    // The deadline is the chat's for new messages: a repetition shows nothing new.
    over && delivery.first_sent_at_ms.is_none()
}

/// Whether a message may be sent now without a risk of showing it twice.
#[must_use]
pub fn holds(delivery: &Delivery, now_ms: UnixMs, traits: &Traits) -> bool {
    let first_ms = delivery.first_sent_at_ms;
    first_ms.is_none_or(|first_ms| key_of(delivery, traits).holds(first_ms, now_ms))
}

/// What makes a repetition of it harmless.
const fn key_of(delivery: &Delivery, traits: &Traits) -> Key {
    match &delivery.message {
        Some(message) => traits.key.of(message.shape),
        None => traits.key.without_message(),
    }
}

/// Whether another content may be sent in the place of the one that was begun.
fn may_change(delivery: &Delivery, traits: &Traits) -> bool {
    // A key that stands for one content only would show both.
    delivery.first_sent_at_ms.is_none() || traits.key.outlives_content()
}

/// It is in the chat: as media or a notice, or as the link that stands for a result.
fn shown(mut delivery: Delivery, id: Option<&str>, moment: Moment) -> Decision {
    delivery.message_id = id.map(str::to_owned);
    // That of a link says why it is one.
    let state = if delivery.is_link() {
        DeliveryState::LinkOnly
    } else {
        delivery.trouble = None;
        DeliveryState::Delivered
    };
    delivery.end(state, moment.now_ms);
    let message = delivery.message.as_ref();
    let shape = message.map_or("", |message| message.shape.name());
    let event = format!(" delivered as {shape}: {}", id.unwrap_or_default());
    Decision::store(delivery, event)
}

/// Whether it ends once it was tried often enough. Of one that was begun nobody may say that it failed: its end is `expired`, once
/// its key is too old. A key that never is leaves the attempts to end it.
fn ends_by_attempts(delivery: &Delivery, traits: &Traits) -> bool {
    delivery.state == DeliveryState::Pending || key_of(delivery, traits).is_endless()
}

/// After a pause, until it was tried often enough. What may be in the chat isn't given up here: its key runs out.
fn again(
    delivery: Delivery,
    reason: &str,
    max_attempts: u32,
    moment: Moment,
    traits: &Traits,
) -> Decision {
    let pause_ms = backoff::pause_ms(
        delivery.failures,
        BASE_PAUSE_MS,
        MAX_PAUSE_MS,
        moment.jitter,
    );
    put_off(delivery, reason, (pause_ms, max_attempts), moment, traits)
}

/// After this pause, unless it was the last attempt.
fn put_off(
    mut delivery: Delivery,
    reason: &str,
    (pause_ms, max_attempts): (u64, u32),
    moment: Moment,
    traits: &Traits,
) -> Decision {
    delivery.failures += 1;
    delivery.trouble = Some(reason.to_owned());
    delivery.next_try_at_ms = moment.now_ms.saturating_add(pause_ms);
    if delivery.failures >= max_attempts && ends_by_attempts(&delivery, traits) {
        return give_up(delivery, reason, moment.now_ms, traits);
    }
    Decision::store(delivery, format!(": {reason}; again in {pause_ms} ms"))
}

/// It may be in the chat.
fn unknown(delivery: Delivery, reason: &str, moment: Moment, traits: &Traits) -> Decision {
    // Where the key itself never ends, the attempts do.
    let enough = key_of(&delivery, traits).is_endless() && delivery.failures >= MAX_ATTEMPTS;
    if !enough && (traits.reads_back || holds(&delivery, moment.now_ms, traits)) {
        return again(delivery, reason, MAX_ATTEMPTS, moment, traits);
    }
    uncertain(delivery, reason, moment.now_ms)
}

/// It may be in the chat, nobody can say, and it isn't sent again. People are shown it by `recover`.
fn uncertain(mut delivery: Delivery, reason: &str, now_ms: UnixMs) -> Decision {
    delivery.trouble = Some(reason.to_owned());
    delivery.end(DeliveryState::Uncertain, now_ms);
    Decision::store(delivery, format!(": an answer was lost, then: {reason}"))
}

/// Too fast is nobody's fault: it waits, without a failure.
fn too_fast(
    mut delivery: Delivery,
    pause_ms: u64,
    reason: &str,
    moment: Moment,
    traits: &Traits,
) -> Decision {
    let least_ms = backoff::pause_ms(delivery.waits, BASE_WAIT_MS, MAX_PAUSE_MS, moment.jitter);
    // The platform's wish is the least: to come earlier is refused once more.
    let pause_ms = pause_ms.max(least_ms);
    // Counted apart from failures: a busy group must not turn a film into a link.
    delivery.waits += 1;
    delivery.next_try_at_ms = moment.now_ms.saturating_add(pause_ms);
    delivery.trouble = Some(reason.to_owned());
    let enough = delivery.waits >= MAX_ATTEMPTS_WITHOUT_NETWORK;
    if enough && ends_by_attempts(&delivery, traits) {
        return give_up(delivery, reason, moment.now_ms, traits);
    }
    Decision::store(delivery, format!(": {reason}; again in {pause_ms} ms"))
}

/// The platform refused the length: a shorter text, where another text may take its place, else the end.
fn too_long(mut delivery: Delivery, reason: &str, moment: Moment, traits: &Traits) -> Decision {
    let words = delivery.message.as_ref().and_then(Message::words);
    let shorter = words.and_then(texts::shorter);
    match shorter.filter(|_| may_change(&delivery, traits)) {
        Some(shorter) => {
            delivery.message = Some(Message::text(shorter));
            // At once: the platform refused the length and nothing else.
            delivery.next_try_at_ms = moment.now_ms;
            Decision::store(delivery, format!(": {reason}; again, shorter"))
        }
        None => give_up(delivery, reason, moment.now_ms, traits),
    }
}

/// What was uploaded is another app's, as after a change of apps: it is uploaded again, soon.
fn foreign(mut delivery: Delivery, reason: &str, moment: Moment, traits: &Traits) -> Decision {
    // Only a result can be uploaded again; and not for ever, where two apps take turns on one folder.
    let anew = delivery.result().is_some() && delivery.failures < MAX_ATTEMPTS;
    if !anew {
        return again(delivery, reason, MAX_ATTEMPTS, moment, traits);
    }
    if !may_change(&delivery, traits) {
        return uncertain(delivery, reason, moment.now_ms);
    }
    delivery.message = None;
    put_off(
        delivery,
        reason,
        (BASE_PAUSE_MS, MAX_ATTEMPTS),
        moment,
        traits,
    )
}

/// The chat, the app or its rights stand in the way. What was begun under a key that never ends waits no longer than what wasn't.
fn withheld(delivery: Delivery, reason: &str, moment: Moment, traits: &Traits) -> Decision {
    let decision = waits_for_people(delivery, reason, moment);
    let delivery = &decision.delivery;
    let enough = delivery.withheld >= MAX_ATTEMPTS_WITHHELD;
    if enough && delivery.state.is_open() && ends_by_attempts(delivery, traits) {
        return uncertain(decision.delivery, reason, moment.now_ms);
    }
    decision
}

/// Nothing is wrong with what was sent, and it waits until that is
/// mended. A result that had become a link begins with its media again, for the same may be so of what stood in its way.
fn waits_for_people(mut delivery: Delivery, reason: &str, moment: Moment) -> Decision {
    let pause_ms = backoff::pause_ms(
        delivery.withheld,
        BASE_PAUSE_MS,
        MAX_PAUSE_WITHHELD_MS,
        moment.jitter,
    );
    delivery.withheld += 1;
    let unsent = delivery.state == DeliveryState::Pending;
    // Only what is certainly not in the chat: a link that may be there is repeated as it is.
    if unsent && delivery.is_link() {
        delivery.message = None;
    }
    let again_ms = moment.now_ms.saturating_add(pause_ms);
    // All that waits for the same people is tried together: forty results are no forty steps.
    delivery.next_try_at_ms = if pause_ms >= TOGETHER_FROM_MS {
        again_ms
            .checked_next_multiple_of(MAX_PAUSE_WITHHELD_MS)
            .unwrap_or(again_ms)
    } else {
        again_ms
    };
    delivery.trouble = Some(reason.to_owned());
    if unsent && delivery.withheld >= MAX_ATTEMPTS_WITHHELD {
        delivery.end(DeliveryState::Failed, moment.now_ms);
        return Decision::store(delivery, format!(" could not be sent: {reason}"));
    }
    let event = format!(
        ": {reason}; it isn't the message, so it waits for that to be mended; again in {pause_ms} ms"
    );
    Decision::store(delivery, event)
}

/// A refusal for good: a result's link takes its place where that shows nothing twice; of a text there is nothing left to try.
/// What an earlier attempt may have shown is never said to have failed.
fn give_up(mut delivery: Delivery, reason: &str, now_ms: UnixMs, traits: &Traits) -> Decision {
    let unsent = delivery.first_sent_at_ms.is_none();
    let is_medium = delivery.result().is_some() && !delivery.is_link();
    // Where the key spans both, the link is safe even if the film may have arrived: the chat shows one of them.
    if is_medium && (unsent || traits.key_spans_link) {
        return Decision {
            delivery,
            then: Then::Link(reason.to_owned()),
            event: String::new(),
        };
    }
    if !unsent {
        return uncertain(delivery, reason, now_ms);
    }
    delivery.trouble = Some(reason.to_owned());
    delivery.end(DeliveryState::Failed, now_ms);
    Decision::store(delivery, format!(" could not be sent: {reason}"))
}

#[cfg(test)]
#[path = "decide_tests.rs"]
mod tests;
