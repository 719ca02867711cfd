//! The open platform.

use crate::client::{Answer, FORM, FilePart, form, send};
use fakes::feishu::{MAX_IMAGE_BYTES, UploadKind};
use fakes::{App, FEISHU_APP_ID, FEISHU_APP_SECRET, Fake, Fault, Feishu, MediaFile, World, media};
use serde_json::{Value, json};
use std::time::Duration;

const NAMED: &str = "; filename=\"a\"\r\ncontent-type: application/octet-stream";

fn token_of(feishu: &Feishu, app_id: &str, secret: &str) -> Value {
    let body = json!({"app_id": app_id, "app_secret": secret}).to_string();
    let path = "POST /open-apis/auth/v3/tenant_access_token/internal";
    let answer = send(feishu.http_addr(), path, &[], body.as_bytes()).unwrap();
    assert_eq!(answer.status, 200);
    answer.json()
}

fn bearer(feishu: &Feishu) -> String {
    let token = token_of(feishu, FEISHU_APP_ID, FEISHU_APP_SECRET);
    format!("Bearer {}", token["tenant_access_token"].as_str().unwrap())
}

fn post(feishu: &Feishu, bearer: &str, path: &str, body: &Value) -> Answer {
    let line = format!("POST /open-apis/{path}");
    send(
        feishu.http_addr(),
        &line,
        &[("authorization", bearer)],
        body.to_string().as_bytes(),
    )
    .unwrap()
}

fn say(feishu: &Feishu, bearer: &str, chat: &str, text: &str, uuid: &str) -> Value {
    let content = json!({ "text": text }).to_string();
    let body = json!({"receive_id": chat, "msg_type": "text", "content": content, "uuid": uuid});
    post(
        feishu,
        bearer,
        "im/v1/messages?receive_id_type=chat_id",
        &body,
    )
    .json()
}

fn show(feishu: &Feishu, bearer: &str, msg_type: &str, content: &Value) -> Value {
    let body = json!({"receive_id": "oc_x", "msg_type": msg_type, "content": content.to_string()});
    post(
        feishu,
        bearer,
        "im/v1/messages?receive_id_type=chat_id",
        &body,
    )
    .json()
}

fn upload_form(feishu: &Feishu, bearer: &str, path: &str, body: &[u8]) -> Answer {
    let line = format!("POST /open-apis/im/v1/{path}");
    send(
        feishu.http_addr(),
        &line,
        &[("authorization", bearer), FORM],
        body,
    )
    .unwrap()
}

fn upload_file(feishu: &Feishu, bearer: &str, file_type: &str, content: &[u8]) -> Value {
    let fields = [
        ("file_type", file_type),
        ("file_name", "猫.mp4"),
        ("duration", "5041"),
    ];
    let part = FilePart {
        name: "file",
        rest: NAMED,
        content,
    };
    upload_form(feishu, bearer, "files", &form(&fields, &part)).json()
}

fn upload_image(feishu: &Feishu, bearer: &str, image: &MediaFile) -> Value {
    let part = FilePart {
        name: "image",
        rest: NAMED,
        content: &image.to_bytes(),
    };
    upload_form(
        feishu,
        bearer,
        "images",
        &form(&[("image_type", "message")], &part),
    )
    .json()
}

#[test]
fn same_uuid_within_the_hour_makes_one_message() {
    let world = World::builder().start().unwrap();
    let feishu = world.feishu();
    let auth = bearer(&feishu);
    let first = say(&feishu, &auth, "oc_x", "hello", "u1");
    feishu.set_clock_offset(Duration::from_secs(3000));
    let again = say(&feishu, &auth, "oc_x", "hello", "u1");
    assert_eq!(first["data"]["message_id"], again["data"]["message_id"]);
    assert_eq!(
        (
            feishu.chat("oc_x").messages().len(),
            feishu.chat("oc_x").attempts().len()
        ),
        (1, 2)
    );
    feishu.set_clock_offset(Duration::from_secs(3700));
    say(&feishu, &auth, "oc_x", "hello", "u1");
    assert_eq!(
        feishu.messages().len(),
        2,
        "after the hour the uuid is forgotten"
    );
}

#[test]
fn a_message_whose_answer_was_lost_is_not_sent_twice() {
    let world = World::builder().start().unwrap();
    let feishu = world.feishu();
    let auth = bearer(&feishu);
    feishu.fault(
        "POST /open-apis/im/v1/messages",
        Fault::ResetAfterApplied,
        1,
    );
    let body = json!({"receive_id": "oc_x", "msg_type": "text", "content": "{\"text\":\"a\"}", "uuid": "u"}).to_string();
    let line = "POST /open-apis/im/v1/messages?receive_id_type=chat_id";
    assert!(
        send(
            feishu.http_addr(),
            line,
            &[("authorization", &auth)],
            body.as_bytes()
        )
        .is_err()
    );
    assert_eq!(feishu.messages().len(), 1);
    assert_eq!(
        say(&feishu, &auth, "oc_x", "a", "u")["data"]["message_id"],
        feishu.messages()[0].message_id.as_str()
    );
    assert_eq!(feishu.messages().len(), 1);
}

#[test]
fn a_failed_attempt_does_not_use_the_uuid_up() {
    let world = World::builder().start().unwrap();
    let feishu = world.feishu();
    let auth = bearer(&feishu);
    feishu.remove_bot_from("oc_gone");
    assert_eq!(say(&feishu, &auth, "oc_gone", "a", "u")["code"], 230002);
    assert_eq!(say(&feishu, &auth, "oc_x", "a", "u")["code"], 0);
}

#[tokio::test]
async fn the_same_uuid_while_the_first_is_in_flight_is_told_so() {
    let world = World::builder().start().unwrap();
    let feishu = world.feishu();
    let auth = bearer(&feishu);
    feishu.fault("POST /open-apis/im/v1/messages", Fault::Latency(400), 1);
    let (slow, slow_auth) = (feishu.clone(), auth.clone());
    let first = std::thread::spawn(move || say(&slow, &slow_auth, "oc_x", "a", "u"));
    feishu
        .wait_until(Duration::from_secs(10), |feishu| {
            feishu.attempts().len() == 1
        })
        .await
        .unwrap();
    assert_eq!(say(&feishu, &auth, "oc_x", "a", "u")["code"], 230049);
    assert_eq!(first.join().unwrap()["code"], 0);
    assert_eq!(
        feishu
            .wait_for_messages("oc_x", 1, Duration::from_secs(5))
            .await
            .unwrap()
            .len(),
        1
    );
}

#[test]
fn the_sixth_message_in_a_second_is_refused_with_its_waiting_time() {
    let world = World::builder().start().unwrap();
    let feishu = world.feishu();
    feishu.stop_clock();
    let auth = bearer(&feishu);
    let codes: Vec<_> = (0..5)
        .map(|n| say(&feishu, &auth, "oc_x", "a", &n.to_string())["code"].clone())
        .collect();
    assert_eq!(codes, [0, 0, 0, 0, 0]);
    let content = json!({"text": "a"}).to_string();
    let body = json!({"receive_id": "oc_x", "msg_type": "text", "content": content});
    let sixth = post(
        &feishu,
        &auth,
        "im/v1/messages?receive_id_type=chat_id",
        &body,
    );
    assert_eq!((sixth.status, &sixth.json()["code"]), (400, &json!(230020)));
    assert_eq!(sixth.header("x-ogw-ratelimit-limit"), Some("5"));
    let reset: f64 = sixth
        .header("x-ogw-ratelimit-reset")
        .unwrap()
        .parse()
        .unwrap();
    assert_eq!(reset, 1.0);
    feishu.set_clock_offset(Duration::from_secs(1));
    assert_eq!(say(&feishu, &auth, "oc_x", "a", "7")["code"], 0);
}

#[test]
fn a_token_is_the_same_until_half_an_hour_before_its_end() {
    let world = World::builder().start().unwrap();
    let feishu = world.feishu();
    let at = |seconds| {
        feishu.set_clock_offset(Duration::from_secs(seconds));
        token_of(&feishu, FEISHU_APP_ID, FEISHU_APP_SECRET)
    };
    let first = at(0);
    assert_eq!(
        (&first["code"], &first["msg"], &first["expire"]),
        (&json!(0), &json!("ok"), &json!(7200))
    );
    assert_eq!(
        at(5000)["tenant_access_token"],
        first["tenant_access_token"]
    );
    assert_ne!(
        at(5500)["tenant_access_token"],
        first["tenant_access_token"]
    );
    let old = format!("Bearer {}", first["tenant_access_token"].as_str().unwrap());
    assert_eq!(
        say(&feishu, &old, "oc_x", "a", "1")["code"],
        0,
        "the old one is good to its end"
    );
    feishu.set_clock_offset(Duration::from_secs(7300));
    assert_eq!(say(&feishu, &old, "oc_x", "a", "2")["code"], 99991663);
}

#[test]
fn bad_secrets_are_http_200_and_bad_tokens_400() {
    let world = World::builder().start().unwrap();
    let feishu = world.feishu();
    assert_eq!(
        token_of(&feishu, FEISHU_APP_ID, "wrong")["msg"],
        "app secret invalid"
    );
    assert_eq!(token_of(&feishu, "cli_unknown", "x")["code"], 10014);
    assert_eq!(token_of(&feishu, "", "")["code"], 10003);
    let auth = bearer(&feishu);
    feishu.revoke_tokens();
    for (auth, code) in [
        (auth.as_str(), 99991663),
        ("", 99991661),
        ("Basic x", 99991668),
    ] {
        let answer = post(&feishu, auth, "im/v1/messages", &json!({}));
        assert_eq!(
            (answer.status, answer.json()["code"].as_u64()),
            (400, Some(code))
        );
    }
    assert_ne!(bearer(&feishu), auth);
}

#[test]
fn a_missing_scope_names_the_page_that_grants_it() {
    let world = World::builder()
        .app(App::new("cli_s", "s").without_scope("im:resource"))
        .start()
        .unwrap();
    let feishu = world.lark();
    let token = token_of(&feishu, "cli_s", "s");
    let auth = format!("Bearer {}", token["tenant_access_token"].as_str().unwrap());
    let refused = upload_image(&feishu, &auth, &media::png(8, 8));
    assert_eq!(refused["code"], 99991672);
    let url = "https://open.larksuite.com/app/cli_s/auth?q=im:resource:upload,im:resource&op_from=openapi&token_type=tenant";
    assert!(refused["msg"].as_str().unwrap().ends_with(url));
    assert_eq!(
        refused["error"]["permission_violations"][0]["subject"],
        "im:resource:upload"
    );
    assert_eq!(
        say(&feishu, &auth, "oc_x", "a", "u")["code"],
        0,
        "text can still be sent"
    );
    feishu.scope_refusal_is_http_200(true);
    assert_eq!(post(&feishu, &auth, "im/v1/images", &json!({})).status, 200);
}

#[test]
fn a_video_is_media_and_nothing_else() {
    let world = World::builder().start().unwrap();
    let feishu = world.feishu();
    let auth = bearer(&feishu);
    let video = media::mp4(5041, 100_000, false);
    let key = upload_file(&feishu, &auth, "mp4", &video.to_bytes())["data"]["file_key"].clone();
    let cover = upload_image(&feishu, &auth, &media::jpeg(1280, 720))["data"]["image_key"].clone();
    assert_eq!(
        show(
            &feishu,
            &auth,
            "media",
            &json!({"file_key": key, "image_key": cover})
        )["code"],
        0
    );
    assert_eq!(
        show(&feishu, &auth, "file", &json!({"file_key": key}))["code"],
        230055
    );
    assert_eq!(
        show(&feishu, &auth, "video", &json!({"file_key": key}))["code"],
        230001
    );
    assert_eq!(
        show(&feishu, &auth, "media", &json!({"file_key": cover}))["code"],
        230001
    );
    let sent = feishu.chat("oc_x").messages().remove(0);
    let (file, image) = (sent.file.unwrap(), sent.image.unwrap());
    assert_eq!(
        (file.sha256, file.bytes, file.duration_ms),
        (video.sha256(), 100_000, Some(5041))
    );
    assert_eq!(
        (file.file_name.as_deref(), file.file_type.as_str()),
        (Some("猫.mp4"), "mp4")
    );
    assert_eq!(image.kind, UploadKind::Image);
}

#[test]
fn a_key_of_another_app_is_refused() {
    let world = World::builder()
        .app(App::new("cli_b", "b"))
        .start()
        .unwrap();
    let feishu = world.feishu();
    let key =
        upload_image(&feishu, &bearer(&feishu), &media::png(8, 8))["data"]["image_key"].clone();
    let token = token_of(&feishu, "cli_b", "b");
    let other = format!("Bearer {}", token["tenant_access_token"].as_str().unwrap());
    assert_eq!(
        show(&feishu, &other, "image", &json!({"image_key": key}))["code"],
        230017
    );
}

#[test]
fn uploads_are_refused_by_size_format_and_pixels() {
    let world = World::builder().start().unwrap();
    let feishu = world.feishu();
    let auth = bearer(&feishu);
    assert_eq!(upload_file(&feishu, &auth, "mp4", b"")["code"], 234010);
    assert_eq!(upload_file(&feishu, &auth, "mov", b"x")["code"], 234001);
    assert_eq!(
        upload_image(
            &feishu,
            &auth,
            &MediaFile::from_bytes("text/plain", "hello")
        )["code"],
        234011
    );
    assert_eq!(
        upload_image(&feishu, &auth, &media::png(12_001, 1))["code"],
        234039
    );
    assert_eq!(
        upload_image(&feishu, &auth, &media::gif(2_001, 1))["code"],
        234039
    );
    assert_eq!(
        upload_image(&feishu, &auth, &media::webp(12_000, 12_000))["code"],
        0
    );
    for excess in [1, 1_000_000] {
        let large = media::png(8, 8).padded_to(MAX_IMAGE_BYTES + excess);
        assert_eq!(upload_image(&feishu, &auth, &large)["code"], 234006);
    }
    feishu.oversize_is_html_502(true);
    let part = FilePart {
        name: "image",
        rest: NAMED,
        content: &vec![0; MAX_IMAGE_BYTES as usize + 1_000_000],
    };
    assert_eq!(
        upload_form(&feishu, &auth, "images", &form(&[], &part)).status,
        502
    );
}

#[test]
fn a_chunked_body_meets_the_edge() {
    let world = World::builder().start().unwrap();
    let head = "POST /open-apis/im/v1/files HTTP/1.1\r\nhost: x\r\nconnection: close\r\n";
    let chunked = format!("{head}transfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n");
    let answer = crate::client::raw(world.feishu().http_addr(), chunked.as_bytes()).unwrap();
    assert_eq!(
        (answer.status, answer.header("content-type")),
        (400, Some("text/html"))
    );
}

#[test]
fn strictly_a_file_is_named_and_typed_and_what_it_claims_to_be() {
    let world = World::builder().start().unwrap();
    let feishu = world.feishu();
    let auth = bearer(&feishu);
    let video = media::mp4(1, 1000, false).to_bytes();
    let fields = [("file_name", "a"), ("duration", ""), ("file_type", "mp4")];
    let attempt = |rest, content| {
        let part = FilePart {
            name: "file",
            rest,
            content,
        };
        upload_form(&feishu, &auth, "files", &form(&fields, &part)).json()["code"].clone()
    };
    assert_eq!(attempt("", &video), 0, "the SDKs may send a bare part");
    feishu.strict(true);
    assert_eq!(attempt("", &video), 234001);
    assert_eq!(attempt("; filename=\"a.mp4\"", &video), 234001);
    assert_eq!(
        attempt("; filename=\"猫.mp4\"\r\ncontent-type: video/mp4", &video),
        234001
    );
    assert_eq!(attempt(NAMED, b"not a video"), 234001);
    assert_eq!(attempt(NAMED, &video), 0);
}

#[test]
fn missing_fields_are_named() {
    let world = World::builder().start().unwrap();
    let feishu = world.feishu();
    let auth = bearer(&feishu);
    let field = |path: &str, body: Value| {
        let reply = post(&feishu, &auth, path, &body).json();
        assert_eq!(reply["code"], 99992402);
        reply["error"]["field_violations"][0]["field"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let text = "{\"text\":\"a\"}";
    assert_eq!(
        field("im/v1/messages", json!({"receive_id": "oc_x"})),
        "receive_id_type"
    );
    let path = "im/v1/messages?receive_id_type=chat_id";
    assert_eq!(
        field(path, json!({"msg_type": "text", "content": text})),
        "receive_id"
    );
    let long = "x".repeat(51);
    let body = json!({"receive_id": "oc_x", "msg_type": "text", "content": text, "uuid": long});
    assert_eq!(field(path, body), "uuid");
}

#[test]
fn recipients_are_checked_by_kind() {
    let world = World::builder().start().unwrap();
    let feishu = world.feishu();
    let auth = bearer(&feishu);
    feishu.add_chat("oc_known");
    feishu.add_user("ou_known");
    feishu.add_user("a@b.example");
    feishu.add_foreign_user("ou_foreign");
    for (id_type, id, code) in [
        ("chat_id", "oc_known", 0),
        ("open_id", "ou_known", 0),
        ("email", "a@b.example", 0),
        ("chat_id", "oc_unknown", 230002),
        ("open_id", "ou_unknown", 230013),
        ("open_id", "ou_foreign", 99992361),
        ("open_id", "oc_known", 230001),
        ("email", "nobody", 230001),
    ] {
        let body = json!({"receive_id": id, "msg_type": "text", "content": "{\"text\":\"a\"}"});
        let reply = post(
            &feishu,
            &auth,
            &format!("im/v1/messages?receive_id_type={id_type}"),
            &body,
        )
        .json();
        assert_eq!(reply["code"], code, "{id_type} {id}");
    }
}

#[test]
fn a_reply_stands_in_the_same_chat() {
    let world = World::builder().start().unwrap();
    let feishu = world.feishu();
    let auth = bearer(&feishu);
    let id = say(&feishu, &auth, "oc_x", "question", "1")["data"]["message_id"]
        .as_str()
        .unwrap()
        .to_owned();
    let body =
        json!({"msg_type": "text", "content": "{\"text\":\"answer\"}", "reply_in_thread": true});
    assert_eq!(
        post(&feishu, &auth, &format!("im/v1/messages/{id}/reply"), &body).json()["code"],
        0
    );
    let reply = feishu.chat("oc_x").messages().remove(1);
    assert_eq!(
        (reply.text(), reply.reply_to.clone(), reply.reply_in_thread),
        (Some("answer"), Some(id), true)
    );
    assert_eq!(
        post(&feishu, &auth, "im/v1/messages/om_none/reply", &body).json()["code"],
        230001
    );
}

#[test]
fn a_shared_card_can_be_updated_for_two_weeks() {
    let world = World::builder().start().unwrap();
    let feishu = world.feishu();
    let auth = bearer(&feishu);
    let shared = json!({"config": {"update_multi": true}, "elements": [1]});
    let id = show(&feishu, &auth, "interactive", &shared)["data"]["message_id"]
        .as_str()
        .unwrap()
        .to_owned();
    let own = show(&feishu, &auth, "interactive", &json!({}))["data"]["message_id"]
        .as_str()
        .unwrap()
        .to_owned();
    let patch = |auth: &str, id: &str, card: &Value| {
        let body = json!({"content": card.to_string()}).to_string();
        let line = format!("PATCH /open-apis/im/v1/messages/{id}");
        send(
            feishu.http_addr(),
            &line,
            &[("authorization", auth)],
            body.as_bytes(),
        )
        .unwrap()
        .json()["code"]
            .clone()
    };
    let newer = json!({"config": {"update_multi": true}, "elements": [2]});
    assert_eq!(patch(&auth, &id, &newer), 0);
    assert_eq!(patch(&auth, &id, &json!({})), 230001);
    assert_eq!(patch(&auth, &own, &newer), 230001);
    let card = feishu.chat("oc_x").messages().remove(0);
    assert_eq!((card.content, card.updates), (newer.clone(), 1));
    feishu.set_clock_offset(Duration::from_secs(15 * 86_400));
    assert_eq!(patch(&bearer(&feishu), &id, &newer), 230031);
}

#[test]
fn an_unknown_path_is_plain_text() {
    let world = World::builder().start().unwrap();
    let answer = send(
        world.feishu().http_addr(),
        "GET /open-apis/im/v9/messages",
        &[],
        b"",
    )
    .unwrap();
    assert_eq!(
        (answer.status, &answer.body[..]),
        (404, &b"404 page not found"[..])
    );
    assert_eq!(answer.header("content-type"), Some("text/plain"));
}

#[tokio::test]
async fn waiting_in_vain_tells_what_was_tried() {
    let world = World::builder().start().unwrap();
    let waited = world
        .feishu()
        .wait_for_messages("oc_x", 2, Duration::from_millis(10))
        .await;
    assert!(
        waited
            .unwrap_err()
            .to_string()
            .contains("0 of 2 messages to oc_x after 0 attempts")
    );
}
