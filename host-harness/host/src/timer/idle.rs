//! When a timer that a submit has started may end: nothing was to be done for so long. What ends it never loses a submit that
//! comes at that moment: the lock is given back first, and the entries are looked through once more.

use std::collections::HashSet;
use std::fs;

use crate::home::Home;

/// How long there has been nothing to do.
pub(super) struct Idle {
    /// After so long it is over, in milliseconds; never, where there is none.
    after_ms: Option<u64>,
    since_ms: Option<u64>,
}

impl Idle {
    pub(super) fn after(after_ms: Option<u64>) -> Self {
        Self {
            after_ms,
            since_ms: None,
        }
    }

    /// Whether there has been nothing to do for long enough.
    pub(super) fn is_over(&mut self, has_work: bool, now_ms: u64) -> bool {
        if has_work {
            self.since_ms = None;
            return false;
        }
        // A clock that was set back begins the time anew.
        let since_ms = self.since_ms.get_or_insert(now_ms);
        *since_ms = now_ms.min(*since_ms);
        let idle_ms = now_ms - *since_ms;
        self.after_ms.is_some_and(|after_ms| idle_ms >= after_ms)
    }

    /// How long to wait for that at most.
    pub(super) fn left_ms(&self, now_ms: u64) -> u64 {
        match (self.after_ms, self.since_ms) {
            (Some(after_ms), Some(since_ms)) => (since_ms + after_ms).saturating_sub(now_ms).max(1),
            _ => u64::MAX,
        }
    }
}

/// Whether there are entries beside the known ones. A folder that can't be read has none: whoever submits looks after its own.
pub(super) fn has_others(home: &Home, known: &HashSet<String>) -> bool {
    let entries = fs::read_dir(home.active()).into_iter().flatten().flatten();
    entries
        .filter_map(|entry| entry.file_name().into_string().ok())
        .any(|name| super::look::is_entry(&name) && !known.contains(&name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_over_when_nothing_was_to_be_done_for_so_long_and_never_without_a_time() {
        let mut idle = Idle::after(Some(1_000));
        assert!(!idle.is_over(true, 0));
        assert_eq!(idle.left_ms(0), u64::MAX);
        assert!(!idle.is_over(false, 500));
        assert_eq!(idle.left_ms(600), 900);
        // Work in between begins the time anew.
        assert!(!idle.is_over(true, 1_400));
        assert!(!idle.is_over(false, 1_600));
        assert!(!idle.is_over(false, 2_500));
        assert!(idle.is_over(false, 2_600));
        let mut never = Idle::after(None);
        assert!(!never.is_over(false, 0) && !never.is_over(false, u64::MAX));
    }

    #[test]
    fn a_clock_that_was_set_back_ends_nothing() {
        let mut idle = Idle::after(Some(1_000));
        assert!(!idle.is_over(false, 10_000));
        assert!(!idle.is_over(false, 500));
        assert!(!idle.is_over(false, 1_499));
        assert!(idle.is_over(false, 1_500));
    }

    #[test]
    fn an_entry_that_came_while_it_ended_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(folder.path());
        home.prepare().unwrap();
        let entry = "a".repeat(16);
        fs::write(home.active().join(&entry), "").unwrap();
        assert!(has_others(&home, &HashSet::new()));
        assert!(!has_others(&home, &HashSet::from([entry])));
    }
}
