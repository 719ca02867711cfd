//! A person's view of the jobs: one local page, served by the harness's own program beside its timer.
//!
//! It shows each job with its timeline, its results as pictures or players, what became of each message, and what was
//! let out of the sandbox, and how many jobs may still begin. All that it can change is to cancel a job, where its service
//! can: every other route is a `GET`.
//!
//! Who may see it: whoever has the address, which holds a random token; nobody else on the machine and no web page
//! (`guard`). Results are fetched by the harness under the media store's rules, so the browser talks to loopback alone.
//!
//! | module | is |
//! |---|---|
//! | `guard` | who is let in |
//! | `routes` | which address answers what |
//! | `answer` | responses, and the headers that every one of them carries |
//! | `feed` | the timer's events, for a page that is open |
//! | `jobs` | what is known of the jobs, asked of the component at most a few times a second |
//! | `links` | where the page may lead: to LibTV's canvas |
//!
//! Not here: anything about what a job is; that is the component's `status`.
#![deny(unsafe_code)]

mod answer;
mod feed;
mod guard;
mod jobs;
mod links;
mod routes;
mod token;

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use host::{Event, Harness};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, JoinHandle};

use feed::Feed;
use guard::Guard;
use jobs::Jobs;

/// Connections at once. A browser opens six to a host, and one page needs one for its feed.
const CONNECTIONS: usize = 64;
/// A browser sends its request's head at once.
const HEAD_TIMEOUT: Duration = Duration::from_secs(2);

/// The page, as long as it is held.
pub struct Page {
    url: String,
    feed: Arc<Feed>,
    server: JoinHandle<()>,
}

struct Shared {
    guard: Guard,
    harness: Harness,
    jobs: Jobs,
    feed: Arc<Feed>,
}

impl Page {
    /// Serves the page at `address`, whose port may be 0. Must be called inside a tokio runtime.
    ///
    /// # Errors
    /// `InvalidInput` for an address that isn't loopback: what is shown is for this user of this machine. Else what
    /// the system says about the address or its randomness.
    pub async fn start(harness: Harness, address: SocketAddr) -> io::Result<Self> {
        // Refused and not warned of: the token would cross a network in the clear.
        if !address.ip().is_loopback() {
            let reason = format!(
                "{address} is not of this machine alone. Use 127.0.0.1:PORT or [::1]:PORT; port 0 takes a free one"
            );
            return Err(io::Error::new(io::ErrorKind::InvalidInput, reason));
        }
        let listener = TcpListener::bind(address).await?;
        let guard = Guard::new(listener.local_addr()?, token::random()?);
        let url = guard.url();
        let feed = Arc::new(Feed::default());
        let shared = Arc::new(Shared {
            guard,
            jobs: Jobs::new(harness.clone()),
            harness,
            feed: Arc::clone(&feed),
        });
        let server = tokio::spawn(accept(listener, shared));
        Ok(Self { url, feed, server })
    }

    /// Where it is, token included. For the user's eyes and browser only.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Tells open pages of an event of the timer.
    pub fn note(&self, event: &Event) {
        self.feed.note(event);
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// A connection, and whether it has shown that it is the user's: by a request with the page's token.
struct Open {
    is_known: Arc<AtomicBool>,
    task: AbortHandle,
}

/// Takes connections. When there are too many, the oldest of those that have shown nothing makes place: who doesn't know the
/// token can't keep the user away by holding connections.
async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let mut open: VecDeque<Open> = VecDeque::new();
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            // Out of handles, most likely; the next connection may find some.
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        open.retain(|connection| !connection.task.is_finished());
        if open.len() >= CONNECTIONS {
            let unknown = |connection: &Open| !connection.is_known.load(Ordering::Relaxed);
            // All are the user's own: the new one waits for none of them.
            let Some(oldest) = open.iter().position(unknown).and_then(|at| open.remove(at)) else {
                continue;
            };
            oldest.task.abort();
        }
        let is_known = Arc::new(AtomicBool::new(false));
        let task = tokio::spawn(serve(stream, Arc::clone(&shared), Arc::clone(&is_known)));
        let task = task.abort_handle();
        open.push_back(Open { is_known, task });
    }
}

async fn serve(stream: TcpStream, shared: Arc<Shared>, is_known: Arc<AtomicBool>) {
    let service = service_fn(move |request| {
        let (shared, is_known) = (Arc::clone(&shared), Arc::clone(&is_known));
        async move {
            let answer = routes::answer(&shared, request).await;
            // Only with the token is an answer a success.
            if answer.status().is_success() {
                is_known.store(true, Ordering::Relaxed);
            }
            Ok::<_, std::convert::Infallible>(answer)
        }
    });
    // A browser that goes away is no news.
    let _ = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .serve_connection(TokioIo::new(stream), service)
        .await;
}
