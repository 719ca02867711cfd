//! The user's API keys, and which service each belongs to: by how it begins. What stands for them in the sandbox is
//! `sandbox::secrets`'.

use std::sync::Arc;

use contract::services::{Granted, SERVICES, Service};
use sandbox::secrets::{ApiKey, Secret};

/// Names of keys, in the record and in their placeholders.
const STORED_KEY: &str = "libtv-api-key";
const ENVIRONMENT_KEY: &str = "libtv-api-key-env";
const NEW_KEY: &str = "libtv-api-key-new";

fn key(secret: Arc<Secret>, handle: &'static str) -> ApiKey {
    let service = service_of(secret.expose());
    ApiKey::new(secret, handle, service)
}

/// The service whose keys begin as this one does.
pub(crate) fn service_of(key: &str) -> Option<&'static Service> {
    let mut services = SERVICES.into_iter();
    services.find(
        |service| matches!(service.granted, Granted::WithKey(prefix) if key.starts_with(prefix)),
    )
}

/// The API keys that one call may use.
#[derive(Default)]
pub(crate) struct Placeholders {
    /// The key in `libtv.json`.
    pub(crate) stored: Option<ApiKey>,
    /// The key in the environment.
    pub(crate) environment: Option<ApiKey>,
    /// The key in the arguments.
    pub(crate) new: Option<ApiKey>,
}

impl Placeholders {
    /// The keys of one call, with a placeholder each. The same key in the file and in the environment has
    /// one placeholder.
    pub(crate) fn new(
        stored: Option<Arc<Secret>>,
        environment: Option<Arc<Secret>>,
        new: Option<Arc<Secret>>,
    ) -> Self {
        let differs =
            |secret: &Arc<Secret>| stored.as_ref().is_some_and(|stored| !stored.is(secret));
        // Two different keys may end alike: the second one then needs a name of its own.
        let environment = environment.map(|secret| {
            let differs = differs(&secret);
            key(secret, if differs { ENVIRONMENT_KEY } else { STORED_KEY })
        });
        Self {
            stored: stored.map(|secret| key(secret, STORED_KEY)),
            environment,
            // Always under a name of its own, also where it is the same key: what a set-up stores is told
            // from what it found.
            new: new.map(|secret| key(secret, NEW_KEY)),
        }
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &ApiKey> {
        [&self.stored, &self.environment, &self.new]
            .into_iter()
            .flatten()
    }

    /// The key that this placeholder stands for, the stored one before the others.
    pub(crate) fn find(&self, placeholder: &str) -> Option<&ApiKey> {
        self.all().find(|key| key.placeholder == placeholder)
    }

    /// Whether there is a key for this service.
    pub(crate) fn has(&self, service: &Service) -> bool {
        self.all().any(|key| key.is_for(service))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::services::{DIRECT, GATEWAY};

    fn secret(text: &str) -> Option<Arc<Secret>> {
        Some(Arc::new(Secret::new(text)))
    }

    #[test]
    fn a_placeholder_keeps_the_prefix_and_the_last_four_characters() {
        let keys = Placeholders::new(
            secret("mgk_abcdefgh1234"),
            None,
            secret("sk-libtv-zzzzzz9999"),
        );
        assert_eq!(
            keys.stored.as_ref().unwrap().placeholder,
            "mgk_placeholder-libtv-api-key-1234"
        );
        assert_eq!(
            keys.new.as_ref().unwrap().placeholder,
            "sk-libtv-placeholder-libtv-api-key-new-9999"
        );
        assert!(keys.has(&GATEWAY) && keys.has(&DIRECT));
    }

    #[test]
    fn a_key_of_unknown_form_gets_a_placeholder_without_prefix() {
        let keys = Placeholders::new(None, secret("hunter2hunter2"), None);
        assert_eq!(
            keys.environment.as_ref().unwrap().placeholder,
            "placeholder-libtv-api-key-ter2"
        );
        assert!(!keys.has(&GATEWAY) && !keys.has(&DIRECT));
    }

    #[test]
    fn two_keys_that_end_alike_have_different_placeholders() {
        let keys = Placeholders::new(
            secret("mgk_aaaaaaaa1234"),
            secret("mgk_bbbbbbbb1234"),
            secret("mgk_cccccccc1234"),
        );
        let all: std::collections::BTreeSet<_> =
            keys.all().map(|key| key.placeholder.clone()).collect();
        assert_eq!(all.len(), 3);
        for key in keys.all() {
            assert!(keys.find(&key.placeholder).unwrap().secret.is(&key.secret));
        }
    }

    #[test]
    fn a_short_text_shows_nothing_and_odd_characters_do_not_travel() {
        assert_eq!(Secret::new("mgk_123").last_four(), "");
        let keys = Placeholders::new(secret("mgk_abcdef\r\nX: y"), None, None);
        assert!(
            keys.stored
                .unwrap()
                .placeholder
                .bytes()
                .all(|b| b.is_ascii_graphic())
        );
    }
}
