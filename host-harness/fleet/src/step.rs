//! One step of a session that was claimed: the component's `poll` on its records, and how the session is let go.
//! Not here: which sessions (`claim.rs`), and how many at once (`worker.rs`).

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use host::{CallError, Change, Harness, LimitHit, Step};

use crate::call;
use crate::claim::Claimed;
use crate::lease::{End, Held};
use crate::recipients;
use crate::share::Worker;
use crate::submit::is_whole;

/// The first pause after a failure; each further one doubles it.
const FIRST_PAUSE: Duration = Duration::from_secs(2);
/// The longest one.
const LONGEST_PAUSE: Duration = Duration::from_secs(300);
/// Of a failure that stays until somebody changes something.
const STANDING_PAUSE: Duration = Duration::from_secs(60);
/// No session is due sooner, whatever the component says: the shortest interval that a user may choose.
const SHORTEST: Duration = Duration::from_millis(100);
/// Nor later than in a day: a clock may have been wrong.
const LONGEST: Duration = Duration::from_secs(24 * 3600);
/// After so many steps in a row that were stopped for what they did, a session is left alone until somebody continues it.
const STOPPED: u32 = 20;
/// What that is: far behind anybody's interest.
const NEVER: Duration = Duration::from_secs(10 * 365 * 24 * 3600);
/// An entry whose session isn't there, or that still stands although its session has ended, is looked at again.
const LEFT_OVER: Duration = Duration::from_secs(60);

/// What came of a step, before the session is let go.
pub struct Attempted {
    end: End,
    /// What the component has left unsynced; none where that doesn't count.
    unsaved: Vec<Change>,
    /// When the component wants the next step, by its own clock; none where nothing comes by itself, or nothing was said.
    pub next_poll_at_ms: Option<u64>,
    /// Why the component's call failed, where one did.
    pub error: Option<CallError>,
}

/// Does the step and lets the session go. What can't be stored any more is left to whoever claims it next.
pub async fn step(worker: &Worker, claimed: Claimed) {
    let held = held(worker, &claimed);
    let attempted = attempt(worker, &claimed, &held).await;
    let_go(worker, &held, attempted).await;
}

/// The records of a claimed session, for its step.
pub fn held(worker: &Worker, claimed: &Claimed) -> Arc<Held> {
    Held::leased(
        &worker.database,
        &worker.metrics,
        claimed.name.clone(),
        claimed.token.clone(),
        (worker.options.lease, claimed.until),
    )
}

/// Lets the session go as the step left it.
pub async fn let_go(worker: &Worker, held: &Held, attempted: Attempted) {
    let Attempted { end, unsaved, .. } = attempted;
    worker.metrics.steps.fetch_add(1, Ordering::Relaxed);
    if end.failed {
        worker.metrics.failed.fetch_add(1, Ordering::Relaxed);
    }
    drop(held.end(unsaved, &end).await);
}

/// Does the step, and nothing after it.
pub async fn attempt(worker: &Worker, claimed: &Claimed, held: &Arc<Held>) -> Attempted {
    let attempted = |end: End| Attempted {
        end,
        unsaved: Vec::new(),
        next_poll_at_ms: None,
        error: None,
    };
    if claimed.ended {
        // Its last transaction removed the entry and the process died before it let go.
        return attempted(End::default());
    }
    let name = &claimed.name;
    let failed = |reason: String, pause| {
        attempted(End {
            next: pause,
            failed: true,
            events: vec![reason],
            ..End::default()
        })
    };
    let made = worker
        .harnesses
        .of(&worker.database, &name.tenant, claimed.versions)
        .await;
    let (harness, named) = match made {
        Ok(made) => made,
        Err(error) => return failed(error.to_string(), STANDING_PAUSE),
    };
    let messages = match recipients::messages(&worker.database, &name.tenant, &name.key).await {
        Ok(messages) => messages,
        Err(error) => return failed(error.to_string(), FIRST_PAUSE),
    };
    // Those that came with the claim.
    let records = claimed.records.iter().cloned();
    let (database, allowed) = (&worker.database, (named, messages));
    let state = call::state(database, &name.tenant, held, records, allowed);
    let records = Arc::clone(&state.records);
    let harness = harness.on(state);
    let (session_id, is_new) = match &claimed.session_id {
        Some(id) => (id.clone(), false),
        None => match harness.due_entries(std::slice::from_ref(&name.key)).await {
            Ok(due) => match due.into_iter().next() {
                Some(due) => (due.session_id, true),
                None => return failed("its entry leads to no session".to_owned(), LEFT_OVER),
            },
            Err(error) => {
                let failed = failed(error.to_string(), pause(claimed.failures, &error));
                return Attempted {
                    error: Some(error),
                    ..failed
                };
            }
        },
    };
    // The lease is renewed beside the step: an upload may take longer than a lease lasts.
    let result = tokio::select! {
        result = poll(&harness, &session_id) => result,
        // The step is dropped: whatever it would do from here on is somebody else's.
        () = held.kept() => Err(CallError::Limit(LimitHit::Lease)),
    };
    let unsaved = match is_whole(&result) {
        true => records.unsaved(),
        false => Vec::new(),
    };
    let mut end = end_of(claimed, &result);
    if is_new {
        end.session_id = Some(session_id);
    }
    Attempted {
        end,
        unsaved,
        next_poll_at_ms: result.as_ref().ok().and_then(|step| step.next_poll_at_ms),
        error: result.err(),
    }
}

async fn poll(harness: &Harness, session_id: &str) -> Result<Step, CallError> {
    harness.poll(session_id).await
}

fn end_of(claimed: &Claimed, result: &Result<Step, CallError>) -> End {
    match result {
        Ok(step) => End {
            next: step.next_poll_at_ms.map_or(LEFT_OVER, until),
            events: step.events.iter().map(|event| event.text.clone()).collect(),
            ..End::default()
        },
        Err(error) => {
            let stopped = is_stopped(error);
            let next = if stopped && claimed.stopped + 1 >= STOPPED {
                NEVER
            } else {
                pause(claimed.failures, error)
            };
            End {
                next,
                failed: true,
                stopped,
                events: vec![error.to_string()],
                ..End::default()
            }
        }
    }
}

/// Whether a step was stopped for what it did itself. That its lease was lost is nobody's fault.
fn is_stopped(error: &CallError) -> bool {
    match error {
        CallError::Limit(hit) => *hit != LimitHit::Lease,
        CallError::Trap(_) => true,
        _ => false,
    }
}

/// How long after a failure.
fn pause(failures: u32, error: &CallError) -> Duration {
    if !error.is_temporary() {
        return STANDING_PAUSE;
    }
    let doubled = FIRST_PAUSE
        .saturating_mul(1 << failures.min(10))
        .min(LONGEST_PAUSE);
    let asked = Duration::from_millis(error.retry_after_ms().unwrap_or_default());
    // Spread, so that a thousand sessions of a service that was down don't come back at once.
    doubled
        .mul_f64(0.75 + fastrand::f64() / 2.0)
        .max(asked)
        .min(LONGEST)
}

/// From now until a time by this machine's clock, as the component has it; the database counts from its own.
fn until(at_ms: u64) -> Duration {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Duration::from_millis(at_ms)
        .saturating_sub(now)
        .clamp(SHORTEST, LONGEST)
}
