//! Keys, secrets and tokens are in no file but the user's own, no log, no output and no message.

use fakes::{FEISHU_APP_SECRET, Fake, Fault, GATEWAY_KEY};
use serde_json::json;

use crate::delivery::{TOKENS, job};
use crate::delivery_rules::all_kinds;
use crate::env::TestEnv;

/// Runs everything that prints. What was printed, stored and sent is searched when the test ends, as in every test.
fn run_everything(env: &TestEnv, id: &str) {
    for arguments in [
        vec!["check"],
        vec!["recover"],
        vec!["recover", "--json"],
        vec!["wait-and-deliver", "--session-id", id],
        vec!["query-session", id],
        vec!["tasks"],
    ] {
        env.run(&arguments);
    }
    assert!(!env.log(id).is_empty(), "there is a log to search");
    assert_eq!(env.feishu().tokens().len(), 1, "a token was issued");
}

#[test]
fn no_key_secret_or_token_is_in_a_file_a_log_an_output_or_a_message() {
    let (env, id) = all_kinds();
    run_everything(&env, &id);
    assert_eq!(env.chat().len(), 4);
}

#[test]
fn a_token_service_that_echoes_the_app_secret_does_not_get_it_into_a_log_or_the_chat() {
    let env = TestEnv::new();
    env.gateway()
        .set_default_job(job(&["/sd-gen-save-img/1.png"]));
    let echo = Fault::Json(200, json!({"code": 2200, "msg": FEISHU_APP_SECRET}));
    env.feishu().fault(TOKENS, echo, 1);
    let serve = env.serve();
    let id = env.submit("a cat");
    serve.wait_for_line(&format!("{id}: completed, 1 of 1 delivered"));
    run_everything(&env, &id);
}

#[test]
fn a_service_that_echoes_the_key_does_not_get_it_into_a_log_or_the_chat() {
    let env = TestEnv::new();
    env.gateway()
        .set_default_job(job(&["/sd-gen-save-img/1.png"]));
    let echo = Fault::Json(
        401,
        json!({"error": {"user_message": format!("bad key {GATEWAY_KEY}")}}),
    );
    env.gateway().fault("GET /libtv/v1/session/*", echo, 1);
    let serve = env.serve();
    let id = env.submit("a cat");
    serve.wait_for_line(&format!("{id}: completed, 1 of 1 delivered"));
    run_everything(&env, &id);
}
