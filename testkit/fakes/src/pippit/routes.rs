//! The routes: all `POST`, all HTTP 200.

use super::error::{PippitError, envelope};
use super::thread::Thread;
use super::{Inner, State, Submitted, upload};
use crate::record::Recorded;
use crate::reply::Reply;
use crate::serve::pause;
use crate::service::{Handler, Service, lock};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

/// What a submit may carry; the last two are what clients of single capabilities send, and are not looked into.
const KNOWN: &[&str] = &[
    "message",
    "thread_id",
    "asset_ids",
    "general_agent_settings",
    "agent_name",
    "video_part_tool_param",
];
const SETTINGS: &[&str] = &[
    "video_model",
    "ratio",
    "resolution",
    "duration_start",
    "duration_end",
];
/// 16:9, 9:16, 4:3, 3:4, by number.
const RATIOS: std::ops::RangeInclusive<i64> = 2..=5;

enum Call {
    Submit,
    Thread,
    Result,
    Upload,
}

fn call(method: &str, path: &str) -> Option<Call> {
    match (method, path.strip_prefix("/api/biz/v1/")?) {
        ("POST", "skill/submit_run") => Some(Call::Submit),
        ("POST", "skill/get_thread") => Some(Call::Thread),
        ("POST", "skill/upload_file") => Some(Call::Upload),
        ("POST", "agent/query_generate_video_result") => Some(Call::Result),
        _ => None,
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

impl Inner {
    fn respond(&self, request: &Recorded) -> Reply {
        let Some(call) = call(&request.method, &request.path) else {
            return Reply::text(404, "404 page not found");
        };
        let (now, now_s) = (self.service.now(), self.service.unix_now().as_secs());
        let mut state = lock(&self.state);
        let log_id = state.make_id("log");
        let result = state.carry_out(&call, request, now);
        Reply::json(200, &envelope(&result, &log_id, now_s))
    }
}

impl State {
    fn carry_out(
        &mut self,
        call: &Call,
        request: &Recorded,
        now: Duration,
    ) -> Result<Value, PippitError> {
        let key = request
            .header("authorization")
            .and_then(|header| header.strip_prefix("Bearer "))
            .filter(|key| !key.is_empty())
            .ok_or_else(PippitError::no_key)?;
        if !self.keys.contains(key) {
            return Err(PippitError::bad_key());
        }
        match call {
            Call::Submit => self.submit(body(request)?, key, now),
            Call::Thread => self.thread(body(request)?, now),
            Call::Result => self.result(body(request)?, now),
            Call::Upload => {
                let id = self.make_id("asset");
                let asset = upload::read(&request.body, key, id.clone())?;
                self.assets.push(asset);
                Ok(json!({"pippit_asset_id": id, "asset_id": format!("workspace-{id}")}))
            }
        }
    }

    fn submit(&mut self, body: &Value, key: &str, now: Duration) -> Result<Value, PippitError> {
        only(body, KNOWN)?;
        let message = needed(body, "message")?;
        let assets = self.assets(body)?;
        check_settings(&body["general_agent_settings"])?;
        let given = optional(body, "thread_id")?;
        if given.is_some_and(|id| !self.threads.iter().any(|thread| thread.id == id)) {
            return Err(PippitError::parameter("thread_id"));
        }
        let mut refused = self.refused_texts.iter();
        if let Some((_, error)) = refused.find(|(part, _)| message.contains(part)) {
            return Err(error.clone());
        }
        self.spend()?;
        let default = self.threads.first().filter(|_| self.reuses_default_thread);
        let thread_id = match given.or(default.map(|thread| thread.id.as_str())) {
            Some(id) => id.to_owned(),
            None => {
                let id = self.make_id("marketing_");
                self.threads.push(Thread::new(id.clone()));
                id
            }
        };
        let run_id = self.make_id("run_");
        let mut choices = self.choices.iter();
        let chosen = choices.find(|(fits, _)| fits(message));
        let run = chosen.map_or(&self.default_run, |(_, run)| run).clone();
        let content = vec![json!({"type": "text", "sub_type": "", "data": message})];
        if let Some(thread) = self.find(&thread_id) {
            thread.begin(run_id.clone(), run, content, now);
        }
        self.submits.push(Submitted {
            thread_id: thread_id.clone(),
            run_id: run_id.clone(),
            text: message.to_owned(),
            asset_ids: assets,
            new_thread: given.is_none(),
            key: key.to_owned(),
            at_ms: now.as_millis() as u64,
        });
        let link = format!(
            "{}?tab_name=integrated-agent&thread_id={thread_id}",
            self.home
        );
        let run = json!({"thread_id": thread_id, "run_id": run_id, "state": 1});
        Ok(json!({"run": run, "web_thread_link": link}))
    }

    /// Ids of files that were uploaded before.
    fn assets(&self, body: &Value) -> Result<Vec<String>, PippitError> {
        let refuse = || PippitError::parameter("asset_ids");
        if body["asset_ids"].is_null() {
            return Ok(Vec::new());
        }
        let ids = body["asset_ids"].as_array().ok_or_else(refuse)?;
        let known = |id: &Value| {
            let mut assets = self.assets.iter();
            let found = assets.find(|asset| id == asset.pippit_asset_id.as_str());
            found.map(|asset| asset.pippit_asset_id.clone())
        };
        ids.iter().map(|id| known(id).ok_or_else(refuse)).collect()
    }

    fn thread(&mut self, body: &Value, now: Duration) -> Result<Value, PippitError> {
        only(body, &["thread_id", "run_id", "after_seq"])?;
        let after_seq = match &body["after_seq"] {
            Value::Null => 0,
            value => value
                .as_u64()
                .ok_or_else(|| PippitError::parameter("after_seq"))?,
        };
        let thread_id = self.poll(body, now)?;
        let telling = self.telling();
        let thread = self.find(&thread_id);
        let thread = thread.ok_or_else(|| PippitError::parameter("thread_id"))?;
        Ok(json!({"thread": thread.told(needed(body, "run_id")?, after_seq, telling)}))
    }

    fn result(&mut self, body: &Value, now: Duration) -> Result<Value, PippitError> {
        only(body, &["thread_id", "run_id"])?;
        let thread_id = self.poll(body, now)?;
        let (telling, run_id) = (self.telling(), needed(body, "run_id")?);
        let run = self.find(&thread_id).and_then(|thread| thread.run(run_id));
        let run = run.ok_or_else(|| PippitError::parameter("run_id"))?;
        Ok(run.result(telling))
    }

    /// Counts a poll of the run that a body names, and gives its thread's id.
    fn poll(&mut self, body: &Value, now: Duration) -> Result<String, PippitError> {
        let (thread_id, run_id) = (needed(body, "thread_id")?, needed(body, "run_id")?);
        let thread = self.find(thread_id);
        let thread = thread.ok_or_else(|| PippitError::parameter("thread_id"))?;
        let run = thread.run(run_id);
        run.ok_or_else(|| PippitError::parameter("run_id"))?.polls += 1;
        thread.catch_up(now);
        Ok(thread_id.to_owned())
    }

    fn spend(&mut self) -> Result<(), PippitError> {
        match &mut self.left_today {
            None => Ok(()),
            Some(0) => Err(PippitError::daily_limit()),
            Some(left) => {
                *left -= 1;
                Ok(())
            }
        }
    }
}

fn body(request: &Recorded) -> Result<&Value, PippitError> {
    let body = request.json().filter(|body| body.is_object());
    body.ok_or_else(|| PippitError::parameter("the body is not a JSON object"))
}

fn only(object: &Value, known: &[&str]) -> Result<(), PippitError> {
    let mut names = object.as_object().into_iter().flat_map(|map| map.keys());
    match names.find(|name| !known.contains(&name.as_str())) {
        None => Ok(()),
        Some(name) => Err(PippitError::parameter(name)),
    }
}

fn optional<'a>(body: &'a Value, name: &str) -> Result<Option<&'a str>, PippitError> {
    match &body[name] {
        Value::Null => Ok(None),
        Value::String(text) if !text.is_empty() => Ok(Some(text)),
        _ => Err(PippitError::parameter(name)),
    }
}

fn needed<'a>(body: &'a Value, name: &str) -> Result<&'a str, PippitError> {
    optional(body, name)?.ok_or_else(|| PippitError::parameter(name))
}

fn check_settings(settings: &Value) -> Result<(), PippitError> {
    let refuse = |name: &str| Err(PippitError::parameter(name));
    match settings {
        Value::Null => return Ok(()),
        Value::Object(_) => only(settings, SETTINGS)?,
        _ => return refuse("general_agent_settings"),
    }
    optional(settings, "video_model")?;
    optional(settings, "resolution")?;
    for name in ["duration_start", "duration_end"] {
        if !settings[name].is_null() && settings[name].as_u64().is_none_or(|s| s == 0) {
            return refuse(name);
        }
    }
    match &settings["ratio"] {
        Value::Null => Ok(()),
        ratio if ratio.as_i64().is_some_and(|ratio| RATIOS.contains(&ratio)) => Ok(()),
        _ => refuse("ratio"),
    }
}
