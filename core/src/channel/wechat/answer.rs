//! What an answer of WeChat means. The body's `ret`, or `errcode`, decides: the status is 200 for everything. docs/apis/wechat.md,
//! the table of errors.

use serde_json::Value;

use crate::channel::answer::{Answer, Meaning, NETWORK, WAIT, wait_ms};
use crate::io::Response;
use crate::json;

/// How long a burst is refused no document says; people report a minute and more.
const MINUTE_MS: u64 = 60_000;
/// So much of what the platform says stands in logs.
const SHOWN_CHARS: usize = 160;

// How refusals are said; by that their advice is found.
/// The token is one of an earlier login.
const LOGGED_OUT: &str = "the account's login is over";
/// Or they have got ten since they wrote: the service says the same of both.
const CLOSED: &str = "WeChat takes no message for this person now: they have to have written to the account in the last 24 hours, and get ten messages for it";
const TOO_FAST: &str = "too many messages at once";
const TOO_LARGE: &str = "it is larger than WeChat takes";
const NOT_TAKEN: &str = "WeChat doesn't take the upload";
/// It answers with what an address would have to be made of.
pub(super) const NO_ADDRESS: &str = "WeChat names no address for the upload";
/// It was made for nobody, and its bytes aren't here.
pub(super) const NO_UPLOAD: &str = "it was not uploaded";
/// Without our harness the bytes pass as they are, and WeChat wants them otherwise.
pub(super) const NOT_CARRIED: &str = "this program can't encrypt media for WeChat";

/// Each with what to do about it.
const ADVICE: &[(&str, &str)] = &[
    (
        LOGGED_OUT,
        "Log it in again: openclaw channels login --channel openclaw-weixin",
    ),
    (
        CLOSED,
        "Have them write to the account: what waits is sent then, for up to a day.",
    ),
    (TOO_LARGE, "The link is sent in its place."),
    (NOT_TAKEN, "The link is sent in its place."),
    (NO_ADDRESS, "The link is sent in its place."),
    (
        NOT_CARRIED,
        "Run it by the program libtv-video; elsewhere links are sent.",
    ),
];

/// Reads the answer to a call, or what else became of it.
///
/// # Errors
/// What it means where the call didn't succeed.
pub(super) fn read(response: &Response, now_ms: u64) -> Result<Value, Answer> {
    let body = json::foreign(&response.body);
    let refused = |meaning, reason: &str| Err(Answer::Refused(meaning, reason.to_owned()));
    let number = |name: &str| body.as_ref()?.get(name)?.as_i64();
    // Either may be there, and zero where the other one isn't.
    let code = number("errcode")
        .filter(|code| *code != 0)
        .or(number("ret"));
    match (response.status, code) {
        (429, _) => {
            let wait_ms = wait_ms(None, &["retry-after"], response, now_ms);
            return refused(Meaning::RateLimited(wait_ms), TOO_FAST);
        }
        (401 | 403, _) => return refused(Meaning::BadToken, LOGGED_OUT),
        (413, _) => return refused(Meaning::ForGood, TOO_LARGE),
        // A page of the edge, of which nobody knows what stands behind it; or a service that failed and may have acted.
        (300.., None) | (500.., _) => {
            let status = response.status.to_string();
            return Err(Answer::Unknown(["HTTP ", &status].concat()));
        }
        _ if response.truncated => return Err(Answer::Unknown("an answer was cut off".to_owned())),
        // A success may say nothing else than what was asked for.
        (_, None | Some(0)) => {
            let unread = || Answer::Unknown("the answer can't be read".to_owned());
            return body.filter(Value::is_object).ok_or_else(unread);
        }
        (_, Some(_)) => {}
    }
    let code = code.unwrap_or_default();
    let said = body.as_ref().and_then(|body| body.get("errmsg")?.as_str());
    let said = contract::text::one_line(said.unwrap_or_default(), SHOWN_CHARS);
    match code {
        -14 => refused(Meaning::BadToken, LOGGED_OUT),
        // The same number is said of a burst, with these words.
        -2 if said.contains("prepare failed") || said.contains("freq") => {
            refused(Meaning::RateLimited(MINUTE_MS), TOO_FAST)
        }
        -2 => refused(Meaning::Withheld, CLOSED),
        code => refused(
            Meaning::ForGood,
            &["WeChat says ", &code.to_string(), ": ", &said].concat(),
        ),
    }
}

/// Reads the answer to the bytes of an upload. Nothing is shown by it, so that what isn't known is asked again.
///
/// # Errors
/// What it means where they weren't taken.
pub(super) fn read_upload(response: &Response) -> Result<(), Answer> {
    let said = response.header("x-error-message").unwrap_or_default();
    let said = contract::text::one_line(said, SHOWN_CHARS);
    match response.status {
        200 => Ok(()),
        413 => Err(Answer::Refused(Meaning::ForGood, TOO_LARGE.to_owned())),
        429 => Err(Answer::Refused(
            Meaning::RateLimited(MINUTE_MS),
            TOO_FAST.to_owned(),
        )),
        400..=499 => Err(Answer::Refused(
            Meaning::ForGood,
            [NOT_TAKEN, ": ", &said].concat(),
        )),
        status => Err(Answer::Unknown(["HTTP ", &status.to_string()].concat())),
    }
}

/// What to do about an answer other than success, for whoever runs the machine.
pub(super) fn advice(answer: &Answer) -> &'static str {
    let reason = match answer {
        Answer::Refused(Meaning::RateLimited(_), _) => return WAIT,
        Answer::Refused(_, reason) => reason,
        Answer::NotDispatched(_) | Answer::Committed(_) | Answer::Unknown(_) => return NETWORK,
    };
    let mut known = ADVICE.iter();
    let known = known.find(|(sentence, _)| reason.starts_with(sentence));
    known.map_or("Check the person's id.", |(_, advice)| advice)
}
