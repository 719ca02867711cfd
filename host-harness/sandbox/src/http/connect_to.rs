//! Names that lead to a loopback address instead of being resolved, as the host was told. For tests and closed networks. Pure.
//! URL, `Host`, TLS name and egress rules stay those of the name.

use std::collections::BTreeMap;
use std::net::SocketAddr;

/// Names and where to connect for them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConnectTo(BTreeMap<String, SocketAddr>);

/// Why the text can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{entry:?} {reason}; write host=127.0.0.1:8443,host2=[::1]:9443")]
pub struct ConnectToError {
    /// The entry.
    pub entry: String,
    /// What is wrong with it.
    pub reason: &'static str,
}

impl ConnectTo {
    /// Parses `host=address:port` entries, separated by commas.
    ///
    /// # Errors
    /// An entry of another form, a name twice, or a target that isn't loopback.
    pub fn parse(text: &str) -> Result<Self, ConnectToError> {
        let mut targets = BTreeMap::new();
        for entry in text
            .split(',')
            .map(str::trim)
            .filter(|entry| !entry.is_empty())
        {
            let fail = |reason| ConnectToError {
                entry: entry.to_owned(),
                reason,
            };
            let (host, target) = entry.split_once('=').ok_or_else(|| fail("has no '='"))?;
            let host = host.trim().to_ascii_lowercase();
            if host.is_empty()
                || !host
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b == b'.' || b == b'-')
            {
                return Err(fail("names no host"));
            }
            let target: SocketAddr = target
                .trim()
                .parse()
                .map_err(|_| fail("has no target of the form address:port"))?;
            // Whoever can set a variable must not be able to lead the services' traffic to another machine.
            if !target.ip().is_loopback() {
                return Err(fail(
                    "leads outside this machine: only loopback targets are allowed",
                ));
            }
            if targets.insert(host, target).is_some() {
                return Err(fail("names a host twice"));
            }
        }
        Ok(Self(targets))
    }

    /// Where to connect for a name in lower case; `None` where it is resolved as usual.
    pub(super) fn get(&self, host: &str) -> Option<SocketAddr> {
        self.0.get(host).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_targets_of_both_families_are_accepted() {
        let map =
            ConnectTo::parse("Open.Feishu.cn=127.0.0.1:8443, im.liblib.tv=[::1]:9443,").unwrap();
        assert_eq!(
            map.get("open.feishu.cn"),
            Some("127.0.0.1:8443".parse().unwrap())
        );
        assert_eq!(map.get("im.liblib.tv"), Some("[::1]:9443".parse().unwrap()));
        assert_eq!(map.get("seedance.nexu.io"), None);
    }

    #[test]
    fn anything_but_loopback_is_refused() {
        for target in [
            "10.0.0.1:1",
            "8.8.8.8:443",
            "0.0.0.0:80",
            "[::]:80",
            "[::ffff:127.0.0.1]:80",
            "localhost:80",
            "127.0.0.1",
            "127.0.0.1:70000",
        ] {
            ConnectTo::parse(&format!("a.b={target}")).unwrap_err();
        }
    }

    #[test]
    fn an_entry_without_a_host_or_a_host_named_twice_is_refused() {
        for text in [
            "=127.0.0.1:1",
            "a",
            "a b=127.0.0.1:1",
            "a=127.0.0.1:1,A=127.0.0.1:2",
        ] {
            ConnectTo::parse(text).unwrap_err();
        }
        assert_eq!(ConnectTo::parse(" ").unwrap(), ConnectTo::default());
    }
}
