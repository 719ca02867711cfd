//! An app of a service: who the user is there. Its secret stands in requests itself, or is exchanged for a token.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::SystemTime;

use contract::services::Service;

use sha2::{Digest, Sha256};

use super::base_url::BaseUrl;
use crate::secrets::{Secret, stands_for};

/// What identifies the user to a service that knows apps.
pub struct App {
    /// The service.
    pub service: &'static Service,
    /// What the account is called, where it has to be named; none for the one that is meant without a name.
    pub account: Option<String>,
    /// The app's id; empty where the service's apps have none. No secret.
    pub app_id: String,
    /// Which of the apps with that id it is, where several share one. No secret.
    pub agent: Option<String>,
    /// The app's secret.
    pub secret: Arc<Secret>,
    /// Where the service is: one of its origins, or an override.
    pub base: BaseUrl,
    /// Where it was found, as people read it in `check`.
    pub found_in: String,
    /// What its conversations are known by, where the service wants that to be shown; none where it wants nothing, or where that
    /// isn't known.
    pub contexts: Option<Contexts>,
}

/// What an app's conversations are known by: a secret each, that the last message of it brought. With it alone nobody can write.
#[derive(Default)]
pub struct Contexts {
    /// By the recipient's id.
    pub of: BTreeMap<String, Secret>,
    /// When the latest message of any of them came; none where that isn't known.
    pub latest: Option<SystemTime>,
}

impl Contexts {
    /// What tells whether a conversation is known by another secret than before. It says nothing of the secret.
    pub fn mark(&self, id: &str) -> Option<String> {
        let digest = Sha256::digest(self.of.get(id)?.expose());
        Some(
            digest
                .iter()
                .take(8)
                .map(|byte| format!("{byte:02x}"))
                .collect(),
        )
    }
}

impl App {
    /// The name of its secret in the record.
    pub fn secret_name(&self) -> &'static str {
        let credential = self.service.credential;
        credential.map_or("", |known| {
            known
                .exchange
                .map_or(known.name, |exchange| exchange.secret_name)
        })
    }

    /// What stands inside for its secret, or for what that is exchanged for, by the name of it: of several accounts each has its
    /// own.
    pub fn stands_for(&self, name: &str) -> String {
        let plain = stands_for(name);
        let Some(account) = &self.account else {
            return plain;
        };
        // A digest, since an account may be called anything.
        let digest = Sha256::digest(account);
        let hex: String = digest
            .iter()
            .take(8)
            .map(|byte| format!("{byte:02x}"))
            .collect();
        format!("{plain}-{hex}")
    }
}
