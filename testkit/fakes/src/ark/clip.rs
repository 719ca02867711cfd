//! Scripts for tasks: when a clip begins, when it ends, and how.

use super::error::ArkError;
use crate::when::When;

/// How a task ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// With a clip, at this path of the result store where one is named.
    Video(Option<String>),
    /// With an error of its own; not charged.
    Fails(ArkError),
}

/// One task, from queued over running to its end. Moments are counted from the submit; asking for the task by its id
/// is a poll, listing is none. A task that isn't at its end when its time is up (`execution_expires_after`) expires.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clip {
    /// When it begins to run.
    pub(crate) starts: When,
    /// None: never.
    pub(crate) ends: Option<When>,
    /// With what it ends.
    pub(crate) end: End,
    /// How long the clip is where the request leaves that open.
    pub(crate) seconds: i64,
    /// Which ratio it has where the request leaves that open.
    pub(crate) ratio: &'static str,
}

impl Clip {
    /// Runs with the first poll and ends with the second.
    fn ending_with(end: End) -> Self {
        Self {
            starts: When::Polls(1),
            ends: Some(When::Polls(2)),
            end,
            seconds: 5,
            ratio: "16:9",
        }
    }

    /// Runs with the first poll and is done with the second.
    pub fn video() -> Self {
        Self::ending_with(End::Video(None))
    }

    /// The same, with the clip at a path of the result store.
    pub fn video_at(path: &str) -> Self {
        Self::ending_with(End::Video(Some(path.to_owned())))
    }

    /// Runs with the first poll and fails with the second: moderation of the result, or what 2.5 finds wrong with the
    /// settings only then.
    pub fn fails(error: ArkError) -> Self {
        Self::ending_with(End::Fails(error))
    }

    /// Runs with the first poll and never ends.
    pub fn never() -> Self {
        Self {
            ends: None,
            ..Self::video()
        }
    }

    /// Stays queued until [`super::Ark::advance`] lets it run.
    pub fn queued() -> Self {
        Self::video().starting(When::Advanced)
    }

    /// When it begins to run.
    pub fn starting(mut self, starts: When) -> Self {
        self.starts = starts;
        self
    }

    /// When it ends.
    pub fn ending(mut self, ends: When) -> Self {
        self.ends = Some(ends);
        self
    }

    /// What the model chooses where it may: `duration: -1`, `ratio: "adaptive"`.
    pub fn choosing(mut self, seconds: i64, ratio: &'static str) -> Self {
        (self.seconds, self.ratio) = (seconds, ratio);
        self
    }
}
