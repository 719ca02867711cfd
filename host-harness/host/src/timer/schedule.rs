//! Who is due when: a heap of times over a table of sessions. Pure: no clock, no waiting.
//!
//! ```text
//!            merge                 take_due               finished(next)
//! (unknown) ───────▶ waiting ───────────────▶ running ───────────────────▶ waiting
//!      ▲               │ ▲                      │  │ failed
//!      └─── forget ────┘ └────── pause ─────────┘  └ finished(none) ──▶ (unknown)
//! ```

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

/// One known session.
#[derive(Debug, Default)]
struct Entry {
    /// Matches the newest heap item of this session; older items are ignored when they surface.
    ticket: u64,
    /// A step is under way: its end says when the next one is due.
    running: bool,
    /// What the component listed last: a difference means that somebody changed the session.
    listed_ms: u64,
    /// The listing changed while the step ran: by the step itself, or by somebody else.
    changed: bool,
    /// The step that failed may have changed the listing itself: the next one is taken as it is.
    unsure: bool,
    /// Failures in a row, by which the pause grows.
    failures: u32,
}

/// The timetable.
#[derive(Debug, Default)]
pub(super) struct Schedule {
    sessions: HashMap<String, Entry>,
    /// Time, ticket, session: the earliest comes first, and of the same time the one that was put first.
    heap: BinaryHeap<Reverse<(u64, u64, String)>>,
    /// The last one that was given out.
    tickets: u64,
    /// Known sessions that somebody has changed since this was last asked.
    continued: Vec<String>,
}

impl Schedule {
    /// Takes over what the component says of some sessions. Returns those that were not known before.
    pub(super) fn merge(&mut self, listed: &[(String, u64)]) -> Vec<(String, u64)> {
        let mut noticed = Vec::new();
        for (id, at_ms) in listed {
            match self.sessions.get_mut(id) {
                None => {
                    self.sessions.insert(
                        id.clone(),
                        Entry {
                            listed_ms: *at_ms,
                            ..Entry::default()
                        },
                    );
                    self.put(id, *at_ms);
                    noticed.push((id.clone(), *at_ms));
                }
                // Who changed it is seen when the step is done.
                Some(entry) if entry.running => entry.changed |= entry.listed_ms != *at_ms,
                // Otherwise the step's own last write would look like somebody who went on with the
                // session, and end the pause after its failure.
                Some(entry) if entry.unsure => (entry.listed_ms, entry.unsure) = (*at_ms, false),
                // Unchanged: a pause after a failure stays.
                Some(entry) if entry.listed_ms == *at_ms => {}
                Some(entry) => {
                    // Somebody changed it, so what failed before may work now.
                    (entry.listed_ms, entry.failures) = (*at_ms, 0);
                    self.put(id, *at_ms);
                    self.continued.push(id.clone());
                }
            }
        }
        noticed
    }

    /// The known sessions that somebody has changed since the last call.
    pub(super) fn take_continued(&mut self) -> Vec<String> {
        std::mem::take(&mut self.continued)
    }

    /// Drops a session that isn't listed any more. One that is running says itself how it goes on.
    pub(super) fn forget(&mut self, id: &str) {
        if self.sessions.get(id).is_some_and(|entry| !entry.running) {
            self.sessions.remove(id);
        }
    }

    /// When the next session is due.
    pub(super) fn next_at_ms(&mut self) -> Option<u64> {
        self.drop_stale();
        self.heap.peek().map(|Reverse((at_ms, _, _))| *at_ms)
    }

    /// A session that is due; it counts as running from now on.
    pub(super) fn take_due(&mut self, now_ms: u64) -> Option<String> {
        if self.next_at_ms()? > now_ms {
            return None;
        }
        let Reverse((_, _, id)) = self.heap.pop()?;
        let entry = self.sessions.get_mut(&id)?;
        (entry.running, entry.changed) = (true, false);
        Some(id)
    }

    /// A session that was due may not have its step before this time.
    pub(super) fn postpone(&mut self, id: &str, at_ms: u64) {
        if let Some(entry) = self.sessions.get_mut(id) {
            entry.running = false;
            self.put(id, at_ms);
        }
    }

    /// A step succeeded; without a next time the session has ended. Answers whether it is worth a look: the listing
    /// changed meanwhile, perhaps because the user went on with the session.
    #[must_use]
    pub(super) fn finished(&mut self, id: &str, next_ms: Option<u64>) -> bool {
        let Some(entry) = self.sessions.get_mut(id) else {
            return false;
        };
        let changed = entry.changed;
        match next_ms {
            Some(at_ms) => {
                (entry.running, entry.failures, entry.listed_ms) = (false, 0, at_ms);
                self.put(id, at_ms);
            }
            None => {
                self.sessions.remove(id);
            }
        }
        changed
    }

    /// A step failed. `pause_ms` gets the number of failures in a row. Returns that number and when it is tried
    /// again. A look should follow: it shows what the step itself has left behind.
    pub(super) fn failed(
        &mut self,
        id: &str,
        now_ms: u64,
        pause_ms: impl FnOnce(u32) -> u64,
    ) -> (u32, u64) {
        let Some(entry) = self.sessions.get_mut(id) else {
            return (0, now_ms);
        };
        entry.failures = entry.failures.saturating_add(1);
        (entry.running, entry.unsure) = (false, true);
        let failures = entry.failures;
        let at_ms = now_ms.saturating_add(pause_ms(failures));
        self.put(id, at_ms);
        (failures, at_ms)
    }

    /// Sessions known, running ones included.
    pub(super) fn len(&self) -> usize {
        self.sessions.len()
    }

    /// Gives a session its one place in the heap.
    fn put(&mut self, id: &str, at_ms: u64) {
        // The heap can't change an item in its middle. A newer ticket makes the older item stale, and it is
        // dropped when it comes up.
        self.tickets += 1;
        if let Some(entry) = self.sessions.get_mut(id) {
            entry.ticket = self.tickets;
            self.heap
                .push(Reverse((at_ms, self.tickets, id.to_owned())));
        }
    }

    /// Takes items off the top that belong to a session which ended, runs, or has a newer place.
    fn drop_stale(&mut self) {
        while let Some(Reverse((_, ticket, id))) = self.heap.peek() {
            if self
                .sessions
                .get(id)
                .is_some_and(|entry| entry.ticket == *ticket && !entry.running)
            {
                return;
            }
            self.heap.pop();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(entries: &[(&str, u64)]) -> Vec<(String, u64)> {
        entries
            .iter()
            .map(|(id, at)| ((*id).to_owned(), *at))
            .collect()
    }

    #[test]
    fn sessions_come_in_the_order_of_their_times() {
        let mut schedule = Schedule::default();
        assert_eq!(
            schedule
                .merge(&listed(&[("b", 20), ("a", 10), ("c", 30)]))
                .len(),
            3
        );
        assert_eq!(schedule.next_at_ms(), Some(10));
        assert_eq!(schedule.take_due(9), None);
        assert_eq!(schedule.take_due(25).as_deref(), Some("a"));
        assert_eq!(schedule.take_due(25).as_deref(), Some("b"));
        assert_eq!(
            (schedule.take_due(25), schedule.next_at_ms()),
            (None, Some(30))
        );
    }

    #[test]
    fn a_running_session_is_not_taken_twice() {
        let mut schedule = Schedule::default();
        schedule.merge(&listed(&[("a", 10)]));
        assert!(schedule.take_due(10).is_some());
        schedule.merge(&listed(&[("a", 11)]));
        assert_eq!(schedule.take_due(100), None);
        assert!(schedule.finished("a", Some(50)), "worth a look");
        assert_eq!(schedule.next_at_ms(), Some(50));
        schedule.merge(&listed(&[("a", 12)]));
        assert_eq!(
            schedule.next_at_ms(),
            Some(12),
            "the change while it ran counts"
        );
    }

    #[test]
    fn an_ended_session_is_forgotten_and_comes_back_when_it_was_continued_meanwhile() {
        let mut schedule = Schedule::default();
        schedule.merge(&listed(&[("a", 10)]));
        schedule.take_due(10);
        assert!(!schedule.finished("a", None));
        assert_eq!((schedule.len(), schedule.next_at_ms()), (0, None));
        schedule.merge(&listed(&[("a", 20)]));
        schedule.take_due(20);
        schedule.merge(&listed(&[("a", 21)]));
        assert!(schedule.finished("a", None), "worth a look");
        assert_eq!(schedule.merge(&listed(&[("a", 21)])).len(), 1);
        assert_eq!(schedule.next_at_ms(), Some(21));
    }

    #[test]
    fn a_failing_step_that_makes_itself_due_does_not_run_hot() {
        let mut schedule = Schedule::default();
        schedule.merge(&listed(&[("a", 10)]));
        schedule.take_due(10);
        schedule.merge(&listed(&[("a", 11)]));
        schedule.failed("a", 12, |_| 1000);
        schedule.merge(&listed(&[("a", 12)]));
        assert_eq!(schedule.next_at_ms(), Some(1012));
        schedule.merge(&listed(&[("a", 500)]));
        assert_eq!(
            schedule.next_at_ms(),
            Some(500),
            "a later change is somebody else's"
        );
    }

    #[test]
    fn a_pause_after_a_failure_is_not_cut_short_by_the_same_listing_but_by_a_change() {
        let mut schedule = Schedule::default();
        schedule.merge(&listed(&[("a", 10)]));
        schedule.take_due(10);
        assert_eq!(
            schedule.failed("a", 10, |failures| u64::from(failures) * 1000),
            (1, 1010)
        );
        schedule.merge(&listed(&[("a", 10)]));
        assert_eq!(schedule.next_at_ms(), Some(1010));
        schedule.merge(&listed(&[("a", 12)]));
        assert_eq!(schedule.next_at_ms(), Some(12));
    }

    #[test]
    fn failures_are_counted_until_one_succeeds() {
        let mut schedule = Schedule::default();
        schedule.merge(&listed(&[("a", 0)]));
        for expected in 1..=3 {
            let now = schedule.next_at_ms().unwrap();
            schedule.take_due(now);
            assert_eq!(schedule.failed("a", now, |_| 5).0, expected);
        }
        schedule.take_due(100);
        let _ = schedule.finished("a", Some(200));
        schedule.take_due(200);
        assert_eq!(schedule.failed("a", 200, |_| 5).0, 1);
    }

    #[test]
    fn a_session_that_is_no_longer_listed_is_dropped_but_not_while_it_runs() {
        let mut schedule = Schedule::default();
        schedule.merge(&listed(&[("a", 10), ("b", 10)]));
        let running = schedule.take_due(10).unwrap();
        for id in ["a", "b"] {
            schedule.forget(id);
        }
        assert_eq!((schedule.len(), schedule.next_at_ms()), (1, None));
        let _ = schedule.finished(&running, None);
        assert_eq!(schedule.len(), 0);
    }

    #[test]
    fn ten_thousand_sessions_keep_one_heap_item_each_in_effect() {
        let mut schedule = Schedule::default();
        let many: Vec<_> = (0..10_000).map(|n| (format!("s{n}"), n)).collect();
        schedule.merge(&many);
        let mut taken = 0;
        while let Some(id) = schedule.take_due(9_999) {
            let _ = schedule.finished(&id, Some(20_000));
            taken += 1;
        }
        assert_eq!((taken, schedule.next_at_ms()), (10_000, Some(20_000)));
    }
}
