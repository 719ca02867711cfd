//! What an answer of the platform means. The body's `code` decides, not the HTTP status; the edge
//! answers in HTML.

use serde_json::Value;

use crate::channel::answer::{Answer, Meaning, NETWORK, WAIT, wait_ms};
use crate::io::Response;
use crate::json;

/// Reads the token route's answer that holds no token: nothing was sent by it.
#[must_use]
pub(super) fn token_failure(response: &Response, now_ms: u64) -> Answer {
    let told = describe(response);
    match code(response) {
        // The token route says so with HTTP 200. Withheld and not for good: whoever runs the machine can put
        // the secret right, and what waits is sent then.
        Some(10003 | 10014) => Answer::Refused(
            Meaning::Withheld,
            format!("Feishu doesn't accept the app's credentials: {told}"),
        ),
        Some(_) | None => match read(response, now_ms) {
            Err(answer @ Answer::Refused(Meaning::RateLimited(_) | Meaning::Withheld, _)) => answer,
            // Without a token no message can have left, so that even an unclear response doesn't begin the
            // window of a key.
            _ => Answer::NotDispatched(format!("no token: {told}")),
        },
    }
}

/// Reads the answer to a call: its `data`, or what else became of it.
///
/// # Errors
/// What it means where the call didn't succeed.
pub(super) fn read(response: &Response, now_ms: u64) -> Result<Value, Answer> {
    let told = describe(response);
    let refused = |meaning| Err(Answer::Refused(meaning, told.clone()));
    let too_fast = || {
        refused(Meaning::RateLimited(wait_ms(
            None, &WAITS, response, now_ms,
        )))
    };
    match code(response) {
        Some(0) => {
            let body = json::foreign(&response.body).unwrap_or_default();
            Ok(body.get("data").cloned().unwrap_or_default())
        }
        Some(99_991_661 | 99_991_663 | 99_991_664 | 99_991_668 | 99_991_671) => {
            // A token may be revoked or run out between two calls; `call` fetches another one, once.
            refused(Meaning::BadToken)
        }
        Some(99_991_672) => refused(Meaning::MissingScope(
            grant_url(response).unwrap_or_default(),
        )),
        Some(230_020 | 99_991_400 | 11232 | 11233) => too_fast(),
        Some(230_017) => refused(Meaning::ForeignUpload),
        // In flight, or a passing error of the platform: the message may appear. The same `uuid` is sent again,
        // which shows one of both.
        Some(230_049 | 2200 | 18121 | 232_096) => Err(Answer::Unknown(told)),
        // Recalled, invisible, deleted, of a kind without replies, in a group without threads; and an id that is none.
        Some(
            230_011 | 230_019 | 230_050 | 230_054 | 230_071 | 230_110 | 99_992_351..=99_992_354,
        ) => refused(Meaning::NoThread),
        // The bot isn't in the chat, its ability is off, the user is outside of its range, the id is another app's; this
        // machine's address isn't allowed, the month's quota is used up; the app is off or not published.
        Some(
            230_002 | 230_006 | 230_013 | 99_992_361 | 99_991_401 | 99_991_403 | 99_991_662
            | 99_991_673 | 10003 | 10014,
        ) => refused(Meaning::Withheld),
        Some(230_025) => refused(Meaning::TooLong),
        // Moderation: the same medium is refused again.
        Some(40009) => refused(Meaning::ForGood),
        // Behind the known codes: a rate limit has been seen with HTTP 429 and with 400, so the code is asked
        // first.
        Some(_) if response.status == 429 => too_fast(),
        Some(_) if response.status >= 500 => Err(Answer::Unknown(told)),
        Some(_) => refused(Meaning::ForGood),
        None => match response.status {
            429 => too_fast(),
            // The edge says so, in HTML, and not the platform: the same body meets it again.
            413 | 444 => refused(Meaning::ForGood),
            _ => Err(Answer::Unknown(told)),
        },
    }
}

/// The platform's own verdict, whatever the HTTP status is; `None` where the edge answered and not the
/// platform.
fn code(response: &Response) -> Option<i64> {
    json::foreign(&response.body)?.get("code")?.as_i64()
}

/// The headers that say how long the platform wants to be left alone.
const WAITS: [&str; 2] = ["x-ogw-ratelimit-reset", "retry-after"];

/// The answer in one line for the log, with the platform's log id.
fn describe(response: &Response) -> String {
    // The platform's `msg` repeats scopes in two languages; its code and its log id are what somebody looks up.
    const SHOWN_CHARS: usize = 160;
    let body = json::foreign(&response.body).unwrap_or_default();
    let text = match (
        body.get("code").and_then(Value::as_i64),
        body.get("msg").and_then(Value::as_str),
    ) {
        (Some(code), msg) => format!("{code} {}", msg.unwrap_or("")),
        (None, _) => format!("HTTP {}", response.status),
    };
    let mut line = contract::text::one_line(&text, SHOWN_CHARS);
    let log_id = body
        .get("error")
        .and_then(|error| error.get("log_id"))
        .and_then(Value::as_str)
        .or_else(|| response.header("x-tt-logid"));
    if let Some(log_id) = log_id {
        line.push_str(" (log id ");
        // The log id comes from outside and goes into a log: nothing but letters and digits of it.
        line.extend(log_id.chars().filter(char::is_ascii_alphanumeric).take(64));
        line.push(')');
    }
    line
}

/// The page that grants the scope, when the message names one of the platform's own.
fn grant_url(response: &Response) -> Option<String> {
    let body = json::foreign(&response.body)?;
    let msg = body.get("msg")?.as_str()?;
    [
        "https://open.feishu.cn/app/",
        "https://open.larksuite.com/app/",
    ]
    .iter()
    .find_map(|prefix| {
        let url: String = msg[msg.find(prefix)?..]
            .chars()
            // Only the platform's own address begins it, and it ends before anything that could lead out of a
            // link: it is shown to people.
            .take_while(|c| c.is_ascii_graphic() && !matches!(c, '"' | '\'' | '<' | '>'))
            .collect();
        Some(url)
    })
}

/// What to do about an answer other than success, for whoever runs the machine: docs/apis/feishu.md, the table of codes.
pub(super) fn advice(answer: &Answer) -> String {
    let advice = match answer {
        Answer::Refused(Meaning::MissingScope(page), _) => {
            return format!("Have an administrator of the app grant the permission here: {page}");
        }
        Answer::Refused(
            Meaning::ForGood | Meaning::NoThread | Meaning::Withheld | Meaning::TooLong,
            reason,
        ) => refusal_advice(reason),
        Answer::Refused(Meaning::BadToken, _) => "Check the app's id and secret on its page.",
        Answer::Refused(Meaning::RateLimited(_), _) => WAIT,
        Answer::NotDispatched(_)
        | Answer::Committed(_)
        | Answer::Unknown(_)
        | Answer::Refused(Meaning::MediaUnread | Meaning::MediaGone | Meaning::ForeignUpload, _) => {
            NETWORK
        }
    };
    advice.to_owned()
}

/// What to do about a refusal, by the code that its reason begins with.
fn refusal_advice(reason: &str) -> &'static str {
    const ADVICE: [(&str, &str); 6] = [
        ("230002", "Add the bot to the chat."),
        ("230013", "Widen the app's availability to this user."),
        ("230006", "Switch the app's bot ability on."),
        ("234007", "Switch the app's bot ability on."),
        (
            "230001",
            "Check the chat's id: ou_… for a user, oc_… for a chat.",
        ),
        (
            "99992361",
            "That user's id belongs to another app: take the one this app sees.",
        ),
    ];
    ADVICE
        .iter()
        // `describe` writes the code in front: a number elsewhere in the platform's words says nothing.
        .find(|(code, _)| reason.split(' ').next() == Some(code))
        .map_or(
            "Check the app's id and secret, and what its page says of its state.",
            |(_, advice)| advice,
        )
}
