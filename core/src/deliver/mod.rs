//! Sends what a session owes its chat, as far as that can be done now.
//!
//! Intent before effect: a delivery is stored as `sending`, with its message, before the message
//! leaves. Found so on the next step it is repeated with the same `uuid` while Feishu still knows
//! it, and is `uncertain` afterwards.

pub mod media;
mod pace;
pub mod plan;

use crate::backoff;
use crate::config::Settings;
use crate::feishu::Messenger;
use crate::feishu::answer::Answer;
use crate::feishu::recipient::Recipient;
use crate::io::{Io, UnixMs};
use crate::problem::Problem;
use crate::session::{Delivery, DeliveryState, Purpose, Route};
use crate::store::{self, Loaded};
use media::NoMedia;
use pace::Pace;

/// How many messages one step sends. It keeps a step within its limits of time; the next one is due
/// at once.
const MAX_MESSAGES_PER_STEP: usize = 5;
/// Failed tries after which a result goes as a link. With the pauses below that is half an hour:
/// inside the uuid's window.
const MAX_TRIES: u32 = 12;
/// The same when the media store says that it doesn't have the media: a quarter of a minute, for a
/// file that is about to appear.
const MAX_TRIES_GONE: u32 = 4;
/// The same where there is no network, or there are no credentials: a day, until `recover`.
const MAX_TRIES_WITHOUT_NETWORK: u32 = 300;
/// The first pause.
const BASE_PAUSE_MS: u64 = 2_000;
/// The longest.
const MAX_PAUSE_MS: u64 = 5 * 60 * 1000;

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
    settle(io, loaded, events).await?;
    let mut messenger = settings.feishu.as_ref().map(Messenger::new);
    let mut sent = 0;
    let mut at = 0;
    while at < loaded.session.deliveries.len() {
        if is_due(loaded, at, io.now_ms()) {
            if sent == MAX_MESSAGES_PER_STEP {
                return Ok(());
            }
            sent += 1;
            match &mut messenger {
                Some(messenger) => deliver(io, messenger, loaded, at, events).await?,
                None => without_app(io, loaded, at, events).await?,
            }
        }
        at += 1;
    }
    settle(io, loaded, events).await
}

/// Whether a delivery is to be worked on now. One that a message with links stands for isn't.
fn is_due(loaded: &Loaded, at: usize, now_ms: UnixMs) -> bool {
    let delivery = &loaded.session.deliveries[at];
    delivery.state.is_open()
        && delivery.next_try_at_ms <= now_ms
        && covering(loaded, &delivery.id).is_none()
}

/// The message with links that stands for a result.
fn covering<'a>(loaded: &'a Loaded, id: &str) -> Option<&'a Delivery> {
    loaded.session.deliveries.iter().find(|other| matches!(&other.purpose, Purpose::Links(ids) if ids.iter().any(|known| known == id)))
}

/// When something is to be done next for the deliveries; none when all have ended.
#[must_use]
pub fn next_try_at_ms(loaded: &Loaded) -> Option<UnixMs> {
    let open = loaded
        .session
        .deliveries
        .iter()
        .filter(|delivery| delivery.state.is_open());
    open.filter(|delivery| {
        covering(loaded, &delivery.id).is_none_or(|links| !links.state.is_open())
    })
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
        let ended = covering(loaded, &delivery.id)
            .filter(|links| !links.state.is_open())
            .map(|links| match links.state {
                DeliveryState::Pending
                | DeliveryState::Sending
                | DeliveryState::Delivered
                | DeliveryState::LinkOnly => (DeliveryState::LinkOnly, links.message_id.clone()),
                DeliveryState::Failed => (DeliveryState::Failed, None),
                DeliveryState::Uncertain => (DeliveryState::Uncertain, None),
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
    let prepared = match (&delivery.message, delivery.result()) {
        (Some(content), _) => Ok(content.clone()),
        (None, Some(url)) => {
            let url = url.clone();
            media::prepare(io, messenger, &url).await
        }
        (None, None) => return Ok(()),
    };
    if overtaken(io, loaded, at).await? {
        return Ok(());
    }
    let content = match prepared {
        Ok(content) => content,
        Err(NoMedia::Link(reason)) => {
            return link_instead(io, loaded, at, &reason, false, events).await;
        }
        Err(NoMedia::Answer(answer)) => {
            return not_sent(io, messenger, loaded, at, answer, events).await;
        }
    };
    let key = loaded.session.key.clone();
    let delivery = &mut loaded.session.deliveries[at];
    if !delivery.may_send(io.now_ms()) {
        return Ok(());
    }
    let first_try = delivery.first_sent_at_ms.is_none();
    delivery.state = DeliveryState::Sending;
    delivery.first_sent_at_ms.get_or_insert(io.now_ms());
    delivery.message = Some(content.clone());
    store::save_delivery(io, &key, delivery).await?;
    pace.note(io).await?;
    let uuid = delivery.uuid.clone();
    match messenger
        .send(io, &Recipient::parse(&route.chat_id), &content, &uuid)
        .await
    {
        Answer::Done(data) => {
            let delivery = &mut loaded.session.deliveries[at];
            delivery.message_id = data
                .get("message_id")
                .and_then(serde_json::Value::as_str)
                .map(str::to_owned);
            delivery.trouble = None;
            delivery.end(DeliveryState::Delivered, io.now_ms());
            events.push(format!(
                "{} delivered as {}: {}",
                label(delivery),
                content.msg_type,
                delivery.message_id.as_deref().unwrap_or("")
            ));
            store::save_delivery(io, &key, delivery).await
        }
        answer => {
            if overtaken(io, loaded, at).await? {
                return Ok(());
            }
            // Certainly not in the chat: the uuid's window has not begun.
            if first_try && !matches!(answer, Answer::Unclear(_)) {
                let delivery = &mut loaded.session.deliveries[at];
                delivery.state = DeliveryState::Pending;
                delivery.first_sent_at_ms = None;
            }
            // An earlier try may have shown it: another message instead could show it twice.
            if !first_try && let Answer::Refused(reason) | Answer::NoScope(_, reason) = &answer {
                let delivery = &mut loaded.session.deliveries[at];
                events.push(format!(
                    "{}: an answer was lost, then: {reason}",
                    label(delivery)
                ));
                delivery.trouble = Some(reason.clone());
                delivery.end(DeliveryState::Uncertain, io.now_ms());
                return store::save_delivery(io, &key, delivery).await;
            }
            not_sent(io, messenger, loaded, at, answer, events).await
        }
    }
}

/// Whether another process has worked on the session's deliveries meanwhile: a call can take minutes, and
/// what was decided on the old state must not be done. The next step begins with the new one.
async fn overtaken(io: &Io, loaded: &mut Loaded, at: usize) -> Result<bool, Problem> {
    let key = loaded.session.key.clone();
    let deliveries = &mut loaded.session.deliveries;
    if let Some(stored) = store::stored_delivery(io, &key, &deliveries[at].id).await?
        && stored != deliveries[at]
    {
        deliveries[at] = stored;
        return Ok(true);
    }
    let ids = store::delivery_ids(io, &key).await?;
    let known = |id: &String| deliveries.iter().any(|delivery| delivery.id == *id);
    Ok(!ids.iter().all(known))
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

/// What an answer other than success means for a delivery.
async fn not_sent(
    io: &Io,
    messenger: &Messenger<'_>,
    loaded: &mut Loaded,
    at: usize,
    answer: Answer,
    events: &mut Events,
) -> Result<(), Problem> {
    let key = loaded.session.key.clone();
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
            let why = format!("the app lacks a permission to upload media. Grant it here: {page}");
            events.push(format!("{}: {reason}", label(delivery)));
            return refuse(io, loaded, at, &why, true, events).await;
        }
        Answer::Refused(reason) => return refuse(io, loaded, at, &reason, false, events).await,
        Answer::ForeignKey(reason)
            if delivery.result().is_some() && delivery.failures < MAX_TRIES =>
        {
            delivery.message = None;
            (BASE_PAUSE_MS, reason)
        }
        Answer::Wait(wait_ms, reason) => {
            delivery.next_try_at_ms = io.now_ms().saturating_add(wait_ms);
            delivery.trouble = Some(reason.clone());
            events.push(format!(
                "{}: {reason}; again in {wait_ms} ms",
                label(delivery)
            ));
            return store::save_delivery(io, &key, delivery).await;
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
        return refuse(io, loaded, at, &reason, false, events).await;
    }
    events.push(format!(
        "{}: {reason}; again in {pause_ms} ms",
        label(delivery)
    ));
    store::save_delivery(io, &key, delivery).await
}

/// A refusal for good: of a result, its link is sent; of a text, there is nothing left to try.
async fn refuse(
    io: &Io,
    loaded: &mut Loaded,
    at: usize,
    reason: &str,
    all_open: bool,
    events: &mut Events,
) -> Result<(), Problem> {
    let delivery = &mut loaded.session.deliveries[at];
    if delivery.result().is_some() {
        return link_instead(io, loaded, at, reason, all_open, events).await;
    }
    delivery.trouble = Some(reason.to_owned());
    delivery.end(DeliveryState::Failed, io.now_ms());
    events.push(format!("{} could not be sent: {reason}", label(delivery)));
    store::save_delivery(io, &loaded.session.key, &loaded.session.deliveries[at]).await
}

/// Puts a result's link into a text message: with those of all open results when none can go as media.
async fn link_instead(
    io: &Io,
    loaded: &mut Loaded,
    at: usize,
    reason: &str,
    all_open: bool,
    events: &mut Events,
) -> Result<(), Problem> {
    let turn_number = loaded.session.deliveries[at].turn;
    let open: Vec<usize> = (0..loaded.session.deliveries.len())
        .filter(|other| {
            *other == at || (all_open && other_open_result(loaded, *other, turn_number))
        })
        .collect();
    let (mut ids, mut links) = (Vec::new(), String::new());
    for other in &open {
        let delivery = &loaded.session.deliveries[*other];
        if let Some(url) = delivery.result() {
            ids.push(delivery.id.clone());
            links.push_str(url.as_str());
            links.push('\n');
        }
    }
    let words = format!("{links}Sent as a link: {reason}");
    loaded.session.deliveries[at].trouble = Some(reason.to_owned());
    events.push(format!(
        "{} goes as a link: {reason}",
        label(&loaded.session.deliveries[at])
    ));
    let Some(turn) = loaded
        .session
        .turns
        .iter()
        .find(|turn| turn.asked.turn == turn_number)
        .cloned()
    else {
        return Ok(());
    };
    let subject = ids.join(" ");
    let lost = loaded.lost_deliveries.clone();
    let added = plan::add(
        &mut loaded.session,
        &lost,
        &turn,
        Purpose::Links(ids),
        &subject,
        Some(plan::text(&words)),
        io.now_ms(),
    );
    match added {
        Some(new) => {
            store::save_delivery(io, &loaded.session.key, &loaded.session.deliveries[new]).await
        }
        None => Ok(()),
    }
}

fn other_open_result(loaded: &Loaded, at: usize, turn: u32) -> bool {
    let delivery = &loaded.session.deliveries[at];
    delivery.turn == turn
        && delivery.state == DeliveryState::Pending
        && delivery.result().is_some()
        && covering(loaded, &delivery.id).is_none()
}

/// There are no credentials: wait for them, and say so.
async fn without_app(
    io: &Io,
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
    events.push(format!("{} waits: {reason}", label(delivery)));
    store::save_delivery(io, &loaded.session.key, &loaded.session.deliveries[at]).await
}

/// A delivery in the log.
fn label(delivery: &Delivery) -> String {
    let what = match &delivery.purpose {
        Purpose::Result(_) => "result",
        Purpose::Links(_) => "links",
        Purpose::Question => "question",
        Purpose::Failure => "failure notice",
        Purpose::Timeout => "timeout notice",
    };
    format!("{what} {}", delivery.order)
}
