//! `doctor`: what this machine settles (folders, proxy, roots of trust, rules), then what the component finds out by
//! asking the services.

use std::env;

use host::http::NetworkSettings;
use host::{Finding, Harness, Health, Home};
use serde_json::json;

use super::{FAILED, environment, print, run};

/// Looks at all links; 1 where one of them is broken.
pub(crate) async fn doctor(channel: Option<String>, chat_id: Option<String>, as_json: bool) -> u8 {
    let harness = match environment::harness_for_one_call() {
        Ok(harness) => harness,
        Err(reason) => {
            let check = finding(
                "Program",
                false,
                &reason,
                "Mend this first; nothing runs without it.",
            );
            return report(vec![check], &[], as_json);
        }
    };
    // First what costs nothing and explains the rest: a wrong proxy breaks every link behind it.
    let mut checks = surroundings(&harness);
    checks.push(spending(&harness, chat_id.as_deref()).await);
    let (found, usage) = harness
        .doctor(channel.as_deref(), chat_id.as_deref(), run::to_stderr())
        .await;
    let refusals: Vec<String> = usage.refusals.iter().map(ToString::to_string).collect();
    match found {
        Ok(found) => {
            checks.extend(found);
            checks.extend(harness.fake_address().map(|said| {
                let detail = format!("{said}; it counts, since TLS proves the host");
                finding("Addresses", true, &detail, "")
            }));
        }
        Err(error) => checks.push(finding("Component", false, &run::sentence(&error), "")),
    }
    report(checks, &refusals, as_json)
}

/// In the component's own form.
fn finding(link: &str, good: bool, detail: &str, advice: &str) -> Finding {
    Finding {
        link: link.to_owned(),
        health: if good { Health::Good } else { Health::Broken },
        detail: detail.to_owned(),
        advice: (!advice.is_empty()).then(|| advice.to_owned()),
    }
}

/// What can be found out without asking anybody.
fn surroundings(harness: &Harness) -> Vec<Finding> {
    let digest: String = harness.component().digest().chars().take(12).collect();
    let version = env!("CARGO_PKG_VERSION");
    let mut checks = vec![
        finding(
            "Program",
            true,
            &format!("version {version}, component {digest}"),
            "",
        ),
        state_folder(harness.home()),
    ];
    checks.extend(network(&harness.network_settings()));
    let grants = harness.grants();
    let rules = grants.network.len();
    checks.push(if grants.unusable.is_empty() {
        finding(
            "Egress",
            true,
            &format!("{rules} rules; shown by: libtv-video grants"),
            "",
        )
    } else {
        finding(
            "Egress",
            false,
            &grants.unusable.join("; "),
            "Correct or unset the variable: until then its service can't be reached.",
        )
    });
    checks
}

/// Whether something can be stored, which permissions alone don't tell.
fn state_folder(home: &Home) -> Finding {
    let folder = home.state();
    let shown = folder.display().to_string();
    match tempfile::Builder::new()
        .prefix(".doctor-")
        .tempfile_in(&folder)
    {
        Ok(_) => {
            let mut told = home.open_to_others();
            told.extend(home.not_durable());
            let found = finding("State folder", true, &shown, &told.join("\n"));
            match told.as_slice() {
                [] => found,
                _ => Finding {
                    health: Health::Doubtful,
                    ..found
                },
            }
        }
        Err(error) => finding(
            "State folder",
            false,
            &format!("{shown} can't be written: {error}"),
            "Check the folder's owner and the space left on its disk, or set NEXU_HOME to another one.",
        ),
    }
}

/// Whether a job may begin today, of all and for the chat.
async fn spending(harness: &Harness, chat_id: Option<&str>) -> Finding {
    let jobs = harness.jobs_left(chat_id).await;
    let (health, advice) = if jobs.problem.is_some() {
        (
            Health::Broken,
            "No request that costs money leaves until this is mended.",
        )
    } else if jobs.is_open() {
        (Health::Good, "")
    } else {
        let raise = "Wait, or raise jobsPerDay or jobsPerChatPerDay under limits in libtv.json.";
        (Health::Doubtful, raise)
    };
    Finding {
        health,
        ..finding("Jobs", true, &jobs.said, advice)
    }
}

/// What leads requests elsewhere, or was meant to.
fn network(settings: &NetworkSettings) -> Vec<Finding> {
    const ADVICE: &str = "Correct or unset the variable.";
    let mut found = Vec::new();
    if let Some(proxy) = &settings.proxy {
        let detail = format!("requests go through {proxy}");
        found.push(finding("Proxy", true, &detail, ""));
    }
    if let Some(reason) = &settings.unusable_proxy {
        let detail = format!("{reason}. No request goes past it");
        found.push(finding("Proxy", false, &detail, ADVICE));
    }
    if let Some(reason) = &settings.unusable_roots {
        let detail = format!("{reason}. Only the system's are trusted");
        found.push(finding("Roots of trust", false, &detail, ADVICE));
    }
    let is_set = |name: &str| env::var_os(name).is_some_and(|value| !value.is_empty());
    let said = [
        (
            "Roots of trust",
            "SSL_CERT_FILE",
            settings.unusable_roots.is_none(),
            "SSL_CERT_FILE adds to the system's",
        ),
        (
            "Connections",
            "LIBTV_CONNECT_TO",
            true,
            "LIBTV_CONNECT_TO leads hosts to this machine: for tests",
        ),
    ];
    let said = said
        .iter()
        .filter(|(_, name, good, _)| *good && is_set(name));
    found.extend(said.map(|(link, _, _, detail)| finding(link, true, detail, "")));
    found
}

/// Prints what was found, and what the sandbox refused meanwhile.
fn report(checks: Vec<Finding>, refusals: &[String], as_json: bool) -> u8 {
    let healthy = !checks.iter().any(|check| check.health == Health::Broken);
    if as_json {
        print::out(
            &json!({"healthy": healthy, "checks": checks, "refusals": refusals}).to_string(),
        );
        return if healthy { 0 } else { FAILED };
    }
    let colours = print::has_colours();
    for check in &checks {
        let (icon, colour) = match check.health {
            Health::Good => ("✅", "32"),
            Health::Doubtful => ("⚠️", "33"),
            Health::Broken => ("❌", "31"),
        };
        print::out(&format!(
            "{icon} {}: {}",
            print::paint(&check.link, colour, colours),
            check.detail
        ));
        for line in check.advice.iter().flat_map(|advice| advice.lines()) {
            print::out(&format!("   → {line}"));
        }
    }
    for refusal in refusals {
        print::hint(&format!("🔒 {refusal}"));
    }
    if healthy { 0 } else { FAILED }
}
