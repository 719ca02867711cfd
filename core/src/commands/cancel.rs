//! `cancel`: stops a job where its service can and it isn't too late. It costs nothing, and repeated it does no harm: nothing
//! is stored beforehand.

use super::Reply;
use super::query::{known, upstream_of};
use crate::config::Settings;
use crate::io::Io;
use crate::json::object;
use crate::poll;
use crate::problem::Problem;
use crate::session::Session;
use crate::types::Cancellation;
use crate::upstream::Stopped;

/// Cancels.
///
/// # Errors
/// Permanent for an id that isn't known here, or a key of another service; as the service says otherwise. That it can't or
/// won't is an answer.
pub fn run(io: &Io, settings: &Settings, id: &str) -> Result<Cancellation, Problem> {
    let mut session = known(io, id)?;
    // Before the key is looked at: that a service can't doesn't depend on it.
    if let Some(refused) = refused(&session) {
        return Ok(refused);
    }
    let upstream = upstream_of(settings, &session)?;
    let marks = session.marks();
    let stopped = upstream.cancel(io, &session.job(&marks));
    drop(marks);
    match stopped.map_err(|error| error.problem())? {
        Stopped::Cancelled => {
            // Stopped it is, whether that can be stored or not: else the next poll finds it out.
            poll::cancelled(io, &mut session).ok();
            Ok(Cancellation::Cancelled)
        }
        Stopped::TooLate(reason) => Ok(Cancellation::TooLate(reason)),
    }
}

/// What is known without asking anybody.
fn refused(session: &Session) -> Option<Cancellation> {
    let latest = session.latest()?;
    let service = latest.asked.service;
    if !service.traits().cancels {
        let title = service.member().title;
        return Some(Cancellation::NotSupported(format!(
            "{title} has no way to cancel a job: it goes on, and its result arrives."
        )));
    }
    let has_ended = !latest.may_be_cancelled();
    has_ended.then(|| {
        Cancellation::TooLate(
            "That job has ended already: there is nothing left to cancel.".to_owned(),
        )
    })
}

/// As the command line writes it.
#[must_use]
pub fn reply(cancellation: Cancellation) -> Reply {
    let reason = match cancellation {
        Cancellation::Cancelled => {
            let lines = vec!["✅ Cancelled".to_owned()];
            return Reply::good(lines, object! {"cancelled": true});
        }
        Cancellation::NotSupported(reason) | Cancellation::TooLate(reason) => reason,
    };
    Reply {
        lines: vec![format!("❌ {reason}")],
        json: object! {"cancelled": false, "reason": reason},
        exit_code: 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deliver::plan;
    use crate::folder::{Folder, NOW_MS, settings};
    use crate::session::{Progress, Route, State, folder_name};
    use crate::store;

    /// A state folder with a job that goes on, of a service that can't cancel.
    fn with_a_job() -> Folder {
        let route = Route {
            channel: "feishu".to_owned(),
            chat: "oc_1".to_owned(),
            ..Route::default()
        };
        let progress = Progress {
            state: State::Generating,
            ..Progress::begun(NOW_MS)
        };
        Folder::with_session("", route, &progress).0
    }

    #[test]
    fn a_service_that_can_not_is_not_asked_and_the_job_stays_as_it_is() {
        let mut folder = with_a_job();
        let before = folder.clone();
        // There is no network in the folder: a request would fail.
        let work = |io: &Io| run(io, &settings(), "session-1");
        let (said, _) = folder.run(work);
        let reply = reply(said.unwrap());
        assert_eq!((reply.exit_code, reply.lines.len()), (1, 1));
        assert!(reply.lines[0].starts_with("❌ Gateway has no way to cancel"));
        assert_eq!(folder, before);
    }

    #[test]
    fn what_was_cancelled_has_failed_and_the_chat_is_told_so_once() {
        let mut folder = with_a_job();
        let work = |io: &Io| {
            let key = folder_name("session-1");
            let mut loaded = store::load(io, &key).unwrap().unwrap();
            poll::cancelled(io, &mut loaded.session).unwrap();
            let mut loaded = store::load(io, &key).unwrap().unwrap();
            plan::plan(&mut loaded, NOW_MS);
            plan::plan(&mut loaded, NOW_MS);
            loaded.session
        };
        let (session, _) = folder.run(work);
        let progress = &session.latest().unwrap().progress;
        assert_eq!(progress.state, State::Failed);
        assert_eq!(progress.ended_at_ms, Some(NOW_MS));
        let told: Vec<_> = session.deliveries.iter().map(|one| &one.message).collect();
        let words = told[0].as_ref().and_then(|message| message.words());
        assert_eq!(
            (told.len(), words),
            (1, Some("❌ “a film” failed: it was cancelled"))
        );
    }
}
