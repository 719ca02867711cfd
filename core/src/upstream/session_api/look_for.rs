//! The session that came of a submit whose answer was lost: one in which its words were said behind the place where it
//! began. Nothing tells two that said the same apart, and no list is certain to be whole.

use contract::ids::is_service_id;

use super::messages::{self, Role};
use super::{Dialect, list};
use crate::io::Io;
use crate::upstream::{Baseline, Error, Lost, Sighting, Submitted, Upstream};
use serde_json::Value;

/// Looks into the session that a submit continued, or into those of `ids`, which may have come of a new request.
///
/// # Errors
/// [`Error`], only where asking again may give something else.
pub fn look_for(
    dialect: &Dialect,
    io: &Io,
    upstream: &Upstream<'_>,
    lost: &Lost<'_>,
    ids: &[String],
) -> Result<Sighting, Error> {
    let mut candidates = Vec::new();
    match lost.continues {
        Some(session) => {
            if says_once(dialect, io, upstream, &session.session_id, lost)? {
                candidates.push(session.clone());
            }
        }
        None => {
            for id in ids.iter().filter(|id| is_service_id(id)) {
                if says_once(dialect, io, upstream, id, lost)? {
                    candidates.push(Submitted::job(id.clone(), String::new()));
                }
            }
        }
    }
    Ok(Sighting {
        candidates,
        // No list of this API is certain to be whole: that one isn't there proves nothing.
        is_complete: false,
        may_come: false,
    })
}

/// Only a question that didn't get through is asked again: a service that refuses it will do so next time.
///
/// # Errors
/// [`Error`].
pub fn answered<T>(answer: Result<T, Error>) -> Result<Option<T>, Error> {
    match answer {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.passes() => Err(error),
        Err(_) => Ok(None),
    }
}

/// Whether the words of the submit were said in this session exactly once behind its baseline.
///
/// # Errors
/// [`Error`], only where asking again may give something else.
fn says_once(
    dialect: &Dialect,
    io: &Io,
    upstream: &Upstream<'_>,
    session_id: &str,
    lost: &Lost<'_>,
) -> Result<bool, Error> {
    let list = answered(list(dialect, io, upstream, session_id, None))?;
    // Exactly once: said twice, one of the two may be an earlier request of the same words.
    Ok(list.is_some_and(|list| said(&list, lost.baseline, lost.words) == 1))
}

/// How often these words were said by the user behind a baseline.
fn said(list: &Value, baseline: Option<&Baseline>, words: &str) -> usize {
    let messages = messages::parse(list);
    let start = baseline.map_or(0, |baseline| baseline.start(&messages));
    let spoken = messages.iter().skip(start);
    spoken
        .filter(|message| message.role == Role::User && message.text.trim() == words.trim())
        .count()
}
