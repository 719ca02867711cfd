//! What a response of Discord means: its `code` decides, and where there is none the HTTP status. docs/apis/discord.md, the table
//! of codes.

use serde_json::Value;

use crate::channel::answer::{Answer, Meaning, NETWORK, WAIT, wait_ms};
use crate::io::Response;
use crate::json;

/// A longer pause than this is no rate limit but a ban: the address is asked about again then all the same.
const MAX_WAIT_S: f64 = 3_600.0;

/// The bot lacks a right in the chat; which, Discord doesn't say.
pub(super) const NO_PERMISSION: &str = "the bot may not write or attach files there";
const BAD_TOKEN: &str = "Discord doesn't accept the bot's token";
const TOO_LARGE: &str = "it is larger than that server takes";

/// What is known of refusals: codes, what they mean, how that is said, and what to do about it.
const REFUSALS: &[(&[i64], Meaning, &str, &str)] = &[
    (
        &[40001],
        Meaning::Withheld,
        BAD_TOKEN,
        "Check DISCORD_BOT_TOKEN, or the token in openclaw.json: the developer portal shows a new one once.",
    ),
    (
        &[10003],
        Meaning::Withheld,
        "there is no such channel, or the bot isn't on its server",
        "Invite the bot to the server, and check the id: channel:… for a channel or thread, user:… for a person.",
    ),
    (
        &[50001],
        Meaning::Withheld,
        "the bot may not see the channel",
        "Give its role the permission View Channel there.",
    ),
    (
        &[50013],
        Meaning::Withheld,
        NO_PERMISSION,
        "Give its role the permissions Send Messages (in a thread Send Messages in Threads) and Attach Files there.",
    ),
    (
        &[50007],
        Meaning::Withheld,
        "the person takes no direct messages from the bot",
        "Have them unblock it, or allow direct messages from members of the server.",
    ),
    (
        &[50278],
        Meaning::Withheld,
        "the person shares no server with the bot",
        "Invite the bot to a server that they are on.",
    ),
    (
        &[50008, 10013, 50033],
        Meaning::Withheld,
        "nobody can be written to under that id",
        "Check the id: channel:… for a text channel or thread, user:… for a person.",
    ),
    (
        &[50083, 160_005],
        Meaning::Withheld,
        "the thread is archived or locked",
        "Have a moderator open it again.",
    ),
    (
        &[40333],
        Meaning::Withheld,
        "Discord refuses requests from this network",
        "Send from another network, or ask Discord to admit it.",
    ),
    (
        &[20009, 200_000, 200_001],
        Meaning::ForGood,
        "Discord or the server's rules refuse its content",
        "Ask for something else, or have a moderator change the rules.",
    ),
    (
        &[40005, 50045],
        Meaning::ForGood,
        TOO_LARGE,
        "The link is sent in its place.",
    ),
];

/// Reads a response: its JSON, or what else became of the call.
///
/// # Errors
/// What it means where the call didn't succeed.
pub(super) fn read(response: &Response, now_ms: u64) -> Result<Value, Answer> {
    let body = json::foreign(&response.body).unwrap_or_default();
    if (200..300).contains(&response.status) {
        if response.truncated {
            return Err(Answer::Unknown("Discord's response is too long".to_owned()));
        }
        if body.is_null() {
            return Err(Answer::Unknown(
                "the response is none of Discord's".to_owned(),
            ));
        }
        return Ok(body);
    }
    let code = body.get("code").and_then(Value::as_i64);
    let told = told(&body, code, response.status);
    let refused = |meaning, reason: &str| Err(Answer::Refused(meaning, reason.to_owned()));
    // A pause has its own status; slow mode and other limits have only codes.
    if response.status == 429 || matches!(code, Some(20016 | 20028 | 20029 | 40003)) {
        return refused(
            Meaning::RateLimited(wanted_ms(&body, response, now_ms)),
            &told,
        );
    }
    if response.status == 401 {
        return refused(Meaning::Withheld, BAD_TOKEN);
    }
    // The nonce's message was shown, and somebody has deleted it since.
    if code == Some(10008) {
        return Ok(Value::Null);
    }
    let known = REFUSALS
        .iter()
        .find(|(codes, ..)| code.is_some_and(|code| codes.contains(&code)));
    if let Some((_, meaning, sentence, _)) = known {
        return refused(meaning.clone(), sentence);
    }
    match (code, response.status) {
        (_, 500..) | (Some(130_000), _) => Err(Answer::Unknown(told)),
        // The edge says so, also in HTML.
        (_, 413) => refused(Meaning::ForGood, TOO_LARGE),
        (Some(50035), _) if is_too_long(&body) => refused(Meaning::TooLong, &told),
        (Some(_), 403) | (None, 403) => refused(Meaning::Withheld, &told),
        (Some(_), _) => refused(Meaning::ForGood, &told),
        (None, _) => Err(Answer::Unknown(told)),
    }
}

/// Whether a form is refused for the length of its text alone.
fn is_too_long(body: &Value) -> bool {
    let errors = body.pointer("/errors/content/_errors");
    let mut errors = errors.and_then(Value::as_array).into_iter().flatten();
    errors.any(|error| {
        let code = error.get("code").and_then(Value::as_str);
        code.is_some_and(|code| code.ends_with("_MAX_LENGTH"))
    })
}

/// How long Discord wants to be left alone, in milliseconds. The body says it finer than the header.
fn wanted_ms(body: &Value, response: &Response, now_ms: u64) -> u64 {
    let seconds = body.get("retry_after").and_then(Value::as_f64);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped to 0..=3 600 000"
    )]
    let said = seconds.map(|seconds| (seconds.clamp(0.0, MAX_WAIT_S) * 1000.0).ceil() as u64);
    wait_ms(said, &["retry-after"], response, now_ms)
}

/// The response in one line for the log.
fn told(body: &Value, code: Option<i64>, status: u16) -> String {
    const SHOWN_CHARS: usize = 160;
    let text = match code {
        Some(code) => {
            let message = body.get("message").and_then(Value::as_str);
            format!("{code} {}", message.unwrap_or_default())
        }
        None => format!("HTTP {status}"),
    };
    contract::text::one_line(&text, SHOWN_CHARS)
}

/// What to do about an answer other than success, for whoever runs the machine.
pub(super) fn advice(answer: &Answer) -> &'static str {
    let reason = match answer {
        Answer::Refused(Meaning::RateLimited(_), _) => {
            return WAIT;
        }
        Answer::Refused(_, reason) => reason,
        Answer::NotDispatched(_) | Answer::Committed(_) | Answer::Unknown(_) => {
            return NETWORK;
        }
    };
    let known = REFUSALS.iter().find(|(.., sentence, _)| reason == sentence);
    known.map_or(
        "Look the code up in Discord's documents.",
        |(.., advice)| advice,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(status: u16, body: &str) -> Result<Value, Answer> {
        let response = Response {
            status,
            headers: vec![("retry-after".to_owned(), "3".to_owned())],
            body: body.as_bytes().to_vec(),
            truncated: false,
        };
        read(&response, 0)
    }

    #[test]
    fn a_response_means_what_the_documents_say() {
        use Meaning::{ForGood, RateLimited, TooLong, Withheld};
        for (status, body, meaning) in [
            (401, r#"{"code":0,"message":"401: Unauthorized"}"#, Withheld),
            (
                404,
                r#"{"code":10003,"message":"Unknown Channel"}"#,
                Withheld,
            ),
            (403, r#"{"code":50001}"#, Withheld),
            (403, r#"{"code":50013}"#, Withheld),
            (403, r#"{"code":50007}"#, Withheld),
            (403, r#"{"code":50278}"#, Withheld),
            (400, r#"{"code":50083}"#, Withheld),
            (403, r#"{"code":40333}"#, Withheld),
            (403, "<html>", Withheld),
            (400, r#"{"code":200000}"#, ForGood),
            (413, r#"{"code":40005}"#, ForGood),
            (400, r#"{"code":50045}"#, ForGood),
            (413, "<html>", ForGood),
            (400, r#"{"code":50035,"errors":{}}"#, ForGood),
            (
                400,
                r#"{"code":50035,"errors":{"content":{"_errors":[{"code":"BASE_TYPE_MAX_LENGTH"}]}}}"#,
                TooLong,
            ),
            (
                429,
                r#"{"retry_after":0.3,"global":false}"#,
                RateLimited(300),
            ),
            (
                429,
                r#"{"retry_after":1e300,"global":true}"#,
                RateLimited(3_600_000),
            ),
            (429, "<html>", RateLimited(3_000)),
            (400, r#"{"code":20016,"retry_after":7}"#, RateLimited(7_000)),
        ] {
            let Err(Answer::Refused(found, reason)) = of(status, body) else {
                panic!("{status} {body} is no refusal");
            };
            assert_eq!(found, meaning, "{status} {body}");
            assert!(!advice(&Answer::Refused(found, reason)).is_empty());
        }
        for (status, body) in [
            (500, "{}"),
            (503, r#"{"code":130000}"#),
            (502, "<html>"),
            (404, ""),
        ] {
            assert!(
                matches!(of(status, body), Err(Answer::Unknown(_))),
                "{status}"
            );
        }
        assert!(of(200, r#"{"id":"1"}"#).is_ok());
        assert_eq!(
            of(404, r#"{"code":10008}"#),
            Ok(Value::Null),
            "shown, and deleted since"
        );
    }
}
