//! One message on its way: prepared, stored, committed; and what its answer means is carried out.

use super::decide::{self, Decision, Moment, Phase, Then, decide};
use super::open::OpenedChannels;
use super::pace::Pace;
use super::{Events, keep, label, links, overtaken, read_back, route_of, texts};
use crate::channel::answer::{Answer, Meaning};
use crate::channel::calls::Calls;
use crate::channel::media::{Stored, Unseen};
use crate::channel::traits::Traits;
use crate::channel::{self, Channel, Content, Sending};
use crate::io::{Io, UnixMs};
use crate::problem::Problem;
use crate::session::{DeliveryState, Message, Route};
use crate::store::Loaded;
use crate::store::attempts::{Attempts, Marker};
use crate::upstream::results::ResultUrl;

/// So long a message whose sender died may wait beyond the next step.
// A second is nothing beside the pause between two polls, and wide enough that two processes hardly draw the
// same.
const ATTEMPT_SPREAD_MS: u64 = 1_000;

/// What a message is sent by.
struct Way<'a> {
    /// With its credentials.
    channel: &'a mut dyn Channel,
    traits: &'static Traits,
    /// That of the chat, which has room for it.
    pace: Pace,
    route: Route,
    /// When its turn was submitted.
    asked_at_ms: UnixMs,
}

/// Sends one message, or notes why not. False where the chat's pace holds it back: nothing was tried then.
///
/// # Errors
/// When the state folder can't be used.
pub(super) fn deliver(
    io: &Io,
    channels: &mut OpenedChannels<'_>,
    loaded: &mut Loaded,
    at: usize,
    events: &mut Events,
) -> Result<bool, Problem> {
    let delivery = &loaded.session.deliveries[at];
    let Some(asked) = route_of(loaded, delivery.turn) else {
        // Nobody is to get it: for such a turn nothing is planned.
        return Ok(true);
    };
    let (route, asked_at_ms) = (asked.route.clone(), asked.submitted_at_ms);
    let Some(member) = channel::of(&route.channel) else {
        // A newer version may have stored it: this one mustn't send it elsewhere, nor forget it.
        let decision = decide::no_channel(delivery, &route.channel, moment(io));
        return act(io, loaded, at, decision, events).map(|()| true);
    };
    let traits = member.traits;
    let channel = match channels.get(member, route.account.as_deref()) {
        Ok(channel) => channel,
        Err(detail) => {
            let decision = decide::no_app(delivery, member.name, &detail, moment(io));
            return act(io, loaded, at, decision, events).map(|()| true);
        }
    };
    let pace = Pace::load(io, &route.chat, traits.pace)?;
    if let Some(free_at_ms) = pace.wait_until_ms(io.now_ms()) {
        // Not stored and not counted: nothing was tried, and the next step reads the same.
        loaded.session.deliveries[at].next_try_at_ms = free_at_ms;
        return Ok(false);
    }
    let way = Way {
        channel,
        traits,
        pace,
        route,
        asked_at_ms,
    };
    attempt(io, way, loaded, at, events).map(|()| true)
}

/// Attempts to send one message that may go now.
///
/// # Errors
/// When the state folder can't be used.
fn attempt(
    io: &Io,
    way: Way<'_>,
    loaded: &mut Loaded,
    at: usize,
    events: &mut Events,
) -> Result<(), Problem> {
    let Way {
        channel,
        traits,
        mut pace,
        route,
        asked_at_ms,
    } = way;
    let delivery = &loaded.session.deliveries[at];
    // The key of the plan in every attempt. With a new one each time (`new-uuid` in the simulation) a retry
    // shows the message twice.
    let key = delivery.key.clone();
    let content = loaded.session.link_of(delivery).map(ResultUrl::of_the_file);
    if let Some(message) = &delivery.message
        && read_back::goes_before(delivery, io.now_ms(), traits)
    {
        let message = message.clone();
        let sending = Sending {
            route: &route,
            message: &message,
            key: &key,
            is_first: false,
            first_sent_at_ms: delivery.first_sent_at_ms,
            content: content.as_ref().map(Content::Result),
        };
        if read_back::ask(io, channel, &sending, loaded, at, traits, events)? {
            return Ok(());
        }
    }
    let delivery = &loaded.session.deliveries[at];
    if let Some(until_ms) = decide::under_way_until_ms(delivery, io.now_ms(), traits) {
        return put_off(io, loaded, at, until_ms);
    }
    let prepared = match (&delivery.message, loaded.session.link_of(delivery)) {
        _ if decide::is_too_late(delivery, asked_at_ms, io.now_ms(), traits) => Err(
            Answer::Refused(Meaning::ForGood, texts::TOO_LATE.to_owned()),
        ),
        // What was made once is sent again byte for byte: another upload would make another message of it.
        (Some(message), _) => Ok(message.clone()),
        (None, Some(url)) => {
            let url = url.of_the_file();
            prepare(io, channel, &url, &route, traits)
        }
        (None, None) => match links::compose(io, loaded, at)? {
            Some(message) => Ok(message),
            None => return Ok(()),
        },
    };
    // An upload of 30 MB takes minutes. What another process has sent in that time must not be sent by this
    // one.
    if overtaken(io, loaded, at)? {
        return Ok(());
    }
    let delivery = &mut loaded.session.deliveries[at];
    let message = match prepared {
        Ok(message) => fitted(message, traits),
        Err(answer) => {
            let decision = decide(delivery, Phase::Preparing, &answer, moment(io), traits);
            return act(io, loaded, at, decision, events);
        }
    };
    // Asked again: the key may have run out during the upload.
    if !decide::holds(delivery, io.now_ms(), traits) {
        return Ok(());
    }
    // From here on the order decides: state, marker and record are durable before the message leaves. A crash
    // behind that finds it begun; the other way round (`sent-before-recorded` in the simulation) it is sent as
    // new.
    let is_first = delivery.first_sent_at_ms.is_none();
    let Begun::Goes(begun) = begin(io, loaded, at, traits, is_first)? else {
        return Ok(());
    };
    let delivery = &mut loaded.session.deliveries[at];
    delivery.state = DeliveryState::Sending;
    delivery.under_way = true;
    // The first attempt's time stays: the window of its key counts from there, however often it is repeated.
    let first_sent_at_ms = Some(*delivery.first_sent_at_ms.get_or_insert(io.now_ms()));
    // Tells this attempt from another process's of the same message at the same time: what one of them learns says
    // nothing of the other's.
    delivery.next_try_at_ms = io.now_ms() + io.jitter() % ATTEMPT_SPREAD_MS;
    delivery.message = Some(message.clone());
    // Another process made the first record: the message is its own to send.
    if !keep(io, loaded, at)? {
        return Ok(());
    }
    pace.note(io)?;
    let sending = Sending {
        route: &route,
        message: &message,
        key: &key,
        is_first,
        first_sent_at_ms,
        content: content.as_ref().map(Content::Result),
    };
    let answer = channel.commit(&Calls::committing(io), &sending);
    if let Some(begun) = begun.filter(|_| answer.is_certainly_unsent()) {
        // Only where it is certain: a marker that stays makes a message uncertain, one removed too early makes
        // it appear twice.
        begun.refused(io)?;
    }
    let is_shown = matches!(answer, Answer::Committed(_));
    // A success is stored whatever another wrote: it is the one thing that can't be wrong. Anything else gives
    // way to what is newer.
    if !is_shown && overtaken(io, loaded, at)? {
        return Ok(());
    }
    let delivery = &loaded.session.deliveries[at];
    let phase = Phase::Committing { is_first };
    let decision = decide(delivery, phase, &answer, moment(io), traits);
    // Before its record is replaced by the link: afterwards nobody knows what there is to be taken back.
    if matches!(decision.then, Then::Link(_)) {
        channel.withdraw(&Calls::harmless(io), &message);
    }
    act(io, loaded, at, decision, events)
}

/// Comes back to a message later. That is stored: whoever looks for what is due without having heard this step's word would else
/// come back at once, again and again.
///
/// # Errors
/// When the state folder can't be used.
pub(super) fn put_off(
    io: &Io,
    loaded: &mut Loaded,
    at: usize,
    until_ms: UnixMs,
) -> Result<(), Problem> {
    if overtaken(io, loaded, at)? {
        return Ok(());
    }
    loaded.session.deliveries[at].next_try_at_ms = until_ms;
    keep(io, loaded, at).map(|_| ())
}

/// What the beginning of an attempt came to.
enum Begun {
    /// The message may leave. The attempt's marker, where it needs one.
    Goes(Option<Marker>),
    /// Another process is at it.
    GaveWay,
}

/// Marks an attempt. Where the platform's key doesn't span what two processes made of the same result, one of them sends:
/// whoever sees the other's marker, or what the other has stored since, gives way. Both may; the next step is soon.
///
/// # Errors
/// When the state folder can't be used.
fn begin(
    io: &Io,
    loaded: &mut Loaded,
    at: usize,
    traits: &Traits,
    is_first: bool,
) -> Result<Begun, Problem> {
    let delivery = &loaded.session.deliveries[at];
    // The first record is made exclusively: it needs no marker.
    if !loaded.stored.contains(&delivery.id) {
        return Ok(Begun::Goes(None));
    }
    let attempts = Attempts::of_delivery(&loaded.session.key, &delivery.id);
    let marker = attempts.begin(io)?;
    let is_spanned = !is_first || traits.key.outlives_content();
    if is_spanned || !(attempts.has_others(io, &marker)? || overtaken(io, loaded, at)?) {
        return Ok(Begun::Goes(Some(marker)));
    }
    marker.refused(io)?;
    loaded.session.deliveries[at].next_try_at_ms = after_giving_way_ms(io);
    Ok(Begun::GaveWay)
}

/// When whoever gave way to another process comes back.
pub(super) fn after_giving_way_ms(io: &Io) -> UnixMs {
    let pause_ms = 1 + io.jitter() % ATTEMPT_SPREAD_MS;
    io.now_ms().saturating_add(pause_ms)
}

/// Makes a message of a result, as the channel shows it.
///
/// # Errors
/// What became of the call that failed; that only a link can go is a refusal for good.
fn prepare(
    io: &Io,
    channel: &mut dyn Channel,
    url: &ResultUrl,
    route: &Route,
    traits: &Traits,
) -> Result<Message, Answer> {
    const MB: u64 = 1024 * 1024;
    // As a refusal, so that `decide` has one way from a medium to its link.
    let only_link = |reason| Answer::Refused(Meaning::ForGood, reason);
    let max_mb = traits.max_bytes() / MB;
    let stored = match Stored::look(io, url, traits) {
        Ok(stored) => stored,
        Err(Unseen::TooLarge) => return Err(only_link(texts::too_large(None, max_mb))),
        Err(Unseen::Failed(answer)) => return Err(answer),
    };
    // Before the upload: above its limit a platform's edge may answer with an error that doesn't name the size.
    if stored.len > traits.max_bytes() {
        let megabytes = stored.len.div_ceil(MB);
        return Err(only_link(texts::too_large(Some(megabytes), max_mb)));
    }
    let Some(shape) = traits.shape_of(stored.kind(), stored.len, stored.sides()) else {
        return Err(only_link(texts::NOT_UPLOADED.to_owned()));
    };
    let calls = Calls::harmless(io);
    let media = stored.media();
    let message = channel.prepare(&calls, &media, shape, Some(route))?;
    // It would be read with the record on every step, and a channel that needs so much has made something
    // wrong.
    if message.body.len() > Message::MAX_BODY_BYTES {
        return Err(only_link(texts::NOT_UPLOADED.to_owned()));
    }
    Ok(message)
}

/// A text as long as the channel takes one; whatever is left of it where it can't be cut so far.
fn fitted(mut message: Message, traits: &Traits) -> Message {
    while let Some(words) = message.words().filter(|words| !traits.text.fits(words))
        && let Some(shorter) = texts::shorter(words)
    {
        message = Message::text(shorter);
    }
    message
}

/// Stores what was decided, and does what else is to be done.
pub(super) fn act(
    io: &Io,
    loaded: &mut Loaded,
    at: usize,
    decision: Decision,
    events: &mut Events,
) -> Result<(), Problem> {
    let Decision {
        delivery,
        then,
        event,
    } = decision;
    if !event.is_empty() {
        events.push(format!("{}{event}", label(&delivery)));
    }
    // In memory before it is stored: `keep` writes from there, and what follows reads it.
    loaded.session.deliveries[at] = delivery;
    match then {
        Then::Store => keep(io, loaded, at).map(|_| ()),
        Then::Link(reason) => links::one(io, loaded, at, &reason, events),
        Then::LinksOfAll(reason) => links::all(io, loaded, at, &reason, events),
    }
}

/// The moment for a decision.
pub(super) fn moment(io: &Io) -> Moment {
    Moment {
        now_ms: io.now_ms(),
        jitter: io.jitter(),
    }
}
