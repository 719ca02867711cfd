//! Threads and their runs: what they have shown so far. Knows neither HTTP nor keys.

use super::run::{Kind, Run, RunState, Shown};
use serde_json::{Value, json};
use std::time::Duration;

/// How entries are told.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Telling {
    /// Stands behind each link, when links are signed: another with each answer.
    pub(crate) signature: Option<u64>,
    /// `data` is an object instead of a string with JSON in it.
    pub(crate) data_is_object: bool,
    /// The link stands in `download_url` instead of `url`.
    pub(crate) in_download_url: bool,
    /// Entries carry no `seq`.
    pub(crate) hides_seq: bool,
    /// An answer has the run alone that was asked for.
    pub(crate) only_asked: bool,
}

#[derive(Debug)]
enum What {
    Message(&'static str, Vec<Value>),
    Artifact(Kind, String),
}

#[derive(Debug)]
struct Entry {
    seq: u64,
    id: String,
    what: What,
}

/// One run of a thread.
#[derive(Debug)]
pub(crate) struct Running {
    pub(crate) id: String,
    run: Run,
    next_stage: usize,
    began: Duration,
    pub(crate) polls: u32,
    pub(crate) advances: u32,
    pub(crate) state: RunState,
    fail_reason: Option<Value>,
    entries: Vec<Entry>,
}

/// A conversation; its runs share the numbers of their entries.
#[derive(Debug)]
pub(crate) struct Thread {
    pub(crate) id: String,
    pub(crate) runs: Vec<Running>,
    last_seq: u64,
}

impl Thread {
    pub(crate) fn new(id: String) -> Self {
        Self {
            id,
            runs: Vec::new(),
            last_seq: 0,
        }
    }

    /// Begins a run with the user's message.
    pub(crate) fn begin(&mut self, id: String, run: Run, content: Vec<Value>, now: Duration) {
        self.last_seq += 1;
        let message = Entry {
            seq: self.last_seq,
            id: format!("msg-{}", self.last_seq),
            what: What::Message("user", content),
        };
        self.runs.push(Running {
            id,
            run,
            next_stage: 0,
            began: now,
            polls: 0,
            advances: 0,
            state: RunState::Queued,
            fail_reason: None,
            entries: vec![message],
        });
    }

    pub(crate) fn run(&mut self, id: &str) -> Option<&mut Running> {
        self.runs.iter_mut().find(|run| run.id == id)
    }

    /// Shows what is due.
    pub(crate) fn catch_up(&mut self, now: Duration) {
        for run in &mut self.runs {
            run.catch_up(&mut self.last_seq, now);
        }
    }

    /// Every run, or the one that was asked for, with the entries whose `seq` is `after_seq` or more.
    pub(crate) fn told(&self, asked: &str, after_seq: u64, telling: Telling) -> Value {
        let runs = self.runs.iter();
        let runs: Vec<_> = runs
            .filter(|run| !telling.only_asked || run.id == asked)
            .map(|run| run.told(after_seq, telling))
            .collect();
        json!({"thread_id": self.id, "run_list": runs})
    }
}

impl Running {
    fn catch_up(&mut self, last_seq: &mut u64, now: Duration) {
        while let Some(stage) = self.run.stages.get(self.next_stage) {
            let elapsed = now.saturating_sub(self.began);
            if !stage.when.is_due(self.polls, elapsed, &mut self.advances) {
                break;
            }
            self.next_stage += 1;
            if self.state == RunState::Queued {
                self.state = RunState::Running;
            }
            for shown in stage.shown.clone() {
                self.show(shown, last_seq);
            }
        }
    }

    fn show(&mut self, shown: Shown, last_seq: &mut u64) {
        let what = match shown {
            Shown::State(state, reason) => {
                (self.state, self.fail_reason) = (state, reason);
                return;
            }
            Shown::Message(content) => What::Message("assistant", content),
            Shown::Artifact(kind, path) => {
                What::Artifact(kind, address(kind, &path.replace("{run}", &self.id)))
            }
        };
        *last_seq += 1;
        let id = match what {
            What::Message(..) => format!("msg-{last_seq}"),
            What::Artifact(..) => format!("artifact-{last_seq}"),
        };
        self.entries.push(Entry {
            seq: *last_seq,
            id,
            what,
        });
    }

    fn told(&self, after_seq: u64, telling: Telling) -> Value {
        let newer = self.entries.iter().filter(|entry| entry.seq >= after_seq);
        let entries: Vec<_> = newer.map(|entry| entry.told(telling)).collect();
        let mut told = json!({
            "run_id": self.id,
            "state": self.state as u8,
            "entry_list": entries,
        });
        if let Some(reason) = &self.fail_reason {
            told["fail_reason"] = reason.clone();
        }
        told
    }

    /// The short form: the state and the links alone.
    pub(crate) fn result(&self, telling: Telling) -> Value {
        let links = |wanted: Kind| -> Vec<String> {
            let artifacts = self.entries.iter().filter_map(|entry| match &entry.what {
                What::Artifact(kind, url) if *kind == wanted => Some(url),
                _ => None,
            });
            artifacts.map(|url| signed(url, telling)).collect()
        };
        json!({
            "run_state": self.state as u8,
            "video_urls": links(Kind::Video),
            "image_urls": links(Kind::Image),
            "fail_reason": self.fail_reason,
        })
    }
}

impl Entry {
    fn told(&self, telling: Telling) -> Value {
        let mut told = match &self.what {
            What::Message(role, content) => json!({"type": 1, "message": {
                "message_id": self.id, "role": role, "content": content, "client_tool_calls": [],
            }}),
            What::Artifact(kind, url) => json!({"type": 2, "artifact": {
                "artifact_id": self.id, "role": "assistant", "content": [self.artifact(*kind, url, telling)],
            }}),
        };
        if !telling.hides_seq {
            told["seq"] = self.seq.into();
        }
        told
    }

    fn artifact(&self, kind: Kind, url: &str, telling: Telling) -> Value {
        let name = kind.name();
        let asset_id = format!("asset-of-{}", self.id);
        let field = if telling.in_download_url {
            "download_url"
        } else {
            "url"
        };
        let data = json!({ name: {"asset_id": asset_id, field: signed(url, telling)} });
        let data = if telling.data_is_object {
            data
        } else {
            data.to_string().into()
        };
        json!({
            "type": "data",
            "sub_type": format!("biz/x_data_{name}"),
            "pippit_asset_id": format!("pippit-{asset_id}"),
            "data": data,
        })
    }
}

fn address(kind: Kind, path_or_url: &str) -> String {
    if !path_or_url.starts_with('/') {
        return path_or_url.to_owned();
    }
    let [videos, images] = crate::PIPPIT_MEDIA_HOSTS;
    let host = match kind {
        Kind::Video => videos,
        Kind::Image => images,
    };
    format!("https://{host}{path_or_url}")
}

fn signed(url: &str, telling: Telling) -> String {
    match telling.signature {
        None => url.to_owned(),
        Some(count) => format!("{url}?x-expires=4000000000&x-signature=s%2B{count}"),
    }
}
