//! How often is too often, in sliding windows.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

/// Messages to one chat or user, and updates of one card.
pub(crate) const CHAT: Limit = Limit {
    count: 5,
    window: Duration::from_secs(1),
};
/// Calls of one app to one API.
pub(crate) const API_SECOND: Limit = Limit {
    count: 50,
    window: Duration::from_secs(1),
};
/// Calls of one app to one API.
pub(crate) const API_MINUTE: Limit = Limit {
    count: 1000,
    window: Duration::from_secs(60),
};

#[derive(Clone, Copy, Debug)]
pub(crate) struct Limit {
    pub(crate) count: u32,
    window: Duration,
}

/// Who called when. A call that is refused doesn't count.
#[derive(Debug, Default)]
pub(crate) struct Rates(HashMap<String, VecDeque<Duration>>);

impl Rates {
    /// Counts a call, or tells when there is room again.
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
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sixth_in_a_second_waits_for_the_first_to_leave_the_window() {
        let (mut rates, ms) = (Rates::default(), Duration::from_millis);
        for at in [0, 100, 200, 300, 400] {
            assert_eq!(rates.count("oc_x", CHAT, ms(at)), Ok(()));
        }
        assert_eq!(rates.count("oc_x", CHAT, ms(600)), Err(ms(400)));
        assert_eq!(rates.count("oc_y", CHAT, ms(600)), Ok(()));
        assert_eq!(rates.count("oc_x", CHAT, ms(1000)), Ok(()));
    }
}
