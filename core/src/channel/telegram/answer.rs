//! What an answer of Telegram means. `error_code` decides, and behind it how the description begins: there are no finer codes.
//! docs/apis/telegram.md, the table of errors.

use serde_json::Value;

use crate::channel::answer::{Answer, Meaning, NETWORK, WAIT, wait_ms};
use crate::io::Response;
use crate::json;

/// A longer pause than this is no rate limit but a ban: the bot asks again then all the same.
const MAX_WAIT_S: u64 = 3_600;

const BAD_TOKEN: &str = "Telegram doesn't accept the bot's token";
const TOO_LARGE: &str = "it is larger than a bot may send";
const MUTE: &str = "the bot may not write there";
const NOT_IN: &str = "the bot isn't in that chat any more";
pub(super) const NO_CHAT: &str = "there is no such chat, or the bot isn't in it";

/// What else a call came to than its result.
pub(super) enum Said {
    /// The group is another chat now, by this id.
    Moved(String),
    /// The topic is gone.
    NoTopic,
    /// The picture can't be shown as one.
    NoPicture(String),
    /// What was to be changed is so already.
    Unchanged,
    /// Anything else.
    Is(Answer),
}

/// What is known of refusals: how their descriptions begin, what they mean, how that is said, and what to do about it.
const REFUSALS: &[(&str, Meaning, &str, &str)] = &[
    (
        "bot was blocked",
        Meaning::Withheld,
        "the person has blocked the bot",
        "Have them open the chat with the bot, and press Restart.",
    ),
    (
        "bot can't initiate conversation",
        Meaning::Withheld,
        "the person has never written to the bot",
        "Have them open a chat with the bot, and press Start.",
    ),
    (
        "user is deactivated",
        Meaning::Withheld,
        "the person's account is deleted",
        "Nobody can be written to there any more.",
    ),
    (
        "bot was kicked",
        Meaning::Withheld,
        NOT_IN,
        "Have an administrator of the group add the bot again.",
    ),
    (
        "bot is not a member",
        Meaning::Withheld,
        NOT_IN,
        "Have an administrator of the group add the bot again.",
    ),
    (
        "chat not found",
        Meaning::Withheld,
        NO_CHAT,
        "Add the bot to the group, or have the person press Start in a chat with it; and check the chat's number.",
    ),
    (
        "TOPIC_CLOSED",
        Meaning::Withheld,
        "the topic is closed",
        "Have an administrator of the group open it again.",
    ),
    (
        "not enough rights to send text",
        Meaning::Withheld,
        MUTE,
        "Have an administrator of the group let the bot send messages.",
    ),
    (
        "have no rights to send",
        Meaning::Withheld,
        MUTE,
        "Have an administrator of the group let the bot send messages.",
    ),
    (
        "need administrator rights",
        Meaning::Withheld,
        MUTE,
        "Have an administrator of the channel make the bot one as well.",
    ),
    (
        "not enough rights to send",
        Meaning::ForGood,
        "the bot may not send such files there",
        "Have an administrator of the group let the bot send media. The link is sent in its place.",
    ),
    (
        "file is too big",
        Meaning::ForGood,
        TOO_LARGE,
        "The link is sent in its place.",
    ),
    (
        "message is too long",
        Meaning::TooLong,
        "the text is too long",
        "It is sent shorter.",
    ),
    (
        "message to edit not found",
        Meaning::ForeignUpload,
        "the line that announced it is gone",
        "Another one is sent.",
    ),
    (
        "message can't be edited",
        Meaning::ForeignUpload,
        "the line that announced it is another bot's",
        "Another one is sent.",
    ),
];

/// Reads the answer to a call: its result, or what else became of it.
///
/// # Errors
/// What it means where the call didn't succeed.
pub(super) fn read(response: &Response, now_ms: u64) -> Result<Value, Said> {
    let mut body = json::foreign(&response.body).unwrap_or_default();
    let answered = body.get("ok").and_then(Value::as_bool);
    if answered == Some(true) && (200..300).contains(&response.status) && !response.truncated {
        return Ok(body["result"].take());
    }
    let said = |meaning, reason: &str| Err(Said::Is(Answer::Refused(meaning, reason.to_owned())));
    let code = body.get("error_code").and_then(Value::as_u64);
    let (Some(false), Some(code)) = (answered, code) else {
        let told = ["HTTP ", &response.status.to_string()].concat();
        return match response.status {
            // The edge says so, and not Telegram: the same body meets it again.
            413 => said(Meaning::ForGood, TOO_LARGE),
            429 => too_fast(&body, response, now_ms),
            _ => Err(Said::Is(Answer::Unknown(told))),
        };
    };
    let description = body.get("description").and_then(Value::as_str);
    let description = contract::text::one_line(description.unwrap_or_default(), SHOWN_CHARS);
    // `Bad Request: ` and `Forbidden: ` say what the code says.
    let words = match description.split_once(": ") {
        Some(("Bad Request" | "Forbidden", words)) => words,
        _ => &description,
    };
    let begins = |with: &str| words.starts_with(with);
    match code {
        401 | 404 => return said(Meaning::Withheld, BAD_TOKEN),
        413 => return said(Meaning::ForGood, TOO_LARGE),
        429 => return too_fast(&body, response, now_ms),
        // Telegram failed, and may have acted before.
        500.. => return Err(Said::Is(Answer::Unknown(description))),
        _ => {}
    }
    let moved = body.pointer("/parameters/migrate_to_chat_id");
    if let Some(to) = moved.and_then(Value::as_i64) {
        return Err(Said::Moved(to.to_string()));
    }
    if begins("message is not modified") {
        return Err(Said::Unchanged);
    }
    if begins("message thread not found") {
        return Err(Said::NoTopic);
    }
    if begins("PHOTO_") || begins("IMAGE_PROCESS_FAILED") {
        return Err(Said::NoPicture(words.to_owned()));
    }
    let known = REFUSALS.iter().find(|(known, ..)| begins(known));
    match known {
        Some((_, meaning, sentence, _)) => said(meaning.clone(), sentence),
        // The chat, or the bot's rights in it.
        None if code == 403 => said(Meaning::Withheld, words),
        None => said(Meaning::ForGood, words),
    }
}

/// So much of a description stands in logs.
const SHOWN_CHARS: usize = 160;

/// Too fast. The body says how long to wait, and so does the header.
fn too_fast(body: &Value, response: &Response, now_ms: u64) -> Result<Value, Said> {
    let said = body.pointer("/parameters/retry_after");
    let said = said.and_then(Value::as_u64);
    let said = said.map(|seconds| seconds.min(MAX_WAIT_S) * 1_000);
    let pause_ms = wait_ms(said, &["retry-after"], response, now_ms);
    let reason = "too many messages at once".to_owned();
    let answer = Answer::Refused(Meaning::RateLimited(pause_ms), reason);
    Err(Said::Is(answer))
}

impl Said {
    /// As the outcome of a call that has no other way left.
    pub(super) fn answer(self) -> Answer {
        let refused = |meaning, reason: &str| Answer::Refused(meaning, reason.to_owned());
        match self {
            Self::Is(answer) => answer,
            Self::NoPicture(reason) => Answer::Refused(Meaning::ForGood, reason),
            Self::NoTopic => refused(Meaning::NoThread, "there is no such topic"),
            Self::Moved(_) => refused(Meaning::Withheld, NO_CHAT),
            Self::Unchanged => Answer::Committed(None),
        }
    }
}

/// What to do about an answer other than success, for whoever runs the machine.
pub(super) fn advice(answer: &Answer) -> &'static str {
    let reason = match answer {
        Answer::Refused(Meaning::RateLimited(_), _) => return WAIT,
        Answer::Refused(_, reason) => reason,
        Answer::NotDispatched(_) | Answer::Committed(_) | Answer::Unknown(_) => return NETWORK,
    };
    if reason == BAD_TOKEN {
        return "Check TELEGRAM_BOT_TOKEN, or the token in openclaw.json: @BotFather shows it.";
    }
    let known = REFUSALS.iter().find(|(.., sentence, _)| reason == sentence);
    known.map_or("Check the chat's number.", |(.., advice)| advice)
}
