//! The typed exports of the world, in terms of the core: types are translated, nothing is decided.

use std::pin::Pin;

use libtv_video_core::config::Settings;
use libtv_video_core::io::Io;
use libtv_video_core::problem::{self, Problem};
use libtv_video_core::session::State;
use libtv_video_core::skill;

use crate::Component;
use crate::bindings::Guest;
use crate::bindings::libtv::video::types;
use crate::drive::drive;
use crate::settings;

/// A function of the skill, with its arguments. Boxed, so that [`call`] and what it drives are compiled once for each kind
/// of answer and not for each function.
type Function<T> = Box<dyn for<'a> FnOnce(Io, &'a Settings) -> Answer<'a, T>>;
type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, Problem>> + 'a>>;

impl Guest for Component {
    fn submit(
        message: Option<String>,
        session_id: Option<String>,
        channel: Option<String>,
        chat_id: Option<String>,
    ) -> Result<types::Submission, types::Problem> {
        call(Box::new(|io, settings| {
            Box::pin(skill::submit(
                io, settings, message, session_id, channel, chat_id,
            ))
        }))
        .map(submission)
    }

    fn due() -> Result<Vec<types::DueSession>, types::Problem> {
        due_sessions(Box::new(|io, settings| Box::pin(skill::due(io, settings))))
    }

    fn due_entries(entries: Vec<String>) -> Result<Vec<types::DueSession>, types::Problem> {
        due_sessions(Box::new(|io, settings| {
            Box::pin(skill::due_entries(io, settings, entries))
        }))
    }

    fn poll(session_id: String) -> Result<types::Step, types::Problem> {
        call(Box::new(|io, settings| {
            Box::pin(skill::poll(io, settings, session_id))
        }))
        .map(step)
    }

    fn query(
        session_id: String,
        after_seq: Option<u64>,
        project_id: Option<String>,
    ) -> Result<String, types::Problem> {
        call(Box::new(move |io, settings| {
            Box::pin(skill::query(
                io, settings, session_id, after_seq, project_id,
            ))
        }))
    }

    fn check() -> Result<String, types::Problem> {
        call(Box::new(|io, settings| {
            Box::pin(skill::check(io, settings))
        }))
    }

    fn tasks() -> Result<String, types::Problem> {
        call(Box::new(|io, settings| {
            Box::pin(skill::tasks(io, settings))
        }))
    }

    fn recover() -> Result<String, types::Problem> {
        call(Box::new(|io, settings| {
            Box::pin(skill::recover(io, settings))
        }))
    }

    fn change_project() -> Result<String, types::Problem> {
        call(Box::new(|io, settings| {
            Box::pin(skill::change_project(io, settings))
        }))
    }
}

fn due_sessions(
    function: Function<Vec<skill::Due>>,
) -> Result<Vec<types::DueSession>, types::Problem> {
    Ok(call(function)?.into_iter().map(due_session).collect())
}

/// Runs a function of the skill with the settings of this moment.
fn call<T>(function: Function<T>) -> Result<T, types::Problem> {
    let settings = settings::load();
    drive(|io| function(io, &settings))
        .unwrap_or_else(|reason| Err(broken(&reason)))
        .map_err(problem)
}

/// The component itself has failed. What was sent until then can't be known.
fn broken(reason: &str) -> Problem {
    Problem::OutcomeUnknown(problem::Failure {
        message: format!("libtv-video failed inside: {reason}"),
        advice: "Please report this. `recover` shows what became of the request.".to_owned(),
        retry_after_ms: None,
    })
}

fn problem(problem: Problem) -> types::Problem {
    let failure = |failure: problem::Failure| types::Failure {
        message: failure.message,
        advice: failure.advice,
        retry_after_ms: failure.retry_after_ms,
    };
    match problem {
        Problem::Temporary(told) => types::Problem::Temporary(failure(told)),
        Problem::Permanent(told) => types::Problem::Permanent(failure(told)),
        Problem::OutcomeUnknown(told) => types::Problem::PermanentOutcomeUnknown(failure(told)),
    }
}

fn submission(submission: skill::Submission) -> types::Submission {
    types::Submission {
        session_id: submission.session_id,
        project_uuid: submission.project_uuid,
        project_url: submission.project_url,
        channel: submission.channel,
        deliverable: submission.deliverable,
        note: submission.note,
    }
}

fn due_session(due: skill::Due) -> types::DueSession {
    types::DueSession {
        session_id: due.session_id,
        at_ms: due.at_ms,
    }
}

fn step(report: skill::StepReport) -> types::Step {
    let event = |event: skill::Event| types::Event {
        at_ms: event.at_ms,
        text: event.text,
    };
    types::Step {
        session_id: report.session_id,
        state: state(report.state),
        next_poll_at_ms: report.next_poll_at_ms,
        results: report.results,
        delivered: report.delivered,
        events: report.events.into_iter().map(event).collect(),
    }
}

const fn state(state: State) -> types::SessionState {
    match state {
        State::Submitted => types::SessionState::Submitted,
        State::Generating => types::SessionState::Generating,
        State::AwaitingUser => types::SessionState::AwaitingUser,
        State::Completed => types::SessionState::Completed,
        State::Failed => types::SessionState::Failed,
        State::Timeout => types::SessionState::Timeout,
    }
}
