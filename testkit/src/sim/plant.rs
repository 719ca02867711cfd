//! Planted bugs: they break the core's promises from outside, between it and the world. A simulation
//! that doesn't find them proves nothing.

use libtv_video_core::io::{FsDone, FsOp, Request};
use libtv_video_core::session::{Asked, Delivery, DeliveryState};
use libtv_video_core::store::record;
use libtv_video_core::watch::Baseline;
use serde_json::Value;

use super::rng::Rng;

/// A bug.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plant {
    /// Contents are never synced.
    NoSync,
    /// Folders are never synced.
    NoSyncDir,
    /// Each try of a message has another `uuid`.
    NewUuid,
    /// How long ago a message was first sent is forgotten.
    WindowIgnored,
    /// A message leaves before it is on record that it does.
    SentBeforeRecorded,
    /// A submit whose answer was lost is sent again.
    SubmitRepeated,
    /// A submit leaves before it is on record that it does.
    IntentNotRecorded,
    /// The first result ends the wait.
    FirstUrlEnds,
    /// A turn's messages begin with the session.
    BaselineIgnored,
}

impl Plant {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::NoSync,
        Self::NoSyncDir,
        Self::NewUuid,
        Self::WindowIgnored,
        Self::SentBeforeRecorded,
        Self::SubmitRepeated,
        Self::IntentNotRecorded,
        Self::FirstUrlEnds,
        Self::BaselineIgnored,
    ];

    /// Its name on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoSync => "no-sync",
            Self::NoSyncDir => "no-sync-dir",
            Self::NewUuid => "new-uuid",
            Self::WindowIgnored => "window-ignored",
            Self::SentBeforeRecorded => "sent-before-recorded",
            Self::SubmitRepeated => "submit-repeated",
            Self::IntentNotRecorded => "intent-not-recorded",
            Self::FirstUrlEnds => "first-url-ends",
            Self::BaselineIgnored => "baseline-ignored",
        }
    }

    /// The bug of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|plant| plant.name() == name)
    }

    /// What becomes of a file operation; none when it is swallowed.
    pub(super) fn alter_op(self, op: FsOp) -> Option<FsOp> {
        match (self, op) {
            (Self::NoSync, FsOp::Sync(_)) | (Self::NoSyncDir, FsOp::SyncDir(_)) => None,
            (
                Self::IntentNotRecorded,
                FsOp::Write(path, _) | FsOp::Sync(path) | FsOp::Rename(path, _),
            ) if path.starts_with("submits/") => None,
            (Self::SentBeforeRecorded, FsOp::Write(path, bytes)) if path.contains("/.d-") => {
                let bytes = match record::decode::<Delivery>("delivery", &bytes) {
                    Ok(mut delivery) if delivery.state == DeliveryState::Sending => {
                        delivery.state = DeliveryState::Pending;
                        delivery.first_sent_at_ms = None;
                        record::encode("delivery", &delivery)
                    }
                    Ok(_) | Err(_) => bytes,
                };
                Some(FsOp::Write(path, bytes))
            }
            (_, op) => Some(op),
        }
    }

    /// What a read gives.
    pub(super) fn alter_read(self, path: &str, done: FsDone, now_ms: u64) -> FsDone {
        let FsDone::Content(Some(bytes)) = done else {
            return done;
        };
        if self == Self::WindowIgnored
            && path.contains("/d-")
            && let Ok(mut delivery) = record::decode::<Delivery>("delivery", &bytes)
        {
            delivery.first_sent_at_ms = delivery.first_sent_at_ms.map(|_| now_ms);
            return FsDone::Content(Some(record::encode("delivery", &delivery)));
        }
        if self == Self::BaselineIgnored
            && path.contains("/asked-")
            && let Ok(mut asked) = record::decode::<Asked>("asked", &bytes)
        {
            asked.baseline = Baseline::default();
            return FsDone::Content(Some(record::encode("asked", &asked)));
        }
        FsDone::Content(Some(bytes))
    }

    /// What leaves of a request.
    pub(super) fn alter_request(self, request: &mut Request, rng: &mut Rng) {
        if self == Self::NewUuid
            && request.url.contains("/im/v1/messages?")
            && let Ok(mut body) = serde_json::from_slice::<Value>(&request.body)
        {
            body["uuid"] = Value::from(format!("{:016x}", rng.next()));
            request.body = body.to_string().into_bytes();
        }
    }
}
