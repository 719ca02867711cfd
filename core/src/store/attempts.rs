//! Markers of attempts to send a message: empty files `t-<message>-<begun>-<nonce>`, one an attempt, in the folder of the
//! message's record: `sessions/<key>` for a delivery, `submits` for the message that tells a chat of a lost submit.
//!
//! Such a record has many writers, and whoever finds out that its attempt was refused writes that the message isn't in the
//! chat. Between its look at the record and that, another process may have begun an attempt, whose beginning would be
//! overwritten and with it how old the message's key is. A marker has one writer, which removes it when its attempt was certainly
//! refused: whatever any other writes about the message, an open marker says since when it may be in the chat.
//!
//! Where a platform's key doesn't span what two processes send, a marker is also the right to send: whoever sees another's
//! beside its own gives way ([`Attempts::has_others`]). No lock: one that a dead process left would have to be broken.
//!
//! The first record of a delivery is made exclusively and is its own marker.

use super::files::{below, list, put, run};
use super::{Loaded, session_dir};
use crate::io::{FsOp, Io, UnixMs};
use crate::problem::Problem;
use crate::session::{Delivery, DeliveryState};

/// The attempts of one message.
pub struct Attempts {
    dir: String,
    message: String,
}

/// The marker of an attempt that this process has begun.
pub struct Marker {
    path: String,
}

impl Attempts {
    /// Those of a session's delivery.
    #[must_use]
    pub fn of_delivery(key: &str, delivery: &str) -> Self {
        Self {
            dir: session_dir(key),
            message: delivery.to_owned(),
        }
    }

    /// Those to tell the chat of a submit, which its nonce names.
    #[must_use]
    pub fn of_submit(nonce: &str) -> Self {
        Self {
            dir: "submits".to_owned(),
            message: nonce.to_owned(),
        }
    }

    /// Marks an attempt, durably, before its message leaves.
    ///
    /// # Errors
    /// When the state folder can't be written.
    pub fn begin(&self, io: &Io) -> Result<Marker, Problem> {
        let name = format!(
            "t-{}-{:014}-{}",
            self.message,
            io.now_ms(),
            &io.nonce()[..8]
        );
        put(io, &self.dir, &name, Vec::new())?;
        Ok(Marker {
            path: below(&self.dir, &name),
        })
    }

    /// Whether another attempt at the message is marked. Of two that were begun at the same time at least one sees the
    /// other: each looks once its own marker is there.
    ///
    /// # Errors
    /// When the state folder can't be read.
    pub fn has_others(&self, io: &Io, own: &Marker) -> Result<bool, Problem> {
        let names = list(io, &self.dir)?;
        let is_of_it = |name: &str| parse(name).is_some_and(|(message, _)| message == self.message);
        let mut others = names.iter().filter(|name| is_of_it(name));
        Ok(others.any(|name| below(&self.dir, name) != own.path))
    }

    /// Since when the message may be in the chat, by the markers.
    ///
    /// # Errors
    /// When the state folder can't be read.
    pub fn since_ms(&self, io: &Io) -> Result<Option<UnixMs>, Problem> {
        Ok(self.begun_ms(io)?.into_iter().min())
    }

    /// When the last one was begun, by the markers.
    ///
    /// # Errors
    /// When the state folder can't be read.
    pub fn latest_ms(&self, io: &Io) -> Result<Option<UnixMs>, Problem> {
        Ok(self.begun_ms(io)?.into_iter().max())
    }

    fn begun_ms(&self, io: &Io) -> Result<Vec<UnixMs>, Problem> {
        let names = list(io, &self.dir)?;
        let begun = names.iter().filter_map(|name| parse(name));
        let of_it = begun.filter(|(message, _)| *message == self.message);
        Ok(of_it.map(|(_, at_ms)| at_ms).collect())
    }

    /// Removes all markers, of a message that needs none any more. One that stays means nothing without its record.
    ///
    /// # Errors
    /// When the state folder can't be read.
    pub fn forget(&self, io: &Io) -> Result<(), Problem> {
        for name in list(io, &self.dir)? {
            if parse(&name).is_some_and(|(message, _)| message == self.message) {
                run(io, FsOp::Remove(below(&self.dir, &name))).ok();
            }
        }
        Ok(())
    }
}

impl Marker {
    /// Removes it: its attempt was certainly refused. One that comes back after a power failure costs caution only.
    ///
    /// # Errors
    /// When the state folder can't be written.
    pub fn refused(self, io: &Io) -> Result<(), Problem> {
        run(io, FsOp::Remove(self.path))
    }
}

/// The message and the time of a marker. No record's name begins as one does.
pub(super) fn parse(name: &str) -> Option<(&str, UnixMs)> {
    let mut parts = name.strip_prefix("t-")?.rsplitn(3, '-').skip(1);
    let at_ms = parts.next()?.parse().ok()?;
    Some((parts.next()?, at_ms))
}

/// Puts what markers say into the deliveries: one that is said not to be in the chat may be there.
pub(super) fn apply(loaded: &mut Loaded, markers: &[(&str, UnixMs)]) {
    for delivery in &mut loaded.session.deliveries {
        let begun = markers.iter().filter(|(id, _)| *id == delivery.id.as_str());
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
