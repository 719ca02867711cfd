//! When a stage of a scripted job comes. For every fake that has jobs; what a stage shows is the fake's own.

use std::time::Duration;

/// When a stage of a job becomes visible, counted from the submit that began the job.
/// A stage never comes before the one ahead of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// At once.
    Now,
    /// With the n-th time the service is asked for this job.
    Polls(u32),
    /// After this time, by the fake's clock.
    After(Duration),
    /// With the next call of the fake's `advance`.
    Advanced,
}

impl When {
    /// Whether it is time, so many polls and so long after the submit. A stage that waited for a word uses one of
    /// `advances` up.
    pub(crate) fn is_due(self, polls: u32, elapsed: Duration, advances: &mut u32) -> bool {
        match self {
            Self::Now => true,
            Self::Polls(wanted) => polls >= wanted,
            Self::After(pause) => elapsed >= pause,
            Self::Advanced => {
                let due = *advances > 0;
                *advances -= u32::from(due);
                due
            }
        }
    }
}
