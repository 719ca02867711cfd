//! What an answer of WeCom means. The body's `errcode` decides: the status is 200 for everything. docs/apis/wecom.md, the table of
//! errors.

use serde_json::Value;

use crate::channel::answer::{Answer, Meaning, NETWORK, WAIT, wait_ms};
use crate::channel::token::untold;
use crate::io::Response;
use crate::json;

/// Calls are counted by the minute, and the answer doesn't say when that is over.
const MINUTE_MS: u64 = 60_000;
/// So much of what the platform says stands in logs.
const SHOWN_CHARS: usize = 160;

/// The app's number can't be one. Here and below: how a refusal is said, which is also how its advice is found.
pub(super) const NO_AGENT: &str = "the agent id of the app is no number";
/// `gettoken` knows no such app.
const BAD_SECRET: &str = "WeCom doesn't accept the app's secret";
/// Neither this token nor a fresh one.
const BAD_TOKEN: &str = "WeCom doesn't accept the app's token";
/// Behind it stands the address, where the platform names it.
const NOT_FROM_HERE: &str = "WeCom doesn't take the app's requests from this machine's address";
/// Not in the app's visible range, or nobody at all: the platform doesn't tell them apart.
const NOT_VISIBLE: &str = "the app doesn't reach that person";
/// A company buys licences for those whom interfaces reach.
const NO_LICENCE: &str = "that person has no licence for apps";
const TOO_LARGE: &str = "it is larger than WeCom takes";
/// Older than three days, or another app's.
const NO_SUCH_MEDIUM: &str = "WeCom doesn't know what was uploaded any more";
const ODD_MEDIUM: &str = "WeCom doesn't take media of this kind";

/// A refusal: the codes, what it means, how that is said, and what to do about it.
type Refusal = (&'static [i64], Meaning, &'static str, &'static str);

/// What is known of refusals.
const REFUSALS: &[Refusal] = &[
    (
        &[40001, 40014, 41001, 42001],
        Meaning::BadToken,
        BAD_TOKEN,
        SECRET_ADVICE,
    ),
    (
        &[40013, 40091, 41004],
        Meaning::Withheld,
        BAD_SECRET,
        SECRET_ADVICE,
    ),
    (
        &[60020],
        Meaning::Withheld,
        NOT_FROM_HERE,
        "Have an administrator add that address to the app's trusted ones (企业可信IP) in WeCom's admin console.",
    ),
    (
        &[81013, 40003, 60111],
        Meaning::Withheld,
        NOT_VISIBLE,
        "Check the person's id, and have an administrator add them to the app's visible range (可见范围).",
    ),
    (
        &[],
        Meaning::Withheld,
        NO_LICENCE,
        "Have an administrator give them a licence for the interface (接口许可).",
    ),
    (
        &[40056, 41011, 301_002, 301_007],
        Meaning::Withheld,
        "the secret isn't that of the app with this agent id",
        "Check WECOM_AGENT_ID and WECOM_CORP_SECRET, or both in openclaw.json: each app has its own secret.",
    ),
    (
        &[48002, 60011, 301_005],
        Meaning::Withheld,
        "the app may not do that",
        "Have an administrator look whether the app is enabled, and may send messages.",
    ),
    (
        &[45001, 40006, 40009, 45008],
        Meaning::ForGood,
        TOO_LARGE,
        "The link is sent in its place.",
    ),
    (
        &[40004, 40005, 40008, 40033, 301_016, 301_017],
        Meaning::ForGood,
        ODD_MEDIUM,
        "The link is sent in its place.",
    ),
    (
        &[40007],
        Meaning::ForeignUpload,
        NO_SUCH_MEDIUM,
        "It is uploaded again.",
    ),
    (
        &[45002],
        Meaning::TooLong,
        "the text is too long",
        "It is sent shorter.",
    ),
];

/// What to do where id and secret are no app's.
const SECRET_ADVICE: &str = "Check WECOM_CORP_ID and WECOM_CORP_SECRET, or both in openclaw.json: WeCom's admin console shows them.";

/// Reads the token route's answer that holds no token: nothing was sent by it.
pub(super) fn token_failure(response: &Response, now_ms: u64) -> Answer {
    untold(read(response, now_ms), BAD_SECRET)
}

/// Reads the answer to a call, or what else became of it.
///
/// # Errors
/// What it means where the call didn't succeed.
pub(super) fn read(response: &Response, now_ms: u64) -> Result<Value, Answer> {
    let body = json::foreign(&response.body).unwrap_or_default();
    let refused = |meaning, reason: &str| Err(Answer::Refused(meaning, reason.to_owned()));
    let Some(code) = body.get("errcode").and_then(Value::as_i64) else {
        return match response.status {
            // The edge says so, and not WeCom: the same body meets it again.
            413 => refused(Meaning::ForGood, TOO_LARGE),
            429 => {
                let wait = wait_ms(None, &["retry-after"], response, now_ms);
                refused(Meaning::RateLimited(wait), "too many requests at once")
            }
            status => Err(Answer::Unknown(["HTTP ", &status.to_string()].concat())),
        };
    };
    let said = body.get("errmsg").and_then(Value::as_str);
    let said = said.unwrap_or_default();
    match code {
        0 if response.truncated => return Err(Answer::Unknown("an answer was cut off".to_owned())),
        // It is a success also where the only person that was named isn't reached.
        0 if names_anybody(&body, "invaliduser") => return refused(Meaning::Withheld, NOT_VISIBLE),
        0 if names_anybody(&body, "unlicenseduser") => {
            return refused(Meaning::Withheld, NO_LICENCE);
        }
        0 => return Ok(body),
        // The platform is busy, and may have acted. Tried again with the same bytes, so that a message that was taken is no
        // second one.
        -1 => return Err(Answer::Unknown("WeCom is busy".to_owned())),
        45009 | 45033 => {
            let wait_ms = if code == 45033 { 1_000 } else { MINUTE_MS };
            return refused(Meaning::RateLimited(wait_ms), "too many calls");
        }
        60020 => return refused(Meaning::Withheld, &not_from_here(said)),
        _ => {}
    }
    let known = REFUSALS.iter().find(|(codes, ..)| codes.contains(&code));
    match known {
        Some((_, meaning, sentence, _)) => refused(meaning.clone(), sentence),
        None => {
            let said = contract::text::one_line(said, SHOWN_CHARS);
            let told = ["WeCom says ", &code.to_string(), ": ", &said].concat();
            refused(Meaning::ForGood, &told)
        }
    }
}

/// Whether a list of people in an answer has one. It is a text with `|` between ids; absent or empty where there is none.
fn names_anybody(body: &Value, member: &str) -> bool {
    let list = body.get(member).and_then(Value::as_str);
    list.is_some_and(|list| !list.is_empty())
}

/// The sentence with the address that the platform saw, which may be a proxy's. Of what the platform says only that is taken,
/// at most as long as an address can be.
fn not_from_here(said: &str) -> String {
    let ip = said.split_once("from ip: ").map_or("", |(_, rest)| rest);
    let is_ip = |c: &char| c.is_ascii_hexdigit() || ".:".contains(*c);
    let ip: String = ip.chars().take_while(is_ip).take(45).collect();
    if ip.is_empty() {
        return NOT_FROM_HERE.to_owned();
    }
    [NOT_FROM_HERE, ", ", &ip].concat()
}

/// What to do about an answer other than success, for whoever runs the machine.
pub(super) fn advice(answer: &Answer) -> &'static str {
    let reason = match answer {
        Answer::Refused(Meaning::RateLimited(_), _) => return WAIT,
        Answer::Refused(_, reason) => reason,
        Answer::NotDispatched(_) | Answer::Committed(_) | Answer::Unknown(_) => return NETWORK,
    };
    if reason == NO_AGENT {
        return "Set WECOM_AGENT_ID to the number that WeCom's admin console shows for the app.";
    }
    let mut known = REFUSALS.iter();
    let known = known.find(|(.., sentence, _)| reason.starts_with(sentence));
    known.map_or("Check the person's id.", |(.., advice)| advice)
}
