//! `check`: what is configured, and whether it works. First what the user may know; lines that begin with `→` are for
//! whoever runs the machine.

use serde_json::{Value, json};

use super::{Reply, for_operator};
use crate::config::{DIRECT_URL, HarnessState, Mode, Settings};
use crate::io::Io;
use crate::problem::Problem;
use crate::upstream::session_api::Service;

/// Shows the configuration and asks the gateway about the key.
///
/// # Errors
/// Without a key, with a refused one, or when the gateway can't be asked.
pub async fn run(io: &Io, settings: &Settings) -> Result<Reply, Problem> {
    let service = Service::configured(settings)?;
    let key = settings.require_key()?.secret.masked();
    let (name, url) = match service.mode() {
        Mode::Gateway => ("Gateway", format!("{}/", service.base())),
        Mode::Direct => ("Direct LibTV", service.base().to_owned()),
    };
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
        "mode": service.mode().name(),
        "url": url,
    });
    let verified = match service.mode() {
        Mode::Gateway => gateway(io, &service, &mut lines, &mut json).await.err(),
        Mode::Direct => {
            lines.push("✅ Direct LibTV key configured".to_owned());
            lines
                .push("ℹ️ The key was not verified: the direct API has no status call.".to_owned());
            json["verified"] = Value::Bool(false);
            None
        }
    };
    let mut operator = Vec::new();
    if let Some(problem) = &verified {
        lines.push(format!("❌ {}", problem.failure().message));
        operator.extend(problem.failure().advice.lines().map(str::to_owned));
    }
    where_the_key_is(settings, &mut operator, &mut json);
    surroundings(settings, &mut operator, &mut json);
    if service.mode() == Mode::Direct && service.base() == DIRECT_URL {
        operator.push(RETIRED.to_owned());
        json["warning"] = RETIRED.into();
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

/// What is known of the direct service: how it has answered, and that nothing was seen of it since.
const RETIRED: &str = "⚠️ The direct service is known not to take jobs any more: it has answered “LibTV Skill 已升级为 LibTV CLI”, and nothing public since June 2026 shows it taking one.";

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

async fn gateway(
    io: &Io,
    service: &Service<'_>,
    lines: &mut Vec<String>,
    json: &mut Value,
) -> Result<(), Problem> {
    let status = service
        .key_status(io)
        .await
        .map_err(|trouble| trouble.problem())?;
    let number = |name: &str| status.get(name).and_then(Value::as_i64);
    let (Some(remaining), Some(max)) = (number("remaining_uses"), number("max_uses")) else {
        return Err(Problem::temporary(
            "Guard check failed: key status response is missing remaining_uses/max_uses.",
        ));
    };
    lines.push("✅ Key valid".to_owned());
    lines.push(format!("📊 Remaining uses: {remaining}/{max}"));
    json["verified"] = Value::Bool(true);
    json["remainingUses"] = remaining.into();
    json["maxUses"] = max.into();
    if let Some(expires) = status
        .get("expires_at")
        .and_then(Value::as_str)
        .filter(|text| !text.is_empty())
    {
        lines.push(format!(
            "⏰ Expires at: {}",
            super::tasks::printable(expires)
        ));
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
