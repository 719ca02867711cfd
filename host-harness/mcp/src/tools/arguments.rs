//! What the tools take. The comments are the schemas' words: a model reads them.

use host::Medium;
use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::failure::Failure;
use crate::limits::{WAIT_DEFAULT_S, WAIT_MAX_S};

/// For tools that take nothing.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Nothing {}

/// For tools that look at one service.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Service {
    /// The service to ask: {services}. Left out: the one that new requests go to.
    pub(crate) service: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateSession {
    /// The user's request, word for word, in the user's language: not translated, improved, shortened or completed.
    /// The address of an uploaded file stands behind the words, on a line of its own.
    pub(crate) message: String,
    /// Where the message that you answer came from: {channels}. Leave it out when the server's configuration
    /// names the chat. An empty string: to no chat.
    pub(crate) channel: Option<String>,
    /// The chat that gets the result: the group's id (`oc_…`) in a group, else the sender's (`ou_…`). Never guess one.
    /// An empty string: to no chat.
    pub(crate) chat_id: Option<String>,
    /// What the user asks for, where that is plain. Left out when it isn't.
    pub(crate) kind: Option<Kind>,
    /// The service that makes it, only where the user names one: {services}.
    pub(crate) service: Option<String>,
    /// The account of the channel whose bot answers, where the server's operator has named one to you.
    pub(crate) account: Option<String>,
    /// The topic or thread of the chat that the message stands in, where the metadata has an id of it.
    pub(crate) thread: Option<String>,
    /// The message that you answer (`om_…`), where it stands in a topic or thread: the result goes there. Needs
    /// `chat_id`.
    pub(crate) reply_to: Option<String>,
}

/// What is asked for.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    /// A picture: no ratio is added.
    Image,
    /// A video, film or clip.
    Video,
}

impl From<Kind> for Medium {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Image => Self::Image,
            Kind::Video => Self::Video,
        }
    }
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ContinueSession {
    /// The session to continue, or the first eight or more characters of its id.
    pub(crate) session_id: String,
    /// The user's answer or wish, word for word.
    pub(crate) message: String,
    /// Where the message that you answer came from: {channels}. Left out: the session's chat stays.
    pub(crate) channel: Option<String>,
    /// The chat that gets the result. Left out: the session's chat stays.
    pub(crate) chat_id: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct QuerySession {
    /// The session, or the first eight or more characters of its id.
    pub(crate) session_id: String,
    /// Only messages with a greater sequence number.
    pub(crate) after_seq: Option<u64>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WaitForResult {
    /// The session, or the first eight or more characters of its id.
    pub(crate) session_id: String,
    /// How long to wait, in seconds. Clients that ask for no progress give a call a minute.
    #[serde(default = "wait_default_s")]
    #[schemars(range(max = WAIT_MAX_S))]
    pub(crate) timeout_seconds: u32,
}

fn wait_default_s() -> u32 {
    WAIT_DEFAULT_S
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ListSessions {
    /// Only this session, by its id or the first eight or more characters of it.
    pub(crate) session_id: Option<String>,
    /// How many sessions that have ended, the latest first.
    #[serde(default = "last_default")]
    #[schemars(range(max = crate::limits::ENDED))]
    pub(crate) last: u32,
}

/// What somebody may still ask about; the answer stays readable.
fn last_default() -> u32 {
    20
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Recover {
    /// Only this session, by its id or the first eight or more characters of it. Left out: every one.
    pub(crate) session_id: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Cancel {
    /// The session, or the first eight or more characters of its id.
    pub(crate) session_id: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Upload {
    /// The absolute path of an image or a video of at most 200 MB on the machine where this server runs. What it is, is
    /// decided by its content.
    pub(crate) path: String,
    /// The service that the request will go to, where you name one there.
    pub(crate) service: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DownloadResults {
    /// The session, or the first eight or more characters of its id.
    pub(crate) session_id: String,
    /// The absolute path of a folder on the machine where this server runs; it is made if need be. Left out: the
    /// server's folder for downloads.
    pub(crate) output_dir: Option<String>,
    /// What the files' names begin with.
    pub(crate) prefix: Option<String>,
}

/// A tool's arguments, as its type has them. Read as the schema is: a whole number is an integer in whatever spelling (5,
/// 5.0, 5e0), since clients that keep numbers as doubles have no other, and null is what is left out.
///
/// # Errors
/// What is wrong with them, so that the model can mend it.
pub(crate) fn read<T: DeserializeOwned>(given: &Map<String, Value>) -> Result<T, Failure> {
    let given = given.iter().filter(|(_, value)| !value.is_null());
    let given = given.map(|(name, value)| (name.clone(), whole(value)));
    serde_json::from_value(Value::Object(given.collect())).map_err(|error| {
        Failure::permanent(
            format!("Wrong arguments: {error}."),
            "Call the tool again with the arguments that its schema asks for.",
        )
    })
}

/// Doubles tell whole numbers apart below this: two to the power of 53.
const EXACT_BELOW: f64 = 9_007_199_254_740_992.0;

/// A whole number without its point.
fn whole(value: &Value) -> Value {
    match value.as_f64() {
        Some(number) if value.is_f64() && number.fract() == 0.0 && number.abs() < EXACT_BELOW => {
            #[allow(
                clippy::cast_possible_truncation,
                reason = "whole and within the bounds"
            )]
            let whole = number as i64;
            whole.into()
        }
        Some(_) | None => value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn last(value: Value) -> Result<u32, String> {
        let given = Map::from_iter([("last".to_owned(), value)]);
        let read = read::<ListSessions>(&given);
        read.map(|read| read.last)
            .map_err(|failure| failure.message)
    }

    #[test]
    fn a_whole_number_is_an_integer_in_every_spelling() {
        for text in ["5", "5.0", "5e0", "50e-1", "0.5e1"] {
            assert_eq!(last(serde_json::from_str(text).unwrap()), Ok(5), "{text}");
        }
        assert_eq!(last(json!(-0.0)), Ok(0));
        assert_eq!(last(Value::Null), Ok(last_default()));
        for wrong in [
            json!(5.5),
            json!(-5.0),
            json!(1e300),
            json!("5"),
            json!(true),
        ] {
            let reason = last(wrong.clone()).unwrap_err();
            assert!(reason.starts_with("Wrong arguments"), "{wrong}: {reason}");
        }
    }
}
