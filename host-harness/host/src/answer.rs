//! What the component answers, before anybody believes it: about the session that was asked for, and no longer than
//! its log, its listing or a sentence may be.

use contract::ids::is_service_id;

use sandbox::error::LimitHit;

use crate::error::CallError;
use crate::limits::{ANSWER_VALUES, LISTED_SESSIONS, SESSION_ID_BYTES};
use crate::types::{
    Configuration, Downloaded, DueSession, Overview, Problem, Project, Step, Submission, Task,
    Transcript, Uploaded,
};

/// A failure's sentence or advice is cut here: what is longer is no sentence, and would be printed with every retry.
const SENTENCE_CHARS: usize = 4_000;

/// A step of the session `asked`, with at most `log_bytes` of text for its log.
///
/// # Errors
/// [`CallError::Trap`] for another session's, [`CallError::Limit`] for too much text.
pub(crate) fn step(step: Step, asked: &str, log_bytes: usize) -> Result<Step, CallError> {
    // The log is written under the id that is in the answer: a component could fill another session's log,
    // or show its own results as that one's.
    if step.session_id != asked {
        return Err(CallError::Trap(
            "it answered for another session than the one it was asked for".to_owned(),
        ));
    }
    let text: usize = step.events.iter().map(|event| event.text.len()).sum();
    // An event without text is a line all the same.
    if text.saturating_add(step.events.len()) > log_bytes {
        return Err(CallError::Limit(LimitHit::Log(log_bytes)));
    }
    Ok(step)
}

/// What a submit became, under ids that can be shown, typed and put into a command: by this everybody speaks of it.
///
/// # Errors
/// [`CallError::Trap`]: nobody knows then whether the request was taken.
pub(crate) fn submission(submission: Submission) -> Result<Submission, CallError> {
    // A trap and no error of its own: the request was sent, and what can't be believed says nothing about
    // what became of it.
    // Not every service has projects.
    let project = &submission.project_uuid;
    let has_good = project.is_empty() || is_service_id(project);
    if has_good && is_service_id(&submission.session_id) {
        return Ok(submission);
    }
    Err(CallError::Trap(
        "it answered with an id that can't be one; whether the request was taken isn't known"
            .to_owned(),
    ))
}

/// A listing with at most [`LISTED_SESSIONS`] entries, each with an id that can be kept.
///
/// # Errors
/// [`CallError::Limit`]: too many sessions, or too long an id.
pub(crate) fn listing(due: Vec<DueSession>) -> Result<Vec<DueSession>, CallError> {
    // Refused whole, not cut: the sessions behind the cut would silently never be polled.
    if due.len() > LISTED_SESSIONS {
        return Err(CallError::Limit(LimitHit::Listed(LISTED_SESSIONS)));
    }
    if due
        .iter()
        .any(|due| due.session_id.len() > SESSION_ID_BYTES)
    {
        return Err(CallError::Limit(LimitHit::SessionId(SESSION_ID_BYTES)));
    }
    Ok(due)
}

/// A problem in sentences, not in books.
pub(crate) fn problem(problem: Problem) -> Problem {
    Problem {
        message: cut(problem.message),
        advice: problem.advice.map(cut),
        ..problem
    }
}

/// Messages with at most [`ANSWER_VALUES`] values: made objects of, each takes many times its bytes in memory.
///
/// # Errors
/// [`CallError::Limit`].
pub(crate) fn transcript(transcript: Transcript) -> Result<Transcript, CallError> {
    let fields = transcript.messages.iter().map(|message| &message.fields);
    values(fields.map(Vec::len))?;
    Ok(transcript)
}

/// Tasks with at most [`ANSWER_VALUES`] values.
///
/// # Errors
/// [`CallError::Limit`].
pub(crate) fn tasks(tasks: Vec<Task>) -> Result<Vec<Task>, CallError> {
    values(tasks.iter().map(|task| task.fields.len()))?;
    Ok(tasks)
}

/// One value for each that is counted, and those that it has.
fn values(counts: impl Iterator<Item = usize>) -> Result<(), CallError> {
    let values = counts.fold(0, |sum: usize, count| {
        sum.saturating_add(count).saturating_add(1)
    });
    if values > ANSWER_VALUES {
        return Err(CallError::Limit(LimitHit::Values(ANSWER_VALUES)));
    }
    Ok(())
}

/// At most [`LISTED_SESSIONS`] sessions, each with a turn and an id that can be kept.
///
/// # Errors
/// [`CallError::Limit`]: too many sessions, or too long an id.
pub(crate) fn overview(overview: Overview) -> Result<Overview, CallError> {
    if overview.sessions.len() > LISTED_SESSIONS {
        return Err(CallError::Limit(LimitHit::Listed(LISTED_SESSIONS)));
    }
    let ids = overview.sessions.iter().map(|session| &session.session_id);
    if ids.into_iter().any(|id| id.len() > SESSION_ID_BYTES) {
        return Err(CallError::Limit(LimitHit::SessionId(SESSION_ID_BYTES)));
    }
    Ok(overview)
}

/// A configuration whose problem is one in sentences.
pub(crate) fn configuration(configuration: Configuration) -> Configuration {
    Configuration {
        problem: configuration.problem.map(problem),
        ..configuration
    }
}

/// A project under an id that can be shown, typed and put into a command.
///
/// # Errors
/// [`CallError::Trap`] for an id that can't be one.
pub(crate) fn project(project: Project) -> Result<Project, CallError> {
    if is_service_id(&project.project_uuid) {
        return Ok(project);
    }
    Err(CallError::Trap(
        "it answered with a project's id that can't be one".to_owned(),
    ))
}

/// An upload whose address is one line: it is put into the words of a request.
///
/// # Errors
/// [`CallError::Trap`]: what else stands in it would become words of the user's.
pub(crate) fn uploaded(uploaded: Uploaded) -> Result<Uploaded, CallError> {
    let is_plain = |c: char| !c.is_whitespace() && !contract::text::is_unseen(c);
    if uploaded.url.chars().all(is_plain) {
        return Ok(uploaded);
    }
    Err(CallError::Trap(
        "it answered with an address that can't be one; whether the file was uploaded isn't known"
            .to_owned(),
    ))
}

/// Downloads with at most [`ANSWER_VALUES`] files: each is looked for.
///
/// # Errors
/// [`CallError::Limit`].
pub(crate) fn downloaded(downloaded: Downloaded) -> Result<Downloaded, CallError> {
    values([downloaded.files.len(), downloaded.missed.len()].into_iter())?;
    Ok(downloaded)
}

/// By characters, so that no character is cut in two.
fn cut(mut text: String) -> String {
    if let Some((end, _)) = text.char_indices().nth(SENTENCE_CHARS) {
        text.truncate(end);
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::{Event, SessionState};

    fn step_with(text: &str) -> Step {
        Step {
            session_id: "s".to_owned(),
            state: SessionState::Generating,
            next_poll_at_ms: None,
            results: 0,
            delivered: 0,
            events: vec![Event {
                at_ms: 0,
                text: text.to_owned(),
            }],
        }
    }

    #[test]
    fn a_log_ends_at_its_last_byte() {
        // The line's end is one of them.
        assert!(step(step_with("123456789"), "s", 10).is_ok());
        let beyond = step(step_with("1234567890"), "s", 10).err();
        assert!(matches!(beyond, Some(CallError::Limit(LimitHit::Log(10)))));
    }

    #[test]
    fn a_submission_has_ids_that_no_shell_and_no_terminal_would_obey() {
        let of = |session_id: &str, project_uuid: &str| Submission {
            session_id: session_id.to_owned(),
            project_uuid: project_uuid.to_owned(),
            project_url: String::new(),
            channel: None,
            deliverable: false,
            note: String::new(),
            operator_note: None,
        };
        assert!(submission(of("90f05e0c-1", "p_1")).is_ok());
        let long = "x".repeat(129);
        for id in [
            "",
            "a$(id)",
            "a b",
            "a\n",
            "\u{1b}]52;c",
            "../x",
            "ä",
            &long,
        ] {
            assert!(
                matches!(submission(of(id, "p")), Err(CallError::Trap(_))),
                "{id:?}"
            );
            // A service without projects names none.
            let has_none = id.is_empty();
            let answer = submission(of("s", id));
            assert_eq!(
                has_none,
                !matches!(answer, Err(CallError::Trap(_))),
                "{id:?}"
            );
        }
    }

    #[test]
    fn a_listing_ends_at_its_last_session() {
        let due = |count| {
            let one = |n: usize| DueSession {
                session_id: n.to_string(),
                at_ms: 0,
            };
            listing((0..count).map(one).collect())
        };
        assert!(due(LISTED_SESSIONS).is_ok());
        assert!(matches!(
            due(LISTED_SESSIONS + 1),
            Err(CallError::Limit(LimitHit::Listed(LISTED_SESSIONS)))
        ));
    }

    #[test]
    fn an_id_ends_at_its_last_byte() {
        let due = |bytes: usize| {
            let session_id = "x".repeat(bytes);
            listing(vec![DueSession {
                session_id,
                at_ms: 0,
            }])
        };
        assert!(due(SESSION_ID_BYTES).is_ok());
        assert!(matches!(
            due(SESSION_ID_BYTES + 1),
            Err(CallError::Limit(LimitHit::SessionId(_)))
        ));
    }

    #[test]
    fn a_sentence_is_cut_behind_its_last_character() {
        let long = "字".repeat(SENTENCE_CHARS);
        assert_eq!(cut(long.clone()), long);
        assert_eq!(cut(format!("{long}字")), format!("{long}…"));
    }
}
