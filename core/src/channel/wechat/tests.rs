//! What is sent, and what an answer means. The whole way stands in the end-to-end tests.

use serde_json::json;

use super::*;
use crate::channel::answer::testing::{meaning, response};

#[test]
fn a_code_means_what_the_documents_say() {
    for (status, body, expected) in [
        (200, "{}", "ok"),
        (200, r#"{"ret":0,"message_id":18446744073709551615}"#, "ok"),
        (200, r#"{"ret":0,"errcode":-14}"#, "BadToken"),
        (200, r#"{"ret":-14}"#, "BadToken"),
        (200, r#"{"ret":-2,"errmsg":"unknown"}"#, "Withheld"),
        (200, r#"{"ret":-2}"#, "Withheld"),
        (
            200,
            r#"{"ret":-2,"errmsg":"prepare failed"}"#,
            "RateLimited(60000)",
        ),
        (200, r#"{"ret":-1,"errmsg":"x"}"#, "ForGood"),
        (400, r#"{"errcode":-14}"#, "BadToken"),
        (429, "", "RateLimited(7000)"),
        (401, "", "BadToken"),
        (413, "<html>", "ForGood"),
        (200, "<html>", "unknown"),
        (200, "", "unknown"),
        (200, "[]", "unknown"),
        (404, "<html>", "unknown"),
        (502, "<html>", "unknown"),
        (500, r#"{"ret":-1}"#, "unknown"),
    ] {
        let read = answer::read(&response(status, body), 0);
        assert_eq!(meaning(read, answer::advice), expected, "{status} {body}");
    }
    for (status, expected) in [
        (200, "ok"),
        (400, "ForGood"),
        (413, "ForGood"),
        (429, "RateLimited(60000)"),
        (500, "unknown"),
    ] {
        let read = answer::read_upload(&response(status, "")).map(|()| Value::Null);
        assert_eq!(meaning(read, answer::advice), expected, "{status}");
    }
}

#[test]
fn a_message_is_named_by_a_number_or_a_text() {
    assert_eq!(id(&json!(u64::MAX)).unwrap(), "18446744073709551615");
    assert_eq!(id(&json!("7")).unwrap(), "7");
    assert!(id(&json!("a b")).is_none() && id(&json!(-1)).is_none());
}

#[test]
fn an_upload_goes_where_the_service_takes_media_and_nowhere_else() {
    let vars = |name: &str| match name {
        "WECHAT_BOT_TOKEN" => Some("token".to_owned()),
        _ => None,
    };
    let accounts = crate::channel::account::Accounts::read(&vars);
    let account = accounts
        .of(&MEMBER, None)
        .unwrap_or_else(|why| panic!("{why}"));
    let bot = Bot { account };
    for (url, expected) in [
        ("https://novac2c.cdn.weixin.qq.com/c2c/upload?a=b", true),
        ("https://ilinkai.weixin.qq.com/upload", true),
        ("http://novac2c.cdn.weixin.qq.com/c2c/upload", false),
        ("https://cdn.weixin.qq.com/c2c/upload", false),
        ("https://evil.example/?https://a.cdn.weixin.qq.com/", false),
        ("https://a.cdn.weixin.qq.com@evil.example/", false),
        ("https://ilinkai.weixin.qq.com.evil.example/", false),
        ("", false),
    ] {
        assert_eq!(bot.takes_media(url), expected, "{url}");
    }
}

#[test]
fn the_version_is_the_same_as_a_text_and_as_a_number() {
    let parts = PLUGIN.split('.').map(|part| part.parse::<u32>().unwrap());
    let number = parts.fold(0, |number, part| number << 8 | part);
    assert_eq!(number.to_string(), PLUGIN_NUMBER);
}

#[test]
fn bytes_that_nobody_described_or_that_have_changed_are_not_uploaded() {
    let good = r#"{"bytes":3,"md5":"900150983cd24fb0d6963f7d28e17f72"}"#;
    let md5 = described(&response(200, good), 3).unwrap();
    assert_eq!(md5, "900150983cd24fb0d6963f7d28e17f72");
    let meaning = |status, body, len| match described(&response(status, body), len) {
        Err(Answer::Refused(meaning, _)) => meaning,
        other => panic!("{other:?}"),
    };
    assert_eq!(meaning(200, good, 4), Meaning::MediaUnread);
    assert_eq!(meaning(404, good, 3), Meaning::ForGood);
    assert_eq!(meaning(200, "{}", 3), Meaning::ForGood);
}
