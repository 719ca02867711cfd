//! The gateway and the direct API.

use crate::client::{Answer, FORM, FilePart, form, send};
use fakes::libtv::{FailureForm, VideoField};
use fakes::{DIRECT_KEY, Fake, GATEWAY_KEY, Job, LibTv, When, World, media};
use serde_json::{Value, json};
use std::time::Duration;

const GATEWAY: (&str, &str) = ("x-api-key", GATEWAY_KEY);

fn bearer() -> String {
    format!("Bearer {DIRECT_KEY}")
}

fn post(service: &LibTv, path: &str, auth: (&str, &str), body: &Value) -> Answer {
    send(
        service.http_addr(),
        &format!("POST {path}"),
        &[auth],
        body.to_string().as_bytes(),
    )
    .unwrap()
}

fn get(service: &LibTv, path: &str, auth: (&str, &str)) -> Answer {
    send(service.http_addr(), &format!("GET {path}"), &[auth], b"").unwrap()
}

fn submit(gateway: &LibTv, text: &str) -> String {
    let reply = post(
        gateway,
        "/libtv/v1/session",
        GATEWAY,
        &json!({ "message": text }),
    )
    .json();
    assert!(reply["projectUuid"].is_string());
    reply["sessionId"].as_str().unwrap().to_owned()
}

fn poll(gateway: &LibTv, id: &str, after: u64) -> Vec<Value> {
    let reply = get(
        gateway,
        &format!("/libtv/v1/session/{id}?afterSeq={after}"),
        GATEWAY,
    )
    .json();
    reply["messages"].as_array().cloned().unwrap_or_default()
}

#[test]
fn a_video_appears_with_the_second_poll() {
    let world = World::builder().start().unwrap();
    let gateway = world.gateway();
    gateway.on_message_containing("cat", Job::video("/sd-gen-save-img/cat.mp4"));
    let id = submit(&gateway, "a cat");
    let first = poll(&gateway, &id, 0);
    assert_eq!(first[0]["content"], "a cat");
    let call = &first[1]["toolCalls"][0];
    assert_eq!(call["function"]["name"], "create_generation_task");
    let second = poll(&gateway, &id, 2);
    assert_eq!(second[0]["toolCallId"], call["id"]);
    let content: Value = serde_json::from_str(second[0]["content"].as_str().unwrap()).unwrap();
    let url = "https://libtv-res.liblib.art/sd-gen-save-img/cat.mp4";
    assert_eq!(
        content,
        json!({"task_result": {"images": null, "videos": [{"previewPath": url}]}})
    );
    assert_eq!(second[1]["role"], "assistant");
    assert_eq!(
        (gateway.polls(&id), gateway.result_urls(&id)),
        (2, vec![url.to_owned()])
    );
    assert_eq!(poll(&gateway, &id, 4), Vec::<Value>::new());
}

#[test]
fn nine_images_come_one_with_each_poll() {
    let world = World::builder().start().unwrap();
    let gateway = world.gateway();
    gateway.set_default_job(Job::images_over_time(9));
    let id = submit(&gateway, "nine");
    for count in 1..=9 {
        poll(&gateway, &id, 0);
        assert_eq!(gateway.result_urls(&id).len(), count);
    }
    let urls = gateway.result_urls(&id);
    assert!(urls[8].ends_with(&format!("/{id}/1-09.png")), "{urls:?}");
}

#[test]
fn the_three_failures_have_their_documented_forms() {
    let world = World::builder().start().unwrap();
    let gateway = world.gateway();
    let contents = [
        FailureForm::TaskResult,
        FailureForm::Error,
        FailureForm::IsError,
    ]
    .map(|form| {
        gateway.set_default_job(Job::new().works().fails_as(form, "no"));
        let id = submit(&gateway, "x");
        serde_json::from_str::<Value>(gateway.messages(&id)[2]["content"].as_str().unwrap())
            .unwrap()
    });
    assert_eq!(
        contents[0],
        json!({"task_result": {"status": "failed", "error": "no"}})
    );
    assert_eq!(contents[1], json!({"error": "no"}));
    assert_eq!(contents[2]["isError"], true);
    assert_eq!(contents[2]["content"][0]["text"], "no");
}

#[test]
fn stages_wait_for_polls_time_or_a_word() {
    let world = World::builder().start().unwrap();
    let gateway = world.gateway();
    let hour = Duration::from_secs(3600);
    let job = Job::new()
        .without_echo()
        .at(When::Advanced)
        .says("1")
        .at(When::After(hour))
        .says("2");
    gateway.set_default_job(job.at(When::Polls(1)).says("3"));
    let id = submit(&gateway, "x");
    assert_eq!(gateway.messages(&id).len(), 0);
    gateway.set_clock_offset(hour);
    assert_eq!(
        gateway.messages(&id).len(),
        0,
        "a stage never overtakes another"
    );
    assert!(gateway.advance(&id));
    assert_eq!(gateway.messages(&id).len(), 2);
    assert_eq!(poll(&gateway, &id, 0).len(), 3);
    assert!(!gateway.advance("nobody"));
}

#[test]
fn continuing_a_session_adds_a_turn_with_calls_of_its_own() {
    let world = World::builder().start().unwrap();
    let gateway = world.gateway();
    let id = submit(&gateway, "one");
    poll(&gateway, &id, 0);
    poll(&gateway, &id, 0);
    let reply = post(
        &gateway,
        "/libtv/v1/session",
        GATEWAY,
        &json!({"sessionId": id, "message": "two"}),
    )
    .json();
    assert_eq!(reply["sessionId"], id.as_str());
    assert_eq!(gateway.result_urls(&id).len(), 1);
    poll(&gateway, &id, 0);
    poll(&gateway, &id, 0);
    assert_eq!(gateway.result_urls(&id).len(), 2);
    let ids: Vec<_> = gateway
        .messages(&id)
        .iter()
        .filter_map(|m| m["toolCallId"].as_str().map(str::to_owned))
        .collect();
    assert_eq!(ids, ["call_1_1", "call_2_1"]);
    let submits = gateway.submits();
    assert_eq!(
        submits
            .iter()
            .map(|s| (s.text.as_str(), s.new_session))
            .collect::<Vec<_>>(),
        [("one", true), ("two", false)]
    );
}

#[test]
fn messages_can_come_without_seq_and_videos_under_other_names() {
    let world = World::builder().start().unwrap();
    let gateway = world.gateway();
    let job = Job::new()
        .without_seq()
        .video_field(VideoField::VideoUrl)
        .videos(["https://elsewhere.example/a.mp4"]);
    gateway.set_default_job(job);
    let id = submit(&gateway, "x");
    let messages = poll(&gateway, &id, 99);
    assert!(messages.iter().all(|message| message.get("seq").is_none()));
    assert!(
        messages.last().unwrap()["content"]
            .as_str()
            .unwrap()
            .contains("\"videoUrl\":\"https://elsewhere")
    );
}

#[test]
fn a_foreign_key_is_refused_in_each_envelope() {
    let world = World::builder().start().unwrap();
    let refused = get(
        &world.gateway(),
        "/api/v1/key/status",
        ("x-api-key", DIRECT_KEY),
    );
    assert_eq!(
        (refused.status, &refused.json()["error"]["user_message"]),
        (401, &json!("Invalid API Key"))
    );
    let refused = get(
        &world.direct(),
        "/openapi/session/x",
        ("x-api-key", GATEWAY_KEY),
    );
    assert_eq!(
        (refused.status, &refused.json()["message"]),
        (401, &json!("accessKey 不存在或无效"))
    );
}

#[test]
fn the_key_status_counts_down_to_refusal() {
    let world = World::builder().start().unwrap();
    let gateway = world.gateway();
    gateway.set_uses(1, 10);
    submit(&gateway, "last");
    assert_eq!(
        get(&gateway, "/api/v1/key/status", GATEWAY).json(),
        json!({"remaining_uses": 0, "max_uses": 10})
    );
    let refused = post(
        &gateway,
        "/libtv/v1/session",
        GATEWAY,
        &json!({"message": "more"}),
    )
    .json();
    assert_eq!(refused["error"]["code"], "quota_exceeded");
    assert_eq!(
        refused["error"]["details"],
        json!({"used_count": 10, "max_uses": 10})
    );
    assert_eq!(gateway.submits().len(), 1);
}

#[test]
fn the_direct_api_wraps_everything() {
    let (world, auth) = (World::builder().start().unwrap(), bearer());
    let (direct, auth) = (world.direct(), ("authorization", auth.as_str()));
    let reply = post(&direct, "/openapi/session", auth, &json!({"message": "x"})).json();
    assert_eq!(
        (&reply["code"], &reply["message"]),
        (&json!(0), &json!("success"))
    );
    let id = reply["data"]["sessionId"].as_str().unwrap().to_owned();
    let messages = get(&direct, &format!("/openapi/session/{id}"), auth).json();
    assert_eq!(messages["data"]["messages"][0]["content"], "x");
    direct.code_as_text(true);
    direct.text_in_msg(true);
    let refused = get(&direct, "/openapi/session/nobody", auth).json();
    assert_eq!(refused, json!({"code": "4004", "msg": "会话不存在或无效"}));
}

#[test]
fn the_direct_api_can_continue_its_default_session_or_be_retired() {
    let (world, auth) = (World::builder().start().unwrap(), bearer());
    let (direct, auth) = (world.direct(), ("authorization", auth.as_str()));
    direct.reuse_default_session(true);
    let ids = ["a", "b"].map(|text| {
        let reply = post(
            &direct,
            "/openapi/session",
            auth,
            &json!({ "message": text }),
        )
        .json();
        reply["data"]["sessionId"].as_str().unwrap().to_owned()
    });
    assert_eq!(ids[0], ids[1]);
    direct.retire(true);
    let reply = post(&direct, "/openapi/session", auth, &json!({"message": "c"})).json();
    assert_eq!(
        reply,
        json!({"code": 0, "message": "LibTV Skill 已升级为 LibTV CLI"})
    );
    assert_eq!(direct.submits().len(), 2);
}

#[test]
fn an_upload_is_counted_and_hashed_and_needs_its_length() {
    let world = World::builder().start().unwrap();
    let gateway = world.gateway();
    let file = media::mp4(2_000, 3_000_000, false);
    let part = FilePart {
        name: "file",
        rest: "; filename=\"a.mp4\"\r\ncontent-type: video/mp4",
        content: &file.to_bytes(),
    };
    let body = form(&[], &part);
    let reply = send(
        gateway.http_addr(),
        "POST /libtv/v1/upload",
        &[GATEWAY, FORM],
        &body,
    )
    .unwrap()
    .json();
    let upload = gateway.uploads().remove(0);
    assert_eq!(reply["url"], upload.url.as_str());
    assert!(
        upload.url.starts_with("https://libtv-res.liblib.art/claw/")
            && upload.url.ends_with(".mp4")
    );
    assert_eq!((upload.bytes, upload.sha256), (3_000_000, file.sha256()));
    assert_eq!(
        (upload.file_name.as_str(), upload.content_type.as_deref()),
        ("a.mp4", Some("video/mp4"))
    );
    assert!(gateway.requests()[0].part("file").unwrap().head.len() <= 4096);

    let chunked = format!(
        "POST /libtv/v1/upload HTTP/1.1\r\nhost: x\r\nconnection: close\r\nx-api-key: {GATEWAY_KEY}\r\n\
         transfer-encoding: chunked\r\n\r\n0\r\n\r\n"
    );
    assert_eq!(
        crate::client::raw(gateway.http_addr(), chunked.as_bytes())
            .unwrap()
            .status,
        411
    );
    gateway.set_max_upload_bytes(1_000_000);
    assert_eq!(
        send(
            gateway.http_addr(),
            "POST /libtv/v1/upload",
            &[GATEWAY, FORM],
            &body
        )
        .unwrap()
        .status,
        413
    );
}

#[test]
fn tasks_tell_how_sessions_stand() {
    let world = World::builder().start().unwrap();
    let gateway = world.gateway();
    gateway.on_message_containing(
        "bad",
        Job::new().works().fails_as(FailureForm::Error, "moderated"),
    );
    gateway.on_message_containing("slow", Job::never());
    gateway.on_message_containing("good", Job::new().works().videos(["/claw/a.mp4"]));
    let ids = ["bad", "slow", "good"].map(|text| submit(&gateway, text));
    gateway.add_task(json!({"id": "odd", "status": "storing"}));
    let tasks = get(&gateway, "/api/v1/tasks", GATEWAY).json();
    let statuses: Vec<_> = tasks["tasks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|task| task["status"].clone())
        .collect();
    assert_eq!(statuses, ["completed", "rendering", "failed", "storing"]);
    assert_eq!(
        get(&gateway, &format!("/api/v1/tasks/{}", ids[0]), GATEWAY).json()["error_message"],
        "moderated"
    );
    let results = get(
        &gateway,
        &format!("/libtv/v1/session/{}/results", ids[2]),
        GATEWAY,
    )
    .json();
    assert_eq!(
        results,
        json!({"urls": ["https://libtv-res.liblib.art/claw/a.mp4"]})
    );
}

#[test]
fn a_changed_project_is_that_of_the_next_session() {
    let world = World::builder().start().unwrap();
    let gateway = world.gateway();
    submit(&gateway, "a");
    let changed = post(
        &gateway,
        "/libtv/v1/session/change-project",
        GATEWAY,
        &json!({}),
    )
    .json();
    submit(&gateway, "b");
    let projects: Vec<_> = gateway
        .submits()
        .into_iter()
        .map(|submit| submit.project_uuid)
        .collect();
    assert_ne!(projects[0], projects[1]);
    assert_eq!(changed["projectUuid"], projects[1].as_str());
}

#[test]
fn a_session_id_can_be_as_hostile_as_a_test_wants() {
    let world = World::builder().start().unwrap();
    let gateway = world.gateway();
    gateway.set_next_session_id("../../etc/x");
    assert_eq!(submit(&gateway, "x"), "../../etc/x");
    assert_eq!(poll(&gateway, "..%2F..%2Fetc%2Fx", 0).len(), 2);
}
