//! What a call is granted, put together from settings, credentials and the home folder: environment variables with
//! placeholders, the egress policy, the broker. ARCHITECTURE.md, "The port", is the table this module implements.

use std::sync::Arc;

use contract::channels::{CHANNELS, Channel};
use contract::kind::Kind;
use contract::services::{
    GATEWAY, Granted, KEY_MEMBER, OF_SERVICES, SERVICE_IN_USE, SERVICES, Service, maker, makers,
};
use contract::settings::PROGRESS;
use serde_json::{Map, Value, json};

use crate::credentials::{ConfigFile, FoundCredentials};
use crate::error::CallError;
use crate::granted_by;
use crate::heard;
use crate::home::Home;
use crate::keys::{FoundKey, Placeholders};
use crate::limits::Limits;
use crate::polling;
use crate::recipients::Recipients;
use crate::route_report::RouteReport;
use crate::settings::Settings;
use sandbox::call::{Folder, Use};
use sandbox::http::{
    App, BaseUrl, Broker, CallMeter, Client, Egress, Policy, Spending, Tokens, Words,
};

/// Where the component finds its state folder.
pub(crate) const GUEST_STATE: &str = "/state";
/// Where a set-up command finds the copy of `libtv.json` that it may write.
pub(crate) const GUEST_CONFIG: &str = "/config";

/// Everything about one call that doesn't depend on which call it is.
pub(crate) struct Basis {
    /// What was found where, with why the rest wasn't.
    pub(crate) found: FoundCredentials,
    /// The API keys and what stands for them inside.
    pub(crate) keys: Placeholders,
    /// Puts credentials into requests.
    pub(crate) broker: Arc<Broker>,
    /// Which requests may leave.
    pub(crate) policy: Arc<Policy>,
    /// What would grant a refused one.
    words: Words,
}

impl Basis {
    /// Looks credentials up anew: a key changed a second ago counts. `new_key` is a key from the arguments.
    pub(crate) fn gather(
        settings: &Settings,
        home: &Home,
        tokens: &Arc<Tokens>,
        new_key: Option<FoundKey>,
    ) -> Self {
        let config = ConfigFile::at(home.config());
        let found = FoundCredentials::look(
            settings.credentials.as_ref(),
            &settings.keyring,
            &settings.environment,
            &config,
            home.root(),
        );
        let keys = Placeholders::new(found.key_pairs(), new_key);
        let policy = Arc::new(policy(settings, &keys, &found));
        let broker = Broker::new(
            &SERVICES,
            keys.all().cloned().collect(),
            found.apps.clone(),
            Arc::clone(tokens),
        );
        Self {
            found,
            keys,
            broker: Arc::new(broker),
            policy,
            words: granted_by::words(settings.wording),
        }
    }

    /// Whether the credentials could be read, as far as a call of this kind needs that: one that only looks sends nothing.
    ///
    /// # Errors
    /// [`CallError::Credentials`].
    pub(crate) fn readable(&self, kind: Kind) -> Result<(), CallError> {
        match &self.found.unread {
            Some(reason) if kind != Kind::Look => Err(CallError::Credentials(reason.clone())),
            Some(_) | None => Ok(()),
        }
    }

    /// The way out of one call of this kind.
    pub(crate) fn egress(
        &self,
        client: &Client,
        recipients: &Arc<Recipients>,
        spending: &Arc<dyn Spending>,
        limits: &Limits,
        kind: Kind,
    ) -> Egress {
        Egress {
            policy: Arc::clone(&self.policy),
            broker: Arc::clone(&self.broker),
            recipients: recipients.clone(),
            spending: Arc::clone(spending),
            // Of a submit, whose arguments say it (`harness.rs`, `command/`).
            group: None,
            gate: None,
            client: client.clone(),
            meter: Arc::new(CallMeter::new(&of_kind(limits, kind)).with_words(self.words)),
            kind,
        }
    }

    /// The content of `libtv.json` as the component may see it: its members that are ours, keys replaced. Whatever else
    /// the user keeps in the file is nobody's business.
    pub(crate) fn config_members(&self) -> Map<String, Value> {
        let mut members = Map::new();
        for pair in self
            .keys
            .places()
            .iter()
            .filter(|pair| pair.meant.is_none())
        {
            if let Some(key) = &pair.stored {
                members.insert(KEY_MEMBER.to_owned(), Value::from(key.placeholder.as_str()));
            }
        }
        if let Some(ratio) = &self.found.video_ratio {
            members.insert("videoRatio".to_owned(), ratio.clone());
        }
        if let Some(word) = &self.found.progress {
            members.insert(PROGRESS.to_owned(), Value::from(word.as_str()));
        }
        if let Some(word) = &self.found.service_in_use {
            members.insert(SERVICE_IN_USE.to_owned(), Value::from(word.as_str()));
        }
        let services = self.service_members();
        if !services.is_empty() {
            members.insert(OF_SERVICES.to_owned(), Value::Object(services));
        }
        members
    }

    /// What is kept of each service, by its word.
    fn service_members(&self) -> Map<String, Value> {
        let mut services = Map::new();
        for service in &self.found.services {
            let mut kept = Map::new();
            let mut places = self.keys.places().iter();
            let pair = places.find(|pair| {
                pair.meant
                    .is_some_and(|meant| meant.id == service.service.id)
            });
            if let Some(key) = pair.and_then(|pair| pair.stored.as_ref()) {
                kept.insert(KEY_MEMBER.to_owned(), Value::from(key.placeholder.as_str()));
            }
            for (name, choice) in &service.choices {
                kept.insert((*name).to_owned(), Value::from(choice.as_str()));
            }
            if !kept.is_empty() {
                services.insert(service.word.to_owned(), Value::Object(kept));
            }
        }
        services
    }

    /// The variables that the component sees: placeholders in place of secrets, and nothing of the
    /// process's own.
    pub(crate) fn environment(&self, settings: &Settings, home: &Home) -> Vec<(String, String)> {
        let mut variables: Vec<(String, String)> = Vec::new();
        let mut set = |name: &str, value: String| variables.push((name.to_owned(), value));
        set("LIBTV_STATE_DIR", GUEST_STATE.to_owned());
        set(
            "LIBTV_CONFIG",
            Value::Object(self.config_members()).to_string(),
        );
        // For sentences that name the file: the component has no folder in which it could open it.
        set("LIBTV_CONFIG_PATH", home.config().display().to_string());
        set("LIBTV_HARNESS", polling::state(home, &self.found));
        set(
            "LIBTV_UTC_OFFSET_SECONDS",
            settings.utc_offset_seconds.to_string(),
        );
        // Otherwise a damaged file would look like none, and the user would be sent to set up what is set
        // up already.
        if let Some(error) = &self.found.config_error {
            set("LIBTV_CONFIG_ERROR", error.clone());
        }
        for pair in self.keys.places() {
            // Both services whose keys are told by their beginning have the same variable.
            let keys = pair.meant.unwrap_or(&GATEWAY).keys();
            if let (Some(key), Some(keys)) = (&pair.environment, keys) {
                set(keys.variable, key.placeholder.clone());
            }
        }
        if let Some(place) = &self.found.key_from {
            set("LIBTV_KEY_FROM", place.clone());
        }
        // By the contract's list: a variable that isn't on it stays outside, whatever it is called.
        for (name, value) in &settings.environment.passed_on {
            set(name, value.clone());
        }
        let mut named = Vec::new();
        for (app, channel) in apps(&self.broker) {
            if let Some(account) = &app.account {
                named.push(json!({
                    "channel": channel.id,
                    "account": account,
                    "app": app.app_id,
                    "agent": app.agent,
                    "secret": app.stands_for(app.secret_name()),
                    "at": app.base.text(),
                    "foundIn": app.found_in,
                }));
                continue;
            }
            let names = &channel.variables;
            if let Some(name) = names.app {
                set(name, app.app_id.clone());
            }
            if let Some((name, agent)) = names.agent.zip(app.agent.clone()) {
                set(name, agent);
            }
            set(names.secret, app.stands_for(app.secret_name()));
            set(names.base_url, app.base.text());
            set(names.found_in, app.found_in.clone());
        }
        if !named.is_empty() {
            set("LIBTV_CHANNEL_ACCOUNTS", Value::Array(named).to_string());
        }
        let recipients = Recipients::at(home.recipients());
        if let Some(heard) = heard::of(apps(&self.broker), &recipients) {
            set("LIBTV_CHATS_HEARD_FROM", heard);
        }
        for (channel, words) in &self.found.missing {
            set(channel.variables.missing, words.clone());
        }
        variables
    }
}

/// The limits of a call of this kind: some need far fewer requests than others.
fn of_kind(limits: &Limits, kind: Kind) -> Limits {
    let requests = kind.max_requests().unwrap_or(u32::MAX);
    Limits {
        requests: limits.requests.min(requests),
        ..limits.clone()
    }
}

/// The state folder, the one that every call sees; none where it isn't there and can't be made.
pub(crate) fn state_folder(home: &Home) -> Vec<Folder> {
    let host = home.state();
    let folder = host.is_dir().then(|| Folder {
        host,
        guest: GUEST_STATE.to_owned(),
        purpose: Use::State,
    });
    folder.into_iter().collect()
}

/// The apps in use, each with its channel.
pub(crate) fn apps(broker: &Broker) -> impl Iterator<Item = (&App, &'static Channel)> {
    broker.apps.iter().filter_map(|app| {
        let mut channels = CHANNELS.into_iter();
        let channel = channels.find(|channel| channel.service.id == app.service.id)?;
        Some((app.as_ref(), channel))
    })
}

/// Only services for which there is a key or an app, and those that need none.
fn policy(settings: &Settings, keys: &Placeholders, found: &FoundCredentials) -> Policy {
    let mut policy = Policy::nothing();
    let mut services = SERVICES;
    // What is always granted comes first, also where people read it.
    services.sort_by_key(|service| service.granted != Granted::Always);
    for service in services {
        policy = match service.granted {
            Granted::Always => policy.grant_at_home(service),
            // A store of a service's results: without a key of that nothing of it can lie there.
            Granted::WithKeyOf(word) => match maker(word) {
                Some(maker) if keys.has(maker) => policy.grant_at_home(service),
                Some(_) | None => policy,
            },
            Granted::WithKey(_) => match base(settings, service) {
                // Without a key nothing could be asked there, so the host isn't reachable either.
                Ok(base) if keys.has(service) => policy.grant(service, base),
                Ok(_) | Err(_) => policy,
            },
            Granted::WithApp | Granted::WithAppOf(_) => bases_of(found, service.id)
                .into_iter()
                .fold(policy, |policy, base| policy.grant(service, base.clone())),
            // At home, and where that service was moved to: which address counts an answer says.
            Granted::Beside(id) => {
                let bases = bases_of(found, id);
                let maker = SERVICES.into_iter().find(|known| known.id == id);
                let origins = maker.map_or(&[][..], |maker| maker.origins);
                let moved = bases
                    .iter()
                    .filter(|base| !origins.contains(&base.origin().as_str()));
                let home = if bases.is_empty() {
                    policy
                } else {
                    policy.grant_at_home(service)
                };
                moved.fold(home, |policy, base| policy.grant(service, (*base).clone()))
            }
        };
    }
    // Last of all: whatever is granted may be taken away, and nothing added.
    match &settings.allowed {
        Some(allowed) => policy.narrowed(|route| allowed(&RouteReport::of(route))),
        None => policy,
    }
}

/// Where the apps of the service of this id are, each place once.
fn bases_of<'a>(found: &'a FoundCredentials, id: &str) -> Vec<&'a BaseUrl> {
    let mut bases: Vec<&BaseUrl> = Vec::new();
    for app in found.apps.iter().filter(|app| app.service.id == id) {
        if !bases.iter().any(|known| known.text() == app.base.text()) {
            bases.push(&app.base);
        }
    }
    bases
}

/// The overrides that grant nothing, and why, as sentences.
pub(crate) fn unusable_overrides(settings: &Settings) -> Vec<String> {
    let of_keys = with_keys().filter_map(|service| base(settings, service).err());
    let of_apps = CHANNELS.into_iter().filter_map(|channel| {
        let text = settings.environment.of(channel).base_url.as_ref()?;
        let reason = BaseUrl::of(channel.service, text).err()?;
        Some(format!("{}: {reason}", channel.variables.base_url))
    });
    of_keys.chain(of_apps).collect()
}

/// The services whose credential is an API key.
pub(crate) fn with_keys() -> impl Iterator<Item = &'static Service> {
    makers().map(|(service, _)| service)
}

/// The base URL in force. An override that can't be used grants nothing, and neither does one that would lead one
/// service's key to the other service.
fn base(settings: &Settings, service: &Service) -> Result<BaseUrl, String> {
    let variable = service.moved_by.unwrap_or_default();
    let Some(text) = settings.environment.passed(variable) else {
        return BaseUrl::of(service, default(service));
    };
    let base = BaseUrl::of(service, text).map_err(|reason| format!("{variable}: {reason}"))?;
    // The key would be sent in its own header, to a host that is granted: nothing behind this would notice.
    let mut others = with_keys().filter(|other| other.id != service.id);
    let is_at =
        |other: &Service| BaseUrl::parse(default(other)).is_ok_and(|other| base.host == other.host);
    if others.any(is_at) {
        return Err(format!(
            "{variable} would lead the key to the host of another service"
        ));
    }
    Ok(base)
}

/// Where a service lives when nothing moves it.
fn default(service: &Service) -> &'static str {
    service.origins.first().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::Environment;

    fn rules(variables: &[(&str, &str)]) -> String {
        let folder = tempfile::tempdir().unwrap();
        let environment = Environment::from_lookup(|name| {
            variables
                .iter()
                .find(|(known, _)| *known == name)
                .map(|(_, value)| value.into())
        });
        let settings = Settings::new(folder.path()).with_environment(environment);
        Basis::gather(&settings, &Home::at(folder.path()), &Arc::default(), None)
            .policy
            .describe()
            .join("\n")
    }

    #[test]
    fn without_a_key_only_media_can_be_read() {
        let rules = rules(&[]);
        assert!(
            rules
                .lines()
                .all(|line| line.starts_with("media store: GET")),
            "{rules}"
        );
    }

    #[test]
    fn only_the_mode_in_use_is_granted() {
        assert!(!rules(&[("LIBTV_API_KEY", "mgk_12345678")]).contains("im.liblib.tv"));
        assert!(!rules(&[("LIBTV_API_KEY", "sk-libtv-12345678")]).contains("seedance"));
    }

    #[test]
    fn an_override_cannot_lead_one_services_key_to_the_other() {
        for url in [
            "https://seedance.nexu.io",
            "https://SEEDANCE.nexu.io:8443/x",
        ] {
            let rules = rules(&[
                ("LIBTV_API_KEY", "sk-libtv-12345678"),
                ("LIBTV_DIRECT_BASE_URL", url),
            ]);
            assert!(!rules.contains("seedance"), "{rules}");
        }
        assert!(
            !rules(&[
                ("LIBTV_API_KEY", "mgk_12345678"),
                ("LIBTV_GATEWAY_URL", "https://im.liblib.tv/")
            ])
            .contains("im.liblib.tv")
        );
    }

    #[test]
    fn the_component_sees_placeholders_and_two_members_of_the_configuration() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(
            folder.path().join("libtv.json"),
            r#"{"apiKey": "mgk_realkey1234", "videoRatio": "1:1", "other": "private"}"#,
        )
        .unwrap();
        let environment = Environment::from_lookup(|name| match name {
            "FEISHU_APP_ID" => Some("cli_1".into()),
            "FEISHU_APP_SECRET" => Some("real-app-secret".into()),
            "LIBTV_API_KEY" => Some("sk-libtv-realkey9999".into()),
            "LIBTV_MAX_POLLS" => Some("3".into()),
            "HOME" => Some("/home/me".into()),
            _ => None,
        });
        let settings = Settings::new(folder.path()).with_environment(environment);
        let home = Home::at(folder.path());
        let variables =
            Basis::gather(&settings, &home, &Arc::default(), None).environment(&settings, &home);
        let text = format!("{variables:?}");
        assert!(
            !text.contains("real")
                && !text.contains("private")
                && !text.replace("HOMESERVER", "").contains("HOME"),
            "{text}"
        );
        let get = |name: &str| {
            variables
                .iter()
                .find(|(known, _)| known == name)
                .map(|(_, value)| value.as_str())
        };
        assert_eq!(
            get("LIBTV_CONFIG"),
            Some(r#"{"apiKey":"mgk_placeholder-libtv-api-key-1234","videoRatio":"1:1"}"#)
        );
        assert_eq!(
            get("LIBTV_API_KEY"),
            Some("sk-libtv-placeholder-libtv-api-key-env-9999")
        );
        assert_eq!(
            get("FEISHU_APP_SECRET"),
            Some("placeholder-feishu-app-secret")
        );
        assert_eq!(get("FEISHU_BASE_URL"), Some("https://open.feishu.cn"));
        assert_eq!(get("LIBTV_MAX_POLLS"), Some("3"));
        assert_eq!(get("LIBTV_HARNESS"), Some("absent"));
    }
}
