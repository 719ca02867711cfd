//! `tasks`: what the gateway knows of the key's tasks. Completed ones become recoverable here.

use contract::ids::is_service_id;
use serde_json::{Value, json};

use super::Reply;
use crate::config::{Mode, Settings};
use crate::io::{Io, digest};
use crate::problem::Problem;
use crate::session::{Asked, Progress, Route, State, folder_name};
use crate::store;
use crate::time;
use crate::upstream::Baseline;
use crate::upstream::results::ResultUrl;
use crate::upstream::session_api::Service;

/// Lists the tasks.
///
/// # Errors
/// Permanent with a direct key; as the service says otherwise.
pub async fn run(io: &Io, settings: &Settings) -> Result<Reply, Problem> {
    let service = Service::configured(settings)?;
    if service.mode() == Mode::Direct {
        return Err(Problem::permanent(
            "The tasks command is only available for Nexu-managed mgk_ keys.",
        ));
    }
    let reply = service
        .tasks(io)
        .await
        .map_err(|trouble| trouble.problem())?;
    let tasks = reply
        .get("tasks")
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default();
    if tasks.is_empty() {
        return Ok(Reply::good(
            vec!["No tasks found for this key.".to_owned()],
            json!({"tasks": []}),
        ));
    }
    let mut lines = Vec::new();
    for task in &tasks {
        lines.extend(block(task));
        keep(io, task).await?;
    }
    Ok(Reply::good(lines, json!({"tasks": tasks})))
}

fn block(task: &Value) -> Vec<String> {
    let text = |name: &str| {
        task.get(name)
            .and_then(Value::as_str)
            .filter(|text| !text.is_empty())
            .map(printable)
    };
    let status = text("status").unwrap_or_else(|| "unknown".to_owned());
    let icon = match status.as_str() {
        "completed" => "✅",
        "failed" => "❌",
        "pending" => "⏳",
        "composing" | "composed" | "rendering" | "rendered" | "storing" => "🎬",
        _ => "❔",
    };
    let mut lines = vec![
        format!(
            "{icon} {}",
            text("id").unwrap_or_else(|| "(no id)".to_owned())
        ),
        format!(
            "   backend: {}",
            text("backend").unwrap_or_else(|| "libtv".to_owned())
        ),
        format!("   status: {status}"),
    ];
    for (label, name) in [
        ("created", "created_at"),
        ("completed", "completed_at"),
        ("url", "video_url"),
        ("error", "error_message"),
    ] {
        lines.extend(text(name).map(|value| format!("   {label}: {value}")));
    }
    lines.push(String::new());
    lines
}

/// Stores a completed task as a session that has ended, unless it is known. It is neither polled nor
/// counted among those that are pruned: listing tasks pushes nothing out.
async fn keep(io: &Io, task: &Value) -> Result<(), Problem> {
    let text = |name: &str| {
        task.get(name)
            .and_then(Value::as_str)
            .filter(|text| !text.is_empty())
    };
    let (Some(id), Some("completed")) = (text("id"), text("status")) else {
        return Ok(());
    };
    // What can't be an id could be asked for by nobody.
    if !is_service_id(id) {
        return Ok(());
    }
    let Some(url) = text("video_url").and_then(ResultUrl::parse) else {
        return Ok(());
    };
    let key = folder_name(id);
    if !store::list(io, &format!("sessions/{key}"))
        .await?
        .is_empty()
    {
        return Ok(());
    }
    let at = |name: &str| text(name).and_then(|text| time::parse(text, 0));
    let now_ms = io.now_ms();
    let asked = Asked {
        session_id: id.to_owned(),
        project_uuid: String::new(),
        turn: 1,
        nonce: digest(&["task", id], 32),
        text: String::new(),
        mode: Mode::Gateway,
        route: Route::default(),
        baseline: Baseline::default(),
        submitted_at_ms: at("created_at").unwrap_or(now_ms),
    };
    let progress = Progress {
        state: State::Completed,
        results: vec![url],
        ended_at_ms: at("completed_at").or(Some(now_ms)),
        ..Progress::begun(asked.submitted_at_ms)
    };
    store::store_turn(io, &asked).await?;
    store::save_progress(io, &key, 1, &progress).await
}

/// A text from elsewhere on one line, without anything that a terminal would obey.
#[must_use]
pub fn printable(text: &str) -> String {
    text.chars()
        .map(|c| if contract::text::is_unseen(c) { ' ' } else { c })
        .collect()
}
