//! Volcengine Ark and BytePlus ModelArk, as far as clips and pictures go: tasks are made, polled, listed and cancelled;
//! pictures come at once. Generates nothing: how a task goes is a script ([`Clip`]), and results lie in the private
//! buckets of [`crate::World::ark_media`] or [`crate::World::modelark_media`], behind links that die after a day.
//!
//! Links are made by this fake's clock and judged by the store's: who moves one moves the other.

mod board;
mod clip;
mod content;
mod error;
mod fields;
mod images;
mod model;
mod picture;
mod request;
mod routes;
mod task;

pub use board::{LINK_LIFE, RECORD_LIFE};
pub use clip::Clip;
pub use error::ArkError;
pub use model::Region;
pub use routes::TASKS;

use crate::media::Media;
use crate::rates::Rates;
use crate::service::{Fake, Service, lock};
use board::{Board, Now};
use std::collections::HashSet;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A request that was taken, and so costs money unless it fails: a task, or pictures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    /// None of pictures, which have no task.
    pub task_id: Option<String>,
    /// The model's id.
    pub model: String,
    /// The words as they came.
    pub text: String,
    /// How many pictures came with them.
    pub pictures: usize,
    /// The field of that name.
    pub safety_identifier: Option<String>,
    /// The key it was charged to.
    pub key: String,
    /// Milliseconds since the world began, by the service's clock.
    pub at_ms: u64,
}

type Choice = (Box<dyn Fn(&str) -> bool + Send>, Clip);

pub(crate) struct State {
    board: Board,
    keys: HashSet<String>,
    choices: Vec<Choice>,
    default_clip: Clip,
    refused_texts: Vec<(String, ArkError)>,
    refused_pictures: Option<ArkError>,
    edits: Vec<String>,
    closed: HashSet<String>,
    is_overdue: bool,
    quota: Option<u64>,
    rates: Rates,
    limits_reads: bool,
    pictures_made: i64,
    made: Vec<Made>,
}

pub(crate) struct Inner {
    service: Service,
    region: Region,
    results: Media,
    state: Mutex<State>,
}

/// The handle of either service.
#[derive(Clone)]
pub struct Ark(Arc<Inner>);

impl fmt::Debug for Ark {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Ark")
            .field("service", &self.0.service)
            .finish_non_exhaustive()
    }
}

impl Fake for Ark {
    fn service(&self) -> &Service {
        &self.0.service
    }
}

impl Ark {
    pub(crate) fn new(service: Service, region: Region, results: Media) -> Self {
        let state = State {
            board: Board::new(region, results.clone()),
            keys: HashSet::from([region.first_key().to_owned()]),
            choices: Vec::new(),
            default_clip: Clip::video(),
            refused_texts: Vec::new(),
            refused_pictures: None,
            edits: Vec::new(),
            closed: HashSet::new(),
            is_overdue: false,
            quota: None,
            rates: Rates::default(),
            limits_reads: false,
            pictures_made: 1,
            made: Vec::new(),
        };
        Self(Arc::new(Inner {
            service,
            region,
            results,
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

    /// The clip of every request that no condition chose another for.
    pub fn set_default_clip(&self, clip: Clip) {
        self.change(|state| state.default_clip = clip);
    }

    /// The clip of requests whose words contain `text`. Conditions are asked in the order they were given.
    pub fn on_text_containing(&self, text: &str, clip: Clip) {
        let text = text.to_owned();
        self.on_text(move |words| words.contains(&text), clip);
    }

    /// The clip of requests whose words fit a condition.
    pub fn on_text(&self, fits: impl Fn(&str) -> bool + Send + 'static, clip: Clip) {
        self.change(|state| state.choices.push((Box::new(fits), clip)));
    }

    /// Requests whose words contain `text` are refused, with nothing made: moderation before the task.
    pub fn refuse_text_containing(&self, text: &str, error: ArkError) {
        self.change(|state| state.refused_texts.push((text.to_owned(), error)));
    }

    /// Requests with pictures are refused so ([`ArkError::real_face`], [`ArkError::sensitive_image`]); none: they are
    /// taken again.
    pub fn refuse_pictures(&self, error: Option<ArkError>) {
        self.change(|state| state.refused_pictures = error);
    }

    /// Words that contain `text` are taken for the wish to edit, which demands `ratio: adaptive` and `duration: -1`.
    pub fn take_for_edit(&self, text: &str) {
        self.change(|state| state.edits.push(text.to_owned()));
    }

    /// Whether the model is switched on in the console (all are, at first).
    pub fn open_model(&self, model: &str, open: bool) {
        self.change(|state| {
            if open {
                state.closed.remove(model);
            } else {
                state.closed.insert(model.to_owned());
            }
        });
    }

    /// Whether the account owes money: then nothing is made, and everything can be looked at.
    pub fn set_overdue(&self, overdue: bool) {
        self.change(|state| state.is_overdue = overdue);
    }

    /// So many more requests are taken, then none (none: without end).
    pub fn set_quota(&self, left: Option<u64>) {
        self.change(|state| state.quota = left);
    }

    /// Whether looking is limited as well: the list once a second, a task twenty times. Off at first, since clocks of
    /// tests don't run that long; making is always limited (180 a minute).
    pub fn limit_reads(&self, limits: bool) {
        self.change(|state| state.limits_reads = limits);
    }

    /// A task isn't in the list until so long after its submit. By its id it is found at once.
    pub fn delay_list(&self, delay: Duration) {
        self.change(|state| state.board.list_delay = delay);
    }

    /// From now on every answer signs the links in it anew. They die no later for it.
    pub fn sign_links_anew(&self, anew: bool) {
        self.change(|state| state.board.signs_anew = anew);
    }

    /// `safety_identifier` isn't told back: whether it is isn't documented.
    pub fn hide_identifiers(&self, hides: bool) {
        self.change(|state| state.board.hides_identifiers = hides);
    }

    /// How many pictures a request that leaves the number open gets (default 1).
    pub fn set_pictures_made(&self, count: u32) {
        self.change(|state| state.pictures_made = i64::from(count));
    }

    /// Every request that was taken, in order; also one whose answer was lost by a fault.
    pub fn made(&self) -> Vec<Made> {
        lock(&self.0.state).made.clone()
    }

    /// Ids of all tasks that were made, in order.
    pub fn task_ids(&self) -> Vec<String> {
        let made = self.made().into_iter();
        made.filter_map(|made| made.task_id).collect()
    }

    /// How often the task was asked for by its id.
    pub fn polls(&self, task_id: &str) -> u32 {
        let mut state = lock(&self.0.state);
        state.board.find(task_id).map_or(0, |task| task.polls)
    }

    /// Where the task stands by now, if it is still known. Doesn't count as a poll.
    pub fn status(&self, task_id: &str) -> Option<&'static str> {
        self.now_in(|board, _| board.find(task_id).map(|task| task.status.name()))
    }

    /// Where the task's clip lies in the result store.
    pub fn result_path(&self, task_id: &str) -> Option<String> {
        self.now_in(|board, _| board.find(task_id).map(|task| task.path()))
    }

    /// Lets the task do what stands at [`crate::When::Advanced`]. False when there is no such task.
    pub fn advance(&self, task_id: &str) -> bool {
        let found = self.now_in(|board, now| {
            let task = board.find(task_id)?;
            task.advances += 1;
            task.catch_up(now.at);
            Some(())
        });
        self.service().tell();
        found.is_some()
    }

    fn now_in<T>(&self, look: impl FnOnce(&mut Board, Now) -> T) -> T {
        let now = self.0.now();
        let mut state = lock(&self.0.state);
        state.board.catch_up(now);
        look(&mut state.board, now)
    }
}

impl Inner {
    fn now(&self) -> Now {
        Now {
            at: self.service.now(),
            unix_s: self.service.unix_now().as_secs(),
        }
    }
}
