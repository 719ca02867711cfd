//! The user's proxy: which one the environment names, which hosts don't need it, and how a connection is led through it (`CONNECT`
//! of HTTP, or SOCKS5). Whatever fails here says that it was the proxy, and which. Not here: when a proxy is asked at all
//! (`connector.rs`).

use std::fmt;
use std::io;
use std::net::IpAddr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{HOST, PROXY_AUTHORIZATION};
use http::{HeaderValue, Method, Request, StatusCode};
use http_body_util::Empty;
use hyper_util::rt::TokioIo;
use percent_encoding::percent_decode_str;
use tokio::net::TcpStream;
use tokio_socks::tcp::Socks5Stream;

use super::addresses::is_odd_numeric;
use super::no_proxy::NoProxy;

/// Where a proxy listens when its address doesn't say: HTTP's own port, and the one registered for SOCKS.
const HTTP_PORT: u16 = 80;
const SOCKS_PORT: u16 = 1080;
/// The longest user or password that SOCKS5 can carry (RFC 1929).
const SOCKS_WORD_BYTES: usize = 255;

/// How a proxy is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Protocol {
    Http,
    /// Names are always resolved by the proxy, also where its address says `socks5://` and not `socks5h://`.
    Socks5,
}

/// A proxy. Its `Display` is for people, and has neither user nor password.
#[derive(Clone)]
pub(super) struct Proxy {
    protocol: Protocol,
    pub(super) host: String,
    pub(super) port: u16,
    /// User and password, as they are: no longer percent-encoded.
    login: Option<(Vec<u8>, Vec<u8>)>,
    /// The variable that names it.
    variable: &'static str,
}

impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = match self.protocol {
            Protocol::Http => "http",
            Protocol::Socks5 => "socks5",
        };
        let (host, port, variable) = (&self.host, self.port, self.variable);
        if host.contains(':') {
            write!(f, "{scheme}://[{host}]:{port} of {variable}")
        } else {
            write!(f, "{scheme}://{host}:{port} of {variable}")
        }
    }
}

/// Why a proxy made no connection.
#[derive(Debug)]
pub(super) struct ProxyFailure {
    /// What happened, without the proxy's name.
    pub(super) reason: String,
    /// Whether it stays so until somebody changes a setting.
    pub(super) lasts: bool,
}

impl ProxyFailure {
    /// One that may be gone by the next attempt.
    pub(super) fn passing(reason: impl Into<String>) -> Self {
        let reason = reason.into();
        Self {
            reason,
            lasts: false,
        }
    }

    /// One that stays until somebody changes a setting.
    fn lasting(reason: impl Into<String>) -> Self {
        let reason = reason.into();
        Self {
            reason,
            lasts: true,
        }
    }
}

/// The proxy in force, and who doesn't need it.
pub(super) struct Proxies {
    proxy: Proxy,
    no_proxy: NoProxy,
}

impl Proxies {
    /// Reads the value of `variable`, and that of `NO_PROXY`.
    ///
    /// # Errors
    /// A sentence that says what is wrong; the value isn't in it, since it may hold a password.
    pub(super) fn read(
        (variable, value): (&'static str, &str),
        no_proxy: Option<&str>,
    ) -> Result<Self, String> {
        Ok(Self {
            proxy: Proxy::parse(variable, value)?,
            no_proxy: NoProxy::parse(no_proxy.unwrap_or_default()),
        })
    }

    pub(super) fn proxy(&self) -> &Proxy {
        &self.proxy
    }

    /// The proxy for `host`. A host that is written as an address is never asked of it: an address of this machine means this
    /// machine, not the proxy's.
    pub(super) fn proxy_for(&self, host: &str, port: u16) -> Option<&Proxy> {
        let is_address = host.parse::<IpAddr>().is_ok() || is_odd_numeric(host);
        (!is_address && !self.no_proxy.has(host, port)).then_some(&self.proxy)
    }
}

impl Proxy {
    fn parse(variable: &'static str, value: &str) -> Result<Self, String> {
        const FORM: &str =
            "write http://[user:password@]host:port, or socks5:// in place of http://";
        let (scheme, rest) = value.split_once("://").unwrap_or(("http", value));
        let protocol = match &*scheme.to_ascii_lowercase() {
            "http" => Protocol::Http,
            "socks5" | "socks5h" | "socks" => Protocol::Socks5,
            "https" => {
                return Err(format!(
                    "an https:// proxy isn't supported (one that is itself spoken to in TLS): {FORM}"
                ));
            }
            "socks4" | "socks4a" => {
                return Err(format!("a proxy of SOCKS4 isn't supported: {FORM}"));
            }
            _ => return Err(format!("its value is not a proxy's address: {FORM}")),
        };
        // A password may hold an @, a host can't.
        let (login, address) = match rest.rsplit_once('@') {
            Some((login, address)) => (Some(login), address),
            None => (None, rest),
        };
        let address = address.split(['/', '?', '#']).next().unwrap_or_default();
        let (host, port) = split_port(address)
            .filter(|(host, _)| is_host(host))
            .ok_or_else(|| format!("its value is not a proxy's address: {FORM}"))?;
        let login = login.map(|login| {
            let (user, password) = login.split_once(':').unwrap_or((login, ""));
            let plain = |text| percent_decode_str(text).collect::<Vec<u8>>();
            (plain(user), plain(password))
        });
        if protocol == Protocol::Socks5
            && let Some((user, password)) = &login
            && (user.len().max(password.len()) > SOCKS_WORD_BYTES || user.is_empty())
        {
            return Err(format!(
                "SOCKS5 takes a user and a password of at most {SOCKS_WORD_BYTES} bytes each"
            ));
        }
        let usual = match protocol {
            Protocol::Http => HTTP_PORT,
            Protocol::Socks5 => SOCKS_PORT,
        };
        Ok(Self {
            protocol,
            host: host.to_ascii_lowercase(),
            port: port.unwrap_or(usual),
            login,
            variable,
        })
    }

    /// Leads a connection to the proxy on to `host`, whose name the proxy resolves.
    ///
    /// # Errors
    /// What the proxy did. Nothing of the request was sent.
    pub(super) async fn lead(
        &self,
        to_proxy: TcpStream,
        host: &str,
        port: u16,
    ) -> Result<TcpStream, ProxyFailure> {
        match self.protocol {
            Protocol::Http => self.connect(to_proxy, host, port).await,
            Protocol::Socks5 => self.socks(to_proxy, host, port).await,
        }
    }

    /// By HTTP's `CONNECT`.
    async fn connect(
        &self,
        to_proxy: TcpStream,
        host: &str,
        port: u16,
    ) -> Result<TcpStream, ProxyFailure> {
        let broke = |error: hyper::Error| {
            ProxyFailure::passing(format!("gives no answer in HTTP ({error})"))
        };
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake::<_, Empty<Bytes>>(TokioIo::new(to_proxy))
                .await
                .map_err(broke)?;
        // It ends with the tunnel, or with the sender.
        tokio::spawn(connection.with_upgrades());
        let mut request = Request::builder()
            .method(Method::CONNECT)
            .uri(format!("{host}:{port}"))
            .header(HOST, format!("{host}:{port}"));
        if let Some((user, password)) = &self.login {
            let words = STANDARD.encode([user, &b":"[..], password].concat());
            // Base64 is always a header's value.
            if let Ok(mut value) = HeaderValue::try_from(format!("Basic {words}")) {
                value.set_sensitive(true);
                request = request.header(PROXY_AUTHORIZATION, value);
            }
        }
        let request = request
            .body(Empty::new())
            .map_err(|error| ProxyFailure::passing(error.to_string()))?;
        let response = sender.send_request(request).await.map_err(broke)?;
        match response.status() {
            status if status.is_success() => {}
            StatusCode::PROXY_AUTHENTICATION_REQUIRED if self.login.is_some() => {
                return Err(ProxyFailure::lasting("refuses user or password"));
            }
            StatusCode::PROXY_AUTHENTICATION_REQUIRED => {
                return Err(ProxyFailure::lasting("asks for a user and a password"));
            }
            status @ (StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) => {
                return Err(ProxyFailure::lasting(format!(
                    "doesn't let anything through to {host} (HTTP {})",
                    status.as_u16()
                )));
            }
            status => {
                return Err(ProxyFailure::passing(format!(
                    "makes no connection to {host} (HTTP {})",
                    status.as_u16()
                )));
            }
        }
        let upgraded = hyper::upgrade::on(response).await.map_err(broke)?;
        upgraded
            .downcast::<TokioIo<TcpStream>>()
            // What came behind the proxy's answer would be in another part: there is nothing, since in TLS
            // the client speaks first, and without TLS no connection goes through a proxy.
            .map(|parts| parts.io.into_inner())
            .map_err(|_| ProxyFailure::passing("made no tunnel"))
    }

    /// By SOCKS5, with the host's name and not an address: the proxy resolves it.
    async fn socks(
        &self,
        to_proxy: TcpStream,
        host: &str,
        port: u16,
    ) -> Result<TcpStream, ProxyFailure> {
        let stream = match &self.login {
            None => Socks5Stream::connect_with_socket(to_proxy, (host, port)).await,
            Some((user, password)) => {
                let (user, password) = (text(user)?, text(password)?);
                Socks5Stream::connect_with_password_and_socket(
                    to_proxy,
                    (host, port),
                    user,
                    password,
                )
                .await
            }
        };
        stream
            .map(Socks5Stream::into_inner)
            .map_err(|error| self.socks_failure(&error, host))
    }

    fn socks_failure(&self, error: &tokio_socks::Error, host: &str) -> ProxyFailure {
        use tokio_socks::Error;
        match error {
            Error::PasswordAuthFailure(_) => ProxyFailure::lasting("refuses user or password"),
            Error::NoAcceptableAuthMethods | Error::AuthorizationRequired
                if self.login.is_none() =>
            {
                ProxyFailure::lasting("asks for a user and a password")
            }
            Error::NoAcceptableAuthMethods => {
                ProxyFailure::lasting("takes no user and password of SOCKS5")
            }
            Error::ConnectionNotAllowedByRuleset => {
                ProxyFailure::lasting(format!("doesn't let anything through to {host}"))
            }
            Error::InvalidResponseVersion | Error::UnknownAuthMethod => {
                ProxyFailure::lasting("doesn't speak SOCKS5")
            }
            Error::Io(error) => ProxyFailure::passing(format!("broke off ({error})")),
            other => ProxyFailure::passing(format!("makes no connection to {host} ({other})")),
        }
    }
}

fn text(word: &[u8]) -> Result<&str, ProxyFailure> {
    std::str::from_utf8(word)
        .map_err(|_| ProxyFailure::lasting("can't be given a user or password that isn't UTF-8"))
}

/// Host and port of `[::1]:80`, `host:80` or `host`; none when the port is no port.
fn split_port(address: &str) -> Option<(&str, Option<u16>)> {
    let (host, port) = match address.strip_prefix('[') {
        Some(rest) => {
            let (host, rest) = rest.split_once(']')?;
            (
                host,
                rest.strip_prefix(':').or(rest.is_empty().then_some(""))?,
            )
        }
        None => address.split_once(':').unwrap_or((address, "")),
    };
    if port.is_empty() {
        return Some((host, None));
    }
    let port = port.parse().ok().filter(|port| *port != 0)?;
    Some((host, Some(port)))
}

/// Whether it can be the name or address of a machine.
fn is_host(host: &str) -> bool {
    let is_name = || {
        !host.starts_with(['.', '-'])
            && host
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'))
    };
    !host.is_empty() && (host.parse::<IpAddr>().is_ok() || is_name() && !is_odd_numeric(host))
}

/// What went wrong between here and the proxy.
pub(super) fn unreachable(error: &io::Error) -> ProxyFailure {
    ProxyFailure::passing(format!("can't be reached ({error})"))
}

#[cfg(test)]
#[path = "tests/proxy.rs"]
mod tests;
