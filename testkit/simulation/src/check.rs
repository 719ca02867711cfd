//! What must be true when a run is over: what the user was shown and told, against what was charged and made. By the traits of
//! the channel, and by no name of one: what a platform can't promise has to be told instead.
//!
//! | promise | broken as |
//! |---|---|
//! | every result is shown, or people are told why not | `Lost`, `Untold` |
//! | none is shown twice, as media or as a link | `Duplicate` |
//! | a job has one line that tells how far it is | `Duplicate` |
//! | nothing is paid for twice | `RepeatedSubmit` |
//! | of two jobs that may be ours none is taken | `Guessed` |
//! | nobody else's result is shown | `Foreign` |
//! | what is told is so | `Untrue` |
//! | everything ends | `Unsettled` |

use libtv_video_core::channel::traits::Traits;
use libtv_video_core::json::Stored;
use libtv_video_core::session::{Asked, Delivery, DeliveryState, Purpose};
use libtv_video_core::store::record;
use libtv_video_core::store::submits::Submit;
use serde_json::Value;

use super::chats::{Chat, Shown};
use super::disk::Disk;
use super::services::{Ledger, Made, leads_to};

/// A promise that was broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A result, a notice or a session that nobody hears of.
    Lost,
    /// Shown twice.
    Duplicate,
    /// Charged twice.
    RepeatedSubmit,
    /// A submit of unknown outcome that wasn't told.
    Untold,
    /// It doesn't come to an end.
    Unsettled,
    /// A key came to the service of the other one.
    MisplacedKey,
    /// Of several jobs that may have come of a submit one was taken.
    Guessed,
    /// Somebody else's result was shown.
    Foreign,
    /// Something was told that isn't so.
    Untrue,
}

/// One broken promise.
#[derive(Debug, Clone)]
pub struct Violation {
    /// Which.
    pub kind: Kind,
    /// In words.
    pub words: String,
}

impl Violation {
    pub(super) fn new(kind: Kind, words: impl Into<String>) -> Self {
        Self {
            kind,
            words: words.into(),
        }
    }
}

/// What the user knows.
#[derive(Default)]
pub(super) struct Heard {
    /// Sessions whose submit was acknowledged.
    pub(super) acknowledged: Vec<String>,
    /// Texts of submits that ended with an unknown outcome.
    pub(super) unknown: Vec<String>,
    /// What the last `recover` said.
    pub(super) recovered: Value,
}

impl Heard {
    /// A line on stdout: `recover` prints one.
    pub(super) fn printed(&mut self, line: &str) {
        // Other commands print sentences, and a repeated `recover` replaces what the earlier one said.
        let Ok(json) = serde_json::from_str::<Value>(line) else {
            return;
        };
        if json.get("sessions").is_some() {
            self.recovered = json;
        }
    }
}

/// What is left of a run, for who judges it.
pub(super) struct Evidence<'a> {
    /// What was charged, and what came of it.
    pub(super) ledger: &'a Ledger,
    /// What the chat shows.
    pub(super) chat: &'a Chat,
    /// What its channel takes and promises.
    pub(super) traits: &'static Traits,
    /// What the core has on record.
    pub(super) disk: &'a Disk,
    /// What the user was told.
    pub(super) heard: &'a Heard,
    /// Results that were in the chat before the run.
    pub(super) shown_before: &'a [String],
    /// Whether the machine's clock was never set: by a wrong one a link may look dead.
    pub(super) has_right_clock: bool,
}

impl Evidence<'_> {
    /// Whether a result may have arrived, and its chat is told so with its link, in a message of its own.
    fn is_note(&self, shown: &Shown) -> bool {
        self.traits.leaves_open() && shown.text.contains("⚠️ Whether this result")
    }

    /// How often a result stands in the chat, as media or as a link, or stood there before the run.
    fn times_shown(&self, file: &str) -> usize {
        let shown = self.chat.shown.iter();
        let shown = shown.filter(|shown| leads_to(shown.links(), file) && !self.is_note(shown));
        shown.count() + usize::from(self.shown_before.iter().any(|known| known == file))
    }

    /// Whether the chat was told that a result's link is dead, and it was, or looked so by a clock that was set.
    fn is_told_dead(&self, made: &Made) -> bool {
        let has_died = |at_ms| has_died(made, at_ms) || !self.has_right_clock;
        let mut shown = self.chat.shown.iter();
        shown.any(|shown| says_dead(shown) && has_died(shown.at_ms))
    }
}

/// Whether a message says that the link of a result is dead.
fn says_dead(shown: &Shown) -> bool {
    shown.text.contains("the link is dead by now")
}

/// Whether a message says that a request was never taken.
fn denies(shown: &Shown, request: &str) -> bool {
    shown.text.contains("nothing was charged") && shown.text.contains(request)
}

/// Whether the newest link to a result was dead at a time.
fn has_died(made: &Made, at_ms: u64) -> bool {
    made.dies_at_ms.is_some_and(|dead_ms| dead_ms <= at_ms)
}

/// Looks for broken promises.
pub(super) fn check(evidence: &Evidence<'_>) -> Vec<Violation> {
    let mut found = Vec::new();
    submits(evidence, &mut found);
    sessions(evidence, &mut found);
    results(evidence, &mut found);
    notices(evidence, &mut found);
    truths(evidence, &mut found);
    lines(evidence, &mut found);
    if evidence.ledger.misplaced_keys > 0 {
        found.push(Violation::new(
            Kind::MisplacedKey,
            "a key came to the other service",
        ));
    }
    found
}

/// The records of a kind in all sessions; what can't be read is left out.
fn records<'a, T: Stored + 'a>(
    disk: &'a Disk,
    part: &'a str,
    kind: &'a str,
) -> impl Iterator<Item = T> + 'a {
    disk.files()
        .filter(move |path| path.starts_with("sessions/") && path.contains(part))
        .filter_map(move |path| record::decode(kind, disk.content(path)?).ok())
}

/// Whether a charged submit has become a turn.
fn is_stored(evidence: &Evidence<'_>, charge: usize) -> bool {
    let charge = &evidence.ledger.charges[charge];
    records::<Asked>(evidence.disk, "/asked-", "asked")
        .any(|asked| asked.session_id == charge.session_id && asked.text.starts_with(&charge.text))
}

/// Whether a charge of these words has become a turn: of two that one request was made into, either.
fn has_turn(evidence: &Evidence<'_>, text: &str) -> bool {
    let mut charges = evidence.ledger.charges.iter().enumerate();
    charges.any(|(at, charge)| charge.text == text && is_stored(evidence, at))
}

/// Looks for what was lost when no command followed, nothing but the timer: a submit that was cut off becomes a session
/// whose results arrive, or the chat that asked is told.
pub(super) fn by_timer(evidence: &Evidence<'_>) -> Vec<Violation> {
    let mut found = Vec::new();
    let chat = &evidence.chat.shown;
    for charge in &evidence.ledger.charges {
        let is_told = |text: &str| text.starts_with('⚠') && text.contains(&charge.text);
        if !has_turn(evidence, &charge.text) && !chat.iter().any(|shown| is_told(&shown.text)) {
            let intent =
                intents(evidence.disk).find(|intent| intent.text.starts_with(&charge.text));
            // The message may have been sent and its answer lost: it isn't repeated then, and that is what was
            // promised.
            let may_be = intent.is_some_and(|intent| intent.told);
            if !may_be {
                let words = format!("“{}” was charged, and its chat wasn't told", charge.text);
                found.push(Violation::new(Kind::Untold, words));
            }
        }
    }
    for made in &evidence.ledger.made {
        let ended = |delivery: &Delivery| {
            let is_its = delivery
                .result()
                .is_some_and(|result| leads_to(result.as_str(), &made.file));
            is_its && !delivery.state.is_open()
        };
        // Failed and uncertain ones have ended as well: that is told by `recover`, and `results` looks for it.
        let has_ended = records(evidence.disk, "/d-", "delivery").any(|delivery| ended(&delivery));
        let is_known = evidence.times_shown(&made.file) > 0 || evidence.is_told_dead(made);
        if is_stored(evidence, made.charge) && !is_known && !has_ended {
            let words = format!("{} waits for a command", made.file);
            found.push(Violation::new(Kind::Lost, words));
        }
    }
    found
}

/// The intents that took their names. What is left of one that couldn't be stored has none, and sent nothing.
fn intents(disk: &Disk) -> impl Iterator<Item = Submit> + '_ {
    disk.files()
        .filter(|path| path.starts_with("submits/") && !path.starts_with("submits/."))
        .filter_map(|path| record::decode("submit", disk.content(path)?).ok())
}

/// Each request is charged once, and each charge is a session or told.
fn submits(evidence: &Evidence<'_>, found: &mut Vec<Violation>) {
    // A submit of unknown outcome is told by every command, so by the last one.
    let told = |text: &str| {
        let unknown = evidence.heard.recovered["unknownSubmits"].as_array();
        let mut texts = unknown.into_iter().flatten().map(|one| &one["text"]);
        texts.any(|one| one.as_str().is_some_and(|one| one.starts_with(text)))
    };
    for (at, charge) in evidence.ledger.charges.iter().enumerate() {
        // By the text: each request of a scenario has its own, so that two charges of one text are one request
        // paid twice.
        // What something on the way made two of isn't our doing.
        if !charge.is_twin
            && evidence.ledger.charges[..at]
                .iter()
                .any(|other| other.text == charge.text)
        {
            found.push(Violation::new(
                Kind::RepeatedSubmit,
                format!("“{}” was charged twice", charge.text),
            ));
        }
        let is_denied = !evidence.has_right_clock
            && evidence
                .chat
                .shown
                .iter()
                .any(|shown| denies(shown, &charge.text));
        if !has_turn(evidence, &charge.text) && !told(&charge.text) && !is_denied {
            found.push(Violation::new(
                Kind::Untold,
                format!("“{}” was charged, and nobody was told", charge.text),
            ));
        }
    }
    for text in &evidence.heard.unknown {
        let charges = evidence.ledger.charges.iter().enumerate();
        let mut its = charges.filter(|(_, charge)| charge.text.starts_with(text));
        // One that was never taken ends with the word of it; that it is true is judged by `truths`.
        let mut shown = evidence.chat.shown.iter();
        let is_denied = shown.any(|shown| denies(shown, text));
        if !its.any(|(at, _)| is_stored(evidence, at)) && !told(text) && !is_denied {
            found.push(Violation::new(
                Kind::Untold,
                format!("the outcome of “{text}” is unknown, and later commands don't say so"),
            ));
        }
    }
}

/// The sessions that the last `recover` listed.
fn listed<'a>(evidence: &Evidence<'a>) -> impl Iterator<Item = &'a Value> + use<'a> {
    evidence.heard.recovered["sessions"]
        .as_array()
        .into_iter()
        .flatten()
}

/// What was acknowledged is still there, and everything comes to an end.
fn sessions(evidence: &Evidence<'_>, found: &mut Vec<Violation>) {
    for id in &evidence.heard.acknowledged {
        if !listed(evidence).any(|session| session["sessionId"] == id.as_str()) {
            found.push(Violation::new(
                Kind::Lost,
                format!("session {id} was acknowledged and is gone"),
            ));
        }
    }
    for session in listed(evidence) {
        // A session may end as any of these after faults; what it must not do is go on for ever.
        if !["completed", "failed", "timeout"]
            .iter()
            .any(|state| session["state"] == *state)
        {
            found.push(Violation::new(
                Kind::Unsettled,
                format!(
                    "session {} stays {}",
                    session["sessionId"], session["state"]
                ),
            ));
        }
    }
}

/// What people are told of a result's delivery: by the last `recover`, and of one that it has opened anew, by what the timer has
/// made of that since.
fn told_of<'a>(evidence: &Evidence<'a>, made: &Made) -> &'a str {
    let said = listed(evidence)
        .flat_map(|session| session["results"].as_array().into_iter().flatten())
        .find(|result| leads_to(result["url"].as_str().unwrap_or(""), &made.file))
        .and_then(|result| result["delivery"].as_str());
    if said != Some(DeliveryState::Pending.name()) {
        return said.unwrap_or("nothing");
    }
    let is_its = |delivery: &Delivery| {
        let result = delivery.result();
        result.is_some_and(|result| leads_to(result.as_str(), &made.file))
    };
    let now = records(evidence.disk, "/d-", "delivery").find(is_its);
    now.map_or(DeliveryState::Pending, |one| one.state).name()
}

/// Whether the last `recover` has opened anew what it didn't come to.
pub(super) fn waits(evidence: &Evidence<'_>) -> bool {
    let mut deliveries = records(evidence.disk, "/d-", "delivery");
    deliveries.any(|one: Delivery| one.state.is_open())
}

/// How many results may or may not be in the chat, by what people are told.
pub(super) fn uncertain(evidence: &Evidence<'_>) -> usize {
    let made = evidence.ledger.made.iter();
    made.filter(|made| told_of(evidence, made) == "uncertain")
        .count()
}

/// Each result is shown once, or is said to be uncertain or failed.
fn results(evidence: &Evidence<'_>, found: &mut Vec<Violation>) {
    for made in &evidence.ledger.made {
        let file = &made.file;
        // Media and link together: a result that stands there as both was shown twice.
        let shown = evidence.times_shown(file);
        if shown > 1 {
            found.push(Violation::new(
                Kind::Duplicate,
                format!("{file} was shown {shown} times"),
            ));
        }
        // What became no turn is judged by `submits`: nobody here knows of its results.
        if !is_stored(evidence, made.charge) {
            continue;
        }
        let told = told_of(evidence, made);
        if told == "uncertain" {
            notes(evidence, made, found);
        }
        // Both are admitted and shown to people; anything else claims that it is on its way or there.
        let is_told = told == "uncertain" || told == "failed" || evidence.is_told_dead(made);
        if shown == 0 && !is_told {
            found.push(Violation::new(
                Kind::Lost,
                format!("{file} was never shown; recover says {told}"),
            ));
        }
    }
}

/// Where nothing tells whether a result arrived, its chat gets a note with its link, once; unless the note's own fate isn't
/// known either.
fn notes(evidence: &Evidence<'_>, made: &Made, found: &mut Vec<Violation>) {
    if !evidence.traits.leaves_open() {
        return;
    }
    let shown = evidence.chat.shown.iter();
    let notes = shown.filter(|shown| evidence.is_note(shown) && leads_to(&shown.text, &made.file));
    let tried = |note: &Delivery| {
        let words = note.message.as_ref().and_then(|message| message.words());
        note.purpose == Purpose::Uncertain
            && !note.state.is_open()
            && words.is_some_and(|words| leads_to(words, &made.file))
    };
    match notes.count() {
        1 => {}
        0 if records(evidence.disk, "/d-", "delivery").any(|note| tried(&note)) => {}
        0 => {
            let words = format!("that {} may have arrived was told to nobody", made.file);
            found.push(Violation::new(Kind::Untold, words));
        }
        more => {
            let words = format!("{} has {more} notes", made.file);
            found.push(Violation::new(Kind::Duplicate, words));
        }
    }
}

/// Nothing is said, shown or taken for ours that isn't so.
fn truths(evidence: &Evidence<'_>, found: &mut Vec<Violation>) {
    let Evidence { ledger, chat, .. } = evidence;
    for (at, charge) in ledger.charges.iter().enumerate() {
        // Whatever became of it: it was charged.
        let denied = chat.shown.iter().find(|shown| denies(shown, &charge.text));
        // By a clock that was set forward the list has had its time when it hasn't.
        if let Some(shown) = denied.filter(|_| evidence.has_right_clock) {
            let words = format!("it was charged: {}", shown.text);
            found.push(Violation::new(Kind::Untrue, words));
        }
        let has_twin = ledger
            .charges
            .iter()
            .any(|other| other.text == charge.text && (other.is_twin || charge.is_twin));
        if has_twin && !charge.is_answered && is_stored(evidence, at) {
            let words = format!("“{}” may be either of two", charge.text);
            found.push(Violation::new(Kind::Guessed, words));
        }
    }
    for file in &ledger.foreign {
        if chat.shown.iter().any(|shown| leads_to(shown.links(), file)) {
            let words = format!("{file} is somebody else's");
            found.push(Violation::new(Kind::Foreign, words));
        }
    }
    for shown in chat.shown.iter().filter(|shown| says_dead(shown)) {
        let mut made = ledger.made.iter();
        if evidence.has_right_clock && !made.any(|made| has_died(made, shown.at_ms)) {
            let words = format!("no link is dead: {}", shown.text);
            found.push(Violation::new(Kind::Untrue, words));
        }
    }
}

/// A turn has one line that tells how far it is, at most. It shows no result.
fn lines(evidence: &Evidence<'_>, found: &mut Vec<Violation>) {
    let lines = &evidence.chat.lines;
    for line in lines {
        let quoted = line.text.split(['“', '”']).nth(1).unwrap_or_default();
        let asked = quoted.trim_end_matches('…');
        let turns = records::<Asked>(evidence.disk, "/asked-", "asked");
        let turns = turns.filter(|turn| turn.words().starts_with(asked)).count();
        let same = |other: &&super::chats::Line| other.text.contains(quoted);
        let shown = lines.iter().filter(same).count();
        if asked.is_empty() || shown > turns {
            let words = format!("{shown} lines of {turns} turns: {}", line.text);
            found.push(Violation::new(Kind::Duplicate, words));
        }
        let mut made = evidence.ledger.made.iter();
        if made.any(|made| leads_to(&line.text, &made.file)) {
            let words = format!("a line leads to a result: {}", line.text);
            found.push(Violation::new(Kind::Untrue, words));
        }
    }
}

/// No notice is shown twice, and a failure is told.
fn notices(evidence: &Evidence<'_>, found: &mut Vec<Violation>) {
    let chat = &evidence.chat.shown;
    for (at, notice) in chat.iter().enumerate() {
        let same = |other: &&Shown| notice.media.is_none() && other.text == notice.text;
        // Two submits of the same text that were both lost are told by the same text, once each. They are counted by
        // their intents: by the keys of the messages, one that is told again under a fresh key would pass.
        let told_of = intents(evidence.disk).filter(|intent| notice.text.contains(&intent.text));
        if chat[..at].iter().filter(same).count() >= told_of.count().max(1) {
            found.push(Violation::new(
                Kind::Duplicate,
                format!("told twice: {}", notice.text),
            ));
        }
    }
    for (at, charge) in evidence.ledger.charges.iter().enumerate() {
        let open = |delivery: &Delivery| {
            delivery.purpose == Purpose::Failure
                && matches!(
                    delivery.state,
                    DeliveryState::Uncertain | DeliveryState::Failed
                )
        };
        // By a clock that was set a day ahead the time for a result is over, and that is what the chat is told of instead.
        let is_told = |shown: &Shown| {
            let is_over = !evidence.has_right_clock && shown.text.starts_with('⌛');
            shown.text.starts_with('❌') || is_over
        };
        if charge.text.contains("fail")
            && is_stored(evidence, at)
            && !chat.iter().any(is_told)
            && !records(evidence.disk, "/d-", "delivery").any(|delivery| open(&delivery))
        {
            found.push(Violation::new(Kind::Lost, "the failure was told to nobody"));
        }
    }
}
