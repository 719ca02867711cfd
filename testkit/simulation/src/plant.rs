//! Planted bugs: they break the core's promises from outside, between it and the world. A simulation
//! that doesn't find them proves nothing.

use libtv_video_core::io::{FsDone, FsOp, Request};
use libtv_video_core::session::{Asked, Delivery, DeliveryState};
use libtv_video_core::store::record;
use libtv_video_core::store::submits::Submit;
use libtv_video_core::upstream::Baseline;
use serde_json::Value;

use super::process::{Process, Role};
use super::rng::Rng;
use super::scenario::Scenario;

/// A bug.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plant {
    /// Contents are never synced.
    NoSync,
    /// Folders are never synced.
    NoSyncDir,
    /// An attempt leaves no marker beside the record of its message.
    TryUnmarked,
    /// Each attempt to send a message has another `uuid`.
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
    /// The lock that decides how a result is shown, its first record, is skipped: it replaces another process's.
    LockSkipped,
    /// The other thing that stands in for locks: each process has uuids of its own.
    UuidDrawn,
    /// A submit is acknowledged while its records are still on their way to the disk.
    AcknowledgedEarly,
    /// A submit of unknown outcome is forgotten before it is told.
    ForgottenUntold,
    /// What tells results apart changes with every answer.
    PathSigned,
    /// What a submit that was cut off has left isn't taken up by the timer.
    StrandedLeft,
    /// A submit of unknown outcome is forgotten once its chat was told.
    ForgottenOnceTold,
}

impl Plant {
    /// All of them.
    pub const ALL: [Self; 17] = [
        Self::NoSync,
        Self::NoSyncDir,
        Self::TryUnmarked,
        Self::NewUuid,
        Self::WindowIgnored,
        Self::SentBeforeRecorded,
        Self::SubmitRepeated,
        Self::IntentNotRecorded,
        Self::FirstUrlEnds,
        Self::BaselineIgnored,
        Self::LockSkipped,
        Self::UuidDrawn,
        Self::AcknowledgedEarly,
        Self::ForgottenUntold,
        Self::PathSigned,
        Self::StrandedLeft,
        Self::ForgottenOnceTold,
    ];

    /// Its name on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoSync => "no-sync",
            Self::NoSyncDir => "no-sync-dir",
            Self::TryUnmarked => "try-unmarked",
            Self::NewUuid => "new-uuid",
            Self::WindowIgnored => "window-ignored",
            Self::SentBeforeRecorded => "sent-before-recorded",
            Self::SubmitRepeated => "submit-repeated",
            Self::IntentNotRecorded => "intent-not-recorded",
            Self::FirstUrlEnds => "first-url-ends",
            Self::BaselineIgnored => "baseline-ignored",
            Self::LockSkipped => "lock-skipped",
            Self::UuidDrawn => "uuid-drawn",
            Self::AcknowledgedEarly => "acknowledged-early",
            Self::ForgottenUntold => "forgotten-untold",
            Self::PathSigned => "path-signed",
            Self::StrandedLeft => "stranded-left",
            Self::ForgottenOnceTold => "forgotten-once-told",
        }
    }

    /// The bug of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|plant| plant.name() == name)
    }

    /// Where it shows.
    #[must_use]
    pub const fn scenario(self) -> Scenario {
        match self {
            Self::NoSync
            | Self::NoSyncDir
            | Self::SubmitRepeated
            | Self::IntentNotRecorded
            | Self::StrandedLeft
            | Self::AcknowledgedEarly => Scenario::Video,
            Self::NewUuid | Self::WindowIgnored | Self::SentBeforeRecorded | Self::FirstUrlEnds => {
                Scenario::Nine
            }
            Self::BaselineIgnored => Scenario::ContinuedUnechoed,
            Self::LockSkipped => Scenario::ScopeSpreads,
            Self::UuidDrawn => Scenario::TwoPollers,
            Self::ForgottenUntold | Self::ForgottenOnceTold => Scenario::UnknownSubmit,
            Self::TryUnmarked => Scenario::TwoRefused,
            Self::PathSigned => Scenario::SignedLinks,
        }
    }

    /// What becomes of a file operation; none when it is swallowed.
    pub(super) fn alter_op(self, op: FsOp, process: Process) -> Option<FsOp> {
        match (self, op) {
            (Self::NoSync, FsOp::Sync(_)) | (Self::NoSyncDir, FsOp::SyncDir(_)) => None,
            (Self::AcknowledgedEarly, FsOp::Sync(path) | FsOp::SyncDir(path))
                if process.role == Role::User
                    && (path.starts_with("sessions") || path.starts_with("active")) =>
            {
                None
            }
            (Self::StrandedLeft, FsOp::Rename(_, to))
                if process.role == Role::Harness && to.starts_with("active/") =>
            {
                None
            }
            // An empty file is none.
            (Self::ForgottenOnceTold, FsOp::Write(path, bytes)) if path.starts_with("submits/") => {
                let submit = record::decode::<Submit>("submit", &bytes);
                let is_told = submit.is_ok_and(|submit| submit.told);
                Some(FsOp::Write(path, if is_told { Vec::new() } else { bytes }))
            }
            (Self::LockSkipped, FsOp::Link(from, to)) => Some(FsOp::Rename(from, to)),
            (
                Self::IntentNotRecorded,
                FsOp::Write(path, _)
                | FsOp::Sync(path)
                | FsOp::Rename(path, _)
                | FsOp::Link(path, _),
            ) if path.starts_with("submits/") => None,
            // A marker would make up for what the other two forget.
            (
                Self::TryUnmarked | Self::SentBeforeRecorded | Self::WindowIgnored,
                FsOp::Write(path, _) | FsOp::Sync(path) | FsOp::Rename(path, _),
            ) if path.contains("/.t-") => None,
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

    /// Whether an intent is forgotten once it was read: a call of `recover` reads it twice, and prints it then.
    pub(super) fn forgets(self, path: &str, process: Process, reads: u64) -> bool {
        matches!(
            (self, process.role),
            (Self::ForgottenUntold, Role::Recoverer)
        ) && path.starts_with("submits/")
            && reads.is_multiple_of(2)
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
    pub(super) fn alter_request(self, request: &mut Request, process: Process, rng: &mut Rng) {
        let drawn = match self {
            Self::NewUuid => format!("{:016x}", rng.next()),
            Self::UuidDrawn => process.index.to_string(),
            _ => return,
        };
        if request.url.contains("/im/v1/messages?")
            && let Ok(mut body) = serde_json::from_slice::<Value>(&request.body)
        {
            let own = match self {
                Self::UuidDrawn => body["uuid"].as_str().unwrap_or("").to_owned(),
                _ => String::new(),
            };
            body["uuid"] = Value::from(own + &drawn);
            request.body = body.to_string().into_bytes();
        }
    }
}
