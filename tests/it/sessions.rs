//! `query-session`, `tasks`, `recover`, `change-project`: what is known of sessions. docs/spec.md section 4.

use crate::env::{CHAT, TestEnv, texts};
use fakes::{Fake, Fault, Job, When};
use serde_json::json;

#[test]
fn a_session_shows_its_messages_and_only_a_finished_one_its_canvas() {
    let env = TestEnv::new();
    env.gateway().set_default_job(
        Job::new()
            .works()
            .at(When::Advanced)
            .images(["/sd-gen-save-img/a.png"])
            .says("done"),
    );
    let id = env.submit("a cat");
    let reply = env.run(["query-session", &id]).ok().json();
    assert_eq!(reply["messages"], json!(env.gateway().messages(&id)));
    assert!(
        reply.get("projectUrl").is_none() && reply.get("result_urls").is_none(),
        "{reply}"
    );
    env.gateway().advance(&id);
    env.watch(&id).ok();
    let reply = env.run(["query-session", &id]).ok().json();
    let project = env.gateway().submits()[0].project_uuid.clone();
    assert_eq!(
        reply["projectUrl"],
        format!("https://www.liblib.tv/canvas?projectId={project}")
    );
    assert_eq!(
        reply["result_urls"],
        json!(["https://libtv-res.liblib.art/sd-gen-save-img/a.png"])
    );
}

#[test]
fn after_seq_is_passed_on_and_a_project_can_be_named() {
    let env = TestEnv::new();
    let id = env.submit("a cat");
    env.watch(&id).ok();
    let reply = env
        .run([
            "query-session",
            &id,
            "--after-seq",
            "1",
            "--project-id",
            "p-1",
        ])
        .ok()
        .json();
    assert_eq!(
        env.gateway().requests().last().unwrap().query.as_deref(),
        Some("afterSeq=1")
    );
    assert_eq!(
        reply["projectUrl"],
        "https://www.liblib.tv/canvas?projectId=p-1"
    );
    env.run(["query-session", &id, "--after-seq", "-1"])
        .exits(2);
}

#[test]
fn a_session_without_messages_has_an_empty_list() {
    let env = TestEnv::new();
    env.gateway().set_default_job(Job::new().without_echo());
    env.gateway().null_messages(true);
    let id = env.submit("a cat");
    assert_eq!(
        env.run(["query-session", &id]).ok().json()["messages"],
        json!([])
    );
}

#[test]
fn an_unknown_session_is_refused_without_asking() {
    let env = TestEnv::new();
    env.run(["query-session", "0123456789"])
        .refused("Unknown LibTV session: 0123456789");
    assert!(env.gateway().requests().is_empty());
}

#[test]
fn a_prefix_must_be_long_enough_and_unique() {
    let env = TestEnv::new();
    env.gateway().set_next_session_id("abcdefgh-1");
    env.submit("one");
    env.gateway().set_next_session_id("abcdefgh-2");
    env.submit("two");
    env.run(["query-session", "abcdefgh-1"]).ok();
    env.run(["query-session", "abcdefgh"])
        .exits(1)
        .says("Several sessions begin with abcdefgh");
    env.run(["query-session", "abcdefg"])
        .refused("Unknown LibTV session: abcdefg");
}

#[test]
fn a_session_of_the_direct_api_that_is_gone_says_so() {
    let env = TestEnv::direct();
    let id = env.submit("a cat");
    let gone = json!({"code": 4004, "message": "会话不存在或无效"});
    env.direct_api()
        .fault("GET /openapi/session/*", Fault::Json(200, gone), 1);
    env.run(["query-session", &id]).refused("会话不存在或无效");
}

#[test]
fn tasks_are_blocks_with_all_that_is_known() {
    let env = TestEnv::new();
    env.run(["tasks"]).ok().line("No tasks found for this key.");
    let url = "https://libtv-res.liblib.art/claw/old.mp4";
    env.gateway().add_task(json!({"id": "task-completed-1", "status": "completed", "backend": "medeo",
        "created_at": "2026-01-02T03:04:05Z", "completed_at": "2026-01-02T03:09:05Z", "video_url": url}));
    env.gateway().add_task(
        json!({"id": "task-failed-1", "status": "failed", "error_message": "审核不合规"}),
    );
    env.gateway()
        .add_task(json!({"id": "task-new-1", "status": "rendering"}));
    let out = env.run(["tasks"]).ok();
    for text in [
        "✅ task-completed-1",
        "medeo",
        "2026-01-02T03:04:05Z",
        url,
        "❌ task-failed-1",
        "审核不合规",
        "task-new-1",
        "rendering",
        "backend: libtv",
    ] {
        assert!(out.stdout.contains(text), "no {text}:\n{}", out.stdout);
    }
    assert_eq!(
        env.run(["tasks", "--json"]).ok().json()["tasks"]
            .as_array()
            .unwrap()
            .len(),
        3
    );
    env.run(["recover"])
        .ok()
        .says("task-completed-1")
        .says(url)
        .never_says("task-new-1");
}

#[test]
fn tasks_are_for_gateway_keys_only() {
    let env = TestEnv::direct();
    env.run(["tasks"])
        .refused("The tasks command is only available for Nexu-managed mgk_ keys.");
    assert!(env.gateway().requests().is_empty() && env.direct_api().requests().is_empty());
}

#[test]
fn a_task_known_as_a_session_stays_that_session() {
    let env = TestEnv::new();
    let id = env.submit("a cat");
    env.watch(&id).ok();
    env.run(["tasks"]).ok().says(&id);
    let reply = env.run(["recover", "--json"]).ok().json();
    assert_eq!(reply["sessions"].as_array().unwrap().len(), 1);
    assert_eq!(reply["sessions"][0]["text"], "a cat");
}

#[test]
fn recover_without_sessions_says_so() {
    let env = TestEnv::new();
    env.run(["recover"]).ok().line("No sessions found.");
    let env = TestEnv::builder().config(None).start();
    env.run(["recover"]).ok().line("No sessions found.");
}

#[test]
fn recover_asks_about_the_unfinished_and_answers_for_the_finished_itself() {
    let env = TestEnv::new();
    let done = env.submit("done");
    env.watch(&done).ok();
    env.gateway().on_message_containing("open", Job::never());
    let open = env.submit("open");
    let before = env.gateway().polls(&done);
    let out = env.run(["recover"]).ok();
    out.says(&format!("✅ {done} [completed]"))
        .says(&format!("⏳ {open} [generating]"));
    assert_eq!(
        (env.gateway().polls(&done), env.gateway().polls(&open)),
        (before, 1)
    );
}

#[test]
fn recover_of_one_session_shows_that_one_and_asks_about_no_other() {
    let env = TestEnv::new();
    env.gateway().set_default_job(Job::never());
    let (one, other) = (env.submit("a cat"), env.submit("a dog"));
    let reply = env.run(["recover", &one[..8], "--json"]).ok().json();
    assert_eq!(
        reply["sessions"].as_array().map(Vec::len),
        Some(1),
        "{reply}"
    );
    assert_eq!(reply["sessions"][0]["sessionId"], one.as_str());
    let polls = |id: &str| env.gateway().polls(id);
    assert_eq!((polls(&one), polls(&other)), (1, 0));
    env.run(["recover", "no-such-session"])
        .refused("Unknown LibTV session: no-such-session");
}

#[test]
fn recover_shows_the_canvas_of_finished_sessions_only() {
    let env = TestEnv::new();
    env.gateway().on_message_containing("open", Job::never());
    let done = env.submit("done");
    env.watch(&done).ok();
    env.submit("open");
    let out = env.run(["recover"]).ok();
    let canvas = format!(
        "   canvas: https://www.liblib.tv/canvas?projectId={}",
        env.gateway().submits()[0].project_uuid
    );
    let shown: Vec<&str> = out
        .stdout
        .lines()
        .filter(|line| line.contains("canvas"))
        .collect();
    assert_eq!(shown, [canvas]);
}

#[test]
fn recover_delivers_what_is_undelivered() {
    let env = TestEnv::new();
    env.submit("a cat");
    env.run(["recover"]).ok();
    env.run(["recover"]).ok().says("delivered");
    assert_eq!(texts(&env.chat()), ["[media]"]);
    env.run(["recover"]).ok();
    assert_eq!(env.feishu().chat(CHAT).attempts().len(), 1);
}

#[test]
fn change_project_prints_the_new_one() {
    for env in [TestEnv::new(), TestEnv::direct()] {
        let reply = env.run(["change-project"]).ok().json();
        let uuid = reply["projectUuid"].as_str().unwrap();
        assert_eq!(
            reply["projectUrl"],
            format!("https://www.liblib.tv/canvas?projectId={uuid}")
        );
    }
    let env = TestEnv::new();
    env.gateway().fault(
        "POST /libtv/v1/session/change-project",
        Fault::Json(200, json!({})),
        1,
    );
    env.run(["change-project"])
        .refused("Failed: no projectUuid returned");
}

#[test]
fn a_text_from_the_service_can_not_command_the_terminal() {
    let env = TestEnv::new();
    env.gateway().add_task(
        json!({"id": "evil\u{1b}[2J\nfake", "status": "failed", "error_message": "a\u{7}\rb"}),
    );
    let out = env.run(["tasks"]).ok();
    assert!(
        !out.stdout.chars().any(|c| c.is_control() && c != '\n'),
        "{:?}",
        out.stdout
    );
    assert!(
        !out.stdout.lines().any(|line| line.starts_with("fake")),
        "{}",
        out.stdout
    );
}

/// Ids are printed, and stand in commands that an agent's shell runs.
#[test]
fn an_id_that_could_be_anything_else_is_an_incomplete_answer_and_is_not_repeated() {
    let ok = "0b40a036-1000-4000-8000-000000000001";
    let longer = "x".repeat(129);
    for id in [
        "team/7",
        "90f05e0c-$(id>owned2)-0000",
        "a`id`",
        "a;id",
        "a b",
        "a\nb",
        "\u{1b}]52;c;AAAA\u{7}",
        "\u{202e}a",
        "../x",
        longer.as_str(),
    ] {
        for (session, project) in [(id, ok), (ok, id)] {
            let env = TestEnv::new();
            let taken = json!({"sessionId": session, "projectUuid": project});
            env.gateway()
                .fault("POST /libtv/v1/session", Fault::Json(200, taken), 1);
            let out = env.run(["create-session", "a cat"]).exits(1);
            out.says("❌ Failed: no valid ").never_says(id);
        }
    }
}

/// One that an earlier installation stored is told and holds nobody up.
#[test]
fn a_stored_session_whose_id_holds_a_slash_stops_nothing() {
    let env = TestEnv::new();
    let entry = json!([{
        "session_id": "team/7", "project_uuid": "p", "status": "submitted", "submitted_text": "a cat",
        "auth_mode": "nexu_gateway", "delivery": {"channel": "feishu", "chat_id": CHAT}, "result_urls": [],
        "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z",
    }]);
    std::fs::write(env.home().join("libtv-sessions.json"), entry.to_string()).unwrap();
    let serve = env.serve();
    env.submit_to("a dog", "oc_other");
    env.wait_for_messages("oc_other", 1);
    serve.terminate();
    env.run(["recover"]).ok().says("team/7");
}
