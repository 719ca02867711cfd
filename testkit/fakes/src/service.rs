//! What every fake has: an address, a clock, faults to come and requests that came.

use crate::fault::{Fate, Fault, Faults};
use crate::record::{Body, KEPT_HEAD_BYTES, Part, Recorded, shorten};
use crate::reply::Reply;
use crate::route::Route;
use std::fmt;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};
use tokio::sync::Notify;

/// The largest JSON that most services take is 150 KB (a Feishu text message).
const MAX_JSON_BYTES: u64 = 1024 * 1024;

/// A poisoned lock means that another test thread panicked; the state itself is still whole.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The part of a fake that all of them share.
#[derive(Debug)]
pub struct Service {
    host: &'static str,
    /// Other names that it is reached under.
    aliases: &'static [&'static str],
    https: SocketAddr,
    http: SocketAddr,
    began: Instant,
    /// Of the same moment, since 1970: for services whose ids or dates a client compares with its own clock.
    began_unix: Duration,
    changed: Notify,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    clock_offset: Duration,
    clock_stopped_at: Option<Duration>,
    faults: Faults,
    requests: Vec<Recorded>,
    refused_connections: u64,
    held_requests: u64,
}

impl Service {
    pub(crate) fn new(
        host: &'static str,
        https: SocketAddr,
        http: SocketAddr,
        began: Instant,
    ) -> Self {
        Self {
            host,
            aliases: &[],
            https,
            http,
            began,
            began_unix: SystemTime::now()
                .duration_since(SystemTime::UNIX_EPOCH)
                .unwrap_or_default()
                // The world began a little before this service: without this, the two clocks would differ by
                // that time.
                .saturating_sub(began.elapsed()),
            changed: Notify::new(),
            state: Mutex::default(),
        }
    }

    /// The same service under more names.
    pub(crate) fn also(mut self, aliases: &'static [&'static str]) -> Self {
        self.aliases = aliases;
        self
    }

    pub(crate) fn host(&self) -> &'static str {
        self.host
    }

    /// All of its names.
    pub(crate) fn hosts(&self) -> impl Iterator<Item = &'static str> {
        std::iter::once(self.host).chain(self.aliases.iter().copied())
    }

    /// Every name with the address to connect to instead, as `HOST=ADDRESS,HOST=ADDRESS`.
    pub(crate) fn connect_to(&self) -> String {
        let pairs: Vec<_> = self
            .hosts()
            .map(|host| format!("{host}={}", self.https))
            .collect();
        pairs.join(",")
    }

    /// Since the world began, by the machine's clock.
    pub(crate) fn elapsed_ms(&self) -> u64 {
        self.began.elapsed().as_millis() as u64
    }

    /// Since the world began, by this service's own clock.
    pub(crate) fn now(&self) -> Duration {
        let state = lock(&self.state);
        state
            .clock_stopped_at
            .unwrap_or_else(|| self.began.elapsed())
            + state.clock_offset
    }

    /// Since 1970, by this service's own clock.
    pub(crate) fn unix_now(&self) -> Duration {
        self.began_unix + self.now()
    }

    /// Stops its clock at a moment since 1970; none before the world began.
    pub(crate) fn stop_at(&self, unix: Duration) {
        let mut state = lock(&self.state);
        state.clock_stopped_at = Some(unix.saturating_sub(self.began_unix));
        state.clock_offset = Duration::ZERO;
        drop(state);
        self.tell();
    }

    /// Forgets the faults that have not been played.
    pub(crate) fn clear_faults(&self) {
        lock(&self.state).faults.clear();
    }

    /// Wakes whoever waits in [`Fake::wait_until`]. To be called after every change that a test may wait for.
    pub(crate) fn tell(&self) {
        self.changed.notify_waiters();
    }

    /// The fault and the latency planned for this request; it uses up one of the planned times.
    pub(crate) fn fate(&self, method: &str, path: &str) -> Fate {
        lock(&self.state).faults.take(method, path)
    }

    /// Whether a new connection is to be reset at once. It is counted if so.
    pub(crate) fn refuses_connection(&self) -> bool {
        let mut state = lock(&self.state);
        let refuses = state.faults.take_connection();
        state.refused_connections += u64::from(refuses);
        refuses
    }

    /// Counts a request that will get no answer.
    pub(crate) fn hold(&self) {
        lock(&self.state).held_requests += 1;
        self.tell();
    }

    /// Keeps a request, of files and long strings only the beginning, and gives its index for [`Service::answered`].
    pub(crate) fn record(&self, mut request: Recorded) -> usize {
        if let Body::Form { parts, .. } = &mut request.body {
            parts.iter_mut().for_each(Part::forget);
        }
        if let Body::Json(value) = &mut request.body {
            shorten(value);
        }
        let mut state = lock(&self.state);
        state.requests.push(request);
        let index = state.requests.len() - 1;
        drop(state);
        self.tell();
        index
    }

    /// Notes the status of the response to a recorded request.
    pub(crate) fn answered(&self, index: usize, status: u16) {
        if let Some(request) = lock(&self.state).requests.get_mut(index) {
            request.status = Some(status);
        }
        self.tell();
    }
}

/// What a service does with a request; `serve.rs` does the rest.
pub(crate) trait Handler: Send + Sync + 'static {
    fn service(&self) -> &Service;

    /// How long a body may be to be read as JSON; what is longer is only counted and hashed.
    fn max_json_bytes(&self) -> u64 {
        MAX_JSON_BYTES
    }

    /// Whether bodies are kept as they came, and not as JSON: for who looks at a signature of them.
    fn reads_bytes(&self) -> bool {
        false
    }

    /// How many bytes are kept of a body that is no text: all of a shorter one, for who has to open it.
    fn max_kept_bytes(&self) -> usize {
        KEPT_HEAD_BYTES
    }

    /// An answer that is given without looking at the body, which is read to its end nevertheless.
    fn edge(&self, _request: &Recorded) -> Option<Reply> {
        None
    }

    /// Carries the request out, `latency` after it came.
    fn answer(
        self: Arc<Self>,
        request: Recorded,
        latency: Duration,
    ) -> impl Future<Output = Reply> + Send;
}

/// The condition a test waited for did not come about in time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimedOut {
    /// How long was waited.
    pub after: Duration,
    /// What was there at the end.
    pub seen: String,
}

impl fmt::Display for TimedOut {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "not within {:?}: {}", self.after, self.seen)
    }
}

impl std::error::Error for TimedOut {}

/// Waits until `look` sees at least `count` messages in a chat, and gives them. The number it gives with them is that of
/// the attempts, for the error.
///
/// # Errors
/// When there are fewer after `timeout`.
pub(crate) async fn wait_for_count<M>(
    fake: &impl Fake,
    chat: &str,
    count: usize,
    timeout: Duration,
    look: impl Fn() -> (Vec<M>, usize) + Send + Sync,
) -> Result<Vec<M>, TimedOut> {
    let waited = fake.wait_until(timeout, |_| look().0.len() >= count).await;
    let (messages, attempts) = look();
    let seen = messages.len();
    waited.map(|()| messages).map_err(|_| TimedOut {
        after: timeout,
        seen: format!("{seen} of {count} messages to {chat} after {attempts} attempts"),
    })
}

/// What every fake can do. Bring it into scope with `use fakes::Fake`.
pub trait Fake: Clone + Send + Sync {
    /// The shared part.
    #[doc(hidden)]
    fn service(&self) -> &Service;

    /// The name it stands in for, for example `open.feishu.cn`.
    fn host(&self) -> &'static str {
        self.service().host
    }

    /// Where it listens with TLS; always loopback.
    fn https_addr(&self) -> SocketAddr {
        self.service().https
    }

    /// Where it listens without TLS; always loopback.
    fn http_addr(&self) -> SocketAddr {
        self.service().http
    }

    /// `http://127.0.0.1:PORT`.
    fn http_base(&self) -> String {
        format!("http://{}", self.http_addr())
    }

    /// `https://127.0.0.1:PORT`, for a client that trusts the world's authority.
    fn https_base(&self) -> String {
        format!("https://{}", self.https_addr())
    }

    /// Since the world began, by the machine's clock, in milliseconds: that of [`Recorded::at_ms`].
    fn now_ms(&self) -> u64 {
        self.service().elapsed_ms()
    }

    /// Plays `fault` on the next `times` requests that fit ([`crate::ALWAYS`]: on all).
    fn fault(&self, route: impl Into<Route>, fault: Fault, times: usize) {
        self.fault_after(route, 0, fault, times);
    }

    /// The same, after the first `skip` requests that fit.
    fn fault_after(&self, route: impl Into<Route>, skip: usize, fault: Fault, times: usize) {
        lock(&self.service().state)
            .faults
            .plan(route.into(), skip, fault, times);
    }

    /// Forgets the faults that have not been played.
    fn clear_faults(&self) {
        self.service().clear_faults();
    }

    /// Every request so far, in the order in which their bodies ended.
    fn requests(&self) -> Vec<Recorded> {
        lock(&self.service().state).requests.clone()
    }

    /// How many there were.
    fn request_count(&self) -> usize {
        lock(&self.service().state).requests.len()
    }

    /// Those that fit a route.
    fn requests_to(&self, route: impl Into<Route>) -> Vec<Recorded> {
        let route = route.into();
        let state = lock(&self.service().state);
        state
            .requests
            .iter()
            .filter(|request| route.fits(&request.method, &request.path))
            .cloned()
            .collect()
    }

    /// Connections that were hung up on before a request was read.
    fn refused_connections(&self) -> u64 {
        lock(&self.service().state).refused_connections
    }

    /// Requests that got no answer so far, by [`Fault::SilentBefore`] and [`Fault::SilentAfterApplied`]; also
    /// those whose client has left meanwhile.
    fn held_requests(&self) -> u64 {
        lock(&self.service().state).held_requests
    }

    /// Moves this service's clock ahead of the machine's: for tokens, rates, the hour of a `uuid`,
    /// [`crate::When::After`].
    fn set_clock_offset(&self, offset: Duration) {
        lock(&self.service().state).clock_offset = offset;
        self.service().tell();
    }

    /// Stops this service's clock where it stands; only [`Fake::set_clock_offset`] moves it then. For
    /// tests of rates, which a busy machine must not slow down.
    fn stop_clock(&self) {
        let elapsed = self.service().began.elapsed();
        lock(&self.service().state).clock_stopped_at = Some(elapsed);
    }

    /// Waits until `condition` holds. It is asked again after every request and every change, not
    /// on a timer. Needs a tokio runtime with time.
    fn wait_until(
        &self,
        timeout: Duration,
        condition: impl Fn(&Self) -> bool + Send,
    ) -> impl Future<Output = Result<(), TimedOut>> + Send {
        async move {
            let deadline = tokio::time::Instant::now() + timeout;
            loop {
                let mut changed = pin!(self.service().changed.notified());
                // Before the condition is looked at: a change between the look and the wait would otherwise be
                // missed.
                changed.as_mut().enable();
                if condition(self) {
                    return Ok(());
                }
                if tokio::time::timeout_at(deadline, changed).await.is_err() {
                    let seen =
                        format!("{} requests came to {}", self.requests().len(), self.host());
                    return Err(TimedOut {
                        after: timeout,
                        seen,
                    });
                }
            }
        }
    }
}

/// A platform that shows messages to people and groups, each named by one id. Bring it into scope with `use fakes::Shows`.
pub trait Shows: Fake {
    /// A message that was shown.
    type Message: Send;

    /// Every message that was shown to anybody, in the order in which they appeared.
    fn messages(&self) -> Vec<Self::Message>;

    /// The person or group that a message was shown to.
    fn addressee(message: &Self::Message) -> &str;

    /// How many requests to send there were, whatever came of them.
    fn attempt_count(&self) -> usize;

    /// What one person or group was shown.
    fn messages_to(&self, chat: &str) -> Vec<Self::Message> {
        let mut messages = self.messages();
        messages.retain(|message| Self::addressee(message) == chat);
        messages
    }

    /// Waits until a person or group was shown at least `count` messages, and gives them all.
    ///
    /// # Errors
    /// When there are fewer after `timeout`.
    fn wait_for_messages(
        &self,
        chat: &str,
        count: usize,
        timeout: Duration,
    ) -> impl Future<Output = Result<Vec<Self::Message>, TimedOut>> + Send {
        wait_for_count(self, chat, count, timeout, move || {
            (self.messages_to(chat), self.attempt_count())
        })
    }
}
