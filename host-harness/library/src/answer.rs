//! What the component answers, before anybody believes it: about the session that was asked for, and no longer than
//! its log, its listing or a sentence may be.

use crate::bindings::{DueSession, Failure, Problem, Step};
use crate::error::{CallError, LimitHit};
use crate::limits::LISTED_SESSIONS;

/// A failure's sentence or advice is cut here: what is longer is no sentence, and would be printed with every retry.
const SENTENCE_CHARS: usize = 4_000;

/// A step of the session `asked`, with at most `log_bytes` of text for its log.
pub(crate) fn step(step: Step, asked: &str, log_bytes: usize) -> Result<Step, CallError> {
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

/// A listing with at most [`LISTED_SESSIONS`] entries.
pub(crate) fn listing(due: Vec<DueSession>) -> Result<Vec<DueSession>, CallError> {
    if due.len() > LISTED_SESSIONS {
        return Err(CallError::Limit(LimitHit::Listed(LISTED_SESSIONS)));
    }
    Ok(due)
}

/// A problem in sentences, not in books.
pub(crate) fn problem(problem: Problem) -> Problem {
    let short = |failure: Failure| Failure {
        message: cut(failure.message),
        advice: cut(failure.advice),
        ..failure
    };
    match problem {
        Problem::Temporary(failure) => Problem::Temporary(short(failure)),
        Problem::Permanent(failure) => Problem::Permanent(short(failure)),
        Problem::PermanentOutcomeUnknown(failure) => {
            Problem::PermanentOutcomeUnknown(short(failure))
        }
    }
}

fn cut(mut text: String) -> String {
    if let Some((end, _)) = text.char_indices().nth(SENTENCE_CHARS) {
        text.truncate(end);
        text.push('…');
    }
    text
}
