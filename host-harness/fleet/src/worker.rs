//! `fleet serve`: claims what is due, as much at once as there is room for, until it is asked to stop. Any number of these
//! run side by side on one database, and none has anything that the others would miss.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use host::StopHandle;
use tokio::task::JoinSet;

use crate::claim::claim;
pub use crate::share::{Options, Worker};
use crate::{step, sweep};

/// The most that one statement claims: its records are some megabytes then.
const BATCH: usize = 256;
/// A look at the database when there was nothing to do.
const IDLE: Duration = Duration::from_millis(50);
/// After a look that failed.
const AFTER_ERROR: Duration = Duration::from_secs(1);
/// Between two looks for what died submits have left.
const SWEEP_EVERY: Duration = Duration::from_secs(5);
/// What steps get to end in, on the way out. They are safe to drop at any moment.
const DRAIN: Duration = Duration::from_secs(30);

impl Worker {
    /// Works until it is asked to stop; then it claims nothing more, and waits for what is under way.
    pub async fn run(self: &Arc<Self>, stop: StopHandle) {
        let mut steps = JoinSet::new();
        let mut sweep_at = tokio::time::Instant::now();
        loop {
            // A step that panicked is as one whose process died: its lease ends by itself.
            while steps.try_join_next().is_some() {}
            self.metrics
                .in_flight
                .store(steps.len() as u64, Ordering::Relaxed);
            if tokio::time::Instant::now() >= sweep_at {
                sweep_at = tokio::time::Instant::now() + SWEEP_EVERY;
                let worker = Arc::clone(self);
                steps.spawn(async move { sweep::sweep(&worker).await });
            }
            let pause = self.start(&mut steps).await;
            tokio::select! {
                biased;
                () = stop.stopped() => break,
                // All places are taken: the next one that ends makes room.
                Some(_) = steps.join_next(), if steps.len() >= self.options.parallel => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
        let drained = async { while steps.join_next().await.is_some() {} };
        // Out of time or done: what is left is as if this process had died, and its leases end by themselves.
        drop(tokio::time::timeout(DRAIN, drained).await);
    }

    /// Claims what there is room for, and says when to look again.
    async fn start(self: &Arc<Self>, steps: &mut JoinSet<()>) -> Duration {
        let room = self.options.parallel.saturating_sub(steps.len()).min(BATCH);
        if room == 0 {
            return IDLE;
        }
        let (name, lease) = (&self.options.name, self.options.lease);
        let claimed = claim(&self.database, name, self.harnesses.digest(), lease, room).await;
        let claimed = match claimed {
            Ok(claimed) => claimed,
            Err(_) => {
                self.metrics.database_errors.fetch_add(1, Ordering::Relaxed);
                return AFTER_ERROR;
            }
        };
        let count = claimed.len();
        let late = claimed.iter().map(|one| one.late.as_millis() as u64);
        self.metrics
            .latest_ms
            .store(late.max().unwrap_or_default(), Ordering::Relaxed);
        for one in &claimed {
            self.metrics.late.note(one.late);
        }
        self.metrics
            .claims
            .fetch_add(count as u64, Ordering::Relaxed);
        for one in claimed {
            let worker = Arc::clone(self);
            steps.spawn(async move { step::step(&worker, one).await });
        }
        // A full batch: there is more where it came from.
        if count == room { Duration::ZERO } else { IDLE }
    }
}
