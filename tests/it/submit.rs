//! `create-session`. docs/spec.md section 5.

use crate::env::{CHAT, TestEnv, wait_until};
use fakes::{Fake, Fault, Job};
use serde_json::json;

const SUBMIT: &str = "POST /libtv/v1/session";

fn submit(env: &TestEnv) -> serde_json::Value {
    env.ask("a cat", "feishu", CHAT).ok().json()
}

#[test]
fn a_submit_answers_with_one_line_of_json() {
    let env = TestEnv::new();
    let reply = submit(&env);
    let submitted = &env.gateway().submits()[0];
    assert_eq!(reply["status"], "submitted");
    assert_eq!(reply["sessionId"], submitted.session_id.as_str());
    assert_eq!(reply["projectUuid"], submitted.project_uuid.as_str());
    assert_eq!(
        reply["projectUrl"],
        format!(
            "https://www.liblib.tv/canvas?projectId={}",
            submitted.project_uuid
        )
    );
    assert_eq!(reply["channel"], "feishu");
    let members: Vec<_> = reply.as_object().unwrap().keys().cloned().collect();
    assert_eq!(
        members,
        [
            "status",
            "sessionId",
            "projectUuid",
            "projectUrl",
            "channel",
            "deliverable",
            "note",
            "operatorNote"
        ]
    );
}

#[test]
fn a_direct_submit_answers_with_the_same() {
    let env = TestEnv::direct();
    env.direct_api().code_as_text(true);
    env.direct_api().text_in_msg(true);
    let reply = submit(&env);
    assert_eq!(
        reply["sessionId"],
        env.direct_api().submits()[0].session_id.as_str()
    );
}

#[test]
fn it_returns_without_asking_for_the_job() {
    let env = TestEnv::new();
    submit(&env);
    assert_eq!(env.gateway().requests().len(), 1);
}

#[test]
fn nothing_to_say_and_nothing_to_continue_is_refused() {
    let env = TestEnv::new();
    let words = "Guard check failed: create-session requires a message or an existing session-id.";
    env.run(["create-session"]).refused(words);
    env.run(["create-session", "   "]).refused(words);
    assert!(env.gateway().requests().is_empty());
}

#[test]
fn a_reply_that_lacks_something_names_what() {
    for (reply, words) in [
        (
            json!({"sessionId": "s1"}),
            "Failed: no projectUuid returned",
        ),
        (
            json!({"sessionId": "s1", "projectUuid": ""}),
            "Failed: no projectUuid returned",
        ),
        (
            json!({"projectUuid": "p1"}),
            "Failed: no sessionId returned",
        ),
        (json!({}), "Failed: no sessionId, projectUuid returned"),
    ] {
        let env = TestEnv::new();
        env.gateway().fault(SUBMIT, Fault::Json(200, reply), 1);
        env.run(["create-session", "a cat"]).refused(words);
    }
    let env = TestEnv::direct();
    let reply = json!({"code": 0, "message": "success", "data": {"sessionId": "s1"}});
    env.direct_api()
        .fault("POST /openapi/session", Fault::Json(200, reply), 1);
    env.run(["create-session", "a cat"])
        .refused("Direct LibTV response missing required field(s): projectUuid");
}

#[test]
fn an_unknown_channel_is_refused_at_once_with_those_that_are_known() {
    let env = TestEnv::new();
    let out = env.ask("a cat", "pigeon", "1").exits(1);
    out.says("❌ Unknown channel: pigeon.")
        .says("feishu")
        .says("lark");
    assert!(env.gateway().requests().is_empty());
}

#[test]
fn the_channel_is_written_in_lower_case() {
    let env = TestEnv::new();
    let reply = env.ask("a cat", "Feishu", CHAT).ok().json();
    assert_eq!(reply["channel"], "feishu");
}

#[test]
fn channel_and_chat_fall_back_to_the_environment() {
    let mut env = TestEnv::new();
    env.set("OPENCLAW_CHANNEL_TYPE", "FEISHU");
    env.set("OPENCLAW_CHAT_ID", "oc_environment");
    let _serve = env.serve();
    let reply = env.run(["create-session", "a cat"]).ok().json();
    assert_eq!(
        (&reply["channel"], &reply["deliverable"]),
        (&json!("feishu"), &json!(true))
    );
    env.wait_for_messages("oc_environment", 1);
    env.ask("a dog", "feishu", CHAT).ok();
    env.wait_for_messages(CHAT, 1);
    assert_eq!(env.feishu().chat("oc_environment").messages().len(), 1);
}

#[test]
fn it_is_deliverable_when_a_harness_polls_and_everything_is_known() {
    let env = TestEnv::new();
    let _serve = env.serve();
    let reply = submit(&env);
    assert_eq!(reply["deliverable"], true);
    assert!(
        reply["note"].as_str().unwrap().contains("by itself"),
        "{reply}"
    );
}

#[test]
fn it_is_not_deliverable_without_a_harness_and_the_note_says_how_to_start_one() {
    let env = TestEnv::new();
    let reply = submit(&env);
    assert_eq!(reply["deliverable"], false);
    assert!(
        reply["operatorNote"]
            .as_str()
            .unwrap()
            .contains("libtv-video serve"),
        "{reply}"
    );
}

#[test]
fn it_is_not_deliverable_without_a_chat_without_credentials_or_without_a_claim() {
    let env = TestEnv::new();
    let _serve = env.serve();
    let without_chat = env.run(["create-session", "a cat"]).ok().json();
    let without_recipient = env
        .run(["create-session", "a cat", "--channel", "feishu"])
        .ok()
        .json();
    for reply in [without_chat, without_recipient] {
        assert_eq!(reply["deliverable"], false);
        assert!(
            reply["operatorNote"]
                .as_str()
                .unwrap()
                .contains("--chat-id"),
            "{reply}"
        );
    }
    let env = TestEnv::builder().without_feishu().start();
    let _serve = env.serve();
    let reply = submit(&env);
    assert_eq!(reply["deliverable"], false);
    assert!(
        reply["operatorNote"]
            .as_str()
            .unwrap()
            .contains("FEISHU_APP_ID"),
        "{reply}"
    );
    let env = TestEnv::builder()
        .var("LIBTV_SKIP_BACKGROUND_WAITER", "1")
        .start();
    let _serve = env.serve();
    let reply = submit(&env);
    assert_eq!(reply["deliverable"], false);
    assert!(
        reply["operatorNote"]
            .as_str()
            .unwrap()
            .contains("LIBTV_SKIP_BACKGROUND_WAITER"),
        "{reply}"
    );
}

#[test]
fn a_lost_answer_is_unknown_and_the_next_command_says_so() {
    let env = TestEnv::new();
    env.gateway().fault(SUBMIT, Fault::ResetAfterApplied, 1);
    env.ask("a blue whale", "feishu", CHAT)
        .exits(1)
        .says("isn't sent again by itself")
        .says("libtv-video tasks");
    assert_eq!(env.gateway().submits().len(), 1, "it was sent once");
    env.run(["check"])
        .ok()
        .hints("a blue whale")
        .hints("libtv-video tasks");
    env.run(["recover"])
        .ok()
        .says("a blue whale")
        .says("may have been charged");
    env.run(["tasks"]).ok().says(&env.gateway().sessions()[0]);
    assert_eq!(env.gateway().submits().len(), 1, "no command sent it again");
}

#[test]
fn a_lost_answer_is_told_to_machines_as_one_that_must_not_be_repeated() {
    let env = TestEnv::new();
    env.gateway().fault(SUBMIT, Fault::ResetInBody, 1);
    let reply = env
        .run(["create-session", "a cat", "--json"])
        .exits(1)
        .json();
    assert_eq!(reply["error"]["kind"], "permanent-outcome-unknown");
}

#[test]
fn a_harness_does_not_repeat_a_submit_whose_answer_was_lost() {
    let env = TestEnv::new();
    env.gateway().fault(SUBMIT, Fault::ResetAfterApplied, 1);
    env.ask("a cat", "feishu", CHAT).exits(1);
    env.gateway().set_default_job(Job::never());
    let _serve = env.serve();
    let id = env.submit("a dog");
    wait_until(&env.gateway(), |gateway| gateway.polls(&id) >= 3);
    assert_eq!(env.gateway().submits().len(), 2);
}

#[test]
fn a_refused_connection_is_not_unknown() {
    let env = TestEnv::new();
    env.gateway().fault("*", Fault::Refuse, 10);
    env.run(["create-session", "a cat"])
        .exits(1)
        .says("❌ Cannot connect to gateway: ");
    env.gateway().clear_faults();
    let out = env.run(["recover"]).ok().line("No sessions found.");
    assert!(!out.stderr.contains("charged"), "{}", out.stderr);
}

#[test]
fn a_refusal_is_relayed_and_leaves_nothing_behind() {
    let env = TestEnv::new();
    env.gateway().set_uses(0, 10);
    env.run(["create-session", "a cat"])
        .refused("Free trial uses exhausted");
    env.run(["recover"]).ok().line("No sessions found.");
}

#[test]
fn what_was_submitted_is_there_before_the_answer_is_printed() {
    let env = TestEnv::new();
    let id = submit(&env)["sessionId"].as_str().unwrap().to_owned();
    env.gateway()
        .fault("GET /libtv/v1/session/*", Fault::Html(502), 1);
    env.run(["recover", "--json"]).ok().says(&id);
}

#[test]
fn continuing_keeps_the_chat_and_another_one_can_be_named() {
    let env = TestEnv::new();
    let _serve = env.serve();
    let id = env.submit("a cat");
    env.wait_for_messages(CHAT, 1);
    let reply = env.continue_session(&id, "now with a hat");
    assert_eq!(
        (&reply["sessionId"], &reply["channel"]),
        (&json!(id), &json!("feishu"))
    );
    env.wait_for_messages(CHAT, 2);
    env.run([
        "create-session",
        "and a scarf",
        "--session-id",
        &id,
        "--chat-id",
        "oc_other",
    ])
    .ok();
    env.wait_for_messages("oc_other", 1);
    assert_eq!(env.chat().len(), 2);
}

#[test]
fn a_session_is_continued_without_words_and_by_a_prefix_of_its_id() {
    let env = TestEnv::new();
    env.gateway()
        .set_default_job(Job::video("/sd-gen-save-img/one.mp4"));
    let id = env.submit("a cat");
    let reply = env
        .run(["create-session", "--session-id", &id[..8]])
        .ok()
        .json();
    assert_eq!(reply["sessionId"], id.as_str());
    let sent = env.gateway().requests_to(SUBMIT).pop().unwrap();
    assert_eq!(sent.json(), Some(&json!({"sessionId": id})));
    env.watch(&id).ok();
    assert_eq!(env.chat().len(), 1);
}

#[test]
fn a_session_is_not_continued_with_a_key_of_the_other_kind() {
    let env = TestEnv::new();
    let id = env.submit("a cat");
    env.run(["update-key", "--api-key", fakes::DIRECT_KEY]).ok();
    env.run(["create-session", "more", "--session-id", &id])
        .exits(1)
        .says("another kind of key");
    assert!(env.direct_api().requests().is_empty());
}
