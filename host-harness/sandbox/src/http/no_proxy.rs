//! `NO_PROXY`: the hosts that are connected to without the proxy. There is no standard for it; each form that some common
//! program takes is taken here, by the widest of its meanings. Pure.

/// Hosts that don't need the proxy.
#[derive(Debug, Default)]
pub(super) struct NoProxy {
    all: bool,
    entries: Vec<Entry>,
}

#[derive(Debug)]
struct Entry {
    /// Lower case, without the dots around it. It stands for itself and every name below it.
    name: String,
    /// Only on this port.
    port: Option<u16>,
}

impl NoProxy {
    /// Reads names separated by commas, semicolons or spaces: `name`, `.name`, `*.name`, each also with `:port`, and `*` for
    /// all. Addresses and networks are passed over: who is written as an address never goes through the proxy, and a name isn't
    /// resolved here.
    pub(super) fn parse(text: &str) -> Self {
        let mut read = Self::default();
        let separated = text.split(|c: char| c.is_whitespace() || matches!(c, ',' | ';'));
        for entry in separated.filter(|entry| !entry.is_empty()) {
            let entry = entry.to_ascii_lowercase();
            // Some write a URL.
            let entry = entry.split_once("://").map_or(&*entry, |(_, rest)| rest);
            let entry = entry.trim_end_matches('/');
            let (name, port) = match entry.rsplit_once(':') {
                Some((name, port)) if !name.contains(':') => match port.parse() {
                    Ok(port) => (name, Some(port)),
                    Err(_) => (name, None),
                },
                _ => (entry, None),
            };
            // `*.name`, `.name` and `name` mean the same to most programs; who meant less goes past the
            // proxy once more than wanted.
            let name = name.trim_start_matches('*').trim_matches('.');
            if name.is_empty() {
                read.all |= port.is_none() && entry.starts_with('*');
            } else {
                let name = name.to_owned();
                read.entries.push(Entry { name, port });
            }
        }
        read
    }

    /// Whether `host` (lower case) on `port` is one of them.
    pub(super) fn has(&self, host: &str, port: u16) -> bool {
        let host = host.trim_end_matches('.');
        self.all
            || self.entries.iter().any(|entry| {
                let is_named = host
                    .strip_suffix(&*entry.name)
                    .is_some_and(|before| before.is_empty() || before.ends_with('.'));
                is_named && entry.port.is_none_or(|only| only == port)
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_usual_form_names_the_host_and_those_below_it() {
        for form in [
            "feishu.cn",
            "open.feishu.cn",
            ".feishu.cn",
            "*.feishu.cn",
            "FEISHU.CN",
            "feishu.cn.",
            "feishu.cn:443",
            "*.feishu.cn:443",
            "https://open.feishu.cn/",
            "localhost, 127.0.0.1 ,feishu.cn",
            "localhost 127.0.0.1 feishu.cn",
            "localhost;feishu.cn",
            "10.0.0.0/8,::1,[::1]:80,feishu.cn",
            "*",
            "localhost,*",
        ] {
            assert!(NoProxy::parse(form).has("open.feishu.cn", 443), "{form}");
        }
    }

    #[test]
    fn no_other_host_or_port_is_named() {
        for form in [
            "",
            " , ",
            ".",
            "notfeishu.cn",
            "eishu.cn",
            "open.feishu.cn.example",
            "x.open.feishu.cn",
            "feishu.cn:8443",
            "*:8443",
            "10.0.0.0/8",
            "::1",
            "[::1]:443",
        ] {
            assert!(!NoProxy::parse(form).has("open.feishu.cn", 443), "{form}");
        }
        assert!(!NoProxy::parse("feishu.cn").has("notfeishu.cn", 443));
    }
}
