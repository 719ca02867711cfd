//! What is known of the jobs. The component is asked at most a few times a second, however many pages are open.

use std::sync::Arc;
use std::time::{Duration, Instant};

use host::{Harness, Output, Overview, WithJobs};
use tokio::sync::Mutex;

use crate::links;

/// An answer is this young at most: younger than a person's eye.
const FRESH: Duration = Duration::from_millis(200);

/// The component's `status`, and how many jobs may begin today.
type Known = WithJobs<Overview>;

/// The latest answer. It may have megabytes, and is shared by whoever asks.
pub(crate) struct Jobs {
    harness: Harness,
    latest: Mutex<Option<(Instant, Arc<Known>)>>,
}

impl Jobs {
    pub(crate) fn new(harness: Harness) -> Self {
        Self {
            harness,
            latest: Mutex::new(None),
        }
    }

    /// Something has changed: the next answer is asked for.
    pub(crate) async fn forget(&self) {
        *self.latest.lock().await = None;
    }

    /// What is known now.
    ///
    /// # Errors
    /// A sentence, when it can't be had.
    pub(crate) async fn status(&self) -> Result<Arc<Known>, String> {
        // Held while the component is asked: ten pages that ask at once wait for one answer.
        let mut latest = self.latest.lock().await;
        if let Some((at, status)) = &*latest
            && at.elapsed() < FRESH
        {
            return Ok(Arc::clone(status));
        }
        let known = self.harness.status(None, None, Output::discard()).await;
        let mut overview = known.map_err(|error| error.to_string())?;
        // Before it is kept, so that no path to a page goes round it.
        links::lead_home(&mut overview);
        let status = Arc::new(Known {
            told: overview,
            jobs: self.harness.jobs_left(None).await,
        });
        *latest = Some((Instant::now(), Arc::clone(&status)));
        Ok(status)
    }
}
