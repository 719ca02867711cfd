//! What is known of the jobs. The component is asked at most a few times a second, however many pages are open.

use std::sync::Arc;
use std::time::{Duration, Instant};

use host::{Harness, Output};
use serde_json::Value;
use tokio::sync::Mutex;

use crate::links;

/// An answer is this young at most: younger than a person's eye.
const FRESH: Duration = Duration::from_millis(200);

/// The latest answer. It may have megabytes, and is shared by whoever asks.
pub(crate) struct Jobs {
    harness: Harness,
    latest: Mutex<Option<(Instant, Arc<Value>)>>,
}

impl Jobs {
    pub(crate) fn new(harness: Harness) -> Self {
        Self {
            harness,
            latest: Mutex::new(None),
        }
    }

    /// The component's `status`.
    ///
    /// # Errors
    /// A sentence, when it can't be had.
    pub(crate) async fn status(&self) -> Result<Arc<Value>, String> {
        let mut latest = self.latest.lock().await;
        if let Some((at, status)) = &*latest
            && at.elapsed() < FRESH
        {
            return Ok(Arc::clone(status));
        }
        let mut reply = self
            .harness
            .run_for_json(["status"], Output::discard())
            .await
            .map_err(|error| error.to_string())?;
        if reply.end.exit_code != 0 {
            let reason = reply.json["error"]["message"].as_str();
            return Err(reason.unwrap_or("the sessions can't be read").to_owned());
        }
        links::lead_home(&mut reply.json);
        let status = Arc::new(reply.json);
        *latest = Some((Instant::now(), Arc::clone(&status)));
        Ok(status)
    }
}
