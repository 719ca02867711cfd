//! `status`: what is known here of the sessions, for programs and pages that show it. It asks nobody, sends nothing,
//! and reads only the sessions it shows. Not here: tables and colours; those are the harness's.

use serde_json::{Value, json};

use super::Reply;
use super::query::known;
use crate::config::Settings;
use crate::io::{Io, UnixMs};
use crate::json::Stored;
use crate::poll;
use crate::problem::Problem;
use crate::session::{Delivery, Session, State, Turn};
use crate::store::{self, Loaded};
use crate::submit::stranded;
use crate::time::format_rfc3339;
use crate::upstream::results::ResultUrl;

/// Ended sessions that are shown when no number was given: what was asked for lately.
const DEFAULT_ENDED: usize = 20;

/// One session, or all that go on and the latest that have ended.
///
/// # Errors
/// Permanent for an id that isn't known here; temporary when the state folder can't be read.
pub async fn run(
    io: &Io,
    settings: &Settings,
    id: Option<&str>,
    last: Option<u64>,
) -> Result<Reply, Problem> {
    let keys = match id {
        Some(id) => vec![known(io, id).await?.key],
        None => chosen(io, last).await?,
    };
    let (mut sessions, mut damaged) = (Vec::new(), Vec::new());
    for key in keys {
        match store::load(io, &key).await {
            Ok(Some(loaded)) => {
                damaged.extend_from_slice(&loaded.damaged);
                sessions.extend(session(&loaded, settings));
            }
            // Pruned meanwhile.
            Ok(None) => {}
            Err(problem) => damaged.push(problem.failure().message.clone()),
        }
    }
    let unknown: Vec<Value> = stranded::unknown(io)
        .await?
        .into_iter()
        .map(|submit| {
            json!({"id": submit.id(), "text": submit.text, "startedAt": format_rfc3339(submit.started_at_ms), "reason": submit.unknown})
        })
        .collect();
    Ok(Reply::only_json(json!({
        "now": format_rfc3339(io.now_ms()),
        "sessions": sessions,
        "unknownSubmits": unknown,
        "damaged": damaged,
    })))
}

/// The folders of the sessions that go on, and of the `last` ones that ended, the latest first.
async fn chosen(io: &Io, last: Option<u64>) -> Result<Vec<String>, Problem> {
    let most = last.map_or(DEFAULT_ENDED, |last| {
        usize::try_from(last).unwrap_or(usize::MAX)
    });
    let mut keys = store::active(io).await?;
    let going_on = keys.len();
    for key in store::ended(io).await? {
        if keys.len() - going_on >= most {
            break;
        }
        if !keys.contains(&key) {
            keys.push(key);
        }
    }
    Ok(keys)
}

fn session(loaded: &Loaded, settings: &Settings) -> Option<Value> {
    let session = &loaded.session;
    let latest = session.latest()?;
    let state = latest.progress.state;
    let turns: Vec<Value> = session.turns.iter().map(turn).collect();
    let deliveries: Vec<Value> = session
        .deliveries
        .iter()
        .map(|one| delivery(session, one))
        .collect();
    Some(json!({
        "sessionId": session.id(),
        "state": state.name(),
        "channel": latest.asked.route.channel,
        "chatId": latest.asked.route.chat_id,
        "nextPollAt": poll::next(loaded, settings).map(format_rfc3339),
        "projectUrl": session.canvas().filter(|_| state == State::Completed),
        "turns": turns,
        "deliveries": deliveries,
    }))
}

fn turn(turn: &Turn) -> Value {
    let progress = &turn.progress;
    let at = |at: Option<UnixMs>| at.map(format_rfc3339);
    json!({
        "turn": turn.asked.turn,
        "text": turn.asked.words(),
        "state": progress.state.name(),
        "submittedAt": format_rfc3339(turn.asked.submitted_at_ms),
        "endedAt": at(progress.ended_at_ms),
        "deliveredAt": at(progress.delivered_at_ms),
        "polls": progress.polls,
        "results": progress.results.to_json(),
        "question": progress.question,
        "trouble": progress.trouble,
    })
}

pub(super) fn delivery(session: &Session, delivery: &Delivery) -> Value {
    json!({
        "turn": delivery.turn,
        "order": delivery.order,
        "purpose": delivery.purpose.name(),
        "url": session.link_of(delivery).map(ResultUrl::as_str),
        "state": delivery.state.name(),
        "messageId": delivery.message_id,
        "endedAt": delivery.ended_at_ms.map(format_rfc3339),
        "trouble": delivery.trouble,
    })
}
