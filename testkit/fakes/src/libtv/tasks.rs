//! The gateway's list of tasks: one per session, told in the gateway's words.

use super::State;
use serde_json::{Value, json};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

impl State {
    pub(super) fn tasks(&mut self, now: Duration) -> Vec<Value> {
        let ids = self.engine.order.clone();
        let own = ids.iter().rev().filter_map(|id| {
            let mut task = self.task(id, now)?;
            let created = self.engine.sessions.get(id)?.created;
            task["id"] = id.as_str().into();
            task["backend"] = "libtv".into();
            task["created_at"] = rfc3339(now.saturating_sub(created)).into();
            Some(task)
        });
        let own: Vec<_> = own.collect();
        own.into_iter()
            .chain(self.extra_tasks.iter().cloned())
            .collect()
    }

    pub(super) fn task(&mut self, id: &str, now: Duration) -> Option<Value> {
        if let Some(extra) = self.extra_tasks.iter().find(|task| task["id"] == id) {
            return Some(extra.clone());
        }
        let session = self.engine.current(id, now)?;
        let (status, reason) = session.status();
        let mut task = json!({ "status": status });
        if let Some(url) = session
            .result_urls()
            .first()
            .filter(|_| status == "completed")
        {
            task["video_url"] = url.as_str().into();
            task["completed_at"] = rfc3339(Duration::ZERO).into();
        }
        if let Some(reason) = reason {
            task["error_message"] = reason.into();
        }
        Some(task)
    }
}

/// A moment so long ago, in UTC to the second.
fn rfc3339(ago: Duration) -> String {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    civil(now.saturating_sub(ago).as_secs())
}

/// Days to a date as in Howard Hinnant's `civil_from_days`.
fn civil(unix_seconds: u64) -> String {
    let (days, second) = (unix_seconds / 86_400 + 719_468, unix_seconds % 86_400);
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 {
        shifted_month + 3
    } else {
        shifted_month - 9
    };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

#[cfg(test)]
mod tests {
    use super::civil;

    #[test]
    fn leap_days_are_days() {
        assert_eq!(civil(0), "1970-01-01T00:00:00Z");
        assert_eq!(civil(1_709_210_096), "2024-02-29T12:34:56Z");
        assert_eq!(civil(1_772_323_199), "2026-02-28T23:59:59Z");
    }
}
