//! `check`: what is configured, and whether it works. First what the user may know; lines that begin with `→` are for
//! whoever runs the machine.

use serde_json::{Value, json};

use super::{Reply, for_operator};
use crate::config::{HarnessState, Settings};
use crate::io::Io;
use crate::problem::Problem;
use crate::upstream::{KeyStatus, Upstream};

/// Shows the configuration and asks the service about the key.
///
/// # Errors
/// Without a key, with a refused one, or when the service can't be asked.
pub async fn run(io: &Io, settings: &Settings) -> Result<Reply, Problem> {
    let upstream = settings.upstream()?;
    let service = upstream.service();
    let key = upstream.secret().masked();
    let (name, url) = (service.member().title, upstream.shown_address());
    let mut lines = vec![
        format!("🔑 API Key: {key}"),
        format!("📐 Video ratio: {}", settings.ratio),
        format!("📁 Config: {}", settings.config_path),
        format!("🌐 {name}: {url}"),
    ];
    let mut json = json!({
        "apiKey": key,
        "videoRatio": settings.ratio.to_string(),
        "config": settings.config_path,
        "mode": service.name(),
        "url": url,
    });
    let verified = key_status(io, &upstream, &mut lines, &mut json).await.err();
    let mut operator = Vec::new();
    if let Some(problem) = &verified {
        lines.push(format!("❌ {}", problem.failure().message));
        operator.extend(problem.failure().advice.lines().map(str::to_owned));
    }
    where_the_key_is(settings, &mut operator, &mut json);
    surroundings(settings, &mut operator, &mut json);
    if let Some(warning) = service.warning_at(&upstream) {
        operator.push(warning.to_owned());
        json["warning"] = warning.into();
    }
    lines.extend(operator.iter().flat_map(|line| for_operator(line)));
    let exit_code = u8::from(verified.is_some());
    if let Some(problem) = verified {
        json["error"] =
            json!({"message": problem.failure().message, "advice": problem.failure().advice});
    }
    Ok(Reply {
        exit_code,
        ..Reply::good(lines, json)
    })
}

fn where_the_key_is(settings: &Settings, lines: &mut Vec<String>, json: &mut Value) {
    if settings.key_from_environment {
        lines.push(
            "ℹ️ The key comes from LIBTV_API_KEY, which stands above the saved one.".to_owned(),
        );
    }
    if let Some(place) = &settings.key_from {
        lines.push(format!("🔐 The key is kept in: {place}"));
        json["keyFrom"] = place.as_str().into();
    }
}

async fn key_status(
    io: &Io,
    upstream: &Upstream<'_>,
    lines: &mut Vec<String>,
    json: &mut Value,
) -> Result<(), Problem> {
    let status = upstream.check(io).await.map_err(|error| error.problem())?;
    let (uses, expires_at) = match status {
        KeyStatus::Good { uses, expires_at } => (uses, expires_at),
        KeyStatus::Unclear(reason) => {
            return Err(Problem::temporary(format!("Guard check failed: {reason}.")));
        }
        KeyStatus::Unverifiable(api) => {
            let title = upstream.service().member().title;
            lines.push(format!("✅ {title} key configured"));
            lines.push(format!(
                "ℹ️ The key was not verified: {api} has no status call."
            ));
            json["verified"] = Value::Bool(false);
            return Ok(());
        }
    };
    lines.push("✅ Key valid".to_owned());
    json["verified"] = Value::Bool(true);
    if let Some((remaining, max)) = uses {
        lines.push(format!("📊 Remaining uses: {remaining}/{max}"));
        json["remainingUses"] = remaining.into();
        json["maxUses"] = max.into();
    }
    if let Some(expires) = expires_at {
        let shown = super::tasks::printable(&expires);
        lines.push(format!("⏰ Expires at: {shown}"));
        json["expiresAt"] = expires.into();
    }
    Ok(())
}

/// The two things that decide whether results arrive by themselves.
fn surroundings(settings: &Settings, lines: &mut Vec<String>, json: &mut Value) {
    match &settings.feishu {
        Some(app) => {
            lines.push(format!(
                "💬 Feishu credentials: found in {} (app {}, {})",
                app.found_in, app.app_id, app.base_url
            ));
            json["feishu"] =
                json!({"appId": app.app_id, "url": app.base_url, "from": app.found_in});
        }
        None => {
            lines.push(format!("💬 Feishu credentials: {}", settings.no_feishu));
            json["feishu"] = Value::Null;
            json["feishuProblem"] = settings.no_feishu.as_str().into();
        }
    }
    let (line, polling) = match settings.harness {
        HarnessState::Polling => ("⏱️ Harness: polling".to_owned(), Value::Bool(true)),
        HarnessState::PollingWithItsApp => (
            "⏱️ Harness: polling, with Feishu or Lark credentials of its own".to_owned(),
            Value::Bool(true),
        ),
        HarnessState::Lacking(lack) => {
            let (what, remedy) = lack.words();
            json["harnessLacks"] = what.into();
            let line = format!(
                "⚠️ Harness: polling, but results don't arrive by themselves: {what}. {remedy}."
            );
            (line, Value::Bool(true))
        }
        HarnessState::Absent => (
            "⏱️ Harness: none is polling. Start one with: libtv-video serve".to_owned(),
            Value::Bool(false),
        ),
        HarnessState::Unknown => (
            "⏱️ Harness: this runtime doesn't say".to_owned(),
            Value::Null,
        ),
    };
    lines.push(line);
    json["harness"] = polling;
}
