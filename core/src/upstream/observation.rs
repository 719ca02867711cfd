//! What is to be seen of a job, in terms that no service owns, and what to make of it. docs/spec.md section 6 is the source
//! of the judgement.

use serde_json::Value;

use super::results::ResultUrl;
use crate::json::stored;

/// Polls without anything new after which the backend is taken to have said its last word.
pub const QUIET_POLLS: u32 = 3;

/// Polls without anything new after which words alone, with nothing asked for and nothing under way, are taken for all
/// that comes: some minutes. An agent that still means to begin does so within seconds.
pub const QUIET_POLLS_OF_WORDS: u32 = 15;

/// Where a turn's messages begin, noted when it was submitted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Baseline {
    /// The highest number seen before the submit.
    pub last_seq: Option<u64>,
    /// How many messages there were before it.
    pub count: usize,
}

stored!(Baseline { last_seq, count });

/// What is known of a turn when its messages are looked for.
pub struct TurnMark<'a> {
    /// Its baseline.
    pub baseline: &'a Baseline,
    /// The words that were sent.
    pub text: &'a str,
    /// What the service gave beside the session: its project, or the run that answers this turn.
    pub project: &'a str,
    /// Whether it has ended: nothing more of it is looked for.
    pub is_over: bool,
}

/// What is to be seen of a job.
#[derive(Debug, Clone, PartialEq)]
pub struct View {
    /// As the service shows it: what people are given who ask for the job itself.
    pub shown: Value,
    /// What each turn that was asked about comes to, in their order.
    pub turns: Vec<Observation>,
    /// All results in it, without the user's own files.
    pub results: Vec<ResultUrl>,
    /// Where the messages of a next turn would begin.
    pub end: Baseline,
}

/// What is to be seen of one turn, whatever the shape of its service. A task service says with `answered`, `under_way` and
/// `last_word` whether its task waits, is worked on or has ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Observation {
    /// The newest link of each result, in order, without the user's own files.
    pub results: Vec<ResultUrl>,
    /// How much is still under way, questions not among it.
    pub under_way: usize,
    /// The question that waits for the user.
    pub question: Option<String>,
    /// Why it failed, where the last that came of it is a failure.
    pub failure: Option<String>,
    /// Whether the service has said its last word: nothing will follow the last result or failure.
    pub last_word: bool,
    /// What the service says of it, in its own words.
    pub says: Option<String>,
    /// Whether these words are the last of all, and begin nothing.
    pub ends_in_words: bool,
    /// Whether the backend has answered at all.
    pub answered: bool,
    /// How much there is to see, such as messages: a poll is quiet when this stays.
    pub count: usize,
}

/// What to make of a turn now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// No answer yet.
    Waiting,
    /// The backend works.
    Working,
    /// It asks the user this.
    Asks(String),
    /// All results are there; the reason, when its last tool failed nevertheless.
    Complete(Option<String>),
    /// It failed for this reason.
    Failed(String),
}

/// Judges what was observed; `quiet_polls` counts the polls in a row, this one included, that
/// brought nothing new.
#[must_use]
pub fn judge(seen: &Observation, quiet_polls: u32) -> Verdict {
    // Not at the first result: a prompt gives up to nine, over several messages (`first-url-ends` in the
    // simulation).
    let settled = seen.under_way == 0 && (seen.last_word || quiet_polls >= QUIET_POLLS);
    // First: while it waits for the user it makes nothing more, whatever is there already.
    if let Some(question) = &seen.question {
        return Verdict::Asks(question.clone());
    }
    if settled && !seen.results.is_empty() {
        // Results count more than a failure beside them: what was made is paid for.
        return Verdict::Complete(seen.failure.clone());
    }
    if settled && let Some(error) = &seen.failure {
        return Verdict::Failed(error.clone());
    }
    // Some backends refuse in plain words. Without this such a job would be watched for two hours.
    if let Some(words) = &seen.says
        && seen.ends_in_words
        && seen.under_way == 0
        && seen.results.is_empty()
        && quiet_polls >= QUIET_POLLS_OF_WORDS
    {
        return Verdict::Failed(format!("nothing was made; the service says: {words}"));
    }
    if seen.answered {
        Verdict::Working
    } else {
        Verdict::Waiting
    }
}
