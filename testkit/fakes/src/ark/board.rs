//! All tasks of the account: made, found, listed, cancelled, forgotten. Knows neither HTTP nor keys.

use super::Region;
use super::clip::Clip;
use super::error::ArkError;
use super::request::Wanted;
use super::task::{STATUSES, Status, Task};
use crate::civil::compact;
use crate::media::Media;
use crate::record::Recorded;
use serde_json::{Value, json};
use std::time::Duration;

/// "Valid 24 h", from the end of the task on.
pub const LINK_LIFE: Duration = Duration::from_secs(24 * 3600);
/// "Task records are kept 7 days", from the submit on.
pub const RECORD_LIFE: Duration = Duration::from_secs(7 * 24 * 3600);
/// Of the list's pages (?).
const DEFAULT_PAGE_SIZE: usize = 20;
/// Of both the page's number and its size.
const MAX_PAGE: usize = 500;
/// What the list may be asked for; anything else is refused.
const LIST_KEYS: &[&str] = &[
    "page_num",
    "page_size",
    "filter.status",
    "filter.model",
    "filter.service_tier",
    "filter.task_ids",
];

#[derive(Debug)]
pub(crate) struct Board {
    region: Region,
    results: Media,
    /// Oldest first.
    pub(crate) tasks: Vec<Task>,
    made: u32,
    /// Whether each answer signs the links of a result again.
    pub(crate) signs_anew: bool,
    /// Whether `safety_identifier` is left out of every answer.
    pub(crate) hides_identifiers: bool,
    /// So long after its submit a task isn't in the list yet.
    pub(crate) list_delay: Duration,
}

/// A moment by the service's clock: since the world began, and as a date.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Now {
    /// Since the world began.
    pub(crate) at: Duration,
    /// The same as a date.
    pub(crate) unix_s: u64,
}

impl Board {
    /// A board without tasks.
    pub(crate) fn new(region: Region, results: Media) -> Self {
        Self {
            region,
            results,
            tasks: Vec::new(),
            made: 0,
            signs_anew: false,
            hides_identifiers: false,
            list_delay: Duration::ZERO,
        }
    }

    /// The answer to a submit.
    pub(crate) fn create(&mut self, wanted: Wanted, clip: Clip, now: Now) -> Value {
        self.made += 1;
        // Both services give ids of one form, and never the same one.
        let begin = match self.region {
            Region::China => 0,
            Region::Abroad => 1 << 20,
        };
        let id = format!("cgt-{}-{}", stamp(now.unix_s), letters(begin + self.made));
        let mut answer = json!({ "id": id });
        if let Some(identifier) = wanted
            .safety_identifier
            .as_ref()
            .filter(|_| !self.hides_identifiers)
        {
            answer["safety_identifier"] = identifier.as_str().into();
        }
        self.tasks.push(Task {
            id,
            wanted,
            clip,
            status: Status::Queued,
            created: now.at,
            created_s: now.unix_s,
            updated_s: now.unix_s,
            polls: 0,
            advances: 0,
            links: None,
        });
        answer
    }

    /// Brings everything up to date, and forgets what is too old.
    pub(crate) fn catch_up(&mut self, now: Now) {
        self.tasks
            .retain(|task| now.at < task.created + RECORD_LIFE);
        for task in &mut self.tasks {
            task.catch_up(now.at);
            if task.status == Status::Succeeded {
                sign(
                    task,
                    &self.results,
                    self.region,
                    self.signs_anew,
                    now.unix_s,
                );
            }
        }
    }

    /// The task of this id, unless it was forgotten.
    pub(crate) fn find(&mut self, id: &str) -> Option<&mut Task> {
        self.tasks.iter_mut().find(|task| task.id == id)
    }

    /// Asked for by its id.
    pub(crate) fn poll(&mut self, id: &str, now: Now) -> Result<Value, ArkError> {
        if let Some(task) = self.find(id) {
            task.polls += 1;
        }
        self.catch_up(now);
        let echoes = !self.hides_identifiers;
        let task = self.find(id).ok_or_else(|| ArkError::no_task(id))?;
        Ok(task.told(echoes))
    }

    /// Cancels what is queued, deletes what is over.
    pub(crate) fn delete(&mut self, id: &str, now: Now) -> Result<Value, ArkError> {
        self.catch_up(now);
        let task = self.find(id).ok_or_else(|| ArkError::no_task(id))?;
        match task.status {
            Status::Queued => {
                task.status = Status::Cancelled;
                task.updated_s = now.unix_s;
            }
            Status::Running => return Err(ArkError::running()),
            Status::Cancelled => {
                let message = "Cannot delete task because it has been cancelled.";
                return Err(ArkError::new(
                    "InvalidAction.CancelledTaskDeletion",
                    message,
                ));
            }
            Status::Succeeded | Status::Failed(_) | Status::Expired => {
                self.tasks.retain(|task| task.id != id);
            }
        }
        Ok(json!({}))
    }

    /// The newest first; `total` counts what fits, not what is on the page.
    pub(crate) fn list(&mut self, request: &Recorded, now: Now) -> Result<Value, ArkError> {
        self.catch_up(now);
        for (key, _) in request.query_pairs() {
            if !LIST_KEYS.contains(&key.as_str()) {
                return Err(ArkError::invalid(&key, "it is not known"));
            }
        }
        let page = number(request, "page_num")?.unwrap_or(1);
        let size = number(request, "page_size")?.unwrap_or(DEFAULT_PAGE_SIZE);
        let status = request.query_value("filter.status");
        if status
            .as_deref()
            .is_some_and(|status| !STATUSES.contains(&status))
        {
            return Err(ArkError::invalid("filter.status", "it is no status"));
        }
        let (model, tier) = (
            request.query_value("filter.model"),
            request.query_value("filter.service_tier"),
        );
        let ids = request.query_values("filter.task_ids");
        let is = |wanted: &Option<String>, got: &str| {
            wanted.as_deref().is_none_or(|wanted| wanted == got)
        };
        let fits = |task: &&Task| {
            now.at >= task.created + self.list_delay
                && is(&status, task.status.name())
                && is(&model, task.wanted.model.id)
                && is(&tier, &task.wanted.service_tier)
                && (ids.is_empty() || ids.contains(&task.id))
        };
        let found: Vec<_> = self.tasks.iter().rev().filter(fits).collect();
        let on_page = found.iter().skip((page - 1) * size).take(size);
        let items: Vec<_> = on_page
            .map(|task| task.told(!self.hides_identifiers))
            .collect();
        Ok(json!({"total": found.len(), "items": items}))
    }
}

/// A link is signed when the clip is done, and dead a day later however often it is signed again.
fn sign(task: &mut Task, results: &Media, region: Region, anew: bool, now_s: u64) {
    let left_s = (task.updated_s + LINK_LIFE.as_secs()).saturating_sub(now_s);
    let is_alive = left_s > 0;
    if task.links.is_some() && !(anew && is_alive) {
        return;
    }
    let host = region.host(task.wanted.model.bucket);
    let (from_s, valid_s) = if anew && is_alive {
        (now_s, left_s)
    } else {
        (task.updated_s, LINK_LIFE.as_secs())
    };
    let video = task.path();
    let frame = format!("{}_last_frame.png", video.trim_end_matches(".mp4"));
    let link = |path: &str| results.sign(host, path, from_s, valid_s);
    task.links = Some((link(&video), link(&frame)));
}

/// A number of a page or of its items.
///
/// # Errors
/// It is none, or beyond [`MAX_PAGE`].
fn number(request: &Recorded, name: &str) -> Result<Option<usize>, ArkError> {
    let Some(value) = request.query_value(name) else {
        return Ok(None);
    };
    let number = value
        .parse()
        .ok()
        .filter(|number| (1..=MAX_PAGE).contains(number));
    match number {
        None => Err(ArkError::invalid(name, "it must be within [1, 500]")),
        number => Ok(number),
    }
}

/// `20260628031415`.
fn stamp(unix_s: u64) -> String {
    compact(unix_s).replace(['T', 'Z'], "")
}

/// Five letters and digits, another five each time.
fn letters(number: u32) -> String {
    const LETTERS: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";
    let mut mixed = number.wrapping_mul(0x9e37_79b1) >> 4;
    (0..5)
        .map(|_| {
            let letter = LETTERS[mixed as usize % LETTERS.len()];
            mixed /= LETTERS.len() as u32;
            char::from(letter)
        })
        .collect()
}
