//! A session service of another shape in the simulated world, by docs/apis/pippit.md: threads with runs, whose entries have
//! numbers; no list, and a thread that may have been there before, with somebody else's runs in it.
//!
//! Only a run tells what is an answer: its thread may have others, of this account and of before.

use libtv_video_core::io::{Request, Response};
use serde_json::{Value, json};

use super::super::network;
use super::super::rng::Rng;
use super::super::run::START_MS;
use super::super::scenario::{self, Says};
use super::{Backend, Ledger};

/// What all routes begin with.
const BEGIN: &str = "https://xyq.jianying.com/api/biz/v1/skill/";
/// The account's own thread.
const DEFAULT_THREAD: &str = "marketing_default";

// Where a run stands, by the service's numbers.
const QUEUED: u64 = 1;
const RUNNING: u64 = 2;
const DONE: u64 = 3;
const FAILED: u64 = 4;
const ASKS: u64 = 9;

/// What a run says from a time on.
struct Said {
    /// When it is seen from.
    at_ms: u64,
    /// The entry; none where only the state changes.
    entry: Option<Value>,
    /// Where the run stands from then on.
    state: u64,
}

/// A run of a thread.
struct Run {
    /// Its thread.
    thread: String,
    /// Its id, by which alone its answer is known.
    id: String,
    /// What it says, in the order of the times.
    said: Vec<Said>,
}

/// The service.
pub(super) struct Pippit {
    /// Whether a request without a thread lands in the account's own.
    has_default: bool,
    /// Whether entries tell their numbers.
    tells_seq: bool,
    /// Whether an answer has the run alone that was asked for.
    only_asked: bool,
    /// All runs, in the order of their submits.
    runs: Vec<Run>,
}

impl Pippit {
    /// With a run of somebody else in the account's own thread.
    pub(super) fn new(rng: &mut Rng, ledger: &mut Ledger) -> Self {
        let mut pippit = Self {
            has_default: rng.chance(400),
            tells_seq: rng.chance(500),
            only_asked: rng.chance(500),
            runs: Vec::new(),
        };
        let file = "asset-other".to_owned();
        let run = pippit.run(DEFAULT_THREAD, "run-other", "a video", START_MS - 1);
        for said in &mut pippit.runs[run].said {
            if let Some(entry) = said
                .entry
                .as_mut()
                .filter(|entry| entry["artifact"].is_object())
            {
                *entry = artifact(&file, "mp4");
            }
        }
        ledger.foreign.push(file);
        pippit
    }

    /// Takes a request on, in a new thread or in one that is there.
    fn submit(&mut self, ledger: &mut Ledger, body: &Value, now_ms: u64) -> Response {
        let Some(text) = body.get("message").and_then(Value::as_str) else {
            return answered(2, "参数错误: message", Value::Null);
        };
        let number = ledger.charges.len() + 1;
        let thread = match body.get("thread_id").and_then(Value::as_str) {
            Some(thread) => thread.to_owned(),
            None if self.has_default => DEFAULT_THREAD.to_owned(),
            None => format!("marketing_{number:04}"),
        };
        let charge = ledger.charge(text, &thread);
        let id = format!("run-{number:04}");
        let run = self.run(&thread, &id, text, now_ms);
        for (_, file) in files(&self.runs[run]) {
            ledger.make(charge, file);
        }
        let data = json!({"run": {"thread_id": thread, "run_id": id, "state": QUEUED}});
        answered(0, "", data)
    }

    /// Begins a run; its place.
    fn run(&mut self, thread: &str, id: &str, text: &str, now_ms: u64) -> usize {
        let mut said = vec![Said {
            at_ms: now_ms,
            entry: Some(message("user", "text", text.into())),
            state: QUEUED,
        }];
        for (after_s, says) in scenario::job(text) {
            let (entry, state) = match says {
                Says::Calls(_) => (None, RUNNING),
                Says::Result(call, ending) => {
                    let file = format!("asset-{id}-{call}");
                    (Some(artifact(&file, ending)), RUNNING)
                }
                Says::Error(_) => (None, FAILED),
                Says::Asks => (Some(question()), ASKS),
                Says::Words => (
                    Some(message("assistant", "text", "That is all.".into())),
                    DONE,
                ),
            };
            said.push(Said {
                at_ms: now_ms + after_s * 1_000,
                entry,
                state,
            });
        }
        self.runs.push(Run {
            thread: thread.to_owned(),
            id: id.to_owned(),
            said,
        });
        self.runs.len() - 1
    }

    /// What a thread shows by now.
    fn thread(&self, body: &Value, now_ms: u64) -> Response {
        let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
        let (thread, run) = (text("thread_id"), text("run_id"));
        let from = body.get("after_seq").and_then(Value::as_u64).unwrap_or(0);
        let of_thread = || self.runs.iter().filter(|run| run.thread == thread);
        if !of_thread().any(|one| one.id == run) {
            return answered(2, "参数错误: thread_id", Value::Null);
        }
        let told = of_thread().filter(|one| !self.only_asked || one.id == run);
        let runs = told.map(|run| self.told(run, from, now_ms));
        let runs: Vec<Value> = runs.collect();
        answered(0, "", json!({"thread": {"run_list": runs}}))
    }

    /// A run as it is told: its entries from this number on.
    fn told(&self, run: &Run, from: u64, now_ms: u64) -> Value {
        let seen = || run.said.iter().filter(|said| said.at_ms <= now_ms);
        let state = seen().next_back().map_or(QUEUED, |said| {
            // A failure is a run's last word, whatever it says behind it.
            let failed = seen().any(|said| said.state == FAILED);
            if failed { FAILED } else { said.state }
        });
        let entries = seen().filter_map(|said| said.entry.as_ref());
        let numbered = (1..).zip(entries).filter(|(seq, _)| *seq >= from);
        let entries = numbered.map(|(seq, entry): (u64, _)| {
            let mut entry = signed(entry, now_ms);
            if self.tells_seq {
                entry["seq"] = seq.into();
            }
            entry
        });
        let entries: Vec<Value> = entries.collect();
        let mut told = json!({"run_id": run.id, "state": state, "entry_list": entries});
        if state == FAILED {
            told["fail_reason"] = json!({"code": 11001, "message": "no credits"});
        }
        told
    }
}

impl Backend for Pippit {
    fn answer(&mut self, ledger: &mut Ledger, request: &Request, now_ms: u64) -> Response {
        let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        match request.url.strip_prefix(BEGIN) {
            Some("submit_run") => self.submit(ledger, &body, now_ms),
            Some("get_thread") => self.thread(&body, now_ms),
            _ => network::response(404, "404 page not found"),
        }
    }

    fn ends_at_ms(&self) -> u64 {
        let said = self.runs.iter().flat_map(|run| &run.said);
        said.map(|said| said.at_ms).max().unwrap_or(0)
    }
}

/// The results of a run, each with its ending.
fn files(run: &Run) -> Vec<(String, String)> {
    let entries = run.said.iter().filter_map(|said| said.entry.as_ref());
    let of = |entry: &Value, name: &str| {
        let text = entry.pointer(&["/artifact/content/0/", name].concat());
        text.and_then(Value::as_str).map(str::to_owned)
    };
    entries
        .filter_map(|entry| Some((of(entry, "ending")?, of(entry, "pippit_asset_id")?)))
        .collect()
}

/// An entry with its links as this answer has them: signed anew, in the path or in the query.
fn signed(entry: &Value, now_ms: u64) -> Value {
    let mut entry = entry.clone();
    let Some(part) = entry.pointer_mut("/artifact/content/0") else {
        return entry;
    };
    let ending = part["ending"].take();
    let (file, ending) = (
        part["pippit_asset_id"].as_str().unwrap_or_default(),
        ending.as_str().unwrap_or_default(),
    );
    let data = if ending == "png" {
        let url = format!(
            "https://p9.byteimg.com/tos/{file}.{ending}?x-expires={now_ms}&x-signature={now_ms:x}"
        );
        json!({"image": {"asset_id": file, "url": url}})
    } else {
        let url = format!("https://v3.vlabvod.com/{now_ms:x}/{file}.{ending}/?a=1&br=2");
        json!({"video": {"asset_id": file, "url": url}})
    };
    // As a text, as it comes from there.
    part["data"] = data.to_string().into();
    entry
}

/// An entry with words.
fn message(role: &str, kind: &str, data: Value) -> Value {
    json!({"message": {"role": role, "content": [{"type": kind, "data": data}]}})
}

/// An entry with a result; its link is made when it is told.
fn artifact(file: &str, ending: &str) -> Value {
    let part = json!({"type": "data", "sub_type": "biz/x_data_video", "pippit_asset_id": file, "ending": ending});
    json!({"artifact": {"artifact_id": format!("artifact-{file}"), "role": "assistant", "content": [part]}})
}

/// An entry that asks.
fn question() -> Value {
    let data = json!({"questions": [{"question": "Which style?", "options": ["ink", "oil"]}]});
    let part =
        json!({"type": "data", "sub_type": "biz/x_data_dynamic_questionnaire", "data": data});
    json!({"message": {"role": "assistant", "content": [part]}})
}

/// The envelope of every answer.
fn answered(ret: u64, words: &str, data: Value) -> Response {
    let body = json!({"ret": ret.to_string(), "errmsg": words, "log_id": "1", "data": data});
    network::response(200, &body.to_string())
}
