//! How many jobs may begin, as pure functions over what was begun and the time. A day is the last 24 hours and not a date: at
//! midnight a limit would be there twice within a minute. Not here: where the count stands (`mod.rs`).

use sandbox::http::{Left, Standing};
use sandbox::time::format_clock;
use serde::{Deserialize, Serialize};

use super::limits::Limits;

/// So long a job counts.
const DAY_MS: u64 = 24 * 60 * 60 * 1000;
/// Times are told in minutes: rounded up, so that the job is possible at that minute.
const MINUTE_MS: u64 = 60 * 1000;

/// A job that was begun, or was about to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Begun {
    /// When, in milliseconds since 1970.
    pub(super) at_ms: u64,
    /// The chat that it was begun for, where one was named.
    pub(super) chat: Option<String>,
    /// Tells it from others that began in the same millisecond.
    pub(super) id: String,
}

/// The jobs that count, the oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Count(Vec<Begun>);

/// That no place is free, and when one will be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Full {
    scope: Scope,
    limit: u32,
    /// `None` where the limit allows none at all.
    next_at_ms: Option<u64>,
}

/// What a limit is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scope {
    All,
    Chat,
    WithoutChat,
}

impl Count {
    /// Of these jobs those that count now. One that begins later than now began when the clock was ahead: it counts from now
    /// on, so that a clock which was set back neither opens the limit nor keeps it closed for longer than a day.
    pub(super) fn of(mut begun: Vec<Begun>, now_ms: u64) -> Self {
        begun.retain(|job| job.at_ms > now_ms.saturating_sub(DAY_MS));
        for job in &mut begun {
            job.at_ms = job.at_ms.min(now_ms);
        }
        begun.sort_by_key(|job| job.at_ms);
        Self(begun)
    }

    /// The jobs, to be stored.
    pub(super) fn jobs(&self) -> &[Begun] {
        &self.0
    }

    /// Takes a place.
    ///
    /// # Errors
    /// No place is free. Where both limits are reached, the one that lasts longer is told.
    pub(super) fn take(&mut self, limits: &Limits, job: Begun) -> Result<(), Full> {
        let of_chat = if job.chat.is_some() {
            Scope::Chat
        } else {
            Scope::WithoutChat
        };
        let standing = self.standing(limits, job.chat.as_deref());
        let of_group = standing.group.map(|left| (of_chat, left));
        let full = [Some((Scope::All, standing.all)), of_group]
            .into_iter()
            .flatten()
            .filter(|(_, of)| of.left == 0)
            // None at all lasts longest.
            .max_by_key(|(_, of)| of.next_at_ms.unwrap_or(u64::MAX));
        if let Some((scope, of)) = full {
            return Err(Full {
                scope,
                limit: of.limit,
                next_at_ms: of.next_at_ms,
            });
        }
        self.0.push(job);
        Ok(())
    }

    /// Gives a place back; one that doesn't count any more is none.
    pub(super) fn give_back(&mut self, id: &str) {
        self.0.retain(|job| job.id != id);
    }

    /// What is left, of all and of one chat, or of the jobs that no chat was named for.
    pub(super) fn standing(&self, limits: &Limits, chat: Option<&str>) -> Standing {
        let of_chat = |job: &&Begun| job.chat.as_deref() == chat;
        Standing {
            all: left(limits.per_day, self.0.iter()),
            group: limits
                .per_chat_and_day
                .map(|limit| left(limit, self.0.iter().filter(of_chat))),
        }
    }
}

/// What these jobs leave of a limit.
fn left<'a>(limit: u32, jobs: impl Iterator<Item = &'a Begun>) -> Left {
    let times: Vec<u64> = jobs.map(|job| job.at_ms).collect();
    let used = u32::try_from(times.len()).unwrap_or(u32::MAX);
    let left = limit.saturating_sub(used);
    // A limit that was lowered may have more jobs than places: so many have to be over before one is free.
    let frees = times.len().checked_sub(limit as usize);
    let next_at_ms = frees
        .and_then(|at| times.get(at))
        .map(|at_ms| at_ms + DAY_MS);
    Left {
        limit,
        left,
        next_at_ms,
    }
}

impl Full {
    /// The sentence for the user, with the time as clocks show it that are so many seconds east of UTC.
    pub(super) fn sentence(self, utc_offset_seconds: i32) -> String {
        let whose = match self.scope {
            Scope::All => "",
            Scope::Chat => " for this chat",
            Scope::WithoutChat => " without a chat",
        };
        let jobs = if self.limit == 1 { "job" } else { "jobs" };
        let next = match self.next_at_ms {
            Some(at_ms) => {
                let at = clock(at_ms, utc_offset_seconds);
                format!("the next is possible at {at}")
            }
            None => "none is possible until it is raised".to_owned(),
        };
        format!(
            "The limit of {} {jobs} a day{whose} is reached; {next}.",
            self.limit
        )
    }
}

/// A time as clocks show it that are so many seconds east of UTC.
pub(super) fn clock(at_ms: u64, utc_offset_seconds: i32) -> String {
    let minute_ms = at_ms.div_ceil(MINUTE_MS).saturating_mul(MINUTE_MS);
    format_clock(minute_ms, utc_offset_seconds)
}

#[cfg(test)]
#[path = "rule_tests.rs"]
mod tests;
