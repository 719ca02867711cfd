//! Sends what a session owes its chat, as far as that can be done now.
//!
//! Intent before effect: a delivery is stored as `sending`, with its message, before the message
//! leaves. Found so on the next step it is repeated with the same `uuid` while Feishu still knows
//! it, and is `uncertain` afterwards.

mod links;
pub mod lone;
pub mod media;
mod pace;
pub mod plan;
mod refused;
mod texts;

use contract::ids::is_service_id;

use crate::backoff;
use crate::channel::feishu::Messenger;
use crate::channel::feishu::answer::Answer;
use crate::channel::feishu::recipient;
use crate::config::Settings;
use crate::io::{Io, UnixMs};
use crate::problem::Problem;
use crate::session::{Delivery, DeliveryState, Purpose, Route};
use crate::store::attempts::Attempts;
use crate::store::{self, Loaded};
use media::NoMedia;
use pace::Pace;
use refused::{not_sent, without_app};

/// How many messages one step sends. It keeps a step within its limits of time; the next one is due
/// at once.
const MAX_MESSAGES_PER_STEP: usize = 5;
/// So long a message whose sender died may wait beyond the next step.
const TRY_SPREAD_MS: u64 = 1_000;

/// What happened, for the session's log.
pub type Events = Vec<String>;

/// Sends what is due. Each change is stored as it happens.
///
/// # Errors
/// When the state folder can't be used; everything stored so far stands.
pub async fn run(
    io: &Io,
    settings: &Settings,
    loaded: &mut Loaded,
    events: &mut Events,
) -> Result<(), Problem> {
    recall(io, loaded).await?;
    settle(io, loaded, events).await?;
    let mut messenger = settings.feishu.as_ref().map(Messenger::new);
    let mut sent = 0;
    let mut at = 0;
    while at < loaded.session.deliveries.len() {
        if is_due(loaded, at, io.now_ms(), settings) {
            if sent == MAX_MESSAGES_PER_STEP {
                return Ok(());
            }
            sent += 1;
            let was_link = loaded.session.deliveries[at].is_link();
            match &mut messenger {
                Some(messenger) => deliver(io, messenger, loaded, at, events).await?,
                None => without_app(io, settings, loaded, at, events).await?,
            }
            if loaded.session.deliveries[at].is_link() && !was_link {
                // It can't go as media: its link can, in the same step.
                continue;
            }
        }
        at += 1;
    }
    settle(io, loaded, events).await
}

/// Stores what markers of attempts say: a record that disagrees with what is decided on would count as another process's.
async fn recall(io: &Io, loaded: &mut Loaded) -> Result<(), Problem> {
    for id in std::mem::take(&mut loaded.recalled) {
        let deliveries = &loaded.session.deliveries;
        let recalled = deliveries.iter().find(|delivery| delivery.id == id);
        if let Some(delivery) = recalled {
            store::save_delivery(io, &loaded.session.key, delivery).await?;
        }
    }
    Ok(())
}

/// Whether a delivery is to be worked on now. A result that a message with links stands for isn't.
fn is_due(loaded: &Loaded, at: usize, now_ms: UnixMs, settings: &Settings) -> bool {
    let delivery = &loaded.session.deliveries[at];
    delivery.state.is_open()
        && backoff::is_due(delivery.next_try_at_ms, now_ms, settings.fixed_interval_ms)
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
        .filter(|delivery| covering(loaded, delivery).is_none_or(|links| !links.state.is_open()))
        .map(|delivery| delivery.next_try_at_ms)
        .min()
}

/// Draws the conclusions from what ended: results whose links were sent, messages whose uuid ran out.
async fn settle(io: &Io, loaded: &mut Loaded, events: &mut Events) -> Result<(), Problem> {
    let now_ms = io.now_ms();
    for at in 0..loaded.session.deliveries.len() {
        let delivery = &loaded.session.deliveries[at];
        if !delivery.state.is_open() {
            continue;
        }
        let ended = covering(loaded, delivery)
            .filter(|links| !links.state.is_open())
            .map(|links| match links.state {
                DeliveryState::Pending
                | DeliveryState::Sending
                | DeliveryState::Delivered
                | DeliveryState::LinkOnly => (DeliveryState::LinkOnly, links.message_id.clone()),
                DeliveryState::Failed => (DeliveryState::Failed, None),
                DeliveryState::Uncertain => (DeliveryState::Uncertain, None),
            })
            .or_else(|| {
                // What was stored of the message with its link is damaged: it may have been sent.
                let lost = loaded.lost_deliveries.contains(delivery.links.as_ref()?);
                lost.then_some((DeliveryState::Uncertain, None))
            });
        let expired = delivery.state == DeliveryState::Sending && !delivery.may_send(now_ms);
        let (state, message_id) = match ended {
            Some(ended) => ended,
            None if expired => {
                events.push(format!(
                    "{}: no answer is known, and the time to repeat it safely is over",
                    label(delivery)
                ));
                (DeliveryState::Uncertain, None)
            }
            None => continue,
        };
        let delivery = &mut loaded.session.deliveries[at];
        delivery.message_id = message_id;
        delivery.end(state, now_ms);
        store::save_delivery(io, &loaded.session.key, &loaded.session.deliveries[at]).await?;
    }
    Ok(())
}

/// Sends one message, or notes why not.
async fn deliver(
    io: &Io,
    messenger: &mut Messenger<'_>,
    loaded: &mut Loaded,
    at: usize,
    events: &mut Events,
) -> Result<(), Problem> {
    let delivery = &loaded.session.deliveries[at];
    let Some(route) = route_of(loaded, delivery.turn) else {
        return Ok(());
    };
    let mut pace = Pace::load(io, &route.chat_id).await?;
    if let Some(free_at_ms) = pace.wait_until_ms(io.now_ms()) {
        loaded.session.deliveries[at].next_try_at_ms = free_at_ms;
        return Ok(());
    }
    let prepared = match (&delivery.message, loaded.session.link_of(delivery)) {
        (Some(content), _) => Ok(content.clone()),
        (None, Some(url)) => {
            let url = url.of_the_file();
            media::prepare(io, messenger, &url).await
        }
        (None, None) => match links::compose(io, loaded, at).await? {
            Some(content) => Ok(content),
            None => return Ok(()),
        },
    };
    if overtaken(io, loaded, at).await? {
        return Ok(());
    }
    let content = match prepared {
        Ok(content) => content,
        Err(NoMedia::Link(reason)) => {
            return links::one(io, loaded, at, &reason, events).await;
        }
        Err(NoMedia::Answer(answer)) => {
            return not_sent(io, messenger, loaded, at, answer, events).await;
        }
    };
    let delivery = &mut loaded.session.deliveries[at];
    if !delivery.may_send(io.now_ms()) {
        return Ok(());
    }
    let first_try = delivery.first_sent_at_ms.is_none();
    delivery.state = DeliveryState::Sending;
    delivery.first_sent_at_ms.get_or_insert(io.now_ms());
    // Tells this try from another process's of the same message at the same time: what one of them learns says
    // nothing of the other's.
    delivery.next_try_at_ms = io.now_ms() + io.jitter() % TRY_SPREAD_MS;
    delivery.message = Some(content.clone());
    let uuid = delivery.uuid.clone();
    // The first record is made exclusively: it needs no marker.
    let begun = if loaded.stored.contains(&delivery.id) {
        let attempts = Attempts::of_delivery(&loaded.session.key, &delivery.id);
        Some(attempts.begin(io).await?)
    } else {
        None
    };
    if !keep(io, loaded, at).await? {
        return Ok(());
    }
    pace.note(io).await?;
    let to = recipient::of_route(&route);
    match messenger.send(io, &to, &content, &uuid, first_try).await {
        Answer::Done(data) => {
            let key = loaded.session.key.clone();
            let delivery = &mut loaded.session.deliveries[at];
            delivery.message_id = data
                .get("message_id")
                .and_then(serde_json::Value::as_str)
                .filter(|id| is_service_id(id))
                .map(str::to_owned);
            // That of a link says why it is one.
            let state = if delivery.is_link() {
                DeliveryState::LinkOnly
            } else {
                delivery.trouble = None;
                DeliveryState::Delivered
            };
            delivery.end(state, io.now_ms());
            events.push(format!(
                "{} delivered as {}: {}",
                label(delivery),
                content.msg_type,
                delivery.message_id.as_deref().unwrap_or("")
            ));
            store::save_delivery(io, &key, delivery).await
        }
        answer => {
            // Certainly not in the chat, by this try.
            let refused = !matches!(answer, Answer::Unclear(_));
            if let Some(begun) = begun.filter(|_| refused) {
                begun.refused(io).await?;
            }
            if overtaken(io, loaded, at).await? {
                return Ok(());
            }
            // Nor by any other: the uuid's window has not begun.
            if first_try && refused {
                let delivery = &mut loaded.session.deliveries[at];
                delivery.state = DeliveryState::Pending;
                delivery.first_sent_at_ms = None;
            }
            // An earlier try may have shown it, and there is no other way to say it under the same uuid.
            // The right to send, not to upload: a link isn't taken either.
            let answer = match answer {
                Answer::NoScope(url, reason) => {
                    let page = url.unwrap_or_else(|| messenger.permission_page());
                    Answer::Withheld(format!("{reason}. Grant it here: {page}"))
                }
                answer => answer,
            };
            let last_resort = {
                let delivery = &loaded.session.deliveries[at];
                delivery.result().is_none() || delivery.is_link()
            };
            if !first_try
                && last_resort
                && let Answer::Refused(reason) = &answer
            {
                let delivery = &mut loaded.session.deliveries[at];
                events.push(format!(
                    "{}: an answer was lost, then: {reason}",
                    label(delivery)
                ));
                delivery.trouble = Some(reason.clone());
                delivery.end(DeliveryState::Uncertain, io.now_ms());
                return store::save_delivery(io, &loaded.session.key, delivery).await;
            }
            not_sent(io, messenger, loaded, at, answer, events).await
        }
    }
}

/// Whether another process has worked on a delivery meanwhile: a call can take minutes, and what was decided
/// on the old state must not be done. The next step begins with the new one.
async fn overtaken(io: &Io, loaded: &mut Loaded, at: usize) -> Result<bool, Problem> {
    let key = loaded.session.key.clone();
    let delivery = &mut loaded.session.deliveries[at];
    match store::stored_delivery(io, &key, &delivery.id).await? {
        Some(stored) if stored != *delivery => {
            *delivery = stored;
            Ok(true)
        }
        Some(_) | None => Ok(false),
    }
}

/// Stores a delivery. Its first record decides how its result is shown, alone or among several links: where
/// another process has written one meanwhile, that stands, and this is false.
async fn keep(io: &Io, loaded: &mut Loaded, at: usize) -> Result<bool, Problem> {
    let key = loaded.session.key.clone();
    let delivery = &mut loaded.session.deliveries[at];
    if loaded.stored.contains(&delivery.id) {
        store::save_delivery(io, &key, delivery).await?;
        return Ok(true);
    }
    let first = store::claim_delivery(io, &key, delivery).await?;
    loaded.stored.push(delivery.id.clone());
    if !first && let Some(stored) = store::stored_delivery(io, &key, &delivery.id).await? {
        *delivery = stored;
    }
    Ok(first)
}

/// Where a turn's messages go.
fn route_of(loaded: &Loaded, turn: u32) -> Option<Route> {
    let turn = loaded
        .session
        .turns
        .iter()
        .find(|known| known.asked.turn == turn)?;
    turn.asked
        .route
        .is_complete()
        .then(|| turn.asked.route.clone())
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
    };
    format!("{what} {}", delivery.order)
}
