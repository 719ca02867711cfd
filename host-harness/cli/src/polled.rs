//! What polls here, said to people and programs: which process, what started it, since when.

use host::{Home, Poller, StartedBy, format_time};
use serde_json::{Value, json};

/// What polls, in one sentence.
pub(crate) fn sentence(poller: &Poller) -> String {
    let what = match poller.started_by {
        Some(StartedBy::Command) => "`serve` polls and delivers, started by hand",
        Some(StartedBy::Service) => "The service polls and delivers",
        Some(StartedBy::Submit) => {
            "What a submit has started polls and delivers, until there was nothing to do for an hour"
        }
        Some(StartedBy::Mcp) => "An MCP server polls and delivers, while its agent runs",
        Some(StartedBy::Program) => "A program that embeds the harness polls and delivers",
        None => "A harness polls and delivers",
    };
    let process = poller.process.map(|id| format!("process {id}"));
    let since = poller
        .since_ms
        .map(|ms| format!("since {}", format_time(ms)));
    let known: Vec<String> = process.into_iter().chain(since).collect();
    if known.is_empty() {
        what.to_owned()
    } else {
        format!("{what} ({})", known.join(", "))
    }
}

/// The same for people, in a line of its own; none where nothing polls.
pub(crate) fn line(home: &Home) -> Option<String> {
    home.poller()
        .map(|poller| format!("⏱️ {}", sentence(&poller)))
}

/// The same for programs; null where nothing polls.
pub(crate) fn json(home: &Home) -> Value {
    home.poller().map_or(Value::Null, |poller| {
        json!({
            "process": poller.process,
            "startedBy": poller.started_by.map(StartedBy::name),
            "sinceMs": poller.since_ms,
        })
    })
}
