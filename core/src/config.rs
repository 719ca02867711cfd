//! The one port through which configuration and credentials come in. What a variable means is
//! decided here; reading it is the driver's. With our harness the secrets are placeholders.

mod harness;

use serde_json::{Map, Value};

use crate::channel::account::Accounts;
use crate::json;
use crate::problem::Problem;
use crate::ratio::{self, Ratio};
use crate::upstream::{ApiKey, ServiceId, Upstream, base_url};
pub use harness::{Harness, HarnessState, Lack};

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
    /// The key in force, if there is one of the right form.
    pub key: Option<ApiKey>,
    /// Whether a key is stored or given that has no known form.
    pub key_malformed: bool,
    /// Whether the key comes from the environment, over the stored one.
    pub key_from_environment: bool,
    /// Where the key in force is kept, in words, where the runtime says so.
    pub key_from: Option<String>,
    /// How many jobs the runtime lets begin today, as it says it; `said` of it are words.
    pub jobs: Option<Value>,
    /// The ratio in force.
    pub ratio: Ratio,
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
    /// `LIBTV_SKIP_BACKGROUND_WAITER`: make no claim about a harness.
    pub no_harness_claim: bool,
    /// `LIBTV_POLL_INTERVAL_SECONDS`, in milliseconds.
    pub fixed_interval_ms: Option<u64>,
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
        // The environment stands above the file, also where it is wrong: a key that somebody set on purpose
        // must not be replaced silently by another account's.
        let from_environment = vars("LIBTV_API_KEY");
        let stored_ratio = text_of("videoRatio");
        let key_from_environment = from_environment.is_some();
        let key_text = from_environment
            .or_else(|| text_of("apiKey"))
            // A key of nothing but blanks is none: it counts as not configured, and not as one of a wrong
            // form.
            .filter(|text| !text.trim().is_empty());
        let key = key_text.as_deref().and_then(ApiKey::parse);
        Self {
            key_malformed: key_text.is_some() && key.is_none(),
            key,
            key_from_environment,
            key_from: vars("LIBTV_KEY_FROM"),
            jobs: vars("LIBTV_SPENDING").and_then(|text| json::parse(text.as_bytes())),
            // A ratio that can't be read is passed over: it isn't worth refusing a job for.
            ratio: [vars("LIBTV_VIDEO_RATIO"), stored_ratio.clone()]
                .into_iter()
                .flatten()
                .find_map(|text| Ratio::parse(&text))
                .unwrap_or(ratio::DEFAULT),
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
            // `0` is how people switch a flag off.
            no_harness_claim: vars("LIBTV_SKIP_BACKGROUND_WAITER")
                .is_some_and(|value| value != "0"),
            fixed_interval_ms: vars("LIBTV_POLL_INTERVAL_SECONDS")
                .and_then(|text| interval_ms(&text)),
            max_polls: vars("LIBTV_MAX_POLLS")
                .and_then(|text| text.trim().parse().ok())
                // None at all would give every job up before it was looked at once.
                .filter(|polls| *polls > 0),
            utc_offset_seconds: vars("LIBTV_UTC_OFFSET_SECONDS")
                .and_then(|text| text.trim().parse().ok())
                .unwrap_or(0),
        }
    }

    /// The key, or what to tell the user who has none.
    ///
    /// # Errors
    /// Permanent: nothing configured, or of a wrong form.
    pub fn require_key(&self) -> Result<&ApiKey, Problem> {
        if let Some(key) = &self.key {
            return Ok(key);
        }
        if self.key_malformed {
            return Err(bad_key());
        }
        // "Not configured" would send somebody to set up anew, over a file that only needs a comma.
        if let (Err(reason), false) = (&self.stored, self.key_from_environment) {
            return Err(damaged(&self.config_path, reason));
        }
        Err(Problem::permanent("API Key not configured.").advise(set_up()))
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

    /// The service of the key in force.
    ///
    /// # Errors
    /// Permanent: no key, or a bad override.
    pub fn upstream(&self) -> Result<Upstream<'_>, Problem> {
        let key = self.require_key()?;
        Ok(Upstream::new(key, self.base_url(key.service)?))
    }

    /// The service that a session was submitted to, with a key of it; none when the key in force is another's: a key never
    /// reaches a service that it doesn't belong to.
    ///
    /// # Errors
    /// As [`Self::upstream`].
    pub fn upstream_of(&self, service: ServiceId) -> Result<Option<Upstream<'_>>, Problem> {
        Ok(Some(self.upstream()?).filter(|upstream| upstream.service() == service))
    }
}

/// The words for a key of no known form.
#[must_use]
pub fn bad_key() -> Problem {
    let prefixes: Vec<&str> = ServiceId::all().map(ServiceId::key_prefix).collect();
    Problem::permanent(format!(
        "Invalid API Key format. It should start with {}.",
        prefixes.join(" or ")
    ))
}

/// How a key is stored, one line a service.
fn set_up() -> String {
    let mut lines = Vec::new();
    for service in ServiceId::all() {
        let with = service.member().a_key;
        let begin = if lines.is_empty() {
            "Run".to_owned()
        } else {
            format!("Or, with {with}")
        };
        lines.push(format!(
            "{begin}: libtv-video setup --api-key {}...",
            service.key_prefix()
        ));
    }
    lines.join("\n")
}

/// Where a service is reached: where its variable says, else where the contract does.
///
/// # Errors
/// What is wrong with the variable, in words.
fn address(vars: &dyn Fn(&str) -> Option<String>, service: ServiceId) -> Result<String, String> {
    // A service without a variable can't be moved: its address is the contract's.
    let name = service.member().entry.moved_by.unwrap_or_default();
    let moved = (!name.is_empty()).then(|| vars(name)).flatten();
    base_url(moved, service.usual_address(), name)
}

/// The words for a configuration file that can't be used.
#[must_use]
pub fn damaged(path: &str, reason: &str) -> Problem {
    Problem::permanent(format!(
        "The configuration file {path} can't be used: {reason}"
    ))
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
