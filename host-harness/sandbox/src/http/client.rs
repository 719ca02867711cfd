//! The HTTP client: one pool of connections for all calls, and a second one that keeps none, for paid requests.
//! Redirects are not followed; nothing is ever sent twice once its first byte has left.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use contract::services::Service;
use http::header::{ACCEPT_ENCODING, HeaderValue};
use http::{Request, Response, Uri};
use http_body_util::{BodyExt, Limited};
use hyper_util::client::legacy::Client as Pool;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use wasmtime_wasi_http::{Error as WasiError, RequestOptions, WasiBody};

use super::body::{CallMeter, OpenRequest, Outgoing, Progress, Timed, full};
use super::connect_to::{ConnectTo, ConnectToError};
use super::connector::{CONTEXT, ConnectContext, ConnectError, Connector, Shared, Unusable};
use super::errors::{find, from_client, name};
use super::network::System;
use super::policy::Grant;
use super::proxy::Proxies;
use super::refusal::Refusal;
use super::tls;
use super::trace::{Answer, Asked, Exchange, Sender, Step};
use crate::limits::{RESPONSE_HEADER_BYTES, RESPONSE_HEADERS};

/// Connecting, name and TLS included: longer than any working line needs.
const CONNECT: Duration = Duration::from_secs(15);
/// From the last byte sent to the first byte of the answer. A service may take seconds to begin a job.
const FIRST_BYTE: Duration = Duration::from_secs(90);
/// Between two pieces of an answer.
const BETWEEN_BYTES: Duration = Duration::from_secs(60);
/// The most that a request's own options may ask for.
const LONGEST: Duration = Duration::from_secs(600);
/// Kept connections are closed by us before a server's usual 60 seconds: fewer of them die in the moment of use.
const IDLE: Duration = Duration::from_secs(20);
/// Kept connections for each host: as many as calls can run at once. With fewer, most polls would begin with TLS.
const IDLE_PER_HOST: usize = 512;
/// An answer that is collected whole (of routes for tokens and messages): tokens have at most 4 KB, and the component
/// reads no more than this of any channel's answer.
const SMALL_ANSWER_BYTES: usize = 64 << 10;

/// What an answer's head is read into: its status line and what comes along with it have to fit as well. A head that
/// has no end is given up here, one that is just too long by [`within_bounds`].
const HEAD_BUFFER_BYTES: usize = RESPONSE_HEADER_BYTES + (16 << 10);

/// What the client is made of.
#[derive(Default)]
pub struct ClientSettings {
    /// All services that there are, granted or not: at their own origins an address that stands for a public one (a
    /// fake-ip, NAT64) may be connected to, since TLS proves who answers there.
    pub services: &'static [&'static Service],
    /// Names that lead to an address of this machine, as [`ConnectTo`] reads them.
    pub connect_to: Option<String>,
    /// The variable that names it, and its value.
    pub proxy: Option<(&'static str, String)>,
    /// Hosts that are reached without the proxy.
    pub no_proxy: Option<String>,
    /// More trusted roots than the system's.
    pub ssl_cert_file: Option<PathBuf>,
}

/// How requests leave this machine, for people, without secrets.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct NetworkSettings {
    /// The proxy in use, with the variable that names it.
    pub proxy: Option<String>,
    /// Why the proxy that is named can't be used. Until that is mended no request leaves: none goes past it.
    pub unusable_proxy: Option<String>,
    /// Why `SSL_CERT_FILE` can't be used. Only the system's roots are trusted meanwhile.
    pub unusable_roots: Option<String>,
}

impl NetworkSettings {
    /// What can't be used, each with the variable's name.
    pub fn unusable(&self) -> impl Iterator<Item = &str> {
        let all = self.unusable_proxy.iter().chain(&self.unusable_roots);
        all.map(String::as_str)
    }
}

/// One request's time-outs and meters.
#[derive(Clone)]
pub struct SendOptions {
    /// The longest that a connection may take to make.
    connect: Duration,
    /// The longest from the last sign of life to the head of the response.
    first_byte: Duration,
    /// The longest between two pieces of the response.
    between: Duration,
    /// Whether it may go to this machine, and then nowhere else.
    loopback: bool,
    /// Whether no kept connection may be used: of paid requests.
    fresh_connection: bool,
    meter: Arc<CallMeter>,
    /// Counts the request as under way until the last of these is dropped.
    open: Arc<OpenRequest>,
    pub(super) exchange: Arc<Exchange>,
    /// Where the request really goes, in the place of its own target: with a secret in its path, so it is shown nowhere.
    pub(super) target: Option<Uri>,
}

impl SendOptions {
    pub(super) fn new(
        asked: RequestOptions,
        grant: &Grant,
        meter: Arc<CallMeter>,
        open: OpenRequest,
        exchange: Arc<Exchange>,
    ) -> Self {
        Self {
            connect: asked.connect_timeout.unwrap_or(CONNECT).min(LONGEST),
            first_byte: asked.first_byte_timeout.unwrap_or(FIRST_BYTE).min(LONGEST),
            between: asked
                .between_bytes_timeout
                .unwrap_or(BETWEEN_BYTES)
                .min(LONGEST),
            loopback: grant.loopback,
            fresh_connection: grant.fresh_connection,
            meter,
            open: Arc::new(open),
            exchange,
            target: None,
        }
    }

    /// A body on its way out: counted, and with its signs of life.
    pub(super) fn outgoing(&self, inner: WasiBody) -> Outgoing {
        Outgoing {
            inner,
            meter: Arc::clone(&self.meter),
            exchange: Arc::clone(&self.exchange),
            progress: Progress::new(),
        }
    }

    /// The longest from the last sign of life to the head of the response.
    pub(super) const fn longest_quiet(&self) -> Duration {
        self.first_byte
    }

    /// The same for a request of the harness's own, the exchange of an app's secret, which is recorded as that.
    pub(super) fn for_the_harness(
        &self,
        request: &Request<Bytes>,
        origin: &str,
        service: &'static Service,
    ) -> Self {
        let trace = self.meter.trace();
        if let Some(exchange) = service.credential.and_then(|known| known.exchange) {
            trace.uses(exchange.secret_name);
        }
        let path = request.uri().path();
        // With a secret in its query the whole of it is one: it is sent, and shown nowhere.
        let target = request.uri().query().map(|_| request.uri().clone());
        let asked = Asked {
            by: Sender::Harness,
            of: service,
            step: Step::Exchange,
        };
        Self {
            exchange: trace.begin(asked, request.method(), origin, path),
            target,
            ..self.clone()
        }
    }
}

/// The client. Cheap to clone; clones share their connections.
#[derive(Clone)]
pub struct Client {
    /// Keeps connections between requests, for everything that may be asked twice.
    kept: Pool<Connector, Outgoing>,
    /// Keeps none, for paid requests.
    fresh: Pool<Connector, Outgoing>,
    shared: Arc<Shared>,
}

impl Client {
    /// A proxy or a file of roots that can't be used stops what needs it, and no command that needs no network.
    ///
    /// # Errors
    /// [`ClientSettings::connect_to`] that can't be used: it is for tests, and what it should lead astray would reach the real hosts.
    pub fn new(settings: ClientSettings) -> Result<Self, ConnectToError> {
        let connect_to = ConnectTo::parse(settings.connect_to.as_deref().unwrap_or_default())?;
        let extra_roots = settings
            .ssl_cert_file
            .as_deref()
            .map_or(Ok(Vec::new()), tls::read_roots);
        let no_proxy = settings.no_proxy.as_deref();
        let proxies = settings
            .proxy
            .map(|(name, value)| {
                Proxies::read((name, &value), no_proxy).map_err(|reason| Unusable { name, reason })
            })
            .transpose();
        let shared = Arc::new(Shared {
            network: Box::new(System),
            services: settings.services,
            connect_to,
            proxies,
            extra_roots: extra_roots.map_err(|reason| Unusable {
                name: "SSL_CERT_FILE",
                reason,
            }),
            tls: OnceLock::new(),
            fake: OnceLock::new(),
        });
        let connector = Connector(Arc::clone(&shared));
        let pool = |idle_per_host: usize| {
            Pool::builder(TokioExecutor::new())
                .pool_timer(TokioTimer::new())
                .timer(TokioTimer::new())
                .pool_idle_timeout(IDLE)
                .pool_max_idle_per_host(idle_per_host)
                .http1_max_buf_size(HEAD_BUFFER_BYTES)
                .http1_max_headers(RESPONSE_HEADERS)
                // From the URL: what the component wrote about the host was left out when the request was
                // written anew.
                .set_host(true)
                .build(connector.clone())
        };
        Ok(Self {
            kept: pool(IDLE_PER_HOST),
            // A kept connection can be closed by the server just as the next request goes out on it, and
            // then nobody knows whether that arrived. A paid request must not end so, and gets a connection
            // that is new.
            fresh: pool(0),
            shared,
        })
    }

    /// Whether some host's address stood for another one so far, as a sentence for `doctor`.
    pub fn fake(&self) -> Option<&str> {
        self.shared.fake.get().map(String::as_str)
    }

    /// How requests leave this machine.
    pub fn settings(&self) -> NetworkSettings {
        let proxies = self.shared.proxies.as_ref();
        let roots = self.shared.extra_roots.as_ref();
        NetworkSettings {
            proxy: proxies
                .ok()
                .and_then(Option::as_ref)
                .map(|proxies| proxies.proxy().to_string()),
            unusable_proxy: proxies.err().map(ToString::to_string),
            unusable_roots: roots.err().map(ToString::to_string),
        }
    }

    /// Sends a request and returns the head of the response; the body streams.
    ///
    /// # Errors
    /// In one of two groups: certainly never sent, or perhaps applied. `errors.rs` has the list.
    pub async fn send(
        &self,
        mut request: Request<WasiBody>,
        options: SendOptions,
    ) -> Result<Response<WasiBody>, WasiError> {
        let (method, uri) = (request.method().clone(), request.uri().clone());
        if let Some(target) = &options.target {
            *request.uri_mut() = target.clone();
        }
        // What is packed can't be searched for secrets, and nobody but this client decides how an answer comes.
        let identity = HeaderValue::from_static("identity");
        request.headers_mut().insert(ACCEPT_ENCODING, identity);
        let (head, body) = request.into_parts();
        let body = options.outgoing(body);
        let progress = Arc::clone(&body.progress);
        let request = Request::from_parts(head, body);
        let context = ConnectContext {
            within: options.connect,
            loopback: options.loopback,
            progress: Arc::clone(&progress),
        };
        let pool = if options.fresh_connection {
            &self.fresh
        } else {
            &self.kept
        };
        let answer = CONTEXT.scope(context, pool.request(request));
        let mut no_connection = None;
        let answer = tokio::select! {
            answer = answer => answer.map_err(|error| {
                if let Some(failed) = find::<ConnectError>(&error) {
                    no_connection = Some(failed.name());
                    if let Some(reason) = failed.refusal() {
                        options.meter.refuse(Refusal::new(&method, &uri, reason));
                    }
                }
                from_client(&error)
            }),
            () = progress.stalled(options.first_byte) => Err(WasiError::ConnectionReadTimeout),
        };
        let answer = answer.and_then(within_bounds);
        options.exchange.answered(match &answer {
            Ok(response) => Answer::Status(response.status().as_u16()),
            Err(error) => Answer::Failed(no_connection.unwrap_or_else(|| name(error))),
        });
        let SendOptions {
            between,
            meter,
            open,
            exchange,
            ..
        } = options;
        Ok(answer?.map(|body| Timed::new(body, between, meter, open, exchange).boxed_unsync()))
    }

    /// Sends a small request and collects the small answer.
    ///
    /// # Errors
    /// As [`send`](Self::send), and that the response is larger than such are.
    pub async fn send_small(
        &self,
        request: Request<Bytes>,
        options: SendOptions,
    ) -> Result<Response<Bytes>, WasiError> {
        collect_small(self.send(request.map(full), options).await?).await
    }
}

/// A small answer, whole.
///
/// # Errors
/// The transport's, or that it is larger than such an answer can be.
pub(super) async fn collect_small(
    response: Response<WasiBody>,
) -> Result<Response<Bytes>, WasiError> {
    let (head, body) = response.into_parts();
    let collected = Limited::new(body, SMALL_ANSWER_BYTES)
        .collect()
        .await
        .map_err(|error| match error.downcast::<WasiError>() {
            Ok(error) => *error,
            Err(_) => WasiError::HttpResponseBodySize(Some(SMALL_ANSWER_BYTES as u64)),
        })?;
    Ok(Response::from_parts(head, collected.to_bytes()))
}

/// An answer whose header fields take at most [`RESPONSE_HEADER_BYTES`], counted as they were sent.
fn within_bounds<B>(response: Response<B>) -> Result<Response<B>, WasiError> {
    // Colon, space and line end.
    const BESIDE: usize = 4;
    let fields = response.headers().iter();
    let bytes: usize = fields
        .map(|(name, value)| name.as_str().len() + value.len() + BESIDE)
        .sum();
    if bytes > RESPONSE_HEADER_BYTES {
        let limit = u32::try_from(RESPONSE_HEADER_BYTES).ok();
        return Err(WasiError::HttpResponseHeaderSectionSize(limit));
    }
    Ok(response)
}
