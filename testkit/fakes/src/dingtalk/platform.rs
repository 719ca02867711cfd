//! The state of both hosts and their order of checks: the token of the host in its one place, the app's robot, what is shown, who
//! is reached. Two equal calls make two messages, since nothing tells that they are one. Which rule comes first where several are
//! broken isn't documented (?): whoever depends on it says so by the code that it expects.

use super::Host;
use super::message::{Attempt, SentMessage, Uploaded};
use crate::record::Recorded;
use crate::sniff::sniff;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::time::Duration;

const MB: u64 = 1 << 20;
/// How long a token is good, at either host. Within that the same one is issued again.
const TOKEN_LIFE: Duration = Duration::from_secs(7200);
/// Where the newer host has its token. In `Authorization` it is none.
const TOKEN_HEADER: &str = "x-acs-dingtalk-access-token";
/// A longer text is refused. No document says where a robot's text ends: this is the older API's number (?).
const MAX_TEXT_CHARS: usize = 5_000;

/// A refusal in the form of its host: clients read words from the one and numbers from the other.
#[derive(Debug)]
pub(crate) enum Refused {
    /// Status, code and words.
    Words(u16, String, String),
    /// Status 200, and a number.
    Number(i64, String),
}

/// A response: what it holds, or the refusal.
pub(crate) type Said = Result<Value, Refused>;

/// A refusal of the newer host: its status, its code, and words that differ from one language to another.
fn words<T>(status: u16, code: &str, said: &str) -> Result<T, Refused> {
    Err(Refused::Words(status, code.to_owned(), said.to_owned()))
}

/// A refusal of the older host, whose status is 200.
fn number<T>(code: i64, said: &str) -> Result<T, Refused> {
    Err(Refused::Number(code, said.to_owned()))
}

/// All that is known.
#[derive(Debug)]
pub(crate) struct Platform {
    /// Only these, once one was named.
    pub(crate) people: Vec<String>,
    /// Only these, once one was named.
    pub(crate) groups: Vec<String>,
    /// Who is written to too often: nothing is shown to them for now.
    pub(crate) held_back: Vec<String>,
    /// What every call that sends is answered with, if anything: status, code, words.
    pub(crate) refusal: Option<(u16, String, String)>,
    /// By the host that takes them; a token of the one is none of the other.
    pub(crate) tokens: HashMap<String, (Host, Duration)>,
    /// All tokens that were ever issued, of both hosts, oldest first.
    pub(crate) issued: Vec<String>,
    /// Oldest first.
    pub(crate) uploads: Vec<Uploaded>,
    /// Oldest first.
    pub(crate) messages: Vec<SentMessage>,
    /// Requests to send that had a good token, oldest first.
    pub(crate) attempts: Vec<Attempt>,
    made_ids: u64,
}

impl Platform {
    /// As it begins: everybody is reached, and the robot is in every group.
    pub(crate) fn new() -> Self {
        Self {
            people: Vec::new(),
            groups: Vec::new(),
            held_back: Vec::new(),
            refusal: None,
            tokens: HashMap::new(),
            issued: Vec::new(),
            uploads: Vec::new(),
            messages: Vec::new(),
            attempts: Vec::new(),
            made_ids: 0,
        }
    }

    /// An id that was not given before, behind the prefix of its kind.
    fn make_id(&mut self, prefix: &str) -> String {
        self.made_ids += 1;
        format!(
            "{prefix}{:04}{:024x}",
            self.made_ids,
            self.made_ids * 0x9e37_79b1
        )
    }

    /// A token of this host, and how many seconds it is good; the same one as long as that isn't over.
    fn token(&mut self, host: Host, now: Duration) -> (String, u64) {
        let mut tokens = self.tokens.iter();
        let good = tokens.find(|(_, (of, ends))| *of == host && now < *ends);
        let good = good.map(|(token, (_, ends))| (token.clone(), *ends));
        let (token, ends) = good.unwrap_or_else(|| {
            let (token, ends) = (self.make_id(crate::DINGTALK_TOKENS_BEGIN), now + TOKEN_LIFE);
            self.issued.push(token.clone());
            self.tokens.insert(token.clone(), (host, ends));
            (token, ends)
        });
        (token, (ends - now).as_secs())
    }

    /// A token of the newer host.
    ///
    /// # Errors
    /// The id, or the secret, is none that it knows.
    pub(crate) fn issue(&mut self, request: &Recorded, now: Duration) -> Said {
        let body = request.json().cloned().unwrap_or_default();
        if body["appKey"] != crate::DINGTALK_CLIENT_ID {
            return words(400, "invalidClientId", "无效的clientId");
        }
        if body["appSecret"] != crate::DINGTALK_CLIENT_SECRET {
            return words(400, "invalidClientSecret", "无效的clientSecret");
        }
        // Of this host alone: whether one counts at both, no document says (?), and who relies on it would be wrong some day.
        let (token, life) = self.token(Host::Messages, now);
        Ok(json!({"accessToken": token, "expireIn": life}))
    }

    /// A token of the older host.
    ///
    /// # Errors
    /// 40089, which doesn't say which of both is wrong.
    pub(crate) fn issue_for_media(&mut self, request: &Recorded, now: Duration) -> Said {
        let value = |name: &str| request.query_values(name).concat();
        let good = value("appkey") == crate::DINGTALK_CLIENT_ID
            && value("appsecret") == crate::DINGTALK_CLIENT_SECRET;
        if !good {
            return number(40089, "不合法的corpid或corpsecret");
        }
        let (token, life) = self.token(Host::Media, now);
        Ok(json!({"errcode": 0, "errmsg": "ok", "access_token": token, "expires_in": life}))
    }

    /// Whether a token is one of this host's, and good for a while.
    fn is_good(&self, token: &str, host: Host, now: Duration) -> bool {
        let known = self.tokens.get(token);
        known.is_some_and(|(of, ends)| *of == host && now < *ends)
    }

    /// Takes a medium, of which its length, digest and kind are kept.
    ///
    /// # Errors
    /// 40014 for a token that isn't in the query alone, 41005 without a file, 40004 for a kind that isn't taken, 40005 for bytes
    /// that are no picture, 40006 for too many of them.
    pub(crate) fn upload(&mut self, request: &Recorded, now: Duration) -> Said {
        // In the query and nowhere else: a client that sends it twice would hide which of them counted.
        let elsewhere = [TOKEN_HEADER, "authorization"];
        let is_elsewhere = elsewhere
            .iter()
            .any(|name| request.headers.contains_key(*name));
        match request.query_values("access_token").as_slice() {
            [token] if !is_elsewhere && self.is_good(token, Host::Media, now) => {}
            _ => return number(40014, "不合法的access_token"),
        }
        let kind = request.query_value("type").unwrap_or_default();
        let Some(file) = request.part("media") else {
            return number(41005, "缺少多媒体文件数据");
        };
        let Some(file_name) = file.file_name.clone() else {
            return number(41005, "缺少多媒体文件数据");
        };
        let is_picture = || {
            sniff(&file.head).is_some_and(|one| ["png", "jpeg", "gif", "bmp"].contains(&one.kind))
        };
        match kind.as_str() {
            "image" if !is_picture() => return number(40005, "不合法的文件类型"),
            "image" | "file" => {}
            // Films among them, whatever the documents say.
            _ => return number(40004, "不合法的媒体文件类型"),
        }
        if file.bytes == 0 || file.bytes > 20 * MB {
            return number(40006, "不合法的文件大小");
        }
        let (bytes, sha256) = (file.bytes, file.sha256.clone());
        let media_id = self.make_id("@lAD");
        self.uploads.push(Uploaded {
            media_id: media_id.clone(),
            kind: kind.clone(),
            file_name,
            bytes,
            sha256,
        });
        Ok(
            json!({"errcode": 0, "errmsg": "ok", "type": kind, "media_id": media_id, "created_at": now.as_millis() as u64}),
        )
    }

    /// Takes a message and notes the attempt, whatever comes of it.
    ///
    /// # Errors
    /// The first rule that it breaks.
    pub(crate) fn send(&mut self, request: &Recorded, is_person: bool, now: Duration) -> Said {
        let token = request.header(TOKEN_HEADER).unwrap_or_default();
        let is_twice =
            request.query.is_some() || request.headers.get_all(TOKEN_HEADER).iter().count() != 1;
        if is_twice || !self.is_good(token, Host::Messages, now) {
            return words(401, "InvalidAuthentication", "不合法的access_token");
        }
        let body = request.json().cloned().unwrap_or_default();
        let to = if is_person {
            body["userIds"][0].as_str()
        } else {
            body["openConversationId"].as_str()
        };
        let to = to.unwrap_or_default().to_owned();
        let said = self.send_to(&body, &to, is_person);
        let status = match &said {
            Err(Refused::Words(status, ..)) => *status,
            Ok(_) | Err(Refused::Number(..)) => 200,
        };
        self.attempts.push(Attempt { to, status });
        said
    }

    /// The same behind the token. To a person it is a success whether they are reached or not.
    fn send_to(&mut self, body: &Value, to: &str, is_person: bool) -> Said {
        // Before anything is looked at, as a permission that is missing is.
        if let Some((status, code, said)) = &self.refusal {
            return words(*status, code, said);
        }
        if body["robotCode"] != crate::DINGTALK_CLIENT_ID {
            return words(400, "invalidParameter.robotCode.notExisted", "robot 不存在");
        }
        // The platform takes twenty; our own client promises one.
        let one = body["userIds"]
            .as_array()
            .is_some_and(|list| list.len() == 1);
        if is_person && !one {
            return words(400, "invalidParameter.userIds", "strict: one person");
        }
        let shown = self.shown(body, to)?;
        if !is_person {
            if !self.groups.is_empty() && !self.groups.iter().any(|known| known == to) {
                let code = "invalidParameter.openConversationId.notExisted";
                return words(400, code, "openConversationId 不存在");
            }
            self.messages.push(shown);
            return Ok(json!({"processQueryKey": self.make_id("pqk")}));
        }
        let is_known = self.people.is_empty() || self.people.iter().any(|known| known == to);
        let is_held = self.held_back.iter().any(|known| known == to);
        let list = |is_it: bool| if is_it { vec![to] } else { Vec::new() };
        let said = json!({
            "processQueryKey": self.make_id("pqk"),
            "invalidStaffIdList": list(!is_known),
            "flowControlledStaffIdList": list(is_known && is_held),
        });
        if is_known && !is_held {
            self.messages.push(shown);
        }
        Ok(said)
    }

    /// What a message shows, which is looked at before who is reached: of its key and the text of JSON that goes with it.
    fn shown(&self, body: &Value, to: &str) -> Result<SentMessage, Refused> {
        let param = body["msgParam"].as_str();
        let param = param.and_then(|text| serde_json::from_str::<Value>(text).ok());
        let Some(param) = param.filter(Value::is_object) else {
            return words(400, "invalidParameter.msgParam", "msgParam 不合法");
        };
        let kind = body["msgKey"].as_str().unwrap_or_default();
        let uploaded = |name: &str, of: &str| {
            let id = param[name].as_str().unwrap_or_default();
            let mut uploads = self.uploads.iter();
            let found = uploads.find(|one| one.media_id == id && one.kind == of);
            match found {
                Some(found) => Ok(Some(found.clone())),
                None => words(400, "invalidParameter.mediaId", "mediaId 不合法"),
            }
        };
        let is_text = |name: &str| param[name].as_str().is_some_and(|text| !text.is_empty());
        let (mut text, mut cover) = (String::new(), None);
        let media = match kind {
            "sampleText" if is_text("content") => {
                text = param["content"].as_str().unwrap_or_default().to_owned();
                None
            }
            // Nothing is fetched from addresses here.
            "sampleImageMsg" => uploaded("photoURL", "image")?,
            "sampleVideo" if is_text("duration") && param["videoType"] == "mp4" => {
                cover = uploaded("picMediaId", "image")?;
                uploaded("videoMediaId", "file")?
            }
            "sampleFile" if is_text("fileName") && is_text("fileType") => {
                uploaded("mediaId", "file")?
            }
            _ => return words(400, "invalidParameter.msgKey", "msgKey 不合法"),
        };
        if text.chars().count() > MAX_TEXT_CHARS {
            return words(400, "invalidParameter.content.tooLong", "内容过长");
        }
        Ok(SentMessage {
            to: to.to_owned(),
            kind: kind.to_owned(),
            param,
            text,
            media,
            cover,
        })
    }
}
