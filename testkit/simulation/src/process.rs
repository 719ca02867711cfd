//! What runs in the simulated world: the component's own procedures, one instance a call.

use std::rc::Rc;

use libtv_video_core::commands;
use libtv_video_core::config::{Settings, Stored};
use libtv_video_core::problem::Problem;
use libtv_video_core::skill;
use libtv_video_core::types::{Destination, DueSession, Request, Route, Step, Submission};

use super::cast::{Cast, Channel};
use super::task::Task;

/// Who runs a process.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// A user who submits.
    User,
    /// The timer.
    Harness,
    /// A user who runs `recover`.
    Recoverer,
}

/// A process, by its place and its role.
#[derive(Clone, Copy)]
pub(super) struct Process {
    /// Its place among the actors: two harnesses differ in it alone.
    pub(super) index: usize,
    /// What it does.
    pub(super) role: Role,
}

/// A call of the component.
#[derive(Clone)]
pub(super) enum Call {
    Due,
    Poll(String),
    Submit {
        text: &'static str,
        session_id: Option<String>,
    },
    Recover,
}

/// What a call gave.
pub(super) enum Ended {
    Due(Result<Vec<DueSession>, Problem>),
    Poll(Result<Step, Problem>),
    Submit(&'static str, Result<Submission, Problem>),
    Recover,
}

impl Call {
    /// Its name in the trace.
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::Due => "due",
            Self::Poll(_) => "poll",
            Self::Submit { .. } => "submit",
            Self::Recover => "recover",
        }
    }

    /// Starts it on a fresh instance.
    pub(super) fn start(
        self,
        settings: Rc<Settings>,
        channel: Channel,
        seed: [u8; 32],
    ) -> Task<Ended> {
        // A task of its own for every call, as the component is a fresh instance: nothing can be remembered in
        // memory.
        Task::new(seed, move |io| match self {
            Self::Due => Ended::Due(skill::due(io, &settings)),
            Self::Poll(id) => Ended::Poll(skill::poll(io, &settings, id)),
            Self::Submit { text, session_id } => {
                let request = Request {
                    text: Some(text.to_owned()),
                    session_id,
                    destination: Some(Destination::To(Route {
                        channel: Some(channel.name().to_owned()),
                        chat: Some(channel.chat().to_owned()),
                        ..Route::default()
                    })),
                    ..Request::default()
                };
                let result = skill::submit(io, &settings, request);
                Ended::Submit(text, result)
            }
            Self::Recover => {
                let arguments = ["recover", "--json"].map(str::to_owned).to_vec();
                commands::main(io, &settings, arguments);
                Ended::Recover
            }
        })
    }
}

/// The component's settings with this cast, or with another key of its service; polling as it does by itself, or with a fixed
/// interval and number of polls.
pub(super) fn settings(cast: Cast, other_key: Option<&str>, is_limited: bool) -> Rc<Settings> {
    let vars = |name: &str| {
        let (key_name, key) = cast.service.key();
        let mut known = cast.channel.variables().iter();
        let value = match name {
            "LIBTV_POLL_INTERVAL_SECONDS" if is_limited => "60",
            "LIBTV_MAX_POLLS" if is_limited => "8",
            // One does, and acknowledgements say so.
            "LIBTV_HARNESS" => "polling",
            _ if name == key_name => other_key.unwrap_or(key),
            _ => known.find(|(known, _)| *known == name)?.1,
        };
        Some(value.to_owned())
    };
    Rc::new(Settings::parse(&vars, Stored::Absent))
}
