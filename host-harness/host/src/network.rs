//! How requests leave this machine, as values of the embedding program: a proxy, roots, and for tests where names lead. In the place
//! of the variables that a command line reads. Not here: what the values may be (`sandbox::http`).

use std::path::PathBuf;

use contract::services::SERVICES;
use sandbox::http::ClientSettings;

/// What a proxy of a [`Network`] is called where its value can't be used.
const PROXY: &str = "Network::through";

/// How requests leave this machine. With one of these ([`Settings::with_network`](crate::Settings::with_network)) no variable of
/// [`Environment`](crate::Environment) has a say in it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[must_use]
pub struct Network {
    proxy: Option<String>,
    beside_proxy: Option<String>,
    roots: Option<PathBuf>,
    connect_to: Option<String>,
}

impl Network {
    /// Straight, with the roots that the system trusts.
    pub fn direct() -> Self {
        Self::default()
    }

    /// Through a proxy: `http://`, `https://`, `socks5://` or `socks5h://`, with a user part where it wants one. What can't be read stops
    /// every request, and none goes past it.
    pub fn through(proxy: impl Into<String>) -> Self {
        Self {
            proxy: Some(proxy.into()),
            ..Self::default()
        }
    }

    /// Hosts that are reached without the proxy, as `no_proxy` lists them: `example.com,.internal,10.0.0.0/8`.
    pub fn but_not_for(mut self, hosts: impl Into<String>) -> Self {
        self.beside_proxy = Some(hosts.into());
        self
    }

    /// More trusted roots than the system's: a file of certificates in PEM.
    pub fn trusting(mut self, roots: impl Into<PathBuf>) -> Self {
        self.roots = Some(roots.into());
        self
    }

    /// For tests: names that lead to an address of this machine, as `LIBTV_CONNECT_TO` lists them: `host:port=127.0.0.1:8443,…`.
    pub fn connecting_to(mut self, places: impl Into<String>) -> Self {
        self.connect_to = Some(places.into());
        self
    }

    pub(crate) fn client(&self) -> ClientSettings {
        ClientSettings {
            services: &SERVICES,
            connect_to: self.connect_to.clone(),
            proxy: self.proxy.clone().map(|proxy| (PROXY, proxy)),
            no_proxy: self.beside_proxy.clone(),
            ssl_cert_file: self.roots.clone(),
        }
    }
}
