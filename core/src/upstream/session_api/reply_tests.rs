use super::{Dialect, Error, Meaning, read};
use crate::io::{HttpError, Response};
use crate::problem::Problem;
use crate::upstream::libtv::DIALECT as DIRECT;
use crate::upstream::nexu::DIALECT as GATEWAY;
use proptest::prelude::*;
use serde_json::json;

fn answer(status: u16, body: &str) -> Response {
    Response {
        status,
        headers: vec![("retry-after".into(), "7".into())],
        body: body.as_bytes().to_vec(),
        truncated: false,
    }
}

fn trouble(dialect: &Dialect, status: u16, body: &str) -> Error {
    read(dialect, Ok(answer(status, body)), 0).unwrap_err()
}

#[test]
fn a_gateways_words_are_shown_as_they_are() {
    for body in [
        r#"{"error":{"code":"x","user_message":"Free trial uses exhausted"}}"#,
        r#"{"error":"Free trial uses exhausted"}"#,
    ] {
        let found = trouble(&GATEWAY, 403, body);
        assert_eq!(
            (found.message.as_str(), found.meaning),
            ("Free trial uses exhausted", Meaning::Quota)
        );
        assert!(found.is_last_word);
        assert_eq!(found.retry_after_ms, Some(7000));
    }
}

#[test]
fn an_error_text_under_a_200_is_not_the_end() {
    assert_eq!(
        trouble(&GATEWAY, 200, r#"{"error":"text"}"#).meaning,
        Meaning::Passing
    );
    assert_eq!(trouble(&GATEWAY, 200, "<html>").meaning, Meaning::Passing);
}

#[test]
fn the_retired_services_sentence_is_not_hidden() {
    let found = trouble(
        &DIRECT,
        200,
        r#"{"code":0,"message":"LibTV Skill 已升级为 LibTV CLI"}"#,
    );
    assert!(found.message.starts_with("LibTV Skill 已升级为 LibTV CLI"));
    assert!(!found.may_be_applied);
}

#[test]
fn a_direct_reply_may_write_its_code_and_its_text_in_two_ways() {
    for body in [
        r#"{"code":"0","msg":"ok","data":{"a":1}}"#,
        r#"{"code":0,"message":"success","data":{"a":1}}"#,
    ] {
        assert_eq!(
            read(&DIRECT, Ok(answer(200, body)), 0).unwrap(),
            json!({"a": 1})
        );
    }
    assert_eq!(
        trouble(&DIRECT, 200, r#"{"code":0}"#).message,
        "Direct LibTV response missing data object."
    );
    assert_eq!(
        trouble(&DIRECT, 200, r#"{"code":4004,"msg":"会话不存在或无效"}"#).meaning,
        Meaning::NotFound
    );
    assert_eq!(
        trouble(&DIRECT, 200, r#"{"code":5001,"msg":"算力不足"}"#).meaning,
        Meaning::Passing
    );
    assert_eq!(
        trouble(
            &DIRECT,
            401,
            r#"{"code":401,"msg":"accessKey 不存在或无效"}"#
        )
        .meaning,
        Meaning::KeyRefused
    );
}

#[test]
fn only_a_request_that_left_may_have_been_applied() {
    let lost = read(&GATEWAY, Err(HttpError::Lost("reset".into())), 0).unwrap_err();
    let refused = read(&GATEWAY, Err(HttpError::NotSent("refused".into())), 0).unwrap_err();
    assert_eq!((lost.may_be_applied, refused.may_be_applied), (true, false));
    assert_eq!(refused.message, "Cannot connect to gateway: refused");
    assert!(trouble(&GATEWAY, 504, "<html>").may_be_applied);
    assert!(!trouble(&GATEWAY, 400, "<html>").may_be_applied);
    for dialect in [&GATEWAY, &DIRECT] {
        let words = r#"{"code":500,"message":"x","error":{"message":"x"}}"#;
        assert!(trouble(dialect, 500, words).may_be_applied);
        assert!(!trouble(dialect, 400, words).may_be_applied);
    }
}

#[test]
fn what_the_sandbox_refuses_is_no_matter_of_trying_again() {
    let denied = read(&GATEWAY, Err(HttpError::Denied("the rules".into())), 0).unwrap_err();
    assert!(!denied.may_be_applied);
    let Problem::Permanent(failure) = denied.problem() else {
        panic!("{denied:?} should be permanent");
    };
    assert_eq!(failure.message, "Cannot connect to gateway: the rules");
    assert!(
        failure
            .advice
            .is_some_and(|advice| advice.contains("the sandbox's rules"))
    );
    let sentence = "The limit of 5 jobs a day is reached; the next is possible at 09:00.";
    let limit = read(&GATEWAY, Err(HttpError::Limit(sentence.into())), 0).unwrap_err();
    assert!(!limit.may_be_applied);
    let Problem::Permanent(failure) = limit.problem() else {
        panic!("{limit:?} should be permanent");
    };
    assert_eq!((&*failure.message, failure.advice), (sentence, None));
    let unsent = read(&GATEWAY, Err(HttpError::NotSent("no name".into())), 0).unwrap_err();
    assert!(matches!(unsent.problem(), Problem::Temporary(_)));
}

proptest! {
    #[test]
    fn no_reply_panics(status in 100_u16..600, body in ".{0,300}", direct in any::<bool>()) {
        let dialect = if direct { &DIRECT } else { &GATEWAY };
        let _ = read(dialect, Ok(answer(status, &body)), 0);
    }
}
