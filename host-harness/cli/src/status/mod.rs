//! `status`: a table of sessions, one session in detail, or either of them kept up to date. What is known comes from
//! the component; here it is only shown.

mod detail;
mod table;
mod words;

use std::io::{IsTerminal, stdout};
use std::time::Duration;

use host::{CallError, Harness, Overview, WithJobs, rfc3339};

use super::{environment, polled, print, run, signals};

/// How often `--watch` looks: as often as a person does.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// A pipe has no width; long words are cut for people all the same.
const PIPE_COLUMNS: usize = 160;

/// What to show.
pub(crate) struct Wanted {
    /// One session.
    pub(crate) id: Option<String>,
    /// How many ended sessions.
    pub(crate) last: Option<u64>,
    /// JSON as it comes.
    pub(crate) json: bool,
    /// Until it is interrupted.
    pub(crate) watch: bool,
}

/// Shows it, once or every second until a signal; the exit code.
pub(crate) async fn status(wanted: Wanted) -> u8 {
    let harness = match environment::harness_for_one_call() {
        Ok(harness) => harness,
        Err(reason) => {
            print::error(&reason);
            return super::FAILED;
        }
    };
    let mut shown = None;
    loop {
        match look(&harness, &wanted, &mut shown).await {
            Ok(0) if wanted.watch => {}
            Ok(code) => return code,
            Err(error) => {
                run::tell(&error, wanted.json);
                return super::FAILED;
            }
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK_EVERY) => {}
            _ = signals::signal() => return 0,
        }
    }
}

/// Looks once; prints when there is something to tell that was not told before.
async fn look(
    harness: &Harness,
    wanted: &Wanted,
    shown: &mut Option<WithJobs<Overview>>,
) -> Result<u8, CallError> {
    let ended = wanted
        .last
        .map(|last| u32::try_from(last).unwrap_or(u32::MAX));
    let mut overview = harness
        .status(wanted.id.as_deref(), ended, run::to_stderr())
        .await?;
    // Apart from the rest: the time is in every answer, and no news.
    let now_ms = std::mem::take(&mut overview.now_ms);
    // The harness's own count, since the component can't know it.
    let mut found = WithJobs {
        told: overview,
        jobs: harness.jobs_left(None).await,
    };
    let is_news = shown.as_ref() != Some(&found);
    // On a terminal the times go on although nothing else changed.
    let terminal = stdout().is_terminal();
    if !is_news && (wanted.json || !terminal) {
        return Ok(0);
    }
    if wanted.json {
        found.told.now_ms = now_ms;
        let mut value = serde_json::to_value(&found).unwrap_or_default();
        value["harness"] = polled::json(harness.home());
        print::out(&value.to_string());
        found.told.now_ms = 0;
    } else {
        let mut lines = picture(&found, now_ms, wanted.id.is_some(), terminal);
        lines.extend(polled::line(harness.home()).filter(|_| wanted.id.is_none()));
        if wanted.watch && terminal {
            print::clear();
        }
        print::out(&lines.join("\n"));
    }
    *shown = Some(found);
    Ok(0)
}

/// What is printed: a table, or one session, and below it what somebody has to look after.
fn picture(found: &WithJobs<Overview>, now_ms: u64, one: bool, terminal: bool) -> Vec<String> {
    let status = &found.told;
    let style = words::Style {
        colours: print::has_colours(),
        columns: if terminal { columns() } else { PIPE_COLUMNS },
    };
    let mut lines = match status.sessions.first() {
        Some(session) if one => detail::lines(session, now_ms, &style),
        _ => table::lines(&status.sessions, now_ms, &style),
    };
    for submit in &status.unknown_submits {
        lines.push(style.paint(
            &format!(
                "⚠️ A submit of {} got no answer and may have been charged: “{}”.",
                rfc3339(submit.started_at_ms.unwrap_or_default()),
                words::cut(&submit.text, 40),
            ),
            "33",
        ));
        lines.push("→ Find out with: libtv-video tasks, libtv-video recover".to_owned());
    }
    for told in &status.damaged {
        lines.push(style.paint(&format!("⚠️ {told}"), "33"));
    }
    // Of one session it is no news: it has begun.
    if !one {
        let said = format!("Jobs: {}", found.jobs.said);
        let colour = if found.jobs.is_open() { "2" } else { "33" };
        lines.push(style.paint(&said, colour));
    }
    lines
}

/// The terminal's width; what every terminal has when it doesn't say.
fn columns() -> usize {
    const DEFAULT: usize = 80;
    #[cfg(unix)]
    let said = rustix::termios::tcgetwinsize(stdout())
        .ok()
        .map(|size| usize::from(size.ws_col));
    #[cfg(not(unix))]
    let said: Option<usize> = None;
    said.filter(|columns| *columns > 0).unwrap_or(DEFAULT)
}
