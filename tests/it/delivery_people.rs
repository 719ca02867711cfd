//! To whom, as which app, at which of the two platforms.

use std::path::PathBuf;

use fakes::{App, FEISHU_APP_ID, FEISHU_APP_SECRET, Fake};
use serde_json::{Value, json};

use crate::delivery::{TOKENS, job, only};
use crate::env::{Builder, CHAT, TIMEOUT, TestEnv, block_on};

const IMAGE: &str = "/sd-gen-save-img/1.png";
pub const OTHER_ID: &str = "cli_other00000000002";
pub const OTHER_SECRET: &str = "othersecret0123456789abcdefghijk";

#[test]
fn every_spelling_of_a_recipient_reaches_whom_it_names() {
    let env = TestEnv::new();
    env.feishu().strict(true);
    env.gateway().set_default_job(job(&[IMAGE]));
    let _serve = env.serve();
    for (named, id_type, id) in [
        ("ou_someone", "open_id", "ou_someone"),
        ("user:ou_else", "open_id", "ou_else"),
        ("oc_group", "chat_id", "oc_group"),
        ("chat:oc_room", "chat_id", "oc_room"),
        ("on_union", "union_id", "on_union"),
        ("someone@example.com", "email", "someone@example.com"),
    ] {
        env.submit_to("a cat", named);
        let message = only(env.wait_for_messages(id, 1));
        assert_eq!(message.receive_id_type, id_type, "{named}");
        assert_eq!(message.msg_type, "image", "{named}");
    }
    assert_eq!(env.feishu().messages().len(), 6);
}

#[test]
fn a_recipient_that_cannot_be_reached_is_named_in_the_log_and_nobody_else_gets_it() {
    for (prepare, code) in [
        (
            (|env| env.feishu().make_unavailable("ou_x")) as fn(&TestEnv),
            "230013",
        ),
        (|env| env.feishu().add_foreign_user("ou_x"), "99992361"),
    ] {
        let env = TestEnv::new();
        prepare(&env);
        env.gateway().set_default_job(job(&[IMAGE]));
        let id = env.submit_to("a cat", "ou_x");
        let told = env.watch(&id).exits(1);
        assert!(told.stderr.contains(code), "{}", told.stderr);
        assert!(env.feishu().messages().is_empty());
    }
}

/// Delivers one image and tells by which app and through which platform it came.
pub fn came_by(env: &TestEnv) -> (String, &'static str) {
    env.gateway().set_default_job(job(&[IMAGE]));
    let id = env.submit("a cat");
    env.watch(&id).ok();
    let (feishu, lark) = (env.feishu(), env.world().lark());
    let platform = if lark.messages().is_empty() {
        &feishu
    } else {
        &lark
    };
    let message = only([feishu.messages(), lark.messages()].concat());
    (message.app_id, platform.host())
}

/// Without an app in the environment, and with a second app at the platforms.
pub fn bare() -> Builder {
    TestEnv::builder()
        .without_feishu()
        .app(App::new(OTHER_ID, OTHER_SECRET))
}

pub fn account(id: &str, secret: &str) -> Value {
    json!({"appId": id, "appSecret": secret})
}

fn write(path: PathBuf, feishu: &Value) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let text = json!({"channels": {"feishu": feishu}, "other": {"secret": "no business of ours"}});
    std::fs::write(path, text.to_string()).unwrap();
}

fn usual_place(env: &TestEnv) -> PathBuf {
    env.home().join("runtime/openclaw/state/openclaw.json")
}

#[test]
fn lark_is_reached_by_the_base_url() {
    let env = TestEnv::builder()
        .var("FEISHU_BASE_URL", "https://open.larksuite.com")
        .start();
    assert_eq!(came_by(&env), (FEISHU_APP_ID.to_owned(), fakes::LARK_HOST));
    assert!(env.feishu().requests().is_empty());
}

#[test]
fn lark_is_reached_by_the_accounts_domain() {
    let env = bare().start();
    let mut first = account(FEISHU_APP_ID, FEISHU_APP_SECRET);
    first["domain"] = "lark".into();
    write(usual_place(&env), &json!({"accounts": [first]}));
    assert_eq!(came_by(&env), (FEISHU_APP_ID.to_owned(), fakes::LARK_HOST));
    assert!(env.feishu().requests().is_empty());
}

#[test]
fn the_first_account_of_a_list_or_of_an_object_is_the_app() {
    let (first, second) = (
        account(OTHER_ID, OTHER_SECRET),
        account(FEISHU_APP_ID, FEISHU_APP_SECRET),
    );
    for accounts in [
        json!([first, second]),
        json!({"main": first, "other": second}),
    ] {
        let env = bare().start();
        write(usual_place(&env), &json!({"accounts": accounts}));
        assert_eq!(came_by(&env), (OTHER_ID.to_owned(), fakes::FEISHU_HOST));
    }
}

#[test]
fn an_account_can_be_chosen_by_its_name() {
    let env = bare().var("FEISHU_ACCOUNT", "work").start();
    let accounts = json!({"home": account(FEISHU_APP_ID, FEISHU_APP_SECRET), "work": account(OTHER_ID, OTHER_SECRET)});
    write(usual_place(&env), &json!({"accounts": accounts}));
    assert_eq!(came_by(&env).0, OTHER_ID);
}

#[test]
fn the_nearer_file_counts_and_the_environment_before_all() {
    let mut env = bare().start();
    let good = json!({"accounts": [account(OTHER_ID, OTHER_SECRET)]});
    let bad = json!({"accounts": [account("cli_nobody", "nothing")]});
    let (named, state) = (
        env.folder().join("named.json"),
        env.folder().join("openclaw-state"),
    );
    write(usual_place(&env), &bad);
    write(state.join("openclaw.json"), &good);
    env.set("OPENCLAW_STATE_DIR", &state);
    assert_eq!(
        came_by(&env).0,
        OTHER_ID,
        "OPENCLAW_STATE_DIR before the usual place"
    );

    let mut env = bare().start();
    write(usual_place(&env), &bad);
    write(named.clone(), &good);
    env.set("OPENCLAW_CONFIG", env.folder().join("own.json"));
    write(env.folder().join("own.json"), &good);
    assert_eq!(
        came_by(&env).0,
        OTHER_ID,
        "OPENCLAW_CONFIG before all files"
    );

    let env = TestEnv::new();
    write(usual_place(&env), &bad);
    assert_eq!(
        came_by(&env).0,
        FEISHU_APP_ID,
        "the environment before the files"
    );
}

#[test]
fn without_credentials_a_result_waits_and_is_delivered_once_they_are_there() {
    let env = bare().start();
    env.gateway().set_default_job(job(&[IMAGE]));
    let serve = env.serve();
    let id = env.submit("a cat");
    serve.wait_for_line("no Feishu or Lark credentials were found");
    assert!(env.feishu().requests().is_empty());
    write(
        usual_place(&env),
        &json!({"accounts": [account(OTHER_ID, OTHER_SECRET)]}),
    );
    let message = only(env.wait_for_messages(CHAT, 1));
    assert_eq!(
        (message.msg_type.as_str(), message.app_id.as_str()),
        ("image", OTHER_ID)
    );
    serve.wait_for_line(&format!("{id}: completed, 1 of 1 delivered"));
}

#[test]
fn a_platform_that_cannot_be_reached_is_tried_again_until_it_can() {
    let env = TestEnv::new();
    env.gateway().set_default_job(job(&[IMAGE]));
    env.feishu().fault("*", fakes::Fault::Refuse, 3);
    let _serve = env.serve();
    env.submit("a cat");
    block_on(env.feishu().wait_for_messages(CHAT, 1, TIMEOUT)).unwrap();
    assert_eq!(env.feishu().requests_to(TOKENS).len(), 1);
}
