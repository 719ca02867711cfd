//! `query-session`: a session's messages, as they are.

use serde_json::{Value, json};

use super::Reply;
use crate::config::Settings;
use crate::io::Io;
use crate::libtv::Service;
use crate::messages::{self, Role};
use crate::problem::Problem;
use crate::session::{Session, State, canvas_link};
use crate::store::{self, Found};
use crate::urls::{Links, ResultUrl};
use crate::watch::{self, Verdict};

/// Shows the messages, the results in them, and the canvas link once the job has finished.
///
/// # Errors
/// Permanent for an id that isn't known here; as the service says otherwise.
pub async fn run(
    io: &Io,
    settings: &Settings,
    id: &str,
    after_seq: Option<u64>,
    project_id: Option<&str>,
) -> Result<Reply, Problem> {
    let session = known(io, id).await?;
    let service = service_of(settings, &session)?;
    let list = service
        .messages(io, session.id(), after_seq)
        .await
        .map_err(|trouble| trouble.problem())?;
    let finished = is_finished(&session, &list, after_seq.is_none());
    let link = match project_id {
        Some(project) => Some(canvas_link(project)),
        None => session.canvas(),
    };
    let urls = results_in(&session, &list);
    let mut reply = json!({"messages": list});
    if let Some(link) = link.filter(|_| finished) {
        reply["projectUrl"] = Value::String(link);
    }
    if !urls.is_empty() {
        reply["result_urls"] = urls.iter().map(ResultUrl::as_str).collect();
    }
    Ok(Reply::only_json(reply))
}

/// Whether the job has finished: as stored, or, where nobody has polled, as its messages say.
fn is_finished(session: &Session, list: &Value, list_is_whole: bool) -> bool {
    let Some(turn) = session.latest() else {
        return false;
    };
    let seen = session.observe(&messages::parse(list)).pop();
    let judged = seen
        .filter(|_| list_is_whole)
        .map(|seen| watch::judge(&seen, 0));
    turn.progress.state == State::Completed || matches!(judged, Some(Verdict::Complete(_)))
}

/// The session of an id or a unique prefix.
///
/// # Errors
/// Permanent when there is none, or several.
pub async fn known(io: &Io, id: &str) -> Result<Session, Problem> {
    match store::find(io, id).await? {
        Found::Key(key) => {
            let loaded = store::load(io, &key).await?;
            for told in loaded.iter().flat_map(|loaded| &loaded.damaged) {
                io.err(format!("⚠️ {told}")).await;
            }
            loaded
                .map(|loaded| loaded.session)
                .filter(|session| !session.turns.is_empty())
                .ok_or_else(|| {
                    Problem::permanent(format!(
                        "Unknown LibTV session: {}",
                        super::tasks::printable(id)
                    ))
                    .advise("The ids known here are listed by: libtv-video recover")
                })
        }
        Found::None => Err(Problem::permanent(format!(
            "Unknown LibTV session: {}",
            super::tasks::printable(id)
        ))
        .advise("The ids known here are listed by: libtv-video recover")),
        Found::Several => Err(Problem::permanent(format!(
            "Several sessions begin with {}: give more of the id.",
            super::tasks::printable(id)
        ))),
    }
}

/// The service a session was submitted to, when the key in force belongs to it.
///
/// # Errors
/// Permanent: no key, or one of another kind.
pub fn service_of<'a>(settings: &'a Settings, session: &Session) -> Result<Service<'a>, Problem> {
    let service = Service::configured(settings)?;
    match session.latest().map(|turn| turn.asked.mode) {
        Some(mode) if mode != service.mode() => Err(Problem::permanent(format!(
            "This session was submitted with another kind of key ({}…) and can only be asked for with one.",
            mode.key_prefix()
        ))
        .advise("Switch with: libtv-video update-key --api-key K")),
        Some(_) | None => Ok(service),
    }
}

/// All results in a session's messages, without the user's own files.
#[must_use]
pub fn results_in(session: &Session, list: &Value) -> Vec<ResultUrl> {
    let messages = messages::parse(list);
    let mut own = own_files(session);
    own.extend(
        messages
            .iter()
            .filter(|message| message.role == Role::User)
            .flat_map(|message| message.urls.clone()),
    );
    let urls = messages
        .into_iter()
        .filter(|message| message.role != Role::User)
        .flat_map(|message| message.urls);
    results_among(urls, &own)
}

/// The files that the user passed in with the words of a session.
#[must_use]
pub fn own_files(session: &Session) -> Links {
    let turns = session.turns.iter();
    turns.flat_map(|turn| turn.asked.own_files()).collect()
}

/// The newest link of each result, in order, without the user's own files.
#[must_use]
pub fn results_among(urls: impl Iterator<Item = ResultUrl>, own: &Links) -> Vec<ResultUrl> {
    let results: Links = urls.filter(|url| !own.contains(url)).collect();
    results.into_vec()
}
