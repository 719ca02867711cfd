//! The server under every fake: accepts, reads, plays faults, answers. One connection is one task.

use crate::fault::Fault;
use crate::intake;
use crate::record::{Body, Recorded};
use crate::reply::{Reply, ReplyBody};
use crate::service::{Handler, Service};
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::json;
use std::future::poll_fn;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// When accepting fails (out of handles), trying again at once would only spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(20);
/// A client that doesn't read its end of the connection must not keep the task.
const SHUTDOWN_LIMIT: Duration = Duration::from_secs(2);

/// Waits so long, and for nothing not at all: the runtime's clock ticks in milliseconds, and no time would take one.
pub(crate) async fn pause(latency: Duration) {
    if !latency.is_zero() {
        tokio::time::sleep(latency).await;
    }
}

/// Runs until it is dropped, and with it all connections.
pub(crate) async fn listen<H: Handler>(
    handler: Arc<H>,
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((socket, _)) if handler.service().refuses_connection() => reset(&socket),
                Ok((socket, _)) => {
                    connections.spawn(connection(handler.clone(), socket, tls.clone()));
                }
                Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

/// Makes the socket end with RST instead of FIN when it is dropped.
fn reset(socket: &TcpStream) {
    // If it fails, the connection is gone already.
    let _ = socket.set_zero_linger();
}

/// Shakes hands if the port is one with TLS, and serves the connection to its end.
async fn connection<H: Handler>(handler: Arc<H>, socket: TcpStream, tls: Option<TlsAcceptor>) {
    let _ = socket.set_nodelay(true);
    match tls {
        None => drive(handler, socket, false).await,
        Some(tls) => {
            // A failed handshake is the client's business: it doesn't trust us, or tests that it doesn't.
            if let Ok(stream) = tls.accept(socket).await {
                drive(handler, stream, true).await;
            }
        }
    }
}

/// Reaches the socket below TLS: ending a connection with RST is an option of the socket.
trait Underlying {
    fn tcp(&self) -> &TcpStream;
}

impl Underlying for TcpStream {
    fn tcp(&self) -> &TcpStream {
        self
    }
}

impl Underlying for TlsStream<TcpStream> {
    fn tcp(&self) -> &TcpStream {
        self.get_ref().0
    }
}

/// Serves the requests of one connection, and ends it with RST if a fault asks for that, else with FIN.
async fn drive<H: Handler, S>(handler: Arc<H>, stream: S, tls: bool)
where
    S: AsyncRead + AsyncWrite + Underlying + Unpin,
{
    let to_reset = Arc::new(AtomicBool::new(false));
    let service =
        service_fn(|request| Box::pin(handle(handler.clone(), to_reset.clone(), tls, request)));
    let mut connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    // The result tells nothing that isn't recorded: an error is a client gone or a fault played.
    // Without the shutdown, because hyper's own would send FIN before the socket could be set to RST.
    let _ = poll_fn(|context| connection.poll_without_shutdown(context)).await;
    let mut stream = connection.into_parts().io.into_inner();
    if to_reset.load(Ordering::SeqCst) {
        reset(stream.tcp());
    } else {
        let _ = tokio::time::timeout(SHUTDOWN_LIMIT, stream.shutdown()).await;
    }
}

/// One request from its head to its response, with the fault that is planned for it.
/// # Errors
/// When the connection is to break before a response: by a fault, or since the client has left.
async fn handle<H: Handler>(
    handler: Arc<H>,
    to_reset: Arc<AtomicBool>,
    tls: bool,
    request: Request<Incoming>,
) -> io::Result<Response<ReplyBody>> {
    let service = handler.service();
    let (head, body) = request.into_parts();
    let mut request = Recorded {
        method: head.method.to_string(),
        path: head.uri.path().to_owned(),
        query: head.uri.query().map(str::to_owned),
        headers: head.headers,
        body: Body::None,
        at_ms: service.elapsed_ms(),
        tls,
        fault: None,
        status: None,
    };
    // Before the body is read: a fault may hang up without reading it.
    let fate = service.fate(&request.method, &request.path);
    request.fault = fate
        .fault
        .as_ref()
        .map(name)
        .or((fate.latency_ms > 0).then(|| "Latency".into()));
    let latency = Duration::from_millis(fate.latency_ms);
    let hang_up = |why: &str| {
        to_reset.store(true, Ordering::SeqCst);
        Err(io::Error::new(
            io::ErrorKind::ConnectionReset,
            why.to_owned(),
        ))
    };
    if fate.fault == Some(Fault::Refuse) {
        service.record(request);
        return hang_up("refused");
    }
    let edge = handler.edge(&request);
    request.body = intake::read(
        &request.headers,
        body,
        (handler.max_json_bytes(), handler.max_kept_bytes()),
        handler.reads_bytes(),
    )
    .await;
    let aborted = matches!(request.body, Body::Aborted);
    // Recorded before it is answered, so that a test can wait for a request that is never answered.
    let index = service.record(request.clone());
    if aborted {
        return hang_up("the client went away");
    }
    if fate.fault == Some(Fault::ResetBeforeHeaders) {
        pause(latency).await;
        return hang_up("reset before headers");
    }
    if fate.fault == Some(Fault::SilentBefore) {
        return silence(service).await;
    }
    let reply = match fate.fault.as_ref().and_then(canned).or(edge) {
        Some(reply) => {
            pause(latency).await;
            reply
        }
        // On a task of its own, since a service goes on when its client has hung up.
        None => tokio::spawn(handler.clone().answer(request, latency))
            .await
            .map_err(io::Error::other)?,
    };
    let reply = match fate.fault {
        Some(Fault::ResetAfterApplied) => return hang_up("reset after it was applied"),
        Some(Fault::SilentAfterApplied) => return silence(service).await,
        Some(Fault::ResetInBody) => {
            to_reset.store(true, Ordering::SeqCst);
            reply.breaks_in_the_middle()
        }
        Some(Fault::TruncatedBody) => reply.breaks_in_the_middle(),
        _ => reply,
    };
    service.answered(index, reply.status);
    Ok(reply.into_response())
}

/// Ends with the connection, when the client leaves.
async fn silence<T>(service: &Service) -> T {
    service.hold();
    std::future::pending().await
}

/// The variant's name alone.
fn name(fault: &Fault) -> String {
    let text = format!("{fault:?}");
    text.split(|letter: char| !letter.is_alphanumeric())
        .next()
        .unwrap_or_default()
        .to_owned()
}

/// The answer of a fault that is nothing but an answer.
fn canned(fault: &Fault) -> Option<Reply> {
    Some(match fault {
        Fault::Html(status) => Reply::html(*status),
        Fault::Json(status, value) => Reply::json(*status, value),
        Fault::Status(status, headers, body) => Reply::bare(*status, headers.clone(), body),
        Fault::GarbageOk => Reply::of(
            200,
            "application/json",
            b"\x1f\x8b<!doctype html>{".to_vec(),
        ),
        Fault::ErrorString(text) => Reply::json(200, &json!({ "error": text })),
        Fault::RateLimited { headers } => {
            let body = json!({"code": 99991400, "msg": "request trigger frequency limit", "error": "Too many requests"});
            headers
                .iter()
                .fold(Reply::json(429, &body), |reply, (name, value)| {
                    reply.header(name, value)
                })
        }
        Fault::Redirect(location) => Reply::text(302, "").header("location", location),
        Fault::Latency(_)
        | Fault::Refuse
        | Fault::ResetBeforeHeaders
        | Fault::ResetAfterApplied
        | Fault::SilentBefore
        | Fault::SilentAfterApplied
        | Fault::ResetInBody
        | Fault::TruncatedBody => return None,
    })
}
