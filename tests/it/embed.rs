//! The program of `host-harness/examples/embed.rs`, which embeds the library, against the fakes.

use crate::env::TestEnv;

#[test]
fn an_embedding_program_takes_a_job_to_the_chat_with_its_own_vault_clock_and_events() {
    let mut env = TestEnv::builder()
        .without("FEISHU_APP_ID")
        .without("FEISHU_APP_SECRET")
        .config(None)
        .start();
    let folder = env.home().join("app");
    env.set("MY_APP_FOLDER", &folder);
    env.set("MY_VAULT_LIBTV_KEY", fakes::GATEWAY_KEY);
    env.set(
        "MY_VAULT_FEISHU",
        format!("{}:{}", fakes::FEISHU_APP_ID, fakes::FEISHU_APP_SECRET),
    );
    let out = env.run_program(
        env!("CARGO_BIN_EXE_embed-under-test"),
        ["a red fox, embedded", "oc_embed"],
    );
    let shown = out.ok().stdout;
    assert!(shown.contains("may reach"), "{shown}");
    // Its events, and its clock: the timer asked it to sleep.
    let steps: Vec<&str> = shown
        .lines()
        .filter(|line| line.starts_with("session "))
        .collect();
    assert!(steps.len() > 1, "{shown}");
    assert!(
        steps
            .last()
            .unwrap()
            .contains("Completed, 1 of 1 delivered"),
        "{shown}"
    );
    assert!(!steps.last().unwrap().ends_with("wakes at 0"), "{shown}");
    assert!(!shown.contains(fakes::GATEWAY_KEY));
    env.wait_for_messages("oc_embed", 1);
    assert_eq!(env.gateway().submits().len(), 1);
}
