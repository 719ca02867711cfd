//! `query-session`: a session's messages, as they are.

use serde_json::Value;

use super::{Reply, fields, status};
use crate::config::{Settings, set_up};
use crate::io::Io;
use crate::json::{self, object};
use crate::problem::Problem;
use crate::session::{Session, State};
use crate::store::{self, Found};
use crate::types::{Message, Transcript};
use crate::upstream::results::ResultUrl;
use crate::upstream::session_api::messages;
use crate::upstream::{Job, Upstream, Verdict, View, judge};

/// What a session was found to be.
pub struct Queried {
    /// All but its messages.
    transcript: Transcript,
    /// The job, as the service shows it: a list of messages, or a task.
    shown: Value,
}

/// Finds out the state, the messages, the results in them, what has reached the chat, and the canvas link once the job has
/// finished.
///
/// # Errors
/// Permanent for an id that isn't known here; as the service says otherwise.
pub fn run(
    io: &Io,
    settings: &Settings,
    id: &str,
    after_seq: Option<u64>,
    project_id: Option<&str>,
) -> Result<Queried, Problem> {
    let session = known(io, id)?;
    let view = asked(io, settings, &session, after_seq)?;
    let stands = stands(&session, &view, after_seq.is_none());
    let link = link(&session, project_id);
    let transcript = Transcript {
        session_id: session.id().to_owned(),
        state: stands.state,
        question: stands.question,
        says: stands.says,
        trouble: stands.trouble,
        messages: Vec::new(),
        result_urls: texts(&view.results),
        deliveries: status::deliveries(&session),
        project_url: link.filter(|_| stands.state == State::Completed),
    };
    Ok(Queried {
        transcript,
        shown: view.shown,
    })
}

/// Where people see a session's project.
pub(super) fn link(session: &Session, project_id: Option<&str>) -> Option<String> {
    match project_id {
        // The caller's project stands above the stored one, which may be unknown.
        Some(project) => session
            .latest()
            .and_then(|turn| turn.asked.service.project_link(project)),
        None => session.canvas(),
    }
}

impl Queried {
    /// As the typed export has it.
    #[must_use]
    pub fn transcript(self) -> Transcript {
        // Read again from what the service gave and not kept from the look: only this reply needs the messages
        // themselves.
        let given = self.shown.as_array().into_iter().flatten();
        let messages = given.filter_map(|given| {
            let read = messages::message(given)?;
            Some(Message {
                seq: read.seq,
                role: read.role,
                text: read.text,
                result_urls: texts(&read.urls),
                fields: fields::of(given),
            })
        });
        Transcript {
            messages: messages.collect(),
            ..self.transcript
        }
    }

    /// As the command line writes it.
    #[must_use]
    pub fn reply(self) -> Reply {
        // A session is its messages; a service without sessions shows the task.
        let name = if self.shown.is_array() {
            "messages"
        } else {
            "task"
        };
        let json = json::object_of(
            &[name, "state"],
            &[Some(&self.shown), Some(&self.transcript.state.name())],
        );
        with_results(json, self.transcript)
    }

    /// Only what the user is shown: the state, a question, a reason or the last word of a job under way, results and what
    /// has reached the chat.
    #[must_use]
    pub fn short(self) -> Reply {
        let transcript = self.transcript;
        let mut json =
            object! {"sessionId": transcript.session_id, "state": transcript.state.name()};
        for (name, text) in [
            ("question", &transcript.question),
            ("says", &transcript.says),
            ("trouble", &transcript.trouble),
        ] {
            if let Some(text) = text {
                json[name] = text.as_str().into();
            }
        }
        with_results(json, transcript)
    }
}

/// The addresses as they were found.
fn texts(urls: &[ResultUrl]) -> Vec<String> {
    urls.iter().map(|url| url.as_str().to_owned()).collect()
}

/// What the service shows of a session; with `after_seq` only the messages behind that number.
///
/// # Errors
/// For a key of another service; as the service says otherwise.
fn asked(
    io: &Io,
    settings: &Settings,
    session: &Session,
    after_seq: Option<u64>,
) -> Result<View, Problem> {
    if let Some(view) = session.given() {
        return Ok(view);
    }
    let upstream = upstream_of(settings, session)?;
    let marks = session.marks();
    let job = Job {
        after: after_seq,
        ..session.job(&marks)
    };
    let view = upstream.observe(io, &job);
    view.map_err(|error| error.problem())
}

/// Adds the canvas once the job has finished, results, and what became of each message to the chat.
fn with_results(mut json: Value, transcript: Transcript) -> Reply {
    if let Some(link) = transcript.project_url {
        json["projectUrl"] = link.into();
    }
    if !transcript.result_urls.is_empty() {
        json["result_urls"] = transcript.result_urls.into();
    }
    json["deliveries"] = status::deliveries_json(&transcript.deliveries);
    Reply::only_json(json)
}

/// Where the latest turn stands.
struct Stands {
    state: State,
    question: Option<String>,
    says: Option<String>,
    trouble: Option<String>,
}

/// As stored, or, where nobody has polled, as its messages say.
fn stands(session: &Session, view: &View, is_whole: bool) -> Stands {
    let stored = session.latest().map(|turn| &turn.progress);
    let mut stands = Stands {
        state: stored.map_or(State::Submitted, |progress| progress.state),
        question: None,
        says: None,
        trouble: None,
    };
    let seen = view.turns.last();
    let judged = seen
        .filter(|_| is_whole && !matches!(stands.state, State::Completed | State::Failed))
        // Zero quiet polls: this look isn't one of the timer's, and must not end a job that they still wait
        // for.
        .map(|seen| (judge(seen, 0), seen.says.clone()));
    match judged {
        None => {
            stands.question = stored.and_then(|progress| progress.question.clone());
            stands.trouble = stored.and_then(|progress| progress.trouble.clone());
            if !stands.state.is_final() {
                // While a job goes on the same member of the record holds its last word, and that is no trouble
                // to report.
                stands.says = stands.trouble.take();
            }
        }
        Some((Verdict::Complete(trouble), _)) => {
            stands.state = State::Completed;
            stands.trouble = trouble;
        }
        Some((Verdict::Failed(reason), _)) => {
            stands.state = State::Failed;
            stands.trouble = Some(reason);
        }
        Some((Verdict::Asks(question), _)) => {
            stands.state = State::AwaitingUser;
            stands.question = Some(question);
        }
        Some((Verdict::Working, says)) => {
            // One that was given up stays that until something comes of it.
            if stands.state != State::Timeout {
                stands.state = State::Generating;
            }
            stands.says = says;
        }
        Some((Verdict::Waiting, _)) => {}
    }
    if stands.state != State::AwaitingUser {
        stands.question = None;
    }
    stands
}

/// The session of an id or a unique prefix.
///
/// # Errors
/// Permanent when there is none, or several.
pub fn known(io: &Io, id: &str) -> Result<Session, Problem> {
    match store::find(io, id)? {
        Found::Key(key) => {
            let loaded = store::load(io, &key)?;
            // To standard error: the reply itself stays one piece of JSON.
            for told in loaded.iter().flat_map(|loaded| &loaded.damaged) {
                io.err(format!("⚠️ {told}"));
            }
            loaded
                .map(|loaded| loaded.session)
                .filter(|session| !session.turns.is_empty())
                .ok_or_else(|| {
                    Problem::unknown_session(&super::tasks::printable(id))
                        .advise("The ids known here are listed by: libtv-video recover")
                })
        }
        Found::None => Err(Problem::unknown_session(&super::tasks::printable(id))
            .advise("The ids known here are listed by: libtv-video recover")),
        Found::Several => Err(Problem::permanent(format!(
            "Several sessions begin with {}: give more of the id.",
            super::tasks::printable(id)
        ))),
    }
}

/// The service a session was submitted to, when the key in force belongs to it.
///
/// # Errors
/// Permanent: no key, or one of another kind.
pub fn upstream_of<'a>(settings: &'a Settings, session: &Session) -> Result<Upstream<'a>, Problem> {
    let Some(service) = session.latest().map(|turn| turn.asked.service) else {
        return settings.upstream(None);
    };
    settings.upstream_of(service)?.ok_or_else(|| {
        Problem::permanent(format!(
            "This session was submitted with another kind of key ({}) and can only be asked for with one.",
            service.key_shown()
        ))
        .advise(format!("Save one with: {}", service.keys().map(set_up).unwrap_or_default()))
    })
}
