//! `check`: what is configured, and whether it works. First what the user may know; lines that begin with `→` are for
//! whoever runs the machine.

use serde_json::Value;

use super::{Reply, for_operator};
use crate::channel;
use crate::channel::account::Account;
use crate::config::{HarnessState, Lack, Settings};
use crate::io::Io;
use crate::json::object;
use crate::problem::{Cause, Problem};
use crate::types::{ChannelAccount, Configuration, Polling, Uses};
use crate::upstream::{Choices, KeyStatus, ServiceId, Upstream};

/// Looks at the configuration and asks the service about the key. A key that is refused is a finding, not an error.
///
/// # Errors
/// Without a key, or with an address that can't be used.
pub fn run(io: &Io, settings: &Settings, named: Option<&str>) -> Result<Checked, Problem> {
    let upstream = settings.upstream(named)?;
    let service = upstream.service();
    let mut configuration = Configuration {
        api_key: upstream.secret().masked(),
        key_from: key_from(settings, service),
        service: service.name().to_owned(),
        url: upstream.shown_address(),
        video_ratio: settings.ratio.to_string(),
        config: settings.config_path.clone(),
        verified: false,
        uses: None,
        expires_at: None,
        accounts: accounts(settings),
        no_accounts: no_accounts(settings),
        polling: polling(settings.harness.state(None, Some(service))),
        warning: service.warning_at(&upstream).map(str::to_owned),
        problem: None,
    };
    // Asked last: all that is known without the service is shown also where the service can't be reached.
    let status = key_status(io, &upstream, &mut configuration);
    let (unverifiable, problem) = match status {
        Ok(unverifiable) => (unverifiable, None),
        Err(problem) => (None, Some(problem.into())),
    };
    configuration.problem = problem;
    Ok(Checked {
        service,
        unverifiable,
        choices: upstream.choices().clone(),
        configuration,
    })
}

/// Where the key of a service is kept, in words, as far as that is known.
fn key_from(settings: &Settings, service: ServiceId) -> Option<String> {
    if !service.key_prefix().is_empty() {
        return settings.key_from.clone();
    }
    let held = settings.services.of(service)?;
    Some(match service.keys() {
        Some(keys) if held.from_environment => format!("the environment ({})", keys.variable),
        Some(_) | None => settings.config_path.clone(),
    })
}

/// What is configured, and what people are told beside it.
pub struct Checked {
    service: ServiceId,
    /// The name of what has no call that tells whether a key is good.
    unverifiable: Option<&'static str>,
    /// What is chosen of the service.
    choices: Choices,
    /// As the typed export has it.
    pub configuration: Configuration,
}

/// Asks the service about the key, and notes what it says. Gives the name of what has no such call.
///
/// # Errors
/// Why the key can't be used, or couldn't be asked about.
fn key_status(
    io: &Io,
    upstream: &Upstream<'_>,
    configuration: &mut Configuration,
) -> Result<Option<&'static str>, Problem> {
    let status = upstream.check(io).map_err(|error| error.problem())?;
    let (uses, expires_at) = match status {
        KeyStatus::Good { uses, expires_at } => (uses, expires_at),
        KeyStatus::Unclear(reason) => {
            let failed = Problem::temporary(format!("Guard check failed: {reason}."));
            return Err(failed.because(Cause::Unreachable));
        }
        KeyStatus::Unverifiable(api) => return Ok(Some(api)),
    };
    configuration.verified = true;
    configuration.uses = uses.map(|(remaining, max)| Uses { remaining, max });
    configuration.expires_at = expires_at;
    Ok(None)
}

/// With which accounts results can be sent from here.
fn accounts(settings: &Settings) -> Vec<ChannelAccount> {
    let accounts = settings.accounts.unnamed();
    let accounts = accounts.map(|account| ChannelAccount {
        channel: account.member().id.to_owned(),
        id: account.app_id.clone(),
        url: account.base_url.clone(),
        found_in: account.found_in.clone(),
    });
    accounts.collect()
}

/// Why there are none; of the usual channel, since who uses one needs no account of the others.
fn no_accounts(settings: &Settings) -> Option<String> {
    let none = settings.accounts.unnamed().next().is_none();
    let usual = channel::usual().filter(|_| none)?;
    Some(settings.accounts.missing(usual))
}

/// The same in the words of the typed export.
fn polling(harness: HarnessState) -> Polling {
    match harness {
        HarnessState::Polling | HarnessState::PollingWithItsApp(_) => Polling::Active,
        HarnessState::Lacking(lack) => Polling::Lacking(lack.what),
        HarnessState::Absent => Polling::Absent,
        HarnessState::Unknown => Polling::Unknown,
    }
}

/// As the command line writes it.
#[must_use]
pub fn reply(settings: &Settings, checked: Checked) -> Reply {
    let lines = lines(settings, &checked);
    let exit_code = u8::from(checked.configuration.problem.is_some());
    Reply {
        exit_code,
        ..Reply::good(lines, as_json(settings, checked))
    }
}

/// For people: lines for the user first, those for whoever runs the machine behind them.
fn lines(settings: &Settings, checked: &Checked) -> Vec<String> {
    let (configuration, title) = (&checked.configuration, checked.service.member().title);
    let mut lines = vec![
        format!("🔑 API Key: {}", configuration.api_key),
        format!("📐 Video ratio: {}", configuration.video_ratio),
        format!("📁 Config: {}", configuration.config),
        format!("🌐 {title}: {}", configuration.url),
    ];
    if let Some(api) = checked.unverifiable {
        lines.push(format!("✅ {title} key configured"));
        lines.push(format!(
            "ℹ️ The key was not verified: {api} has no status call."
        ));
    }
    if configuration.verified {
        lines.push("✅ Key valid".to_owned());
    }
    for (label, choice) in [
        ("🎛️ Model", &checked.choices.model),
        ("📏 Resolution", &checked.choices.resolution),
    ] {
        lines.extend(choice.as_ref().map(|choice| format!("{label}: {choice}")));
    }
    if let Some(Uses { remaining, max }) = configuration.uses {
        lines.push(format!("📊 Remaining uses: {remaining}/{max}"));
    }
    if let Some(expires_at) = &configuration.expires_at {
        let expires_at = super::tasks::printable(expires_at);
        lines.push(format!("⏰ Expires at: {expires_at}"));
    }
    if let Some(said) = settings
        .jobs
        .as_ref()
        .and_then(|jobs| jobs["said"].as_str())
    {
        lines.push(format!("🧾 Jobs: {said}"));
    }
    let mut operator = Vec::new();
    if let Some(problem) = &configuration.problem {
        lines.push(format!("❌ {}", problem.message));
        // Behind all lines for the user: what an agent relays stands in front of the first `→`.
        operator.extend(problem.advice.clone());
    }
    let held = settings.services.of(checked.service);
    if let (Some(held), Some(keys)) = (held, checked.service.keys())
        && held.from_environment
    {
        operator.push(format!(
            "ℹ️ The key comes from {}, which stands above the saved one.",
            keys.variable
        ));
    }
    if let Some(place) = &configuration.key_from {
        operator.push(format!("🔐 The key is kept in: {place}"));
    }
    operator.extend(surroundings(settings, checked.service));
    operator.extend(others(settings, checked.service));
    operator.extend(configuration.warning.clone());
    lines.extend(operator.iter().flat_map(|line| for_operator(line)));
    lines
}

/// What decides whether results arrive by themselves.
fn surroundings(settings: &Settings, service: ServiceId) -> Vec<String> {
    let found = |account: &Account| {
        let title = channel::title(account.member());
        let (found_in, url) = (&account.found_in, &account.base_url);
        if account.app_id.is_empty() {
            return format!("💬 {title} credentials: found in {found_in} ({url})");
        }
        let id = &account.app_id;
        format!("💬 {title} credentials: found in {found_in} (app {id}, {url})")
    };
    let mut lines: Vec<String> = settings.accounts.unnamed().map(found).collect();
    if let (Some(none), Some(usual)) = (no_accounts(settings), channel::usual()) {
        lines.push(format!("💬 {} credentials: {none}", channel::title(usual)));
    }
    lines.push(match settings.harness.state(None, Some(service)) {
        HarnessState::Polling => "⏱️ Harness: polling".to_owned(),
        HarnessState::PollingWithItsApp(name) => {
            format!("⏱️ Harness: polling, with {name} credentials of its own")
        }
        HarnessState::Lacking(Lack { what, remedy }) => {
            format!(
                "⚠️ Harness: polling, but results don't arrive by themselves: {what}. {remedy}."
            )
        }
        HarnessState::Absent => {
            "⏱️ Harness: none is polling. Start one with: libtv-video serve".to_owned()
        }
        HarnessState::Unknown => "⏱️ Harness: this runtime doesn't say".to_owned(),
    });
    lines
}

/// Which other services are set up, where there are some.
fn others(settings: &Settings, service: ServiceId) -> Option<String> {
    let held = settings.services.held().iter().map(|held| held.key.service);
    let words: Vec<&str> = held
        .filter(|other| *other != service)
        .map(ServiceId::word)
        .collect();
    (!words.is_empty()).then(|| {
        format!(
            "ℹ️ Also configured: {}. Look at one with: libtv-video check --service S",
            words.join(", ")
        )
    })
}

/// For programs: the members that the reply has had since its first version, and no others where nothing is
/// known.
fn as_json(settings: &Settings, checked: Checked) -> Value {
    let configuration = checked.configuration;
    let mut json = object! {
        "apiKey": configuration.api_key,
        "videoRatio": configuration.video_ratio,
        "config": configuration.config,
        "mode": configuration.service,
        "url": configuration.url,
    };
    // Of a key that couldn't be asked about nothing is said.
    if configuration.verified || checked.unverifiable.is_some() {
        json["verified"] = configuration.verified.into();
    }
    if let Some(Uses { remaining, max }) = configuration.uses {
        json["remainingUses"] = remaining.into();
        json["maxUses"] = max.into();
    }
    add(&mut json, "expiresAt", configuration.expires_at);
    add(&mut json, "keyFrom", configuration.key_from);
    // By the channel's name, the usual one also where there is none: agents read this reply, and its form stays.
    let usual = channel::usual().map_or("", |member| member.id);
    json[usual] = Value::Null;
    for app in configuration.accounts {
        json[app.channel] = object! {"appId": app.id, "url": app.url, "from": app.found_in};
    }
    let (lacks, polls) = match configuration.polling {
        Polling::Active => (None, Value::Bool(true)),
        Polling::Lacking(what) => (Some(what), Value::Bool(true)),
        Polling::Absent => (None, Value::Bool(false)),
        Polling::Unknown => (None, Value::Null),
    };
    add(
        &mut json,
        &[usual, "Problem"].concat(),
        configuration.no_accounts,
    );
    add(&mut json, "harnessLacks", lacks);
    json["harness"] = polls;
    add(&mut json, "warning", configuration.warning);
    if let Some(jobs) = &settings.jobs {
        json["jobs"] = jobs.clone();
    }
    if let Some(problem) = &configuration.problem {
        json["error"] = object! {"message": problem.message, "advice": problem.advice.as_deref().unwrap_or_default()};
    }
    json
}

/// A member that is left out where there is nothing to say.
fn add(json: &mut Value, name: &str, text: Option<String>) {
    if let Some(text) = text {
        json[name] = text.into();
    }
}
