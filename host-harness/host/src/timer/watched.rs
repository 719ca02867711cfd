//! What the timer does, for who watches the library (`tracing`): its events without anybody's words. Not here: the events as
//! an embedder and the logs get them (`event.rs`).

use tracing::{debug, info, warn};

use super::event::EventKind;

/// Emits it. Reasons that a component or a service may have put together stay out: they may quote a request.
pub(super) fn emit(kind: &EventKind) {
    match kind {
        EventKind::Started { state, sessions } => {
            info!(state = %state.display(), sessions, "timer owns the state folder");
        }
        EventKind::SessionNoticed {
            session_id,
            due_at_ms,
        } => debug!(session = session_id, due_at_ms, "session noticed"),
        // The call has said how it ended (`Harness::poll_measured`).
        EventKind::StepDone { .. } => {}
        EventKind::StepFailed {
            session_id,
            temporary,
            failures,
            retry_at_ms,
            ..
            // The reason is in the call's outcome, by its name; the sentence may quote the request.
        } => warn!(
            session = session_id,
            temporary, failures, retry_at_ms, "step failed"
        ),
        EventKind::SetAside {
            session_id,
            until_ms,
            ..
        } => warn!(session = session_id, until_ms, "session set aside"),
        EventKind::LeftOut { .. } => warn!("sessions left out"),
        EventKind::ListFailed { .. } => warn!("pending sessions not listed"),
        EventKind::WatchFailed { reason } => warn!(reason, "state folder not watched"),
        EventKind::LogFailed { path, reason } => {
            warn!(path = %path.display(), reason, "log not written");
        }
        EventKind::RecordFailed { reason } => warn!(reason, "record not written"),
        EventKind::Stopping { in_flight } => info!(in_flight, "timer stopping"),
        EventKind::Stopped { steps, abandoned } => {
            info!(steps, abandoned, "timer gave the state folder back");
        }
    }
}
