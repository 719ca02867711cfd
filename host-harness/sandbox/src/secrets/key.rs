//! Placeholders: what the component sees in place of a secret. Pure. A placeholder is no secret: it names one, and shows the mode and
//! last four characters that people may see.
//!
//! ```text
//! <prefix>placeholder-<name>-1234      a key: how keys of its service begin, the mark, its name, its last four characters
//! placeholder-<name>                   an app's secret or a token
//! ```

use std::sync::Arc;

use contract::services::Service;

use super::Secret;

const MARK: &str = "placeholder-";

/// What stands for the secret or token of this name.
pub fn stands_for(name: &str) -> String {
    format!("{MARK}{name}")
}

/// One of these stands in every placeholder of a credential of `services`.
pub fn marks(services: &[&Service]) -> Vec<String> {
    let credentials = services.iter().filter_map(|service| service.credential);
    let names = credentials.flat_map(|known| {
        let secret = known.exchange.map(|exchange| exchange.secret_name);
        secret.into_iter().chain([known.name])
    });
    names.map(stands_for).collect()
}

/// An API key with the placeholder that stands for it.
#[derive(Clone)]
pub struct ApiKey {
    /// The key itself.
    pub secret: Arc<Secret>,
    /// What the component sees in its place.
    pub placeholder: String,
    /// The service it belongs to.
    pub service: Option<&'static Service>,
    /// Its name in the record.
    pub handle: &'static str,
}

impl ApiKey {
    /// A key of `service`, called `handle`.
    pub fn new(
        secret: Arc<Secret>,
        handle: &'static str,
        service: Option<&'static Service>,
    ) -> Self {
        // The placeholder travels through headers, JSON and arguments: nothing odd may be in it.
        let last: String = secret
            .last_four()
            .chars()
            .map(|c| {
                if c.is_ascii_alphanumeric() || c == '-' || c == '_' {
                    c
                } else {
                    'x'
                }
            })
            .collect();
        let placeholder = format!("{}{MARK}{handle}-{last}", prefix(service));
        Self {
            secret,
            placeholder,
            service,
            handle,
        }
    }

    /// Whether it is a key of this service.
    pub fn is_for(&self, service: &Service) -> bool {
        self.service.is_some_and(|own| own.id == service.id)
    }
}

/// How the keys of a service begin; empty where nothing tells them from others'.
pub fn prefix(service: Option<&Service>) -> &'static str {
    let keys = service.and_then(Service::keys);
    keys.map_or("", |keys| keys.prefix)
}
