use super::*;
use serde_json::json;

fn of(status: u16, body: &str) -> Result<Value, Answer> {
    let response = Response {
        status,
        headers: vec![("retry-after".to_owned(), "3".to_owned())],
        body: body.as_bytes().to_vec(),
        truncated: false,
    };
    answer::read(&response, 0)
}

#[test]
fn a_response_means_what_the_documents_say() {
    use Meaning::{ForGood, RateLimited, Withheld};
    for (status, body, meaning) in [
        (403, r#"{"errcode":"M_FORBIDDEN","error":"no"}"#, Withheld),
        (401, r#"{"errcode":"M_UNKNOWN_TOKEN"}"#, Withheld),
        (404, r#"{"errcode":"M_NOT_FOUND"}"#, Withheld),
        (413, r#"{"errcode":"M_TOO_LARGE"}"#, ForGood),
        (413, "<html>", ForGood),
        (400, r#"{"errcode":"M_BAD_JSON"}"#, ForGood),
        (
            429,
            r#"{"errcode":"M_LIMIT_EXCEEDED","retry_after_ms":1500}"#,
            RateLimited(1_500),
        ),
        (429, "<html>", RateLimited(3_000)),
    ] {
        let Err(Answer::Refused(found, reason)) = of(status, body) else {
            panic!("{status} {body} is no refusal");
        };
        assert_eq!(found, meaning, "{status} {body}");
        assert!(!answer::advice(&Answer::Refused(found, reason)).is_empty());
    }
    for (status, body) in [
        (500, r#"{"errcode":"M_UNKNOWN"}"#),
        (502, "<html>"),
        (404, ""),
        (200, "<html>"),
    ] {
        assert!(
            matches!(of(status, body), Err(Answer::Unknown(_))),
            "{status}"
        );
    }
    assert!(of(200, r#"{"event_id":"$1"}"#).is_ok());
}

#[test]
fn a_message_calls_nobody_and_says_where_it_belongs() {
    let message = Message::text("@room look".to_owned());
    let id = |id: &str| Some(id.to_owned());
    for (thread, reply_to, relation) in [
        (None, None, Value::Null),
        (None, id("$q"), json!({"m.in_reply_to": {"event_id": "$q"}})),
        (
            id("$t"),
            None,
            json!({"rel_type": "m.thread", "event_id": "$t", "is_falling_back": true, "m.in_reply_to": {"event_id": "$t"}}),
        ),
        (
            id("$t"),
            id("$q"),
            json!({"rel_type": "m.thread", "event_id": "$t", "m.in_reply_to": {"event_id": "$q"}}),
        ),
    ] {
        let route = Route {
            thread,
            reply_to,
            ..Route::default()
        };
        let sending = Sending {
            route: &route,
            message: &message,
            key: "k",
            is_first: true,
            first_sent_at_ms: None,
            content: None,
        };
        let content = content(&sending);
        assert_eq!(content["m.mentions"], json!({}));
        assert_eq!(content["m.relates_to"], relation);
    }
}

#[test]
fn a_change_says_the_same_to_clients_that_know_changes_and_to_others() {
    let now = json!({"msgtype": "m.text", "body": "now", "m.mentions": {}});
    let expected = json!({
        "msgtype": "m.text",
        "body": "* now",
        "m.mentions": {},
        "m.new_content": now,
        "m.relates_to": {"rel_type": "m.replace", "event_id": "$line"},
    });
    assert_eq!(replacing("now", "$line"), expected);
}

#[test]
fn a_medium_is_described_by_what_is_known_of_it() {
    let message = Message {
        shape: Shape::Video,
        form: FORM,
        body: r#"{"name":"fox.mp4","type":"video/mp4","len":5,"w":16,"h":9,"ms":700,"at":"mxc://s/1"}"#.to_owned(),
    };
    let info = json!({"mimetype": "video/mp4", "size": 5, "w": 16, "h": 9, "duration": 700});
    let expected = json!({
        "msgtype": "m.video",
        "body": "fox.mp4",
        "url": "mxc://s/1",
        "info": info,
        "m.mentions": {},
    });
    assert_eq!(medium(&message), expected);
}
