//! Which messages a session owes its chat. Derived from its turns on every step: what was planned
//! before a crash is planned again, with the same ids.

use std::collections::BTreeMap;

use super::texts::{Language, cut};
use crate::channel;
use crate::io::UnixMs;
use crate::session::{Delivery, DeliveryState, Message, Purpose, Session, State, Turn};
use crate::store::Loaded;
use crate::upstream::results::{ResultId, ResultUrl};

/// Adds the deliveries that the session's turns call for and that aren't there yet.
pub fn plan(loaded: &mut Loaded, now_ms: UnixMs) {
    let turns = loaded.session.turns.clone();
    // Over all turns: a later turn may name an earlier one's result again, and that one is in the chat already.
    let mut planned = planned(&mut loaded.session);
    for (at, turn) in turns
        .iter()
        .enumerate()
        .filter(|(_, turn)| turn.asked.route.is_complete())
    {
        let mut wanted: Vec<(Purpose, String, Option<Message>)> = Vec::new();
        for url in &turn.progress.results {
            let identity = url.identity();
            let place = loaded.session.deliveries.len();
            if planned.insert(identity.clone(), place).is_none() {
                let subject = identity.as_str().to_owned();
                wanted.push((Purpose::Result(url.clone()), subject, None));
            }
        }
        // Of an older turn nobody waits for a question or a failure any more: the next request has taken its
        // place.
        let latest = at + 1 == turns.len();
        if latest && let Some((purpose, subject, words)) = notice(turn, loaded.session.canvas()) {
            wanted.push((purpose, subject, Some(Message::text(words))));
        }
        // Only at the end: until then the number still grows, and one note is enough.
        if turn.progress.more > 0 && turn.progress.ended_at_ms.is_some() {
            let words = further_results(turn, loaded.session.canvas());
            // Without a subject: two processes that counted differently plan the same one note.
            wanted.push((Purpose::More, String::new(), Some(Message::text(words))));
        }
        for (purpose, subject, message) in wanted {
            add(
                &mut loaded.session,
                &loaded.lost_deliveries,
                turn,
                purpose,
                &subject,
                message,
                now_ms,
            );
        }
    }
    // Of what earlier steps have found out.
    tell_of_uncertain(loaded, now_ms);
}

/// Adds a message for each result of which nobody can say whether it is in the chat: it isn't sent a second time, so its link
/// at least has to be there for sure. Only where the channel has nothing that tells each repetition and can't be asked either;
/// elsewhere that a result is uncertain takes days of failures, and people are shown it by `recover`.
pub fn tell_of_uncertain(loaded: &mut Loaded, now_ms: UnixMs) {
    for turn in loaded.session.turns.clone() {
        let route = &turn.asked.route;
        let member = channel::of(&route.channel).filter(|_| route.is_complete());
        if !member.is_some_and(|member| member.traits.leaves_open()) {
            continue;
        }
        let asked = turn.asked.words();
        let (language, request) = (Language::of(&asked), shortened(&asked));
        let deliveries = loaded.session.deliveries.clone();
        let of_turn = deliveries.iter().filter(|one| one.turn == turn.asked.turn);
        for delivery in of_turn.filter(|one| one.state == DeliveryState::Uncertain) {
            let Some(url) = loaded.session.link_of(delivery) else {
                continue;
            };
            let words = language.uncertain(&request, url.as_str());
            // By the delivery's own id: two processes plan the same one note.
            add(
                &mut loaded.session,
                &loaded.lost_deliveries,
                &turn,
                Purpose::Uncertain,
                &delivery.id,
                Some(Message::text(words)),
                now_ms,
            );
        }
    }
}

/// Which results have a delivery, and its place; a map, though only its keys are asked for, since a set made of it would
/// be sorted once more, in 4 KB of code. Earlier versions made one for each link to a result: those that have not begun
/// wait for what becomes of the one that has, and end with it.
fn planned(session: &mut Session) -> BTreeMap<ResultId, usize> {
    let mut first: BTreeMap<ResultId, usize> = BTreeMap::new();
    let mut again = Vec::new();
    for (at, delivery) in session.deliveries.iter().enumerate() {
        let Some(identity) = delivery.result().map(ResultUrl::identity) else {
            continue;
        };
        match first.get(&identity).copied() {
            None => drop(first.insert(identity, at)),
            Some(known) if delivery.came_further_than(&session.deliveries[known]) => {
                again.push((known, at));
                first.insert(identity, at);
            }
            Some(known) => again.push((at, known)),
        }
    }
    for (at, stands) in again {
        let id = session.deliveries[stands].id.clone();
        let delivery = &mut session.deliveries[at];
        if delivery.state == DeliveryState::Pending && delivery.links.is_none() {
            delivery.links = Some(id);
        }
    }
    first
}

/// Adds one delivery unless it is there. One whose record was damaged may have been sent: it is
/// uncertain, and isn't sent again.
pub fn add(
    session: &mut Session,
    lost: &[String],
    turn: &Turn,
    purpose: Purpose,
    subject: &str,
    message: Option<Message>,
    now_ms: UnixMs,
) -> Option<usize> {
    let order = session
        .deliveries
        .iter()
        .map(|delivery| delivery.order)
        .max()
        .unwrap_or(0)
        + 1;
    let mut delivery = Delivery::planned(
        &turn.asked.nonce,
        turn.asked.turn,
        order,
        purpose,
        subject,
        now_ms,
    );
    if session
        .deliveries
        .iter()
        .any(|known| known.id == delivery.id)
    {
        return None;
    }
    delivery.message = message;
    // Its record was set aside. It may have said that the message was sent: sent again it would be there twice.
    if lost.contains(&delivery.id) {
        delivery.end(DeliveryState::Uncertain, now_ms);
        delivery.trouble = Some("its record was damaged".to_owned());
    }
    session.deliveries.push(delivery);
    Some(session.deliveries.len() - 1)
}

/// That there are more results than were sent, and where.
fn further_results(turn: &Turn, canvas: Option<String>) -> String {
    let words = Language::of(&turn.asked.words()).more(turn.progress.more);
    match canvas.filter(|_| !turn.asked.project_uuid.is_empty()) {
        Some(canvas) => [words, canvas].join("\n"),
        None => words,
    }
}

/// What the user has to be told about a turn, besides its results.
fn notice(turn: &Turn, canvas: Option<String>) -> Option<(Purpose, String, String)> {
    let progress = &turn.progress;
    let asked = turn.asked.words();
    let (language, request) = (Language::of(&asked), shortened(&asked));
    let trouble = cut(
        progress.trouble.as_deref().unwrap_or_default(),
        MAX_NOTICE_CHARS,
    );
    match progress.state {
        State::Submitted | State::Generating => None,
        State::AwaitingUser => {
            let question = progress.question.clone()?;
            let shown = cut(&question, MAX_NOTICE_CHARS);
            let words = language.question(&request, &shown);
            // The question is the subject: a second, other one is asked as well, and the same one once.
            Some((Purpose::Question, question, words))
        }
        State::Completed => {
            let words = language.incomplete(&request, &trouble);
            (!trouble.is_empty()).then_some((Purpose::Failure, String::new(), words))
        }
        State::Failed => {
            let words = language.failed(&request, &trouble);
            // One a turn, whatever each of two processes was told as the reason.
            Some((Purpose::Failure, String::new(), words))
        }
        // With results there the user has something already; what comes late is delivered like the rest.
        State::Timeout if progress.results.is_empty() => {
            let mut words = language.timeout(&request, &trouble);
            if let Some(canvas) = canvas.filter(|_| !turn.asked.project_uuid.is_empty()) {
                words.push_str(&format!("\n{canvas}"));
            }
            Some((Purpose::Timeout, String::new(), words))
        }
        State::Timeout => None,
    }
}

/// Characters of foreign words in a notice: what a person reads of them. The session's log has the rest.
const MAX_NOTICE_CHARS: usize = 2_000;

/// The request, short enough for a notice.
pub(super) fn shortened(text: &str) -> String {
    const SHOWN_CHARS: usize = 60;
    let line = contract::text::one_line(text, SHOWN_CHARS);
    if text.chars().count() > SHOWN_CHARS {
        format!("{line}…")
    } else {
        line
    }
}
