//! The service's codes: what each means, in a sentence that says what to do. One that isn't known is shown with the service's
//! own words.

use serde_json::Value;

use super::super::{Error, Meaning};

/// How much of the service's own words is shown.
const SHOWN_CHARS: usize = 300;
/// What begins the text of a refusal that is about the key: its code is that of a wrong parameter.
const ABOUT_THE_KEY: &str = "Ak";
/// Too often: passes in a minute.
const TOO_OFTEN: (u64, u64) = (16010, 60_000);

/// One code.
struct Known {
    code: u64,
    meaning: Meaning,
    /// What to do. Where it is empty the service's own words say it.
    says: &'static str,
}

const fn known(code: u64, meaning: Meaning, says: &'static str) -> Known {
    Known {
        code,
        meaning,
        says,
    }
}

/// Codes of responses (`ret`) and of runs (`fail_reason`): they share their numbers.
const CODES: [Known; 11] = [
    known(2, Meaning::Refused, ""),
    known(5, Meaning::Passing, "something behind the service failed"),
    known(
        10,
        Meaning::RateLimited,
        "the service is overloaded at the moment",
    ),
    known(
        15,
        Meaning::Quota,
        "no more is made for this key today. Ask again tomorrow",
    ),
    known(
        TOO_OFTEN.0,
        Meaning::RateLimited,
        "it was asked too often. In a minute it takes more",
    ),
    known(
        11001,
        Meaning::Quota,
        "the credits of the account are used up. Its owner has to buy more, then ask again",
    ),
    known(
        12001,
        Meaning::Passing,
        "the service could not check what was asked for",
    ),
    known(
        12004,
        Meaning::Moderated,
        "the words aren't allowed there. Say it in other words",
    ),
    known(
        12005,
        Meaning::Moderated,
        "a picture isn't allowed there. Use another one",
    ),
    known(
        12006,
        Meaning::Moderated,
        "a video isn't allowed there. Use another one",
    ),
    known(
        12015,
        Meaning::Moderated,
        "a sound isn't allowed there. Use another one",
    ),
];

/// A code, which is a number or a text of digits.
#[must_use]
pub fn number(value: &Value) -> Option<u64> {
    value
        .as_u64()
        .or_else(|| value.as_str()?.trim().parse().ok())
}

/// What a response with this `ret` means.
#[must_use]
pub fn of(title: &str, ret: Option<u64>, words: &str) -> Error {
    if ret == Some(2) && words.trim_start().starts_with(ABOUT_THE_KEY) {
        let says = "the key isn't accepted: it is wrong, expired, or of the other Pippit (China and abroad share none)";
        return Error::said(Meaning::KeyRefused, format!("{title}: {says}"));
    }
    let found = find(ret);
    let meaning = found.map_or(Meaning::Refused, |known| known.meaning);
    let mut error = Error::said(meaning, sentence(title, ret, words));
    error.retry_after_ms = (ret == Some(TOO_OFTEN.0)).then_some(TOO_OFTEN.1);
    // Behind the gate something may have begun; and what a code that isn't known says of that isn't known.
    error.may_be_applied = found.is_none() || ret == Some(5);
    // Of these asking again gives the same.
    error.is_last_word = matches!(meaning, Meaning::Moderated);
    error
}

/// A code in words, with the service's own where those say more.
#[must_use]
pub fn sentence(title: &str, code: Option<u64>, words: &str) -> String {
    let shown = contract::text::one_line(words, SHOWN_CHARS);
    let says = find(code).map_or("", |known| known.says);
    let said = if says.is_empty() {
        shown.as_str()
    } else {
        says
    };
    match code {
        Some(code) => format!("{title}: {said} ({code})"),
        None => format!("{title}: {said}"),
    }
}

fn find(code: Option<u64>) -> Option<&'static Known> {
    CODES.iter().find(|known| Some(known.code) == code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_its_meaning_and_says_what_to_do() {
        for (ret, words, meaning, says) in [
            (2, "Ak无效", Meaning::KeyRefused, "the key isn't accepted"),
            (2, "Ak已过期", Meaning::KeyRefused, "expired"),
            (
                2,
                "参数错误: thread_id",
                Meaning::Refused,
                "参数错误: thread_id (2)",
            ),
            (5, "下游服务异常", Meaning::Passing, "failed"),
            (10, "系统繁忙", Meaning::RateLimited, "overloaded"),
            (15, "今日", Meaning::Quota, "tomorrow"),
            (16010, "请求过于频繁", Meaning::RateLimited, "In a minute"),
            (11001, "", Meaning::Quota, "buy more"),
            (12001, "", Meaning::Passing, "could not check"),
            (12004, "", Meaning::Moderated, "other words"),
            (12005, "", Meaning::Moderated, "picture"),
            (12006, "", Meaning::Moderated, "video"),
            (12015, "", Meaning::Moderated, "sound"),
            (777, "新的错误", Meaning::Refused, "新的错误 (777)"),
        ] {
            let error = of("Pippit", Some(ret), words);
            assert_eq!(error.meaning, meaning, "{ret} {words}");
            assert!(error.message.contains(says), "{}", error.message);
            assert!(error.from_service && error.message.starts_with("Pippit: "));
        }
    }

    #[test]
    fn only_a_refusal_at_the_gate_proves_that_nothing_was_taken() {
        for (ret, may_be_applied) in [
            (2, false),
            (5, true),
            (10, false),
            (12004, false),
            (777, true),
        ] {
            assert_eq!(
                of("Pippit", Some(ret), "").may_be_applied,
                may_be_applied,
                "{ret}"
            );
        }
        assert_eq!(of("Pippit", Some(16010), "").retry_after_ms, Some(60_000));
        assert!(of("Pippit", None, "").may_be_applied);
    }

    #[test]
    fn a_code_is_a_number_or_a_text_of_digits() {
        for (value, code) in [
            (Value::from("0"), Some(0)),
            (Value::from(0), Some(0)),
            (Value::from(" 12004 "), Some(12004)),
            (Value::from("ok"), None),
            (Value::Null, None),
        ] {
            assert_eq!(number(&value), code, "{value}");
        }
    }
}
