//! What is sent, and what an answer means. The whole way stands in the end-to-end tests.

use super::*;
use crate::channel::account::Accounts;
use crate::channel::answer::testing::{meaning, response};
use serde_json::json;

#[test]
fn a_code_means_what_the_documents_say() {
    for (status, code, expected) in [
        (401, "InvalidAuthentication", "BadToken"),
        (400, "invalidClientId", "Withheld"),
        (400, "staffId.notExisted", "Withheld"),
        (400, "invalidParameter.robotCode.notExisted", "Withheld"),
        (400, "invalidParameter.openConversationId", "Withheld"),
        (
            403,
            "Forbidden.AccessDenied.AccessTokenPermissionDenied",
            "Withheld",
        ),
        (
            403,
            "Forbidden.AccessDenied.QpsLimitForApi",
            "RateLimited(7000)",
        ),
        (429, "anything", "RateLimited(7000)"),
        (400, "somethingNew", "ForGood"),
        (413, "", "ForGood"),
        (500, "unknownError", "unknown"),
        (503, "ServiceUnavailable", "unknown"),
    ] {
        let body = json!({"code": code, "message": "said"}).to_string();
        let read = answer::read(&response(status, &body), 0);
        assert_eq!(meaning(read, answer::advice), expected, "{status} {code}");
    }
    for (status, body, expected) in [
        (
            200,
            r#"{"processQueryKey":"a","invalidStaffIdList":[]}"#,
            "ok",
        ),
        (200, r#"{"invalidStaffIdList":["a"]}"#, "Withheld"),
        (
            200,
            r#"{"flowControlledStaffIdList":["a"]}"#,
            "RateLimited(60000)",
        ),
        (200, "<html>", "unknown"),
        (502, "<html>", "unknown"),
        (400, "<html>", "unknown"),
    ] {
        let read = answer::read(&response(status, body), 0);
        assert_eq!(meaning(read, answer::advice), expected, "{status} {body}");
    }
}

#[test]
fn the_older_host_says_it_by_numbers() {
    for (body, expected) in [
        (r#"{"errcode":0,"media_id":"@a"}"#, "ok"),
        (r#"{"errcode":40014}"#, "BadToken"),
        (r#"{"errcode":88,"sub_code":"42001"}"#, "BadToken"),
        (r#"{"errcode":40089}"#, "Withheld"),
        (r#"{"errcode":88,"sub_code":60011}"#, "Withheld"),
        (r#"{"errcode":90018}"#, "RateLimited(7000)"),
        (r#"{"errcode":40006}"#, "ForGood"),
        (r#"{"errcode":40004}"#, "ForGood"),
        (r#"{"errcode":12345}"#, "ForGood"),
        (r#"{"errcode":-1}"#, "unknown"),
        ("<html>", "unknown"),
    ] {
        let read = answer::read_upload(&response(200, body), 0);
        assert_eq!(meaning(read, answer::advice), expected, "{body}");
    }
    for code in [40089, 40014] {
        let body = json!({"errcode": code}).to_string();
        let failure = answer::media_token_failure(&response(200, &body), 0);
        assert!(
            matches!(failure, Answer::Refused(Meaning::Withheld, reason) if reason.contains("secret"))
        );
    }
}

fn account<T>(with: impl Fn(&Account) -> T, at: Option<&str>) -> T {
    let accounts = Accounts::read(&|name| match name {
        "DINGTALK_CLIENT_ID" => Some("ding1".to_owned()),
        "DINGTALK_CLIENT_SECRET" => Some("s".to_owned()),
        "DINGTALK_BASE_URL" => at.map(str::to_owned),
        _ => None,
    });
    let account = accounts.of(&MEMBER, None);
    with(account.unwrap_or_else(|why| panic!("{why}")))
}

#[test]
fn a_person_and_a_group_are_written_to_at_their_own_places() {
    let film = Message {
        shape: Shape::Video,
        form: FORM,
        body: r#"{"key":"sampleVideo","param":{"videoMediaId":"@a"}}"#.to_owned(),
    };
    let words = Message::text("a <at id=\"all\"> \"b\"".to_owned());
    let group = "cid6KeBBLoveMJOGXoYKF5x7EeiodoA==";
    for (chat, message, path, member, kind) in [
        (
            "manager1",
            &film,
            "oToMessages/batchSend",
            json!(["manager1"]),
            "sampleVideo",
        ),
        (
            group,
            &words,
            "groupMessages/send",
            json!(group),
            "sampleText",
        ),
    ] {
        let route = Route {
            channel: "dingtalk".to_owned(),
            chat: chat.to_owned(),
            ..Route::default()
        };
        let sending = Sending {
            route: &route,
            message,
            key: "",
            is_first: true,
            first_sent_at_ms: None,
            content: None,
        };
        let (to, body) = account(|account| written(account, &sending).unwrap(), None);
        assert!(to.ends_with(path), "{to}");
        let body = json::parse(body.as_bytes()).unwrap();
        let name = if chat == group {
            "openConversationId"
        } else {
            "userIds"
        };
        assert_eq!((&body[name], &body["msgKey"]), (&member, &json!(kind)));
        assert_eq!(body["robotCode"], "ding1");
        let param = json::parse(body["msgParam"].as_str().unwrap().as_bytes()).unwrap();
        assert!(!param.to_string().contains("<at"), "{param}");
    }
}

#[test]
fn the_older_host_is_at_home_or_where_everything_was_moved_to() {
    assert_eq!(account(media_base, None), DINGTALK_MEDIA_ORIGIN);
    let moved = "http://127.0.0.1:1";
    assert_eq!(account(media_base, Some(moved)), moved);
}
