//! A base URL that someone may override: where a service lives. Pure.
//! `https://` anywhere, `http://` on loopback only; no user part, query or fragment.

use std::net::{IpAddr, Ipv6Addr};

use contract::services::Service;
use http::Uri;

/// A checked base URL: origin and path prefix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseUrl {
    /// Whether it is `https://`.
    pub https: bool,
    /// Lower case, without brackets.
    pub host: String,
    /// The port, also where the URL names none.
    pub port: u16,
    /// Without trailing slash; empty for the root.
    pub prefix: String,
}

impl BaseUrl {
    /// Parses `text`.
    ///
    /// # Errors
    /// A sentence that says what is wrong.
    pub fn parse(text: &str) -> Result<Self, String> {
        let uri: Uri = text.parse().map_err(|_| format!("{text:?} is not a URL"))?;
        // Asked of the text: the parser leaves a fragment out without a word.
        if text.contains(['#', '?', '\\'])
            || text.chars().any(|c| c.is_control() || c.is_whitespace())
        {
            return Err(format!("{text:?} must end with its path"));
        }
        let authority = uri
            .authority()
            .ok_or_else(|| format!("{text:?} names no host"))?;
        if authority.as_str().contains('@') {
            return Err("a base URL can't have a user part".to_owned());
        }
        let https = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err(format!("{text:?} must begin with https://")),
        };
        let host = authority
            .host()
            .trim_start_matches('[')
            .trim_end_matches(']')
            .to_ascii_lowercase();
        let host = host.parse::<Ipv6Addr>().map_or(host, usual_spelling);
        let port = authority.port_u16().unwrap_or(if https { 443 } else { 80 });
        let base = Self {
            https,
            host,
            port,
            prefix: uri.path().trim_end_matches('/').to_owned(),
        };
        if !https && !base.is_loopback() {
            return Err(format!(
                "{text:?} must be https://; http:// is for a loopback address"
            ));
        }
        Ok(base)
    }

    /// Parses the base URL of a service: the part that all its routes begin with may stand behind it, as in its manuals.
    ///
    /// # Errors
    /// A sentence that says what is wrong.
    pub fn of(service: &Service, text: &str) -> Result<Self, String> {
        let mut base = Self::parse(text)?;
        // A domain is the contract's to name: whoever moves a service names one host.
        if base.host.contains('*') {
            return Err(format!("{text:?} must name one host"));
        }
        if let Some(before) = base.prefix.strip_suffix(service.tail) {
            base.prefix = before.trim_end_matches('/').to_owned();
        }
        Ok(base)
    }

    /// Whether the host is written as a loopback address or `localhost`. Nothing is resolved.
    pub fn is_loopback(&self) -> bool {
        self.host == "localhost"
            || self
                .host
                .parse::<IpAddr>()
                .is_ok_and(|address| address.is_loopback())
    }

    /// Whether both name the same scheme, host and port.
    pub fn same_origin(&self, other: &Self) -> bool {
        (self.https, &self.host, self.port) == (other.https, &other.host, other.port)
    }

    /// `scheme://host[:port]/prefix`.
    pub fn text(&self) -> String {
        format!("{}{}", self.origin(), self.prefix)
    }

    /// `scheme://host[:port]`.
    pub fn origin(&self) -> String {
        let scheme = if self.https { "https" } else { "http" };
        let host = if self.host.contains(':') {
            format!("[{}]", self.host)
        } else {
            self.host.clone()
        };
        let default_port = if self.https { 443 } else { 80 };
        let port = if self.port == default_port {
            String::new()
        } else {
            format!(":{}", self.port)
        };
        format!("{scheme}://{host}{port}")
    }
}

/// As URLs are written everywhere (RFC 5952), so that the request's own spelling is met. The standard library writes the end
/// of some addresses as IPv4.
fn usual_spelling(address: Ipv6Addr) -> String {
    match (address.to_ipv4_mapped(), address.segments()) {
        (Some(_), [.., high, low]) => format!("::ffff:{high:x}:{low:x}"),
        (None, _) => address.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn http_is_for_loopback_only() {
        for good in [
            "http://127.0.0.1:8080",
            "http://localhost:1",
            "http://[::1]:9/x/",
            "https://example.com/a/",
        ] {
            BaseUrl::parse(good).unwrap();
        }
        for bad in [
            "http://example.com",
            "http://10.0.0.1",
            "http://127.0.0.1.example.com",
            "ftp://127.0.0.1",
            "127.0.0.1",
            "",
        ] {
            BaseUrl::parse(bad).unwrap_err();
        }
    }

    #[test]
    fn an_ipv6_address_has_one_spelling() {
        for (written, usual) in [
            ("[64:FF9B:0::10.0.0.7]", "[64:ff9b::a00:7]"),
            ("[::ffff:198.18.0.7]", "[::ffff:c612:7]"),
            ("[0:0:0:0:0:0:0:1]", "[::1]"),
        ] {
            let base = BaseUrl::parse(&format!("https://{written}/a")).unwrap();
            assert_eq!(base.text(), format!("https://{usual}/a"));
        }
    }

    #[test]
    fn a_user_part_a_query_and_a_fragment_are_refused() {
        for bad in [
            "https://a@example.com",
            "https://example.com/?x",
            "https://example.com/#x",
            "https://example.com\\@b",
        ] {
            BaseUrl::parse(bad).unwrap_err();
        }
    }

    #[test]
    fn the_path_becomes_a_prefix_without_its_last_slash() {
        let base = BaseUrl::parse("https://Example.com/gw/").unwrap();
        assert_eq!(
            (base.host.as_str(), base.port, base.prefix.as_str()),
            ("example.com", 443, "/gw")
        );
        assert_eq!(base.text(), "https://example.com/gw");
        assert_eq!(
            BaseUrl::parse("http://[::1]:81/").unwrap().text(),
            "http://[::1]:81"
        );
    }
}
