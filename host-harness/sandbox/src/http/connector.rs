//! Connections: a name is resolved once, every address is checked, and the connection goes to a checked address.
//! What a name was set to lead to (`connect_to.rs`) and proxies are decided here. Not here: which origins may be reached at all (`policy.rs`).

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::pki_types::{CertificateDer, ServerName};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tower_service::Service;
use wasmtime_wasi_http::Error as WasiError;

use contract::services::{self, stands_for};
use contract::transport::{NOT_SENT, NOT_SET_UP};

use super::addresses::{AddressClass, classify, is_fake_ip, is_nat64_of_public, is_odd_numeric};
use super::body::Progress;
use super::connect_to::ConnectTo;
use super::network::Network;
use super::proxy::{self, Proxies, Proxy, ProxyFailure};
use super::refusal::RefusalReason;
use super::tls;

/// The longest wait for one address while others are left to try.
const PER_ADDRESS: Duration = Duration::from_secs(4);

/// Why no connection was made. The request was not sent in any of these cases.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// The name has no address, or the resolver failed.
    #[error("the name can't be resolved: {0}")]
    Dns(String),
    /// The name leads to an address that is not on the public internet.
    #[error("{0} is not a public address ({1:?})")]
    Prohibited(IpAddr, AddressClass),
    /// A host that is meant as an address but isn't written as one.
    #[error("the host is an address in an odd spelling")]
    OddSpelling,
    /// Nobody listens, or the network says no.
    #[error("connection refused: {0}")]
    Refused(io::Error),
    /// No answer in time.
    #[error("no connection in time")]
    Timeout,
    /// The server's certificate is not trusted for this name.
    #[error("the server's certificate is not trusted: {0}")]
    Certificate(String),
    /// TLS failed otherwise.
    #[error("TLS failed: {0}")]
    Tls(String),
    /// The proxy refused or failed.
    #[error("the proxy {proxy} {reason}")]
    Proxy {
        /// Which one, with the variable that names it and without its password.
        proxy: String,
        /// What it did.
        reason: String,
        /// Whether it stays so until somebody changes a setting.
        lasts: bool,
    },
    /// A setting of this machine that every connection needs can't be used.
    #[error("{0}")]
    Setting(Unusable),
}

impl ConnectError {
    /// The reason, where it was our own check that said no.
    pub(super) fn refusal(&self) -> Option<RefusalReason> {
        match self {
            Self::Prohibited(address, _) if is_fake_ip(*address) => Some(RefusalReason::FakeIp),
            Self::Prohibited(_, class) => Some(RefusalReason::Address(*class)),
            Self::OddSpelling => Some(RefusalReason::AddressSpelling),
            Self::Dns(_)
            | Self::Refused(_)
            | Self::Timeout
            | Self::Certificate(_)
            | Self::Tls(_)
            | Self::Proxy { .. }
            | Self::Setting(_) => None,
        }
    }

    /// Its name in the record.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Dns(_) => "dns-error",
            Self::Prohibited(..) | Self::OddSpelling => "address-refused",
            Self::Refused(_) => "connection-refused",
            Self::Timeout => "connection-timeout",
            Self::Certificate(_) => "tls-certificate",
            Self::Tls(_) => "tls-failed",
            Self::Proxy { .. } => "proxy-failed",
            Self::Setting(_) => "setting-unusable",
        }
    }

    /// Always one of the group that means "never sent".
    pub(super) fn to_wasi(&self) -> WasiError {
        match self {
            Self::Dns(text) => WasiError::DnsError {
                rcode: Some(text.clone()),
                info_code: None,
            },
            Self::Prohibited(address, _) if is_fake_ip(*address) => {
                WasiError::InternalError(Some(format!(
                    "{NOT_SET_UP}the host's address is {address}, a fake-ip of a proxy (Clash, Surge, sing-box). Those are \
                     trusted for the services' own hosts only: take this host out of the proxy's fake-ip (fake-ip-filter), or set \
                     HTTPS_PROXY to the proxy's address"
                )))
            }
            Self::Prohibited(..) | Self::OddSpelling => WasiError::DestinationIpProhibited,
            Self::Refused(_) => WasiError::ConnectionRefused,
            Self::Timeout => WasiError::ConnectionTimeout,
            Self::Certificate(_) => WasiError::TlsCertificateError,
            Self::Tls(_) => WasiError::TlsProtocolError,
            Self::Proxy { lasts, .. } => {
                let mark = if *lasts { NOT_SET_UP } else { NOT_SENT };
                WasiError::InternalError(Some(format!("{mark}{self}")))
            }
            Self::Setting(_) => WasiError::InternalError(Some(format!("{NOT_SET_UP}{self}"))),
        }
    }
}

/// A setting that can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name} can't be used: {reason}")]
pub struct Unusable {
    /// The variable.
    pub name: &'static str,
    /// What is wrong with it.
    pub reason: String,
}

/// What the request that wants a connection knows: the client's service interface passes nothing but the URI.
#[derive(Clone)]
pub(super) struct ConnectContext {
    /// The longest that all of it may take: name, proxy, addresses and TLS.
    pub(super) within: Duration,
    /// Whether the connection goes to this machine, and then nowhere else.
    pub(super) loopback: bool,
    /// Notified while the connection is made, so that the wait for the answer begins only afterwards.
    pub(super) progress: Arc<Progress>,
}

tokio::task_local! {
    /// Of the request that the task sends at this moment.
    pub(super) static CONTEXT: ConnectContext;
}

/// What all connections of one client have in common.
pub(super) struct Shared {
    pub(super) network: Box<dyn Network>,
    /// Whose own origins may have an address that stands for another one.
    pub(super) services: &'static [&'static services::Service],
    pub(super) connect_to: ConnectTo,
    /// The proxy in force. An error stops every request but those to loopback: none goes past it.
    pub(super) proxies: Result<Option<Proxies>, Unusable>,
    /// Trusted beside the platform's. An error only means that those alone are trusted.
    pub(super) extra_roots: Result<Vec<CertificateDer<'static>>, Unusable>,
    /// Made by the first connection that needs it: reading the platform's roots takes milliseconds.
    pub(super) tls: OnceLock<Result<Arc<ClientConfig>, String>>,
    /// The first address seen that stands for another one, as a sentence.
    pub(super) fake: OnceLock<String>,
}

/// What a connection is for.
struct Target {
    https: bool,
    /// Lower case, without brackets.
    host: String,
    port: u16,
}

impl Target {
    fn of(uri: &Uri) -> Self {
        let https = uri.scheme_str() == Some("https");
        let host = uri.host().unwrap_or_default();
        Self {
            https,
            host: host
                .trim_start_matches('[')
                .trim_end_matches(']')
                .to_ascii_lowercase(),
            port: uri.port_u16().unwrap_or(if https { 443 } else { 80 }),
        }
    }
}

/// Which addresses a connection may go to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LeadsTo {
    /// This machine and nothing else.
    Loopback,
    /// Public addresses.
    Public,
    /// Public addresses, and what stands for one: a proxy's fake-ip, or NAT64.
    PublicOrFake,
}

impl LeadsTo {
    /// Who connects over TLS to an origin that nobody moved either reaches that host or fails, wherever the connection
    /// itself goes.
    fn of(target: &Target, loopback: bool, services: &[&services::Service]) -> Self {
        let Target { https, host, port } = target;
        let is_own = || {
            let origins = services.iter().flat_map(|service| service.origins);
            let mut hosts = origins.filter_map(|url| url.strip_prefix("https://"));
            *https && *port == 443 && hosts.any(|known| stands_for(known, host))
        };
        if loopback {
            Self::Loopback
        } else if is_own() {
            Self::PublicOrFake
        } else {
            Self::Public
        }
    }

    /// Whether a connection may go to this address.
    fn allows(self, address: IpAddr) -> bool {
        match self {
            Self::Loopback => classify(address) == AddressClass::Loopback,
            Self::Public => classify(address) == AddressClass::Global,
            Self::PublicOrFake => {
                classify(address) == AddressClass::Global
                    || is_fake_ip(address)
                    || is_nat64_of_public(address)
            }
        }
    }
}

/// Makes connections for the HTTP client.
#[derive(Clone)]
pub(super) struct Connector(pub(super) Arc<Shared>);

impl Service<Uri> for Connector {
    type Response = TokioIo<Stream>;
    type Error = ConnectError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, ConnectError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), ConnectError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let shared = Arc::clone(&self.0);
        // Without a context nobody granted anything: no loopback, and no time to speak of.
        let context = CONTEXT
            .try_with(Clone::clone)
            .unwrap_or_else(|_| ConnectContext {
                within: Duration::from_secs(10),
                loopback: false,
                progress: Progress::new(),
            });
        Box::pin(async move {
            context.progress.set_connecting(true);
            let result = timeout(context.within, shared.connect(&uri, context.loopback)).await;
            context.progress.set_connecting(false);
            result
                .unwrap_or_else(|_| Err(shared.timed_out(&uri, context.loopback)))
                .map(TokioIo::new)
        })
    }
}

impl Shared {
    /// To where the name was set to lead, else through the proxy, else straight to a checked address; then TLS.
    async fn connect(&self, uri: &Uri, loopback: bool) -> Result<Stream, ConnectError> {
        let target = Target::of(uri);
        let Target { https, host, port } = &target;
        let proxy = self.proxy_for(&target, loopback)?;
        let tcp = if let Some(address) = self.connect_to.get(host) {
            dial(&*self.network, &[address]).await?
        } else if let Some(proxy) = proxy {
            self.through(proxy, &target)
                .await
                .map_err(|failure| by_proxy(proxy, failure))?
        } else {
            let leads_to = LeadsTo::of(&target, loopback, self.services);
            let addresses = resolve(&*self.network, host, *port, leads_to).await?;
            self.note_fake(host, &addresses);
            dial(&*self.network, &addresses).await?
        };
        // A refused option costs some latency, nothing else.
        let _ = tcp.set_nodelay(true);
        if !https {
            return Ok(Stream::Plain(tcp));
        }
        self.encrypt(tcp, host)
            .await
            .map_err(|error| self.name_cause(error, proxy, host))
    }

    /// The proxy that a connection goes through. One that can't be used is never gone past: nothing leaves.
    fn proxy_for(&self, target: &Target, loopback: bool) -> Result<Option<&Proxy>, ConnectError> {
        if loopback {
            return Ok(None);
        }
        let proxies = match &self.proxies {
            Ok(proxies) => proxies.as_ref(),
            Err(unusable) => return Err(ConnectError::Setting(unusable.clone())),
        };
        let Target { host, port, .. } = target;
        // Where to connect is said already, and a proxy would resolve the name itself.
        let is_needed = self.connect_to.get(host).is_none();
        Ok(proxies
            .filter(|_| is_needed)
            .and_then(|proxies| proxies.proxy_for(host, *port)))
    }

    /// A connection through the user's proxy. The proxy is the user's own word and may be at any address; it resolves the
    /// host's name, so only literal addresses could be checked, and those never come here.
    async fn through(&self, proxy: &Proxy, target: &Target) -> Result<TcpStream, ProxyFailure> {
        let found = self.network.addresses(&proxy.host, proxy.port).await;
        let addresses = found.map_err(|error| proxy::unreachable(&error))?;
        let to_proxy = dial(&*self.network, &addresses)
            .await
            .map_err(|error| match error {
                ConnectError::Refused(error) => proxy::unreachable(&error),
                _ => ProxyFailure::passing("doesn't answer in time"),
            })?;
        proxy.lead(to_proxy, &target.host, target.port).await
    }

    /// The error of a connection that took too long.
    fn timed_out(&self, uri: &Uri, loopback: bool) -> ConnectError {
        match self.proxy_for(&Target::of(uri), loopback) {
            Ok(Some(proxy)) => by_proxy(proxy, ProxyFailure::passing("made no connection in time")),
            _ => ConnectError::Timeout,
        }
    }

    /// A certificate that isn't trusted may be one that a setting was to make trusted, or the proxy's own.
    fn name_cause(&self, error: ConnectError, proxy: Option<&Proxy>, host: &str) -> ConnectError {
        match (error, &self.extra_roots, proxy) {
            (ConnectError::Certificate(_), Err(unusable), _) => {
                let Unusable { name, reason } = unusable.clone();
                let reason = format!("{reason}; so the certificate of {host} is not trusted");
                ConnectError::Setting(Unusable { name, reason })
            }
            (ConnectError::Certificate(_), Ok(_), Some(proxy)) => ConnectError::Proxy {
                proxy: proxy.to_string(),
                reason: format!(
                    "leads to a certificate for {host} that is not trusted; if it inspects TLS, SSL_CERT_FILE has to name its root"
                ),
                lasts: true,
            },
            (error, _, _) => error,
        }
    }

    /// Keeps what `doctor` tells: that an address stands for another one. One host's is as good as another's.
    fn note_fake(&self, host: &str, addresses: &[SocketAddr]) {
        let stands_in = addresses.iter().find_map(|address| {
            let kind = match address.ip() {
                ip if is_fake_ip(ip) => "a fake-ip of a proxy (Clash, Surge, sing-box)",
                ip if is_nat64_of_public(ip) => "NAT64, of a network without IPv4",
                _ => return None,
            };
            Some(format!("{host} leads to {}: {kind}", address.ip()))
        });
        if let Some(said) = stands_in {
            let _ = self.fake.set(said);
        }
    }

    /// TLS, with the certificate checked for the name that was asked for, wherever the connection itself
    /// went.
    async fn encrypt(&self, tcp: TcpStream, host: &str) -> Result<Stream, ConnectError> {
        let config = self
            .tls
            .get_or_init(|| {
                tls::client_config(self.extra_roots.clone().unwrap_or_default()).map(Arc::new)
            })
            .clone()
            .map_err(ConnectError::Tls)?;
        let name = ServerName::try_from(host.to_owned())
            .map_err(|error| ConnectError::Tls(error.to_string()))?;
        let stream = TlsConnector::from(config)
            .connect(name, tcp)
            .await
            .map_err(|error| tls_error(&error))?;
        Ok(Stream::Tls(Box::new(stream)))
    }
}

/// Tells a certificate that isn't trusted from other failures: only for that can a setting of the user be
/// the cause.
fn tls_error(error: &io::Error) -> ConnectError {
    match error
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<rustls::Error>())
    {
        Some(rustls::Error::InvalidCertificate(reason)) => {
            ConnectError::Certificate(format!("{reason:?}"))
        }
        _ => ConnectError::Tls(error.to_string()),
    }
}

/// All addresses of `host`, every one of them checked: one private address among public ones is an attack, not a spare.
async fn resolve(
    network: &dyn Network,
    host: &str,
    port: u16,
    leads_to: LeadsTo,
) -> Result<Vec<SocketAddr>, ConnectError> {
    if let Ok(address) = host.parse::<IpAddr>() {
        return check(vec![SocketAddr::new(address, port)], leads_to);
    }
    // Before the resolver is asked, which takes such a text for an address.
    if is_odd_numeric(host) {
        return Err(ConnectError::OddSpelling);
    }
    let found = network
        .addresses(host, port)
        .await
        .map_err(|error| ConnectError::Dns(error.to_string()))?;
    let mut addresses: Vec<SocketAddr> = Vec::new();
    for address in found {
        if !addresses.contains(&address) {
            addresses.push(address);
        }
    }
    if addresses.is_empty() {
        return Err(ConnectError::Dns("no address".to_owned()));
    }
    check(addresses, leads_to)
}

/// All of them, or the first that may not be connected to.
fn check(addresses: Vec<SocketAddr>, leads_to: LeadsTo) -> Result<Vec<SocketAddr>, ConnectError> {
    for address in &addresses {
        if !leads_to.allows(address.ip()) {
            let class = classify(address.ip());
            return Err(ConnectError::Prohibited(address.ip(), class));
        }
    }
    Ok(addresses)
}

/// Tries the addresses in the resolver's order, and the last one for as long as there is time.
async fn dial(network: &dyn Network, addresses: &[SocketAddr]) -> Result<TcpStream, ConnectError> {
    let mut last = ConnectError::Timeout;
    for (index, address) in addresses.iter().enumerate() {
        let connect = network.connect(*address);
        let result = if index + 1 == addresses.len() {
            connect.await
        } else {
            match timeout(PER_ADDRESS, connect).await {
                Ok(result) => result,
                Err(_) => continue,
            }
        };
        match result {
            Ok(stream) => return Ok(stream),
            Err(error) if error.kind() == io::ErrorKind::TimedOut => last = ConnectError::Timeout,
            Err(error) => last = ConnectError::Refused(error),
        }
    }
    Err(last)
}

/// The failure with the proxy's name, so that nobody looks for the fault at the service.
fn by_proxy(proxy: &Proxy, failure: ProxyFailure) -> ConnectError {
    ConnectError::Proxy {
        proxy: proxy.to_string(),
        reason: failure.reason,
        lasts: failure.lasts,
    }
}

/// A connection, encrypted or (on loopback) not.
pub(super) enum Stream {
    Plain(TcpStream),
    Tls(Box<tokio_rustls::client::TlsStream<TcpStream>>),
}

impl Connection for Stream {
    fn connected(&self) -> Connected {
        Connected::new()
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_read(cx, buf),
            Self::Tls(stream) => Pin::new(stream).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(cx, buf),
            Self::Tls(stream) => Pin::new(stream).poll_write(cx, buf),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Self::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(texts: &[&str]) -> Vec<SocketAddr> {
        texts
            .iter()
            .map(|text| SocketAddr::new(text.parse().unwrap(), 443))
            .collect()
    }

    #[test]
    fn one_private_address_spoils_an_answer() {
        check(addresses(&["8.8.8.8", "2606:4700::1111"]), LeadsTo::Public).unwrap();
        check(addresses(&["8.8.8.8", "10.0.0.1"]), LeadsTo::Public).unwrap_err();
        check(addresses(&["127.0.0.1"]), LeadsTo::Public).unwrap_err();
    }

    #[test]
    fn a_loopback_grant_leads_to_loopback_only() {
        check(addresses(&["127.0.0.1", "::1"]), LeadsTo::Loopback).unwrap();
        check(addresses(&["127.0.0.1", "8.8.8.8"]), LeadsTo::Loopback).unwrap_err();
    }

    #[test]
    fn every_connect_error_means_that_nothing_was_sent() {
        let errors = [
            ConnectError::Dns(String::new()),
            ConnectError::OddSpelling,
            ConnectError::Refused(io::Error::other("x")),
            ConnectError::Timeout,
            ConnectError::Certificate(String::new()),
            ConnectError::Tls(String::new()),
            ConnectError::Proxy {
                proxy: String::new(),
                reason: String::new(),
                lasts: true,
            },
            ConnectError::Setting(Unusable {
                name: "HTTPS_PROXY",
                reason: String::new(),
            }),
        ];
        for error in errors {
            let sent = matches!(
                error.to_wasi(),
                WasiError::ConnectionTerminated
                    | WasiError::ConnectionReadTimeout
                    | WasiError::HttpResponseIncomplete
                    | WasiError::HttpProtocolError
            );
            assert!(!sent, "{error}");
        }
    }
}
