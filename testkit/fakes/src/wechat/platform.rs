//! The state of both hosts and their order of checks: who asks, and how; whether the person may be written to; what is shown. Two
//! equal messages are two: nobody says that the service knows one again by its `client_id`. Which rule comes first where several
//! are broken isn't documented (?), nor most of the numbers: whoever depends on one says so by what it expects.

use super::crypt;
use super::message::{Attempt, SentMessage, Uploaded};
use crate::record::{Body, Recorded};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::time::Duration;

/// Somebody who wrote may be written to for so long,
const ANSWERS: Duration = Duration::from_secs(24 * 60 * 60);
/// and so often.
const MOST_ANSWERS: u32 = 10;
/// Where the plug-in cuts texts; what the service does with longer ones nobody says (?).
const MAX_TEXT_CHARS: usize = 4_000;
/// A message is closed to them, or too many came at once: the same number.
const CLOSED: (i64, &str) = (-2, "unknown error");
/// What isn't as the plug-in sends it. The number is made up (?).
const ODD: i64 = -1;

/// A response: what it holds, or the number and the words of a refusal.
pub(crate) type Said = Result<Value, (i64, &'static str)>;

/// Somebody who has written.
#[derive(Debug)]
struct Person {
    /// What the conversation is known by since they wrote last: an older one counts no more.
    context: String,
    /// When they wrote last.
    wrote_at: Duration,
    /// How many messages they got since, of whichever program.
    answers: u32,
}

/// An upload that was announced.
#[derive(Debug)]
struct Announced {
    /// For whom.
    to: String,
    /// `image`, `video` or `file`.
    kind: &'static str,
    /// In hexadecimal.
    key: String,
    /// Of the plain bytes, in hexadecimal.
    md5: String,
    /// The plain bytes.
    bytes: u64,
    /// The encrypted ones.
    sealed_bytes: u64,
}

/// What an upload is called in a message, and what was announced of it.
#[derive(Debug)]
struct Stored {
    /// As it was announced.
    announced: Announced,
    /// What came of it.
    uploaded: Uploaded,
    /// Whether a message has shown it.
    is_shown: bool,
}

/// All that is known.
#[derive(Debug)]
pub(crate) struct Platform {
    /// Of accounts that are logged in.
    pub(crate) tokens: Vec<String>,
    /// See `WeChat::needs_context`.
    pub(crate) needs_context: bool,
    /// See `WeChat::name_no_address`.
    pub(crate) names_no_address: bool,
    /// What conversations were ever known by, oldest first.
    pub(crate) contexts: Vec<String>,
    /// Whoever has written, by their ids.
    people: HashMap<String, Person>,
    /// By the parameter of the address that they go to.
    announced: HashMap<String, Announced>,
    /// By what names them in messages.
    stored: HashMap<String, Stored>,
    /// Oldest first.
    pub(crate) uploads: Vec<Uploaded>,
    /// Oldest first.
    pub(crate) messages: Vec<SentMessage>,
    /// Oldest first.
    pub(crate) attempts: Vec<Attempt>,
    /// How many texts and ids were made.
    made: u64,
}

impl Platform {
    /// As it begins: one account, to which nobody has written.
    pub(crate) fn new() -> Self {
        Self {
            tokens: vec![crate::WECHAT_BOT_TOKEN.to_owned()],
            needs_context: true,
            names_no_address: false,
            contexts: Vec::new(),
            people: HashMap::new(),
            announced: HashMap::new(),
            stored: HashMap::new(),
            uploads: Vec::new(),
            messages: Vec::new(),
            attempts: Vec::new(),
            made: 0,
        }
    }

    /// A text that was not given before, with signs that have to be escaped in an address.
    fn make(&mut self, begin: &str) -> String {
        self.made += 1;
        format!(
            "{begin}{:04}{:032x}+/=",
            self.made,
            u128::from(self.made) * 0x9e37_79b9_7f4a_7c15
        )
    }

    /// Somebody writes.
    pub(crate) fn hear(&mut self, from: &str, now: Duration) -> String {
        let context = self.make(crate::WECHAT_CONTEXTS_BEGIN);
        self.contexts.push(context.clone());
        let person = Person {
            context: context.clone(),
            wrote_at: now,
            answers: 0,
        };
        self.people.insert(from.to_owned(), person);
        context
    }

    /// The JSON of a request that comes from the plug-in, or from somebody who asks as it does.
    fn asked<'a>(&self, request: &'a Recorded) -> Result<&'a Value, (i64, &'static str)> {
        let header = |name: &str| request.header(name).unwrap_or_default();
        // By the order in which a client would notice what it lacks.
        let token = header("authorization")
            .strip_prefix("Bearer ")
            .unwrap_or_default();
        if header("authorizationtype") != "ilink_bot_token" {
            return Err((ODD, "AuthorizationType"));
        }
        if !self.tokens.iter().any(|known| known == token) {
            return Err((-14, "session timeout"));
        }
        let uin = crypt::unbase64(header("x-wechat-uin")).unwrap_or_default();
        if uin.parse::<u32>().is_err() {
            return Err((ODD, "X-WECHAT-UIN"));
        }
        let version = header("ilink-app-clientversion").parse::<u32>();
        if header("ilink-app-id") != "bot" || !version.is_ok_and(|version| version > 0) {
            return Err((ODD, "iLink-App"));
        }
        if !header("content-type").starts_with("application/json") {
            return Err((ODD, "Content-Type"));
        }
        let body = request.json().ok_or((ODD, "no JSON"))?;
        let base = &body["base_info"];
        if text(base, "channel_version").is_empty() || text(base, "bot_agent").is_empty() {
            return Err((ODD, "base_info"));
        }
        Ok(body)
    }

    /// Says where an upload goes, which is described first.
    pub(crate) fn announce(&mut self, request: &Recorded, media: &str) -> Said {
        let body = self.asked(request)?;
        let kind = match body["media_type"].as_u64() {
            Some(1) => "image",
            Some(2) => "video",
            Some(3) => "file",
            _ => return Err((ODD, "media_type")),
        };
        let (name, key, md5) = (
            text(body, "filekey"),
            text(body, "aeskey"),
            text(body, "rawfilemd5"),
        );
        if ![name, key, md5].into_iter().all(crypt::is_hex) {
            return Err((ODD, "filekey, aeskey or rawfilemd5"));
        }
        let bytes = body["rawsize"].as_u64().unwrap_or_default();
        let sealed_bytes = body["filesize"].as_u64().unwrap_or_default();
        if bytes == 0 || sealed_bytes != (bytes / 16 + 1) * 16 {
            return Err((ODD, "rawsize or filesize"));
        }
        // Without it pictures and films need a smaller one, which is described as well.
        if body["no_need_thumb"] != true {
            return Err((ODD, "thumb_rawsize"));
        }
        let to = text(body, "to_user_id");
        if !to.ends_with("@im.wechat") {
            return Err((ODD, "to_user_id"));
        }
        let announced = Announced {
            to: to.to_owned(),
            kind,
            key: key.to_owned(),
            md5: md5.to_owned(),
            bytes,
            sealed_bytes,
        };
        let name = name.to_owned();
        let param = self.make("upload");
        self.announced.insert(param.clone(), announced);
        if self.names_no_address {
            return Ok(json!({"upload_param": param}));
        }
        // Escaped as a URL has it: who takes it apart and writes it anew has to do the same.
        let param = param
            .replace('+', "%2B")
            .replace('/', "%2F")
            .replace('=', "%3D");
        let address =
            format!("{media}/c2c/upload?encrypted_query_param={param}&filekey={name}&taskid=7");
        Ok(json!({"upload_full_url": address}))
    }

    /// Takes the bytes of an upload. Gives what names it in a message.
    pub(crate) fn upload(&mut self, request: &Recorded) -> Result<String, &'static str> {
        let param = request
            .query_value("encrypted_query_param")
            .unwrap_or_default();
        // An address is good once: a client that repeats an upload asks for another one.
        let announced = self
            .announced
            .remove(&param)
            .ok_or("unknown encrypted_query_param")?;
        if request.header("content-type") != Some("application/octet-stream") {
            return Err("Content-Type");
        }
        // Nobody else's business: whoever took it here has sent it with the bytes that it opens.
        if request.header("body-key").is_some() {
            return Err("the key came with the bytes");
        }
        let sealed: &[u8] = match &request.body {
            Body::Other { head, bytes, .. } if head.len() as u64 == *bytes => head,
            Body::Text(text) => text.as_bytes(),
            _ => return Err("no bytes"),
        };
        if sealed.len() as u64 != announced.sealed_bytes {
            return Err("not as long as it was announced");
        }
        let opened = crypt::opened(&announced.key, sealed).ok_or("can't be opened by its key")?;
        if opened.len() as u64 != announced.bytes || crypt::md5(&opened) != announced.md5 {
            return Err("not what was announced");
        }
        let uploaded = Uploaded {
            kind: announced.kind,
            to: announced.to.clone(),
            bytes: announced.bytes,
            md5: announced.md5.clone(),
            head: opened[..opened.len().min(64)].to_vec(),
        };
        self.uploads.push(uploaded.clone());
        let name = self.make("stored");
        let stored = Stored {
            announced,
            uploaded,
            is_shown: false,
        };
        self.stored.insert(name.clone(), stored);
        Ok(name)
    }

    /// Says whether the login is good. Of nobody there is nothing to say.
    pub(crate) fn configure(&self, request: &Recorded) -> Said {
        let body = self.asked(request)?;
        if text(body, "ilink_user_id").is_empty() {
            return Err((ODD, "ilink_user_id"));
        }
        Ok(json!({"ret": 0, "typing_ticket": "ticket"}))
    }

    /// Shows a message.
    pub(crate) fn send(&mut self, request: &Recorded, now: Duration) -> Said {
        let message = &self.asked(request)?["msg"];
        let to = text(message, "to_user_id").to_owned();
        // Noted also where it is refused: tests count what was tried.
        let shown = self.shown(message, &to, now);
        let ret = shown.as_ref().err().map_or(0, |(ret, _)| *ret);
        self.attempts.push(Attempt { to, ret });
        self.messages.push(shown?);
        self.made += 1;
        // Beyond what a JavaScript number holds, as real ones are.
        Ok(json!({"ret": 0, "message_id": 7_000_000_000_000_000_000_u64 + self.made}))
    }

    /// What a message shows, where somebody may be shown it.
    fn shown(
        &mut self,
        message: &Value,
        to: &str,
        now: Duration,
    ) -> Result<SentMessage, (i64, &'static str)> {
        if message["from_user_id"] != ""
            || message["message_type"] != 2
            || message["message_state"] != 2
        {
            return Err((ODD, "from_user_id, message_type or message_state"));
        }
        let client_id = text(message, "client_id");
        if client_id.is_empty() {
            return Err((ODD, "client_id"));
        }
        let [item] = message["item_list"]
            .as_array()
            .map_or(&[][..], Vec::as_slice)
        else {
            return Err((ODD, "item_list"));
        };
        let person = self.people.get_mut(to).ok_or(CLOSED)?;
        let context = message.get("context_token").and_then(Value::as_str);
        if context.is_some_and(|said| said != person.context)
            || (context.is_none() && self.needs_context)
        {
            return Err(CLOSED);
        }
        if now.saturating_sub(person.wrote_at) > ANSWERS || person.answers >= MOST_ANSWERS {
            return Err(CLOSED);
        }
        let mut shown = SentMessage {
            to: to.to_owned(),
            kind: "text",
            text: String::new(),
            media: None,
            client_id: client_id.to_owned(),
        };
        let media =
            |name: &str, size: &str| (item[name]["media"].clone(), item[name][size].as_u64());
        let (media, sealed_bytes) = match item["type"].as_u64() {
            Some(1) => {
                shown.text = text(&item["text_item"], "text").to_owned();
                let chars = shown.text.chars().count();
                if chars == 0 || chars > MAX_TEXT_CHARS {
                    return Err((ODD, "text"));
                }
                person.answers += 1;
                return Ok(shown);
            }
            Some(2) => {
                shown.kind = "image";
                media("image_item", "mid_size")
            }
            Some(4) => {
                shown.kind = "file";
                shown.text = text(&item["file_item"], "file_name").to_owned();
                let len = text(&item["file_item"], "len").parse::<u64>();
                let len = len.map_err(|_| (ODD, "len"))?;
                (
                    item["file_item"]["media"].clone(),
                    Some((len / 16 + 1) * 16),
                )
            }
            Some(5) => {
                shown.kind = "video";
                media("video_item", "video_size")
            }
            _ => return Err((ODD, "type")),
        };
        let stored = self.stored.get_mut(text(&media, "encrypt_query_param"));
        let stored = stored.ok_or((ODD, "encrypt_query_param"))?;
        let announced = &stored.announced;
        let key = crypt::unbase64(text(&media, "aes_key"));
        if key.as_deref() != Some(&announced.key) || media["encrypt_type"] != 1 {
            return Err((ODD, "aes_key or encrypt_type"));
        }
        // What is stricter than is known: an upload is of one kind, for one person and one message.
        if announced.kind != shown.kind
            || announced.to != to
            || sealed_bytes != Some(announced.sealed_bytes)
        {
            return Err((ODD, "another upload than was announced"));
        }
        if std::mem::replace(&mut stored.is_shown, true) {
            return Err((ODD, "it was shown before"));
        }
        shown.media = Some(stored.uploaded.clone());
        person.answers += 1;
        Ok(shown)
    }
}

/// A member that is a text; empty where it is none.
fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}
