//! Telegram in the simulated world, by docs/apis/telegram.md: nothing tells a repetition of a message, but a line can be changed,
//! also into a film, and what is changed again into the same is as it is.
//!
//! The lines that announce media are kept here and not in the chat: they are no results, and those of the chat tell how far a job
//! is. What is judged is what stands there in the end, so that a line that was never taken back costs nothing, and a second film
//! does.

use libtv_video_core::io::{Request, Response};
use serde_json::{Value, json};

use super::super::network;
use super::{Chat, Platform, Upload};

/// What a line begins with that announces a medium: other lines tell how far a job is.
const ANNOUNCES: &str = "⏳ The result is being uploaded";
/// The names of such lines are numbers from here on: above those of all messages and all other lines of a run.
const FIRST_ANNOUNCEMENT: usize = 200_000;

/// A line that announces a medium.
#[derive(Clone, Copy)]
enum Line {
    /// It stands there.
    Announces,
    /// The medium has taken its place: this message of the chat.
    Shows(usize),
    /// It was taken back.
    Gone,
}

/// The platform.
#[derive(Default)]
pub(super) struct Telegram {
    /// The lines that announce media, which nobody takes for a result.
    lines: Vec<Line>,
}

impl Telegram {
    /// Why nothing is taken now: the bot was thrown out, or it is too fast. Both are said before anything is looked at, and of a
    /// line that is changed as of a new message.
    fn not_now(chat: &mut Chat, now_ms: u64) -> Option<Response> {
        if chat.is_absent(now_ms) {
            return Some(refused(
                403,
                "Forbidden: bot was kicked from the supergroup chat",
            ));
        }
        // One a second.
        (!chat.takes(now_ms, 1, 1_000)).then(|| {
            let body = json!({"ok": false, "error_code": 429, "description": "Too Many Requests: retry after 2", "parameters": {"retry_after": 2}});
            network::response(429, &body.to_string())
        })
    }

    /// A message of words: one that announces a medium, or one of the chat.
    fn say(&mut self, chat: &mut Chat, body: &[u8], now_ms: u64) -> Response {
        if let Some(refused) = Self::not_now(chat, now_ms) {
            return refused;
        }
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let text = body.get("text").and_then(Value::as_str).unwrap_or_default();
        // Kept apart from the chat's lines, which are counted for each job: a medium that is lost may leave several of these.
        if text.starts_with(ANNOUNCES) {
            self.lines.push(Line::Announces);
            return sent(FIRST_ANNOUNCEMENT + self.lines.len() - 1);
        }
        sent(chat.show(now_ms, None, text))
    }

    /// A medium takes the place of a line, once: whoever does it again is told that it is so already, as the platform says it where
    /// nothing would change.
    fn replace(&mut self, chat: &mut Chat, line: usize, media: &str, now_ms: u64) -> Response {
        let at = line.checked_sub(FIRST_ANNOUNCEMENT);
        let Some(known) = at.and_then(|at| self.lines.get_mut(at)) else {
            return refused(400, "Bad Request: message to edit not found");
        };
        match *known {
            // As where people have deleted it: another one has to be sent.
            Line::Gone => refused(400, "Bad Request: message to edit not found"),
            Line::Shows(_) => refused(400, "Bad Request: message is not modified"),
            Line::Announces => {
                *known = Line::Shows(chat.show(now_ms, Some(media.to_owned()), ""));
                sent(line)
            }
        }
    }

    /// A line is taken back; a medium in its place with it, which is how a result would be lost.
    fn delete(&mut self, chat: &mut Chat, line: usize) -> Response {
        let at = line.checked_sub(FIRST_ANNOUNCEMENT);
        let Some(known) = at.and_then(|at| self.lines.get_mut(at)) else {
            return refused(400, "Bad Request: message to delete not found");
        };
        if let Line::Shows(message) = *known
            && let Some(shown) = chat.shown.get_mut(message - 1)
        {
            shown.media = None;
        }
        *known = Line::Gone;
        good(&Value::Bool(true))
    }
}

impl Platform for Telegram {
    fn answer(&mut self, chat: &mut Chat, request: &Request, now_ms: u64) -> Response {
        let call = request.url.rsplit('/').next().unwrap_or_default();
        let (method, query) = call.split_once('?').unwrap_or((call, ""));
        let message = message_of(query);
        match method {
            "sendMessage" => self.say(chat, &request.body, now_ms),
            "deleteMessage" => self.delete(chat, message.unwrap_or_default()),
            "editMessageText" => {
                let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
                let text = body.get("text").and_then(Value::as_str).unwrap_or_default();
                match chat.change(message, text) {
                    true => sent(message.unwrap_or_default()),
                    false => refused(400, "Bad Request: message to edit not found"),
                }
            }
            _ => refused(404, "Not Found"),
        }
    }

    fn take(&mut self, chat: &mut Chat, upload: &Upload<'_>, now_ms: u64) -> Response {
        if let Some(refused) = Self::not_now(chat, now_ms) {
            return refused;
        }
        if !chat.may_upload() {
            return refused(
                400,
                "Bad Request: not enough rights to send videos to the chat",
            );
        }
        let call = upload.url.rsplit('/').next().unwrap_or_default();
        let (method, query) = call.split_once('?').unwrap_or((call, ""));
        match (method, message_of(query)) {
            ("editMessageMedia", Some(line)) => self.replace(chat, line, upload.media, now_ms),
            ("sendVideo" | "sendPhoto" | "sendDocument", None) => {
                sent(chat.show(now_ms, Some(upload.media.to_owned()), ""))
            }
            _ => refused(404, "Not Found"),
        }
    }
}

/// The message that a query names.
fn message_of(query: &str) -> Option<usize> {
    let mut pairs = query.split('&');
    pairs.find_map(|pair| pair.strip_prefix("message_id=")?.parse().ok())
}

/// The response to a message that is there.
fn sent(message: usize) -> Response {
    good(&json!({"message_id": message}))
}

/// A result.
fn good(result: &Value) -> Response {
    network::response(200, &json!({"ok": true, "result": result}).to_string())
}

/// A refusal.
fn refused(code: u16, description: &str) -> Response {
    let body = json!({"ok": false, "error_code": code, "description": description});
    network::response(code, &body.to_string())
}
