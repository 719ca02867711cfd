//! What a process left that died while it submitted: a turn that nobody polls, or an intent without an outcome. The timer
//! takes both up by itself. It finds them as entries of `active`: a session under its folder's name, an intent under
//! [`entry`].
//!
//! An intent whose turn is stored has come to its end. Of the others the service is asked what became of them, where that
//! can be proved; the chat that asked is told of the rest, once, and they stay until a person says that they may be
//! forgotten.

use contract::ids::is_service_id;

use crate::backoff::MAX_RETRY_AFTER_MS;
use crate::config::{Mode, Settings};
use crate::deliver;
use crate::io::{FsOp, Io, UnixMs};
use crate::poll::Report;
use crate::problem::Problem;
use crate::session::{Asked, folder_name};
use crate::store::{self, submits, submits::Submit};
use crate::time;
use crate::upstream::Baseline;
use crate::upstream::session_api::messages::{self, Role};
use crate::upstream::session_api::{Service, Submitted, Trouble, TroubleKind};
use serde_json::Value;

/// What the entry of an intent begins with. A session's folder has a dash before its digest, so it can't have this name.
const ENTRY: &str = "submit-";
/// A service that can't be asked is asked again for so long, from when the submit began.
const LOOKED_FOR_MS: u64 = 15 * 60 * 1000;
/// After this pause.
const LOOK_AGAIN_MS: u64 = 30 * 1000;
/// A task of the service counts as this submit's when it was made so long before its request was begun, by another clock,
const TASK_BEFORE_MS: u64 = 60 * 1000;
/// and so long after.
const TASK_AFTER_MS: u64 = 4 * 60 * 1000;
/// Tasks of that time whose messages are looked at.
const MAX_TASKS: usize = 8;

/// The name of an intent's entry in `active`.
#[must_use]
pub fn entry(submit: &Submit) -> String {
    format!("{ENTRY}{}", submit.nonce)
}

/// The intent that an entry stands for, by its nonce.
fn nonce_of(entry: &str) -> Option<&str> {
    let nonce = entry.strip_prefix(ENTRY)?;
    (!nonce.contains('-')).then_some(nonce)
}

/// Marks as due whatever a process that died has left: sessions with a turn that was never polled, and intents that are
/// left over. Reads only names where nothing is left.
///
/// # Errors
/// When the state folder can't be used.
pub async fn take_up(io: &Io) -> Result<(), Problem> {
    // Listings are in order.
    let active = store::active(io).await?;
    let is_active = |name: &str| {
        let found = active.binary_search_by(|one| one.as_str().cmp(name));
        found.is_ok()
    };
    for key in store::all(io).await? {
        if !is_active(&key) && store::is_unpolled(io, &key).await? {
            store::activate(io, &key).await?;
        }
    }
    for submit in submits::all(io).await? {
        let entry = entry(&submit);
        if !submit.told && submit.became.is_none() && !is_active(&entry) {
            store::activate(io, &entry).await?;
        }
    }
    Ok(())
}

/// When an entry's intent is due; none when the entry is none of an intent.
///
/// # Errors
/// When the state folder can't be read.
pub async fn due_at_ms(io: &Io, entry: &str) -> Result<Option<UnixMs>, Problem> {
    let Some(nonce) = nonce_of(entry) else {
        return Ok(None);
    };
    let submit = find(io, nonce).await?;
    Ok(Some(
        submit.map_or_else(|| io.now_ms(), |submit| due_ms(io, &submit)),
    ))
}

/// Not before it is certain that nobody works on it. What is further away than any pause was planned by a clock that has
/// been set back since.
fn due_ms(io: &Io, submit: &Submit) -> UnixMs {
    let now_ms = io.now_ms();
    let planned_ms = submit.notice.as_ref().map_or(0, |one| one.next_try_at_ms);
    let again_ms = if planned_ms > now_ms.saturating_add(MAX_RETRY_AFTER_MS) {
        now_ms
    } else {
        planned_ms
    };
    if submit.is_abandoned(now_ms) {
        again_ms
    } else {
        submit.abandoned_at_ms().max(again_ms)
    }
}

async fn find(io: &Io, nonce: &str) -> Result<Option<Submit>, Problem> {
    let all = submits::all(io).await?;
    Ok(all.into_iter().find(|submit| submit.nonce == nonce))
}

/// What can be done now for an intent; none when `id` isn't the entry of one.
///
/// # Errors
/// When the state folder can't be used.
pub async fn step(io: &Io, settings: &Settings, id: &str) -> Result<Option<Report>, Problem> {
    let Some(nonce) = nonce_of(id) else {
        return Ok(None);
    };
    let submit = find(io, nonce).await?;
    let Some(mut submit) = submit.filter(|submit| !submit.told && submit.became.is_none()) else {
        return Ok(Some(ended(io, id, "it is settled").await?));
    };
    if let Some(asked) = turn_of(io, &submit).await? {
        settle(io, &submit, &asked).await?;
        let event = format!("it became session {}", asked.session_id);
        return Ok(Some(ended(io, id, &event).await?));
    }
    let due_ms = due_ms(io, &submit);
    if due_ms > io.now_ms() {
        return Ok(Some(later(due_ms, Vec::new())));
    }
    match proved(io, settings, &submit).await {
        Ok(Some(submitted)) => {
            let asked = super::asked(io, &submit, &submitted).await?;
            store::begin_turn(io, &asked).await?;
            settle(io, &submit, &asked).await?;
            let event = format!("the service has it as session {}", asked.session_id);
            return Ok(Some(ended(io, id, &event).await?));
        }
        Err(trouble) if io.now_ms().abs_diff(submit.started_at_ms) < LOOKED_FOR_MS => {
            let event = format!("what became of it can't be asked: {}", trouble.message);
            return Ok(Some(later(io.now_ms() + LOOK_AGAIN_MS, vec![event])));
        }
        Ok(None) | Err(_) => {}
    }
    let events = deliver::lone::tell(io, settings, &mut submit).await?;
    if submit.told {
        let mut report = ended(io, id, "it is kept until somebody says what became of it").await?;
        report.events.splice(0..0, events);
        return Ok(Some(report));
    }
    let again_ms = submit.notice.as_ref().map_or(0, |one| one.next_try_at_ms);
    Ok(Some(later(again_ms, events)))
}

const fn later(at_ms: UnixMs, events: Vec<String>) -> Report {
    Report {
        session: None,
        next_poll_at_ms: Some(at_ms),
        events,
    }
}

async fn ended(io: &Io, entry: &str, event: &str) -> Result<Report, Problem> {
    store::run(io, FsOp::Remove(format!("active/{entry}"))).await?;
    store::run(io, FsOp::SyncDir("active".to_owned())).await?;
    Ok(Report {
        session: None,
        next_poll_at_ms: None,
        events: vec![event.to_owned()],
    })
}

/// An intent whose turn is stored is removed once that is certainly polled. One that was polled may have lost its entry all
/// the same: the process that made it died before that was durable. One that has ended ends once more.
async fn settle(io: &Io, submit: &Submit, asked: &Asked) -> Result<(), Problem> {
    store::activate(io, &folder_name(&asked.session_id)).await?;
    submits::remove(io, submit).await
}

/// The submits of which nobody knows the outcome. Those of them whose turn is stored are settled first.
///
/// # Errors
/// When the state folder can't be used.
pub async fn unknown(io: &Io) -> Result<Vec<Submit>, Problem> {
    let mut found = Vec::new();
    for submit in submits::unknown(io).await? {
        // Once the chat is told nothing comes by itself any more.
        let turn = if submit.told {
            None
        } else {
            turn_of(io, &submit).await?
        };
        match turn {
            Some(asked) => settle(io, &submit, &asked).await?,
            None => found.push(submit),
        }
    }
    Ok(found)
}

/// The turn that an intent became, when it is stored: mostly in the session that it names. With a direct key a request
/// may land in another one.
///
/// # Errors
/// When the state folder can't be read.
pub(super) async fn turn_of(io: &Io, submit: &Submit) -> Result<Option<Asked>, Problem> {
    let named = submit.became.as_deref().unwrap_or(&submit.session_id);
    if !named.is_empty()
        && let Some(asked) = store::asked_by(io, &folder_name(named), &submit.nonce).await?
    {
        return Ok(Some(asked));
    }
    for key in store::all(io).await? {
        if let Some(asked) = store::asked_by(io, &key, &submit.nonce).await? {
            return Ok(Some(asked));
        }
    }
    Ok(None)
}

/// Removes the intent of this process. That it can't be is no failure: its turn is stored, or nothing was sent, and it is
/// found to be so later.
pub(super) async fn remove_own(io: &Io, submit: &Submit) {
    submits::remove(io, submit).await.ok();
}

/// What became of a submit, where the service can prove it: a session in which these words were said behind the place
/// where it began, and by nobody else that is known here.
async fn proved(
    io: &Io,
    settings: &Settings,
    submit: &Submit,
) -> Result<Option<Submitted>, Trouble> {
    let Ok(service) = Service::configured(settings) else {
        return Ok(None);
    };
    if service.mode() != submit.mode || submit.text.trim().is_empty() {
        return Ok(None);
    }
    // Two that said the same can't be told apart.
    let others = submits::all(io).await.unwrap_or_default();
    if others
        .iter()
        .any(|other| other.nonce != submit.nonce && other.text == submit.text)
    {
        return Ok(None);
    }
    if !submit.session_id.is_empty() {
        return continued(io, &service, submit).await;
    }
    if submit.mode == Mode::Direct {
        return Ok(None);
    }
    let Some(reply) = answered(service.tasks(io).await)? else {
        return Ok(None);
    };
    let mut found = Vec::new();
    for id in candidates(&reply, submit) {
        let Some(list) = answered(service.messages(io, id, None).await)? else {
            continue;
        };
        let is_known = !store::list(io, &format!("sessions/{}", folder_name(id)))
            .await
            .unwrap_or_default()
            .is_empty();
        if !is_known && said(&list, None, &submit.text) == 1 {
            found.push(id);
        }
    }
    Ok(match found.as_slice() {
        [id] => Some(Submitted {
            session_id: (*id).to_owned(),
            project_uuid: String::new(),
        }),
        _ => None,
    })
}

/// Only a question that didn't get through is asked again.
fn answered(answer: Result<Value, Trouble>) -> Result<Option<Value>, Trouble> {
    match answer {
        Ok(value) => Ok(Some(value)),
        Err(trouble) if trouble.kind == TroubleKind::Passing => Err(trouble),
        Err(_) => Ok(None),
    }
}

async fn continued(
    io: &Io,
    service: &Service<'_>,
    submit: &Submit,
) -> Result<Option<Submitted>, Trouble> {
    let key = folder_name(&submit.session_id);
    let Ok(Some(known)) = store::load(io, &key).await else {
        return Ok(None);
    };
    let turns = &known.session.turns;
    // A turn that began behind it would lose its messages to it.
    let began = submit.baseline.as_ref().map_or(0, |from| from.count);
    if turns.iter().any(|turn| turn.asked.baseline.count >= began) {
        return Ok(None);
    }
    let Some(list) = answered(service.messages(io, &submit.session_id, None).await)? else {
        return Ok(None);
    };
    let is_proved = said(&list, submit.baseline.as_ref(), &submit.text) == 1;
    let project = turns.iter().rev().map(|turn| &turn.asked.project_uuid);
    let project = project.into_iter().find(|project| !project.is_empty());
    Ok(is_proved.then(|| Submitted {
        session_id: submit.session_id.clone(),
        project_uuid: project.cloned().unwrap_or_default(),
    }))
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

/// The ids of tasks that were made when the submit was sent.
fn candidates<'a>(reply: &'a Value, submit: &Submit) -> Vec<&'a str> {
    let from_ms = submit.started_at_ms.saturating_sub(TASK_BEFORE_MS);
    let to_ms = submit.started_at_ms.saturating_add(TASK_AFTER_MS);
    let tasks = reply.get("tasks").and_then(Value::as_array);
    let made = |task: &Value| time::parse(task.get("created_at")?.as_str()?, 0);
    tasks
        .into_iter()
        .flatten()
        .filter(|task| made(task).is_some_and(|at_ms| (from_ms..=to_ms).contains(&at_ms)))
        .filter_map(|task| task.get("id")?.as_str().filter(|id| is_service_id(id)))
        .take(MAX_TASKS)
        .collect()
}
