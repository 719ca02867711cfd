//! `wait_for_result`: looks at a session whenever its step has ended, until there is something to tell the user. It reads
//! what is stored and polls nothing: whoever owns the timer does.

use std::sync::Arc;
use std::time::Duration;

use host::Harness;
use tokio::sync::broadcast::Receiver;
use tokio::time::Instant;

use crate::failure::Failure;
use crate::limits::{HEARTBEAT, LOOK, WAIT_MAX_S};
use crate::progress::Progress;
use crate::status::{self, Known};
use crate::timer::Steps;
use crate::turns::{Turn, turn};

/// Where a session stands once there is news, or when the time is over, and the turn in which it was looked at.
///
/// # Errors
/// When the session isn't known, or can't be read.
pub(crate) async fn wait(
    harness: &Harness,
    steps: &Steps,
    session_id: &str,
    timeout_seconds: u32,
    progress: &mut Progress,
) -> Result<(Known, Turn), Failure> {
    let deadline = Instant::now() + Duration::from_secs(timeout_seconds.min(WAIT_MAX_S).into());
    // Before the first look: a step between the two is not missed.
    let mut ended = steps.subscribe();
    let mut told: Option<(String, Instant)> = None;
    loop {
        let looking = turn().await;
        let known = status::one(harness, session_id).await?;
        // Asked before the time is compared: a call with no time at all still says where the session stands.
        let over = Instant::now() >= deadline;
        if known.has_news() || over {
            return Ok((known, looking));
        }
        let (id, line) = (known.session_id().to_owned(), known.line());
        // Until the next look nothing of it is held.
        drop((known, looking));
        if told
            .as_ref()
            .is_none_or(|(before, at)| *before != line || at.elapsed() >= HEARTBEAT)
        {
            progress.tell(&line).await;
            told = Some((line, Instant::now()));
        }
        // Another process polls and tells nobody here: the state has to be looked at.
        let pause = if steps.polls_here() { HEARTBEAT } else { LOOK };
        let next = deadline.min(Instant::now() + pause);
        tokio::select! {
            () = step_of(&mut ended, &id) => {}
            () = tokio::time::sleep_until(next) => {}
        }
    }
}

/// Resolves when a step of this session has ended, or may have.
async fn step_of(ended: &mut Receiver<Arc<str>>, session_id: &str) {
    while let Ok(id) = ended.recv().await {
        if *id == *session_id {
            return;
        }
    }
}
