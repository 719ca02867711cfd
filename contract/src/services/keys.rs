//! The API keys of the services that make media: what users call the service, how its keys are told from others', and where
//! one is found. A key belongs to one service and never reaches another.

use super::{Granted, SERVICES, Service};

/// The member of `libtv.json` with the word of the service that new requests go to.
pub const SERVICE_IN_USE: &str = "service";
/// The variable that says the same, above the file.
pub const SERVICE_VARIABLE: &str = "LIBTV_SERVICE";
/// The member of `libtv.json` with what is kept of each service, by its word.
pub const OF_SERVICES: &str = "services";
/// The member with a key: at the top for keys that are told by how they begin, below [`OF_SERVICES`] for the others.
pub const KEY_MEMBER: &str = "apiKey";
/// What is kept of a service beside its key: which model makes the media, and how finely.
pub const CHOICES: [&str; 2] = ["model", "resolution"];
/// The most bytes of a choice. Names of models have some thirty.
pub const MAX_CHOICE_BYTES: usize = 128;

/// The API keys of one service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keys {
    /// What users call the service: behind `--service`, in [`SERVICE_VARIABLE`] and in `libtv.json`. It never changes.
    pub service: &'static str,
    /// What they begin with; empty where nothing tells them from others', and the user says whose a key is.
    pub prefix: &'static str,
    /// The variable that brings one, above a stored one.
    pub variable: &'static str,
    /// The name of a stored one in the record, which is that of the service's credential.
    pub stored: &'static str,
    /// The name of one from the environment that isn't the stored one.
    pub environment: &'static str,
    /// The name of one in the arguments of a command.
    pub new: &'static str,
}

impl Keys {
    /// Whether a key says by its beginning that it is one of these.
    #[must_use]
    pub fn begin(&self, key: &str) -> bool {
        // An empty prefix would fit every key, and give it to the wrong service.
        !self.prefix.is_empty() && key.len() > self.prefix.len() && key.starts_with(self.prefix)
    }
}

impl Service {
    /// Its keys, where it makes media.
    #[must_use]
    pub const fn keys(&self) -> Option<&Keys> {
        match &self.granted {
            Granted::WithKey(keys) => Some(keys),
            Granted::Always
            | Granted::WithKeyOf(_)
            | Granted::WithApp
            | Granted::WithAppOf(_)
            | Granted::Beside(_) => None,
        }
    }
}

/// The services that make media, with their keys.
pub fn makers() -> impl Iterator<Item = (&'static Service, &'static Keys)> {
    let services = SERVICES.into_iter();
    services.filter_map(|service| Some((service, service.keys()?)))
}

/// The service that users call so.
#[must_use]
pub fn maker(word: &str) -> Option<&'static Service> {
    let mut makers = makers();
    makers
        .find(|(_, keys)| keys.service == word)
        .map(|(service, _)| service)
}

/// The service that a key belongs to: by how it begins, else the one that is meant, where its keys have no form of their own.
#[must_use]
pub fn of_key(key: &str, meant: Option<&'static Service>) -> Option<&'static Service> {
    let told = makers().find(|(_, keys)| keys.begin(key));
    let is_named = |service: &&Service| service.keys().is_some_and(|keys| keys.prefix.is_empty());
    told.map_or_else(|| meant.filter(is_named), |(service, _)| Some(service))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::services::{DIRECT, GATEWAY};
    use crate::settings::VARIABLES;

    #[test]
    fn words_variables_and_names_of_keys_belong_to_one_service_each() {
        let all: Vec<_> = makers().collect();
        for (at, (service, keys)) in all.iter().enumerate() {
            assert_eq!(maker(keys.service).map(|known| known.id), Some(service.id));
            assert!(VARIABLES.iter().any(|known| known.name == keys.variable));
            assert!(
                service
                    .credential
                    .is_some_and(|known| known.name == keys.stored)
            );
            for (_, other) in &all[at + 1..] {
                assert_ne!(keys.service, other.service);
                // What is told by its beginning may share the rest: both never count at once.
                let told = !keys.prefix.is_empty() && !other.prefix.is_empty();
                assert!(told || (keys.variable != other.variable && keys.stored != other.stored));
                let prefixes = (keys.prefix, other.prefix);
                assert!(
                    !told
                        || !prefixes.0.starts_with(prefixes.1)
                            && !prefixes.1.starts_with(prefixes.0)
                );
            }
        }
    }

    #[test]
    fn a_keys_beginning_stands_above_the_service_that_is_meant() {
        let id = |service: Option<&Service>| service.map(|service| service.id);
        for meant in [None, Some(&GATEWAY), Some(&DIRECT)] {
            assert_eq!(id(of_key("mgk_1", meant)), Some(GATEWAY.id));
            assert_eq!(id(of_key("sk-libtv-1", meant)), Some(DIRECT.id));
            // Nothing behind the prefix, or none of them.
            for other in ["mgk_", "0a1b-2c3d", ""] {
                assert_eq!(id(of_key(other, meant)), None);
            }
        }
        let named = makers().find(|(_, keys)| keys.prefix.is_empty());
        let (named, _) = named.expect("a service whose keys have no form");
        assert_eq!(id(of_key("0a1b-2c3d", Some(named))), Some(named.id));
        assert_eq!(id(of_key("mgk_1", Some(named))), Some(GATEWAY.id));
    }
}
