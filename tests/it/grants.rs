//! The policy in force, in words and as JSON: `libtv-video grants`.

use fakes::{FEISHU_APP_SECRET, Fake, GATEWAY_KEY};
use serde_json::{Value, json};

use crate::env::TestEnv;

fn grants(env: &TestEnv) -> Value {
    env.run(["grants", "--json"]).ok().json()
}

fn origins(report: &Value) -> Vec<&str> {
    let routes = report["network"].as_array().unwrap();
    let mut origins: Vec<&str> = routes
        .iter()
        .map(|route| route["origin"].as_str().unwrap())
        .collect();
    origins.dedup();
    origins
}

#[test]
fn the_policy_names_what_may_be_reached_and_no_secret() {
    let env = TestEnv::new();
    let report = grants(&env);
    assert_eq!(
        origins(&report),
        [
            "https://libtv-res.liblib.art",
            "https://seedance.nexu.io",
            "https://open.feishu.cn"
        ]
    );
    let key = &report["credentials"][0];
    assert_eq!(
        key,
        &json!({"name": "libtv-api-key", "origin": "https://seedance.nexu.io", "place": "header X-API-KEY"})
    );
    assert_eq!(report["files"][0]["path"], env.state().to_str().unwrap());
    let text = report.to_string();
    assert!(!text.contains(GATEWAY_KEY) && !text.contains(FEISHU_APP_SECRET));
    assert!(env.gateway().requests().is_empty(), "it asked somebody");
    assert!(!env.state().exists(), "it made something");
}

#[test]
fn people_read_hosts_routes_files_variables_credentials_recipients_and_limits_with_units() {
    let env = TestEnv::direct();
    let shown = env.run(["grants"]).ok().stdout;
    for part in [
        "https://im.liblib.tv (direct LibTV, public addresses only)",
        "POST  /openapi/session",
        "GET   /claw/…",
        "libtv-api-key        to https://im.liblib.tv: header Authorization",
        "feishu-tenant-token",
        "only for a recipient that a submit named",
        "download-results, as under its own path",
        "LIBTV_STATE_DIR",
        "67 108 864 bytes",
        "10 000 ms, a command 300 000",
        "the gateway: a key that begins with mgk_",
    ] {
        assert!(shown.contains(part), "{part}\n{shown}");
    }
    assert!(!shown.contains('\u{1b}'), "colours without a terminal");
}

#[test]
fn the_recipients_that_submits_named_are_listed_and_do_not_change_the_policy() {
    let env = TestEnv::new();
    let before = grants(&env);
    assert_eq!(before["recipients"]["named"], json!([]));
    for chat in ["oc_team", "user:ou_ann", "oc_team"] {
        env.submit_to("a cat", chat);
    }
    let report = grants(&env);
    let named = json!([
        {"receive_id_type": "chat_id", "receive_id": "oc_team"},
        {"receive_id_type": "open_id", "receive_id": "ou_ann"},
    ]);
    assert_eq!(report["recipients"]["named"], named);
    assert_eq!(report["policy"], before["policy"]);
    let shown = env.run(["grants"]).ok();
    shown.says("chat_id  oc_team").says("open_id  ou_ann");
}

#[test]
fn it_tells_which_calls_may_do_more_by_their_arguments() {
    let env = TestEnv::new();
    let mut shown = env.run(["grants"]).ok();
    for part in [
        "create-session --chat-id",
        "doctor --chat-id",
        "update-key --api-key",
        "upload, as standard input",
        "download-results, as under",
    ] {
        shown = shown.says(part);
    }
    assert_eq!(grants(&env)["calls"].as_array().unwrap().len(), 3);
}

#[test]
fn without_a_key_it_says_what_each_key_would_grant() {
    let env = TestEnv::builder().config(None).without_feishu().start();
    let report = grants(&env);
    assert_eq!(origins(&report), ["https://libtv-res.liblib.art"]);
    assert_eq!(report["credentials"], json!([]));
    let missing = report["missing"].to_string();
    for part in ["mgk_", "sk-libtv-", "FEISHU_APP_ID"] {
        assert!(missing.contains(part), "{missing}");
    }
}

#[test]
fn the_digest_changes_with_the_policy_and_with_nothing_else() {
    let mut env = TestEnv::new();
    let before = grants(&env)["policy"].clone();
    env.run(["check"]).ok();
    assert_eq!(grants(&env)["policy"], before);
    env.set("FEISHU_BASE_URL", "https://open.larksuite.com");
    let after = grants(&env);
    assert_ne!(after["policy"], before);
    assert!(origins(&after).contains(&"https://open.larksuite.com"));
}

#[test]
fn an_override_moves_the_rule_to_this_machine_and_says_so() {
    let env = TestEnv::builder()
        .var("LIBTV_GATEWAY_URL", "http://127.0.0.1:9/gw")
        .start();
    let report = grants(&env);
    let routes = report["network"].as_array().unwrap();
    let moved = routes
        .iter()
        .find(|route| route["origin"] == "http://127.0.0.1:9")
        .unwrap();
    assert_eq!(moved["addresses"], "loopback");
    assert!(moved["path"].as_str().unwrap().starts_with("/gw/"));
    assert!(!origins(&report).contains(&"https://seedance.nexu.io"));
}
