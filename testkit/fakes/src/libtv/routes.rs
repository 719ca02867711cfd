//! What the calls do.

use super::dialect::{Call, Refusal};
use super::{Dialect, Inner, State, Submit, Upload};
use crate::record::{Body, Recorded};
use crate::reply::Reply;
use crate::service::lock;
use serde_json::{Value, json};
use std::time::Duration;

impl Inner {
    pub(super) fn respond(&self, request: &Recorded) -> Reply {
        let Some(call) = self.dialect.call(&request.method, &request.path) else {
            return Reply::json(404, &json!({"error": "Not Found"}));
        };
        let mut state = lock(&self.state);
        if call == Call::Upload
            && let Some(reply) = edge_of_uploads(request, &state)
        {
            return reply;
        }
        let now = self.service.now();
        match state.carry_out(self.dialect, &call, request, now) {
            Ok(data) => self.dialect.success(data, &state),
            Err(refusal) => self.dialect.refusal(&refusal, &state),
        }
    }
}

fn edge_of_uploads(request: &Recorded, state: &State) -> Option<Reply> {
    let announced = request
        .header("content-length")
        .and_then(|len| len.parse::<u64>().ok());
    match announced {
        None if state.requires_length => Some(Reply::html(411)),
        Some(bytes) if bytes > state.max_upload_bytes => Some(Reply::html(413)),
        _ => None,
    }
}

impl State {
    fn carry_out(
        &mut self,
        dialect: Dialect,
        call: &Call,
        request: &Recorded,
        now: Duration,
    ) -> Result<Value, Refusal> {
        let key = dialect
            .key(request)
            .filter(|key| self.keys.contains(*key))
            .ok_or(Refusal::BadKey)?;
        match call {
            Call::KeyStatus => Ok(self.key_status()),
            Call::Tasks => Ok(json!({ "tasks": self.tasks(now) })),
            Call::Task(id) => self.task(id, now).ok_or(Refusal::NoTask),
            Call::Submit => self.submit(dialect, key, &request.body, now),
            Call::Messages(id) => {
                let after_seq = request
                    .query_value("afterSeq")
                    .and_then(|seq| seq.parse().ok())
                    .unwrap_or(0);
                let messages = self
                    .engine
                    .poll(id, after_seq, now)
                    .ok_or(Refusal::NoSession)?;
                let null = self.null_when_empty && messages.is_empty();
                let messages = if null { Value::Null } else { messages.into() };
                Ok(self.signed(json!({"messages": messages})))
            }
            Call::Results(id) => {
                let session = self.engine.current(id, now).ok_or(Refusal::NoSession)?;
                let urls = json!({"urls": session.result_urls()});
                Ok(self.signed(urls))
            }
            Call::ChangeProject => Ok(json!({"projectUuid": self.engine.change_project()})),
            Call::Upload => self.upload(&request.body),
        }
    }

    /// An answer whose links carry a signature of its own.
    fn signed(&mut self, answer: Value) -> Value {
        let Some(count) = self.signed.as_mut() else {
            return answer;
        };
        *count += 1;
        let signature = format!("?Expires={count}&Signature=s%2B{count}");
        let text = answer.to_string();
        let mut pieces = text.split(crate::MEDIA_HOST);
        let mut signed = pieces.next().unwrap_or_default().to_owned();
        for piece in pieces {
            let end = piece.find(['"', '\\', ' ']).unwrap_or(piece.len());
            let (path, rest) = piece.split_at(end);
            signed += &format!("{}{path}{signature}{rest}", crate::MEDIA_HOST);
        }
        serde_json::from_str(&signed).unwrap_or(answer)
    }

    fn key_status(&self) -> Value {
        let mut status = json!({"remaining_uses": self.uses.remaining, "max_uses": self.uses.max});
        if let Some(expires_at) = &self.expires_at {
            status["expires_at"] = expires_at.as_str().into();
        }
        status
    }

    fn submit(
        &mut self,
        dialect: Dialect,
        key: &str,
        body: &Body,
        now: Duration,
    ) -> Result<Value, Refusal> {
        let Body::Json(body) = body else {
            return Err(Refusal::BadRequest("the body is not JSON".into()));
        };
        if dialect == Dialect::Direct && self.retired {
            return Err(Refusal::Retired);
        }
        let given = body["sessionId"].as_str().filter(|id| !id.is_empty());
        let text = body["message"].as_str().filter(|text| !text.is_empty());
        if text.is_some() && self.uses.remaining == 0 {
            return Err(Refusal::UsesExhausted(self.uses));
        }
        let default = self
            .default_session
            .clone()
            .filter(|_| self.reuses_default_session);
        let (id, new_session) = match (given, default) {
            (Some(id), _) if self.engine.sessions.contains_key(id) => (id.to_owned(), false),
            (Some(_), _) => return Err(Refusal::NoSession),
            (None, Some(id)) => (id, false),
            (None, None) => (self.engine.open(now), true),
        };
        if new_session && self.default_session.is_none() {
            self.default_session = Some(id.clone());
        }
        let project_uuid = self.engine.sessions[&id].project_uuid.clone();
        if let Some(text) = text {
            let chosen = self
                .choices
                .iter()
                .find(|(fits, _)| fits(text))
                .map(|(_, job)| job);
            let job = chosen.unwrap_or(&self.default_job).clone();
            self.engine.begin(&id, job, Some(text), now);
            self.uses.remaining -= 1;
            self.engine.submits.push(Submit {
                session_id: id.clone(),
                project_uuid: project_uuid.clone(),
                text: text.to_owned(),
                key: key.to_owned(),
                new_session,
                at_ms: now.as_millis() as u64,
            });
        }
        let project_url = format!("https://www.liblib.tv/canvas?projectId={project_uuid}");
        Ok(json!({"sessionId": id, "projectUuid": project_uuid, "projectUrl": project_url}))
    }

    fn upload(&mut self, body: &Body) -> Result<Value, Refusal> {
        let bad = |why: &str| Refusal::BadRequest(why.to_owned());
        let parts = match body {
            Body::Form { parts, .. } => parts,
            Body::Malformed(why) => return Err(bad(why)),
            _ => return Err(bad("the body is not a form")),
        };
        let [part] = &parts[..] else {
            return Err(bad("exactly one part is expected"));
        };
        let name = part.file_name.as_deref().filter(|_| part.name == "file");
        let name = name.ok_or_else(|| bad("the part `file` with a filename is missing"))?;
        let extension = name
            .rsplit_once('.')
            .map(|(_, extension)| format!(".{extension}"))
            .unwrap_or_default();
        let id = self.engine.make_id();
        let url = format!(
            "https://{}/claw/{}/{id}{extension}",
            crate::MEDIA_HOST,
            self.engine.project_uuid()
        );
        self.uploads.push(Upload {
            url: url.clone(),
            file_name: name.to_owned(),
            content_type: part.content_type.clone(),
            bytes: part.bytes,
            sha256: part.sha256.clone(),
        });
        Ok(json!({ "url": url }))
    }
}
