//! The one port through which configuration and credentials come in. What a variable means is
//! decided here; reading it is the driver's. With our harness the secrets are placeholders.

mod harness;
mod services;

use serde_json::{Map, Value};

use crate::channel::account::Accounts;
use crate::json;
use crate::problem::{Cause, Problem};
use crate::ratio::{self, Ratio};
use crate::upstream::{ServiceId, Upstream, base_url};
pub use harness::{Harness, HarnessState, Lack};
use services::Unmeant;
pub use services::{Held, Services, is_choice, set_up};

/// The stored configuration, as the driver found it.
pub enum Stored {
    /// The text of `libtv.json`.
    Text(String),
    /// There is none.
    Absent,
    /// It can't be used, and why.
    Unreadable(String),
}

/// All that is configured.
pub struct Settings {
    /// The services that are set up.
    pub services: Services,
    /// Where the key is kept that is told by its beginning, in words, where the runtime says so.
    pub key_from: Option<String>,
    /// How many jobs the runtime lets begin today, as it says it; `said` of it are words.
    pub jobs: Option<Value>,
    /// The ratio in force.
    pub ratio: Ratio,
    /// The same where somebody set it, and not the default.
    pub chosen_ratio: Option<Ratio>,
    /// The stored ratio.
    pub stored_ratio: Option<String>,
    /// The stored configuration, to be changed and written back; the reason when it can't be read.
    pub stored: Result<Map<String, Value>, String>,
    /// The path shown to people.
    pub config_path: String,
    /// Where each service is reached; the problem of a bad override.
    addresses: Vec<(ServiceId, Result<String, String>)>,
    /// The accounts of channels.
    pub accounts: Accounts,
    /// `OPENCLAW_CHANNEL_TYPE`.
    pub default_channel: Option<String>,
    /// `OPENCLAW_CHAT_ID`.
    pub default_chat: Option<String>,
    /// Whether a harness polls, and with what.
    pub harness: Harness,
    /// Whether the session that is polled is this call's alone (`LIBTV_SESSION`): what was begun before has ended with its process.
    pub is_alone: bool,
    /// `LIBTV_SKIP_BACKGROUND_WAITER`: make no claim about a harness.
    pub no_harness_claim: bool,
    /// `LIBTV_POLL_INTERVAL_SECONDS`, in milliseconds.
    pub fixed_interval_ms: Option<u64>,
    /// Whether a chat is told how far a job is: `LIBTV_PROGRESS`, or `progress` in the file. On, unless that is `off`.
    pub shows_progress: bool,
    /// `LIBTV_MAX_POLLS`.
    pub max_polls: Option<u32>,
    /// For legacy times without zone.
    pub utc_offset_seconds: i32,
}

impl Settings {
    /// Makes sense of the variables and the stored text. Never fails: what is wrong is kept and told
    /// by the commands that need it.
    pub fn parse(vars: &dyn Fn(&str) -> Option<String>, stored: Stored) -> Self {
        let stored = read_stored(stored);
        let text_of = |name: &str| {
            stored
                .as_ref()
                .ok()
                .and_then(|map| map.get(name))
                .and_then(Value::as_str)
                .map(str::to_owned)
        };
        let stored_ratio = text_of("videoRatio");
        let shows_progress = vars("LIBTV_PROGRESS")
            .or_else(|| text_of(contract::settings::PROGRESS))
            .is_none_or(|said| said != "off" && said != "0");
        // A ratio that can't be read is passed over: it isn't worth refusing a job for.
        let chosen_ratio = [vars("LIBTV_VIDEO_RATIO"), stored_ratio.clone()]
            .into_iter()
            .flatten()
            .find_map(|text| Ratio::parse(&text));
        Self {
            services: Services::parse(vars, stored.as_ref().unwrap_or(&Map::new())),
            key_from: vars("LIBTV_KEY_FROM"),
            jobs: vars("LIBTV_SPENDING").and_then(|text| json::parse(text.as_bytes())),
            ratio: chosen_ratio.unwrap_or(ratio::DEFAULT),
            chosen_ratio,
            stored_ratio,
            stored,
            config_path: vars("LIBTV_CONFIG_PATH").unwrap_or_else(|| "libtv.json".to_owned()),
            addresses: ServiceId::all()
                .map(|service| (service, address(vars, service)))
                .collect(),
            accounts: Accounts::read(vars),
            default_channel: vars("OPENCLAW_CHANNEL_TYPE"),
            default_chat: vars("OPENCLAW_CHAT_ID"),
            harness: Harness::read(vars("LIBTV_HARNESS").as_deref()),
            is_alone: vars("LIBTV_SESSION").as_deref() == Some("leased"),
            // `0` is how people switch a flag off.
            no_harness_claim: vars("LIBTV_SKIP_BACKGROUND_WAITER")
                .is_some_and(|value| value != "0"),
            fixed_interval_ms: vars("LIBTV_POLL_INTERVAL_SECONDS")
                .and_then(|text| interval_ms(&text)),
            shows_progress,
            max_polls: vars("LIBTV_MAX_POLLS")
                .and_then(|text| text.trim().parse().ok())
                // None at all would give every job up before it was looked at once.
                .filter(|polls| *polls > 0),
            utc_offset_seconds: vars("LIBTV_UTC_OFFSET_SECONDS")
                .and_then(|text| text.trim().parse().ok())
                .unwrap_or(0),
        }
    }

    /// The service that a call means, which may name one.
    ///
    /// # Errors
    /// Permanent: nothing is configured or of a wrong form, or nothing says which of several is meant.
    pub fn meant(&self, named: Option<&str>) -> Result<&Held, Problem> {
        self.services.meant(named).map_err(|reason| match reason {
            Unmeant::NoService(word) => no_service(&word),
            Unmeant::Several => self.services.several(),
            Unmeant::NoKey(service) => self.no_key(service),
        })
    }

    /// What is said where there is no key of a service, or none at all.
    fn no_key(&self, service: Option<ServiceId>) -> Problem {
        if self.services.is_malformed(service) {
            return service.map_or_else(bad_key, bad_key_of);
        }
        // "Not configured" would send somebody to set up anew, over a file that only needs a comma.
        if let Err(reason) = &self.stored {
            return damaged(&self.config_path, reason);
        }
        match service.and_then(|service| Some((service, service.keys()?))) {
            Some((service, keys)) => {
                let title = service.member().title;
                let others = match self.services.held() {
                    [] => ".",
                    [..] => ": what is configured is for another service.",
                };
                Problem::permanent(format!("No API key of {title} is configured{others}"))
                    .because(Cause::NoKey)
                    .advise(format!("Run: {}", set_up(keys)))
            }
            None => Problem::permanent("API Key not configured.")
                .because(Cause::NoKey)
                .advise(set_ups()),
        }
    }

    /// Some key, for what needs one of whichever service.
    ///
    /// # Errors
    /// Permanent: there is none.
    pub fn require_key(&self) -> Result<(), Problem> {
        match self.services.held() {
            [] => self.meant(None).map(|_| ()),
            [..] => Ok(()),
        }
    }

    /// The base address of a service, without a slash at its end.
    ///
    /// # Errors
    /// Permanent: the override is no `https` address, nor an `http` one of this machine.
    pub fn base_url(&self, service: ServiceId) -> Result<&str, Problem> {
        match self.addresses.iter().find(|(known, _)| *known == service) {
            Some((_, url)) => url.as_deref().map_err(Problem::permanent),
            None => Ok(service.usual_address()),
        }
    }

    /// A service that is set up, as it is asked.
    ///
    /// # Errors
    /// Permanent: a bad override.
    fn reached<'a>(&'a self, held: &'a Held) -> Result<Upstream<'a>, Problem> {
        let base = self.base_url(held.key.service)?;
        Ok(Upstream::new(&held.key, base, &held.choices))
    }

    /// The service that new requests go to: the one that the call names, else the one in use.
    ///
    /// # Errors
    /// Permanent: no key, nothing that says which, or a bad override.
    pub fn upstream(&self, named: Option<&str>) -> Result<Upstream<'_>, Problem> {
        self.reached(self.meant(named)?)
    }

    /// The service that a session was submitted to, with a key of it; none without one: a key never reaches a service that it
    /// doesn't belong to.
    ///
    /// # Errors
    /// Permanent: no key at all, or a bad override.
    pub fn upstream_of(&self, service: ServiceId) -> Result<Option<Upstream<'_>>, Problem> {
        self.require_key()?;
        let held = self.services.of(service);
        held.map(|held| self.reached(held)).transpose()
    }
}

/// The words for a key of no known form.
#[must_use]
pub fn bad_key() -> Problem {
    let (told, named): (Vec<_>, Vec<_>) =
        ServiceId::all().partition(|service| !service.key_prefix().is_empty());
    let prefixes: Vec<&str> = told.iter().map(|service| service.key_prefix()).collect();
    let problem = Problem::permanent(format!(
        "Invalid API Key format. It should start with {}.",
        prefixes.join(" or ")
    ))
    .because(Cause::KeyRefused);
    let words: Vec<&str> = named.iter().map(|service| service.word()).collect();
    if words.is_empty() {
        return problem;
    }
    problem.advise(format!(
        "A key of another service begins with anything: name the service, with --service {}.",
        words.join(" or ")
    ))
}

/// The words for something that can't be a key of this service.
#[must_use]
pub fn bad_key_of(service: ServiceId) -> Problem {
    let title = service.member().title;
    let problem = match service.key_prefix() {
        "" => Problem::permanent(format!(
            "Invalid API Key format. A key of {title} has no blanks in it, and doesn't begin as another service's."
        )),
        prefix => Problem::permanent(format!(
            "Invalid API Key format. A key of {title} starts with {prefix}."
        )),
    };
    problem.because(Cause::KeyRefused)
}

/// The words for a service that there isn't.
#[must_use]
pub fn no_service(word: &str) -> Problem {
    let known: Vec<&str> = ServiceId::all().map(ServiceId::word).collect();
    let shown = contract::text::seen(word, 40);
    Problem::permanent(format!(
        "Unknown service: {shown}. Known services: {}.",
        known.join(", ")
    ))
}

/// How a key is stored: one line for each service whose keys are told by how they begin, the others behind the last.
fn set_ups() -> String {
    let mut told = String::new();
    let mut named = Vec::new();
    for service in ServiceId::all() {
        let Some(keys) = service.keys() else { continue };
        if keys.prefix.is_empty() {
            named.push(keys);
            continue;
        }
        let with = service.member().a_key;
        told.push_str(&match told.is_empty() {
            true => format!("Run: {}", set_up(keys)),
            false => format!("\nOr, with {with}: {}", set_up(keys)),
        });
    }
    if let Some(first) = named.first() {
        let words: Vec<&str> = named.iter().map(|keys| keys.service).collect();
        let words = words.join(" or ");
        told.push_str(&format!(". Or, with a key of {words}: {}", set_up(first)));
    }
    told
}

/// Where a service is reached: where its variable says, else where the contract does.
///
/// # Errors
/// What is wrong with the variable, in words.
fn address(vars: &dyn Fn(&str) -> Option<String>, service: ServiceId) -> Result<String, String> {
    // A service without a variable can't be moved: its address is the contract's.
    let name = service.member().entry.moved_by.unwrap_or_default();
    let moved = (!name.is_empty()).then(|| vars(name)).flatten();
    let url = base_url(moved, service.usual_address(), name)?;
    // Manuals write it with what all routes begin with.
    let base = url
        .strip_suffix(service.member().entry.tail)
        .unwrap_or(&url);
    Ok(base.trim_end_matches('/').to_owned())
}

/// The words for a configuration file that can't be used.
#[must_use]
pub fn damaged(path: &str, reason: &str) -> Problem {
    Problem::permanent(format!(
        "The configuration file {path} can't be used: {reason}"
    ))
    .because(Cause::Setting)
    .advise("Repair it, or move it away and run setup again. Nothing was changed.")
}

/// The members of the user's file; none where there is no file or nothing in it.
///
/// # Errors
/// Why it can't be used, in words that repeat nothing of it.
fn read_stored(stored: Stored) -> Result<Map<String, Value>, String> {
    match stored {
        Stored::Absent => Ok(Map::new()),
        Stored::Unreadable(reason) => Err(reason),
        // An empty file is what a crash of an earlier writer, or `touch`, leaves: nothing in it can be lost.
        Stored::Text(text) if text.trim().is_empty() => Ok(Map::new()),
        // A byte order mark, as Windows' editors write it, is no part of it.
        Stored::Text(text) => {
            match serde_json::from_slice(text.trim_start_matches('\u{feff}').as_bytes()) {
                Ok(Value::Object(map)) => Ok(map),
                Ok(_) => Err("it is not a JSON object".to_owned()),
                // The place and not the parser's words: those may quote what stands there, and that may be the
                // key.
                Err(error) => Err(format!(
                    "it is not JSON (line {}, column {})",
                    error.line(),
                    error.column()
                )),
            }
        }
    }
}

/// Seconds, also with a fraction; between a tenth and an hour, so that a slip neither floods nor stalls.
fn interval_ms(text: &str) -> Option<u64> {
    // As a JSON number: those are read here anyway, and std's reader of such numbers is 14 KB with its tables.
    let seconds = json::parse(text.as_bytes())?
        .as_f64()
        .filter(|seconds| *seconds > 0.0)?;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped to 100..=3 600 000"
    )]
    Some((seconds * 1000.0).clamp(100.0, 3_600_000.0) as u64)
}

#[cfg(test)]
#[path = "config_tests.rs"]
mod tests;
