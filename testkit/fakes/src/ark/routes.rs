//! The routes, and what is checked before a task is made: key, rate, debt, model, fields, moderation, quota.

use super::error::ArkError;
use super::fields::Fields;
use super::model::Model;
use super::{Inner, Made, Now, State, images, request};
use crate::rates::Limit;
use crate::record::Recorded;
use crate::reply::Reply;
use crate::serve::pause;
use crate::service::{Handler, Service, lock};
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;

/// "Body at most 64 MB".
const MAX_BODY_BYTES: u64 = 64 << 20;
const BASE: &str = "/api/v3/";
/// The route that makes tasks (`POST`) and lists them (`GET`); one of them has its id behind it.
pub const TASKS: &str = "/api/v3/contents/generations/tasks";
/// Of one model, for a personal account.
const CREATES: Limit = Limit::new(180, Duration::from_secs(60));
/// Of one account: a task by its id, and cancelling.
const READS: Limit = Limit::new(20, Duration::from_secs(1));
/// Of one account.
const LISTS: Limit = Limit::new(1, Duration::from_secs(1));

enum Call<'a> {
    Create,
    Get(&'a str),
    List,
    Delete(&'a str),
    Images,
}

fn call<'a>(method: &str, path: &'a str) -> Option<Call<'a>> {
    let segments: Vec<_> = path.strip_prefix(BASE)?.split('/').collect();
    match (method, &segments[..]) {
        ("POST", ["contents", "generations", "tasks"]) => Some(Call::Create),
        ("GET", ["contents", "generations", "tasks"]) => Some(Call::List),
        ("GET", ["contents", "generations", "tasks", id]) => Some(Call::Get(id)),
        ("DELETE", ["contents", "generations", "tasks", id]) => Some(Call::Delete(id)),
        ("POST", ["images", "generations"]) => Some(Call::Images),
        _ => None,
    }
}

impl Handler for Inner {
    fn service(&self) -> &Service {
        &self.service
    }

    fn max_json_bytes(&self) -> u64 {
        MAX_BODY_BYTES
    }

    fn edge(&self, request: &Recorded) -> Option<Reply> {
        let bytes = request.header("content-length")?.parse::<u64>().ok()?;
        (bytes > MAX_BODY_BYTES).then(|| Reply::html(413))
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
        let now = self.now();
        let mut state = lock(&self.state);
        let request_id = format!("0{}{:012x}", now.unix_s, request.at_ms);
        let Some(call) = call(&request.method, &request.path) else {
            return Reply::text(404, "404 page not found");
        };
        match self.carry_out(&mut state, &call, request, now) {
            Ok(body) => Reply::json(200, &body).header("x-request-id", &request_id),
            Err(error) => error.reply(&request_id),
        }
    }

    fn carry_out(
        &self,
        state: &mut State,
        call: &Call<'_>,
        request: &Recorded,
        now: Now,
    ) -> Result<Value, ArkError> {
        let key = request
            .header("authorization")
            .and_then(|header| header.strip_prefix("Bearer "))
            .filter(|key| state.keys.contains(*key))
            .ok_or_else(ArkError::bad_key)?;
        state.count_read(call, now)?;
        match call {
            Call::Create => self.create(state, request, key, now),
            Call::Images => self.images(state, request, key, now),
            Call::Get(id) => state.board.poll(id, now),
            Call::List => state.board.list(request, now),
            Call::Delete(id) => state.board.delete(id, now),
        }
    }

    fn create(
        &self,
        state: &mut State,
        request: &Recorded,
        key: &str,
        now: Now,
    ) -> Result<Value, ArkError> {
        let body = Fields::of_body(request.json())?;
        let model = self.model(state, &body, now)?;
        let edits = &state.edits;
        let is_edit = |text: &str| edits.iter().any(|edit| text.contains(edit));
        let wanted = request::read(&body, model, is_edit)?;
        state.moderate(&wanted.content.text, wanted.content.pictures())?;
        state.spend()?;
        let mut made = Made {
            task_id: None,
            model: model.id.to_owned(),
            text: wanted.content.text.clone(),
            pictures: wanted.content.pictures(),
            safety_identifier: wanted.safety_identifier.clone(),
            key: key.to_owned(),
            at_ms: now.at.as_millis() as u64,
        };
        let mut choices = state.choices.iter();
        let chosen = choices.find(|(fits, _)| fits(&made.text));
        let clip = chosen.map_or(&state.default_clip, |(_, clip)| clip).clone();
        let answer = state.board.create(wanted, clip, now);
        made.task_id = answer["id"].as_str().map(str::to_owned);
        state.made.push(made);
        Ok(answer)
    }

    fn images(
        &self,
        state: &mut State,
        request: &Recorded,
        key: &str,
        now: Now,
    ) -> Result<Value, ArkError> {
        let body = Fields::of_body(request.json())?;
        let model = self.model(state, &body, now)?;
        let wanted = images::read(&body, model)?;
        state.moderate(&wanted.prompt, wanted.pictures)?;
        state.spend()?;
        state.made.push(Made {
            task_id: None,
            model: model.id.to_owned(),
            text: wanted.prompt.clone(),
            pictures: wanted.pictures,
            safety_identifier: None,
            key: key.to_owned(),
            at_ms: now.at.as_millis() as u64,
        });
        let (host, turn) = (self.region.host(model.bucket), state.made.len());
        let link = |number: i64, kind: &str| {
            let path = format!(
                "/{}/{}{turn:04}_{number}.{kind}",
                super::task::family(model.id),
                now.unix_s
            );
            self.results
                .sign(host, &path, now.unix_s, super::LINK_LIFE.as_secs())
        };
        let count = state.pictures_made.clamp(1, wanted.most);
        Ok(images::answer(&wanted, model, count, now.unix_s, link))
    }

    /// The model that a body names, when it may be used.
    fn model(&self, state: &mut State, body: &Fields<'_>, now: Now) -> Result<Model, ArkError> {
        let id = body.needed("model")?;
        let counted = state.rates.count(id, CREATES, now.at);
        counted.map_err(|_| ArkError::rate_limited())?;
        if state.is_overdue {
            return Err(ArkError::overdue());
        }
        let model = self
            .region
            .model(id)
            .ok_or_else(|| ArkError::no_model(id))?;
        if state.closed.contains(id) {
            return Err(ArkError::model_not_open(id));
        }
        Ok(model)
    }
}

impl State {
    fn count_read(&mut self, call: &Call<'_>, now: Now) -> Result<(), ArkError> {
        let (who, limit) = match call {
            Call::Create | Call::Images => return Ok(()),
            _ if !self.limits_reads => return Ok(()),
            Call::List => ("list", LISTS),
            Call::Get(_) => ("get", READS),
            Call::Delete(_) => ("delete", READS),
        };
        let counted = self.rates.count(who, limit, now.at);
        counted.map_err(|_| {
            ArkError::new(
                "AccountRateLimitExceeded",
                "The request failed because it exceeded the rate limit of your account.",
            )
        })
    }

    /// Before anything is made or charged.
    fn moderate(&self, text: &str, pictures: usize) -> Result<(), ArkError> {
        let mut refused = self.refused_texts.iter();
        if let Some((_, error)) = refused.find(|(part, _)| text.contains(part)) {
            return Err(error.clone());
        }
        match &self.refused_pictures {
            Some(error) if pictures > 0 => Err(error.clone()),
            _ => Ok(()),
        }
    }

    fn spend(&mut self) -> Result<(), ArkError> {
        match &mut self.quota {
            None => Ok(()),
            Some(0) => Err(ArkError::quota_exceeded()),
            Some(left) => {
                *left -= 1;
                Ok(())
            }
        }
    }
}
