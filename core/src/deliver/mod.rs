//! Sends what a session owes its chat, as far as that can be done now. No channel is named here: what each takes and promises
//! is data ([`crate::channel::traits`]), and what follows from an answer is decided in [`decide`].
//!
//! Intent before effect: a delivery is stored as `sending`, with its message, before the message
//! leaves. Found so on the next step it is repeated while the key of its message holds, or asked about where the platform can
//! be, and is `uncertain` afterwards.

pub mod decide;
mod links;
pub mod lone;
mod open;
mod pace;
pub mod plan;
mod progress;
mod read_back;
mod send;
mod texts;

use crate::backoff;
use crate::channel;
use crate::config::Settings;
use crate::io::{Io, UnixMs};
use crate::problem::Problem;
use crate::session::{Asked, Delivery, DeliveryState, Purpose};
use crate::store::{self, Loaded};
use decide::Decision;
use open::OpenedChannels;
use send::deliver;

/// How many messages one step sends. It keeps a step within its limits of time; the next one is due
/// at once.
const MAX_MESSAGES_PER_STEP: usize = 5;
/// What happened, for the session's log.
pub type Events = Vec<String>;

/// Sends what is due. Each change is stored as it happens.
///
/// # Errors
/// When the state folder can't be used; everything stored so far stands.
pub fn run(
    io: &Io,
    settings: &Settings,
    loaded: &mut Loaded,
    events: &mut Events,
) -> Result<(), Problem> {
    // First: everything behind compares a delivery with its record.
    recall(io, loaded)?;
    if settings.is_alone {
        conclude(io, loaded)?;
    }
    // Before anything is sent: a message whose key ran out while no harness ran must not be repeated in this
    // step.
    settle(io, loaded, events)?;
    let mut channels = OpenedChannels::new(settings);
    let mut sent = 0;
    let mut at = 0;
    // By place and not by iterator: a delivery may add one with several links behind itself.
    while at < loaded.session.deliveries.len() {
        if is_due(loaded, at, io.now_ms(), settings) {
            // The rest is due at once, and the timer calls again: one session with forty results must not keep
            // all others waiting.
            if sent == MAX_MESSAGES_PER_STEP {
                return Ok(());
            }
            let was_link = loaded.session.deliveries[at].is_link();
            // One that the chat's pace holds back takes nobody's place: with five of them the rest would stay due, and the
            // timer come back at once, again and again, until the chat takes something.
            sent += usize::from(deliver(io, &mut channels, loaded, at, events)?);
            if loaded.session.deliveries[at].is_link() && !was_link {
                // It can't go as media: its link can, in the same step.
                continue;
            }
        }
        at += 1;
    }
    settle(io, loaded, events)?;
    progress::run(io, settings, &mut channels, loaded, events);
    Ok(())
}

/// Stores what markers of attempts say: a record that disagrees with what is decided on would count as another process's.
fn recall(io: &Io, loaded: &mut Loaded) -> Result<(), Problem> {
    for id in std::mem::take(&mut loaded.recalled) {
        let deliveries = &loaded.session.deliveries;
        let recalled = deliveries.iter().find(|delivery| delivery.id == id);
        if let Some(delivery) = recalled {
            store::save_delivery(io, &loaded.session.key, delivery)?;
        }
    }
    Ok(())
}

/// Stores that attempts are over whose end isn't on record: of a session that is this call's alone nobody else is at them. Whether
/// such a message has arrived is known no better for that, and what follows is decided as always.
fn conclude(io: &Io, loaded: &mut Loaded) -> Result<(), Problem> {
    for delivery in &mut loaded.session.deliveries {
        if delivery.under_way {
            delivery.under_way = false;
            store::save_delivery(io, &loaded.session.key, delivery)?;
        }
    }
    Ok(())
}

/// Whether a delivery is to be worked on now. A result that a message with links stands for isn't.
fn is_due(loaded: &Loaded, at: usize, now_ms: UnixMs, settings: &Settings) -> bool {
    let delivery = &loaded.session.deliveries[at];
    delivery.state.is_open()
        && backoff::is_due(delivery.next_try_at_ms, now_ms, settings.fixed_interval_ms)
        // Its link is the other message's to show. Sent alone as well, the chat would have it twice.
        && delivery.links.is_none()
}

/// The message with links that stands for a result.
fn covering<'a>(loaded: &'a Loaded, delivery: &Delivery) -> Option<&'a Delivery> {
    let links = delivery.links.as_ref()?;
    loaded
        .session
        .deliveries
        .iter()
        .find(|other| other.id == *links)
}

/// When something is to be done next for the deliveries; none when all have ended.
#[must_use]
pub fn next_try_at_ms(loaded: &Loaded) -> Option<UnixMs> {
    loaded
        .session
        .deliveries
        .iter()
        .filter(|delivery| delivery.state.is_open())
        // One that waits for an open message has no time of its own: that message's counts.
        .filter(|delivery| covering(loaded, delivery).is_none_or(|links| !links.state.is_open()))
        .map(|delivery| delivery.next_try_at_ms)
        .min()
}

/// Draws the conclusions from what ended: results whose links were sent, messages that can't be repeated any more.
fn settle(io: &Io, loaded: &mut Loaded, events: &mut Events) -> Result<(), Problem> {
    for at in 0..loaded.session.deliveries.len() {
        let delivery = &loaded.session.deliveries[at];
        if !delivery.state.is_open() {
            continue;
        }
        let decision = with_its_links(loaded, delivery, io.now_ms()).or_else(|| {
            let route = &route_of(loaded, delivery.turn)?.route;
            let (now_ms, traits) = (io.now_ms(), channel::of(&route.channel)?.traits);
            if decide::under_way_until_ms(delivery, now_ms, traits).is_some() {
                return None;
            }
            decide::expired(delivery, now_ms, traits)
        });
        let Some(Decision {
            delivery, event, ..
        }) = decision
        else {
            continue;
        };
        // What its own process has found out meanwhile is better known.
        if overtaken(io, loaded, at)? {
            continue;
        }
        if !event.is_empty() {
            events.push(format!("{}{event}", label(&delivery)));
        }
        // Stored before it is believed: after a crash the next step draws the same conclusion from the same
        // records.
        store::save_delivery(io, &loaded.session.key, &delivery)?;
        loaded.session.deliveries[at] = delivery;
    }
    Ok(())
}

/// What becomes of a result whose link stands in a message with several, once that has ended.
fn with_its_links(loaded: &Loaded, delivery: &Delivery, now_ms: UnixMs) -> Option<Decision> {
    let links = delivery.links.as_ref()?;
    let ended = covering(loaded, delivery).filter(|links| !links.state.is_open());
    let (state, message_id) = match ended.map(|links| (links.state, &links.message_id)) {
        Some((DeliveryState::Failed, _)) => (DeliveryState::Failed, None),
        Some((DeliveryState::Uncertain, _)) => (DeliveryState::Uncertain, None),
        Some((_, id)) => (DeliveryState::LinkOnly, id.clone()),
        // What was stored of the message with its link is damaged: it may have been sent.
        None if loaded.lost_deliveries.contains(links) => (DeliveryState::Uncertain, None),
        None => return None,
    };
    let mut delivery = delivery.clone();
    delivery.message_id = message_id;
    delivery.end(state, now_ms);
    Some(Decision::quiet(delivery))
}

/// Whether another process has worked on a delivery meanwhile: a call can take minutes, and what was decided
/// on the old state must not be done. The next step begins with the new one.
fn overtaken(io: &Io, loaded: &mut Loaded, at: usize) -> Result<bool, Problem> {
    let key = loaded.session.key.clone();
    let delivery = &mut loaded.session.deliveries[at];
    match store::stored_delivery(io, &key, &delivery.id)? {
        Some(stored) if stored != *delivery => {
            *delivery = stored;
            Ok(true)
        }
        Some(_) | None => Ok(false),
    }
}

/// Stores a delivery. Its first record decides how its result is shown, alone or among several links: where
/// another process has written one meanwhile, that stands, and this is false.
fn keep(io: &Io, loaded: &mut Loaded, at: usize) -> Result<bool, Problem> {
    let key = loaded.session.key.clone();
    let delivery = &mut loaded.session.deliveries[at];
    if loaded.stored.contains(&delivery.id) {
        store::save_delivery(io, &key, delivery)?;
        return Ok(true);
    }
    // Exclusively: with a rename the slower of two processes would replace a result's own message by the links
    // of several, and the chat show both. The simulation's bug `lock-skipped` does that.
    let first = store::claim_delivery(io, &key, delivery)?;
    loaded.stored.push(delivery.id.clone());
    if !first && let Some(stored) = store::stored_delivery(io, &key, &delivery.id)? {
        *delivery = stored;
    }
    Ok(first)
}

/// What a turn asked for, where somebody is to get its messages.
fn route_of(loaded: &Loaded, turn: u32) -> Option<&Asked> {
    let mut turns = loaded.session.turns.iter();
    let asked = &turns.find(|known| known.asked.turn == turn)?.asked;
    asked.route.is_complete().then_some(asked)
}

/// A delivery in the log.
fn label(delivery: &Delivery) -> String {
    let what = match &delivery.purpose {
        Purpose::Result(_) => "result",
        Purpose::Links(_) => "links",
        Purpose::Question => "question",
        Purpose::Failure => "failure notice",
        Purpose::Timeout => "timeout notice",
        Purpose::More => "note of further results",
        Purpose::Uncertain => "note of a result that may have arrived",
    };
    format!("{what} {}", delivery.order)
}
