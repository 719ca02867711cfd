//! What must be true when a run is over: what the chat got, what was charged, what is told. Looks at the fakes and
//! at what `recover` says, never into the state folder.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use host::{Overview, SessionState, UnknownSubmit};

use super::parties::{Charge, Said};
use super::scenario;

/// A promise that was broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A result, a notice or a session that nobody hears of.
    Lost,
    /// Shown twice.
    Duplicate,
    /// Charged twice.
    RepeatedSubmit,
    /// Charged, and nobody was told.
    Untold,
    /// It doesn't come to an end.
    Unsettled,
    /// A call failed that must not.
    Broken,
}

/// One broken promise.
#[derive(Debug, Clone)]
pub struct Violation {
    pub kind: Kind,
    pub words: String,
}

impl Violation {
    pub fn new(kind: Kind, words: impl Into<String>) -> Self {
        Self {
            kind,
            words: words.into(),
        }
    }
}

/// What became of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It is a turn of a session: everything of it must arrive.
    Stored,
    /// It was charged and its answer was lost, which the user was told: what of it arrives is welcome.
    Told,
}

/// One request.
pub struct Turn {
    pub text: String,
    pub shown: &'static [&'static str],
    pub fate: Fate,
}

pub struct Evidence<'a> {
    pub turns: &'a [Turn],
    /// Submits that were cut off: the chat may be told of each, once.
    pub cut: usize,
    pub charges: &'a [Charge],
    /// What stood in the chat when the timer had nothing left to do,
    pub shown: &'a [String],
    /// and when a person had asked for everything once more.
    pub shown_after_recover: &'a [String],
    /// What that person was told.
    pub recovered: Option<&'a Overview>,
}

/// What a message begins with that tells of a submit of unknown outcome.
const UNKNOWN: &str = "⚠️";

/// A line that says how far a turn is. It is no delivery: it may be there or not, and once at most.
const LINE: &str = "a line";

/// Looks for broken promises.
pub fn judge(evidence: &Evidence<'_>) -> Vec<Violation> {
    let mut found = Vec::new();
    messages(evidence, evidence.shown, &mut found);
    if evidence.shown_after_recover != evidence.shown {
        let words = format!(
            "recover changed the chat to {:?}",
            evidence.shown_after_recover
        );
        found.push(Violation::new(Kind::Duplicate, words));
    }
    for turn in evidence.turns {
        let charges = evidence.charges.iter();
        let times = charges
            .filter(|charge| charge.text.starts_with(&turn.text))
            .count();
        if times > 1 {
            let words = format!("“{}” was charged {times} times", turn.text);
            found.push(Violation::new(Kind::RepeatedSubmit, words));
        }
    }
    unknown(evidence, &mut found);
    sessions(evidence, &mut found);
    found
}

fn messages(evidence: &Evidence<'_>, shown: &[String], found: &mut Vec<Violation>) {
    // How often each may stand there: at least and at most.
    let mut wanted: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for turn in evidence.turns {
        for item in turn.shown {
            let (least, most) = wanted.entry(item).or_default();
            *least += usize::from(turn.fate == Fate::Stored);
            *most += 1;
        }
    }
    for item in shown {
        wanted.entry(item).or_default();
    }
    wanted.entry(UNKNOWN).or_default().1 += evidence.cut;
    wanted.entry(LINE).or_default().1 += evidence.turns.len();
    for (item, (least, most)) in wanted {
        let times = shown.iter().filter(|known| *known == item).count();
        if times < least {
            let words = format!("{item} was shown {times} times instead of {least}: {shown:?}");
            found.push(Violation::new(Kind::Lost, words));
        }
        if times > most {
            let words = format!("{item} was shown {times} times instead of {most}: {shown:?}");
            found.push(Violation::new(Kind::Duplicate, words));
        }
    }
}

/// Of what nobody knows, every command says so until a person has it forgotten.
fn unknown(evidence: &Evidence<'_>, found: &mut Vec<Violation>) {
    let listed = evidence
        .recovered
        .map_or(&[][..], |overview| &overview.unknown_submits);
    for turn in evidence.turns.iter().filter(|turn| turn.fate == Fate::Told) {
        let is_its = |one: &UnknownSubmit| one.text.starts_with(&turn.text);
        if !listed.iter().any(is_its) {
            let words = format!("recover says nothing of “{}”", turn.text);
            found.push(Violation::new(Kind::Untold, words));
        }
    }
}

fn sessions(evidence: &Evidence<'_>, found: &mut Vec<Violation>) {
    let listed = evidence
        .recovered
        .map_or(&[][..], |overview| &overview.sessions);
    let is_told = evidence.turns.iter().any(|turn| turn.fate == Fate::Told);
    for session in listed {
        let (id, state) = (&session.session_id, session.state);
        // A question whose answer was lost on its way stays open, until the session is given up.
        let is_open_question = is_told && state == SessionState::AwaitingUser;
        let has_ended = matches!(state, SessionState::Completed | SessionState::Failed);
        if !has_ended && !is_open_question {
            found.push(Violation::new(
                Kind::Unsettled,
                format!("session {id} stays {}", state.name()),
            ));
        }
        for result in session.turns.iter().flat_map(|turn| &turn.results) {
            // One that an earlier installation delivered was none of ours.
            if result.delivery.is_some_and(|state| !state.is_in_the_chat()) {
                let words = format!("recover says {result:?}");
                found.push(Violation::new(Kind::Lost, words));
            }
        }
    }
    let stored = evidence.turns.iter();
    if listed.is_empty() && stored.filter(|turn| turn.fate == Fate::Stored).count() > 0 {
        found.push(Violation::new(Kind::Lost, "recover knows no session"));
    }
}

/// What messages show: each result by its name, as media or as a link, and of other texts the sign they begin with.
pub fn items(messages: &[Said]) -> Vec<String> {
    messages.iter().flat_map(shows).collect()
}

fn shows(message: &Said) -> Vec<String> {
    if message.is_line() {
        return vec![LINE.to_owned()];
    }
    if !message.media.is_empty() {
        let digests = message.media.iter().map(String::as_str);
        let named = digests.map(|digest| names().get(digest).copied().unwrap_or(digest));
        return named.map(str::to_owned).collect();
    }
    let text = &message.text;
    let links = scenario::results()
        .into_iter()
        .map(|(name, _)| name)
        .filter(|name| text.contains(&scenario::path(name)));
    let links: Vec<String> = links.map(str::to_owned).collect();
    if links.is_empty() {
        let sign = text.split_whitespace().next();
        return vec![sign.unwrap_or_default().to_owned()];
    }
    links
}

/// Results by their content.
fn names() -> &'static BTreeMap<String, &'static str> {
    static NAMES: OnceLock<BTreeMap<String, &'static str>> = OnceLock::new();
    NAMES.get_or_init(|| {
        let results = scenario::results().into_iter();
        results.map(|(name, file)| (file.sha256(), name)).collect()
    })
}
