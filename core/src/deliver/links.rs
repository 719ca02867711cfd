//! Results that can't be shown as media go as links: one under its own key, or several in one message.

use super::texts::{self, Language};
use super::{Events, covering, keep, label, overtaken, plan};
use crate::channel::media::NOT_GIVEN;
use crate::io::{Io, UnixMs};
use crate::problem::Problem;
use crate::session::{Delivery, DeliveryState, Message, Purpose, Turn};
use crate::store::{self, Loaded};

/// How often a message with links waits for a result that isn't known here; it goes without it then.
const MAX_WAITS: u32 = 12;
/// So long each time: a poll is under way in between.
// Twelve of these are six minutes: longer than the pause between two polls of any job that goes on.
const WAIT_MS: u64 = 30_000;

/// A result's own message becomes its link, under the same key: where that spans both and another process has sent the media
/// meanwhile, the chat shows one of both.
pub(super) fn one(
    io: &Io,
    loaded: &mut Loaded,
    at: usize,
    reason: &str,
    events: &mut Events,
) -> Result<(), Problem> {
    let Some(url) = link(loaded, at) else {
        return Ok(());
    };
    let message = worded(io, loaded, at, &[url], reason);
    let delivery = &mut loaded.session.deliveries[at];
    events.push(format!("{} goes as a link: {reason}", label(delivery)));
    delivery.message = Some(message);
    delivery.trouble = Some(reason.to_owned());
    // The link has its own attempts: those that the film used up say nothing of it.
    delivery.failures = 0;
    delivery.waits = 0;
    delivery.next_try_at_ms = io.now_ms();
    keep(io, loaded, at).map(|_| ())
}

/// No media can be uploaded: this result and all others of its turn that have no record yet go in one message.
/// A result that was tried before goes alone: its own message may be on its way in another process.
pub(super) fn all(
    io: &Io,
    loaded: &mut Loaded,
    at: usize,
    reason: &str,
    events: &mut Events,
) -> Result<(), Problem> {
    let delivery = &loaded.session.deliveries[at];
    // With a record of its own it can't be given to a message with several: its key is in use.
    if loaded.stored.contains(&delivery.id) {
        return one(io, loaded, at, reason, events);
    }
    let turn_number = delivery.turn;
    let open = |other: &&Delivery| {
        let fresh = other.state == DeliveryState::Pending && !loaded.stored.contains(&other.id);
        other.turn == turn_number && other.result().is_some() && fresh
    };
    let deliveries = &loaded.session.deliveries;
    let ids: Vec<String> = deliveries
        .iter()
        .filter(open)
        .map(|delivery| delivery.id.clone())
        .collect();
    let turns = &loaded.session.turns;
    let Some(turn) = turns.iter().find(|turn| turn.asked.turn == turn_number) else {
        return Ok(());
    };
    events.push(format!("{} results go as links: {reason}", ids.len()));
    let turn = turn.clone();
    let lost = loaded.lost_deliveries.clone();
    // Numbered, not named after its results: of two processes that see different ones, one succeeds.
    // So many names at most can be taken already, so that one is free.
    for number in 0..=loaded.session.deliveries.len() + lost.len() {
        let added = plan::add(
            &mut loaded.session,
            &lost,
            &turn,
            Purpose::Links(ids.clone()),
            &number.to_string(),
            None,
            io.now_ms(),
        );
        let Some(new) = added else { continue };
        loaded.session.deliveries[new]
            .trouble
            // The first reason stays: whoever goes on after a crash composes the same text from it.
            .get_or_insert_with(|| reason.to_owned());
        // Before the results are given to it: a result that names a message without a record would count as
        // lost.
        keep(io, loaded, new)?;
        if loaded.session.deliveries[new].state.is_open() {
            return Ok(());
        }
    }
    Ok(())
}

/// The message with several links. Its results are those that have no record, or one that names it: each is
/// given to it now, so that whoever goes on after a crash, or beside this process, composes the same.
pub(super) fn compose(io: &Io, loaded: &mut Loaded, at: usize) -> Result<Option<Message>, Problem> {
    let links = loaded.session.deliveries[at].clone();
    let Purpose::Links(ids) = &links.purpose else {
        return Ok(None);
    };
    let mut urls = Vec::new();
    for id in ids {
        let deliveries = &mut loaded.session.deliveries;
        let Some(member) = deliveries.iter().position(|delivery| delivery.id == *id) else {
            // Without it the message would go out incomplete, and the result that is missing would never be
            // told.
            if links.failures < MAX_WAITS {
                return wait(io, loaded, at);
            }
            continue;
        };
        if !loaded.stored.contains(id) && deliveries[member].state.is_open() {
            deliveries[member].links = Some(links.id.clone());
            keep(io, loaded, member)?;
        }
        let covering = covering(loaded, &loaded.session.deliveries[member]);
        if covering.is_some_and(|covering| covering.id == links.id) {
            urls.extend(link(loaded, member));
        }
    }
    let reason = links.trouble.as_deref().unwrap_or(texts::NOT_UPLOADED);
    if !urls.is_empty() {
        return Ok(Some(worded(io, loaded, at, &urls, reason)));
    }
    if overtaken(io, loaded, at)? {
        return Ok(None);
    }
    let links = &mut loaded.session.deliveries[at];
    // All its results went by themselves, in another process: there is nothing left for it to say.
    links.end(DeliveryState::LinkOnly, io.now_ms());
    store::save_delivery(io, &loaded.session.key, links)?;
    Ok(None)
}

/// A result of the message isn't known here, as after a slower process stored an older list of results: the next
/// poll brings it back.
fn wait(io: &Io, loaded: &mut Loaded, at: usize) -> Result<Option<Message>, Problem> {
    // It was read before the service was asked: another process may have sent it since, and that must not be forgotten.
    if overtaken(io, loaded, at)? {
        return Ok(None);
    }
    let links = &mut loaded.session.deliveries[at];
    links.failures += 1;
    links.next_try_at_ms = io.now_ms().saturating_add(WAIT_MS);
    store::save_delivery(io, &loaded.session.key, links)?;
    Ok(None)
}

/// The link of a delivery's result.
fn link(loaded: &Loaded, at: usize) -> Option<String> {
    let link = loaded.session.link_of(&loaded.session.deliveries[at])?;
    Some(link.of_the_file().as_str().to_owned())
}

/// The message with links, in the language of what was asked for. A link that is dead isn't sent: that is said instead.
fn worded(io: &Io, loaded: &Loaded, at: usize, urls: &[String], reason: &str) -> Message {
    let turn = loaded.session.deliveries[at].turn;
    let mut turns = loaded.session.turns.iter();
    let asked = turns.find(|known| known.asked.turn == turn);
    let language = asked.map_or(Language::English, |turn| Language::of(&turn.asked.words()));
    if asked.is_some_and(|turn| is_dead(turn, reason, io.now_ms())) {
        return Message::text(language.dead_link().to_owned());
    }
    Message::text(language.links(urls, reason))
}

/// Whether the links of a turn's results open nothing any more: their time is over, or the store refuses them already, where
/// a service gives links for a while only.
fn is_dead(turn: &Turn, reason: &str, now_ms: UnixMs) -> bool {
    let Some(live_ms) = turn.asked.service.traits().links_live_ms else {
        return false;
    };
    let since_ms = turn.progress.ended_at_ms.unwrap_or(now_ms);
    // The end was noticed after the fact: what the store says counts before that time is over.
    reason.starts_with(NOT_GIVEN) || now_ms.saturating_sub(since_ms) >= live_ms
}
