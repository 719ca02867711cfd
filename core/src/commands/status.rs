//! `status`: what is known here of the sessions, for programs and pages that show it. It asks nobody, sends nothing,
//! and reads only the sessions it shows. Not here: tables and colours; those are the harness's.

use serde_json::Value;

use super::Reply;
use super::query::known;
use crate::config::Settings;
use crate::deliver::plan;
use crate::io::{Io, UnixMs};
use crate::json::object;
use crate::poll;
use crate::problem::Problem;
use crate::session::{self, Session, State};
use crate::store::{self, submits};
use crate::submit::stranded;
use crate::time::format_rfc3339;
use crate::types::{self, Delivery, Overview, Product, Purpose, Turn, UnknownSubmit};
use crate::upstream::results::ResultUrl;

/// Ended sessions that are shown when no number was given: what was asked for lately.
const DEFAULT_ENDED: usize = 20;

/// One session, or all that go on and the latest that have ended.
///
/// # Errors
/// Permanent for an id that isn't known here; temporary when the state folder can't be read.
pub fn run(
    io: &Io,
    settings: &Settings,
    id: Option<&str>,
    last: Option<u64>,
) -> Result<Overview, Problem> {
    let keys = match id {
        Some(id) => vec![known(io, id)?.key],
        None => chosen(io, last)?,
    };
    let (mut sessions, mut damaged) = (Vec::new(), Vec::new());
    for key in keys {
        match store::load(io, &key) {
            Ok(Some(mut loaded)) => {
                // A step may be between the results and their messages: those are owed, and it hasn't ended.
                plan::plan(&mut loaded, io.now_ms());
                damaged.extend_from_slice(&loaded.damaged);
                sessions.extend(session(&loaded.session, poll::next(&loaded, settings)));
            }
            // Pruned meanwhile.
            Ok(None) => {}
            Err(problem) => damaged.push(problem.failure().message.clone()),
        }
    }
    Ok(Overview {
        now_ms: io.now_ms(),
        sessions,
        unknown_submits: stranded::unknown(io)?.iter().map(unknown).collect(),
        damaged,
    })
}

/// The folders of the sessions that go on, and of the `last` ones that ended, the latest first.
fn chosen(io: &Io, last: Option<u64>) -> Result<Vec<String>, Problem> {
    let most = last.map_or(DEFAULT_ENDED, |last| {
        usize::try_from(last).unwrap_or(usize::MAX)
    });
    let mut keys = store::active(io)?;
    let going_on = keys.len();
    for key in store::ended(io)? {
        // Only those that ended count: one that goes on is never left out, however many there are.
        if keys.len() - going_on >= most {
            break;
        }
        // One that was continued after its end has a marker of each end.
        if !keys.contains(&key) {
            keys.push(key);
        }
    }
    Ok(keys)
}

/// A session as the typed exports have it; none where nothing is left of it.
pub(super) fn session(
    session: &Session,
    next_poll_at_ms: Option<UnixMs>,
) -> Option<types::Session> {
    // What is left of a session whose every turn was damaged stands among the damaged records.
    let latest = session.latest()?;
    let (state, route) = (latest.progress.state, &latest.asked.route);
    Some(types::Session {
        session_id: session.id().to_owned(),
        state,
        channel: named(&route.channel),
        chat_id: named(&route.chat),
        reply_to: route.reply_to.clone(),
        service: latest.asked.service.word().to_owned(),
        cancellable: latest.may_be_cancelled(),
        next_poll_at_ms,
        project_url: session.canvas().filter(|_| state == State::Completed),
        turns: session.turns.iter().map(|one| turn(session, one)).collect(),
        deliveries: deliveries(session),
    })
}

/// What is empty where nothing was named.
fn named(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

/// One turn as the typed exports have it, each result with what became of its message.
fn turn(session: &Session, turn: &session::Turn) -> Turn {
    let progress = &turn.progress;
    let product = |url: &ResultUrl| {
        let delivery = session.delivery_of(url);
        Product {
            url: url.as_str().to_owned(),
            delivery: delivery.map(|delivery| delivery.state),
            message_id: delivery.and_then(|delivery| delivery.message_id.clone()),
        }
    };
    Turn {
        number: turn.asked.turn,
        text: turn.asked.words(),
        state: progress.state,
        submitted_at_ms: turn.asked.submitted_at_ms,
        ended_at_ms: progress.ended_at_ms,
        delivered_at_ms: progress.delivered_at_ms,
        polls: progress.polls,
        results: progress.results.iter().map(product).collect(),
        question: progress.question.clone(),
        trouble: progress.trouble.clone(),
    }
}

/// What became of each message to the chat.
pub(super) fn deliveries(session: &Session) -> Vec<Delivery> {
    let deliveries = session.deliveries.iter();
    deliveries
        .map(|delivery| Delivery {
            turn: delivery.turn,
            order: delivery.order,
            purpose: Purpose::from(&delivery.purpose),
            url: session.link_of(delivery).map(|url| url.as_str().to_owned()),
            state: delivery.state,
            message_id: delivery.message_id.clone(),
            ended_at_ms: delivery.ended_at_ms,
            trouble: delivery.trouble.clone(),
        })
        .collect()
}

/// A submit of unknown outcome.
pub(super) fn unknown(submit: &submits::Submit) -> UnknownSubmit {
    UnknownSubmit {
        id: submit.id().to_owned(),
        text: submit.text.clone(),
        // One that can't be read has no time.
        started_at_ms: Some(submit.started_at_ms).filter(|at_ms| *at_ms > 0),
        reason: submit.unknown.clone(),
    }
}

/// As the command line writes it.
#[must_use]
pub fn reply(overview: &Overview) -> Reply {
    let sessions: Vec<Value> = overview.sessions.iter().map(session_json).collect();
    Reply::only_json(object! {
        "now": format_rfc3339(overview.now_ms),
        "sessions": sessions,
        "unknownSubmits": unknown_json(&overview.unknown_submits),
        "damaged": overview.damaged,
    })
}

/// As the command line writes it: times in RFC 3339, and empty texts where nothing was named.
fn session_json(session: &types::Session) -> Value {
    let turns: Vec<Value> = session.turns.iter().map(turn_json).collect();
    object! {
        "sessionId": session.session_id,
        "state": session.state.name(),
        "channel": session.channel.as_deref().unwrap_or_default(),
        "chatId": session.chat_id.as_deref().unwrap_or_default(),
        "service": session.service,
        "cancellable": session.cancellable,
        "nextPollAt": session.next_poll_at_ms.map(format_rfc3339),
        "projectUrl": session.project_url,
        "turns": turns,
        "deliveries": deliveries_json(&session.deliveries),
    }
}

/// The same of a turn: of its results the addresses alone, since deliveries are listed beside it.
fn turn_json(turn: &Turn) -> Value {
    let results: Vec<&str> = turn
        .results
        .iter()
        .map(|product| product.url.as_str())
        .collect();
    object! {
        "turn": turn.number,
        "text": turn.text,
        "state": turn.state.name(),
        "submittedAt": format_rfc3339(turn.submitted_at_ms),
        "endedAt": turn.ended_at_ms.map(format_rfc3339),
        "deliveredAt": turn.delivered_at_ms.map(format_rfc3339),
        "polls": turn.polls,
        "results": results,
        "question": turn.question,
        "trouble": turn.trouble,
    }
}

/// As the command line writes them.
pub(super) fn deliveries_json(deliveries: &[Delivery]) -> Value {
    let one = |delivery: &Delivery| {
        object! {
            "turn": delivery.turn,
            "order": delivery.order,
            "purpose": delivery.purpose.name(),
            "url": delivery.url,
            "state": delivery.state.name(),
            "messageId": delivery.message_id,
            "endedAt": delivery.ended_at_ms.map(format_rfc3339),
            "trouble": delivery.trouble,
        }
    };
    deliveries.iter().map(one).collect()
}

/// As the command line writes them.
pub(super) fn unknown_json(submits: &[UnknownSubmit]) -> Value {
    let one = |submit: &UnknownSubmit| {
        let started_at_ms = submit.started_at_ms.unwrap_or_default();
        object! {"id": submit.id, "text": submit.text, "startedAt": format_rfc3339(started_at_ms), "reason": submit.reason}
    };
    submits.iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::folder::{Folder, NOW_MS, settings};
    use crate::session::{DeliveryState, Progress, Route};

    #[test]
    fn a_job_whose_results_have_no_messages_yet_has_not_ended() {
        let route = Route {
            channel: "feishu".to_owned(),
            chat: "oc_1".to_owned(),
            ..Route::default()
        };
        let link = "https://libtv-res.liblib.art/sd-gen-save-img/a.mp4";
        // What a step has stored when it begins to write its messages.
        let progress = Progress {
            state: State::Completed,
            ended_at_ms: Some(NOW_MS),
            results: ResultUrl::parse(link).into_iter().collect(),
            ..Progress::begun(NOW_MS)
        };
        let (mut folder, _) = Folder::with_session("", route, &progress);
        let before = folder.clone();
        let (shown, _) = folder.run(|io| run(io, &settings(), Some("session-1"), None));
        let shown = shown.unwrap().sessions.remove(0);
        assert!(shown.next_poll_at_ms.is_some());
        let states: Vec<_> = shown.deliveries.iter().map(|one| one.state).collect();
        assert_eq!(states, [DeliveryState::Pending]);
        assert_eq!(folder, before, "who looks stores nothing");
    }
}
