//! What became of a submit whose answer was lost, by what the service lists. A submit is never repeated by itself,
//! whatever is found.

use super::{Baseline, Submitted};
use crate::io::UnixMs;

/// A submit whose answer was lost, as its intent has it.
pub struct Lost<'a> {
    /// The words.
    pub words: &'a str,
    /// The session that it continues, and its project; none for a new request.
    pub continues: Option<&'a Submitted>,
    /// Where its turn's messages begin, when it continues a session.
    pub baseline: Option<&'a Baseline>,
    /// When it began, by this machine's clock.
    pub started_at_ms: UnixMs,
    /// What was stored so that the service can be asked for it, where it gave something.
    pub trace: Option<&'a str>,
}

/// What a service shows of a lost submit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sighting {
    /// Jobs that may be it.
    pub candidates: Vec<Submitted>,
    /// Whether a job that isn't among them certainly isn't there: the service lists every one of that time, and long
    /// enough has passed.
    pub is_complete: bool,
    /// Whether a job may show up that isn't there yet: it is worth asking again.
    pub may_come: bool,
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// It is this job.
    Ours(Submitted),
    /// It was certainly not taken: nothing was charged.
    NotTaken,
    /// It may be one of several: only a person can say.
    Several,
    /// It may still show up: asked again, the service may know more.
    NotYet,
    /// Nothing is proved.
    CannotSay,
}

/// Judges what is left of a sighting, once the jobs that are known to be others' have been taken out.
#[must_use]
pub fn fate(mut seen: Sighting) -> Fate {
    match (seen.candidates.pop(), seen.candidates.is_empty()) {
        (Some(one), true) => Fate::Ours(one),
        // Never the likelier of two: a wrong guess would give one user's film to another's chat.
        (Some(_), false) => Fate::Several,
        (None, _) if seen.is_complete => Fate::NotTaken,
        (None, _) if seen.may_come => Fate::NotYet,
        (None, _) => Fate::CannotSay,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_candidate_is_ours_and_only_a_complete_list_proves_that_there_is_none() {
        let job = |id: &str| Submitted::job(id.to_owned(), String::new());
        for (candidates, is_complete, may_come, expected) in [
            (vec![job("a")], false, true, Fate::Ours(job("a"))),
            (vec![job("a")], true, false, Fate::Ours(job("a"))),
            (vec![job("a"), job("b")], true, false, Fate::Several),
            (vec![job("a"), job("b")], false, true, Fate::Several),
            (vec![], true, false, Fate::NotTaken),
            (vec![], false, true, Fate::NotYet),
            (vec![], false, false, Fate::CannotSay),
        ] {
            let seen = Sighting {
                candidates,
                is_complete,
                may_come,
            };
            assert_eq!(fate(seen.clone()), expected, "{seen:?}");
        }
    }
}
