//! What the tools take. The comments are the schemas' words: a model reads them.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::failure::Failure;
use crate::limits::{WAIT_DEFAULT_S, WAIT_MAX_S};

/// For tools that take nothing.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Nothing {}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateSession {
    /// The user's request, word for word, in the user's language: not translated, improved, shortened or completed.
    /// The address of an uploaded file stands behind the words, on a line of its own.
    pub(crate) message: String,
    /// Where the message that you answer came from: `feishu` or `lark`. Leave it out when the server's configuration
    /// names the chat. An empty string: to no chat.
    pub(crate) channel: Option<String>,
    /// The chat that gets the result: the group's id (`oc_…`) in a group, else the sender's (`ou_…`). Never guess one.
    /// An empty string: to no chat.
    pub(crate) chat_id: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ContinueSession {
    /// The session to continue, or the first eight or more characters of its id.
    pub(crate) session_id: String,
    /// The user's answer or wish, word for word.
    pub(crate) message: String,
    /// Where the message that you answer came from: `feishu` or `lark`. Left out: the session's chat stays.
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
pub(crate) struct Upload {
    /// The absolute path of an image or a video of at most 200 MB on the machine where this server runs. What it is, is
    /// decided by its content.
    pub(crate) path: String,
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

/// A tool's arguments, as its type has them.
///
/// # Errors
/// What is wrong with them, so that the model can mend it.
pub(crate) fn read<'a, T: Deserialize<'a>>(given: &'a Map<String, Value>) -> Result<T, Failure> {
    T::deserialize(given).map_err(|error| {
        Failure::permanent(
            format!("Wrong arguments: {error}."),
            "Call the tool again with the arguments that its schema asks for.",
        )
    })
}
