//! What an answer of a homeserver means: its word for an error decides, and the status where there is none.
//!
//! A homeserver refuses with `{"errcode":"M_…","error":"…"}`. A word that is known has a row in [`REFUSALS`]; of another one the
//! word itself is told, and the link is sent. Without a word something in front of the homeserver has answered: of a commit it
//! isn't known then whether it was passed on. Where a word comes with 5xx it is no refusal, since the event may stand there.

use serde_json::Value;

use crate::channel::answer::{Answer, Meaning, NETWORK, WAIT, wait_ms};
use crate::io::Response;
use crate::json;

/// A homeserver that limits a bot asks for some seconds; an hour is more than any.
const MAX_WAIT_MS: u64 = 3_600_000;

/// The room can't be read by who has no keys.
pub(super) const ENCRYPTED: &str = "the room is encrypted end to end, where this bot can't write";
/// There is no such thing: of a room's encryption, it has none. A room that isn't there is answered like one that the bot isn't in
/// (403), so that nobody learns which there are.
pub(super) const NOT_FOUND: &str = "there is no such room, or the bot isn't in it";
const BAD_TOKEN: &str = "the homeserver doesn't accept the bot's access token";
const FORBIDDEN: &str = "the bot isn't in the room, or may not write there";
const TOO_LARGE: &str = "the homeserver takes no file of this size";

/// What homeservers' words mean: the word, its meaning, the sentence, and what to do. The last one is none of theirs: it is what
/// is said of a room that is encrypted, which they would let a message into.
const REFUSALS: [(&str, Meaning, &str, &str); 9] = [
    (
        "M_FORBIDDEN",
        Meaning::Withheld,
        FORBIDDEN,
        "Invite the bot into the room and have it join, with the right to send messages.",
    ),
    (
        "M_UNKNOWN_TOKEN",
        Meaning::Withheld,
        BAD_TOKEN,
        "Log the bot in anew, and put its token into MATRIX_ACCESS_TOKEN or openclaw.json.",
    ),
    (
        "M_MISSING_TOKEN",
        Meaning::Withheld,
        BAD_TOKEN,
        "Log the bot in anew, and put its token into MATRIX_ACCESS_TOKEN or openclaw.json.",
    ),
    (
        "M_USER_DEACTIVATED",
        Meaning::Withheld,
        "the bot's account is switched off",
        "Have whoever runs the homeserver switch it on again.",
    ),
    (
        "M_NOT_FOUND",
        Meaning::Withheld,
        NOT_FOUND,
        "Check the room's id, and invite the bot into it.",
    ),
    (
        "M_GUEST_ACCESS_FORBIDDEN",
        Meaning::Withheld,
        FORBIDDEN,
        "Invite the bot into the room and have it join, with the right to send messages.",
    ),
    (
        "M_TOO_LARGE",
        Meaning::ForGood,
        TOO_LARGE,
        "The link is sent in its place.",
    ),
    (
        "M_RESOURCE_LIMIT_EXCEEDED",
        Meaning::Withheld,
        "the homeserver has reached a limit of its own",
        "Have whoever runs it raise the limit.",
    ),
    (
        "",
        Meaning::Withheld,
        ENCRYPTED,
        "Use a room without encryption: it can't be switched off in one that has it.",
    ),
];

/// Reads a response: its JSON, or what else became of the call. How long to wait stands in the body (`retry_after_ms`), in newer
/// versions of the specification in `Retry-After`, and at some edges in neither.
///
/// # Errors
/// What it means where the call didn't succeed.
pub(super) fn read(response: &Response, now_ms: u64) -> Result<Value, Answer> {
    let body = json::foreign(&response.body).unwrap_or_default();
    let refused = |meaning, reason: &str| Err(Answer::Refused(meaning, reason.to_owned()));
    if (200..300).contains(&response.status) {
        return match body.is_object() && !response.truncated {
            true => Ok(body),
            false => Err(Answer::Unknown("the response is none of Matrix".to_owned())),
        };
    }
    let word = body.get("errcode").and_then(Value::as_str);
    if response.status == 429 || word == Some("M_LIMIT_EXCEEDED") {
        let said = body.get("retry_after_ms").and_then(Value::as_u64);
        let said = said.map(|ms| ms.min(MAX_WAIT_MS));
        let pause_ms = wait_ms(said, &["retry-after"], response, now_ms);
        return refused(Meaning::RateLimited(pause_ms), "too many messages at once");
    }
    let told = match word {
        Some(word) => contract::text::one_line(word, 60),
        None => ["HTTP ", &response.status.to_string()].concat(),
    };
    let known = REFUSALS.iter().find(|(known, ..)| word == Some(*known));
    match (known, word, response.status) {
        (Some((_, meaning, sentence, _)), ..) => refused(meaning.clone(), sentence),
        // It failed, and may have acted before.
        (None, _, 500..) => Err(Answer::Unknown(told)),
        // The edge says so: the same body meets it again.
        (None, _, 413) => refused(Meaning::ForGood, TOO_LARGE),
        (None, Some(_), _) => refused(Meaning::ForGood, &told),
        (None, None, _) => Err(Answer::Unknown(told)),
    }
}

/// What to do about an answer other than success, for whoever runs the machine.
pub(super) fn advice(answer: &Answer) -> &'static str {
    let reason = match answer {
        Answer::Refused(Meaning::RateLimited(_), _) => return WAIT,
        Answer::Refused(_, reason) => reason,
        Answer::NotDispatched(_) | Answer::Committed(_) | Answer::Unknown(_) => return NETWORK,
    };
    let known = REFUSALS.iter().find(|(.., sentence, _)| reason == sentence);
    known.map_or(
        "Look the word up in Matrix's specification.",
        |(.., advice)| advice,
    )
}
