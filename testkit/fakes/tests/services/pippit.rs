//! Pippit: runs of a thread, from submit to result.

use crate::client::{Answer, FORM, FilePart, form, send};
use fakes::pippit::{MAX_FILE_BYTES, OUT_OF_CREDITS, RunState};
use fakes::{
    Fake, Fault, PIPPIT_KEY, PIPPIT_MEDIA_HOSTS, Pippit, PippitError, Run, When, World, media,
};
use serde_json::{Value, json};
use std::time::Duration;

fn ask_as(pippit: &Pippit, key: &str, path: &str, body: &Value) -> Answer {
    let bearer = format!("Bearer {key}");
    let headers = [("authorization", bearer.as_str())];
    let line = format!("POST /api/biz/v1/{path}");
    send(
        pippit.http_addr(),
        &line,
        &headers,
        body.to_string().as_bytes(),
    )
    .unwrap()
}

fn ask(pippit: &Pippit, path: &str, body: &Value) -> Value {
    let answer = ask_as(pippit, PIPPIT_KEY, path, body);
    assert_eq!(answer.status, 200, "always");
    let envelope = answer.json();
    assert!(envelope["log_id"].is_string() && envelope["svr_time"].is_u64());
    envelope
}

fn submit(pippit: &Pippit, body: &Value) -> (String, String) {
    let envelope = ask(pippit, "skill/submit_run", body);
    assert_eq!(envelope["ret"], "0", "{envelope}");
    let run = &envelope["data"]["run"];
    assert_eq!(run["state"], 1);
    let id = |field: &str| run[field].as_str().unwrap().to_owned();
    (id("thread_id"), id("run_id"))
}

fn poll(pippit: &Pippit, ids: &(String, String), after_seq: u64) -> Value {
    let body = json!({"thread_id": ids.0, "run_id": ids.1, "after_seq": after_seq});
    let envelope = ask(pippit, "skill/get_thread", &body);
    let runs = envelope["data"]["thread"]["run_list"].as_array().unwrap();
    let run = runs.iter().find(|run| run["run_id"] == ids.1.as_str());
    run.unwrap().clone()
}

fn ret(envelope: &Value) -> (&str, &str) {
    (
        envelope["ret"].as_str().unwrap(),
        envelope["errmsg"].as_str().unwrap(),
    )
}

/// The decoded `data` of every artefact.
fn artifacts(run: &Value) -> Vec<Value> {
    let entries = run["entry_list"].as_array().unwrap().iter();
    let contents = entries.filter_map(|entry| entry["artifact"]["content"].get(0));
    contents
        .map(|content| serde_json::from_str(content["data"].as_str().unwrap()).unwrap())
        .collect()
}

#[test]
fn a_run_is_queued_then_works_then_has_a_video() {
    let world = World::builder().start().unwrap();
    let pippit = world.pippit();
    pippit.set_default_run(Run::video("/cat.mp4"));
    let ids = submit(&pippit, &json!({"message": "一只猫"}));
    assert!(ids.0.starts_with("marketing_"));
    assert_eq!(pippit.state(&ids.1), Some(RunState::Queued));
    let first = poll(&pippit, &ids, 0);
    assert_eq!(first["state"], 2);
    assert_eq!(first["entry_list"][0]["message"]["role"], "user");
    assert_eq!(
        first["entry_list"][0]["message"]["content"][0]["data"],
        "一只猫"
    );
    let second = poll(&pippit, &ids, 0);
    assert_eq!(second["state"], 3);
    let video = &artifacts(&second)[0]["video"];
    let [host, _] = PIPPIT_MEDIA_HOSTS;
    assert_eq!(video["url"], format!("https://{host}/cat.mp4"));
    assert!(video["asset_id"].is_string());
    let file = send(world.pippit_media().http_addr(), "GET /cat.mp4", &[], b"").unwrap();
    assert_eq!(
        (file.status, file.header("content-type")),
        (200, Some("video/mp4"))
    );
    assert_eq!(pippit.polls(&ids.1), 2);
}

#[test]
fn after_seq_includes_the_entry_of_that_number() {
    let world = World::builder().start().unwrap();
    let pippit = world.pippit();
    let ids = submit(&pippit, &json!({"message": "x"}));
    poll(&pippit, &ids, 0);
    let seqs = |run: &Value| -> Vec<u64> {
        let entries = run["entry_list"].as_array().unwrap().iter();
        entries
            .map(|entry| entry["seq"].as_u64().unwrap())
            .collect()
    };
    assert_eq!(seqs(&poll(&pippit, &ids, 0)), [1, 2, 3, 4]);
    assert_eq!(seqs(&poll(&pippit, &ids, 3)), [3, 4]);
    assert_eq!(
        poll(&pippit, &ids, 9)["state"],
        3,
        "the state comes without entries too"
    );
    pippit.hide_seq(true);
    assert!(poll(&pippit, &ids, 0)["entry_list"][0].get("seq").is_none());
}

#[test]
fn a_question_waits_for_a_person_and_the_answer_is_another_run_of_the_thread() {
    let world = World::builder().start().unwrap();
    let pippit = world.pippit();
    pippit.on_message_containing("广告", Run::asking("横屏还是竖屏？", &["横屏", "竖屏"]));
    let asked = submit(&pippit, &json!({"message": "做一个广告"}));
    let run = poll(&pippit, &asked, 0);
    assert_eq!(run["state"], 9);
    let content = &run["entry_list"][1]["message"]["content"][0];
    assert_eq!(content["sub_type"], "biz/x_data_dynamic_questionnaire");
    let data: Value = serde_json::from_str(content["data"].as_str().unwrap()).unwrap();
    assert_eq!(data["questions"][0]["question"], "横屏还是竖屏？");
    assert_eq!(data["questions"][0]["options"][1]["text"], "竖屏");
    let answered = submit(&pippit, &json!({"message": "竖屏", "thread_id": asked.0}));
    assert_eq!(answered.0, asked.0);
    assert_ne!(answered.1, asked.1);
    let body = json!({"thread_id": asked.0, "run_id": answered.1});
    let thread = ask(&pippit, "skill/get_thread", &body);
    assert_eq!(
        thread["data"]["thread"]["run_list"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    let submits = pippit.submits();
    assert_eq!(
        (submits[0].new_thread, submits[1].new_thread),
        (true, false)
    );
}

#[test]
fn a_run_can_fail_be_cancelled_or_think_aloud() {
    let world = World::builder().start().unwrap();
    let pippit = world.pippit();
    pippit.set_default_run(Run::fails(OUT_OF_CREDITS, "积分不足"));
    let ids = submit(&pippit, &json!({"message": "x"}));
    poll(&pippit, &ids, 0);
    let failed = poll(&pippit, &ids, 0);
    assert_eq!(
        (&failed["state"], &failed["fail_reason"]),
        (&json!(4), &json!({"code": 11_001, "message": "积分不足"}))
    );
    let run = Run::new()
        .at(When::Advanced)
        .settings()
        .thinks("hm")
        .state(RunState::Cancelled);
    pippit.set_default_run(run);
    let ids = submit(&pippit, &json!({"message": "y"}));
    assert_eq!(poll(&pippit, &ids, 0)["state"], 1);
    assert!(pippit.advance(&ids.1));
    let cancelled = poll(&pippit, &ids, 0);
    assert_eq!(cancelled["state"], 5);
    let contents = |index: usize| &cancelled["entry_list"][index]["message"]["content"][0];
    assert_eq!(contents(1)["sub_type"], "biz/general_agent_settings");
    assert_eq!(contents(2)["is_thought"], true);
}

#[test]
fn the_short_answer_has_the_state_and_the_links() {
    let world = World::builder().start().unwrap();
    let pippit = world.pippit();
    let run = Run::new()
        .at(When::Now)
        .images(["/a.png", "https://elsewhere.example/b.png"])
        .videos(["/c.mp4"]);
    pippit.set_default_run(run.at(When::After(Duration::from_secs(60))).done());
    let ids = submit(&pippit, &json!({"message": "x"}));
    let query = || {
        let body = json!({"thread_id": ids.0, "run_id": ids.1});
        ask(&pippit, "agent/query_generate_video_result", &body)["data"].clone()
    };
    assert_eq!(query()["run_state"], 2);
    pippit.set_clock_offset(Duration::from_secs(60));
    let done = query();
    assert_eq!(done["run_state"], 3);
    assert_eq!(done["image_urls"][1], "https://elsewhere.example/b.png");
    assert_eq!(done["video_urls"].as_array().unwrap().len(), 1);
}

#[test]
fn results_are_told_in_each_form_that_was_met() {
    let world = World::builder().start().unwrap();
    let pippit = world.pippit();
    pippit.set_default_run(Run::new().at(When::Now).videos(["/c.mp4"]).done());
    let ids = submit(&pippit, &json!({"message": "x"}));
    pippit.sign_links_anew(true);
    let (one, two) = (
        artifacts(&poll(&pippit, &ids, 0)),
        artifacts(&poll(&pippit, &ids, 0)),
    );
    assert_ne!(one[0]["video"]["url"], two[0]["video"]["url"]);
    assert_eq!(one[0]["video"]["asset_id"], two[0]["video"]["asset_id"]);
    pippit.links_in_download_url(true);
    pippit.data_is_object(true);
    let run = poll(&pippit, &ids, 0);
    let data = &run["entry_list"][1]["artifact"]["content"][0]["data"];
    assert!(data["video"]["download_url"].is_string(), "{data}");
}

#[test]
fn a_submit_without_a_thread_can_continue_the_default_one() {
    let world = World::builder().start().unwrap();
    let pippit = world.pippit();
    let one = submit(&pippit, &json!({"message": "x"}));
    assert_ne!(submit(&pippit, &json!({"message": "x"})).0, one.0);
    pippit.reuse_default_thread(true);
    let again = submit(&pippit, &json!({"message": "x"}));
    assert_eq!(again.0, one.0);
    assert_ne!(again.1, one.1);
}

#[test]
fn keys_are_refused_by_code_two_whose_text_begins_with_ak() {
    let world = World::builder().start().unwrap();
    let (pippit, abroad) = (world.pippit(), world.pippit_intl());
    let body = json!({"message": "x"});
    let wrong = ask_as(&abroad, PIPPIT_KEY, "skill/submit_run", &body);
    assert_eq!((wrong.status, ret(&wrong.json())), (200, ("2", "Ak无效")));
    let none = send(
        pippit.http_addr(),
        "POST /api/biz/v1/skill/submit_run",
        &[],
        b"{}",
    )
    .unwrap();
    assert_eq!(ret(&none.json()), ("2", "Ak为空"));
    assert_eq!((pippit.submits(), abroad.submits()), (vec![], vec![]));
}

#[test]
fn fields_are_checked_one_by_one() {
    let world = World::builder().start().unwrap();
    let pippit = world.pippit();
    for body in [
        json!({}),
        json!({"message": ""}),
        json!({"message": "x", "prompt": "y"}),
        json!({"message": "x", "thread_id": "marketing_nobody"}),
        json!({"message": "x", "asset_ids": ["nothing"]}),
        json!({"message": "x", "general_agent_settings": {"ratio": 9}}),
        json!({"message": "x", "general_agent_settings": {"ratio": "16:9"}}),
        json!({"message": "x", "general_agent_settings": {"quality": 1}}),
        json!({"message": "x", "general_agent_settings": {"duration_start": 0}}),
    ] {
        let envelope = ask(&pippit, "skill/submit_run", &body);
        assert_eq!(envelope["ret"], "2", "{body}");
        assert!(!envelope["errmsg"].as_str().unwrap().starts_with("Ak"));
    }
    assert_eq!(pippit.submits(), []);
    let settings = json!({"ratio": 3, "video_model": "seedance2.0_vision", "duration_start": 5, "duration_end": 10});
    submit(
        &pippit,
        &json!({"message": "x", "general_agent_settings": settings}),
    );
    let unknown = json!({"thread_id": "marketing_x", "run_id": "run_x"});
    assert_eq!(ask(&pippit, "skill/get_thread", &unknown)["ret"], "2");
}

#[test]
fn each_refusal_has_its_code_and_charges_nothing() {
    let world = World::builder().start().unwrap();
    let pippit = world.pippit();
    pippit.refuse_text_containing("knife", PippitError::sensitive_text());
    let refused = ask(&pippit, "skill/submit_run", &json!({"message": "a knife"}));
    assert_eq!(refused["ret"], "12004");
    pippit.set_left_today(Some(0));
    assert_eq!(
        ask(&pippit, "skill/submit_run", &json!({"message": "x"}))["ret"],
        "15"
    );
    pippit.set_left_today(None);
    for (error, code) in [
        (PippitError::expired_key(), "2"),
        (PippitError::upstream(), "5"),
        (PippitError::overloaded(), "10"),
        (PippitError::too_often(), "16010"),
        (PippitError::check_failed(), "12001"),
        (PippitError::sensitive_image(), "12005"),
        (PippitError::sensitive_video(), "12006"),
        (PippitError::sensitive_audio(), "12015"),
    ] {
        pippit.fault("POST /api/biz/v1/skill/submit_run", error.into(), 1);
        assert_eq!(
            ask(&pippit, "skill/submit_run", &json!({"message": "x"}))["ret"],
            code
        );
    }
    assert_eq!(pippit.submits(), []);
}

#[test]
fn a_submit_whose_answer_is_lost_is_charged_and_can_t_be_looked_up() {
    let world = World::builder().start().unwrap();
    let pippit = world.pippit();
    pippit.fault(
        "POST /api/biz/v1/skill/submit_run",
        Fault::ResetAfterApplied,
        1,
    );
    let bearer = format!("Bearer {PIPPIT_KEY}");
    let sent = send(
        pippit.http_addr(),
        "POST /api/biz/v1/skill/submit_run",
        &[("authorization", bearer.as_str())],
        br#"{"message":"x"}"#,
    );
    assert!(sent.is_err());
    assert_eq!(pippit.submits().len(), 1);
    assert_eq!(
        ask_as(&pippit, PIPPIT_KEY, "skill/list_threads", &json!({})).status,
        404
    );
}

#[test]
fn a_file_is_uploaded_and_referred_to() {
    let world = World::builder().start().unwrap();
    let pippit = world.pippit();
    let bearer = format!("Bearer {PIPPIT_KEY}");
    let headers = [("authorization", bearer.as_str()), FORM];
    let upload = |fields: &[(&str, &str)], content: &[u8]| {
        let rest = "; filename=\"cat.png\"\r\ncontent-type: image/png";
        let body = form(
            fields,
            &FilePart {
                name: "file",
                rest,
                content,
            },
        );
        send(
            pippit.http_addr(),
            "POST /api/biz/v1/skill/upload_file",
            &headers,
            &body,
        )
        .unwrap()
        .json()
    };
    let picture = media::png(16, 16).to_bytes();
    let uploaded = upload(&[("accessKey", PIPPIT_KEY)], &picture);
    let id = uploaded["data"]["pippit_asset_id"].as_str().unwrap();
    let asset = &pippit.assets()[0];
    assert_eq!(
        (asset.pippit_asset_id.as_str(), asset.file_name.as_str()),
        (id, "cat.png")
    );
    submit(&pippit, &json!({"message": "x", "asset_ids": [id]}));
    assert_eq!(pippit.submits()[0].asset_ids, [id]);
    assert_eq!(upload(&[], b"ID3 a song")["ret"], "0");
    assert_eq!(
        ret(&upload(&[("accessKey", "another")], &picture)),
        ("2", "Ak无效")
    );
    for content in [&b""[..], b"just text"] {
        assert_eq!(upload(&[], content)["ret"], "2");
    }
    assert!(MAX_FILE_BYTES == 200 << 20 && pippit.assets().len() == 2);
}
