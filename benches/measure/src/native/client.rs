//! A pooled HTTP client: one connection kept for each request in flight, TLS by rustls.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, Response, Uri};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::client::legacy::Client as Pool;
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tower_service::Service;

use crate::Failed;

/// Any body.
pub type Body = BoxBody<Bytes, std::io::Error>;

/// The client.
#[derive(Clone)]
pub struct Client(Pool<Connector, Body>);

impl Client {
    /// Trusts `SSL_CERT_FILE` alone, and connects where `LIBTV_CONNECT_TO` says.
    ///
    /// # Errors
    /// When one of the two is missing or can't be used.
    pub fn from_environment() -> Result<Self, Failed> {
        let variable = |name: &str| {
            std::env::var(name).map_err(|error| Failed::new(format!("{name}: {error}")))
        };
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_file_iter(variable("SSL_CERT_FILE")?)
            .map_err(|error| Failed::new(error.to_string()))?
        {
            let certificate = certificate.map_err(|error| Failed::new(error.to_string()))?;
            roots
                .add(certificate)
                .map_err(|error| Failed::new(error.to_string()))?;
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| Failed::new(error.to_string()))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let mut addresses = HashMap::new();
        for pair in variable("LIBTV_CONNECT_TO")?.split(',') {
            let (host, address) = pair
                .split_once('=')
                .ok_or_else(|| Failed::new(format!("LIBTV_CONNECT_TO: {pair}")))?;
            let address = address
                .parse()
                .map_err(|error| Failed::new(format!("LIBTV_CONNECT_TO: {error}")))?;
            addresses.insert(host.to_owned(), address);
        }
        let connector = Connector(Arc::new(Shared {
            addresses,
            tls: TlsConnector::from(Arc::new(tls)),
        }));
        Ok(Self(Pool::builder(TokioExecutor::new()).build(connector)))
    }

    /// Sends a request; anything but 2xx is an error.
    ///
    /// # Errors
    /// When there is no answer, or not a good one.
    pub async fn send(&self, request: Request<Body>) -> Result<Response<Incoming>, Failed> {
        let shown = format!("{} {}", request.method(), request.uri());
        let response = self
            .0
            .request(request)
            .await
            .map_err(|error| Failed::new(format!("{shown}: {error:?}")))?;
        if response.status().is_success() || response.status().as_u16() == 206 {
            Ok(response)
        } else {
            Err(Failed::new(format!("{shown}: {}", response.status())))
        }
    }

    /// Sends a request and reads the JSON of its answer.
    ///
    /// # Errors
    /// As [`send`](Self::send), and when it isn't JSON.
    pub async fn json(&self, request: Request<Body>) -> Result<Value, Failed> {
        let body = self.send(request).await?.into_body();
        let bytes = body
            .collect()
            .await
            .map_err(|error| Failed::new(error.to_string()))?
            .to_bytes();
        Ok(serde_json::from_slice(&bytes)?)
    }
}

/// A body that is all there.
pub fn full(bytes: impl Into<Bytes>) -> Body {
    Full::new(bytes.into())
        .map_err(|never| match never {})
        .boxed()
}

struct Shared {
    addresses: HashMap<String, SocketAddr>,
    tls: TlsConnector,
}

/// Makes connections.
#[derive(Clone)]
pub struct Connector(Arc<Shared>);

impl Service<Uri> for Connector {
    type Response = TokioIo<Stream>;
    type Error = std::io::Error;
    type Future = Pin<Box<dyn Future<Output = std::io::Result<Self::Response>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let shared = Arc::clone(&self.0);
        Box::pin(async move {
            let host = uri.host().unwrap_or_default().to_owned();
            let address = shared
                .addresses
                .get(&host)
                .ok_or_else(|| std::io::Error::other(format!("{host} is not mapped")))?;
            let tcp = TcpStream::connect(address).await?;
            tcp.set_nodelay(true)?;
            let name = ServerName::try_from(host).map_err(std::io::Error::other)?;
            let stream = shared.tls.connect(name, tcp).await?;
            Ok(TokioIo::new(Stream(stream)))
        })
    }
}

/// A TLS connection.
pub struct Stream(TlsStream<TcpStream>);

impl Connection for Stream {
    fn connected(&self) -> Connected {
        Connected::new()
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buf)
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}
