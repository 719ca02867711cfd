//! What an answer of Slack means. The body's `ok` and `error` decide: every refusal is HTTP 200, but for one.

use serde_json::Value;

use crate::channel::answer::{Answer, Meaning, NETWORK, WAIT, wait_ms};
use crate::io::Response;
use crate::json;

/// Where an app's rights are granted.
const APPS: &str = "https://api.slack.com/apps";

/// What Slack's word for an error means.
#[derive(Clone, Copy)]
enum Said {
    /// The workspace takes no such file: the link goes instead.
    NoFile,
    /// The chat, the app or its token stand in the way; what to do about it.
    Withheld(&'static str),
    /// It may have been done all the same.
    Unclear,
    /// Too fast.
    TooFast,
    /// The file was completed already, or is another app's.
    Gone,
    /// The text is too long.
    TooLong,
}

const TOKEN: Said = Said::Withheld("Slack doesn't accept the bot's token: put a new one in place");
const CLOSED: Said =
    Said::Withheld("the channel takes no messages of the bot: an admin can change that");
const NOT_IN: Said = Said::Withheld("invite the bot into the channel: /invite @ and its name");
const UNKNOWN: Said =
    Said::Withheld("there is no such channel, or it is private and the bot isn't in it");
const ARCHIVED: Said = Said::Withheld("the channel is archived");
const NOBODY: Said = Said::Withheld("there is no such person, or their account is off");

/// By the word in `error`: docs/apis/slack.md, the table of errors. Another one is refused for good.
const ERRORS: &[(&str, Said)] = &[
    ("not_in_channel", NOT_IN),
    ("channel_not_found", UNKNOWN),
    ("is_archived", ARCHIVED),
    ("user_not_found", NOBODY),
    ("user_disabled", NOBODY),
    ("posting_to_channel_denied", CLOSED),
    ("ekm_access_denied", CLOSED),
    ("not_authed", TOKEN),
    ("invalid_auth", TOKEN),
    ("token_revoked", TOKEN),
    ("token_expired", TOKEN),
    ("account_inactive", TOKEN),
    ("team_access_not_granted", TOKEN),
    ("file_uploads_disabled", Said::NoFile),
    ("file_uploads_except_images_disabled", Said::NoFile),
    ("file_upload_size_restricted", Said::NoFile),
    ("file_type_not_allowed", Said::NoFile),
    ("file_not_found", Said::Gone),
    ("file_update_failed", Said::Unclear),
    ("internal_error", Said::Unclear),
    ("fatal_error", Said::Unclear),
    ("service_unavailable", Said::Unclear),
    ("request_timeout", Said::Unclear),
    ("ratelimited", Said::TooFast),
    ("message_limit_exceeded", Said::TooFast),
    ("msg_too_long", Said::TooLong),
];
/// How the words for a closed channel begin: there is one for each way of closing it.
const RESTRICTED: &str = "restricted_action";

/// Reads the answer to a call: its members, or what else became of it.
///
/// # Errors
/// What it means where the call didn't succeed.
pub(super) fn read(response: &Response, now_ms: u64) -> Result<Value, Answer> {
    let refused = |meaning, reason: &str| Err(Answer::Refused(meaning, reason.to_owned()));
    let too_fast = || {
        refused(
            Meaning::RateLimited(wait_ms(None, &["retry-after"], response, now_ms)),
            "ratelimited",
        )
    };
    let body = json::foreign(&response.body).unwrap_or_default();
    match body.get("ok").and_then(Value::as_bool) {
        Some(true) => return Ok(body),
        Some(false) => {}
        None => {
            return match response.status {
                429 => too_fast(),
                // The edge says so, and not Slack: the same body meets it again.
                413 => refused(Meaning::ForGood, &http(413)),
                status => Err(Answer::Unknown(http(status))),
            };
        }
    }
    let word = plain(&body, "error", b"_");
    if word == "missing_scope" {
        return Err(missing(&body));
    }
    let mut known = ERRORS.iter();
    let said = match known.find(|(known, _)| *known == word) {
        Some((_, said)) => Some(*said),
        None => word.starts_with(RESTRICTED).then_some(CLOSED),
    };
    match said {
        Some(Said::Withheld(advice)) => refused(Meaning::Withheld, &[&word, ": ", advice].concat()),
        Some(Said::NoFile) => refused(
            Meaning::ForGood,
            &["the workspace refuses it: ", &word].concat(),
        ),
        Some(Said::Unclear) => Err(Answer::Unknown(word)),
        Some(Said::TooFast) => too_fast(),
        Some(Said::Gone) => refused(Meaning::ForeignUpload, &word),
        Some(Said::TooLong) => refused(Meaning::TooLong, &word),
        None if response.status == 429 => too_fast(),
        // A word that isn't known, of a server that failed: it may have acted.
        None if response.status >= 500 => Err(Answer::Unknown(word)),
        None => refused(Meaning::ForGood, &word),
    }
}

/// The app lacks a right: its name, and where that is granted.
fn missing(body: &Value) -> Answer {
    let scope = plain(body, "needed", b":._,");
    let reason = ["missing_scope: ", &scope].concat();
    let page = [APPS, " (OAuth & Permissions: ", &scope, ")"].concat();
    Answer::Refused(Meaning::MissingScope(page), reason)
}

/// A word of Slack's. It comes from outside and goes into logs and chats: letters, digits and these.
fn plain(body: &Value, name: &str, more: &[u8]) -> String {
    let word = body.get(name).and_then(Value::as_str).unwrap_or_default();
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || more.contains(byte);
    let bytes = word.bytes().filter(is_plain).take(80);
    bytes.map(char::from).collect()
}

/// An answer of which nothing but its status is known.
pub(super) fn http(status: u16) -> String {
    ["HTTP ", &status.to_string()].concat()
}

/// Why, of an answer other than success.
pub(super) fn reason(answer: Answer) -> String {
    match answer {
        Answer::NotDispatched(reason) | Answer::Refused(_, reason) | Answer::Unknown(reason) => {
            reason
        }
        Answer::Committed(_) => String::new(),
    }
}

/// What to do about an answer other than success, for whoever runs the machine.
pub(super) fn advice(answer: &Answer) -> String {
    let advice = match answer {
        Answer::Refused(Meaning::MissingScope(page), _) => {
            return ["Grant the permission here: ", page].concat();
        }
        Answer::Refused(Meaning::Withheld, reason) => {
            // The advice stands behind Slack's word.
            let told = reason.split_once(": ");
            return told
                .map_or(reason.as_str(), |(_, advice)| advice)
                .to_owned();
        }
        Answer::Refused(Meaning::RateLimited(_), _) => WAIT,
        Answer::Refused(_, _) => "Check the bot's token and the channel's id (C…, G…, D… or U…).",
        Answer::NotDispatched(_) | Answer::Committed(_) | Answer::Unknown(_) => NETWORK,
    };
    advice.to_owned()
}
