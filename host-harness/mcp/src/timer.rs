//! The timer beside the server: this process polls, unless another harness does. Then it waits for its turn.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use host::{
    Event, EventKind, Harness, ServeError, ServeOptions, StartedBy, StopHandle, format_time, serve,
};
use tokio::sync::broadcast;

use crate::Log;
use crate::limits::OWN_RETRY;

/// Steps that a waiting call may fall behind; it looks at the session then, and knows all the same.
const BEHIND: usize = 256;

/// What the timer does, as others see it. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Steps {
    ended: broadcast::Sender<Arc<str>>,
    polls_here: Arc<AtomicBool>,
}

impl Steps {
    /// Nobody polls here yet.
    pub(crate) fn new() -> Self {
        Self {
            ended: broadcast::Sender::new(BEHIND),
            polls_here: Arc::default(),
        }
    }

    /// The ids of sessions whose step has ended, from now on.
    pub(crate) fn subscribe(&self) -> broadcast::Receiver<Arc<str>> {
        self.ended.subscribe()
    }

    /// Whether it is this process that polls.
    pub(crate) fn polls_here(&self) -> bool {
        self.polls_here.load(Ordering::Relaxed)
    }

    /// Takes what the timer says over for those who wait.
    fn heard(&self, event: &Event) {
        match &event.kind {
            EventKind::Started { .. } => self.polls_here.store(true, Ordering::Relaxed),
            EventKind::StepDone { step, .. } => self.tell(&step.session_id),
            EventKind::StepFailed { session_id, .. } => self.tell(session_id),
            _ => {}
        }
    }

    /// Wakes whoever waits for this session.
    fn tell(&self, session_id: &str) {
        // Nobody waits: nobody is told.
        let _ = self.ended.send(session_id.into());
    }
}

/// Polls until `stop`, as soon as no other harness does.
pub(crate) async fn run(
    harness: Harness,
    max_parallel: usize,
    stop: StopHandle,
    steps: Steps,
    log: Log,
) {
    let mut told = None;
    while !stop.is_stopped() {
        let options = ServeOptions {
            max_parallel,
            started_by: StartedBy::Mcp,
            ..ServeOptions::default()
        };
        let on_event = |event: &Event| {
            steps.heard(event);
            log(&format!("{} {event}", format_time(event.at_ms)));
        };
        let served = serve(&harness, options, stop.clone(), on_event).await;
        // Before the pause: a waiting call looks by itself as long as nobody here polls.
        steps.polls_here.store(false, Ordering::Relaxed);
        let reason = match served {
            Ok(_) => continue,
            Err(error @ ServeError::Owned { .. }) => {
                format!("{error}: the tools work, and polling is left to it")
            }
            Err(error) => format!("nothing is polled: {error}"),
        };
        // The same reason every five seconds would fill a log.
        if told.as_ref() != Some(&reason) {
            log(&reason);
            told = Some(reason);
        }
        tokio::select! {
            () = stop.stopped() => {}
            () = tokio::time::sleep(OWN_RETRY) => {}
        }
    }
}
