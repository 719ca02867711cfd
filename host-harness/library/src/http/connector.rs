//! Connections: a name is resolved once, every address is checked, and the connection goes to a checked address.
//! `LIBTV_CONNECT_TO` and proxies are decided here. Not here: which origins may be reached at all (`policy.rs`).

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::client::proxy::matcher::Matcher;
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::pki_types::{CertificateDer, ServerName};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tower_service::Service;
use wasmtime_wasi_http::Error as WasiError;

use contract::transport::NOT_SET_UP;

use super::addresses::{AddressClass, classify, is_fake_ip, is_nat64_of_public, is_odd_numeric};
use super::body::Progress;
use super::connect_to::ConnectTo;
use super::network::{Network, System};
use super::refusal::RefusalReason;
use super::tls;
use crate::capabilities::{DIRECT, FEISHU, GATEWAY, LARKSUITE, MEDIA};

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
    #[error("the proxy failed: {0}")]
    Proxy(String),
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
            | Self::Proxy(_) => None,
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
            Self::Proxy(_) => "proxy-failed",
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
            Self::Proxy(_) => WasiError::DestinationUnavailable,
        }
    }
}

/// What the request that wants a connection knows: the client's service interface passes nothing but the URI.
#[derive(Clone)]
pub(super) struct ConnectContext {
    pub(super) within: Duration,
    pub(super) loopback: bool,
    pub(super) progress: Arc<Progress>,
}

tokio::task_local! {
    pub(super) static CONTEXT: ConnectContext;
}

pub(super) struct Shared {
    pub(super) network: Box<dyn Network>,
    pub(super) connect_to: ConnectTo,
    pub(super) proxies: Option<Matcher>,
    pub(super) extra_roots: Vec<CertificateDer<'static>>,
    pub(super) tls: OnceLock<Result<Arc<ClientConfig>, String>>,
    /// The first address seen that stands for another one, in words.
    pub(super) stand_in: OnceLock<String>,
}

/// The hosts that nobody moved. Who connects to one of them over TLS either reaches that host or fails, wherever the
/// connection itself goes.
const BUILT_IN: [&str; 5] = [GATEWAY, DIRECT, MEDIA, FEISHU, LARKSUITE];

/// Which addresses a connection may go to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LeadsTo {
    /// This machine and nothing else.
    Loopback,
    /// Public addresses.
    Public,
    /// Public addresses, and what stands for one: a proxy's fake-ip, or NAT64.
    PublicOrStandIn,
}

impl LeadsTo {
    fn of(https: bool, host: &str, port: u16, loopback: bool) -> Self {
        let is_built_in = || {
            let mut hosts = BUILT_IN
                .iter()
                .filter_map(|url| url.strip_prefix("https://"));
            https && port == 443 && hosts.any(|known| known == host)
        };
        if loopback {
            Self::Loopback
        } else if is_built_in() {
            Self::PublicOrStandIn
        } else {
            Self::Public
        }
    }

    fn allows(self, address: IpAddr) -> bool {
        match self {
            Self::Loopback => classify(address) == AddressClass::Loopback,
            Self::Public => classify(address) == AddressClass::Global,
            Self::PublicOrStandIn => {
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
                .unwrap_or(Err(ConnectError::Timeout))
                .map(TokioIo::new)
        })
    }
}

impl Shared {
    async fn connect(&self, uri: &Uri, loopback: bool) -> Result<Stream, ConnectError> {
        let https = uri.scheme_str() == Some("https");
        let host = uri
            .host()
            .unwrap_or_default()
            .trim_start_matches('[')
            .trim_end_matches(']')
            .to_ascii_lowercase();
        let port = uri.port_u16().unwrap_or(if https { 443 } else { 80 });
        let tcp = if let Some(target) = self.connect_to.get(&host) {
            dial(&*self.network, &[target]).await?
        } else if let Some(proxy) = self.proxy_for(uri, &host, loopback) {
            through_proxy(&proxy, uri).await?
        } else {
            let leads_to = LeadsTo::of(https, &host, port, loopback);
            let addresses = resolve(&*self.network, &host, port, leads_to).await?;
            self.note_stand_in(&host, &addresses);
            dial(&*self.network, &addresses).await?
        };
        // A refused option costs some latency, nothing else.
        let _ = tcp.set_nodelay(true);
        if https {
            self.encrypt(tcp, &host).await
        } else {
            Ok(Stream::Plain(tcp))
        }
    }

    /// Keeps what `doctor` tells: that an address stands for another one. One host's is as good as another's.
    fn note_stand_in(&self, host: &str, addresses: &[SocketAddr]) {
        let stands_in = addresses.iter().find_map(|address| {
            let kind = match address.ip() {
                ip if is_fake_ip(ip) => "a fake-ip of a proxy (Clash, Surge, sing-box)",
                ip if is_nat64_of_public(ip) => "NAT64, of a network without IPv4",
                _ => return None,
            };
            Some(format!("{host} leads to {}: {kind}", address.ip()))
        });
        if let Some(said) = stands_in {
            let _ = self.stand_in.set(said);
        }
    }

    fn proxy_for(
        &self,
        uri: &Uri,
        host: &str,
        loopback: bool,
    ) -> Option<hyper_util::client::proxy::matcher::Intercept> {
        // An address of this machine means this machine, not the proxy's.
        if loopback || host.parse::<IpAddr>().is_ok() || is_odd_numeric(host) {
            return None;
        }
        self.proxies.as_ref()?.intercept(uri)
    }

    async fn encrypt(&self, tcp: TcpStream, host: &str) -> Result<Stream, ConnectError> {
        let config = self
            .tls
            .get_or_init(|| tls::client_config(self.extra_roots.clone()).map(Arc::new))
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

/// `CONNECT` through the user's proxy. The proxy is the user's own word and may be at any address; the name is
/// resolved by the proxy, so only literal addresses could be checked, and those never come here.
async fn through_proxy(
    proxy: &hyper_util::client::proxy::matcher::Intercept,
    uri: &Uri,
) -> Result<TcpStream, ConnectError> {
    let mut tunnel = Tunnel::new(proxy.uri().clone(), ToProxy);
    if let Some(auth) = proxy.basic_auth() {
        tunnel = tunnel.with_auth(auth.clone());
    }
    tunnel
        .call(uri.clone())
        .await
        .map(TokioIo::into_inner)
        .map_err(|error| ConnectError::Proxy(error.to_string()))
}

#[derive(Clone)]
struct ToProxy;

impl Service<Uri> for ToProxy {
    type Response = TokioIo<TcpStream>;
    type Error = ConnectError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, ConnectError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), ConnectError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, proxy: Uri) -> Self::Future {
        Box::pin(async move {
            if proxy.scheme_str() == Some("https") {
                return Err(ConnectError::Proxy("HTTPS_PROXY must be an http:// address: https:// and socks proxies are not supported".to_owned()));
            }
            let host = proxy
                .host()
                .unwrap_or_default()
                .trim_start_matches('[')
                .trim_end_matches(']')
                .to_owned();
            let port = proxy.port_u16().unwrap_or(80);
            let found = tokio::net::lookup_host((host.as_str(), port))
                .await
                .map_err(|error| ConnectError::Proxy(error.to_string()))?;
            dial(&System, &found.collect::<Vec<_>>())
                .await
                .map(TokioIo::new)
        })
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
            ConnectError::Proxy(String::new()),
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
