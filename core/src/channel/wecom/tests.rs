//! What is sent, and what an answer means. The whole way stands in the end-to-end tests.

use super::*;
use crate::channel::account::Accounts;
use crate::channel::answer::testing::{meaning, response};
use serde_json::json;

#[test]
fn a_code_means_what_the_documents_say() {
    for (code, expected) in [
        (0, "ok"),
        (-1, "unknown"),
        (40001, "BadToken"),
        (40014, "BadToken"),
        (42001, "BadToken"),
        (40013, "Withheld"),
        (40056, "Withheld"),
        (301_002, "Withheld"),
        (48002, "Withheld"),
        (60020, "Withheld"),
        (81013, "Withheld"),
        (45009, "RateLimited(60000)"),
        (45033, "RateLimited(1000)"),
        (45001, "ForGood"),
        (40005, "ForGood"),
        (40007, "ForeignUpload"),
        (45002, "TooLong"),
        (99_999, "ForGood"),
    ] {
        let body = json!({"errcode": code, "errmsg": "said"}).to_string();
        let read = answer::read(&response(200, &body), 0);
        assert_eq!(meaning(read, answer::advice), expected, "{code}");
    }
    for (status, body, expected) in [
        (200, r#"{"errcode":0,"invaliduser":""}"#, "ok"),
        (200, r#"{"errcode":0,"invaliduser":"A"}"#, "Withheld"),
        (200, r#"{"errcode":0,"unlicenseduser":"A"}"#, "Withheld"),
        (200, "{}", "unknown"),
        (200, "<html>", "unknown"),
        (502, "<html>", "unknown"),
        (413, "<html>", "ForGood"),
        (429, "<html>", "RateLimited(7000)"),
    ] {
        let read = answer::read(&response(status, body), 0);
        assert_eq!(meaning(read, answer::advice), expected, "{body}");
    }
}

#[test]
fn the_address_that_is_not_trusted_is_told_and_nothing_else_of_what_the_platform_says() {
    for (said, told) in [
        (
            "not allow to access from your ip, hint: [1], from ip: 203.0.113.7, more",
            ", 203.0.113.7",
        ),
        ("from ip: <b>", ""),
        ("no", ""),
    ] {
        let body = json!({"errcode": 60020, "errmsg": said}).to_string();
        let Err(Answer::Refused(Meaning::Withheld, reason)) =
            answer::read(&response(200, &body), 0)
        else {
            panic!("{said}");
        };
        let expected = "WeCom doesn't take the app's requests from this machine's address";
        assert_eq!(reason, [expected, told].concat());
        let advice = answer::advice(&Answer::Refused(Meaning::Withheld, reason));
        assert!(advice.contains("企业可信IP"));
    }
}

#[test]
fn without_a_token_nothing_was_sent_and_a_wrong_secret_is_for_people_to_mend() {
    let of = |body: &str| answer::token_failure(&response(200, body), 0);
    for code in [40001, 40013] {
        let body = json!({"errcode": code}).to_string();
        assert!(
            matches!(of(&body), Answer::Refused(Meaning::Withheld, reason) if reason.contains("secret"))
        );
    }
    for body in ["<html>", r#"{"errcode":-1}"#, r#"{"errcode":0}"#] {
        assert!(matches!(of(body), Answer::NotDispatched(_)), "{body}");
    }
}

/// The body of a message under this key.
fn body(message: &Message, key: &str) -> String {
    let vars = [
        ("WECOM_CORP_ID", "ww1"),
        ("WECOM_AGENT_ID", "7"),
        ("WECOM_CORP_SECRET", "s"),
    ];
    let accounts = Accounts::read(&|name| {
        let mut vars = vars.iter();
        vars.find(|(known, _)| *known == name)
            .map(|(_, value)| (*value).to_owned())
    });
    let account = accounts.of(&MEMBER, None);
    let account = account.unwrap_or_else(|why| panic!("{why}"));
    let route = Route {
        channel: "wecom".to_owned(),
        chat: "wecom:ZhangSan".to_owned(),
        ..Route::default()
    };
    let sending = Sending {
        route: &route,
        message,
        key,
        is_first: true,
        first_sent_at_ms: None,
        content: None,
    };
    written(account, &sending).unwrap().to_string()
}

#[test]
fn a_body_is_made_of_what_is_on_record_and_the_same_words_of_two_messages_are_two_bodies() {
    let film = Message {
        shape: Shape::Video,
        form: FORM,
        body: r#"{"media_id":"3ab-c_d"}"#.to_owned(),
    };
    let expected = json!({
        "touser": "ZhangSan", "msgtype": "video", "agentid": 7, "enable_duplicate_check": 1,
        "duplicate_check_interval": 14_400, "video": {"media_id": "3ab-c_d"},
    });
    assert_eq!(body(&film, "aabbccdd"), expected.to_string());
    let words = Message::text("a <a href=\"https://x.example\">b</a>".to_owned());
    let (one, other) = (body(&words, "aabbccdd"), body(&words, "aabbcddd"));
    assert_ne!(one, other);
    assert_eq!(one, body(&words, "aabbccdd"));
    assert!(!one.contains(['<', '>']) && one.contains("aabbcc"));
}
