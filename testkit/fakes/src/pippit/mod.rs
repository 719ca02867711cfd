//! Pippit (小云雀 in China): a session service. Words go to a thread, a run works on them, and the thread is asked for
//! what is new. There is no list, no balance, no cancelling, and nothing that makes a repeated submit harmless.
//! Generates nothing: runs are scripts ([`Run`]).

mod error;
mod routes;
mod run;
mod thread;
mod upload;

pub use error::PippitError;
pub use run::{OUT_OF_CREDITS, Run, RunState};
pub use upload::{Asset, MAX_FILE_BYTES};

use crate::service::{Fake, Service, lock};
use std::collections::HashSet;
use std::fmt;
use std::sync::{Arc, Mutex};
use thread::{Telling, Thread};

/// A submit that was taken, and so charged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submitted {
    /// The thread it began or continued.
    pub thread_id: String,
    /// Its run.
    pub run_id: String,
    /// The message as it came.
    pub text: String,
    /// Files it referred to.
    pub asset_ids: Vec<String>,
    /// Whether it named no thread.
    pub new_thread: bool,
    /// The key it was charged to.
    pub key: String,
    /// Milliseconds since the world began, by the service's clock.
    pub at_ms: u64,
}

type Choice = (Box<dyn Fn(&str) -> bool + Send>, Run);

pub(crate) struct State {
    keys: HashSet<String>,
    home: String,
    threads: Vec<Thread>,
    choices: Vec<Choice>,
    default_run: Run,
    refused_texts: Vec<(String, PippitError)>,
    assets: Vec<Asset>,
    submits: Vec<Submitted>,
    left_today: Option<u64>,
    reuses_default_thread: bool,
    signs_anew: bool,
    telling: Telling,
    made_ids: u32,
}

pub(crate) struct Inner {
    service: Service,
    state: Mutex<State>,
}

/// The handle of either service.
#[derive(Clone)]
pub struct Pippit(Arc<Inner>);

impl fmt::Debug for Pippit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Pippit")
            .field("service", &self.0.service)
            .finish_non_exhaustive()
    }
}

impl Fake for Pippit {
    fn service(&self) -> &Service {
        &self.0.service
    }
}

impl Pippit {
    pub(crate) fn new(service: Service, key: &str) -> Self {
        let state = State {
            keys: HashSet::from([key.to_owned()]),
            home: format!("https://{}/home", service.host()),
            threads: Vec::new(),
            choices: Vec::new(),
            default_run: Run::video("/{run}.mp4"),
            refused_texts: Vec::new(),
            assets: Vec::new(),
            submits: Vec::new(),
            left_today: None,
            reuses_default_thread: false,
            signs_anew: false,
            telling: Telling::default(),
            made_ids: 0,
        };
        Self(Arc::new(Inner {
            service,
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

    /// The run of every message that no condition chose another for.
    pub fn set_default_run(&self, run: Run) {
        self.change(|state| state.default_run = run);
    }

    /// The run of messages that contain `text`. Conditions are asked in the order they were given.
    pub fn on_message_containing(&self, text: &str, run: Run) {
        let text = text.to_owned();
        self.on_message(move |message| message.contains(&text), run);
    }

    /// The run of messages that fit a condition.
    pub fn on_message(&self, fits: impl Fn(&str) -> bool + Send + 'static, run: Run) {
        self.change(|state| state.choices.push((Box::new(fits), run)));
    }

    /// Messages that contain `text` are refused, with nothing begun.
    pub fn refuse_text_containing(&self, text: &str, error: PippitError) {
        self.change(|state| state.refused_texts.push((text.to_owned(), error)));
    }

    /// So many more submits are taken today, then none (none: without end).
    pub fn set_left_today(&self, left: Option<u64>) {
        self.change(|state| state.left_today = left);
    }

    /// A submit without a thread continues the first one.
    pub fn reuse_default_thread(&self, reuses: bool) {
        self.change(|state| state.reuses_default_thread = reuses);
    }

    /// From now on every answer signs the links in it anew.
    pub fn sign_links_anew(&self, anew: bool) {
        self.change(|state| state.signs_anew = anew);
    }

    /// `data` of artefacts is an object instead of a string with JSON in it: clients have met both.
    pub fn data_is_object(&self, is_object: bool) {
        self.change(|state| state.telling.data_is_object = is_object);
    }

    /// The link of a result stands in `download_url` instead of `url`.
    pub fn links_in_download_url(&self, in_download_url: bool) {
        self.change(|state| state.telling.in_download_url = in_download_url);
    }

    /// Entries carry no `seq`: whether they do isn't documented.
    pub fn hide_seq(&self, hides: bool) {
        self.change(|state| state.telling.hides_seq = hides);
    }

    /// An answer has the run alone that was asked for, instead of all of its thread: which it is isn't documented.
    pub fn tell_only_the_asked_run(&self, only: bool) {
        self.change(|state| state.telling.only_asked = only);
    }

    /// Every submit that was charged, in order; also one whose answer was lost by a fault.
    pub fn submits(&self) -> Vec<Submitted> {
        lock(&self.0.state).submits.clone()
    }

    /// Files that were uploaded.
    pub fn assets(&self) -> Vec<Asset> {
        lock(&self.0.state).assets.clone()
    }

    /// How often the run was asked for.
    pub fn polls(&self, run_id: &str) -> u32 {
        self.change(|state| state.run(run_id).map_or(0, |run| run.polls))
    }

    /// Where the run stands by now, if there is one. Doesn't count as a poll.
    pub fn state(&self, run_id: &str) -> Option<RunState> {
        let now = self.service().now();
        self.change(|state| {
            state
                .threads
                .iter_mut()
                .for_each(|thread| thread.catch_up(now));
            state.run(run_id).map(|run| run.state)
        })
    }

    /// Shows the run's next stage that stands at [`crate::When::Advanced`]. False when there is no such run.
    pub fn advance(&self, run_id: &str) -> bool {
        let found = self.change(|state| state.run(run_id).map(|run| run.advances += 1));
        self.state(run_id);
        found.is_some()
    }
}

impl State {
    fn find(&mut self, thread_id: &str) -> Option<&mut Thread> {
        let mut threads = self.threads.iter_mut();
        threads.find(|thread| thread.id == thread_id)
    }

    fn run(&mut self, run_id: &str) -> Option<&mut thread::Running> {
        let mut threads = self.threads.iter_mut();
        threads.find_map(|thread| thread.run(run_id))
    }

    /// How the next answer is told.
    fn telling(&mut self) -> Telling {
        self.made_ids += 1;
        Telling {
            signature: self.signs_anew.then_some(u64::from(self.made_ids)),
            ..self.telling
        }
    }

    /// The same on every run of a test, different from the first digits on.
    fn make_id(&mut self, prefix: &str) -> String {
        self.made_ids += 1;
        let mixed = self.made_ids.wrapping_mul(0x9e37_79b1);
        format!("{prefix}{mixed:08x}-5000-4000-8000-{:012x}", self.made_ids)
    }
}
