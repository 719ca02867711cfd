//! `check`, and what the key decides: the service, its header, its address. docs/spec.md section 2 and 4.

use crate::env::TestEnv;
use fakes::{DIRECT_KEY, Fake, Fault, GATEWAY_KEY};
use serde_json::json;

#[test]
fn without_a_key_check_says_how_to_set_one_up() {
    let env = TestEnv::builder().config(None).start();
    let out = env.run(["check"]).refused("API Key not configured.");
    let lines: Vec<&str> = out.stdout.lines().collect();
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert!(
        lines[1].contains("setup --api-key mgk_") && lines[2].contains("setup --api-key sk-libtv-"),
        "{lines:?}"
    );
}

#[test]
fn a_gateway_key_is_shown_with_what_is_left_of_it() {
    let env = TestEnv::new();
    env.gateway().set_uses(7, 10);
    env.gateway().set_expires_at(Some("2027-01-01T00:00:00Z"));
    let out = env.run(["check"]).ok();
    let config = format!("📁 Config: {}", env.config_path().display());
    for line in [
        "🔑 API Key: ****1234",
        "📐 Video ratio: 16:9",
        &config,
        "🌐 Gateway: https://seedance.nexu.io/",
        "✅ Key valid",
        "📊 Remaining uses: 7/10",
        "⏰ Expires at: 2027-01-01T00:00:00Z",
    ] {
        assert!(
            out.stdout.lines().any(|printed| printed == line),
            "no {line}:\n{}",
            out.stdout
        );
    }
    out.says("Feishu credentials: found")
        .says("none is polling")
        .never_says(GATEWAY_KEY);
}

#[test]
fn a_direct_key_is_shown_without_claiming_that_it_works() {
    let env = TestEnv::direct();
    let out = env.run(["check"]).ok();
    out.line("🔑 API Key: ****5678")
        .line("🌐 Direct LibTV: https://im.liblib.tv")
        .line("✅ Direct LibTV key configured")
        .says("not verified");
    assert!(env.direct_api().requests().is_empty());
}

#[test]
fn a_status_without_whole_numbers_is_a_guard_failure() {
    let env = TestEnv::new();
    for status in [
        json!({}),
        json!({"remaining_uses": "7", "max_uses": 10}),
        json!({"remaining_uses": 7.5, "max_uses": 10}),
    ] {
        env.gateway()
            .fault("GET /api/v1/key/status", Fault::Json(200, status), 1);
        env.run(["check"])
            .exits(1)
            .line("❌ Guard check failed: key status response is missing remaining_uses/max_uses.")
            .never_says("✅ Key valid");
    }
}

#[test]
fn a_refused_key_is_told_in_the_words_of_the_service() {
    let env = TestEnv::builder().key("mgk_nobodyknows1234").start();
    env.run(["check"]).exits(1).line("❌ Invalid API Key");
    env.run(["create-session", "a cat"])
        .refused("Invalid API Key");
    let env = TestEnv::builder().key("sk-libtv-nobodyknows").start();
    env.run(["create-session", "a cat"])
        .refused("accessKey 不存在或无效");
}

#[test]
fn unreadable_refusals_are_shown_cut_short() {
    let env = TestEnv::new();
    let page = "x".repeat(300);
    env.gateway().fault(
        "GET /api/v1/key/status",
        Fault::Status(503, vec![], page),
        1,
    );
    env.run(["check"]).exits(1).line(&format!(
        "❌ Request failed (HTTP 503): {}",
        "x".repeat(200)
    ));
    let env = TestEnv::direct();
    env.direct_api().fault(
        "POST /openapi/session/change-project",
        Fault::Status(401, vec![], "nope".into()),
        1,
    );
    env.run(["change-project"])
        .refused("Direct LibTV request failed (HTTP 401): nope");
}

#[test]
fn check_says_whether_a_harness_polls_and_feishu_is_known() {
    let env = TestEnv::builder().without_feishu().start();
    let _serve = env.serve();
    let out = env
        .run(["check"])
        .ok()
        .says("Feishu credentials: not found")
        .says("Harness: polling");
    drop(out);
    // In front of the command it means the same.
    env.run(["--json", "check"]).ok().json();
    let json = env.run(["check", "--json"]).ok().json();
    assert_eq!(
        (&json["feishu"], &json["harness"], &json["verified"]),
        (&json!(null), &json!(true), &json!(true))
    );
}

#[test]
fn a_gateway_key_goes_into_its_header_and_nowhere_else() {
    let env = TestEnv::new();
    env.run(["check"]).ok();
    let id = env.submit("a cat");
    env.watch(&id).ok();
    for request in env.gateway().requests() {
        assert_eq!(
            request.header("x-api-key"),
            Some(GATEWAY_KEY),
            "{}",
            request.path
        );
        assert_eq!(request.header("authorization"), None);
        let agent = request.header("user-agent").unwrap();
        assert_eq!(agent, format!("LibTVSkill/{}", env!("CARGO_PKG_VERSION")));
        assert!(!request.path.contains("//"), "{}", request.path);
    }
    assert!(env.direct_api().requests().is_empty());
    for request in env
        .media()
        .requests()
        .into_iter()
        .chain(env.feishu().requests())
    {
        assert!(
            !format!("{request:?}").contains(GATEWAY_KEY),
            "{}",
            request.path
        );
    }
}

#[test]
fn a_direct_key_goes_into_its_header_and_nowhere_else() {
    let env = TestEnv::direct();
    let id = env.submit("a cat");
    env.watch(&id).ok();
    assert!(env.direct_api().requests().len() >= 3);
    for request in env.direct_api().requests() {
        assert_eq!(
            request.header("authorization"),
            Some(&*format!("Bearer {DIRECT_KEY}"))
        );
        assert_eq!(request.header("x-api-key"), None);
    }
    assert!(env.gateway().requests().is_empty());
}

#[test]
fn an_override_is_joined_with_one_slash_and_may_be_http_on_loopback() {
    let mut env = TestEnv::new();
    for slashes in ["", "/", "//"] {
        env.set(
            "LIBTV_GATEWAY_URL",
            format!("{}{slashes}", env.gateway().http_base()),
        );
        env.run(["tasks"]).ok().line("No tasks found for this key.");
    }
    let requests = env.gateway().requests();
    assert_eq!(requests.len(), 3);
    assert!(
        requests
            .iter()
            .all(|request| request.path == "/api/v1/tasks" && !request.tls)
    );
}

#[test]
fn an_http_override_to_another_machine_is_refused_before_anything_is_sent() {
    let mut env = TestEnv::new();
    env.set("LIBTV_GATEWAY_URL", "http://192.0.2.1/");
    env.run(["create-session", "a cat"])
        .exits(1)
        .says("❌")
        .never_says(GATEWAY_KEY);
    let mut env = TestEnv::direct();
    env.set("LIBTV_DIRECT_BASE_URL", "http://im.liblib.tv");
    env.run(["create-session", "a cat"]).exits(1).says("❌");
    assert!(env.direct_api().requests().is_empty());
}

#[test]
fn an_override_never_brings_a_key_to_the_other_service() {
    let mut env = TestEnv::new();
    env.set("LIBTV_GATEWAY_URL", "https://im.liblib.tv");
    env.run(["create-session", "a cat"]).exits(1);
    assert!(env.direct_api().requests().is_empty());
    let mut env = TestEnv::direct();
    env.set("LIBTV_DIRECT_BASE_URL", "https://seedance.nexu.io/");
    env.run(["create-session", "a cat"]).exits(1);
    assert!(env.gateway().requests().is_empty());
}

#[test]
fn a_redirected_submit_is_neither_followed_nor_turned_into_a_get() {
    let env = TestEnv::new();
    for status in [301, 302, 303, 307, 308] {
        let to = format!("{}/libtv/v1/session", env.direct_api().https_base());
        env.gateway().fault(
            "POST /libtv/v1/session",
            Fault::Status(status, vec![("location".into(), to)], String::new()),
            1,
        );
        env.run(["create-session", "a cat"])
            .exits(1)
            .says(&format!("HTTP {status}"));
    }
    assert!(env.direct_api().requests().is_empty());
    assert!(
        env.gateway()
            .requests()
            .iter()
            .all(|request| request.method == "POST")
    );
    assert!(env.gateway().submits().is_empty());
}

#[test]
fn the_key_of_the_environment_stands_above_the_stored_one() {
    let mut env = TestEnv::new();
    env.set("LIBTV_API_KEY", DIRECT_KEY);
    env.run(["check"])
        .ok()
        .line("🔑 API Key: ****5678")
        .says("LIBTV_API_KEY");
    env.run(["create-session", "a cat"]).ok();
    assert_eq!(
        (
            env.gateway().submits().len(),
            env.direct_api().submits().len()
        ),
        (0, 1)
    );
}

#[test]
fn a_service_that_can_not_be_reached_is_named() {
    let env = TestEnv::new();
    env.gateway().fault("*", Fault::Refuse, fakes::ALWAYS);
    env.run(["tasks"])
        .exits(1)
        .says("❌ Cannot connect to gateway: ");
    let env = TestEnv::direct();
    env.direct_api().fault("*", Fault::Refuse, fakes::ALWAYS);
    env.run(["change-project"])
        .exits(1)
        .says("❌ Cannot connect to direct LibTV API: ");
}
