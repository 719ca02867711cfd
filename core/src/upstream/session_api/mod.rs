//! LibTV, through the gateway or directly: requests, and what their replies mean.
//! `docs/apis/libtv.md` of the project's documents is the source of every route and text.

pub mod messages;
mod reply;
pub mod turns;

use contract::ids::is_service_id;
use serde_json::{Map, Value, json};

use crate::config::{ApiKey, Mode, Settings};
use crate::io::{HttpError, Io, MAX_API_RESPONSE_BYTES, Method, Request, Response, USER_AGENT};
use crate::json;
use crate::problem::Problem;
use crate::secret::Secret;

pub use reply::{Trouble, TroubleKind};

/// A service with the key that belongs to it. There is no way to have one with the other's key.
pub struct Service<'a> {
    key: &'a ApiKey,
    base: &'a str,
}

/// What a submit gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submitted {
    /// The session.
    pub session_id: String,
    /// Its project.
    pub project_uuid: String,
}

impl<'a> Service<'a> {
    /// The service of the configured key.
    ///
    /// # Errors
    /// Permanent: no key, or a bad override.
    pub fn configured(settings: &'a Settings) -> Result<Self, Problem> {
        let key = settings.require_key()?;
        Ok(Self {
            key,
            base: settings.base_url(key.mode)?,
        })
    }

    /// Which service it is.
    #[must_use]
    pub const fn mode(&self) -> Mode {
        self.key.mode
    }

    /// The key's last characters, for people.
    #[must_use]
    pub fn masked_key(&self) -> String {
        self.key.secret.masked()
    }

    /// The base address.
    #[must_use]
    pub const fn base(&self) -> &str {
        self.base
    }

    /// A request to one of its routes; `content_type` where it has a body.
    #[must_use]
    pub fn request(
        &self,
        method: Method,
        path: &str,
        content_type: Option<String>,
        body: Vec<u8>,
    ) -> Request {
        let key = self.key.secret.expose();
        let credential = match self.key.mode {
            Mode::Gateway => ("x-api-key", Secret::new(key.to_owned())),
            Mode::Direct => ("authorization", Secret::new(format!("Bearer {key}"))),
        };
        let mut headers = vec![
            ("user-agent", USER_AGENT.to_owned()),
            ("accept", "application/json".to_owned()),
        ];
        headers.extend(content_type.map(|value| ("content-type", value)));
        Request {
            method,
            url: format!("{}/{path}", self.base),
            headers,
            credential: Some(credential),
            body,
            max_response_bytes: MAX_API_RESPONSE_BYTES,
        }
    }

    /// What a session path begins with.
    const fn session_root(&self) -> &'static str {
        match self.key.mode {
            Mode::Gateway => "libtv/v1/session",
            Mode::Direct => "openapi/session",
        }
    }

    /// Where files are uploaded to.
    #[must_use]
    pub const fn upload_path(&self) -> &'static str {
        match self.key.mode {
            Mode::Gateway => "libtv/v1/upload",
            Mode::Direct => "openapi/file/upload",
        }
    }

    /// The gateway's view of the key.
    ///
    /// # Errors
    /// [`Trouble`].
    pub async fn key_status(&self, io: &Io) -> Result<Value, Trouble> {
        self.get(io, "api/v1/key/status").await
    }

    /// The gateway's tasks of the key.
    ///
    /// # Errors
    /// [`Trouble`].
    pub async fn tasks(&self, io: &Io) -> Result<Value, Trouble> {
        self.get(io, "api/v1/tasks").await
    }

    /// The gateway's results of a session.
    ///
    /// # Errors
    /// [`Trouble`].
    pub async fn results(&self, io: &Io, session_id: &str) -> Result<Value, Trouble> {
        self.get(
            io,
            &format!("{}/{}/results", self.session_root(), segment(session_id)),
        )
        .await
    }

    /// A session's messages, as they are; `null` and a missing list are an empty one.
    ///
    /// # Errors
    /// [`Trouble`].
    pub async fn messages(
        &self,
        io: &Io,
        session_id: &str,
        after_seq: Option<u64>,
    ) -> Result<Value, Trouble> {
        let mut path = format!("{}/{}", self.session_root(), segment(session_id));
        if let Some(seq) = after_seq {
            path.push_str(&format!("?afterSeq={seq}"));
        }
        let data = self.get(io, &path).await?;
        match data.get("messages") {
            Some(list @ Value::Array(_)) => Ok(list.clone()),
            Some(Value::Null) | None => Ok(Value::Array(Vec::new())),
            Some(_) => Err(Trouble::garbage("the messages are no list")),
        }
    }

    /// Starts a new project.
    ///
    /// # Errors
    /// [`Trouble`].
    pub async fn change_project(&self, io: &Io) -> Result<String, Trouble> {
        let path = format!("{}/change-project", self.session_root());
        let data = self.post(io, &path, &json!({})).await?;
        self.required(&data, &["projectUuid"])
            .map(|mut found| found.remove(0))
    }

    /// Submits. This costs the user money: the caller stores its intent before, its outcome after.
    ///
    /// # Errors
    /// [`Trouble`]; its `may_be_applied` says whether it may have been charged.
    pub async fn submit(
        &self,
        io: &Io,
        session_id: Option<&str>,
        message: Option<&str>,
    ) -> Result<Submitted, Trouble> {
        let mut body = Map::new();
        for (name, value) in [("sessionId", session_id), ("message", message)] {
            if let Some(value) = value {
                body.insert(name.to_owned(), Value::String(value.to_owned()));
            }
        }
        let data = self
            .post(io, self.session_root(), &Value::Object(body))
            .await?;
        let mut found = self.required(&data, &["sessionId", "projectUuid"])?;
        let project_uuid = found.pop().unwrap_or_default();
        Ok(Submitted {
            session_id: found.pop().unwrap_or_default(),
            project_uuid,
        })
    }

    /// Reads any reply of this service: the payload, or what is wrong.
    ///
    /// # Errors
    /// [`Trouble`].
    pub fn read(&self, io: &Io, answer: Result<Response, HttpError>) -> Result<Value, Trouble> {
        reply::read(self.key.mode, answer, io.now_ms())
    }

    async fn get(&self, io: &Io, path: &str) -> Result<Value, Trouble> {
        let answer = io
            .http(self.request(Method::Get, path, None, Vec::new()))
            .await;
        self.read(io, answer)
    }

    async fn post(&self, io: &Io, path: &str, body: &Value) -> Result<Value, Trouble> {
        let json = "application/json; charset=utf-8".to_owned();
        let answer = io
            .http(self.request(
                Method::Post,
                path,
                Some(json),
                json::text(body).into_bytes(),
            ))
            .await;
        self.read(io, answer)
    }

    /// The ids of these names, or which of them are missing or can't be one.
    fn required(&self, data: &Value, names: &[&str]) -> Result<Vec<String>, Trouble> {
        let text = |name: &&str| data.get(*name).and_then(Value::as_str);
        let id = |name: &&str| text(name).filter(|text| is_service_id(text));
        let missing: Vec<&str> = names
            .iter()
            .filter(|name| id(name).is_none())
            .copied()
            .collect();
        if missing.is_empty() {
            return Ok(names.iter().filter_map(id).map(str::to_owned).collect());
        }
        // What is there and is no id isn't repeated: it may be anything.
        let is_empty = |name: &&str| text(name).is_none_or(str::is_empty);
        let what = if missing.iter().all(is_empty) {
            ""
        } else {
            "valid "
        };
        let missing = missing.join(", ");
        Err(Trouble::incomplete(match self.key.mode {
            Mode::Gateway => format!("Failed: no {what}{missing} returned"),
            Mode::Direct => {
                format!("Direct LibTV response missing required field(s): {what}{missing}")
            }
        }))
    }
}

/// An id as one segment of a path, whatever the server put into it.
fn segment(id: &str) -> String {
    let encoded: String = url::form_urlencoded::byte_serialize(id.as_bytes()).collect();
    encoded.replace('+', "%20").replace("..", "%2E%2E")
}
