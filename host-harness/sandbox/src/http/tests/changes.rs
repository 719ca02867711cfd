//! Messages that are changed: lines that say how far jobs are, and nothing else; and messages in rooms.

use super::*;

/// The route of a service that ends like this.
fn changing(service: &'static contract::services::Service, end: &str) -> &'static Route {
    let mut routes = service.routes.iter();
    let found = routes.find(|route| route.path.ends_with(end));
    found.unwrap_or_else(|| panic!("no route ends with {end}"))
}

#[tokio::test]
async fn a_line_is_changed_in_the_chat_that_it_was_posted_to_and_a_card_that_was_posted_as_one() {
    use contract::services::{DISCORD, SLACK};
    let (chat, kind) = (chat(), "discord_channel");
    for id in ["1", "2"] {
        chat.recipients.note_derived(NOBODY, kind, id.to_owned());
    }
    let slack = contract::services::SLACK_ID;
    for id in ["C1", "C2"] {
        chat.recipients.note_derived(NOBODY, slack, id.to_owned());
    }
    chat.recipients.note_own_message((kind, "1"), "42");
    chat.recipients.note_own_message((slack, "C1"), "1.5");
    chat.recipients.note_own_message(ANYWHERE, "om_card");
    let (discord, slack) = (
        changing(&DISCORD, "/messages/{own}"),
        changing(&SLACK, "/chat.update"),
    );
    let feishu = changing(&FEISHU, "/messages/{own}");
    let line = r#"{"content":"hi","allowed_mentions":{"parse":[]},"flags":4}"#.to_owned();
    let card = r#"{"content":"{\"config\":{\"update_multi\":true},\"elements\":[{\"tag\":\"div\",\"text\":{\"tag\":\"plain_text\",\"content\":\"hi\"}}]}"}"#;
    let update =
        |channel: &str, ts: &str| format!(r#"{{"channel":"{channel}","ts":"{ts}","text":"hi"}}"#);
    let (recipient, message) = (Some(RefusalReason::Recipient), Some(RefusalReason::Message));
    for (route, path, body, reason) in [
        (
            discord,
            "/api/v10/channels/1/messages/42",
            line.clone(),
            None,
        ),
        (
            discord,
            "/api/v10/channels/2/messages/42",
            line.clone(),
            recipient,
        ),
        (
            discord,
            "/api/v10/channels/1/messages/43",
            line.clone(),
            recipient,
        ),
        (discord, "/api/v10/channels/3/messages/42", line, recipient),
        (slack, "/api/chat.update", update("C1", "1.5"), None),
        (slack, "/api/chat.update", update("C2", "1.5"), recipient),
        (slack, "/api/chat.update", update("C1", "1.6"), recipient),
        (slack, "/api/chat.update", update("C3", "1.5"), recipient),
        (slack, "/api/chat.update", update("C1", "C1 1.5"), message),
        (
            feishu,
            "/open-apis/im/v1/messages/om_card",
            card.to_owned(),
            None,
        ),
        // One that may be answered, and no card of one's own.
        (
            feishu,
            "/open-apis/im/v1/messages/om_ours",
            card.to_owned(),
            recipient,
        ),
        (
            feishu,
            "/open-apis/im/v1/messages/om_card?a=b",
            card.to_owned(),
            message,
        ),
    ] {
        let request = Request::builder().method(route.method.name());
        let request = request
            .uri(format!("https://x{path}"))
            .header("content-type", "application/json");
        let request = request.body(full(Bytes::from(body.clone()))).unwrap();
        let found = admitted(request, route, &chat.recipients).await;
        assert_eq!(found.err(), reason, "{path} {body}");
    }
}

#[tokio::test]
async fn a_card_may_be_changed_and_what_was_posted_as_something_else_may_not() {
    let chat = chat();
    let good = r#"{"code":0,"data":{"message_id":"om_1"}}"#;
    let card = GOOD.replace("text\",\"content", "interactive\",\"content");
    let card = card.replace(
        r#"{\"text\":\"hi\"}"#,
        r#"{\"config\":{\"update_multi\":true},\"elements\":[{\"tag\":\"div\",\"text\":{\"tag\":\"plain_text\",\"content\":\"a\"}}]}"#,
    );
    for (body, is_own) in [(GOOD, false), (card.as_str(), true)] {
        let request = Request::post(format!("{BASE}?receive_id_type=chat_id"))
            .header("content-type", "application/json")
            .body(full(Bytes::from(body.to_owned())))
            .unwrap();
        let route = route(request.uri().path()).unwrap();
        let meter = Arc::new(meter());
        let admitted = admit(request, Asking::of(route, &chat.recipients), &meter).await;
        let admitted = admitted.unwrap_or_else(|refusal| panic!("{:?}", refusal.reason));
        let response = Response::new(full(Bytes::from(good)));
        let (names, whom) = (&admitted.names, admitted.whom);
        note_answer(response, names, whom, &chat.recipients, &meter)
            .await
            .unwrap();
        assert_eq!(chat.recipients.has_own_message(ANYWHERE, "om_1"), is_own);
        assert!(chat.recipients.has_message("om_1"));
    }
}

#[tokio::test]
async fn a_room_is_one_that_a_submit_named_and_so_is_what_is_answered_in_it() {
    let (chat, route) = (
        chat(),
        changing(&contract::services::MATRIX, "/send/m.room.message/{}"),
    );
    for room in ["!a:b.example", "!c:b.example"] {
        chat.recipients
            .note_derived(NOBODY, "matrix_room", room.to_owned());
    }
    chat.recipients.note_message("$ours".to_owned());
    chat.recipients
        .note_own_message(("matrix_room", "!a:b.example"), "$line");
    let message =
        |more: &str| format!(r#"{{"msgtype":"m.text","body":"hi","m.mentions":{{}}{more}}}"#);
    let replaces = |id: &str, said: &str| {
        message(&format!(
            r#","m.new_content":{{"msgtype":"m.text",{said},"m.mentions":{{}}}},"m.relates_to":{{"rel_type":"m.replace","event_id":"{id}"}}"#
        ))
    };
    let (recipient, unread) = (Some(RefusalReason::Recipient), Some(RefusalReason::Message));
    for (room, body, reason) in [
        ("!a:b.example", message(""), None),
        ("!b:b.example", message(""), recipient),
        // The line stands in another room.
        (
            "!c:b.example",
            replaces("$line", r#""body":"now""#),
            recipient,
        ),
        ("!a:b.example:1", message(""), recipient),
        ("a:b.example", message(""), unread),
        (
            "!a:b.example",
            message(r#","m.relates_to":{"m.in_reply_to":{"event_id":"$ours"}}"#),
            None,
        ),
        (
            "!a:b.example",
            message(r#","m.relates_to":{"m.in_reply_to":{"event_id":"$theirs"}}"#),
            recipient,
        ),
        (
            "!a:b.example",
            message(r#","m.relates_to":{"rel_type":"m.thread","event_id":"$theirs"}"#),
            recipient,
        ),
        ("!a:b.example", replaces("$line", r#""body":"now""#), None),
        // One that may be answered, and none of one's own.
        (
            "!a:b.example",
            replaces("$ours", r#""body":"now""#),
            recipient,
        ),
        (
            "!a:b.example",
            replaces("$line", r#""body":"now","formatted_body":"<b>now</b>""#),
            unread,
        ),
        (
            "!a:b.example",
            replaces("$line", r#""body":"now""#).replacen(r#""m.text""#, r#""m.video""#, 2),
            unread,
        ),
        (
            "!a:b.example",
            message(
                r#","m.relates_to":{"rel_type":"m.replace","event_id":"$line","m.in_reply_to":{"event_id":"$ours"}}"#,
            ),
            unread,
        ),
        (
            "!a:b.example",
            message(r#","formatted_body":"<b>hi</b>","format":"org.matrix.custom.html""#),
            unread,
        ),
        (
            "!a:b.example",
            message("").replace("{}", r#"{"room":true}"#),
            unread,
        ),
    ] {
        let request = Request::put(format!(
            "https://x/_matrix/client/v3/rooms/{room}/send/m.room.message/1"
        ));
        let request = request.header("content-type", "application/json");
        let request = request.body(full(Bytes::from(body.clone()))).unwrap();
        let found = admitted(request, route, &chat.recipients).await;
        assert_eq!(found.err(), reason, "{room} {body}");
    }
}
