//! A message whose response was lost: where its key doesn't make a repetition safe, and the platform can be asked, it is. Where the
//! key does so for a time, the platform is asked first all the same: by a clock that was set back an old message looks young.

use super::decide::{MAX_STEP_MS, decide_found, holds};
use super::send::{act, moment, put_off};
use super::{Events, overtaken};
use crate::channel::answer::Found;
use crate::channel::calls::Calls;
use crate::channel::traits::{Key, Traits};
use crate::channel::{Channel, Sending};
use crate::io::{Io, UnixMs};
use crate::problem::Problem;
use crate::session::{Delivery, Purpose};
use crate::store::Loaded;
use crate::store::attempts::Attempts;

/// So old the last attempt has to be where its end is on record: before, it may still be on its way, and the platform's word about
/// it would be early. One of which no end is known may still be uploading, in another process.
const SETTLED_AFTER_MS: u64 = 2 * 60 * 1000;

/// Whether it is asked about before it is sent again: where its key doesn't hold any more, or is one that is kept for a time. Of
/// the latter only what leads to a result, which no other message does: two failures may be told in the same words, and the older
/// one would be taken for it.
pub(super) fn goes_before(delivery: &Delivery, now_ms: UnixMs, traits: &Traits) -> bool {
    let is_timed = matches!(traits.key, Key::Window { .. } | Key::SameBody { .. });
    let leads = delivery.result().is_some() || matches!(delivery.purpose, Purpose::Links(_));
    let may_be_forgotten = is_timed && leads && delivery.first_sent_at_ms.is_some();
    traits.reads_back && (may_be_forgotten || !holds(delivery, now_ms, traits))
}

/// Asks, and goes on with what the platform says. Whether this is all for now: not where the key holds and the message isn't seen,
/// which proves nothing so early. Then it is sent again under its key.
pub(super) fn ask(
    io: &Io,
    channel: &mut dyn Channel,
    sending: &Sending<'_>,
    loaded: &mut Loaded,
    at: usize,
    traits: &Traits,
    events: &mut Events,
) -> Result<bool, Problem> {
    let delivery = &loaded.session.deliveries[at];
    let attempts = Attempts::of_delivery(&loaded.session.key, &delivery.id);
    let holds = holds(delivery, io.now_ms(), traits);
    if !holds && let Some(settled_ms) = unsettled_until_ms(io, delivery, &attempts)? {
        return put_off(io, loaded, at, settled_ms).map(|()| true);
    }
    let found = channel.look_for(&Calls::harmless(io), sending);
    if holds && !matches!(found, Found::Sent(_)) {
        return Ok(false);
    }
    // Asking takes a while; what another process did meanwhile is newer than what the platform said.
    if overtaken(io, loaded, at)? {
        return Ok(true);
    }
    if found == Found::NotSent {
        // Each stood for a message that might be there.
        // Else the markers would keep the message from ever being sent again: they outlive what the record
        // says.
        attempts.forget(io)?;
    }
    let decision = decide_found(&loaded.session.deliveries[at], &found, moment(io), traits);
    act(io, loaded, at, decision, events).map(|()| true)
}

/// Until when an attempt may still be on its way, so that the platform's word would be early.
fn unsettled_until_ms(
    io: &Io,
    delivery: &Delivery,
    attempts: &Attempts,
) -> Result<Option<UnixMs>, Problem> {
    let marked_ms = attempts.latest_ms(io)?;
    // The latest attempt of any process, not this one's: another may have sent it a second ago.
    let latest_ms = marked_ms.max(delivery.first_sent_at_ms).unwrap_or_default();
    let settled_ms = latest_ms.saturating_add(if delivery.under_way {
        MAX_STEP_MS
    } else {
        SETTLED_AFTER_MS
    });
    let wait_ms = settled_ms.saturating_sub(io.now_ms());
    // A longer wait is one for a clock that was set back to come to where it was: then it is asked at once, which is harmless.
    Ok((0 < wait_ms && wait_ms <= MAX_STEP_MS).then_some(settled_ms))
}
