//! `recover`: every known session, or one; what is undelivered is sent now.

use serde_json::Value;

use super::query::known;
use super::{Reply, status, unknown_submit};
use crate::channel;
use crate::config::Settings;
use crate::io::{Io, UnixMs};
use crate::json::object;
use crate::poll::{self, Haste};
use crate::problem::Problem;
use crate::session::{DeliveryState, Route, Session, State, Turn};
use crate::store::{self, submits};
use crate::submit::stranded;
use crate::time::format_rfc3339;
use crate::types::Overview;

/// Which sessions; all of them where nothing is said.
#[derive(Default)]
pub struct Wanted {
    /// Only this one: its id, or a unique prefix.
    pub id: Option<String>,
    /// Only those whose results go to this chat.
    pub chat_id: Option<String>,
    /// Only those whose results go to this channel.
    pub channel: Option<String>,
}

impl Wanted {
    /// Whether results of one of its turns go where they are looked for.
    // Any turn and not only the latest: results of an earlier one may still be owed to the chat it came from.
    fn shows(&self, session: &Session) -> bool {
        let mut turns = session.turns.iter();
        turns.any(|turn| self.goes(&turn.asked.route))
    }

    /// Whether a route leads where results are looked for.
    fn goes(&self, route: &Route) -> bool {
        let chat = self.chat_id.as_deref();
        let channel = self.channel.as_deref().map(str::trim);
        chat.is_none_or(|chat| channel::is_same_chat(&route.channel, chat, &route.chat))
            && channel.is_none_or(|channel| channel.eq_ignore_ascii_case(&route.channel))
    }
}

/// Shows every session; asks upstream about those that are not finished, and resumes deliveries. Where only some are wanted
/// the others aren't looked at; of submits of unknown outcome those of the chat are told, and none where one session is wanted.
///
/// # Errors
/// When the state folder can't be used, or there is no such session. A session that can't be read is named and doesn't
/// stop the others.
pub fn run(io: &Io, settings: &Settings, wanted: &Wanted) -> Result<Recovered, Problem> {
    let keys = match &wanted.id {
        Some(id) => vec![known(io, id)?.key],
        None => store::all(io)?,
    };
    let mut seen = Vec::new();
    for key in keys {
        let mut one = Seen::default();
        // One session that can't be read must not hide those behind it in the list.
        if let Err(problem) = look(io, settings, &key, wanted, &mut one) {
            one.told.push(problem.failure().message.clone());
        }
        seen.push(one);
    }
    let mut submits = Vec::new();
    if wanted.id.is_none() {
        submits = stranded::unknown(io)?;
        // A chat is told of its own submits only: another one's words are not its business.
        submits.retain(|submit| wanted.goes(&submit.route));
    }
    Ok(Recovered { seen, submits })
}

/// What `recover` found.
pub struct Recovered {
    seen: Vec<Seen>,
    submits: Vec<submits::Submit>,
}

/// What was found of one session.
#[derive(Default)]
struct Seen {
    /// What can't be read of it, or why it can't be asked about.
    told: Vec<String>,
    session: Option<Session>,
    next_poll_at_ms: Option<UnixMs>,
}

impl Recovered {
    /// As the typed export has it.
    #[must_use]
    pub fn overview(self, now_ms: UnixMs) -> Overview {
        let (mut sessions, mut damaged) = (Vec::new(), Vec::new());
        for mut one in self.seen {
            damaged.append(&mut one.told);
            let session = one.session.as_ref();
            sessions
                .extend(session.and_then(|session| status::session(session, one.next_poll_at_ms)));
        }
        Overview {
            now_ms,
            sessions,
            unknown_submits: self.submits.iter().map(status::unknown).collect(),
            damaged,
        }
    }

    /// As the command line writes it.
    #[must_use]
    pub fn reply(self) -> Reply {
        let (mut lines, mut sessions, mut damaged) = (Vec::new(), Vec::new(), Vec::new());
        for one in self.seen {
            lines.extend(one.told.iter().map(|told| format!("⚠️ {told}")));
            damaged.extend(one.told);
            if let Some(session) = &one.session {
                lines.extend(block(session));
                sessions.push(as_json(session));
            }
        }
        let mut unknown = Vec::new();
        for submit in &self.submits {
            lines.push(format!("⚠️ {}", unknown_submit(submit)));
            lines.push(format!(
                "→ Find out with: libtv-video tasks. When it is known what became of it: libtv-video recover --forget {}",
                submit.id()
            ));
            unknown.push(status::unknown(submit));
        }
        if lines.is_empty() {
            lines.push("No sessions found.".to_owned());
        }
        let json = object! {"sessions": sessions, "unknownSubmits": status::unknown_json(&unknown), "damaged": damaged};
        Reply::good(lines, json)
    }
}

/// Forgets a submit of unknown outcome, by a person's word.
///
/// # Errors
/// When there is none of this name, or the state folder can't be used.
pub fn forget(io: &Io, id: &str) -> Result<Reply, Problem> {
    let submit = submits::forget(io, id)?;
    let json = object! {"forgotten": submit.id(), "text": submit.text};
    let line = format!("✅ Forgotten: {}", submit.id());
    Ok(Reply::good(vec![line], json))
}

/// Looks at one session, asks about it where something is still to come, and notes in `seen` what was found.
///
/// # Errors
/// When it can't be read, or not be asked about; what was found until then stands in `seen`.
fn look(
    io: &Io,
    settings: &Settings,
    key: &str,
    wanted: &Wanted,
    seen: &mut Seen,
) -> Result<(), Problem> {
    let Some(mut loaded) = store::load(io, key)? else {
        return Ok(());
    };
    let nothing_left = loaded.session.turns.is_empty();
    if !nothing_left && !wanted.shows(&loaded.session) {
        return Ok(());
    }
    seen.told.append(&mut loaded.damaged);
    // Nothing is left of it but what was set aside.
    if nothing_left {
        return Ok(());
    }
    let open = loaded
        .session
        .turns
        .iter()
        .any(|turn| !turn.progress.state.is_final());
    let undelivered = loaded
        .session
        .deliveries
        .iter()
        .any(|delivery| delivery.state.is_open() || delivery.state == DeliveryState::Failed);
    // A timeout isn't final and a delivery may wait without being failed, so that all three are asked.
    let next_poll_at_ms = poll::next(&loaded, settings);
    if !(open || undelivered || next_poll_at_ms.is_some()) {
        seen.session = Some(loaded.session);
        return Ok(());
    }
    io.err(format!(
        "Asking about {} …",
        super::tasks::printable(loaded.session.id())
    ));
    // By a person's wish: also what isn't due, and what was given up.
    let report = poll::step(io, settings, key, Haste::Now)?;
    seen.next_poll_at_ms = report.next_poll_at_ms;
    seen.session = report.session.or(Some(loaded.session));
    Ok(())
}

/// A session for people: where it stands, what was asked for, what came of it, and what may or may not be in
/// the chat.
fn block(session: &Session) -> Vec<String> {
    let Some(turn) = session.latest() else {
        return Vec::new();
    };
    let progress = &turn.progress;
    let icon = match progress.state {
        State::Submitted | State::Generating => "⏳",
        State::AwaitingUser => "❓",
        State::Completed => "✅",
        State::Failed => "❌",
        State::Timeout => "⌛",
    };
    let mut lines = vec![format!(
        "{icon} {} [{}]",
        super::tasks::printable(session.id()),
        progress.state.name()
    )];
    // The words of the first request stay findable after a continuation.
    if let Some(first) = session.turns.first().filter(|_| session.turns.len() > 1) {
        lines.push(submitted("first request", first));
    }
    lines.push(submitted("submitted", turn));
    let route = &turn.asked.route;
    if !route.chat.is_empty() {
        let chat = super::tasks::printable(&route.chat);
        lines.push(format!("   chat: {} {chat}", route.channel));
    }
    let label = if progress.state.is_final() {
        "trouble"
    } else {
        "says"
    };
    // A question that was answered stays in the record, and must not look as if it still waited.
    let told = [("question", &progress.question), (label, &progress.trouble)];
    for (label, text) in told
        .into_iter()
        .filter(|(label, _)| *label != "question" || progress.state == State::AwaitingUser)
    {
        lines.extend(
            text.as_ref()
                .map(|text| format!("   {label}: {}", super::tasks::printable(text))),
        );
    }
    for url in session.turns.iter().flat_map(|turn| &turn.progress.results) {
        let state = session
            .delivery_of(url)
            .map(|delivery| format!(" ({})", delivery.state.name()))
            .unwrap_or_default();
        lines.push(format!("   result: {}{state}", url.as_str()));
    }
    for delivery in session
        .deliveries
        .iter()
        .filter(|delivery| delivery.state == DeliveryState::Uncertain)
    {
        let reason = delivery.trouble.as_deref().unwrap_or("its answer was lost");
        lines.push(format!(
            "   ⚠️ Message {} may or may not be in the chat ({}); it isn't sent again by itself.",
            delivery.order,
            super::tasks::printable(reason)
        ));
    }
    if let Some(link) = session
        .canvas()
        .filter(|_| progress.state == State::Completed)
    {
        lines.push(format!("   canvas: {link}"));
    }
    lines.extend(
        progress
            .delivered_at_ms
            .map(|at| format!("   delivered: {}", format_rfc3339(at))),
    );
    lines
}

/// A line with when a turn was submitted and the beginning of its words.
fn submitted(label: &str, turn: &Turn) -> String {
    let words: String = super::tasks::printable(&turn.asked.words())
        .chars()
        // A line of a terminal; the whole text is in the JSON.
        .take(80)
        .collect();
    format!(
        "   {label}: {} {words}",
        format_rfc3339(turn.asked.submitted_at_ms)
    )
}

/// A session for programs. Words of a job under way are `says`, those of one that has ended `trouble`.
fn as_json(session: &Session) -> Value {
    let turn = session.latest();
    let told = |ended: bool| {
        let progress = turn.map(|turn| &turn.progress);
        let progress = progress.filter(|progress| progress.state.is_final() == ended);
        progress.and_then(|progress| progress.trouble.clone())
    };
    let results: Vec<Value> = session
        .turns
        .iter()
        .flat_map(|turn| &turn.progress.results)
        .map(|url| {
            let delivery = session.delivery_of(url);
            object! {"url": url.as_str(), "delivery": delivery.map(|delivery| delivery.state.name()), "messageId": delivery.and_then(|delivery| delivery.message_id.clone())}
        })
        .collect();
    let finished = turn.is_some_and(|turn| turn.progress.state == State::Completed);
    object! {
        "sessionId": session.id(),
        "state": turn.map(|turn| turn.progress.state.name()),
        "text": turn.map(|turn| turn.asked.words()),
        "firstText": session.turns.first().map(|turn| turn.asked.words()),
        "channel": turn.map(|turn| turn.asked.route.channel.clone()),
        "chatId": turn.map(|turn| turn.asked.route.chat.clone()),
        "submittedAt": turn.map(|turn| format_rfc3339(turn.asked.submitted_at_ms)),
        "deliveredAt": turn.and_then(|turn| turn.progress.delivered_at_ms).map(format_rfc3339),
        "question": turn.and_then(|turn| turn.progress.question.clone()),
        "says": told(false),
        "trouble": told(true),
        "results": results,
        "projectUrl": session.canvas().filter(|_| finished),
    }
}
