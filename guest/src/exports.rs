//! The typed exports of the world, in terms of the core. The records are the core's own types: nothing is translated, and
//! nothing decided.

use libtv_video_core::config::Settings;
use libtv_video_core::io::Io;
use libtv_video_core::problem::{self, Cause};
use libtv_video_core::skill;
use libtv_video_core::types::{
    Cancellation, Configuration, Downloaded, DueSession, File, Finding, Overview, Problem, Project,
    Request, Step, Submission, Task, Transcript, Uploaded, WantedResults,
};

use crate::Component;
use crate::bindings::Guest;
use crate::drive::drive;
use crate::settings;

/// A function of the skill, with its arguments. Boxed, so that [`call`] is compiled once for each kind of answer and not
/// for each function.
type Function<'a, T> = Box<dyn FnOnce(&Io, &Settings) -> T + 'a>;

impl Guest for Component {
    fn submit(request: Request) -> Result<Submission, Problem> {
        call(Box::new(|io, settings| {
            skill::submit(io, settings, request)
        }))
    }

    fn upload(file: File, service: Option<String>) -> Result<Uploaded, Problem> {
        call(Box::new(|io, settings| {
            skill::upload(io, settings, file, service)
        }))
    }

    fn download(
        results: WantedResults,
        folder: Option<String>,
        prefix: Option<String>,
    ) -> Result<Downloaded, Problem> {
        call(Box::new(|io, settings| {
            skill::download(io, settings, results, folder, prefix)
        }))
    }

    fn due() -> Result<Vec<DueSession>, Problem> {
        call(Box::new(skill::due))
    }

    fn due_entries(entries: Vec<String>) -> Result<Vec<DueSession>, Problem> {
        call(Box::new(|io, settings| {
            skill::due_entries(io, settings, entries)
        }))
    }

    fn poll(session_id: String) -> Result<Step, Problem> {
        call(Box::new(|io, settings| {
            skill::poll(io, settings, session_id)
        }))
    }

    fn query(
        session_id: String,
        after_seq: Option<u64>,
        project_id: Option<String>,
    ) -> Result<Transcript, Problem> {
        call(Box::new(move |io, settings| {
            skill::query(io, settings, session_id, after_seq, project_id)
        }))
    }

    fn check(service: Option<String>) -> Result<Configuration, Problem> {
        call(Box::new(|io, settings| skill::check(io, settings, service)))
    }

    fn doctor(channel: Option<String>, chat_id: Option<String>) -> Result<Vec<Finding>, Problem> {
        call(Box::new(|io, settings| {
            skill::doctor(io, settings, channel, chat_id)
        }))
    }

    fn status(session_id: Option<String>, ended: Option<u32>) -> Result<Overview, Problem> {
        call(Box::new(move |io, settings| {
            skill::status(io, settings, session_id, ended)
        }))
    }

    fn tasks(service: Option<String>) -> Result<Vec<Task>, Problem> {
        call(Box::new(|io, settings| skill::tasks(io, settings, service)))
    }

    fn recover(session_id: Option<String>) -> Result<Overview, Problem> {
        call(Box::new(|io, settings| {
            skill::recover(io, settings, session_id)
        }))
    }

    fn cancel(session_id: String) -> Result<Cancellation, Problem> {
        call(Box::new(|io, settings| {
            skill::cancel(io, settings, session_id)
        }))
    }

    fn change_project() -> Result<Project, Problem> {
        call(Box::new(skill::change_project))
    }
}

/// Runs a function of the skill with the settings of this moment.
fn call<T>(function: Function<'_, Result<T, problem::Problem>>) -> Result<T, Problem> {
    let mut answer = None;
    let ran = run(Box::new(|io, settings| {
        answer = Some(function(io, settings));
    }));
    let answer = answer.unwrap_or_else(|| Err(broken(ran.err().as_deref())));
    answer.map_err(Problem::from)
}

/// The part of [`call`] that doesn't depend on the answer.
fn run(function: Function<'_, ()>) -> Result<(), String> {
    // For each call: the key may have been changed since the last one, and an instance keeps nothing.
    let settings = settings::load();
    drive(Box::new(|io| function(io, &settings)))
}

/// The component itself has failed. What was sent until then can't be known.
fn broken(reason: Option<&str>) -> problem::Problem {
    let reason = reason.unwrap_or("no answer");
    // The one kind that nobody repeats by himself: it may have happened behind a submit.
    problem::Problem::outcome_unknown(format!("libtv-video failed inside: {reason}"))
        .because(Cause::Internal)
        .advise("Please report this. `recover` shows what became of the request.")
}
