//! What follows when a message could not be sent: another try, a link instead, or an end.

use super::{Events, keep, label, links, plan, texts};
use crate::backoff;
use crate::channel::feishu::Messenger;
use crate::channel::feishu::answer::Answer;
use crate::config::Settings;
use crate::io::Io;
use crate::problem::Problem;
use crate::session::DeliveryState;
use crate::store::Loaded;

/// Failed tries after which a result goes as a link. With the pauses below that is half an hour:
/// inside the uuid's window.
const MAX_TRIES: u32 = 12;
/// The same when the media store says that it doesn't have the media: a quarter of a minute, for a
/// file that is about to appear.
const MAX_TRIES_GONE: u32 = 4;
/// The same where there is no network, there are no credentials, or every try is too fast: a day, until `recover`.
const MAX_TRIES_WITHOUT_NETWORK: u32 = 300;
/// The same where the chat, the app or its rights stand in the way: with the pauses below most of a day, in which somebody
/// may mend that.
const MAX_TRIES_WITHHELD: u32 = 100;
/// The longest pause then: what is mended soon is noticed soon, by the first ones.
const MAX_PAUSE_WITHHELD_MS: u64 = 15 * 60 * 1000;
/// Longer pauses end at full quarters of an hour. Before them there are at most seven tries of each.
const TOGETHER_FROM_MS: u64 = 2 * 60 * 1000;
/// The first pause after a try that was too fast, where the answer names a shorter one: a time that has passed already,
/// by whichever clock, would otherwise be asked about as often as the network allows. It grows like the others.
const BASE_WAIT_MS: u64 = 100;
/// The first pause.
const BASE_PAUSE_MS: u64 = 2_000;
/// The longest.
const MAX_PAUSE_MS: u64 = 5 * 60 * 1000;

/// What an answer other than success means for a delivery.
pub(super) async fn not_sent(
    io: &Io,
    messenger: &Messenger<'_>,
    loaded: &mut Loaded,
    at: usize,
    answer: Answer,
    events: &mut Events,
) -> Result<(), Problem> {
    let jitter = io.jitter();
    let delivery = &mut loaded.session.deliveries[at];
    // Without a network nothing is wrong with the result: it waits for a day.
    let max_tries = match answer {
        Answer::NotSent(_) => MAX_TRIES_WITHOUT_NETWORK,
        Answer::Gone(_) => MAX_TRIES_GONE,
        _ => MAX_TRIES,
    };
    let (pause_ms, reason) = match answer {
        Answer::Done(_) => return Ok(()),
        Answer::NoScope(url, reason) => {
            let page = url.unwrap_or_else(|| messenger.permission_page());
            let why = [texts::NO_PERMISSION, &page].concat();
            events.push(format!("{}: {reason}", label(delivery)));
            return links::all(io, loaded, at, &why, events).await;
        }
        Answer::Refused(reason) | Answer::NoReply(reason) => {
            return refuse(io, loaded, at, &reason, events).await;
        }
        Answer::Withheld(reason) => return withheld(io, loaded, at, reason, events).await,
        Answer::TooLong(reason) => {
            let shorter = delivery.message.as_ref().and_then(plan::shorter);
            let Some(shorter) = shorter else {
                return refuse(io, loaded, at, &reason, events).await;
            };
            delivery.message = Some(shorter);
            delivery.next_try_at_ms = io.now_ms();
            events.push(format!("{}: {reason}; again, shorter", label(delivery)));
            return keep(io, loaded, at).await.map(|_| ());
        }
        Answer::ForeignKey(reason)
            if delivery.result().is_some() && delivery.failures < MAX_TRIES =>
        {
            delivery.message = None;
            (BASE_PAUSE_MS, reason)
        }
        Answer::Wait(wait_ms, reason) => {
            let least_ms = backoff::pause_ms(delivery.waits, BASE_WAIT_MS, MAX_PAUSE_MS, jitter);
            let wait_ms = wait_ms.max(least_ms);
            delivery.waits += 1;
            delivery.next_try_at_ms = io.now_ms().saturating_add(wait_ms);
            delivery.trouble = Some(reason.clone());
            if delivery.waits >= MAX_TRIES_WITHOUT_NETWORK
                && delivery.state == DeliveryState::Pending
            {
                return refuse(io, loaded, at, &reason, events).await;
            }
            events.push(format!(
                "{}: {reason}; again in {wait_ms} ms",
                label(delivery)
            ));
            return keep(io, loaded, at).await.map(|_| ());
        }
        Answer::NotSent(reason)
        | Answer::NoMedia(reason)
        | Answer::Gone(reason)
        | Answer::Unclear(reason)
        | Answer::TokenRefused(reason)
        | Answer::ForeignKey(reason) => (
            backoff::pause_ms(delivery.failures, BASE_PAUSE_MS, MAX_PAUSE_MS, jitter),
            reason,
        ),
    };
    delivery.failures += 1;
    delivery.trouble = Some(reason.clone());
    delivery.next_try_at_ms = io.now_ms().saturating_add(pause_ms);
    if delivery.failures >= max_tries && delivery.state == DeliveryState::Pending {
        return refuse(io, loaded, at, &reason, events).await;
    }
    events.push(format!(
        "{}: {reason}; again in {pause_ms} ms",
        label(delivery)
    ));
    keep(io, loaded, at).await.map(|_| ())
}

/// The chat, the app or its rights stand in the way: nothing is wrong with what was sent, and it waits until that is
/// mended. A result that had become a link begins with its media again, for the same may be so of what stood in its way.
async fn withheld(
    io: &Io,
    loaded: &mut Loaded,
    at: usize,
    reason: String,
    events: &mut Events,
) -> Result<(), Problem> {
    let jitter = io.jitter();
    let delivery = &mut loaded.session.deliveries[at];
    let pause_ms = backoff::pause_ms(
        delivery.withheld,
        BASE_PAUSE_MS,
        MAX_PAUSE_WITHHELD_MS,
        jitter,
    );
    delivery.withheld += 1;
    let unsent = delivery.state == DeliveryState::Pending;
    if unsent && delivery.is_link() {
        delivery.message = None;
    }
    let again_ms = io.now_ms().saturating_add(pause_ms);
    // All that waits for the same people is tried together: forty results are no forty steps.
    delivery.next_try_at_ms = if pause_ms >= TOGETHER_FROM_MS {
        again_ms
            .checked_next_multiple_of(MAX_PAUSE_WITHHELD_MS)
            .unwrap_or(again_ms)
    } else {
        again_ms
    };
    delivery.trouble = Some(reason.clone());
    if unsent && delivery.withheld >= MAX_TRIES_WITHHELD {
        delivery.end(DeliveryState::Failed, io.now_ms());
        events.push(format!("{} could not be sent: {reason}", label(delivery)));
    } else {
        events.push(format!(
            "{}: {reason}; it isn't the message, so it waits for that to be mended; again in {pause_ms} ms",
            label(delivery)
        ));
    }
    keep(io, loaded, at).await.map(|_| ())
}

/// A refusal for good: of a result, its link is sent; of a text, there is nothing left to try.
pub(super) async fn refuse(
    io: &Io,
    loaded: &mut Loaded,
    at: usize,
    reason: &str,
    events: &mut Events,
) -> Result<(), Problem> {
    let delivery = &mut loaded.session.deliveries[at];
    if delivery.result().is_some() && !delivery.is_link() {
        return links::one(io, loaded, at, reason, events).await;
    }
    delivery.trouble = Some(reason.to_owned());
    delivery.end(DeliveryState::Failed, io.now_ms());
    events.push(format!("{} could not be sent: {reason}", label(delivery)));
    keep(io, loaded, at).await.map(|_| ())
}

/// There are no credentials: wait for them, and say so.
pub(super) async fn without_app(
    io: &Io,
    settings: &Settings,
    loaded: &mut Loaded,
    at: usize,
    events: &mut Events,
) -> Result<(), Problem> {
    let jitter = io.jitter();
    let delivery = &mut loaded.session.deliveries[at];
    let pause_ms = backoff::pause_ms(delivery.failures, BASE_PAUSE_MS, MAX_PAUSE_MS, jitter);
    let reason = "no Feishu or Lark credentials were found";
    delivery.failures += 1;
    delivery.trouble = Some(reason.to_owned());
    delivery.next_try_at_ms = io.now_ms().saturating_add(pause_ms);
    if delivery.failures >= MAX_TRIES_WITHOUT_NETWORK {
        delivery.end(DeliveryState::Failed, io.now_ms());
    }
    // The log is for whoever runs the machine: which file, which member.
    events.push(format!(
        "{} waits: {reason} ({})",
        label(delivery),
        settings.no_feishu
    ));
    keep(io, loaded, at).await.map(|_| ())
}
