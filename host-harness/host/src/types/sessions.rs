//! What is known of sessions: their turns, their results and their messages to the chat.

use serde::ser::SerializeSeq;
use serde::{Serialize, Serializer};
use wasmtime::component::{ComponentType, Lift};

use super::{SessionState, text};

/// Whether a message has reached the chat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ComponentType, Lift, Serialize)]
#[component(enum)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum DeliveryState {
    /// Planned; nothing was sent.
    #[component(name = "pending")]
    Pending,
    /// Sent; its answer isn't known yet.
    #[component(name = "sending")]
    Sending,
    /// In the chat, as media or as the notice it is.
    #[component(name = "delivered")]
    Delivered,
    /// In the chat, as a link.
    #[component(name = "link-only")]
    LinkOnly,
    /// Given up.
    #[component(name = "failed")]
    Failed,
    /// Perhaps in the chat: its answer was lost, and it isn't sent again by itself.
    #[component(name = "uncertain")]
    Uncertain,
}

impl DeliveryState {
    /// The name used in JSON and records.
    pub const fn name(self) -> &'static str {
        contract::names::OF_DELIVERIES[self as usize]
    }

    /// Whether it is in the chat, as media or as a link.
    pub const fn is_in_the_chat(self) -> bool {
        matches!(self, Self::Delivered | Self::LinkOnly)
    }
}

/// What a message to the chat is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ComponentType, Lift, Serialize)]
#[component(enum)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Purpose {
    /// One result, as media or as its link.
    #[component(name = "result")]
    Result,
    /// The links of several results that can't be sent as media.
    #[component(name = "links")]
    Links,
    /// A question of the backend.
    #[component(name = "question")]
    Question,
    /// That the job failed.
    #[component(name = "failure")]
    Failure,
    /// That the job took too long.
    #[component(name = "timeout")]
    Timeout,
    /// That there are more results than are sent.
    #[component(name = "more")]
    More,
    /// That a result may or may not have arrived, with its link.
    #[component(name = "uncertain")]
    Uncertain,
}

impl Purpose {
    /// The name used in JSON.
    pub const fn name(self) -> &'static str {
        contract::names::OF_PURPOSES[self as usize]
    }
}

/// One message to the chat.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lift, Serialize)]
#[component(record)]
#[serde(rename_all = "camelCase")]
pub struct Delivery {
    /// The turn it belongs to.
    pub turn: u32,
    /// Its place among the turn's messages, from 0.
    pub order: u32,
    /// What it is for.
    pub purpose: Purpose,
    /// The newest address of the result that it brings.
    pub url: Option<String>,
    /// Where it stands.
    pub state: DeliveryState,
    /// The platform's id of the message, once it is in the chat.
    #[component(name = "message-id")]
    pub message_id: Option<String>,
    /// When it ended.
    #[component(name = "ended-at-ms")]
    #[serde(rename = "endedAt", serialize_with = "text::time_or_null")]
    pub ended_at_ms: Option<u64>,
    /// Why it failed, or what is in the way at the moment.
    pub trouble: Option<String>,
}

/// One video or image.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lift, Serialize)]
#[component(record)]
#[serde(rename_all = "camelCase")]
pub struct Product {
    /// Its newest address, exactly as the service gave it.
    pub url: String,
    /// Whether it has reached the chat; none while no message is planned for it.
    pub delivery: Option<DeliveryState>,
    /// The platform's id of the message that brought it.
    #[component(name = "message-id")]
    pub message_id: Option<String>,
}

/// One request within a session, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lift, Serialize)]
#[component(record)]
#[serde(rename_all = "camelCase")]
pub struct Turn {
    /// From 1.
    #[serde(rename = "turn")]
    pub number: u32,
    /// What the user asked for, word for word.
    pub text: String,
    /// Where it stands.
    pub state: SessionState,
    /// When it was submitted.
    #[component(name = "submitted-at-ms")]
    #[serde(rename = "submittedAt", serialize_with = "text::time")]
    pub submitted_at_ms: u64,
    /// When it ended.
    #[component(name = "ended-at-ms")]
    #[serde(rename = "endedAt", serialize_with = "text::time_or_null")]
    pub ended_at_ms: Option<u64>,
    /// When the last of its results had reached the chat.
    #[component(name = "delivered-at-ms")]
    #[serde(rename = "deliveredAt", serialize_with = "text::time_or_null")]
    pub delivered_at_ms: Option<u64>,
    /// Answered polls.
    pub polls: u32,
    /// Its results. In JSON their addresses.
    #[serde(serialize_with = "addresses")]
    pub results: Vec<Product>,
    /// What the backend asks the user.
    pub question: Option<String>,
    /// Why it failed; of a job under way its last word, or what is in the way.
    pub trouble: Option<String>,
}

/// A session, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lift, Serialize)]
#[component(record)]
#[serde(rename_all = "camelCase")]
pub struct Session {
    /// Its id.
    #[component(name = "session-id")]
    pub session_id: String,
    /// Where its latest turn stands.
    pub state: SessionState,
    /// The channel its latest turn's results go to.
    #[serde(serialize_with = "text::or_empty")]
    pub channel: Option<String>,
    /// The chat they go to, as it was named.
    #[component(name = "chat-id")]
    #[serde(serialize_with = "text::or_empty")]
    pub chat_id: Option<String>,
    /// The message that they answer, in its thread. Not in JSON.
    #[component(name = "reply-to")]
    #[serde(skip)]
    pub reply_to: Option<String>,
    /// The service that has it, as `--service` takes it.
    pub service: String,
    /// Whether `cancel` may still stop it: its service can, and it has not ended.
    pub cancellable: bool,
    /// When it wants its next poll; none when everything has ended.
    #[component(name = "next-poll-at-ms")]
    #[serde(rename = "nextPollAt", serialize_with = "text::time_or_null")]
    pub next_poll_at_ms: Option<u64>,
    /// The canvas link, once the job has finished.
    #[component(name = "project-url")]
    pub project_url: Option<String>,
    /// Its turns, the oldest first.
    pub turns: Vec<Turn>,
    /// Its messages to the chat, in the order in which they were planned.
    pub deliveries: Vec<Delivery>,
}

impl Session {
    /// The latest request in it.
    pub fn latest(&self) -> Option<&Turn> {
        self.turns.last()
    }
}

/// A submit whose answer was lost. It may have been charged, and isn't sent again by itself.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lift, Serialize)]
#[component(record)]
#[serde(rename_all = "camelCase")]
pub struct UnknownSubmit {
    /// What `recover --forget` takes.
    pub id: String,
    /// The words of the request.
    pub text: String,
    /// When it was sent.
    #[component(name = "started-at-ms")]
    #[serde(rename = "startedAt", serialize_with = "text::time_or_zero")]
    pub started_at_ms: Option<u64>,
    /// Why its outcome isn't known.
    pub reason: Option<String>,
}

/// What is known here of sessions.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lift, Serialize)]
#[component(record)]
#[serde(rename_all = "camelCase")]
pub struct Overview {
    /// When this was so.
    #[component(name = "now-ms")]
    #[serde(rename = "now", serialize_with = "text::time")]
    pub now_ms: u64,
    /// The sessions that were asked for.
    pub sessions: Vec<Session>,
    /// Submits of unknown outcome.
    #[component(name = "unknown-submits")]
    pub unknown_submits: Vec<UnknownSubmit>,
    /// What can't be read or asked about, in sentences for the user.
    pub damaged: Vec<String>,
}

fn addresses<S: Serializer>(products: &[Product], serializer: S) -> Result<S::Ok, S::Error> {
    let mut list = serializer.serialize_seq(Some(products.len()))?;
    for product in products {
        list.serialize_element(&product.url)?;
    }
    list.end()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_overview_is_written_as_the_command_writes_it() {
        let product = Product {
            url: "https://x/1.mp4".to_owned(),
            delivery: Some(DeliveryState::LinkOnly),
            message_id: None,
        };
        let turn = Turn {
            number: 1,
            text: "a fox".to_owned(),
            state: SessionState::AwaitingUser,
            submitted_at_ms: 1_767_225_600_999,
            ended_at_ms: None,
            delivered_at_ms: Some(1_767_225_601_000),
            polls: 3,
            results: vec![product],
            question: None,
            trouble: None,
        };
        let overview = Overview {
            now_ms: u64::MAX,
            sessions: vec![Session {
                session_id: "s".to_owned(),
                state: SessionState::AwaitingUser,
                channel: None,
                chat_id: Some("oc_1".to_owned()),
                reply_to: Some("om_1".to_owned()),
                service: "nexu".to_owned(),
                cancellable: false,
                next_poll_at_ms: None,
                project_url: None,
                turns: vec![turn],
                deliveries: Vec::new(),
            }],
            unknown_submits: vec![UnknownSubmit {
                id: "i".to_owned(),
                text: "t".to_owned(),
                started_at_ms: None,
                reason: None,
            }],
            damaged: Vec::new(),
        };
        let written = serde_json::to_string(&overview).unwrap();
        let expected = concat!(
            r#"{"now":"9999-12-30T22:00:00.999999999Z","sessions":[{"sessionId":"s","state":"awaiting_user","#,
            r#""channel":"","chatId":"oc_1","service":"nexu","cancellable":false,"nextPollAt":null,"projectUrl":null,"#,
            r#""turns":[{"turn":1,"text":"a fox","#,
            r#""state":"awaiting_user","submittedAt":"2026-01-01T00:00:00Z","endedAt":null,"#,
            r#""deliveredAt":"2026-01-01T00:00:01Z","polls":3,"results":["https://x/1.mp4"],"question":null,"#,
            r#""trouble":null}],"deliveries":[]}],"unknownSubmits":[{"id":"i","text":"t","#,
            r#""startedAt":"1970-01-01T00:00:00Z","reason":null}],"damaged":[]}"#,
        );
        assert_eq!(written, expected);
    }

    /// What one of them is called, and how it stands in JSON.
    fn both<T: Serialize>(one: T, name: &'static str) -> (String, String) {
        let written = serde_json::to_string(&one).unwrap();
        (written.trim_matches('"').to_owned(), name.to_owned())
    }

    #[test]
    fn every_state_and_purpose_is_called_what_it_is_in_json() {
        use {DeliveryState as D, Purpose as P, SessionState as S};
        let sessions = [
            S::Submitted,
            S::Generating,
            S::AwaitingUser,
            S::Completed,
            S::Failed,
            S::Timeout,
        ];
        let deliveries = [
            D::Pending,
            D::Sending,
            D::Delivered,
            D::LinkOnly,
            D::Failed,
            D::Uncertain,
        ];
        let purposes = [
            P::Result,
            P::Links,
            P::Question,
            P::Failure,
            P::Timeout,
            P::More,
            P::Uncertain,
        ];
        let all = sessions.map(|one| both(one, one.name())).into_iter();
        let all = all.chain(deliveries.map(|one| both(one, one.name())));
        for (written, name) in all.chain(purposes.map(|one| both(one, one.name()))) {
            assert_eq!(written, name);
        }
    }
}
