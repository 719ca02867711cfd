//! Hostile components, for tests of the sandbox: the same world as the real one, but its poll step tries what must not
//! work. Each file in `attacks/` is one of them, and all are one component, which is compiled once: a step does the attack that
//! its session is called by. Calls that name no session find it in [`ATTACK`].
//!
//! A step of the session `good` does honest work, so that a test sees whether the harness still serves others; one of
//! `exactly N …` uses that much and no more.

mod good;
mod measured;
pub mod wasi;

use std::sync::Mutex;

/// The world in Rust, the guest's own.
#[path = "../../../guest/src/bindings.rs"]
#[allow(missing_docs, clippy::all, clippy::unwrap_used)]
#[rustfmt::skip]
mod bindings;

pub use libtv_video_core::types::{
    Cancellation, Cause, Configuration, Downloaded, DueSession, Event, Field, File, Finding,
    Overview, Problem, ProblemKind, Project, Request, Scalar, Session, SessionState, Step,
    Submission, Task, Transcript, Uploaded, WantedResults,
};

mod attacks {
    include!(concat!(env!("OUT_DIR"), "/attacks.rs"));
}

/// Where calls that name no session find the name of their attack: a setting that is handed to every call, and that no attack is
/// about.
const ATTACK: &str = "LIBTV_VIDEO_RATIO";

/// The session of the step under way.
static POLLED: Mutex<String> = Mutex::new(String::new());

fn polled() -> String {
    POLLED
        .lock()
        .map_or_else(|_| String::new(), |id| id.clone())
}

fn chosen() -> String {
    std::env::var(ATTACK).unwrap_or_else(|_| polled())
}

/// What came of an attack: a step when it worked, or how it was refused.
pub type Attempt = Result<Step, String>;

/// An attack that worked, and what it got.
pub fn got(what: impl Into<String>) -> Step {
    done(vec![what.into()])
}

/// A step that ended the session that was polled, with these events.
pub fn done(events: Vec<String>) -> Step {
    step(&polled(), events)
}

/// A step that ended its session, with these events.
pub fn step(session_id: &str, events: Vec<String>) -> Step {
    Step {
        session_id: session_id.to_owned(),
        state: SessionState::Completed,
        next_poll_at_ms: None,
        results: 0,
        delivered: 0,
        events: events
            .into_iter()
            .map(|text| Event { at_ms: 0, text })
            .collect(),
    }
}

struct Component;

impl bindings::Guest for Component {
    fn submit(request: Request) -> Result<Submission, Problem> {
        if matches!(
            chosen().as_str(),
            "submits_three_times" | "spends_without_end" | "spends_on_clips_and_pictures"
        ) {
            return Err(refused(outcome()));
        }
        // What only a submit may send is measured here.
        let measured = request.text.as_deref().and_then(measured::attempt);
        let step = measured.unwrap_or_else(|| Err("it submits nothing".to_owned()));
        step.map(submission).map_err(refused)
    }

    fn upload(_: File, _: Option<String>) -> Result<Uploaded, Problem> {
        // What it found on standard input, in place of an address.
        let step = attacks::attack(&chosen()).map_err(refused)?;
        let texts = step.events.into_iter().map(|event| event.text);
        Ok(Uploaded {
            url: texts.collect(),
        })
    }

    fn download(
        _: WantedResults,
        _: Option<String>,
        _: Option<String>,
    ) -> Result<Downloaded, Problem> {
        match chosen().as_str() {
            "leaves_traps_among_downloads" => {
                attacks::leaves_traps_among_downloads::downloaded().map_err(refused)
            }
            _ => Err(refused("it downloads nothing".to_owned())),
        }
    }

    fn due() -> Result<Vec<DueSession>, Problem> {
        if chosen() == "lists_a_million_sessions" {
            return Ok(attacks::lists_a_million_sessions::listing());
        }
        if chosen() == "asks_the_network_from_a_look" {
            return Err(refused(outcome()));
        }
        let due = |id: &str| DueSession {
            session_id: id.to_owned(),
            at_ms: 0,
        };
        Ok(vec![due(&chosen()), due("good")])
    }

    fn due_entries(entries: Vec<String>) -> Result<Vec<DueSession>, Problem> {
        if chosen() == "names_sessions_without_end" {
            return Ok(attacks::names_sessions_without_end::listing(entries));
        }
        if chosen() == "has_more_sessions_than_the_timer_takes" {
            return Ok(attacks::has_more_sessions_than_the_timer_takes::listing(
                entries,
            ));
        }
        let due = |session_id| DueSession {
            session_id,
            at_ms: 0,
        };
        Ok(entries.into_iter().map(due).collect())
    }

    fn poll(session_id: String) -> Result<Step, Problem> {
        if let Ok(mut polled) = POLLED.lock() {
            polled.clone_from(&session_id);
        }
        let attempt = match session_id.as_str() {
            "good" => good::step(),
            id => measured::attempt(id).unwrap_or_else(|| attacks::attack(&chosen())),
        };
        attempt.map_err(refused)
    }

    fn query(_: String, _: Option<u64>, _: Option<String>) -> Result<Transcript, Problem> {
        Err(refused("it knows nothing".to_owned()))
    }

    fn check(_: Option<String>) -> Result<Configuration, Problem> {
        Err(refused("it checks nothing".to_owned()))
    }

    fn doctor(_: Option<String>, _: Option<String>) -> Result<Vec<Finding>, Problem> {
        Ok(Vec::new())
    }

    fn status(_: Option<String>, _: Option<u32>) -> Result<Overview, Problem> {
        match chosen().as_str() {
            "answers_without_end" => Ok(attacks::answers_without_end::overview()),
            _ => Err(refused("it knows nothing".to_owned())),
        }
    }

    fn tasks(_: Option<String>) -> Result<Vec<Task>, Problem> {
        match chosen().as_str() {
            "answers_without_end" => Ok(attacks::answers_without_end::tasks()),
            _ => Ok(Vec::new()),
        }
    }

    fn recover(_: Option<String>) -> Result<Overview, Problem> {
        Err(refused("it recovers nothing".to_owned()))
    }

    fn cancel(_: String) -> Result<Cancellation, Problem> {
        Err(refused("it cancels nothing".to_owned()))
    }

    fn change_project() -> Result<Project, Problem> {
        Err(refused("it changes nothing".to_owned()))
    }
}

/// The step of a submit.
fn submission(_: Step) -> Submission {
    Submission {
        session_id: "measured".to_owned(),
        project_uuid: "measured".to_owned(),
        project_url: String::new(),
        channel: None,
        deliverable: false,
        note: String::new(),
        operator_note: None,
    }
}

/// What came of the attack, in words, for functions whose answer has no room for them.
fn outcome() -> String {
    let events = attacks::attack(&chosen()).map(|step| step.events);
    let texts = events.map(|events| {
        events
            .into_iter()
            .map(|event| event.text)
            .collect::<String>()
    });
    texts.unwrap_or_else(|refused| refused)
}

fn refused(message: String) -> Problem {
    Problem {
        kind: ProblemKind::Permanent,
        cause: Cause::Request,
        message,
        advice: None,
        retry_after_ms: None,
    }
}

/// As a command it does the same, and prints what came of it.
impl wasip2::exports::cli::run::Guest for Component {
    fn run() -> Result<(), ()> {
        match attacks::attack(&chosen()) {
            Ok(step) => {
                for event in step.events {
                    println!("{}", event.text);
                }
                Ok(())
            }
            Err(refused) => {
                println!("refused: {refused}");
                Err(())
            }
        }
    }
}

// In a native build the exported names would not link.
#[cfg(target_arch = "wasm32")]
bindings::export!(Component with_types_in bindings);
#[cfg(target_arch = "wasm32")]
wasip2::cli::command::export!(Component);
