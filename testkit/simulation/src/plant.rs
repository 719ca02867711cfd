//! Planted bugs: they break the core's promises from outside, between it and the world. A simulation
//! that doesn't find them proves nothing. What each does is in `alter.rs`.

mod alter;

use super::cast::{Cast, Channel, Service};
use super::scenario::Scenario;
use super::stage::Stage;

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
    /// A task whose answer was lost is submitted again.
    TaskRepeated,
    /// Of several tasks that may have come of a submit the first is taken.
    FirstOfSeveral,
    /// Any task of its time counts as a submit's own.
    TraceIgnored,
    /// A list that is down counts as an empty one.
    ListDownProves,
    /// A task that isn't listed at once counts as not made.
    AbsentAtOnce,
    /// What another run of its thread says counts as a request's answer.
    AnyRun,
    /// A message is repeated without its nonce.
    KeyLeftOut,
    /// A nonce is used when the platform has forgotten it.
    NonceStale,
    /// An empty list of messages counts as proof that there are none.
    EmptyProves,
    /// A file is completed again as a fresh one.
    FreshFile,
    /// Where the platform knows a message by its bytes, each attempt has others.
    OtherBody,
    /// Where nothing tells a repetition, a message whose answer was lost is sent again.
    ResentBlindly,
    /// That a line was posted which tells how far a job is isn't kept.
    LineForgotten,
}

impl Plant {
    /// All of them.
    pub const ALL: [Self; 30] = [
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
        Self::TaskRepeated,
        Self::FirstOfSeveral,
        Self::TraceIgnored,
        Self::ListDownProves,
        Self::AbsentAtOnce,
        Self::AnyRun,
        Self::KeyLeftOut,
        Self::NonceStale,
        Self::EmptyProves,
        Self::FreshFile,
        Self::OtherBody,
        Self::ResentBlindly,
        Self::LineForgotten,
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
            Self::TaskRepeated => "task-repeated",
            Self::FirstOfSeveral => "first-of-several",
            Self::TraceIgnored => "trace-ignored",
            Self::ListDownProves => "list-down-proves",
            Self::AbsentAtOnce => "absent-at-once",
            Self::AnyRun => "any-run",
            Self::KeyLeftOut => "key-left-out",
            Self::NonceStale => "nonce-stale",
            Self::EmptyProves => "empty-proves",
            Self::FreshFile => "fresh-file",
            Self::OtherBody => "other-body",
            Self::ResentBlindly => "resent-blindly",
            Self::LineForgotten => "line-forgotten",
        }
    }

    /// The bug of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|plant| plant.name() == name)
    }

    /// Where it shows.
    #[must_use]
    pub const fn stage(self) -> Stage {
        match self {
            Self::NoSync
            | Self::NoSyncDir
            | Self::SubmitRepeated
            | Self::IntentNotRecorded
            | Self::StrandedLeft
            | Self::LineForgotten
            | Self::AcknowledgedEarly => Stage::first(Scenario::Video),
            Self::NewUuid | Self::WindowIgnored | Self::SentBeforeRecorded | Self::FirstUrlEnds => {
                Stage::first(Scenario::Nine)
            }
            Self::BaselineIgnored => Stage::first(Scenario::ContinuedUnechoed),
            Self::LockSkipped => Stage::first(Scenario::ScopeSpreads),
            Self::UuidDrawn => Stage::first(Scenario::TwoPollers),
            Self::ForgottenUntold | Self::ForgottenOnceTold => {
                Stage::first(Scenario::UnknownSubmit)
            }
            Self::TryUnmarked => Stage::first(Scenario::TwoRefused),
            Self::PathSigned => Stage::first(Scenario::SignedLinks),
            Self::TaskRepeated => made_by(Service::Ark, Scenario::UnknownSubmit),
            Self::FirstOfSeveral => made_by(Service::Ark, Scenario::FoundTwice),
            Self::TraceIgnored => made_by(Service::Ark, Scenario::Absent),
            Self::ListDownProves => made_by(Service::Ark, Scenario::ListDown),
            Self::AbsentAtOnce => made_by(Service::Ark, Scenario::FoundLate),
            Self::AnyRun => made_by(Service::Pippit, Scenario::Video),
            Self::KeyLeftOut | Self::NonceStale => shown_by(Channel::Discord, Scenario::Nine),
            Self::EmptyProves => shown_by(Channel::Discord, Scenario::Blind),
            Self::FreshFile => shown_by(Channel::Slack, Scenario::Nine),
            Self::OtherBody => shown_by(Channel::Echo, Scenario::Nine),
            Self::ResentBlindly => shown_by(Channel::Bare, Scenario::Nine),
        }
    }
}

/// A scenario by the first channel and this service.
const fn made_by(service: Service, scenario: Scenario) -> Stage {
    let cast = Cast::made_by(service);
    Stage { cast, scenario }
}

/// A scenario by the first service and this channel.
const fn shown_by(channel: Channel, scenario: Scenario) -> Stage {
    let cast = Cast::shown_by(channel);
    Stage { cast, scenario }
}
