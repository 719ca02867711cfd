//! A task service in the simulated world, by docs/apis/ark.md: one task makes one clip; there is a list of tasks, which may show
//! one late and takes a request a second; links die after a day.
//!
//! What a task came to is told by its id at once; the list shows it when its time has come. The words aren't echoed, so that
//! what tells a task again is how long it may wait, and its model.

use libtv_video_core::io::{Method, Request, Response};
use serde_json::{Value, json};

use super::super::network;
use super::super::run::{MINUTE_MS, START_MS};
use super::{Backend, Ledger};

/// So long a link is good.
const LINK_LIVES_MS: u64 = 24 * 60 * MINUTE_MS;
/// The list takes a request in this time.
const LIST_EVERY_MS: u64 = 1_000;
/// How long a task may wait, in seconds: what the documents allow.
const LIVES_S: std::ops::RangeInclusive<u64> = 3_600..=259_200;
/// What tasks of other programs have, which leave it out.
const USUAL_LIFE_S: u64 = 172_800;
const MODEL: &str = "doubao-seedance-2-5-260628";
/// What all routes begin with.
const TASKS: &str = "https://ark.cn-beijing.volces.com/api/v3/contents/generations/tasks";

/// What becomes of a task.
#[derive(Clone, Copy)]
enum Fate {
    /// A clip, with this ending.
    Clip(&'static str),
    /// An error of this code.
    Fails(&'static str),
    /// The service gives it up.
    Expires,
    /// It goes on.
    Goes,
}

/// A task, ours or another program's.
struct Task {
    /// Its id, which every link to its result has in it.
    id: String,
    /// When it was made.
    made_ms: u64,
    /// How long it may wait, in seconds, as its maker said.
    life_s: u64,
    /// Its model.
    model: String,
    /// What becomes of it.
    fate: Fate,
    /// When that is.
    ends_ms: u64,
    /// The place of its result in the ledger; none of somebody else's.
    made: Option<usize>,
}

/// The service.
pub(super) struct Ark {
    /// How long after its making a task shows up in the list.
    pub(super) listed_after_ms: u64,
    /// Until then the list answers with an error.
    pub(super) list_down_until_ms: u64,
    /// Something in front of the service makes two requests of one.
    pub(super) makes_two: bool,
    /// Whether each answer signs links anew.
    pub(super) signs_anew: bool,
    /// Whether the list says how many tasks there are.
    pub(super) tells_total: bool,
    /// All tasks of the key.
    tasks: Vec<Task>,
    /// When the list was asked for last.
    listed_ms: u64,
}

impl Ark {
    /// With tasks that another program has made with the same key, before and meanwhile.
    pub(super) fn new(ledger: &mut Ledger) -> Self {
        let mut ark = Self {
            listed_after_ms: 0,
            list_down_until_ms: 0,
            makes_two: false,
            signs_anew: false,
            tells_total: true,
            tasks: Vec::new(),
            listed_ms: 0,
        };
        for (number, made_ms) in [
            START_MS - 180 * MINUTE_MS,
            START_MS - MINUTE_MS / 2,
            START_MS + MINUTE_MS,
            START_MS + 5 * MINUTE_MS,
        ]
        .into_iter()
        .enumerate()
        {
            let id = format!("cgt-other-{number}");
            ledger.foreign.push(id.clone());
            ark.tasks.push(Task {
                id,
                made_ms,
                life_s: USUAL_LIFE_S,
                model: MODEL.to_owned(),
                fate: Fate::Clip("mp4"),
                ends_ms: made_ms + MINUTE_MS,
                made: None,
            });
        }
        ark
    }

    /// Takes a request on, where it is one.
    fn submit(&mut self, ledger: &mut Ledger, body: &[u8], now_ms: u64) -> Response {
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let text = body.pointer("/content/0/text").and_then(Value::as_str);
        let life_s = body.get("execution_expires_after").and_then(Value::as_u64);
        let model = body.get("model").and_then(Value::as_str);
        let (Some(text), Some(life_s), Some(model)) = (text, life_s, model) else {
            return refused(400, "MissingParameter");
        };
        if !LIVES_S.contains(&life_s) {
            return refused(400, "InvalidParameter");
        }
        let first = self.take(ledger, text, life_s, model, now_ms);
        if self.makes_two {
            self.take(ledger, text, life_s, model, now_ms);
            if let Some(twin) = ledger.charges.last_mut() {
                twin.is_twin = true;
            }
        }
        network::response(200, &json!({ "id": first }).to_string())
    }

    /// Makes a task, which is charged from here on; its id.
    fn take(
        &mut self,
        ledger: &mut Ledger,
        text: &str,
        life_s: u64,
        model: &str,
        now_ms: u64,
    ) -> String {
        let charge = ledger.charges.len();
        let id = format!("cgt-{charge:04}");
        ledger.charge(text, &id);
        let (after_s, fate) = fate(text);
        let made = matches!(fate, Fate::Clip(_)).then(|| {
            ledger.make(charge, id.clone());
            ledger.made.len() - 1
        });
        self.tasks.push(Task {
            id: id.clone(),
            made_ms: now_ms,
            life_s,
            model: model.to_owned(),
            fate,
            ends_ms: now_ms + after_s * 1_000,
            made,
        });
        id
    }

    /// The newest tasks, or why there are none now.
    fn list(&mut self, query: &str, now_ms: u64) -> Response {
        let was_ms = std::mem::replace(&mut self.listed_ms, now_ms);
        if now_ms < was_ms + LIST_EVERY_MS {
            return refused(429, "AccountRateLimitExceeded");
        }
        if now_ms < self.list_down_until_ms {
            return refused(500, "InternalServiceError");
        }
        let size = query.rsplit("page_size=").next();
        let size = size.and_then(|size| size.parse().ok()).unwrap_or(10);
        let is_listed = |task: &&Task| task.made_ms + self.listed_after_ms <= now_ms;
        let mut listed: Vec<&Task> = self.tasks.iter().filter(is_listed).collect();
        listed.sort_by_key(|task| std::cmp::Reverse(task.made_ms));
        let mut answer = json!({});
        if self.tells_total {
            answer["total"] = listed.len().into();
        }
        let items = listed.into_iter().take(size);
        answer["items"] = items.map(|task| self.told(task, now_ms)).collect();
        network::response(200, &answer.to_string())
    }

    /// A task by its id, with a link that is signed now or was at its end.
    fn one(&self, ledger: &mut Ledger, id: &str, now_ms: u64) -> Response {
        let is_it = |task: &&Task| task.id == id && task.made_ms <= now_ms;
        let Some(task) = self.tasks.iter().find(is_it) else {
            return refused(404, "NotFound.Task");
        };
        if let Some(made) = task.made.and_then(|at| ledger.made.get_mut(at)) {
            made.dies_at_ms = Some(self.signed_ms(task, now_ms) + LINK_LIVES_MS);
        }
        network::response(200, &self.told(task, now_ms).to_string())
    }

    /// When the links of an answer are signed.
    const fn signed_ms(&self, task: &Task, now_ms: u64) -> u64 {
        if self.signs_anew {
            now_ms
        } else {
            task.ends_ms
        }
    }

    /// A task as it is told.
    fn told(&self, task: &Task, now_ms: u64) -> Value {
        let has_ended = task.ends_ms <= now_ms;
        let status = match (task.fate, has_ended) {
            _ if now_ms < task.made_ms + 10_000 => "queued",
            (_, false) | (Fate::Goes, _) => "running",
            (Fate::Clip(_), true) => "succeeded",
            (Fate::Fails(_), true) => "failed",
            (Fate::Expires, true) => "expired",
        };
        let mut told = json!({
            "id": task.id,
            "model": task.model,
            "status": status,
            "created_at": task.made_ms / 1_000,
            "updated_at": now_ms.min(task.ends_ms) / 1_000,
            "execution_expires_after": task.life_s,
        });
        if let (Fate::Clip(ending), true) = (task.fate, has_ended) {
            let (signed_ms, id) = (self.signed_ms(task, now_ms), &task.id);
            told["content"] = json!({"video_url": format!(
                "https://ark-acg-cn-beijing.tos-cn-beijing.volces.com/seedance/{id}.{ending}?X-Tos-Date={signed_ms}&X-Tos-Expires=86400&X-Tos-Signature={signed_ms:x}"
            )});
        }
        if let (Fate::Fails(code), true) = (task.fate, has_ended) {
            told["error"] = json!({"code": code, "message": "it failed. Request id: 1"});
        }
        told
    }
}

impl Backend for Ark {
    fn answer(&mut self, ledger: &mut Ledger, request: &Request, now_ms: u64) -> Response {
        let Some(rest) = request.url.strip_prefix(TASKS) else {
            return network::response(404, "404 page not found");
        };
        match (request.method, rest.as_bytes().first()) {
            (Method::Post, None) => self.submit(ledger, &request.body, now_ms),
            (Method::Get, Some(b'?')) => self.list(rest, now_ms),
            (Method::Get, Some(b'/')) => self.one(ledger, &rest[1..], now_ms),
            _ => network::response(404, "404 page not found"),
        }
    }

    fn ends_at_ms(&self) -> u64 {
        let ends = self.tasks.iter().map(|task| task.ends_ms);
        ends.max().unwrap_or(0)
    }
}

/// When a link dies that has its time in it; never where it has none.
pub(in super::super) fn dies_at_ms(url: &str) -> Option<u64> {
    let signed = url.split("X-Tos-Date=").nth(1)?.split('&').next()?;
    Some(signed.parse::<u64>().ok()? + LINK_LIVES_MS)
}

/// What becomes of a request, by its words: how many seconds after the submit, and what.
fn fate(text: &str) -> (u64, Fate) {
    let has = |word: &str| text.contains(word);
    if has("moderated") {
        (
            900,
            Fate::Fails("OutputVideoSensitiveContentDetected.PolicyViolation"),
        )
    } else if has("expire") {
        (3_000, Fate::Expires)
    } else if has("fail") {
        (60, Fate::Fails("InvalidParameter.TaskTypeConstraint"))
    } else if has("quiet") {
        (0, Fate::Goes)
    } else if has("late") {
        (10_000, Fate::Clip("mp4"))
    } else if has("huge") {
        (90, Fate::Clip("huge.mp4"))
    } else {
        (90, Fate::Clip("mp4"))
    }
}

/// An error in the service's own words.
fn refused(status: u16, code: &str) -> Response {
    let body = json!({"error": {"code": code, "message": "no. Request id: 1", "type": ""}});
    network::response(status, &body.to_string())
}
