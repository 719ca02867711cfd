//! Where credentials come from: a trait for embedders, and the default that looks where docs/spec.md section 7 says.
//!
//! | credential | is looked for, the first one counts |
//! |---|---|
//! | API key | the environment, the program around this one, the keyring where `libtv.json` has its mark, `libtv.json` |
//! | app of a channel | the program around this one, the environment where it names all of it, OpenClaw's configuration |

use std::path::Path;
use std::sync::Arc;

use super::ConfigFile;
use super::keyring::{KeySlot, MARK};
use contract::channels::{self, CHANNELS, Channel};

use contract::services::{Granted, Position, SERVICE_IN_USE, SERVICES};
use contract::settings::PROGRESS;

use super::services::{FoundService, short_text};
use crate::environment::{Environment, OfChannel};
use crate::keys::KeyPair;
use crate::openclaw::{self, Account};
use sandbox::http::{App, BaseUrl, Service, is_signing_secret};
use sandbox::secrets::Secret;

/// An app at `platform`, by the word that `--channel` takes, with its id and secret, and where it was
/// found, in words, for `check`. `None` for a word that names no platform.
pub fn app(
    platform: &str,
    app_id: impl Into<String>,
    secret: Secret,
    found_in: impl Into<String>,
) -> Option<App> {
    let channel = channels::named(platform)?;
    Some(App {
        service: channel.service,
        account: None,
        app_id: app_id.into(),
        agent: None,
        secret: Arc::new(secret),
        base: BaseUrl::parse(channel.platform(platform)?.origin).ok()?,
        found_in: found_in.into(),
        contexts: None,
    })
}

/// What an embedder's own source knows. What it lacks is looked for in the usual places, unless it is the only one
/// ([`Settings::with_only_credentials`](crate::Settings::with_only_credentials)).
#[derive(Default)]
pub struct Credentials {
    /// The LibTV key, in place of the one in `libtv.json`.
    pub api_key: Option<Arc<Secret>>,
    /// Keys of other services, by the word that `--service` takes, in place of those in `libtv.json`.
    pub service_keys: Vec<(&'static str, Arc<Secret>)>,
    /// Apps, at most one a channel.
    pub apps: Vec<Arc<App>>,
}

/// A place to take credentials from: a keyring, a vault, the embedding program's own settings.
pub trait CredentialSource: Send + Sync {
    /// Asked at every call, so that a changed key counts from the next step on. Must not block for long.
    ///
    /// # Errors
    /// A clause for people, without a secret: `the vault is locked`. Nothing is looked for elsewhere then: a call that could send
    /// something ends with [`CallError::Credentials`](crate::CallError::Credentials) before the component runs.
    fn load(&self) -> Result<Credentials, String>;
}

/// The program's own source, and whether there is any beside it.
#[derive(Clone)]
pub(crate) struct OwnSource {
    pub(crate) source: Arc<dyn CredentialSource>,
    pub(crate) is_only: bool,
}

/// Everything one call knows about credentials and configuration.
pub(crate) struct FoundCredentials {
    /// The key of `libtv.json` or of the keyring, or the one that an embedder brings in its place.
    pub(crate) stored_key: Option<Arc<Secret>>,
    /// The key of the environment, which comes before the stored one.
    pub(crate) environment_key: Option<Arc<Secret>>,
    /// Where the key in force is kept, as people read it in `check`.
    pub(crate) key_from: Option<String>,
    /// Whether the program around this one brings the key that stands for the stored one.
    pub(crate) key_is_programs: bool,
    /// Whether the stored key is in the keyring.
    pub(crate) in_keyring: bool,
    /// What is known of each service whose keys have no form of their own.
    pub(crate) services: Vec<FoundService>,
    /// The word of the service in use, as it stands in the file.
    pub(crate) service_in_use: Option<String>,
    /// Of each channel the one that is meant without a name, and those that have one.
    pub(crate) apps: Vec<Arc<App>>,
    /// The channels without an app, and why, in words for behind "credentials:".
    pub(crate) missing: Vec<(&'static Channel, String)>,
    /// `videoRatio` as it stands in the file.
    pub(crate) video_ratio: Option<serde_json::Value>,
    /// `progress` of the file, where it is a word.
    pub(crate) progress: Option<String>,
    /// Why `libtv.json` can't be used.
    pub(crate) config_error: Option<String>,
    /// What was found but can't be used, for people.
    pub(crate) notes: Vec<String>,
    /// Why the source of the program around this one can't be read. There is no secret at all then.
    pub(crate) unread: Option<String>,
}

impl FoundCredentials {
    /// Looks in all places. Nothing that is found in one stops the others: what can't be used is noted for
    /// people. Only the program's own source does, where it can't be read or is to be the only one.
    pub(crate) fn look(
        own: Option<&OwnSource>,
        keyring: &KeySlot,
        environment: &Environment,
        config: &ConfigFile,
        nexu_home: &Path,
    ) -> Self {
        let loaded = own.map_or_else(|| Ok(Credentials::default()), |own| own.source.load());
        let unread = loaded.as_ref().err().cloned();
        // A vault that is locked is no vault without a key: what lies elsewhere may be another account's.
        let elsewhere = unread.is_none() && !own.is_some_and(|own| own.is_only);
        let own = loaded.unwrap_or_default();
        let mut notes = Vec::new();
        let (mut stored_key, mut video_ratio, mut config_error) = (None, None, None);
        let (mut service_in_use, mut progress) = (None, None);
        let mut services = FoundService::all(elsewhere.then_some(environment));
        let environment_key = environment.api_key.clone().filter(|_| elsewhere);
        let mut in_keyring = false;
        match config.read() {
            Ok(content) => {
                let key = content
                    .get("apiKey")
                    .and_then(serde_json::Value::as_str)
                    .filter(|key| elsewhere && !key.is_empty());
                stored_key = key.map(|key| Arc::new(Secret::new(key)));
                let mark = content.get(MARK).and_then(serde_json::Value::as_str);
                if let Some(mark) = mark.filter(|_| elsewhere) {
                    in_keyring = true;
                    match keyring.key(mark) {
                        Ok(key) => stored_key = Some(key),
                        Err(reason) => notes.push(format!(
                            "The API key is in the keyring of the operating system, which can't be used: {reason}. Unlock it, or store the key anew with setup."
                        )),
                    }
                }
                video_ratio = content.get("videoRatio").cloned();
                progress = content.get(PROGRESS).and_then(short_text);
                service_in_use = content.get(SERVICE_IN_USE).and_then(short_text);
                for service in &mut services {
                    service.read(&content, elsewhere);
                }
            }
            // No reason to stop: a key in the environment works without the file, and whoever reads it says
            // what is wrong with it.
            Err(error) => config_error = Some(error.reason()),
        }
        for service in &mut services {
            service.bring(&own.service_keys);
            notes.extend(service.misplaced());
        }
        let (mut apps, mut missing) = (own.apps, Vec::new());
        let found = if elsewhere {
            environment.openclaw.look(nexu_home)
        } else {
            Vec::new()
        };
        for channel in CHANNELS {
            if apps.iter().any(|app| app.service.id == channel.service.id) {
                continue;
            }
            if !elsewhere {
                let reason = "the program around this one has none for this channel.";
                missing.push((channel, reason.to_owned()));
                continue;
            }
            let files = openclaw::Files::of(channel, &environment.openclaw, &found);
            match find_app(channel, environment, &files) {
                Ok(app) => apps.push(Arc::new(app)),
                Err(reason) => missing.push((channel, reason)),
            }
            let (named, unusable) = files.accounts();
            notes.extend(unusable);
            let own = environment.of(channel);
            apps.extend(named.into_iter().filter_map(|(name, account)| {
                // One alone is the one that is meant; why it can't be used is told there.
                let mut app = app_of(channel, own, account).ok()?;
                app.account = Some(name);
                Some(Arc::new(app))
            }));
        }
        apps.extend(at_other_hosts(&apps));
        let key_from = if environment_key.is_some() {
            Some("the environment (LIBTV_API_KEY)".to_owned())
        } else if own.api_key.is_some() {
            Some("the program around this one".to_owned())
        } else if in_keyring && stored_key.is_some() {
            Some("the keyring of the operating system".to_owned())
        } else {
            stored_key
                .as_ref()
                .map(|_| config.path().display().to_string())
        };
        Self {
            key_is_programs: own.api_key.is_some(),
            stored_key: own.api_key.or(stored_key),
            environment_key,
            key_from,
            in_keyring,
            services,
            service_in_use,
            apps,
            missing,
            video_ratio,
            progress,
            config_error,
            notes,
            unread,
        }
    }
}

impl FoundCredentials {
    /// The keys of each place.
    pub(crate) fn key_pairs(&self) -> Vec<KeyPair> {
        let shared = (self.stored_key.clone(), self.environment_key.clone());
        let mut pairs = vec![KeyPair::new(None, shared.0, shared.1)];
        pairs.extend(self.services.iter().map(|found| {
            let (stored, environment) = (found.stored.clone(), found.environment.clone());
            KeyPair::new(Some(found.service), stored, environment)
        }));
        pairs
    }
}

/// These apps at the other hosts that know them: at home, or where their own service was moved to.
fn at_other_hosts(apps: &[Arc<App>]) -> Vec<Arc<App>> {
    let at = |app: &App, service: &'static Service| {
        let origin = app.base.origin();
        let is_moved = !app.service.origins.contains(&origin.as_str());
        let base = if is_moved {
            app.base.clone()
        } else {
            BaseUrl::parse(service.origins.first()?).ok()?
        };
        Some(Arc::new(App {
            service,
            account: app.account.clone(),
            app_id: app.app_id.clone(),
            agent: app.agent.clone(),
            secret: Arc::clone(&app.secret),
            base,
            found_in: app.found_in.clone(),
            contexts: None,
        }))
    };
    let known_by = |app: &App| {
        let id = app.service.id;
        let services = SERVICES.into_iter();
        services.filter(move |service| service.granted == Granted::WithAppOf(id))
    };
    let apps = apps.iter();
    apps.flat_map(|app| known_by(app).filter_map(|service| at(app, service)))
        .collect()
}

/// The app of a channel, or words for behind "credentials:".
fn find_app(
    channel: &'static Channel,
    environment: &Environment,
    files: &openclaw::Files<'_>,
) -> Result<App, String> {
    let own = environment.of(channel);
    // The environment first, and both variables or none: an id of one app and the secret of another would
    // fail without saying why.
    let account = match environment_account(channel, own) {
        Some(account) => account,
        None => {
            let account = files.account(own.account.as_deref());
            account.map_err(|reason| format!("{reason}{}", half_set(channel, own)))?
        }
    };
    app_of(channel, own, account)
}

/// The app of an account, where its service is.
///
/// # Errors
/// Words for behind "credentials:".
fn app_of(channel: &'static Channel, own: &OfChannel, account: Account) -> Result<App, String> {
    let is_address = channel.variables.app_is_address();
    let origin = match &own.base_url {
        Some(text) => text.as_str(),
        None if is_address => account.app_id.as_str(),
        None => &*account.origin?,
    };
    let signs = channel.service.credential.map(|known| known.position) == Some(Position::Signature);
    if signs && !is_signing_secret(account.secret.expose()) {
        let variable = channel.variables.secret;
        return Err(format!(
            "can't be used. {variable}: a secret to sign with begins with whsec_, and behind it are 24 to 64 bytes in base64."
        ));
    }
    let base = BaseUrl::of(channel.service, origin).map_err(|reason| {
        let variable = channel.variables.base_url;
        format!("can't be used. {variable}: {reason}.")
    })?;
    Ok(App {
        service: channel.service,
        account: None,
        app_id: account.app_id,
        agent: account.agent,
        secret: account.secret,
        base,
        found_in: account.found_in,
        contexts: account.contexts,
    })
}

/// What to say when only some of the variables are there, for which nothing else was found.
fn half_set(channel: &Channel, own: &OfChannel) -> String {
    let names = &channel.variables;
    let all = [
        (names.app, own.app.is_some()),
        (names.agent, own.agent.is_some()),
        (Some(names.secret), own.secret.is_some()),
    ];
    let are = |is_set: bool| {
        let those = all.iter().filter(|(_, set)| *set == is_set);
        let those: Vec<&str> = those.filter_map(|(name, _)| *name).collect();
        let verb = if those.len() == 1 { "is" } else { "are" };
        let listed = channels::enumerated(those.iter().copied(), "and");
        (!those.is_empty()).then(|| format!("{listed} {verb}"))
    };
    let both = are(true).zip(are(false));
    both.map_or_else(String::new, |(set, unset)| {
        format!(" {set} set, and {unset} not.")
    })
}

/// The account that the environment names; `None` unless it names all of it.
fn environment_account(channel: &Channel, own: &OfChannel) -> Option<Account> {
    let app_id = match channel.variables.app {
        Some(_) => own.app.clone()?,
        None => String::new(),
    };
    let agent = match channel.variables.agent {
        Some(_) => Some(own.agent.clone()?),
        None => None,
    };
    Some(Account {
        app_id,
        agent,
        secret: Arc::clone(own.secret.as_ref()?),
        origin: Ok(channel.origin().into()),
        contexts: None,
        found_in: format!("{} in the environment", openclaw::both(channel)),
    })
}
