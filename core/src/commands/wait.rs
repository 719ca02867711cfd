//! `wait-and-deliver`: in the foreground what the harness does in the background, for one session.
//! It runs the same poll step and may do so beside a harness.

use super::Reply;
use super::query::{known, link};
use crate::config::Settings;
use crate::io::Io;
use crate::json::object;
use crate::poll::{self, Haste, Report};
use crate::problem::Problem;
use crate::session::{Session, State};
use crate::time::format_rfc3339;

/// The shortest pause between two steps: what another process does meanwhile is noticed soon enough.
const MIN_PAUSE_MS: u64 = 200;
/// The longest: another process may have brought the job to its end.
const MAX_PAUSE_MS: u64 = 10_000;

/// Watches one session to its end. Its link is that of `project_id`, where one is given.
///
/// # Errors
/// Permanent for an id that isn't known here.
pub fn run(
    io: &Io,
    settings: &Settings,
    id: &str,
    project_id: Option<&str>,
) -> Result<Reply, Problem> {
    let session = known(io, id)?;
    // Before the key is asked for: what was delivered is known without one.
    if let Some(at_ms) = session
        .latest()
        // A turn may have been delivered while a message of another is still to go.
        .filter(|_| !session.has_undelivered())
        .and_then(|turn| turn.progress.delivered_at_ms)
    {
        let line = format!("✅ Already delivered at {}", format_rfc3339(at_ms));
        return Ok(Reply::good(
            vec![line],
            object! {"sessionId": session.id(), "state": "completed", "deliveredAt": format_rfc3339(at_ms)},
        ));
    }
    settings.require_key()?;
    io.err(format!(
        "Watching {} …",
        super::tasks::printable(session.id())
    ));
    loop {
        let report = poll::step(io, settings, &session.key, Haste::WhenDue)?;
        for event in &report.events {
            io.err(format!(
                "{} {}",
                format_rfc3339(io.now_ms()),
                super::tasks::printable(event)
            ));
        }
        if let Some(reply) = ended(&report, project_id) {
            return Ok(reply);
        }
        let pause_ms = report
            .next_poll_at_ms
            .unwrap_or(0)
            .saturating_sub(io.now_ms());
        // The step says when it wants the next one, but another process may have done it meanwhile, or the
        // clock been set.
        io.sleep(pause_ms.clamp(MIN_PAUSE_MS, MAX_PAUSE_MS));
    }
}

/// The answer, once there is nothing more to wait for.
fn ended(report: &Report, project_id: Option<&str>) -> Option<Reply> {
    let session = report.session.as_ref()?;
    let turn = session.latest()?;
    let over = match turn.progress.state {
        // What waits for somebody to mend the chat or the app is the harness's, too: it is told now.
        State::Completed | State::Failed => {
            report.next_poll_at_ms.is_none() || session.only_waits_for_people()
        }
        // Late results and the user's answer are the harness's to wait for.
        State::Timeout | State::AwaitingUser => {
            !session.has_undelivered() || session.only_waits_for_people()
        }
        State::Submitted | State::Generating => false,
    };
    over.then(|| reply(session, turn, project_id))
}

/// How the wait ended, for people and programs. Exit code 0 where everything is delivered, nothing was to be,
/// or the user is asked.
fn reply(session: &Session, turn: &crate::session::Turn, project_id: Option<&str>) -> Reply {
    let progress = &turn.progress;
    let mut lines = Vec::new();
    match progress.state {
        State::Completed => match progress.delivered_at_ms {
            Some(at_ms) => lines.push(format!("✅ Delivered at {}", format_rfc3339(at_ms))),
            None if turn.asked.route.is_complete() => lines.push("❌ Finished, but not every result could be delivered. Try: libtv-video recover".to_owned()),
            None => lines.push("✅ Finished. No chat was named, so nothing was sent.".to_owned()),
        },
        State::Failed => lines.push(format!("❌ Failed: {}", progress.trouble.as_deref().unwrap_or("no reason was given"))),
        State::AwaitingUser => lines.push(format!("❓ {}", progress.question.as_deref().unwrap_or("The video service asks for more."))),
        State::Timeout => lines.push("⌛ No result in the expected time. A late one is still delivered while a harness polls.".to_owned()),
        State::Submitted | State::Generating => {}
    }
    lines.extend(progress.results.iter().map(|url| url.as_str().to_owned()));
    lines.extend(link(session, project_id).filter(|_| progress.state == State::Completed));
    let json = object! {
        "sessionId": session.id(),
        "state": progress.state.name(),
        "result_urls": progress.results,
        "deliveredAt": progress.delivered_at_ms.map(format_rfc3339),
        "trouble": progress.trouble,
        "question": progress.question,
    };
    let good = match progress.state {
        State::Completed => progress.delivered_at_ms.is_some() || !turn.asked.route.is_complete(),
        State::AwaitingUser => true,
        State::Failed | State::Timeout | State::Submitted | State::Generating => false,
    };
    Reply {
        exit_code: u8::from(!good),
        ..Reply::good(lines, json)
    }
}
