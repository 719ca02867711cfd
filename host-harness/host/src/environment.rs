//! The values that a command line reads from environment variables, as values.
//! Not here: reading the environment. That is the caller's, once, before anything else.

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;

use contract::channels::{CHANNELS, Channel};
use contract::services::{SERVICES, Service, makers};
use contract::settings::passed_on;

use crate::openclaw::{Lookup, Places};
use sandbox::http::ClientSettings;
use sandbox::secrets::Secret;

/// Values that a command line takes from environment variables, already read. Empty ones count as unset.
#[derive(Default)]
pub struct Environment {
    pub(crate) api_key: Option<Arc<Secret>>,
    /// Keys of services that have a variable of their own.
    pub(crate) service_keys: Vec<(&'static Service, Arc<Secret>)>,
    /// What the component sees as it is, by name: none of it is a secret.
    pub(crate) passed_on: Vec<(&'static str, String)>,
    /// In the order of the contract's channels.
    channels: [OfChannel; CHANNELS.len()],
    /// Where OpenClaw's configuration may be.
    pub(crate) openclaw: Places,
    /// `LIBTV_CONNECT_TO`, for tests and closed networks.
    pub(crate) connect_to: Option<String>,
    /// The variable that names a proxy, and its value.
    pub(crate) proxy: Option<(&'static str, String)>,
    /// Hosts that are reached without the proxy.
    pub(crate) no_proxy: Option<String>,
    /// More trusted roots than the platform's.
    pub(crate) ssl_cert_file: Option<PathBuf>,
}

/// What the environment says about one channel.
#[derive(Default)]
pub(crate) struct OfChannel {
    /// The app's id; of channels whose apps have one.
    pub(crate) app: Option<String>,
    /// Which of those with that id it is; of channels whose apps share one.
    pub(crate) agent: Option<String>,
    pub(crate) secret: Option<Arc<Secret>>,
    /// Which account of OpenClaw's configuration is meant.
    pub(crate) account: Option<String>,
    /// Moves the channel's service to another origin.
    pub(crate) base_url: Option<String>,
}

/// The variables that name a proxy; the first one that is set counts.
const PROXIES: [&str; 4] = ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"];

impl Environment {
    /// Takes the variables that matter from `lookup`, which returns a variable's value. Nothing else is asked for.
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<OsString>) -> Self {
        // A service file or a container can often blank a variable that is set further out, and not remove
        // it.
        let os = |name: &str| lookup(name).filter(|value| !value.is_empty());
        let text = |name: &str| {
            os(name)
                // A value that was pasted or read from a file ends with a line feed, which no key, id or
                // address has.
                .map(|value| value.to_string_lossy().trim().to_owned())
                .filter(|value| !value.is_empty())
        };
        let secret = |name: &str| text(name).map(|value| Arc::new(Secret::new(value)));
        Self {
            api_key: secret("LIBTV_API_KEY"),
            service_keys: makers()
                .filter(|(_, keys)| keys.prefix.is_empty())
                .filter_map(|(service, keys)| Some((service, secret(keys.variable)?)))
                .collect(),
            passed_on: passed_on()
                .filter_map(|name| Some((name, text(name)?)))
                .collect(),
            channels: CHANNELS.map(|channel| OfChannel {
                app: channel.variables.app.and_then(text),
                agent: channel.variables.agent.and_then(text),
                secret: secret(channel.variables.secret),
                account: text(channel.section.chosen_by),
                base_url: text(channel.variables.base_url),
            }),
            openclaw: Places::from_lookup(&|name| lookup(name)),
            connect_to: text("LIBTV_CONNECT_TO"),
            // In the order of curl and most tools.
            proxy: PROXIES.iter().find_map(|name| Some((*name, text(name)?))),
            no_proxy: text("no_proxy").or_else(|| text("NO_PROXY")),
            ssl_cert_file: os("SSL_CERT_FILE").map(PathBuf::from),
        }
    }

    /// Lets OpenClaw's configuration refer to any variable (`${NAME}`), and to a `.env` in the folder where this program was
    /// started: what OpenClaw itself allows. Without this, only to what stands in its own files.
    #[must_use]
    pub fn with_references(
        mut self,
        variables: impl Fn(&str) -> Option<OsString> + Send + Sync + 'static,
        folder: Option<PathBuf>,
    ) -> Self {
        let variables: Arc<Lookup> = Arc::new(variables);
        self.openclaw.refer_to(variables, folder);
        self
    }

    /// What it says about how requests leave.
    pub(crate) fn client(&self) -> ClientSettings {
        ClientSettings {
            services: &SERVICES,
            connect_to: self.connect_to.clone(),
            proxy: self.proxy.clone(),
            no_proxy: self.no_proxy.clone(),
            ssl_cert_file: self.ssl_cert_file.clone(),
        }
    }

    /// What the environment says about this channel.
    pub(crate) fn of(&self, channel: &Channel) -> &OfChannel {
        let at = CHANNELS.iter().position(|known| known.id == channel.id);
        &self.channels[at.unwrap_or_default()]
    }

    /// The value of a variable that is passed on.
    pub(crate) fn passed(&self, name: &str) -> Option<&str> {
        self.passed_on
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, value)| value.as_str())
    }
}
