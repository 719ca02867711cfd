//! The gateway's list of tasks: one per session, told in the gateway's words.

use super::State;
use crate::civil::civil;
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
