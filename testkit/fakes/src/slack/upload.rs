//! The three steps of a file, and the look afterwards: `files.*` and the address that takes the bytes.

use super::app::App;
use super::channel::is_id;
use super::chat::thread_ts;
use super::file::{File, MAX_FILE_BYTES, SharedFile, Uploaded};
use super::message::{SentMessage, called, cut};
use super::platform::Platform;
use super::refusal::Refusal;
use crate::params::Params;
use crate::record::Recorded;
use crate::reply::Reply;
use serde_json::{Value, json};
use std::time::Duration;

/// What the completion takes besides its own: it is refused for the sake of clients that think otherwise.
const NOT_TAKEN: [&str; 5] = [
    "alt_txt",
    "username",
    "icon_url",
    "icon_emoji",
    "unfurl_links",
];

impl Platform {
    /// The first step: harmless. `base` is where the bytes are to go.
    pub(crate) fn upload_url(
        &mut self,
        app: &App,
        request: &Recorded,
        params: &Params,
        base: &str,
    ) -> Result<Value, Refusal> {
        app.needs("files:write")?;
        if request.json().is_some() {
            return Err(Refusal::arguments("this method takes a form, no JSON"));
        }
        let name = params
            .text("filename")
            .ok_or_else(|| Refusal::arguments("missing required field: filename"))?;
        let length = params
            .number("length")
            .and_then(|length| u64::try_from(length).ok())
            .filter(|length| *length > 0);
        let length = length.ok_or_else(|| Refusal::arguments("missing required field: length"))?;
        if length > MAX_FILE_BYTES {
            return Err(Refusal::of("file_upload_size_restricted"));
        }
        let file = File {
            id: self.make_id('F'),
            app_user_id: app.user_id.clone(),
            name,
            announced_bytes: length,
            capability: self.make_capability(),
            uploaded: None,
            completed: false,
            shares: Vec::new(),
            hidden_for: self.hidden_for,
        };
        let answer = json!({"ok": true, "upload_url": format!("{base}/upload/v1/{}", file.capability), "file_id": file.id});
        self.files.push(file);
        Ok(answer)
    }

    /// The second step, at the address alone: harmless, and may be repeated until the third.
    pub(crate) fn take_bytes(&mut self, request: &Recorded) -> Reply {
        let capability = request.path.strip_prefix("/upload/v1/").unwrap_or_default();
        let mut files = self.files.iter_mut();
        let Some(file) = files.find(|file| file.capability == capability && !file.completed) else {
            return Reply::text(404, "upload not found");
        };
        if request.method != "POST" {
            return Reply::text(405, "method not allowed");
        }
        if self.strict && request.header("authorization").is_some() {
            return Reply::text(
                400,
                "the address is the credential; a token has no business here",
            );
        }
        match Uploaded::read(request) {
            Some(uploaded) if uploaded.bytes == file.announced_bytes => {
                let answer = format!("OK - {}", uploaded.bytes);
                file.uploaded = Some(uploaded);
                Reply::text(200, &answer)
            }
            // (?) How the real service words it isn't documented.
            _ => Reply::text(400, "the length differs from the announced one"),
        }
    }

    /// The third step: the commit, once for each file.
    pub(crate) fn complete(
        &mut self,
        app: &App,
        params: &Params,
        now: Duration,
        unix_now: Duration,
    ) -> Result<Value, Refusal> {
        app.needs("files:write")?;
        let wanted = params
            .text("channel_id")
            .or_else(|| params.text("channels"))
            .unwrap_or_default();
        // What was refused is kept as an attempt too, with its error: tests count what the client tried.
        let done = self.complete_in(app, &wanted, params, now, unix_now);
        let ts = done.as_ref().map(|(_, ts)| ts.clone());
        self.attempted("files.completeUploadExternal", &wanted, ts);
        done.map(|(data, _)| data)
    }

    fn complete_in(
        &mut self,
        app: &App,
        wanted: &str,
        params: &Params,
        now: Duration,
        unix_now: Duration,
    ) -> Result<(Value, Option<String>), Refusal> {
        if let Some(field) = NOT_TAKEN.iter().find(|field| params.has(field)) {
            return Err(Refusal::arguments(&format!("unexpected field: {field}")));
        }
        let listed = params
            .json("files")
            .and_then(|files| files.as_array().cloned())
            .filter(|files| !files.is_empty());
        let listed = listed.ok_or_else(|| Refusal::arguments("missing required field: files"))?;
        if !wanted.is_empty() {
            if !is_id(wanted, "CGD") {
                return Err(Refusal::arguments("channel_id is no channel"));
            }
            self.channel(wanted)?.admits(app, false)?;
        }
        let thread_ts = thread_ts(params)?;
        let mut shared: Vec<SharedFile> = Vec::new();
        for entry in &listed {
            let file = self
                .files
                .iter()
                .find(|file| entry["id"] == file.id.as_str() && file.app_user_id == app.user_id);
            let file = file.ok_or_else(|| Refusal::of("file_not_found"))?;
            shared.push(file.shared(entry["title"].as_str())?);
        }
        let in_channel = !wanted.is_empty() && self.shares;
        if in_channel {
            self.count_message(wanted, now)?;
        }
        let ts = in_channel.then(|| self.make_ts(unix_now));
        let private = self
            .channels
            .get(wanted)
            .is_some_and(|channel| channel.private);
        // Only now, when every entry has been found good: a refused completion leaves all of its files as they
        // were.
        for file in self
            .files
            .iter_mut()
            .filter(|file| shared.iter().any(|shared| shared.id == file.id))
        {
            file.completed = true;
            file.shares = ts
                .iter()
                .map(|ts| (wanted.to_owned(), private, ts.clone()))
                .collect();
        }
        let answer = json!({"ok": true, "files": shared.iter().map(|file| json!({"id": file.id, "title": file.title})).collect::<Value>()});
        if let Some(ts) = &ts {
            let text = cut(&params.text("initial_comment").unwrap_or_default());
            self.messages.push(SentMessage {
                ts: ts.clone(),
                channel_id: wanted.to_owned(),
                user_id: app.user_id.clone(),
                by_bot: true,
                called: called(&text, params),
                text,
                thread_ts,
                files: shared,
                metadata: None,
                unfurls_links: None,
                edits: 0,
                deleted: false,
            });
        }
        Ok((answer, ts))
    }

    /// The look afterwards: whether and where a file was shared.
    pub(crate) fn file_info(&mut self, app: &App, params: &Params) -> Result<Value, Refusal> {
        app.needs("files:read")?;
        let id = params.text("file").unwrap_or_default();
        let file = self
            .files
            .iter_mut()
            .find(|file| file.id == id)
            .ok_or_else(|| Refusal::of("file_not_found"))?;
        let answer = json!({"ok": true, "file": file.json()});
        if file.completed {
            file.hidden_for = file.hidden_for.saturating_sub(1);
        }
        Ok(answer)
    }
}
