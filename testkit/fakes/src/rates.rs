//! How often is too often, in sliding windows. Which limits a service has, and how it tells them, is its own matter.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

/// So many calls in so long a time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limit {
    pub(crate) count: u32,
    pub(crate) window: Duration,
}

impl Limit {
    pub(crate) const fn new(count: u32, window: Duration) -> Self {
        Self { count, window }
    }
}

/// Who called when. A call that is refused doesn't count.
#[derive(Debug, Default)]
pub(crate) struct Rates(HashMap<String, VecDeque<Duration>>);

impl Rates {
    /// Counts a call, or tells when there is room again.
    ///
    /// # Errors
    /// When the window is full: how long it is until the oldest call leaves it.
    pub(crate) fn count(&mut self, who: &str, limit: Limit, now: Duration) -> Result<(), Duration> {
        let calls = self.0.entry(who.to_owned()).or_default();
        while calls
            .front()
            .is_some_and(|call| *call + limit.window <= now)
        {
            calls.pop_front();
        }
        match calls.front() {
            Some(oldest) if calls.len() >= limit.count as usize => {
                Err(*oldest + limit.window - now)
            }
            _ => {
                calls.push_back(now);
                Ok(())
            }
        }
    }

    /// How many calls are left now, and when the window is empty again.
    pub(crate) fn left(&self, who: &str, limit: Limit, now: Duration) -> (u32, Duration) {
        let calls = self.0.get(who).into_iter().flatten();
        let recent = calls.filter(|call| **call + limit.window > now);
        let (used, last) = recent.fold((0, now), |(used, _), call| (used + 1, *call));
        let reset = if used == 0 {
            Duration::ZERO
        } else {
            (last + limit.window).saturating_sub(now)
        };
        (limit.count.saturating_sub(used), reset)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sixth_in_a_second_waits_for_the_first_to_leave_the_window() {
        let (mut rates, ms) = (Rates::default(), Duration::from_millis);
        const CHAT: Limit = Limit::new(5, Duration::from_secs(1));
        for at in [0, 100, 200, 300, 400] {
            assert_eq!(rates.count("oc_x", CHAT, ms(at)), Ok(()));
        }
        assert_eq!(rates.count("oc_x", CHAT, ms(600)), Err(ms(400)));
        assert_eq!(rates.left("oc_x", CHAT, ms(600)), (0, ms(800)));
        assert_eq!(rates.left("oc_y", CHAT, ms(600)), (5, ms(0)));
        assert_eq!(rates.count("oc_y", CHAT, ms(600)), Ok(()));
        assert_eq!(rates.count("oc_x", CHAT, ms(1000)), Ok(()));
    }
}
