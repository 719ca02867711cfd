//! LibTV as both of its services: the Nexu gateway and the direct API. One engine for sessions and
//! jobs, two dialects for requests and answers. Generates nothing: jobs are scripts.

mod dialect;
mod engine;
mod job;
mod routes;
mod tasks;

pub(crate) use dialect::Dialect;
pub use engine::Submit;
pub use job::{FailureForm, Job, VideoField};

use crate::record::Recorded;
use crate::reply::Reply;
use crate::serve::pause;
use crate::service::{Fake, Handler, Service, lock};
use engine::Engine;
use serde_json::Value;
use std::collections::HashSet;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A file that was uploaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upload {
    /// The address it was given.
    pub url: String,
    /// As the part's header named it.
    pub file_name: String,
    /// As the part's header named it.
    pub content_type: Option<String>,
    /// Length in bytes.
    pub bytes: u64,
    /// In lower-case hexadecimal.
    pub sha256: String,
}

/// How many jobs a key still has, as `GET /api/v1/key/status` tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Uses {
    /// One less with each message submitted; at 0 submits are refused.
    pub remaining: u64,
    /// What the key began with.
    pub max: u64,
}

type Choice = (Box<dyn Fn(&str) -> bool + Send>, Job);

pub(crate) struct State {
    engine: Engine,
    keys: HashSet<String>,
    uses: Uses,
    expires_at: Option<String>,
    choices: Vec<Choice>,
    default_job: Job,
    uploads: Vec<Upload>,
    extra_tasks: Vec<Value>,
    requires_length: bool,
    max_upload_bytes: u64,
    reuses_default_session: bool,
    default_session: Option<String>,
    retired: bool,
    code_as_text: bool,
    text_in_msg: bool,
    null_when_empty: bool,
    /// Answers with links that were signed so far; none when links aren't signed.
    signed: Option<u64>,
}

pub(crate) struct Inner {
    service: Service,
    dialect: Dialect,
    state: Mutex<State>,
}

/// The handle of either service.
#[derive(Clone)]
pub struct LibTv(Arc<Inner>);

impl fmt::Debug for LibTv {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("LibTv")
            .field("service", &self.0.service)
            .finish_non_exhaustive()
    }
}

impl Fake for LibTv {
    fn service(&self) -> &Service {
        &self.0.service
    }
}

impl Handler for Inner {
    fn service(&self) -> &Service {
        &self.service
    }

    async fn answer(self: Arc<Self>, request: Recorded, latency: Duration) -> Reply {
        pause(latency).await;
        let reply = self.respond(&request);
        self.service.tell();
        reply
    }
}

impl LibTv {
    pub(crate) fn new(service: Service, dialect: Dialect) -> Self {
        let state = State {
            engine: Engine::new(dialect.seed()),
            keys: HashSet::from([dialect.first_key().to_owned()]),
            uses: Uses {
                remaining: 1000,
                max: 1000,
            },
            expires_at: None,
            choices: Vec::new(),
            default_job: Job::video("/sd-gen-save-img/{session}/{turn}.mp4"),
            uploads: Vec::new(),
            extra_tasks: Vec::new(),
            requires_length: true,
            max_upload_bytes: u64::MAX,
            reuses_default_session: false,
            default_session: None,
            retired: false,
            code_as_text: false,
            text_in_msg: false,
            null_when_empty: false,
            signed: None,
        };
        Self(Arc::new(Inner {
            service,
            dialect,
            state: Mutex::new(state),
        }))
    }

    pub(crate) fn handler(&self) -> Arc<Inner> {
        self.0.clone()
    }

    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let result = change(&mut lock(&self.0.state));
        self.service().tell();
        result
    }

    /// Takes another key.
    pub fn add_key(&self, key: &str) {
        self.change(|state| state.keys.insert(key.to_owned()));
    }

    /// Doesn't take it any longer.
    pub fn remove_key(&self, key: &str) {
        self.change(|state| state.keys.remove(key));
    }

    /// Sets the uses that all keys share (default 1000 of 1000).
    pub fn set_uses(&self, remaining: u64, max: u64) {
        self.change(|state| state.uses = Uses { remaining, max });
    }

    /// What is left of them.
    pub fn uses(&self) -> Uses {
        lock(&self.0.state).uses
    }

    /// `expires_at` of the key status, as it is.
    pub fn set_expires_at(&self, expires_at: Option<&str>) {
        self.change(|state| state.expires_at = expires_at.map(str::to_owned));
    }

    /// The job of every message that no condition chose another for.
    pub fn set_default_job(&self, job: Job) {
        self.change(|state| state.default_job = job);
    }

    /// The job of messages that contain `text`. Conditions are asked in the order they were given.
    pub fn on_message_containing(&self, text: &str, job: Job) {
        let text = text.to_owned();
        self.on_message(move |message| message.contains(&text), job);
    }

    /// The job of messages that fit a condition.
    pub fn on_message(&self, fits: impl Fn(&str) -> bool + Send + 'static, job: Job) {
        self.change(|state| state.choices.push((Box::new(fits), job)));
    }

    /// The next new session gets this id: for ids that no honest server gives.
    pub fn set_next_session_id(&self, id: &str) {
        self.change(|state| state.engine.next_session_id = Some(id.to_owned()));
    }

    /// Every submit that was charged, in order; also one whose answer was lost by a fault.
    pub fn submits(&self) -> Vec<Submit> {
        lock(&self.0.state).engine.submits.clone()
    }

    /// Ids of all sessions, in the order they were made.
    pub fn sessions(&self) -> Vec<String> {
        lock(&self.0.state).engine.order.clone()
    }

    /// How often the session was asked for its messages, successfully.
    pub fn polls(&self, session_id: &str) -> u32 {
        lock(&self.0.state)
            .engine
            .sessions
            .get(session_id)
            .map_or(0, |session| session.polls)
    }

    /// What the session shows by now. Doesn't count as a poll.
    pub fn messages(&self, session_id: &str) -> Vec<Value> {
        let now = self.service().now();
        let mut state = lock(&self.0.state);
        state
            .engine
            .current(session_id, now)
            .map(|session| session.messages.clone())
            .unwrap_or_default()
    }

    /// The addresses of all results that the session shows by now.
    pub fn result_urls(&self, session_id: &str) -> Vec<String> {
        let now = self.service().now();
        let mut state = lock(&self.0.state);
        state
            .engine
            .current(session_id, now)
            .map(|session| session.result_urls())
            .unwrap_or_default()
    }

    /// Shows the session's next stage that stands at [`crate::When::Advanced`]. False when there is no such session.
    pub fn advance(&self, session_id: &str) -> bool {
        let now = self.service().now();
        self.change(|state| state.engine.advance(session_id, now))
    }

    /// Shows a message that belongs to no job; `id` and `seq` are added. False when there is no such session.
    pub fn push_message(&self, session_id: &str, message: Value) -> bool {
        self.change(|state| state.engine.push(session_id, &message))
    }

    /// Begins a job in a session without a submit. False when there is no such session.
    pub fn push_job(&self, session_id: &str, job: Job) -> bool {
        let now = self.service().now();
        self.change(|state| state.engine.begin(session_id, job, None, now))
    }

    /// Files that were uploaded.
    pub fn uploads(&self) -> Vec<Upload> {
        lock(&self.0.state).uploads.clone()
    }

    /// From now on every answer signs the links in it anew, as a store does whose files are private.
    pub fn sign_links(&self) {
        lock(&self.0.state).signed = Some(0);
    }

    /// Whether uploads without `Content-Length` are refused with 411 (default yes).
    pub fn require_content_length(&self, requires: bool) {
        self.change(|state| state.requires_length = requires);
    }

    /// Larger requests are refused with an HTML 413, as by a CDN (default: none are).
    pub fn set_max_upload_bytes(&self, bytes: u64) {
        self.change(|state| state.max_upload_bytes = bytes);
    }

    /// Gateway only: lists one more task, as it is.
    pub fn add_task(&self, task: Value) {
        self.change(|state| state.extra_tasks.push(task));
    }

    /// `messages` is null instead of empty.
    pub fn null_messages(&self, null: bool) {
        self.change(|state| state.null_when_empty = null);
    }

    /// Direct API only: a submit without a session id continues the key's first session.
    pub fn reuse_default_session(&self, reuses: bool) {
        self.change(|state| state.reuses_default_session = reuses);
    }

    /// Direct API only: every submit is answered with `code` 0, no data and the sentence that the service has
    /// moved. Nothing is charged.
    pub fn retire(&self, retired: bool) {
        self.change(|state| state.retired = retired);
    }

    /// Direct API only: `code` is a string.
    pub fn code_as_text(&self, as_text: bool) {
        self.change(|state| state.code_as_text = as_text);
    }

    /// Direct API only: the text stands in `msg` instead of `message`.
    pub fn text_in_msg(&self, in_msg: bool) {
        self.change(|state| state.text_in_msg = in_msg);
    }
}
