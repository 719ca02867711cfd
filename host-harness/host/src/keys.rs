//! The user's API keys, and which service each belongs to. What stands for them in the sandbox is `sandbox::secrets`'.
//!
//! Where a key was found says whose it can be; how it begins says more, and stands above that. A key is bound here, once,
//! and the broker gives it to no other service.

use std::sync::Arc;

use contract::services::{GATEWAY, Keys, Service, of_key};
use sandbox::secrets::{ApiKey, Secret};

/// Keys that are told by how they begin, all of which are kept in one place. Those of either service have the same names.
fn shared() -> Option<&'static Keys> {
    GATEWAY.keys()
}

/// A key that was found in one place.
#[derive(Clone)]
pub(crate) struct FoundKey {
    pub(crate) secret: Arc<Secret>,
    /// The service in whose place it was; none in the place of those that are told by how they begin.
    pub(crate) meant: Option<&'static Service>,
}

impl FoundKey {
    /// The only service that it may reach; none where it is no key of the place in which it was found.
    pub(crate) fn service(&self) -> Option<&'static Service> {
        let service = of_key(self.secret.expose(), self.meant)?;
        let is_its = self.meant.is_none_or(|meant| meant.id == service.id);
        is_its.then_some(service)
    }

    /// Its service's names for keys; those of the shared place where it is none.
    fn names(&self) -> Option<&'static Keys> {
        let service = self.service().or(self.meant);
        service.and_then(Service::keys).or_else(shared)
    }

    /// With its placeholder, under one of its service's names.
    fn called(self, name: impl FnOnce(&'static Keys) -> &'static str) -> ApiKey {
        let handle = self.names().map(name).unwrap_or_default();
        let service = self.service();
        ApiKey::new(self.secret, handle, service)
    }
}

/// The service whose keys begin as this one does.
pub(crate) fn service_of(key: &str) -> Option<&'static Service> {
    of_key(key, None)
}

/// The keys of one place: a stored one, and one of the environment, which stands above it.
pub(crate) struct KeyPair {
    /// The service in whose place they are; none for the place of those that are told by how they begin.
    pub(crate) meant: Option<&'static Service>,
    pub(crate) stored: Option<ApiKey>,
    pub(crate) environment: Option<ApiKey>,
}

impl KeyPair {
    /// With a placeholder each. The same key in the file and in the environment has one placeholder.
    pub(crate) fn new(
        meant: Option<&'static Service>,
        stored: Option<Arc<Secret>>,
        environment: Option<Arc<Secret>>,
    ) -> Self {
        let found = |secret| FoundKey { secret, meant };
        // Two different keys may end alike: the second one then needs a name of its own.
        let differs =
            |secret: &Arc<Secret>| stored.as_ref().is_some_and(|stored| !stored.is(secret));
        let environment = environment.map(|secret| {
            let differs = differs(&secret);
            let name = |keys: &'static Keys| {
                if differs {
                    keys.environment
                } else {
                    keys.stored
                }
            };
            found(secret).called(name)
        });
        Self {
            meant,
            stored: stored.map(|secret| found(secret).called(|keys| keys.stored)),
            environment,
        }
    }
}

/// The API keys that one call may use.
#[derive(Default)]
pub(crate) struct Placeholders {
    /// Those that were found, by their places.
    found: Vec<KeyPair>,
    /// The key in the arguments.
    pub(crate) new: Option<ApiKey>,
}

impl Placeholders {
    /// The keys of one call.
    pub(crate) fn new(found: Vec<KeyPair>, new: Option<FoundKey>) -> Self {
        Self {
            found,
            // Always under a name of its own, also where it is the same key: what a set-up stores is told from
            // what it found.
            new: new.map(|key| key.called(|keys| keys.new)),
        }
    }

    /// The keys of each place.
    pub(crate) fn places(&self) -> &[KeyPair] {
        &self.found
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &ApiKey> {
        let found = self
            .found
            .iter()
            .flat_map(|pair| [&pair.stored, &pair.environment]);
        found.chain([&self.new]).flatten()
    }

    /// The key that this placeholder stands for, a stored one before the others.
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
    use contract::services::{ARK, DIRECT, MODELARK};

    fn secret(text: &str) -> Option<Arc<Secret>> {
        Some(Arc::new(Secret::new(text)))
    }

    fn shared(stored: &str, environment: &str, new: &str) -> Placeholders {
        let given = |text: &str| secret(text).filter(|_| !text.is_empty());
        let pair = KeyPair::new(None, given(stored), given(environment));
        let new = given(new).map(|secret| FoundKey {
            secret,
            meant: None,
        });
        Placeholders::new(vec![pair], new)
    }

    #[test]
    fn a_placeholder_keeps_the_prefix_and_the_last_four_characters() {
        let keys = shared("mgk_abcdefgh1234", "", "sk-libtv-zzzzzz9999");
        assert_eq!(
            keys.found[0].stored.as_ref().unwrap().placeholder,
            "mgk_placeholder-libtv-api-key-1234"
        );
        assert_eq!(
            keys.new.as_ref().unwrap().placeholder,
            "sk-libtv-placeholder-libtv-api-key-new-9999"
        );
        assert!(keys.has(&GATEWAY) && keys.has(&DIRECT) && !keys.has(&ARK));
    }

    #[test]
    fn a_key_of_unknown_form_gets_a_placeholder_without_prefix_and_reaches_nobody() {
        let keys = shared("", "hunter2hunter2", "");
        assert_eq!(
            keys.found[0].environment.as_ref().unwrap().placeholder,
            "placeholder-libtv-api-key-ter2"
        );
        assert!(
            ![&GATEWAY, &DIRECT, &ARK, &MODELARK]
                .into_iter()
                .any(|service| keys.has(service))
        );
    }

    #[test]
    fn a_key_in_a_services_place_is_that_services_and_nobody_elses() {
        let pair = KeyPair::new(
            Some(&ARK),
            secret("0a1b-2c3d-9999"),
            secret("0a1b-2c3d-8888"),
        );
        let keys = Placeholders::new(vec![pair], None);
        let placeholders: Vec<&str> = keys.all().map(|key| key.placeholder.as_str()).collect();
        assert_eq!(
            placeholders,
            [
                "placeholder-ark-api-key-9999",
                "placeholder-ark-api-key-env-8888"
            ]
        );
        assert!(keys.has(&ARK) && !keys.has(&MODELARK) && !keys.has(&GATEWAY));
    }

    #[test]
    fn a_key_of_one_service_in_the_place_of_another_reaches_neither() {
        let pair = KeyPair::new(
            Some(&ARK),
            secret("mgk_abcdefgh1234"),
            secret("sk-libtv-abcd1234"),
        );
        let keys = Placeholders::new(vec![pair], None);
        assert_eq!(keys.all().count(), 2);
        assert!(
            ![&GATEWAY, &DIRECT, &ARK]
                .into_iter()
                .any(|service| keys.has(service))
        );
    }

    #[test]
    fn keys_that_end_alike_have_different_placeholders() {
        let mut places = vec![KeyPair::new(
            None,
            secret("mgk_aaaaaaaa1234"),
            secret("mgk_bbbbbbbb1234"),
        )];
        for service in [&ARK, &MODELARK] {
            places.push(KeyPair::new(
                Some(service),
                secret("aaaaaaaa1234"),
                secret("bbbbbbbb1234"),
            ));
        }
        let new = FoundKey {
            secret: Arc::new(Secret::new("mgk_cccccccc1234")),
            meant: None,
        };
        let keys = Placeholders::new(places, Some(new));
        let all: std::collections::BTreeSet<_> =
            keys.all().map(|key| key.placeholder.clone()).collect();
        assert_eq!(all.len(), 7);
        for key in keys.all() {
            assert!(keys.find(&key.placeholder).unwrap().secret.is(&key.secret));
        }
    }

    #[test]
    fn a_short_text_shows_nothing_and_odd_characters_do_not_travel() {
        assert_eq!(Secret::new("mgk_123").last_four(), "");
        let keys = shared("mgk_abcdef\r\nX: y", "", "");
        assert!(
            keys.all()
                .all(|key| key.placeholder.bytes().all(|b| b.is_ascii_graphic()))
        );
    }
}
