//! A message leaves only for a recipient that a submit named, and a reply only to a message that went to one. The
//! request is read whole, strictly, and written anew from what was read: no server can find another recipient in it
//! than the one that was checked. Not here: who was named (`recipients.rs`), what a message may be (`message_content.rs`).

use bytes::Bytes;
use contract::recipient::IdType;
use contract::services::MESSAGES_PATH;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, Uri, header};
use http_body_util::{BodyExt, Limited};
use serde::{Deserialize, Serialize};
use wasmtime_wasi_http::{Error as WasiError, WasiBody};

use super::body::full;
use super::client::collect_small;
use super::message_content;
use super::refusal::{Refusal, RefusalReason};
use super::request;
use crate::recipients::{Recipient, Recipients};

/// Feishu takes text requests up to 150 KB, others up to 30.
const MESSAGE_BYTES: usize = 150 << 10;
const QUERY: &str = "receive_id_type=";

/// A route that puts a message into a chat.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Route {
    /// To a recipient; the kind of its id, when the query is nothing but that.
    Create(Option<IdType>),
    /// To a message.
    Reply(String),
}

/// A new message. Whatever else stands in a request could be another recipient to somebody.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Create {
    receive_id: String,
    msg_type: String,
    content: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    uuid: Option<String>,
}

/// A reply.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Reply {
    msg_type: String,
    content: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reply_in_thread: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    uuid: Option<String>,
}

impl Route {
    /// The route of a request that the policy granted on Feishu's host. `None`: it sends no message.
    pub(super) fn of(uri: &Uri) -> Option<Self> {
        let path = uri.path();
        if path.ends_with(MESSAGES_PATH) {
            let named = uri.query().and_then(|query| query.strip_prefix(QUERY));
            let id_type = IdType::ALL
                .into_iter()
                .find(|id_type| named == Some(id_type.name()));
            return Some(Self::Create(id_type));
        }
        let (messages, id) = path.strip_suffix("/reply")?.rsplit_once('/')?;
        messages
            .ends_with(MESSAGES_PATH)
            .then(|| Self::Reply(id.to_owned()))
    }

    /// The request as it may leave.
    ///
    /// # Errors
    /// The refusal, which says for whom it was.
    pub(super) async fn admit(
        &self,
        request: Request<WasiBody>,
        recipients: &Recipients,
    ) -> Result<Request<WasiBody>, Refusal> {
        let (mut head, body) = request.into_parts();
        let refuse =
            |reason, whom: &str| Refusal::new(&head.method, &head.uri, reason).of_message(whom);
        let unreadable = || refuse(RefusalReason::Message, "");
        if !is_json(&head.headers) {
            return Err(unreadable());
        }
        let body = Limited::new(body, MESSAGE_BYTES)
            .collect()
            .await
            .map_err(|_| unreadable())?
            .to_bytes();
        let body = match self {
            Self::Create(id_type) => {
                let mut message: Create =
                    serde_json::from_slice(&body).map_err(|_| unreadable())?;
                message.content = message_content::anew(&message.msg_type, &message.content)
                    .ok_or_else(unreadable)?;
                let to = Recipient {
                    id_type: id_type.ok_or_else(unreadable)?,
                    id: message.receive_id.clone(),
                };
                // What can't be found out isn't granted.
                if !recipients.is_named(&to).unwrap_or(false) {
                    return Err(refuse(RefusalReason::Recipient, &to.to_string()));
                }
                serde_json::to_vec(&message)
            }
            Self::Reply(message_id) => {
                let mut message: Reply = serde_json::from_slice(&body).map_err(|_| unreadable())?;
                message.content = message_content::anew(&message.msg_type, &message.content)
                    .ok_or_else(unreadable)?;
                if head.uri.query().is_some() {
                    return Err(unreadable());
                }
                if !recipients.has_message(message_id) {
                    return Err(refuse(
                        RefusalReason::Recipient,
                        "a message of another chat",
                    ));
                }
                serde_json::to_vec(&message)
            }
        };
        let body = Bytes::from(body.map_err(|_| unreadable())?);
        head.headers
            .insert(header::CONTENT_LENGTH, HeaderValue::from(body.len()));
        Ok(Request::from_parts(head, full(body)))
    }
}

/// JSON that is not packed: what is checked is what is read.
fn is_json(headers: &HeaderMap) -> bool {
    let mut types = headers.get_all(header::CONTENT_TYPE).iter();
    let json = types
        .next()
        .and_then(|value| value.to_str().ok())
        .is_some_and(request::is_json);
    json && types.next().is_none() && !headers.contains_key(header::CONTENT_ENCODING)
}

/// Reads the answer to a message on its way: one that Feishu confirms may be replied to.
///
/// # Errors
/// The transport's, or an answer far larger than Feishu's are.
pub(super) async fn note_answer(
    response: Response<WasiBody>,
    recipients: &Recipients,
) -> Result<Response<WasiBody>, WasiError> {
    let response = collect_small(response).await?;
    if response.status() == StatusCode::OK
        && let Ok(answer) = serde_json::from_slice::<serde_json::Value>(response.body())
        && answer["code"] == 0
        && let Some(message_id) = answer["data"]["message_id"].as_str()
    {
        recipients.note_message(message_id.to_owned());
    }
    Ok(response.map(full))
}

#[cfg(test)]
#[path = "messages_tests.rs"]
mod tests;
