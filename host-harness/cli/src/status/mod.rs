//! `status`: a table of sessions, one session in detail, or either of them kept up to date. What is known comes from
//! the component; here it is only shown.

mod detail;
mod table;
mod words;

use std::ffi::OsString;
use std::io::{IsTerminal, stdout};
use std::time::Duration;

use host::Harness;
use serde_json::Value;

use super::{environment, print, run, signals};

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
            Err(reason) => {
                print::error(&reason);
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
async fn look(harness: &Harness, wanted: &Wanted, shown: &mut Option<Value>) -> Result<u8, String> {
    let mut arguments: Vec<OsString> = vec!["status".into()];
    if let Some(last) = wanted.last {
        arguments.push(format!("--last={last}").into());
    }
    if let Some(id) = &wanted.id {
        arguments.extend(["--".into(), id.into()]);
    }
    let mut reply = harness
        .run_for_json(arguments, run::to_stderr())
        .await
        .map_err(|error| run::sentence(&error))?;
    if reply.end.exit_code != 0 {
        if wanted.json {
            print::out(&reply.json.to_string());
        } else {
            print::error(words::text(&reply.json["error"]["message"]));
        }
        return Ok(super::FAILED);
    }
    let now = reply.json["now"].take();
    if wanted.json {
        if shown.as_ref() != Some(&reply.json) {
            *shown = Some(reply.json.clone());
            reply.json["now"] = now;
            print::out(&reply.json.to_string());
        }
        return Ok(0);
    }
    let terminal = stdout().is_terminal();
    // On a terminal the times go on although nothing else changed.
    if terminal || shown.as_ref() != Some(&reply.json) {
        let lines = picture(
            &reply.json,
            words::text(&now),
            wanted.id.is_some(),
            terminal,
        );
        if wanted.watch && terminal {
            print::clear();
        }
        print::out(&lines.join("\n"));
        *shown = Some(reply.json);
    }
    Ok(0)
}

fn picture(status: &Value, now: &str, one: bool, terminal: bool) -> Vec<String> {
    let style = words::Style {
        colours: print::has_colours(),
        columns: if terminal { columns() } else { PIPE_COLUMNS },
    };
    let now = words::at(now);
    let sessions = words::list(&status["sessions"]);
    let mut lines = match sessions.first() {
        Some(session) if one => detail::lines(session, now, &style),
        _ => table::lines(sessions, now, &style),
    };
    for submit in words::list(&status["unknownSubmits"]) {
        lines.push(style.paint(
            &format!(
                "⚠️ A submit of {} got no answer and may have been charged: “{}”.",
                words::text(&submit["startedAt"]),
                words::cut(words::text(&submit["text"]), 40),
            ),
            "33",
        ));
        lines.push("→ Find out with: libtv-video tasks, libtv-video recover".to_owned());
    }
    for told in words::list(&status["damaged"]) {
        lines.push(style.paint(&format!("⚠️ {}", words::text(told)), "33"));
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
