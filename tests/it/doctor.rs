//! `doctor`: every link that can break is named, with what to do.

use fakes::{App, Fake, Fault};
use serde_json::Value;

use crate::env::{CHAT, TestEnv, texts};

/// What was found of a link: its health, what was seen, what to do.
fn found(report: &Value, link: &str) -> (String, String) {
    let checks = report["checks"].as_array().unwrap();
    let check = checks
        .iter()
        .find(|check| check["link"] == link)
        .unwrap_or_else(|| panic!("nothing about {link}: {report}"));
    let text = |name: &str| check[name].as_str().unwrap().to_owned();
    (
        text("health"),
        format!("{} {}", text("detail"), text("advice")),
    )
}

fn report(env: &TestEnv, arguments: &[&str]) -> Value {
    let arguments = [&["doctor", "--json"], arguments].concat();
    env.run(arguments).json()
}

#[track_caller]
fn broken(env: &TestEnv, arguments: &[&str], link: &str, words: &str) {
    let report = report(env, arguments);
    let (health, told) = found(&report, link);
    assert_eq!(
        (health.as_str(), report["healthy"].as_bool()),
        ("broken", Some(false)),
        "{report}"
    );
    assert!(told.contains(words), "{told}");
}

#[test]
fn where_all_is_well_it_says_so_and_the_test_arrives_in_the_chat() {
    let env = TestEnv::new();
    let _serve = env.serve();
    let out = env.run(["doctor", "--chat-id", CHAT]).ok();
    for link in [
        "Program",
        "State folder",
        "Egress",
        "Key",
        "Media store",
        "Harness",
        "Feishu credentials",
        "Upload",
        "Text",
        "Picture",
    ] {
        assert!(
            out.stdout.contains(&format!("✅ {link}: ")),
            "{link}\n{}",
            out.stdout
        );
    }
    let messages = env.chat();
    assert_eq!(messages.len(), 2);
    assert_eq!(texts(&messages)[1], "[image]");
    // Nothing was submitted, and nothing remains.
    env.run(["status"]).ok().line("No sessions found.");
}

#[test]
fn what_the_state_folder_holds_beside_its_layout_is_told_and_left_alone() {
    let env = TestEnv::new();
    let _serve = env.serve();
    env.run(["create-session", "a blue whale"]).ok();
    assert!(!env.run(["doctor"]).stdout.contains(" State: "));

    let sessions = env.state().join("sessions");
    let session = std::fs::read_dir(sessions).unwrap().next().unwrap();
    let strange = [
        env.state().join("of-a-newer-version"),
        session.unwrap().path().join("x-0001"),
    ];
    std::fs::create_dir_all(strange[0].join("deep")).unwrap();
    std::fs::write(&strange[1], "?").unwrap();
    env.run(["doctor"])
        .says("⚠️ State: 2 entries in the state folder that this version doesn't know, the first is of-a-newer-version")
        .says("→ They are left alone");
    let (health, _) = found(&report(&env, &[]), "State");
    assert_eq!(health, "doubtful");
    assert!(strange.iter().all(|path| path.exists()));
}

#[test]
fn without_a_chat_nothing_is_sent() {
    let env = TestEnv::new();
    let _serve = env.serve();
    env.run(["doctor"])
        .ok()
        .says("Chat: not looked at")
        .says("--chat-id");
    assert!(env.feishu().messages().is_empty());
}

#[test]
fn a_missing_key_and_a_missing_harness_are_named_with_the_command_that_helps() {
    let env = TestEnv::builder().config(None).without_feishu().start();
    let out = env.run(["doctor"]).exits(1);
    out.line("❌ Key: API Key not configured.")
        .says("→ Run: libtv-video setup")
        .says("❌ Harness: none is polling")
        .says("libtv-video serve")
        .says("❌ Feishu credentials: not found")
        .says("FEISHU_APP_ID");
}

#[test]
fn each_broken_link_is_told_apart() {
    let env = TestEnv::builder().key("mgk_nobodyknows1234").start();
    broken(&env, &[], "Key", "Invalid API Key");

    let env = TestEnv::new();
    env.gateway().set_uses(0, 10);
    broken(&env, &[], "Key", "0 of 10 uses remain");
    env.gateway()
        .fault("GET /api/v1/key/status", Fault::Refuse, 10);
    broken(&env, &[], "Key", "onnect");

    let mut env = TestEnv::new();
    env.set("FEISHU_APP_SECRET", "not-the-secret");
    broken(&env, &[], "Upload", "app's id and secret");

    let env = TestEnv::builder()
        .app(App::new("cli_narrow", "narrow-secret").without_scope("im:resource"))
        .var("FEISHU_APP_ID", "cli_narrow")
        .var("FEISHU_APP_SECRET", "narrow-secret")
        .start();
    broken(
        &env,
        &[],
        "Upload",
        "grant the permission here: https://open.feishu.cn/app/cli_narrow/auth",
    );

    let env = TestEnv::new();
    env.feishu().remove_bot_from(CHAT);
    broken(
        &env,
        &["--chat-id", CHAT],
        "Text",
        "Add the bot to the chat",
    );
}

#[test]
fn a_network_that_is_not_there_is_told_from_a_service_that_refuses() {
    let mut env = TestEnv::new();
    // Nobody listens there.
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = closed.local_addr().unwrap();
    drop(closed);
    let hosts = ["seedance.nexu.io", "libtv-res.liblib.art", "open.feishu.cn"];
    let nowhere: Vec<String> = hosts
        .iter()
        .map(|host| format!("{host}={address}"))
        .collect();
    env.set("LIBTV_CONNECT_TO", nowhere.join(","));
    broken(&env, &[], "Media store", "Check the network");
    broken(&env, &[], "Upload", "Check the network");
}

#[test]
fn an_override_that_grants_nothing_is_a_broken_rule() {
    for (variable, value, words) in [
        (
            "LIBTV_GATEWAY_URL",
            "https://im.liblib.tv",
            "to the host of another service",
        ),
        ("LIBTV_GATEWAY_URL", "http://gateway.example", "https://"),
        ("LIBTV_DIRECT_BASE_URL", "gateway", "LIBTV_DIRECT_BASE_URL"),
        ("FEISHU_BASE_URL", "http://feishu.example", "https://"),
    ] {
        let env = TestEnv::builder().var(variable, value).start();
        broken(&env, &[], "Egress", words);
        env.run(["grants"]).ok().says(variable);
    }
}

#[test]
fn a_configuration_that_is_damaged_and_a_proxy_that_is_not_there_are_told() {
    let env = TestEnv::builder().config(Some("{damaged")).start();
    broken(&env, &[], "Key", "libtv.json");

    let env = TestEnv::builder()
        // None of the hosts that are asked.
        .var("LIBTV_CONNECT_TO", "im.liblib.tv=127.0.0.1:9")
        .var("HTTPS_PROXY", "http://user:planted-word@127.0.0.1:9")
        .start();
    let report = report(&env, &[]);
    assert_eq!(found(&report, "Proxy").0, "good");
    let (health, told) = found(&report, "Media store");
    assert_eq!(health, "broken", "{report}");
    assert!(told.contains("Check the network"), "{told}");
    assert!(!report.to_string().contains("planted-word"), "{report}");
}

#[test]
fn a_state_folder_that_cannot_be_written_is_named() {
    let env = TestEnv::new();
    std::fs::remove_dir_all(env.state()).ok();
    std::fs::write(env.state(), "a file").unwrap();
    env.run(["doctor"])
        .exits(1)
        .says("❌ Program:")
        .says("libtv-video");
}

#[test]
fn each_service_that_is_set_up_is_looked_at_and_the_one_in_use_first() {
    let mut env = TestEnv::new();
    env.set("ARK_API_KEY", fakes::ARK_KEY);
    env.set("MODELARK_API_KEY", fakes::ARK_KEY);
    let report = report(&env, &[]);
    let links = report["checks"].as_array().unwrap().iter();
    let links: Vec<_> = links.map(|check| check["link"].as_str().unwrap()).collect();
    let keys: Vec<_> = links
        .iter()
        .filter(|link| link.starts_with("Key"))
        .collect();
    assert_eq!(keys, [&"Key (nexu)", &"Key (ark)", &"Key (modelark)"]);
    assert_eq!(found(&report, "Key (nexu)").0, "good");
    assert_eq!(found(&report, "Key (ark)").0, "good");
    let (health, told) = found(&report, "Key (modelark)");
    assert_eq!(health, "broken");
    assert!(told.contains("Ark and ModelArk share no keys"), "{told}");
    assert_eq!((env.ark().made(), env.modelark().made()), (vec![], vec![]));
    // Of what may still begin one line tells, whichever service it is.
    assert!(links.contains(&"Jobs"));
}

#[test]
fn of_several_services_without_a_choice_the_keys_are_looked_at_all_the_same() {
    let mut env = TestEnv::builder().config(None).start();
    env.set("ARK_API_KEY", fakes::ARK_KEY);
    env.set("MODELARK_API_KEY", fakes::MODELARK_KEY);
    broken(&env, &[], "Service", "Several services are configured");
    let report = report(&env, &[]);
    assert_eq!(found(&report, "Key (ark)").0, "good");
    assert_eq!(found(&report, "Key (modelark)").0, "good");
}
