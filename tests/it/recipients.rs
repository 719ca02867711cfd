//! A message leaves only for a chat that a submit named: kept by the harness, where the component can't write.

use fakes::Fake;
use host_harness::Submit;
use serde_json::json;

use crate::delivery::job;
use crate::env::{CHAT, TestEnv, block_on, files_below};

const IMAGE: &str = "/sd-gen-save-img/1.png";
const OTHER: &str = "oc_other";

/// A gateway whose jobs yield one image.
fn env() -> TestEnv {
    let env = TestEnv::new();
    env.gateway().set_default_job(job(&[IMAGE]));
    env
}

/// A session that is known upstream, and that only the state folder says something about: its chat is `chat`.
fn session_of_the_state_folder(env: &TestEnv, chat: &str) -> String {
    let id = "forged-session-1";
    env.gateway().set_next_session_id(id);
    env.run(["create-session", "a cat"]).ok();
    std::fs::remove_dir_all(env.state()).unwrap();
    std::fs::create_dir(env.state()).unwrap();
    let session = json!([{
        "session_id": id, "status": "submitted", "submitted_text": "a cat", "auth_mode": "nexu_gateway",
        "delivery": {"channel": "feishu", "chat_id": chat}, "created_at": "2026-01-02T03:04:05Z",
    }]);
    // Where a component that was taken over could write it.
    std::fs::write(
        env.state().join("legacy-sessions.json"),
        session.to_string(),
    )
    .unwrap();
    id.to_owned()
}

#[test]
fn a_component_that_tries_another_chat_is_refused_and_the_next_session_is_served() {
    let env = env();
    let id = session_of_the_state_folder(&env, OTHER);
    let serve = env.serve();
    let told = serve.wait_for_line("refused: no submit named this recipient");
    assert!(
        told.contains(
            "Wanted: POST https://open.feishu.cn/open-apis/im/v1/messages to chat_id oc_other"
        ) && told.contains("create-session with --chat-id"),
        "{told}"
    );
    assert!(
        env.log(&id).contains("to chat_id oc_other"),
        "{}",
        env.log(&id)
    );
    env.submit("a cat");
    env.wait_for_messages(CHAT, 1);
    assert!(env.feishu().chat(OTHER).messages().is_empty());

    // What grants it, grants it: also to what waited.
    env.submit_to("a cat", OTHER);
    env.wait_for_messages(OTHER, 2);
}

#[test]
fn who_was_named_is_kept_outside_of_the_state_folder_and_for_the_owner_only() {
    let env = env();
    let folder = env.home().join("libtv-recipients");
    env.run(["create-session", "a cat"]).ok();
    assert!(files_below(&folder).is_empty(), "nobody was named");
    env.submit("a cat");
    env.submit("a cat");
    env.submit_to("a cat", "user:ou_x");
    let files = files_below(&folder);
    assert_eq!(files.len(), 2, "{files:?}");
    for file in files {
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        }
        assert!(file.is_file());
    }
}

#[test]
fn a_submit_whose_chat_cannot_be_noted_is_not_sent() {
    let env = env();
    std::fs::write(env.home().join("libtv-recipients"), "in the way").unwrap();
    env.ask("a cat", "feishu", CHAT)
        .exits(1)
        .says("can't note the recipient in");
    assert!(env.gateway().requests().is_empty(), "nothing was charged");
    env.run(["create-session", "a cat"]).ok();
}

#[test]
fn the_chat_of_the_environment_counts_as_named_by_a_submit_that_names_none() {
    let mut env = env();
    env.set("OPENCLAW_CHANNEL_TYPE", "feishu");
    env.set("OPENCLAW_CHAT_ID", "oc_fallback");
    let _serve = env.serve();
    env.run(["create-session", "a cat"]).ok();
    env.wait_for_messages("oc_fallback", 1);
    env.submit_to("a cat", OTHER);
    env.wait_for_messages(OTHER, 1);
}

#[test]
fn a_command_that_submits_nothing_names_nobody() {
    let mut env = env();
    env.set("OPENCLAW_CHAT_ID", OTHER);
    for arguments in [
        vec!["recover", "--chat-id", OTHER],
        vec!["create-session", "--help", "--chat-id", OTHER],
        vec!["recover"],
        vec!["check"],
        // It may send a test there, and that is all.
        vec!["doctor", "--chat-id", OTHER],
    ] {
        env.run(&arguments);
        let folder = env.home().join("libtv-recipients");
        assert!(files_below(&folder).is_empty(), "{arguments:?}");
    }
}

#[test]
fn an_embedding_program_names_a_chat_by_its_submit_and_another_process_delivers() {
    let env = env();
    let serve = env.serve();
    let submit = Submit::message("a cat").to("feishu", "oc_embedded");
    let id = block_on(env.harness().submit(submit)).unwrap().session_id;
    env.wait_for_messages("oc_embedded", 1);
    serve.wait_for_line(&format!("{id}: completed, 1 of 1 delivered"));
}

#[test]
fn an_embedding_program_names_the_chat_of_a_session_it_brings_along() {
    let env = env();
    session_of_the_state_folder(&env, OTHER);
    env.harness().name_recipient("", OTHER).unwrap();
    let _serve = env.serve();
    env.wait_for_messages(OTHER, 1);
}
