//! Where credentials come from: a trait for embedders, and the default that looks where docs/spec.md section 7 says.

use std::path::Path;
use std::sync::Arc;

use super::ConfigFile;
use super::keyring::{KeySlot, MARK};
use contract::services::FEISHU_ORIGIN;

use crate::environment::Environment;
use crate::http::{BaseUrl, FeishuApp};
use crate::openclaw::{self, Account};
use crate::secrets::Secret;

/// What an embedder's own source knows. `None` means: look in the usual places.
#[derive(Default)]
pub struct Credentials {
    /// The LibTV key, in place of the one in `libtv.json`.
    pub api_key: Option<Arc<Secret>>,
    /// The Feishu app.
    pub feishu: Option<Arc<FeishuApp>>,
}

/// A place to take credentials from: a keyring, a vault, the embedding program's own settings.
pub trait CredentialSource: Send + Sync {
    /// Asked at every call, so that a changed key counts from the next step on. Must not block for long.
    fn load(&self) -> Credentials;
}

/// Everything one call knows about credentials and configuration.
pub(crate) struct FoundCredentials {
    pub(crate) stored_key: Option<Arc<Secret>>,
    pub(crate) environment_key: Option<Arc<Secret>>,
    /// Where the key in force is kept, in words, for `check`.
    pub(crate) key_from: Option<String>,
    /// Whether the program around this one brings the key that stands for the stored one.
    pub(crate) key_is_programs: bool,
    /// Whether the stored key is in the keyring.
    pub(crate) in_keyring: bool,
    pub(crate) feishu: Option<Arc<FeishuApp>>,
    /// Why there is no app, in words for behind "Feishu credentials:".
    pub(crate) no_feishu: Option<String>,
    /// `videoRatio` as it stands in the file.
    pub(crate) video_ratio: Option<serde_json::Value>,
    /// Why `libtv.json` can't be used.
    pub(crate) config_error: Option<String>,
    /// What was found but can't be used, for people.
    pub(crate) notes: Vec<String>,
}

impl FoundCredentials {
    pub(crate) fn look(
        own: Option<&dyn CredentialSource>,
        keyring: &KeySlot,
        environment: &Environment,
        config: &ConfigFile,
        nexu_home: &Path,
    ) -> Self {
        let own = own.map(CredentialSource::load).unwrap_or_default();
        let mut notes = Vec::new();
        let (mut stored_key, mut video_ratio, mut config_error) = (None, None, None);
        let mut in_keyring = false;
        match config.read() {
            Ok(content) => {
                let key = content
                    .get("apiKey")
                    .and_then(serde_json::Value::as_str)
                    .filter(|key| !key.is_empty());
                stored_key = key.map(|key| Arc::new(Secret::new(key)));
                if let Some(mark) = content.get(MARK).and_then(serde_json::Value::as_str) {
                    in_keyring = true;
                    match keyring.key(mark) {
                        Ok(key) => stored_key = Some(key),
                        Err(reason) => notes.push(format!(
                            "The API key is in the keyring of the operating system, which can't be used: {reason}. Unlock it, or store the key anew with setup."
                        )),
                    }
                }
                video_ratio = content.get("videoRatio").cloned();
            }
            Err(error) => config_error = Some(error.reason()),
        }
        let (feishu, no_feishu) = match own.feishu {
            Some(app) => (Some(app), None),
            None => match find_feishu(environment, nexu_home) {
                Ok(app) => (Some(Arc::new(app)), None),
                Err(reason) => (None, Some(reason)),
            },
        };
        let key_from = if environment.api_key.is_some() {
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
            environment_key: environment.api_key.clone(),
            key_from,
            in_keyring,
            feishu,
            no_feishu,
            video_ratio,
            config_error,
            notes,
        }
    }
}

/// The app, or words for behind "Feishu credentials:".
fn find_feishu(environment: &Environment, nexu_home: &Path) -> Result<FeishuApp, String> {
    let account = match environment_account(environment) {
        Some(account) => account,
        None => openclaw::feishu_account(
            &environment.openclaw,
            nexu_home,
            environment.feishu_account.as_deref(),
        )
        .map_err(|reason| format!("{reason}{}", half_set(environment)))?,
    };
    let origin = match &environment.feishu_base_url {
        Some(text) => text.as_str(),
        None => account.origin?,
    };
    let base = BaseUrl::parse_feishu(origin)
        .map_err(|reason| format!("can't be used. FEISHU_BASE_URL: {reason}."))?;
    Ok(FeishuApp {
        app_id: account.app_id,
        secret: account.secret,
        base,
        found_in: account.found_in,
    })
}

/// What to say when only one of the two variables is there, for which nothing else was found.
fn half_set(environment: &Environment) -> &'static str {
    match (&environment.feishu_app_id, &environment.feishu_app_secret) {
        (Some(_), None) => " FEISHU_APP_ID is set, and FEISHU_APP_SECRET is not.",
        (None, Some(_)) => " FEISHU_APP_SECRET is set, and FEISHU_APP_ID is not.",
        _ => "",
    }
}

fn environment_account(environment: &Environment) -> Option<Account> {
    Some(Account {
        app_id: environment.feishu_app_id.clone()?,
        secret: Arc::clone(environment.feishu_app_secret.as_ref()?),
        origin: Ok(FEISHU_ORIGIN),
        found_in: "FEISHU_APP_ID and FEISHU_APP_SECRET in the environment".to_owned(),
    })
}
