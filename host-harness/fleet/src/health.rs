//! What a platform asks a worker: whether it lives, whether it is ready, and its figures. Plain HTTP on a local address; it
//! shows no words of any job, and no key. Not here: what the figures are (`metrics.rs`).
//!
//! | route | answers |
//! |---|---|
//! | `GET /healthz` | 200 while the process runs |
//! | `GET /readyz` | 200 while the database answers and the schema fits, else 503 with why |
//! | `GET /metrics` | OpenMetrics text |

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

use crate::database::Database;
use crate::metrics::Metrics;
use crate::{schema, tenants};

/// Connections at once: a probe, a scraper, and a person.
const CONNECTIONS: usize = 16;
/// A request's head comes at once, or not at all.
const HEAD: Duration = Duration::from_secs(5);
/// What OpenMetrics text is called.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Answers at `address` until it is dropped.
///
/// # Errors
/// When the address can't be had.
pub async fn listen(address: SocketAddr) -> std::io::Result<TcpListener> {
    TcpListener::bind(address).await
}

/// Answers whoever connects. Runs until it is dropped.
pub async fn answer(listener: TcpListener, database: Arc<Database>, metrics: Arc<Metrics>) {
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else {
            return;
        };
        let Ok((stream, _)) = listener.accept().await else {
            // Out of descriptors: some will be back.
            tokio::time::sleep(HEAD).await;
            continue;
        };
        let (database, metrics) = (Arc::clone(&database), Arc::clone(&metrics));
        tokio::spawn(async move {
            let service = service_fn(move |request| {
                let (database, metrics) = (Arc::clone(&database), Arc::clone(&metrics));
                async move { Ok::<_, Infallible>(route(&request, &database, &metrics).await) }
            });
            let mut server = http1::Builder::new();
            server
                .timer(TokioTimer::new())
                .header_read_timeout(HEAD)
                .keep_alive(false);
            drop(server.serve_connection(TokioIo::new(stream), service).await);
            drop(place);
        });
    }
}

async fn route(
    request: &Request<Incoming>,
    database: &Database,
    metrics: &Metrics,
) -> Response<Full<Bytes>> {
    if request.method() != Method::GET {
        return text(StatusCode::METHOD_NOT_ALLOWED, "only GET\n".to_owned());
    }
    match request.uri().path() {
        "/healthz" => text(StatusCode::OK, "ok\n".to_owned()),
        "/readyz" => match schema::check(database).await {
            Ok(()) => text(StatusCode::OK, "ready\n".to_owned()),
            Err(reason) => text(StatusCode::SERVICE_UNAVAILABLE, format!("{reason}\n")),
        },
        "/metrics" => {
            // Without the database the process's own figures are still true.
            let standing = tenants::standing(database).await.unwrap_or_default();
            let mut response = text(StatusCode::OK, metrics.text(&standing));
            let kind = http::HeaderValue::from_static(OPEN_METRICS);
            response
                .headers_mut()
                .insert(http::header::CONTENT_TYPE, kind);
            response
        }
        _ => text(StatusCode::NOT_FOUND, "no such page\n".to_owned()),
    }
}

fn text(status: StatusCode, text: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(text)));
    *response.status_mut() = status;
    response
}
