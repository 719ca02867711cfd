//! How often a session may have a step, whatever the component answers: a pause between two steps, a budget a day, an end
//! to steps that are stopped each time. Pure but for [`load`](Pace::load) and [`store`](Pace::store): what was used up
//! stands in a file beside the state folder, so that a new start is no new budget.
//!
//! | bound | is | beyond it |
//! |---|---|---|
//! | two steps of a session | `STEP_FLOOR_MS` apart, or the user's shorter interval | later |
//! | steps of a session in a day | `STEPS_A_DAY`, or what the user's interval takes | set aside until its next day |
//! | stopped steps in a row | `MAX_STOPPED_STEPS` | ended until somebody goes on with it |
//! | new sessions | `NEW_SESSIONS_AT_ONCE`, then one every `NEW_SESSION_MS` | later |

use std::collections::HashMap;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::limits::{
    MAX_SESSIONS, MAX_STOPPED_STEPS, NEW_SESSION_MS, NEW_SESSIONS_AT_ONCE, STEP_FLOOR_MS,
    STEPS_A_DAY,
};
use sandbox::files;

/// A session's day begins with its own first step, so that not all of them get their budget at midnight.
const DAY_MS: u64 = 24 * 60 * 60 * 1000;
/// A session that has had fewer steps is not worth a place in the file: it has nearly its whole budget.
const STORED_FROM: u32 = 20;
/// The file of a harness with all the sessions there can be has 7 MB.
const FILE_BYTES: u64 = 32 << 20;

/// Whether a step may begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Start {
    Now,
    /// Not before this time.
    Later(u64),
    /// The budget of the day is used up; `first` is true once, for the report.
    SetAside {
        until_ms: u64,
        first: bool,
    },
    /// It was stopped too often; it waits for somebody to go on with it.
    Ended {
        first: bool,
    },
}

/// What one session has used up of its day.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Used {
    /// When its day began.
    since_ms: u64,
    /// Steps since then.
    steps: u32,
    /// Steps in a row that were stopped at a limit, or trapped.
    stopped: u32,
    /// When the last one began. Not stored: after a restart the floor is over, or nearly.
    #[serde(skip)]
    last_ms: u64,
    /// That it was set aside has been reported.
    #[serde(skip)]
    told: bool,
}

/// The pace of all sessions of one timer.
pub(super) struct Pace {
    /// The least time between two steps of a session.
    floor_ms: u64,
    steps_a_day: u32,
    sessions: HashMap<String, Used>,
    /// When the next new session would begin if they came evenly; ahead of the time while they come faster.
    next_new_ms: u64,
    /// Something is not stored yet.
    changed: bool,
}

impl Pace {
    /// `interval_ms` is what the user chose as the pause between two polls: it may be shorter than the floor, and then there
    /// are as many more steps in a day.
    pub(super) fn new(interval_ms: Option<u64>) -> Self {
        let floor_ms = interval_ms.map_or(STEP_FLOOR_MS, |interval| interval.min(STEP_FLOOR_MS));
        let steps_a_day = interval_ms.map_or(0, steps_at).max(STEPS_A_DAY);
        Self {
            floor_ms: floor_ms.max(1),
            steps_a_day,
            sessions: HashMap::new(),
            next_new_ms: 0,
            changed: false,
        }
    }

    /// With what an earlier process noted. A file that is missing or damaged is none: nothing is lost but a budget.
    pub(super) fn load(mut self, path: &Path) -> Self {
        let known = std::fs::metadata(path).is_ok_and(|meta| meta.len() <= FILE_BYTES);
        if let (true, Ok(text)) = (known, std::fs::read(path)) {
            self.sessions = serde_json::from_slice(&text).unwrap_or_default();
        }
        for used in self.sessions.values_mut() {
            // Somebody may have gone on with it meanwhile: one step shows.
            used.stopped = used.stopped.min(MAX_STOPPED_STEPS - 1);
        }
        self
    }

    /// Stores what has changed, for the next process.
    ///
    /// # Errors
    /// It can't be written: the next process then knows less, and the timer goes on.
    pub(super) fn store(&mut self, path: &Path) -> io::Result<()> {
        // Taken before it is written: where that fails the error is said once, and the next step makes it
        // due again.
        if !std::mem::take(&mut self.changed) {
            return Ok(());
        }
        let worth = |used: &Used| used.steps >= STORED_FROM || used.stopped > 0;
        let kept: HashMap<&String, &Used> = self
            .sessions
            .iter()
            .filter(|(_, used)| worth(used))
            .collect();
        files::write_durably(path, &serde_json::to_vec(&kept)?)
    }

    /// Sessions that were there before this timer: they don't count as new.
    pub(super) fn expect<'a>(&mut self, ids: impl IntoIterator<Item = &'a str>, now_ms: u64) {
        for id in ids {
            // What the file said stays: a session that used up its day has used it up after a restart as
            // well.
            if !self.sessions.contains_key(id) && self.sessions.len() < MAX_SESSIONS {
                self.sessions.insert(
                    id.to_owned(),
                    Used {
                        since_ms: now_ms,
                        ..Used::default()
                    },
                );
            }
        }
    }

    /// Asks for a step now. It is counted when the answer is [`Start::Now`].
    pub(super) fn start(&mut self, id: &str, now_ms: u64) -> Start {
        let Some(used) = self.sessions.get_mut(id) else {
            return self.start_new(id, now_ms);
        };
        if used.stopped >= MAX_STOPPED_STEPS {
            let first = !std::mem::replace(&mut used.told, true);
            return Start::Ended { first };
        }
        // A clock that was set back would make the day as long as it was wrong.
        let since_ms = used.since_ms.min(now_ms);
        if now_ms - since_ms >= DAY_MS {
            (used.since_ms, used.steps, used.told) = (now_ms, 0, false);
        } else {
            used.since_ms = since_ms;
        }
        // Before the floor: who has no step left today isn't put off by a second again and again.
        if used.steps >= self.steps_a_day {
            let first = !std::mem::replace(&mut used.told, true);
            let until_ms = used.since_ms.saturating_add(DAY_MS);
            return Start::SetAside { until_ms, first };
        }
        let next_ms = used.last_ms.saturating_add(self.floor_ms);
        // A clock that was set back doesn't hold a session up for longer than the floor.
        if used.last_ms <= now_ms && now_ms < next_ms {
            return Start::Later(next_ms);
        }
        used.steps += 1;
        used.last_ms = now_ms;
        self.changed |= used.steps >= STORED_FROM;
        Start::Now
    }

    /// The first step of a session: as many at once as the burst allows, then evenly.
    fn start_new(&mut self, id: &str, now_ms: u64) -> Start {
        let burst_ms = NEW_SESSION_MS * NEW_SESSIONS_AT_ONCE;
        let next_new_ms = self
            .next_new_ms
            // Bounded on both sides: unused time isn't saved up beyond the burst, and a clock that jumps
            // back doesn't hold new sessions up for hours.
            .clamp(now_ms, now_ms.saturating_add(2 * burst_ms));
        if next_new_ms - now_ms > burst_ms {
            return Start::Later(next_new_ms - burst_ms);
        }
        // Not at once when a session ends: made up anew under the same id it would have a new budget.
        if self.sessions.len() >= 2 * MAX_SESSIONS {
            self.forget_some(now_ms);
        }
        self.next_new_ms = next_new_ms + NEW_SESSION_MS;
        let used = Used {
            since_ms: now_ms,
            steps: 1,
            last_ms: now_ms,
            ..Used::default()
        };
        self.sessions.insert(id.to_owned(), used);
        Start::Now
    }

    /// What is known of sessions that have had next to nothing, or nothing today, is let go.
    fn forget_some(&mut self, now_ms: u64) {
        let floor_ms = self.floor_ms;
        self.sessions.retain(|_, used| {
            let is_today = now_ms.saturating_sub(used.since_ms) < DAY_MS;
            let is_at_it = now_ms.saturating_sub(used.last_ms) <= floor_ms;
            used.stopped > 0 || is_at_it || (is_today && used.steps > 1)
        });
    }

    /// A step ended as it should, or with an error of the component's own.
    pub(super) fn ended(&mut self, id: &str) {
        if let Some(used) = self.sessions.get_mut(id)
            && used.stopped > 0
        {
            used.stopped = 0;
            self.changed = true;
        }
    }

    /// A step was stopped at a limit, or trapped.
    pub(super) fn stopped(&mut self, id: &str) {
        if let Some(used) = self.sessions.get_mut(id) {
            used.stopped = used.stopped.saturating_add(1);
            self.changed = true;
        }
    }

    /// Somebody went on with a session: what stopped it may be gone. Its budget stays what it is.
    pub(super) fn continued(&mut self, id: &str) {
        self.ended(id);
        if let Some(used) = self.sessions.get_mut(id) {
            used.told = false;
        }
    }
}

/// The steps that a day of a job has with a fixed interval: two hours at that interval and the rest at ten times of it, and
/// as many again for what goes wrong.
fn steps_at(interval_ms: u64) -> u32 {
    let tenths = (2 * 10 + 22) * 60 * 60 * 1000 / interval_ms.max(1);
    u32::try_from(2 * tenths / 10).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_800_000_000_000;

    #[test]
    fn between_two_steps_lies_a_second_or_what_the_user_chose_if_that_is_less() {
        for (chosen, floor) in [(None, 1_000), (Some(8_000), 1_000), (Some(100), 100)] {
            let mut pace = Pace::new(chosen);
            assert_eq!(pace.start("a", NOW), Start::Now);
            assert_eq!(pace.start("a", NOW), Start::Later(NOW + floor));
            assert_eq!(pace.start("a", NOW + floor - 1), Start::Later(NOW + floor));
            assert_eq!(pace.start("b", NOW), Start::Now);
            assert_eq!(pace.start("a", NOW + floor), Start::Now);
        }
    }

    #[test]
    fn a_session_has_its_steps_a_day_is_set_aside_until_the_next_and_that_is_told_once() {
        let mut pace = Pace::new(None);
        let step = |pace: &mut Pace, number: u32| pace.start("a", NOW + u64::from(number) * 1_000);
        for number in 0..STEPS_A_DAY {
            assert_eq!(step(&mut pace, number), Start::Now, "{number}");
        }
        let until_ms = NOW + DAY_MS;
        for first in [true, false, false] {
            let told = Start::SetAside { until_ms, first };
            assert_eq!(step(&mut pace, STEPS_A_DAY), told);
        }
        assert_eq!(pace.start("b", NOW), Start::Now);
        assert_eq!(pace.start("a", until_ms), Start::Now);
    }

    #[test]
    fn a_day_of_the_components_own_polls_fits_into_the_budget_at_any_interval() {
        // Two hours until a job is given up, and ten times the interval for the rest of the day.
        for interval_ms in [100, 500, 1_000, 8_000, 60_000] {
            let polls = 7_200_000 / interval_ms + 79_200_000 / (10 * interval_ms);
            let budget = Pace::new(Some(interval_ms)).steps_a_day;
            assert!(
                u64::from(budget) >= polls,
                "{interval_ms}: {polls} of {budget}"
            );
        }
    }

    #[test]
    fn a_new_start_is_no_new_budget() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pace");
        let mut pace = Pace::new(None);
        for number in 0..STEPS_A_DAY {
            pace.start("a", NOW + u64::from(number) * 1_000);
        }
        pace.start("b", NOW);
        (0..MAX_STOPPED_STEPS).for_each(|_| pace.stopped("b"));
        pace.store(&path).unwrap();
        let mut next = Pace::new(None).load(&path);
        let now_ms = NOW + u64::from(STEPS_A_DAY) * 1_000;
        assert!(matches!(next.start("a", now_ms), Start::SetAside { .. }));
        // Somebody may have gone on with it meanwhile: it has one step.
        assert_eq!(next.start("b", now_ms), Start::Now);
        next.stopped("b");
        assert_eq!(next.start("b", now_ms), Start::Ended { first: true });
        std::fs::write(&path, "nonsense").unwrap();
        assert_eq!(Pace::new(None).load(&path).start("a", NOW), Start::Now);
    }

    #[test]
    fn a_session_that_is_stopped_each_time_ends_until_somebody_goes_on_with_it() {
        let mut pace = Pace::new(None);
        let mut at_ms = NOW;
        let mut step = |pace: &mut Pace| {
            at_ms += 1_000;
            pace.start("a", at_ms)
        };
        for _ in 1..MAX_STOPPED_STEPS {
            assert_eq!(step(&mut pace), Start::Now);
            pace.stopped("a");
        }
        assert_eq!(step(&mut pace), Start::Now);
        // One that ends by itself begins the count anew.
        pace.ended("a");
        for _ in 0..MAX_STOPPED_STEPS {
            assert_eq!(step(&mut pace), Start::Now);
            pace.stopped("a");
        }
        assert_eq!(step(&mut pace), Start::Ended { first: true });
        assert_eq!(step(&mut pace), Start::Ended { first: false });
        pace.continued("a");
        assert_eq!(step(&mut pace), Start::Now);
    }

    #[test]
    fn new_sessions_begin_as_fast_as_people_can_make_them_and_what_was_there_before_at_once() {
        let mut pace = Pace::new(None);
        let begun = (0..10_000).take_while(|n| pace.start(&format!("s{n}"), NOW) == Start::Now);
        assert_eq!(begun.count() as u64, NEW_SESSIONS_AT_ONCE + 1);
        assert_eq!(pace.start("late", NOW), Start::Later(NOW + NEW_SESSION_MS));
        assert_eq!(pace.start("late", NOW + NEW_SESSION_MS), Start::Now);
        let there: Vec<String> = (0..10_000).map(|n| format!("old{n}")).collect();
        pace.expect(there.iter().map(String::as_str), NOW);
        for id in &there {
            assert_eq!(pace.start(id, NOW), Start::Now);
        }
    }

    #[test]
    fn a_clock_that_was_set_back_holds_nobody_up() {
        let mut pace = Pace::new(None);
        assert_eq!(pace.start("a", NOW), Start::Now);
        assert_eq!(pace.start("a", NOW - DAY_MS), Start::Now);
    }
}
