//! The platform's state and its order of checks: token, scope, rate, fields, bot ability, upload rules,
//! message rules, five a second, uuid. The edge before them is in `handler.rs`.

use super::answer::Refusal;
use super::app::{App, Apps, SEND_SCOPES, UPDATE_SCOPES, UPLOAD_SCOPES};
use super::message::{
    Attempt, Replied, SentMessage, Wanted, check_card, is_shared, is_well_formed,
};
use super::upload::{self, UploadKind, UploadedFile};
use crate::rates::{Limit, Rates};
use crate::record::Recorded;
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet};
use std::time::Duration;

/// Messages to one chat or user, and updates of one card.
const CHAT: Limit = Limit::new(5, Duration::from_secs(1));
/// Calls of one app to one API.
const API_SECOND: Limit = Limit::new(50, Duration::from_secs(1));
/// Calls of one app to one API.
const API_MINUTE: Limit = Limit::new(1000, Duration::from_secs(60));
/// How long a `uuid` stands for its message.
const UUID_LIFE: Duration = Duration::from_secs(3600);
/// How long a card can be updated.
const CARD_LIFE: Duration = Duration::from_secs(14 * 86_400);

/// Behaviours of the real service that are seen only sometimes.
#[derive(Debug, Default)]
pub(crate) struct Switches {
    /// See [`super::Feishu::strict`].
    pub(crate) strict: bool,
    /// See [`super::Feishu::scope_refusal_is_http_200`].
    pub(crate) scope_refusal_is_http_200: bool,
    /// See [`super::Feishu::oversize_is_html_502`].
    pub(crate) oversize_is_html_502: bool,
}

/// What became of a `uuid`.
#[derive(Debug)]
enum Use {
    InFlight,
    Made { message_id: String, at: Duration },
}

/// All that is known.
#[derive(Debug)]
pub(crate) struct Platform {
    host: &'static str,
    /// Who may call, and with which token.
    pub(crate) apps: Apps,
    /// What was switched on.
    pub(crate) switches: Switches,
    /// Only these, once one was named.
    pub(crate) chats: HashSet<String>,
    /// Only these, once one was named.
    pub(crate) users: HashSet<String>,
    /// Chats that the bot isn't in.
    pub(crate) without_bot: HashSet<String>,
    /// Users outside of the app's availability.
    pub(crate) unavailable: HashSet<String>,
    /// Ids of users as another app knows them.
    pub(crate) foreign: HashSet<String>,
    /// By their keys.
    pub(crate) uploads: HashMap<String, UploadedFile>,
    /// The keys, oldest first.
    pub(crate) upload_order: Vec<String>,
    /// Oldest first.
    pub(crate) messages: Vec<SentMessage>,
    /// Messages of people, which may be answered.
    pub(crate) received: Vec<Replied>,
    /// Groups in which there are no replies in threads.
    pub(crate) without_threads: HashSet<String>,
    /// Requests to send that reached the rules, oldest first.
    pub(crate) attempts: Vec<Attempt>,
    uuids: HashMap<(String, String), Use>,
    cards_in_flight: HashSet<String>,
    rates: Rates,
    made_ids: u64,
}

/// What is left to do when the time comes to answer.
pub(crate) enum Begun {
    Over(Result<Value, Refusal>),
    Message(Box<SentMessage>),
    Card { message_id: String, content: Value },
}

impl Platform {
    /// As it begins: one app, and nobody named.
    pub(crate) fn new(host: &'static str, first: App) -> Self {
        Self {
            host,
            apps: Apps::new(first),
            switches: Switches::default(),
            chats: HashSet::new(),
            users: HashSet::new(),
            without_bot: HashSet::new(),
            unavailable: HashSet::new(),
            foreign: HashSet::new(),
            uploads: HashMap::new(),
            upload_order: Vec::new(),
            messages: Vec::new(),
            received: Vec::new(),
            without_threads: HashSet::new(),
            attempts: Vec::new(),
            uuids: HashMap::new(),
            cards_in_flight: HashSet::new(),
            rates: Rates::default(),
            made_ids: 0,
        }
    }

    /// An id that was not given before, with the prefix of its kind.
    pub(crate) fn make_id(&mut self, prefix: &str) -> String {
        self.made_ids += 1;
        format!(
            "{prefix}{:08x}{:024x}",
            (self.made_ids as u32).wrapping_mul(0x9e37_79b1),
            self.made_ids
        )
    }

    /// Token, scope and rate, which every call is checked for. Gives the app.
    fn admit(
        &mut self,
        request: &Recorded,
        api: &str,
        scopes: &[&str],
        now: Duration,
    ) -> Result<App, Refusal> {
        let app = self
            .apps
            .authorize(request.header("authorization"), now)?
            .clone();
        if !app.has_one_of(scopes) {
            let status = if self.switches.scope_refusal_is_http_200 {
                200
            } else {
                400
            };
            return Err(Refusal::scope(status, self.host, &app.id, scopes));
        }
        for (span, limit) in [("second", API_SECOND), ("minute", API_MINUTE)] {
            let who = format!("{} {api} {span}", app.id);
            let counted = self.rates.count(&who, limit, now);
            counted.map_err(|reset| Refusal::rate(429, 99991400, limit.count, reset))?;
        }
        Ok(app)
    }

    /// Takes an upload.
    ///
    /// # Errors
    /// The first rule that it breaks, in the platform's order.
    pub(crate) fn upload(
        &mut self,
        kind: UploadKind,
        request: &Recorded,
        now: Duration,
    ) -> Result<Value, Refusal> {
        let app = self.admit(request, &request.path, UPLOAD_SCOPES, now)?;
        let fields = upload::required(kind, &request.body)?;
        if !app.bot {
            return Err(Refusal::new(234007, "App does not enable bot feature."));
        }
        let mut accepted = fields.accept(kind, &app.id, self.switches.strict)?;
        let (prefix, field) = match kind {
            UploadKind::File => ("file_v3_", "file_key"),
            UploadKind::Image => ("img_v3_", "image_key"),
        };
        accepted.key = self.make_id(prefix);
        let data = json!({ field: accepted.key });
        self.upload_order.push(accepted.key.clone());
        self.uploads.insert(accepted.key.clone(), accepted);
        Ok(data)
    }

    /// Up to the point where the message is on its way. `reply_to` is the message that the path names.
    pub(crate) fn begin_message(
        &mut self,
        request: &Recorded,
        reply_to: Option<&str>,
        now: Duration,
    ) -> Begun {
        let app = match self.admit(request, "messages", SEND_SCOPES, now) {
            Ok(app) => app,
            Err(refusal) => return Begun::Over(Err(refusal)),
        };
        let replied = match reply_to.map(|id| self.replied(id, request)).transpose() {
            Ok(replied) => replied,
            Err(refusal) => return Begun::Over(Err(refusal)),
        };
        let wanted = match Wanted::read(request, replied.as_ref()) {
            Ok(wanted) => wanted,
            Err(refusal) => return Begun::Over(Err(refusal)),
        };
        let begun = self.begin_wanted(&app, &wanted, now);
        let (code, message_id) = match &begun {
            Begun::Over(Err(refusal)) => (refusal.code, None),
            Begun::Over(Ok(data)) => (0, data["message_id"].as_str().map(str::to_owned)),
            Begun::Message(message) => (0, Some(message.message_id.clone())),
            Begun::Card { .. } => return begun,
        };
        self.attempts.push(Attempt {
            receive_id: wanted.receive_id,
            msg_type: wanted.msg_type,
            uuid: wanted.uuid,
            code,
            message_id,
            at_ms: now.as_millis() as u64,
        });
        begun
    }

    /// The message that a request answers.
    fn replied(&self, id: &str, request: &Recorded) -> Result<Replied, Refusal> {
        let sent = self
            .messages
            .iter()
            .find(|message| message.message_id == id);
        let received = self
            .received
            .iter()
            .find(|message| message.message_id == id);
        let replied = sent.map(Replied::from).or_else(|| received.cloned());
        let replied = replied.ok_or_else(|| Refusal::parameter("invalid message_id"))?;
        if replied.recalled {
            return Err(Refusal::new(230011, "The message was withdrawn."));
        }
        let in_thread = request
            .json()
            .is_some_and(|body| body["reply_in_thread"] == true);
        if in_thread && self.without_threads.contains(&replied.receive_id) {
            return Err(Refusal::new(
                230071,
                "The chat does not support reply in thread.",
            ));
        }
        Ok(replied)
    }

    /// The same with a refusal as an end.
    fn begin_wanted(&mut self, app: &App, wanted: &Wanted, now: Duration) -> Begun {
        match self.try_wanted(app, wanted, now) {
            Ok(begun) => begun,
            Err(refusal) => Begun::Over(Err(refusal)),
        }
    }

    /// Checks a message up to its `uuid`.
    ///
    /// # Errors
    /// The first rule that it breaks; 230049 while the same one is in flight.
    fn try_wanted(&mut self, app: &App, wanted: &Wanted, now: Duration) -> Result<Begun, Refusal> {
        if !app.bot {
            return Err(Refusal::new(230006, "Bot ability is not activated."));
        }
        let checked = wanted.check(&app.id, &self.uploads)?;
        self.check_recipient(&wanted.receive_id_type, &wanted.receive_id)?;
        let counted = self
            .rates
            .count(&format!("to {}", wanted.receive_id), CHAT, now);
        counted.map_err(|reset| Refusal::rate(400, 230020, CHAT.count, reset))?;
        let message_id = match &wanted.uuid {
            None => self.make_id("om_"),
            Some(uuid) => {
                let id = (app.id.clone(), uuid.clone());
                match self.uuids.get(&id) {
                    Some(Use::InFlight) => {
                        return Err(Refusal::new(
                            230049,
                            "The message is being sent, please try again later.",
                        ));
                    }
                    Some(Use::Made { message_id, at }) if now.saturating_sub(*at) < UUID_LIFE => {
                        let known = self
                            .messages
                            .iter()
                            .find(|message| message.message_id == *message_id);
                        return Ok(Begun::Over(
                            known
                                .map(data)
                                .ok_or_else(|| Refusal::parameter("invalid uuid")),
                        ));
                    }
                    _ => {
                        self.uuids.insert(id, Use::InFlight);
                        self.make_id("om_")
                    }
                }
            }
        };
        Ok(Begun::Message(Box::new(SentMessage {
            message_id,
            receive_id_type: wanted.receive_id_type.clone(),
            receive_id: wanted.receive_id.clone(),
            msg_type: wanted.msg_type.clone(),
            content: checked.content,
            uuid: wanted.uuid.clone(),
            app_id: app.id.clone(),
            at_ms: 0,
            file: checked.file,
            image: checked.image,
            reply_to: wanted.reply_to.clone(),
            reply_in_thread: wanted.reply_in_thread,
            updates: 0,
        })))
    }

    /// # Errors
    /// 230001, 230002, 230013 or 99992361, by what is wrong with the recipient.
    fn check_recipient(&self, id_type: &str, id: &str) -> Result<(), Refusal> {
        if !is_well_formed(id_type, id) {
            return Err(Refusal::parameter("invalid receive_id"));
        }
        if self.foreign.contains(id) {
            return Err(Refusal::new(99992361, "open_id cross app"));
        }
        let known = if id_type == "chat_id" {
            &self.chats
        } else {
            &self.users
        };
        let unknown = !known.is_empty() && !known.contains(id);
        match id_type {
            "chat_id" if unknown || self.without_bot.contains(id) => {
                Err(Refusal::new(230002, "Bot/User can NOT be out of the chat."))
            }
            "chat_id" => Ok(()),
            _ if unknown || self.unavailable.contains(id) => Err(Refusal::new(
                230013,
                "Bot has NO availability to this user.",
            )),
            _ => Ok(()),
        }
    }

    /// Puts the message into the chat.
    pub(crate) fn finish_message(&mut self, mut message: SentMessage, now: Duration) -> Value {
        message.at_ms = now.as_millis() as u64;
        if let Some(uuid) = &message.uuid {
            let made = Use::Made {
                message_id: message.message_id.clone(),
                at: now,
            };
            self.uuids
                .insert((message.app_id.clone(), uuid.clone()), made);
        }
        let data = data(&message);
        self.messages.push(message);
        data
    }

    /// Up to the point where the update is on its way.
    pub(crate) fn begin_card(
        &mut self,
        request: &Recorded,
        message_id: &str,
        now: Duration,
    ) -> Begun {
        match self.check_update(request, message_id, now) {
            Ok(content) => {
                self.cards_in_flight.insert(message_id.to_owned());
                Begun::Card {
                    message_id: message_id.to_owned(),
                    content,
                }
            }
            Err(refusal) => Begun::Over(Err(refusal)),
        }
    }

    /// What a card would show.
    ///
    /// # Errors
    /// Why it can't be updated now.
    fn check_update(
        &mut self,
        request: &Recorded,
        message_id: &str,
        now: Duration,
    ) -> Result<Value, Refusal> {
        let app = self.admit(request, "cards", UPDATE_SCOPES, now)?;
        let content = request.json().and_then(|body| body["content"].as_str());
        let content = content.ok_or_else(|| Refusal::field("content", "content is required"))?;
        if !app.bot {
            return Err(Refusal::new(230006, "Bot ability is not activated."));
        }
        let message = self
            .messages
            .iter()
            .find(|message| message.message_id == message_id);
        let message = message.ok_or_else(|| Refusal::parameter("invalid message_id"))?;
        if message.app_id != app.id {
            return Err(Refusal::new(230027, "Lack of necessary permissions."));
        }
        if message.msg_type != "interactive" || !is_shared(&message.content) {
            return Err(Refusal::parameter("the message is not a shared card"));
        }
        if now.saturating_sub(Duration::from_millis(message.at_ms)) > CARD_LIFE {
            return Err(Refusal::new(
                230031,
                "Message can only be modified within 14 days after sending.",
            ));
        }
        let card = check_card(content)?;
        let full = |reset| Refusal::rate(400, 230020, CHAT.count, reset);
        if self.cards_in_flight.contains(message_id) {
            return Err(full(Duration::from_millis(200)));
        }
        self.rates
            .count(&format!("card {message_id}"), CHAT, now)
            .map_err(full)?;
        Ok(card)
    }

    /// Shows the card's new content.
    pub(crate) fn finish_card(&mut self, message_id: &str, content: Value) -> Value {
        self.cards_in_flight.remove(message_id);
        if let Some(message) = self
            .messages
            .iter_mut()
            .find(|message| message.message_id == message_id)
        {
            message.content = content;
            message.updates += 1;
        }
        json!({})
    }
}

/// `data` of the response to a message.
fn data(message: &SentMessage) -> Value {
    let at = message.at_ms.to_string();
    let chat_id = match message.receive_id_type.as_str() {
        "chat_id" => message.receive_id.clone(),
        _ => format!("oc_p2p_{}", message.receive_id),
    };
    let mut data = json!({
        "message_id": message.message_id,
        "msg_type": message.msg_type,
        "create_time": at,
        "update_time": at,
        "deleted": false,
        "updated": message.updates > 0,
        "chat_id": chat_id,
        "sender": {"id": message.app_id, "id_type": "app_id", "sender_type": "app", "tenant_key": "testkit"},
        "body": {"content": message.content.to_string()},
    });
    if let Some(parent) = &message.reply_to {
        data["parent_id"] = parent.as_str().into();
        data["root_id"] = parent.as_str().into();
    }
    data
}
