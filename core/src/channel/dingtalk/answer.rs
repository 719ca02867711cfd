//! What an answer of DingTalk means. The newer host says so by its status and a `code` of words, the older one with status 200 and
//! a number. docs/apis/dingtalk.md, the table of errors.

use contract::ids::is_service_id;
use serde_json::Value;

use crate::channel::answer::{Answer, Meaning, NETWORK, WAIT, wait_ms};
use crate::channel::token::untold;
use crate::io::Response;
use crate::json;

/// So many characters of what the platform says stand in logs: a permission that is missing is named in them.
const SHOWN_CHARS: usize = 160;
/// A person may get so many messages in a minute; when that is over no answer says.
const MINUTE_MS: u64 = 60_000;

// How refusals are said; by that their advice is found.
/// Neither this token nor a fresh one.
const BAD_TOKEN: &str = "DingTalk doesn't accept the app's token";
/// No app has this id and secret.
const BAD_SECRET: &str = "DingTalk doesn't accept the app's secret";
/// Not in the company, or not among those who may use the app.
const NOT_REACHED: &str = "the robot doesn't reach that person";
/// Or it isn't published.
const NO_ROBOT: &str = "the app has no robot";
/// Behind it stands what the platform says, which names it.
const NO_RIGHT: &str = "the app lacks a permission";
/// Or there is no such group.
const NO_GROUP: &str = "the robot isn't in that group";
const TOO_LARGE: &str = "it is larger than DingTalk takes";
const ODD_MEDIUM: &str = "DingTalk doesn't take media of this kind";
const TOO_FAST: &str = "too many messages at once";

/// What to do where id and secret are no app's.
const SECRET_ADVICE: &str = "Check DINGTALK_CLIENT_ID and DINGTALK_CLIENT_SECRET, or both in openclaw.json: DingTalk's developer console shows them.";

/// What is known of refusals: what stands in their code, in small letters, what it means, how that is said, and what to do about it.
const REFUSALS: &[(&str, Meaning, &str, &str)] = &[
    (
        "invalidauthentication",
        Meaning::BadToken,
        BAD_TOKEN,
        SECRET_ADVICE,
    ),
    (
        "invalidclient",
        Meaning::Withheld,
        BAD_SECRET,
        SECRET_ADVICE,
    ),
    (
        "staffid",
        Meaning::Withheld,
        NOT_REACHED,
        "Check the person's id, and have an administrator add them to those who may use the app.",
    ),
    (
        "robot",
        Meaning::Withheld,
        NO_ROBOT,
        "Add a robot to the app in DingTalk's developer console, and publish it; its code is the client id.",
    ),
    (
        "conversation",
        Meaning::Withheld,
        NO_GROUP,
        "Have somebody add the robot to the group, and check the group's id (cid…).",
    ),
    (
        "permission",
        Meaning::Withheld,
        NO_RIGHT,
        "Grant it to the app in DingTalk's developer console, and publish it anew.",
    ),
];

/// Whether a text is what the platform calls something that was uploaded: `@` and an id. The harness lets nothing else into a
/// message.
pub(super) fn is_upload(id: &str) -> bool {
    id.strip_prefix('@').is_some_and(is_service_id)
}

/// Reads the newer host's answer that holds no token: nothing was sent by it.
pub(super) fn token_failure(response: &Response, now_ms: u64) -> Answer {
    untold(read(response, now_ms), BAD_SECRET)
}

/// The same of the older one.
pub(super) fn media_token_failure(response: &Response, now_ms: u64) -> Answer {
    untold(read_upload(response, now_ms), BAD_SECRET)
}

/// Reads the newer host's answer to a call, or what else became of it. Any status below 300 with an object is a success: what the
/// object holds differs from call to call.
///
/// # Errors
/// What it means where the call didn't succeed.
pub(super) fn read(response: &Response, now_ms: u64) -> Result<Value, Answer> {
    let body = json::foreign(&response.body).unwrap_or_default();
    let refused = |meaning, reason: &str| Err(Answer::Refused(meaning, reason.to_owned()));
    let is_good = (200..300).contains(&response.status) && !response.truncated && body.is_object();
    if is_good {
        // A success also where the only person that was named isn't reached.
        return match (
            names_anybody(&body, "invalidStaffIdList"),
            names_anybody(&body, "flowControlledStaffIdList"),
        ) {
            (true, _) => refused(Meaning::Withheld, NOT_REACHED),
            (false, true) => refused(Meaning::RateLimited(MINUTE_MS), TOO_FAST),
            (false, false) => Ok(body),
        };
    }
    let code = body.get("code").and_then(Value::as_str).unwrap_or_default();
    // Documents write the same code in several ways.
    let code = code.to_ascii_lowercase();
    let has = |part: &str| code.contains(part);
    match response.status {
        429 => return too_fast(response, now_ms),
        _ if has("qpslimit") || has("throttling") || has("flowcontrol") => {
            return too_fast(response, now_ms);
        }
        413 => return refused(Meaning::ForGood, TOO_LARGE),
        // Without a code it is a page of the edge, of which nobody knows what stands behind it.
        400..=499 if !code.is_empty() => {}
        // The edge, or a service that failed and may have acted before.
        status => return Err(Answer::Unknown(["HTTP ", &status.to_string()].concat())),
    }
    let said = body.get("message").and_then(Value::as_str);
    let said = contract::text::one_line(said.unwrap_or_default(), SHOWN_CHARS);
    let known = REFUSALS.iter().find(|(part, ..)| has(part));
    match known {
        Some((_, meaning, sentence, _)) if *sentence == NO_RIGHT => {
            // Which one stands in what the platform says alone.
            refused(meaning.clone(), &[sentence, ": ", &said].concat())
        }
        Some((_, meaning, sentence, _)) => refused(meaning.clone(), sentence),
        None if response.status == 401 => refused(Meaning::BadToken, BAD_TOKEN),
        None => refused(
            Meaning::ForGood,
            &["DingTalk says ", &code, ": ", &said].concat(),
        ),
    }
}

/// Reads the older host's answer, to an upload or an exchange. Nothing is shown by either, so that what isn't known is asked
/// again.
///
/// # Errors
/// What it means where the call didn't succeed.
pub(super) fn read_upload(response: &Response, now_ms: u64) -> Result<Value, Answer> {
    let body = json::foreign(&response.body).unwrap_or_default();
    let refused = |meaning, reason: &str| Err(Answer::Refused(meaning, reason.to_owned()));
    let Some(code) = body.get("errcode").and_then(Value::as_i64) else {
        return match response.status {
            413 => refused(Meaning::ForGood, TOO_LARGE),
            429 => too_fast(response, now_ms),
            status => Err(Answer::Unknown(["HTTP ", &status.to_string()].concat())),
        };
    };
    // Behind 88 stands the code of another service.
    let sub = body.get("sub_code");
    // A number in some answers and a text in others.
    let sub = sub.and_then(|sub| sub.as_i64().or_else(|| sub.as_str()?.parse().ok()));
    let said = body.get("errmsg").and_then(Value::as_str);
    let said = contract::text::one_line(said.unwrap_or_default(), SHOWN_CHARS);
    match if code == 88 {
        sub.unwrap_or(code)
    } else {
        code
    } {
        0 if response.truncated => Err(Answer::Unknown("an answer was cut off".to_owned())),
        0 => Ok(body),
        -1 => Err(Answer::Unknown("DingTalk is busy".to_owned())),
        // Some of these differ in documents of different years; all of them mean the token.
        40001 | 40014 | 42001 | 41001 => refused(Meaning::BadToken, BAD_TOKEN),
        40013 | 40089 | 40096 | 40101 => refused(Meaning::Withheld, BAD_SECRET),
        90002 | 90018 | 45009 => too_fast(response, now_ms),
        60011 | 50002 => refused(Meaning::Withheld, &[NO_RIGHT, ": ", &said].concat()),
        40006 | 40009 | 45001 => refused(Meaning::ForGood, TOO_LARGE),
        40004 | 40005 | 40007 | 40008 => refused(Meaning::ForGood, ODD_MEDIUM),
        code => refused(
            Meaning::ForGood,
            &["DingTalk says ", &code.to_string(), ": ", &said].concat(),
        ),
    }
}

/// Too fast: nothing was shown. It is tried again after as long as the answer says, else soon. Most answers say nothing.
fn too_fast(response: &Response, now_ms: u64) -> Result<Value, Answer> {
    let pause_ms = wait_ms(None, &["retry-after"], response, now_ms);
    let meaning = Meaning::RateLimited(pause_ms);
    Err(Answer::Refused(meaning, TOO_FAST.to_owned()))
}

/// Whether a list of people in an answer has one; absent or empty where there is none.
fn names_anybody(body: &Value, member: &str) -> bool {
    let list = body.get(member).and_then(Value::as_array);
    list.is_some_and(|list| !list.is_empty())
}

/// What to do about an answer other than success, for whoever runs the machine: found by how the refusal is said, as far as that
/// is the same for all.
pub(super) fn advice(answer: &Answer) -> &'static str {
    let reason = match answer {
        Answer::Refused(Meaning::RateLimited(_), _) => return WAIT,
        Answer::Refused(_, reason) => reason,
        Answer::NotDispatched(_) | Answer::Committed(_) | Answer::Unknown(_) => return NETWORK,
    };
    let mut known = REFUSALS.iter();
    let known = known.find(|(.., sentence, _)| reason.starts_with(sentence));
    known.map_or("Check the chat's id.", |(.., advice)| advice)
}
