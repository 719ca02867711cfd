//! Sessions, turns and what they have shown so far. Knows neither HTTP nor keys.

use super::job::Job;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::time::Duration;

/// A submit that was accepted, and so charged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submit {
    /// The session it began or continued.
    pub session_id: String,
    /// The project of that session.
    pub project_uuid: String,
    /// The message as it came.
    pub text: String,
    /// The key it was charged to.
    pub key: String,
    /// Whether it began the session.
    pub new_session: bool,
    /// Milliseconds since the world began, by the service's clock.
    pub at_ms: u64,
}

/// One message of the user and the script that answers it. Times and polls of the script count from the moment
/// it began.
#[derive(Debug)]
struct Turn {
    job: Job,
    next_stage: usize,
    began: Duration,
    began_polls: u32,
}

/// A session as the service keeps it: its messages so far, and the turns whose scripts go on.
#[derive(Debug, Default)]
pub(crate) struct Session {
    pub(crate) project_uuid: String,
    pub(crate) created: Duration,
    pub(crate) polls: u32,
    pub(crate) messages: Vec<Value>,
    advances: u32,
    turns: Vec<Turn>,
}

impl Session {
    /// Begins the next turn. The user's message is shown first, unless the job leaves it out; without `text`
    /// there is none.
    fn begin(&mut self, id: &str, job: Job, text: Option<&str>, now: Duration) {
        if let Some(text) = text.filter(|_| job.echoes) {
            self.show(
                id,
                &json!({"role": "user", "content": text}),
                self.turns.len() + 1,
                job.numbered,
            );
        }
        self.turns.push(Turn {
            job,
            next_stage: 0,
            began: now,
            began_polls: self.polls,
        });
    }

    /// Shows what is due.
    fn catch_up(&mut self, id: &str, now: Duration) {
        for index in 0..self.turns.len() {
            loop {
                let turn = &mut self.turns[index];
                let Some(stage) = turn.job.stages.get(turn.next_stage) else {
                    break;
                };
                let polls = self.polls - turn.began_polls;
                let elapsed = now.saturating_sub(turn.began);
                let due = stage.when.is_due(polls, elapsed, &mut self.advances);
                if !due {
                    break;
                }
                turn.next_stage += 1;
                let (messages, numbered) = (stage.messages.clone(), turn.job.numbered);
                for message in messages {
                    self.show(id, &message, index + 1, numbered);
                }
            }
        }
    }

    /// Appends a message with its id, its `seq` if the job numbers its messages, and `{session}` and `{turn}`
    /// replaced.
    fn show(&mut self, id: &str, template: &Value, turn: usize, numbered: bool) {
        let text = template
            .to_string()
            .replace("{session}", id)
            .replace("{turn}", &turn.to_string());
        // Neither a session id nor a number can break JSON text, unless a test hands out ids that do.
        let mut message = serde_json::from_str(&text).unwrap_or_else(|_| template.clone());
        let seq = self.messages.len() + 1;
        message["id"] = format!("msg-{seq}").into();
        // A message without `seq` still takes up its number: `seq` is the place in the session.
        if numbered {
            message["seq"] = seq.into();
        }
        self.messages.push(message);
    }

    /// Addresses that tools have returned, in order.
    pub(crate) fn result_urls(&self) -> Vec<String> {
        let tools = self
            .messages
            .iter()
            .filter(|message| message["role"] == "tool");
        tools
            .filter_map(|message| serde_json::from_str::<Value>(message["content"].as_str()?).ok())
            .flat_map(|content| {
                let result = &content["task_result"];
                let media = [&result["images"], &result["videos"]];
                media
                    .into_iter()
                    .filter_map(Value::as_array)
                    .flatten()
                    .cloned()
                    .collect::<Vec<_>>()
            })
            .filter_map(|media| {
                ["previewPath", "url", "videoUrl"]
                    .iter()
                    .find_map(|field| media[field].as_str().map(str::to_owned))
            })
            .collect()
    }

    /// One of the gateway's task statuses, with the failure's reason.
    pub(crate) fn status(&self) -> (&'static str, Option<&str>) {
        let Some(turn) = self.turns.last() else {
            return ("pending", None);
        };
        if turn.next_stage < turn.job.stages.len() {
            return ("rendering", None);
        }
        match &turn.job.failure {
            Some(reason) => ("failed", Some(reason)),
            None if self.result_urls().is_empty() => ("rendering", None),
            None => ("completed", None),
        }
    }
}

/// All sessions of one service, and the submits that were charged.
#[derive(Debug)]
pub(crate) struct Engine {
    seed: u32,
    made_ids: u32,
    pub(crate) next_session_id: Option<String>,
    project_uuid: String,
    pub(crate) sessions: HashMap<String, Session>,
    pub(crate) order: Vec<String>,
    pub(crate) submits: Vec<Submit>,
}

impl Engine {
    /// An empty service with a project. The seed decides every id it makes.
    pub(crate) fn new(seed: u32) -> Self {
        let mut engine = Self {
            seed,
            made_ids: 0,
            next_session_id: None,
            project_uuid: String::new(),
            sessions: HashMap::new(),
            order: Vec::new(),
            submits: Vec::new(),
        };
        engine.change_project();
        engine
    }

    /// Shaped like a UUID, the same on every run, different from the first digits on.
    pub(crate) fn make_id(&mut self) -> String {
        self.made_ids += 1;
        let mixed = self
            .made_ids
            .wrapping_add(self.seed)
            .wrapping_mul(0x9e37_79b1);
        format!(
            "{mixed:08x}-{:04x}-4000-8000-{:012x}",
            self.seed & 0xffff,
            self.made_ids
        )
    }

    /// The project in which new sessions are made.
    pub(crate) fn project_uuid(&self) -> &str {
        &self.project_uuid
    }

    /// Makes a new project and gives its id. Sessions made before keep theirs.
    pub(crate) fn change_project(&mut self) -> &str {
        self.project_uuid = self.make_id();
        &self.project_uuid
    }

    /// Makes a session without a message.
    pub(crate) fn open(&mut self, now: Duration) -> String {
        let id = self
            .next_session_id
            .take()
            .unwrap_or_else(|| self.make_id());
        let session = Session {
            project_uuid: self.project_uuid.clone(),
            created: now,
            ..Session::default()
        };
        self.sessions.insert(id.clone(), session);
        self.order.push(id.clone());
        id
    }

    /// Begins a turn. False when there is no such session.
    pub(crate) fn begin(&mut self, id: &str, job: Job, text: Option<&str>, now: Duration) -> bool {
        let Some(session) = self.sessions.get_mut(id) else {
            return false;
        };
        session.begin(id, job, text, now);
        true
    }

    /// The session, with everything that is due.
    pub(crate) fn current(&mut self, id: &str, now: Duration) -> Option<&mut Session> {
        let session = self.sessions.get_mut(id)?;
        session.catch_up(id, now);
        Some(session)
    }

    /// Counts a poll and gives the messages behind `after_seq`; one without `seq` always is.
    pub(crate) fn poll(&mut self, id: &str, after_seq: u64, now: Duration) -> Option<Vec<Value>> {
        self.sessions.get_mut(id)?.polls += 1;
        let session = self.current(id, now)?;
        let newer = |message: &&Value| message["seq"].as_u64().is_none_or(|seq| seq > after_seq);
        Some(session.messages.iter().filter(newer).cloned().collect())
    }

    /// Lets the next stage that waits for it become visible.
    pub(crate) fn advance(&mut self, id: &str, now: Duration) -> bool {
        let Some(session) = self.sessions.get_mut(id) else {
            return false;
        };
        session.advances += 1;
        session.catch_up(id, now);
        true
    }

    /// Shows a message that belongs to no job.
    pub(crate) fn push(&mut self, id: &str, message: &Value) -> bool {
        let Some(session) = self.sessions.get_mut(id) else {
            return false;
        };
        let turn = session.turns.len();
        session.show(id, message, turn, true);
        true
    }
}
