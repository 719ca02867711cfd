//! What must be true when a run is over: what the user was shown and told, against what was charged
//! and made.

use libtv_video_core::json::Stored;
use libtv_video_core::session::{Asked, Delivery, DeliveryState, Purpose};
use libtv_video_core::store::record;
use libtv_video_core::store::submits::Submit;
use serde_json::Value;

use super::disk::Disk;
use super::feishu::{Feishu, Shown};
use super::libtv::{LibTv, leads_to};

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
    pub(super) libtv: &'a LibTv,
    /// What the chat shows.
    pub(super) feishu: &'a Feishu,
    /// What the core has on record.
    pub(super) disk: &'a Disk,
    /// What the user was told.
    pub(super) heard: &'a Heard,
    /// Results that were in the chat before the run.
    pub(super) shown_before: &'a [String],
}

/// Looks for broken promises.
pub(super) fn check(evidence: &Evidence<'_>) -> Vec<Violation> {
    let mut found = Vec::new();
    submits(evidence, &mut found);
    sessions(evidence, &mut found);
    results(evidence, &mut found);
    notices(evidence, &mut found);
    if evidence.libtv.misplaced_keys > 0 {
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
    let charge = &evidence.libtv.charges[charge];
    records::<Asked>(evidence.disk, "/asked-", "asked")
        .any(|asked| asked.session_id == charge.session_id && asked.text.starts_with(&charge.text))
}

/// Looks for what was lost when no command followed, nothing but the timer: a submit that was cut off becomes a session
/// whose results arrive, or the chat that asked is told.
pub(super) fn by_timer(evidence: &Evidence<'_>) -> Vec<Violation> {
    let mut found = Vec::new();
    let chat = &evidence.feishu.chat;
    for (at, charge) in evidence.libtv.charges.iter().enumerate() {
        let is_told = |text: &str| text.starts_with('⚠') && text.contains(&charge.text);
        if !is_stored(evidence, at) && !chat.iter().any(|shown| is_told(&shown.text)) {
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
    for made in &evidence.libtv.made {
        let url = made.url.as_str();
        let is_shown = chat
            .iter()
            .any(|shown| leads_to(shown.media.as_deref().unwrap_or(&shown.text), url));
        let ended = |delivery: &Delivery| {
            let is_its = delivery
                .result()
                .is_some_and(|result| leads_to(result.as_str(), url));
            is_its && !delivery.state.is_open()
        };
        // Failed and uncertain ones have ended as well: that is told by `recover`, and `results` looks for it.
        let has_ended = records(evidence.disk, "/d-", "delivery").any(|delivery| ended(&delivery));
        let was_shown = evidence.shown_before.iter().any(|known| known == url);
        if is_stored(evidence, made.charge) && !is_shown && !was_shown && !has_ended {
            let words = format!("{url} waits for a command");
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
    for (at, charge) in evidence.libtv.charges.iter().enumerate() {
        // By the text: each request of a scenario has its own, so that two charges of one text are one request
        // paid twice.
        if evidence.libtv.charges[..at]
            .iter()
            .any(|other| other.text == charge.text)
        {
            found.push(Violation::new(
                Kind::RepeatedSubmit,
                format!("“{}” was charged twice", charge.text),
            ));
        }
        if !is_stored(evidence, at) && !told(&charge.text) {
            found.push(Violation::new(
                Kind::Untold,
                format!("“{}” was charged, and nobody was told", charge.text),
            ));
        }
    }
    for text in &evidence.heard.unknown {
        let charges = evidence.libtv.charges.iter().enumerate();
        let mut its = charges.filter(|(_, charge)| charge.text.starts_with(text));
        if !its.any(|(at, _)| is_stored(evidence, at)) && !told(text) {
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

/// Each result is shown once, or is said to be uncertain or failed.
fn results(evidence: &Evidence<'_>, found: &mut Vec<Violation>) {
    for made in &evidence.libtv.made {
        let url = made.url.as_str();
        let shown = evidence
            .feishu
            .chat
            .iter()
            .filter(|shown| leads_to(shown.media.as_deref().unwrap_or(&shown.text), url))
            .count()
            + usize::from(evidence.shown_before.iter().any(|known| known == url));
        // Media and link together: a result that stands there as both was shown twice.
        if shown > 1 {
            found.push(Violation::new(
                Kind::Duplicate,
                format!("{url} was shown {shown} times"),
            ));
        }
        // What became no turn is judged by `submits`: nobody here knows of its results.
        if shown > 0 || !is_stored(evidence, made.charge) {
            continue;
        }
        let told = listed(evidence)
            .flat_map(|session| session["results"].as_array().into_iter().flatten())
            .find(|result| leads_to(result["url"].as_str().unwrap_or(""), url))
            .map_or(&Value::Null, |result| &result["delivery"]);
        // Both are admitted and shown to people; anything else claims that it is on its way or there.
        if told != "uncertain" && told != "failed" {
            found.push(Violation::new(
                Kind::Lost,
                format!("{url} was never shown; recover says {told}"),
            ));
        }
    }
}

/// No notice is shown twice, and a failure is told.
fn notices(evidence: &Evidence<'_>, found: &mut Vec<Violation>) {
    let chat = &evidence.feishu.chat;
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
    for (at, charge) in evidence.libtv.charges.iter().enumerate() {
        let open = |delivery: &Delivery| {
            delivery.purpose == Purpose::Failure
                && matches!(
                    delivery.state,
                    DeliveryState::Uncertain | DeliveryState::Failed
                )
        };
        if charge.text.contains("fail")
            && is_stored(evidence, at)
            && !chat.iter().any(|shown| shown.text.starts_with('❌'))
            && !records(evidence.disk, "/d-", "delivery").any(|delivery| open(&delivery))
        {
            found.push(Violation::new(Kind::Lost, "the failure was told to nobody"));
        }
    }
}
