//! What the sandbox refuses is told to who asked: what was wanted, and what would grant it.

use crate::env::TestEnv;

#[test]
fn a_refused_address_is_told_with_what_was_wanted_and_what_would_grant_it() {
    let env = TestEnv::builder()
        .var("LIBTV_GATEWAY_URL", "https://10.1.2.3")
        .start();
    let out = env.run(["check"]);
    let told = out
        .stderr
        .lines()
        .find(|line| line.starts_with("🔒"))
        .unwrap_or_else(|| out.fail("nothing was told about the refusal"));
    for part in [
        "address is not one that may be connected to (Private)",
        "Wanted: GET https://10.1.2.3/api/v1/key/status",
        "granted by: a public address",
    ] {
        assert!(told.contains(part), "{told}");
    }
    assert!(!told.contains(fakes::GATEWAY_KEY), "{told}");
}

#[test]
fn the_timer_tells_programs_of_a_refusal_in_its_parts() {
    let mut env = TestEnv::new();
    let id = env.submit("a cat");
    env.set("LIBTV_GATEWAY_URL", "https://10.1.2.3");
    let serve = env.serve_with(["serve", "--json"]);
    let line = serve.wait_for_line(r#""reason":"address""#);
    let event: serde_json::Value = serde_json::from_str(&line).unwrap();
    let refused = &event["usage"]["refused"][0];
    let wanted = format!("GET https://10.1.2.3/libtv/v1/session/{id}");
    assert!(
        refused["wanted"].as_str().unwrap().starts_with(&wanted),
        "{line}"
    );
    assert!(
        refused["granted_by"].as_str().unwrap().contains("public"),
        "{line}"
    );
}
