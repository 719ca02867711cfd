//! Marks of the tries of a message: `sessions/<key>/t-<delivery>-<begun>-<nonce>`, empty, one a try.
//!
//! The record of a delivery has many writers, and whoever finds out that its try was refused writes that the message isn't
//! in the chat. Between its look at the record and that, another process may have begun a try, whose beginning would
//! be overwritten and with it how old the `uuid` is. A mark has one writer, which removes it when its try was certainly
//! refused: what any other writes about the message, an open mark says since when it may be in the chat.
//!
//! The first record of a delivery is made exclusively and is its own mark.

use super::files::{below, put, run};
use super::{Loaded, session_dir};
use crate::io::{FsOp, Io, UnixMs};
use crate::problem::Problem;
use crate::session::{Delivery, DeliveryState};

/// A try that this process has begun.
pub struct Try {
    path: String,
}

/// Marks a try, durably, before its message leaves.
///
/// # Errors
/// When the state folder can't be written.
pub async fn begin(io: &Io, key: &str, delivery: &str) -> Result<Try, Problem> {
    let dir = session_dir(key);
    let name = format!("t-{delivery}-{:014}-{}", io.now_ms(), &io.nonce()[..8]);
    put(io, &dir, &name, Vec::new()).await?;
    Ok(Try {
        path: below(&dir, &name),
    })
}

/// Removes the mark of a try that was certainly refused. One that comes back after a power failure costs caution only.
///
/// # Errors
/// When the state folder can't be written.
pub async fn refused(io: &Io, begun: Try) -> Result<(), Problem> {
    run(io, FsOp::Remove(begun.path)).await
}

/// The delivery and the time of a mark.
pub(super) fn parse(name: &str) -> Option<(String, UnixMs)> {
    let mut parts = name.strip_prefix("t-")?.split('-');
    let delivery = parts.next()?.to_owned();
    Some((delivery, parts.next()?.parse().ok()?))
}

/// Puts what marks say into the deliveries: one that is said not to be in the chat may be there.
pub(super) fn apply(loaded: &mut Loaded, marks: &[(String, UnixMs)]) {
    for delivery in &mut loaded.session.deliveries {
        let begun = marks.iter().filter(|(id, _)| *id == delivery.id);
        let Some(first_ms) = begun.map(|(_, at_ms)| *at_ms).min() else {
            continue;
        };
        if may_be_shown_since(delivery, first_ms) {
            loaded.recalled.push(delivery.id.clone());
        }
    }
}

/// Whether that is news.
fn may_be_shown_since(delivery: &mut Delivery, first_ms: UnixMs) -> bool {
    match delivery.state {
        DeliveryState::Pending | DeliveryState::Sending | DeliveryState::Failed => {
            let known_ms = delivery.first_sent_at_ms;
            if known_ms.is_some_and(|known_ms| known_ms <= first_ms) {
                return false;
            }
            delivery.state = DeliveryState::Sending;
            delivery.first_sent_at_ms = Some(first_ms);
            delivery.ended_at_ms = None;
            true
        }
        DeliveryState::Delivered | DeliveryState::LinkOnly | DeliveryState::Uncertain => false,
    }
}
