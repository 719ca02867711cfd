//! The platform's state and its order of checks: the token in the query, the address, the media or the message, who is reached,
//! whether the same was sent already, the rate. The order is that of the documents where they show one, else that of the cheapest
//! check first (?); a test that depends on it says so by the code that it expects.

use super::app::App;
use super::message::{Attempt, SentMessage, Uploaded};
use crate::rates::{Limit, Rates};
use crate::record::{Body, Part, Recorded};
use crate::sniff::{is_mp4, sniff};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::time::Duration;

const MB: u64 = 1 << 20;
/// A file has to have more bytes than this.
const MIN_FILE_BYTES: u64 = 5;
/// A longer text is cut off, without a word.
const MAX_TEXT_BYTES: usize = 2048;
/// How long what was uploaded can be shown.
const MEDIA_LIFE: Duration = Duration::from_secs(3 * 86_400);
/// How long the platform knows a message again where it isn't said, and at the most.
const DUPLICATES: (u64, u64) = (1_800, 14_400);
/// Messages of an app to one member; what is beyond is dropped without a word.
const RATE: Limit = Limit::new(30, Duration::from_secs(60));

/// An `errcode` and its `errmsg`.
pub(crate) type Refusal = (i64, String);

/// A refusal. `code` is the platform's number, `message` its words, of which clients read the number alone.
fn refused<T>(code: i64, message: &str) -> Result<T, Refusal> {
    Err((code, message.to_owned()))
}

/// A token that was issued.
#[derive(Debug)]
pub(crate) struct Token {
    /// Whose it is.
    app: App,
    /// From when on it is refused with 42001, by the service's clock.
    ends: Duration,
}

/// All that is known.
#[derive(Debug)]
pub(crate) struct Platform {
    /// All apps of all companies; a secret belongs to one.
    pub(crate) apps: Vec<App>,
    /// Only these, once one was named.
    pub(crate) members: Vec<String>,
    /// In sight, and without a licence all the same.
    pub(crate) unlicensed: Vec<String>,
    /// The address that isn't trusted.
    pub(crate) distrusted: Option<String>,
    /// See [`super::WeCom::strict`].
    pub(crate) strict: bool,
    /// Of tokens that are issued from now on.
    pub(crate) token_lifetime: Duration,
    /// Those that are known, by themselves; expired ones among them, since those have a code of their own.
    pub(crate) tokens: HashMap<String, Token>,
    /// All that were ever issued, oldest first.
    pub(crate) issued: Vec<String>,
    /// Oldest first.
    pub(crate) uploads: Vec<Uploaded>,
    /// Oldest first; one for each person that was reached.
    pub(crate) messages: Vec<SentMessage>,
    /// Requests to send that had a good token, oldest first.
    pub(crate) attempts: Vec<Attempt>,
    /// Bodies that were taken, by app: when they were, and as which message.
    taken: HashMap<(u64, String), (Duration, String)>,
    rates: Rates,
    made_ids: u64,
}

impl Platform {
    /// As it begins: one app, everybody in its sight, and any address trusted.
    pub(crate) fn new(first: App) -> Self {
        Self {
            apps: vec![first],
            members: Vec::new(),
            unlicensed: Vec::new(),
            distrusted: None,
            strict: false,
            token_lifetime: Duration::from_secs(7200),
            tokens: HashMap::new(),
            issued: Vec::new(),
            uploads: Vec::new(),
            messages: Vec::new(),
            attempts: Vec::new(),
            taken: HashMap::new(),
            rates: Rates::default(),
            made_ids: 0,
        }
    }

    /// An id that was not given before, behind the prefix of its kind.
    fn make_id(&mut self, prefix: &str) -> String {
        self.made_ids += 1;
        format!(
            "{prefix}{:04}-{:028x}",
            self.made_ids,
            self.made_ids * 0x9e37_79b1
        )
    }

    /// A token for a company's id and an app's secret; the same one as long as it is good.
    ///
    /// # Errors
    /// 40013 for a company that isn't known, 40001 for a secret that is none of its apps'.
    pub(crate) fn issue(&mut self, request: &Recorded, now: Duration) -> Result<Value, Refusal> {
        let value = |name: &str| match request.query_values(name).as_slice() {
            [value] => value.clone(),
            _ => String::new(),
        };
        let (corp, secret) = (value("corpid"), value("corpsecret"));
        if !self.apps.iter().any(|app| app.corp_id == corp) {
            return refused(40013, "invalid corpid");
        }
        let mut apps = self.apps.iter();
        let found = apps.find(|app| app.corp_id == corp && app.secret == secret);
        let Some(app) = found.cloned() else {
            return refused(40001, "invalid credential");
        };
        // The real service gives the same one again as well, so that a client that asks for each request isn't noticed here; the
        // number of requests tells.
        let mut tokens = self.tokens.iter();
        let good = tokens.find(|(_, token)| token.app == app && now < token.ends);
        let (token, ends) = match good {
            Some((text, token)) => (text.clone(), token.ends),
            None => {
                let (text, ends) = (
                    self.make_id(crate::WECOM_TOKENS_BEGIN),
                    now + self.token_lifetime,
                );
                self.issued.push(text.clone());
                self.tokens.insert(text.clone(), Token { app, ends });
                (text, ends)
            }
        };
        Ok(json!({"access_token": token, "expires_in": (ends - now).as_secs()}))
    }

    /// The app of the request's token, which stands in the query and nowhere else.
    ///
    /// # Errors
    /// 41001 without a token or with several, 40014 for one that isn't known, 42001 for one that has run out, 60020 from an
    /// address that isn't trusted.
    fn admit(&self, request: &Recorded, now: Duration) -> Result<App, Refusal> {
        let tokens = request.query_values("access_token");
        let elsewhere = request.headers.contains_key("authorization");
        let [token] = tokens.as_slice() else {
            return refused(41001, "access_token missing");
        };
        let Some(known) = self.tokens.get(token).filter(|_| !elsewhere) else {
            return refused(40014, "invalid access_token");
        };
        if known.ends <= now {
            return refused(42001, "access_token expired");
        }
        if let Some(address) = &self.distrusted {
            let told = format!(
                "not allow to access from your ip, hint: [1], from ip: {address}, more info at https://open.work.weixin.qq.com/devtool/query?e=60020"
            );
            return Err((60020, told));
        }
        Ok(known.app.clone())
    }

    /// Takes a medium, of which its length, digest and kind are kept.
    ///
    /// # Errors
    /// The first rule that it breaks: the part, the kind, the size, what the bytes are.
    pub(crate) fn upload(&mut self, request: &Recorded, now: Duration) -> Result<Value, Refusal> {
        let app = self.admit(request, now)?;
        let kind = request.query_value("type").unwrap_or_default();
        let Some(file) = request.part("media") else {
            return refused(41005, "media data missing");
        };
        let Some(max_bytes) = (match kind.as_str() {
            "image" | "video" => Some(10 * MB),
            "voice" => Some(2 * MB),
            "file" => Some(20 * MB),
            _ => None,
        }) else {
            return refused(40004, "invalid media type");
        };
        let Some(file_name) = file.file_name.clone() else {
            return refused(44001, "empty media data");
        };
        if file.bytes <= MIN_FILE_BYTES {
            return refused(40006, "invalid meida size");
        }
        if file.bytes > max_bytes {
            return refused(45001, "media size out of limit");
        }
        let fits = match kind.as_str() {
            "image" => sniff(&file.head).is_some_and(|one| ["png", "jpeg"].contains(&one.kind)),
            "video" => is_mp4(&file.head),
            _ => true,
        };
        if !fits {
            return refused(40005, "invalid file type");
        }
        if self.strict && (announced(file) != Some(file.bytes) || file.content_type.is_none()) {
            return refused(44001, "strict: a part without its length or type");
        }
        let media_id = self.make_id("3");
        self.uploads.push(Uploaded {
            media_id: media_id.clone(),
            kind: kind.clone(),
            file_name,
            bytes: file.bytes,
            sha256: file.sha256.clone(),
            at_ms: now.as_millis() as u64,
            agent_id: app.agent_id,
        });
        Ok(json!({"type": kind, "media_id": media_id, "created_at": now.as_secs().to_string()}))
    }

    /// Takes a message and notes the attempt, whatever comes of it.
    ///
    /// # Errors
    /// The first rule that it breaks.
    pub(crate) fn send(&mut self, request: &Recorded, now: Duration) -> Result<Value, Refusal> {
        let app = self.admit(request, now)?;
        let text = match &request.body {
            Body::Text(text) => text.clone(),
            _ => String::new(),
        };
        let Ok(body) = serde_json::from_str::<Value>(&text) else {
            return refused(47001, "data format error");
        };
        let sent = self.send_to(&app, &body, &text, now);
        let code = sent.as_ref().err().map_or(0, |(code, _)| *code);
        let to = body["touser"].as_str().unwrap_or_default().to_owned();
        self.attempts.push(Attempt {
            to,
            body: text,
            code,
        });
        sent
    }

    /// The same behind the token. `text` is the body as it came: two messages are the same where it is.
    fn send_to(
        &mut self,
        app: &App,
        body: &Value,
        text: &str,
        now: Duration,
    ) -> Result<Value, Refusal> {
        if body["agentid"].as_u64() != Some(app.agent_id) {
            return refused(
                301_002,
                "not allow operate another agent with this accesstoken",
            );
        }
        if self.strict {
            check_strictly(body)?;
        }
        let (kind, words, media) = self.shown(app, body, now)?;
        let named = body["touser"].as_str().unwrap_or_default();
        if named.is_empty() {
            return refused(40031, "invalid userid list");
        }
        let in_sight = |user: &&str| {
            self.members.is_empty() || self.members.iter().any(|member| member == user)
        };
        let (known, invalid): (Vec<&str>, Vec<&str>) = named.split('|').partition(in_sight);
        if known.is_empty() {
            return refused(81013, "user & party & tag all invalid");
        }
        let has_licence = |user: &&str| !self.unlicensed.iter().any(|other| other == user);
        let (reached, unlicensed): (Vec<&str>, Vec<&str>) =
            known.into_iter().partition(has_licence);
        // A success, whoever isn't reached: only where that is everybody it is none.
        let mut said =
            json!({"invaliduser": invalid.join("|"), "unlicenseduser": unlicensed.join("|")});
        let seconds = body["duplicate_check_interval"].as_u64();
        let seconds = seconds.unwrap_or(DUPLICATES.0).min(DUPLICATES.1);
        let key = (app.agent_id, text.to_owned());
        if body["enable_duplicate_check"] == 1
            && let Some((at, msgid)) = self.taken.get(&key)
            && now < *at + Duration::from_secs(seconds)
        {
            said["msgid"] = msgid.clone().into();
            return Ok(said);
        }
        let msgid = self.make_id("msg");
        said["msgid"] = msgid.clone().into();
        self.taken.insert(key, (now, msgid.clone()));
        let reached: Vec<String> = reached.into_iter().map(str::to_owned).collect();
        for to in reached {
            let who = format!("{} {to}", app.agent_id);
            // Dropped, and a success all the same: whoever sends too fast never hears of it.
            if self.rates.count(&who, RATE, now).is_err() {
                continue;
            }
            self.messages.push(SentMessage {
                msgid: msgid.clone(),
                to,
                agent_id: app.agent_id,
                kind: kind.clone(),
                text: words.clone(),
                media: media.clone(),
                at_ms: now.as_millis() as u64,
            });
        }
        Ok(said)
    }

    /// What a message shows: of which kind it is, its words, its medium.
    fn shown(
        &self,
        app: &App,
        body: &Value,
        now: Duration,
    ) -> Result<(String, String, Option<Uploaded>), Refusal> {
        let kind = body["msgtype"].as_str().unwrap_or_default();
        let shown = &body[kind];
        match kind {
            "text" => {
                let Some(words) = shown["content"].as_str().filter(|text| !text.is_empty()) else {
                    return refused(44004, "empty content");
                };
                let cut = words.floor_char_boundary(MAX_TEXT_BYTES);
                Ok((kind.to_owned(), words[..cut].to_owned(), None))
            }
            "image" | "video" | "file" => {
                let id = shown["media_id"].as_str().unwrap_or_default();
                let is_good = |media: &&Uploaded| {
                    let age = now.saturating_sub(Duration::from_millis(media.at_ms));
                    media.media_id == id && media.agent_id == app.agent_id && age < MEDIA_LIFE
                };
                match self.uploads.iter().find(is_good) {
                    Some(media) if media.kind == kind => {
                        Ok((kind.to_owned(), String::new(), Some(media.clone())))
                    }
                    Some(_) => refused(40004, "invalid media type"),
                    None => refused(40007, "invalid media_id"),
                }
            }
            _ => refused(40008, "invalid message type"),
        }
    }
}

/// The length that a part's head announces, in quotes or without: `filelength=6` stands behind the file's name.
fn announced(file: &Part) -> Option<u64> {
    let head = file.headers.get("content-disposition")?.to_str().ok()?;
    let mut pieces = head.split(';').map(str::trim);
    let length = pieces.find_map(|piece| piece.strip_prefix("filelength="))?;
    length.trim_matches('"').parse().ok()
}

/// # Errors
/// Not what our own client promises.
fn check_strictly(body: &Value) -> Result<(), Refusal> {
    let to = body["touser"].as_str().unwrap_or_default();
    let one = !to.contains('|') && !to.eq_ignore_ascii_case("@all");
    let alone = ["toparty", "totag"]
        .iter()
        .all(|name| body[*name].is_null());
    let checked = body["enable_duplicate_check"] == 1 && body["duplicate_check_interval"] == 14_400;
    let plain = !body["text"]["content"]
        .as_str()
        .unwrap_or_default()
        .contains('<');
    if one && alone && checked && plain {
        return Ok(());
    }
    refused(
        40003,
        "strict: not one person, not checked for duplicates, or markup",
    )
}
