use std::sync::Mutex;

use contract::services::{Asked, FEISHU, Success};

use super::super::target::matches_path;
use super::*;

/// The longest message that Feishu takes.
const MESSAGE_BYTES: usize = 150 << 10;

const BASE: &str = "https://open.feishu.cn/open-apis/im/v1/messages";
const GOOD: &str =
    r#"{"receive_id":"oc_a","msg_type":"text","content":"{\"text\":\"hi\"}","uuid":"u"}"#;
const REPLY: &str = r#"{"msg_type":"text","content":"{}"}"#;

pub(super) const NOBODY: (&str, &str) = ("", "");

pub(super) struct Chat {
    pub(super) recipients: Known,
}

/// What a harness keeps, in memory.
#[derive(Default)]
pub(super) struct Known {
    recipients: Mutex<Vec<(String, String)>>,
    messages: Mutex<Vec<String>>,
}

impl Recipients for Known {
    fn is_named(&self, kind: &str, id: &str) -> bool {
        let all = self.recipients.lock().unwrap();
        all.iter()
            .any(|(k, i)| (k.as_str(), i.as_str()) == (kind, id))
    }

    fn has_message(&self, id: &str) -> bool {
        self.messages
            .lock()
            .unwrap()
            .iter()
            .any(|known| known == id)
    }

    fn note_message(&self, id: String) {
        self.messages.lock().unwrap().push(id);
    }

    fn note_derived(&self, _: (&str, &str), kind: &str, id: String) {
        self.recipients.lock().unwrap().push((kind.to_owned(), id));
    }
}

/// A world in which one submit has named `oc_a`, and one message is in its chat.
pub(super) fn chat() -> Chat {
    let recipients = Known::default();
    recipients.note_derived(NOBODY, "chat_id", "oc_a".to_owned());
    recipients.note_message("om_ours".to_owned());
    Chat { recipients }
}

/// The route of this path that sends a message.
fn route(path: &str) -> Option<&'static Route> {
    let sends = |route: &&Route| route.commits && matches_path(path, "", route.path);
    FEISHU.routes.iter().find(sends)
}

async fn admitted(
    request: Request<WasiBody>,
    route: &'static Route,
    recipients: &Known,
) -> Result<(Request<WasiBody>, Option<To>), RefusalReason> {
    let meter = Arc::new(meter());
    let asking = Asking::of(route, recipients);
    let admitted = admit(request, asking, &meter).await;
    let admitted = admitted.map_err(|refusal| refusal.reason)?;
    Ok((admitted.request, admitted.whom))
}

impl Chat {
    async fn send(&self, request: Request<Bytes>) -> Result<Request<WasiBody>, RefusalReason> {
        let route = route(request.uri().path()).expect("a message route");
        admitted(request.map(full), route, &self.recipients)
            .await
            .map(|(request, _)| request)
    }

    async fn post(&self, url: &str, body: &str) -> Result<Request<WasiBody>, RefusalReason> {
        let request = Request::post(url).header("content-type", "application/json; charset=utf-8");
        self.send(request.body(Bytes::from(body.to_owned())).unwrap())
            .await
    }
}

#[tokio::test]
async fn a_message_to_a_named_chat_leaves_as_it_was_read() {
    let sent = chat()
        .post(&format!("{BASE}?receive_id_type=chat_id"), GOOD)
        .await
        .unwrap();
    assert_eq!(sent.headers()["content-length"], GOOD.len().to_string());
    let bytes = sent.into_body().collect().await.unwrap().to_bytes();
    assert_eq!(bytes, GOOD);
}

#[tokio::test]
async fn another_chat_is_refused_however_it_is_written() {
    let chat = chat();
    for (query, id) in [
        ("chat_id", "oc_b"),
        ("open_id", "oc_a"),
        ("user_id", "oc_a"),
        ("email", "oc_a"),
        ("chat_id", "oc_A"),
        ("chat_id", " oc_a"),
        ("chat_id", "oc_a\\u0000"),
        ("chat_id", ""),
    ] {
        let body = GOOD.replace("oc_a", id);
        let url = format!("{BASE}?receive_id_type={query}");
        assert_eq!(
            chat.post(&url, &body).await.unwrap_err(),
            RefusalReason::Recipient,
            "{query} {id}"
        );
    }
}

#[tokio::test]
async fn a_second_recipient_cannot_hide_in_the_request() {
    let chat = chat();
    for body in [
        r#"{"receive_id":"oc_a","receive_id":"oc_b","msg_type":"text","content":""}"#,
        r#"{"receive_id":"oc_b","receive_id":"oc_a","msg_type":"text","content":""}"#,
        r#"{"receive_id":"oc_a","receive\u005fid":"oc_b","msg_type":"text","content":""}"#,
        r#"{"receive_id":"oc_a","Receive_Id":"oc_b","msg_type":"text","content":""}"#,
        r#"{"receive_id":["oc_a","oc_b"],"msg_type":"text","content":""}"#,
        r#"{"receive_id":"oc_a","msg_type":"text","content":""}{"receive_id":"oc_b"}"#,
        r#"[{"receive_id":"oc_a","msg_type":"text","content":""}]"#,
        r#"{"msg_type":"text","content":""}"#,
        "receive_id=oc_a&msg_type=text&content=x",
        "\u{feff}{}",
        "",
    ] {
        let url = format!("{BASE}?receive_id_type=chat_id");
        assert_eq!(
            chat.post(&url, body).await.unwrap_err(),
            RefusalReason::Message,
            "{body}"
        );
    }
    for query in [
        "",
        "?receive_id_type=",
        "?receive_id_type=chat_id&receive_id_type=open_id",
        "?receive_id_type=open_id&receive_id_type=chat_id",
        "?receive_id_type=chat_id&receive_id=oc_b",
        "?receive_id_type=chat%5Fid",
        "?RECEIVE_ID_TYPE=chat_id",
    ] {
        assert_eq!(
            chat.post(&format!("{BASE}{query}"), GOOD)
                .await
                .unwrap_err(),
            RefusalReason::Message,
            "{query}"
        );
    }
}

#[tokio::test]
async fn only_plain_json_is_read() {
    let chat = chat();
    let url = format!("{BASE}?receive_id_type=chat_id");
    for (name, value) in [
        ("content-type", "multipart/form-data; boundary=x"),
        ("content-type", "application/x-www-form-urlencoded"),
        ("content-type", "application/json; charset=utf-7"),
        ("content-type", "application/json-seq"),
        ("x-none", "at all"),
    ] {
        let request = Request::post(&url).header(name, value);
        let request = request.body(Bytes::from_static(GOOD.as_bytes())).unwrap();
        assert_eq!(
            chat.send(request).await.unwrap_err(),
            RefusalReason::Message,
            "{value}"
        );
    }
    let packed = Request::post(&url)
        .header("content-type", "application/json")
        .header("content-encoding", "gzip")
        .body(Bytes::from_static(GOOD.as_bytes()))
        .unwrap();
    assert_eq!(chat.send(packed).await.unwrap_err(), RefusalReason::Message);
}

#[tokio::test]
async fn a_message_may_be_as_long_as_feishu_takes_and_not_a_byte_longer() {
    let chat = chat();
    let url = format!("{BASE}?receive_id_type=chat_id");
    let longest = GOOD.replace("hi", &"x".repeat(MESSAGE_BYTES - GOOD.len() + 2));
    assert_eq!(longest.len(), MESSAGE_BYTES);
    chat.post(&url, &longest).await.unwrap();
    let longer = longest.replace("oc_a", "oc_aa");
    assert_eq!(
        chat.post(&url, &longer).await.unwrap_err(),
        RefusalReason::Message
    );
}

#[tokio::test]
async fn a_reply_goes_only_to_a_message_that_went_to_a_named_chat() {
    let chat = chat();
    chat.post(&format!("{BASE}/om_ours/reply"), REPLY)
        .await
        .unwrap();
    for (url, reason) in [
        (format!("{BASE}/om_other/reply"), RefusalReason::Recipient),
        (format!("{BASE}/om_ours/reply?x=y"), RefusalReason::Message),
    ] {
        assert_eq!(chat.post(&url, REPLY).await.unwrap_err(), reason, "{url}");
    }
    let elsewhere = r#"{"msg_type":"text","content":"{}","receive_id":"oc_b"}"#;
    assert_eq!(
        chat.post(&format!("{BASE}/om_ours/reply"), elsewhere)
            .await
            .unwrap_err(),
        RefusalReason::Message
    );
}

#[tokio::test]
async fn only_a_message_that_feishu_confirmed_can_be_replied_to() {
    let chat = chat();
    for (status, body, noted) in [
        (200, r#"{"code":0,"data":{"message_id":"om_new"}}"#, true),
        (
            200,
            r#"{"code":230002,"data":{"message_id":"om_new"}}"#,
            false,
        ),
        (500, r#"{"code":0,"data":{"message_id":"om_new"}}"#, false),
        (200, "<html>", false),
    ] {
        let fresh = self::chat();
        let answer = Response::builder()
            .status(status)
            .body(full(Bytes::from(body)))
            .unwrap();
        let names = route("/open-apis/im/v1/messages").unwrap().names;
        let answer = note_answer(answer, names, None, &fresh.recipients, &meter())
            .await
            .unwrap();
        let bytes = answer.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(bytes, body, "the answer stays as it is");
        assert_eq!(fresh.recipients.has_message("om_new"), noted, "{body}");
    }
    assert!(!chat.recipients.has_message("om_new"));
}

#[test]
fn the_refusal_says_for_whom_it_was_and_what_would_grant_it() {
    let (uri, reason) = (BASE.parse().unwrap(), RefusalReason::Recipient);
    let refusal = Refusal::new(&http::Method::POST, &uri, reason);
    let refusal = refusal.of_message("chat_id oc_b\u{1b}[2J");
    let text = refusal.to_string();
    assert!(text.contains("chat_id oc_b[2J"), "{text}");
    assert!(text.ends_with("granted by: a call that names it"), "{text}");
}

#[test]
fn other_routes_send_no_message() {
    for path in [
        "/open-apis/im/v1/files",
        "/open-apis/im/v1/images",
        "/x/reply",
    ] {
        assert_eq!(route(path), None, "{path}");
    }
}

/// A route of a channel that there isn't: its recipients stand in the path, its query says something else.
const IN_PATH: Route = Route {
    path: "/v10/channels/{}/messages",
    recipient: Some(Place::Path {
        kind: IdKind::Always("room"),
    }),
    ..PLAIN
};
const IN_QUERY: Route = Route {
    path: "/sendVideo",
    recipient: Some(Place::Query {
        name: "chat",
        kind: IdKind::Always("room"),
    }),
    ..PLAIN
};
const PLAIN: Route = Route {
    members: &[],
    ..FEISHU.routes[1]
};

#[tokio::test]
async fn a_recipient_in_the_path_or_the_query_is_checked_as_well_and_the_body_only_passes() {
    let chat = chat();
    chat.recipients
        .note_derived(NOBODY, "room", "42".to_owned());
    let base = "https://c/moved";
    for (route, target, reason) in [
        (&IN_PATH, "/v10/channels/42/messages", None),
        (
            &IN_PATH,
            "/v10/channels/43/messages",
            Some(RefusalReason::Recipient),
        ),
        (
            &IN_PATH,
            "/v10/channels/4%32/messages",
            Some(RefusalReason::Message),
        ),
        (&IN_QUERY, "/sendVideo?chat=42&x=1", None),
        (
            &IN_QUERY,
            "/sendVideo?chat=43",
            Some(RefusalReason::Recipient),
        ),
        (
            &IN_QUERY,
            "/sendVideo?chat=42&chat=42",
            Some(RefusalReason::Message),
        ),
        (
            &IN_QUERY,
            "/sendVideo?chat=%34%32",
            Some(RefusalReason::Message),
        ),
        (&IN_QUERY, "/sendVideo", Some(RefusalReason::Message)),
    ] {
        let request = Request::post(format!("{base}{target}"));
        let request = request.body(full(Bytes::from_static(b"any"))).unwrap();
        let admitted = admitted(request, route, &chat.recipients).await;
        let refused = admitted.err();
        assert_eq!(refused, reason, "{target}");
    }
}

#[tokio::test]
async fn a_recipient_that_a_response_names_gets_messages_and_no_other() {
    let to = |kind: &str, id: &str| Some(To::Recipient(kind.to_owned(), id.to_owned()));
    for (success, whom, body, named) in [
        (
            Success::Number {
                member: "code",
                is: 0,
            },
            to("person", "U1"),
            r#"{"code":0,"channel":{"id":"D1"}}"#,
            true,
        ),
        (
            Success::Number {
                member: "code",
                is: 0,
            },
            to("person", "U1"),
            r#"{"code":1,"channel":{"id":"D1"}}"#,
            false,
        ),
        (
            Success::True { member: "ok" },
            to("person", "U1"),
            r#"{"ok":true,"channel":{"id":"D1"}}"#,
            true,
        ),
        (
            Success::True { member: "ok" },
            to("person", "U1"),
            r#"{"ok":"true","channel":{"id":"D1"}}"#,
            false,
        ),
        (
            Success::True { member: "ok" },
            to("person", "U1"),
            r#"{"ok":true,"channel":"D1"}"#,
            false,
        ),
        (
            Success::Status,
            to("person", "U1"),
            r#"{"channel":{"id":"D1"}}"#,
            true,
        ),
        // A request that was about nobody leads to nobody.
        (Success::Status, None, r#"{"channel":{"id":"D1"}}"#, false),
        (
            Success::Status,
            Some(To::Message("m".to_owned())),
            r#"{"channel":{"id":"D1"}}"#,
            false,
        ),
    ] {
        let chat = chat();
        let names = &[Names {
            status: 200,
            success,
            of: Asked::Any,
            at: "/channel/id",
            what: Named::Recipient("room"),
        }];
        let response = Response::new(full(Bytes::from(body)));
        let meter = meter();
        let noted = note_answer(response, names, whom, &chat.recipients, &meter);
        noted.await.unwrap();
        assert_eq!(chat.recipients.is_named("room", "D1"), named, "{body}");
        assert!(!chat.recipients.is_named("room", "D2"));
    }
}

/// A route that only asks who is behind somebody.
pub(super) const LEADS: Route = Route {
    path: "/users/@me/channels",
    commits: false,
    body: Body::Json(1 << 10),
    recipient: Some(Place::JsonField {
        name: "recipient_id",
        kind: IdKind::Always("person"),
    }),
    members: &[contract::services::Member::needed(
        "recipient_id",
        contract::services::Shape::Id,
    )],
    ..FEISHU.routes[1]
};

#[tokio::test]
async fn only_a_named_person_is_asked_for_the_chat_with_them() {
    let chat = chat();
    chat.recipients
        .note_derived(NOBODY, "person", "42".to_owned());
    for (id, reason) in [
        ("42", None),
        ("43", Some(RefusalReason::Recipient)),
        ("42,43", Some(RefusalReason::Message)),
    ] {
        let request = Request::post("https://c/users/@me/channels")
            .header("content-type", "application/json")
            .body(full(Bytes::from(format!(r#"{{"recipient_id":"{id}"}}"#))));
        let admitted = admitted(request.unwrap(), &LEADS, &chat.recipients).await;
        let whom = reason
            .is_none()
            .then(|| To::Recipient("person".to_owned(), id.to_owned()));
        assert_eq!(
            admitted.map(|(_, whom)| whom).map_err(Some),
            reason.map_or(Ok(whom), |reason| Err(Some(reason))),
            "{id}"
        );
    }
}

pub(super) fn meter() -> CallMeter {
    CallMeter::new(&crate::limits::Limits::default())
}

#[tokio::test]
async fn an_address_that_a_response_names_may_be_asked_in_that_call_and_no_other_one() {
    let names = &[Names {
        status: 200,
        success: Success::True { member: "ok" },
        of: Asked::Any,
        at: "/upload_url",
        what: Named::Address,
    }];
    let (chat, meter, other_call) = (chat(), meter(), self::meter());
    let body = Bytes::from_static(br#"{"ok":true,"upload_url":"https://files.example/u/1?k=v"}"#);
    let response = Response::new(full(body));
    let noted = note_answer(response, names, None, &chat.recipients, &meter);
    noted.await.unwrap();
    let is_named = |meter: &CallMeter, text: &str| meter.is_named(&text.parse().unwrap());
    assert!(is_named(&meter, "https://files.example/u/1?k=v"));
    for other in [
        "https://files.example/u/2?k=v",
        "https://files.example/u/1",
        "https://files.example/u/1?k=w",
        "http://files.example/u/1?k=v",
        "https://files.example:444/u/1?k=v",
        "https://me@files.example/u/1?k=v",
    ] {
        assert!(!is_named(&meter, other), "{other}");
    }
    assert!(!is_named(&other_call, "https://files.example/u/1?k=v"));
    // And no log has it.
    let uri = "https://files.example/u/1?k=v".parse().unwrap();
    let refusal = Refusal::new(&http::Method::POST, &uri, RefusalReason::Body);
    assert_eq!(
        meter.refuse(refusal.clone()).wanted(),
        "POST https://files.example/…"
    );
    assert!(other_call.refuse(refusal).wanted().ends_with("/u/1"));
}

/// Routes of Telegram, whose recipients and messages stand in the query.
fn telegram(path: &str) -> &'static Route {
    let mut routes = contract::services::TELEGRAM.routes.iter();
    routes.find(|route| route.path.ends_with(path)).unwrap()
}

async fn answered(route: &Route, (status, body): (u16, &'static str), chat: &Chat) {
    let response = Response::builder().status(status);
    let response = response.body(full(Bytes::from(body))).unwrap();
    let whom = Some(To::Recipient("telegram_chat".to_owned(), "-5".to_owned()));
    let meter = meter();
    let noted = note_answer(response, route.names, whom, &chat.recipients, &meter);
    noted.await.unwrap();
}

#[tokio::test]
async fn a_message_of_ones_own_is_changed_in_the_chat_that_it_is_in_and_no_other_one() {
    let (chat, delete) = (chat(), telegram("/deleteMessage"));
    for id in ["-5", "6"] {
        let id = id.to_owned();
        chat.recipients.note_derived(NOBODY, "telegram_chat", id);
    }
    chat.recipients.note_message("41".to_owned());
    let shown = r#"{"ok":true,"result":{"message_id":42}}"#;
    answered(telegram("/sendMessage"), (200, shown), &chat).await;
    answered(telegram("/sendMessage"), (400, shown), &chat).await;
    for (query, reason) in [
        ("chat_id=-5&message_id=42", None),
        ("message_id=42&chat_id=-5", None),
        ("chat_id=6&message_id=42", Some(RefusalReason::Recipient)),
        // Somebody's, that a submit answers.
        ("chat_id=-5&message_id=41", Some(RefusalReason::Recipient)),
        ("chat_id=-5", Some(RefusalReason::Recipient)),
        ("chat_id=-5&message_id=", Some(RefusalReason::Recipient)),
        (
            "chat_id=-5&message_id=42&message_id=43",
            Some(RefusalReason::Recipient),
        ),
        ("chat_id=7&message_id=42", Some(RefusalReason::Recipient)),
        (
            "chat_id=-5&chat_id=6&message_id=42",
            Some(RefusalReason::Message),
        ),
    ] {
        let request = Request::get(format!("https://t/botx/deleteMessage?{query}"));
        let request = request.body(full(Bytes::new())).unwrap();
        let found = admitted(request, delete, &chat.recipients).await;
        assert_eq!(found.err(), reason, "{query}");
    }
}

#[tokio::test]
async fn a_topic_is_one_that_a_submit_named() {
    let (chat, route) = (chat(), telegram("/sendDocument"));
    let id = "-5".to_owned();
    chat.recipients.note_derived(NOBODY, "telegram_chat", id);
    chat.recipients.note_message("7".to_owned());
    let uri = |query: &str| format!("https://t/botx/sendDocument?{query}").parse();
    let to = Some(To::Recipient("telegram_chat".to_owned(), "-5".to_owned()));
    for (query, known) in [
        ("chat_id=-5", true),
        ("chat_id=-5&message_thread_id=7", true),
        ("chat_id=-5&message_thread_id=8", false),
        ("chat_id=-5&message_thread_id", false),
        ("chat_id=-5&message_thread_id=7&message_thread_id=8", false),
    ] {
        let uri = uri(query).unwrap();
        let found = has_messages(&uri, route, to.as_ref(), &chat.recipients);
        assert_eq!(found, known, "{query}");
    }
}

#[tokio::test]
async fn a_group_that_moved_is_followed_by_the_refusal_that_says_so_and_by_nothing_else() {
    let moved = |ok: bool, code: u16| {
        let body = format!(
            r#"{{"ok":{ok},"error_code":{code},"parameters":{{"migrate_to_chat_id":-1005}}}}"#
        );
        &*body.leak()
    };
    for (answer, named) in [
        ((400, moved(false, 400)), true),
        ((200, moved(true, 200)), false),
        ((200, moved(false, 400)), false),
        ((403, moved(false, 403)), false),
        ((400, "<html>"), false),
    ] {
        let chat = chat();
        answered(telegram("/sendMessage"), answer, &chat).await;
        let found = chat.recipients.is_named("telegram_chat", "-1005");
        assert_eq!(found, named, "{answer:?}");
    }
}

#[path = "changes.rs"]
mod changes;
