//! Keys, secrets and tokens are in no file but the user's own, no log, no output and no message.

use std::fmt::Write;

use serde_json::json;
use testkit::{FEISHU_APP_SECRET, Fault, GATEWAY_KEY, StandIn};

use crate::delivery::{TOKENS, job};
use crate::delivery_rules::all_kinds;
use crate::env::{TestEnv, files_below};

/// Runs everything that prints, and fails when a secret stands in that, in `printed`, in a file or in the chat.
fn search(env: &TestEnv, id: &str, printed: String) {
    let mut seen = vec![("serve".to_owned(), printed.into_bytes())];
    for arguments in [
        vec!["check"],
        vec!["recover"],
        vec!["recover", "--json"],
        vec!["wait-and-deliver", "--session-id", id],
        vec!["query-session", id],
        vec!["tasks"],
    ] {
        let out = env.run(&arguments);
        seen.push((
            arguments.join(" "),
            [out.stdout, out.stderr].concat().into_bytes(),
        ));
    }
    for file in files_below(env.folder())
        .into_iter()
        .filter(|file| *file != env.config_path())
    {
        seen.push((file.display().to_string(), std::fs::read(&file).unwrap()));
    }
    for message in env.chat() {
        seen.push((
            "the chat".to_owned(),
            message.content.to_string().into_bytes(),
        ));
    }
    assert!(
        seen.iter().any(|(name, _)| name.contains("libtv-waiter-")),
        "the log is searched"
    );
    let mut secrets = vec![GATEWAY_KEY.to_owned(), FEISHU_APP_SECRET.to_owned()];
    secrets.extend(env.feishu().tokens());
    assert_eq!(secrets.len(), 3, "a token was issued");
    for form in secrets.iter().flat_map(|secret| forms_of(secret)) {
        for (name, bytes) in &seen {
            let found = bytes
                .windows(form.len())
                .any(|window| window == form.as_bytes());
            assert!(!found, "{form} stands in {name}");
        }
    }
}

#[test]
fn no_key_secret_or_token_is_in_a_file_a_log_an_output_or_a_message() {
    let (env, id, printed) = all_kinds();
    search(&env, &id, printed);
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
    search(&env, &id, serve.lines().join("\n"));
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
    search(&env, &id, serve.lines().join("\n"));
}

#[test]
fn the_search_for_secrets_would_find_them() {
    let forms = forms_of("mgk_secret");
    for hidden in [
        "x mgk_secret",
        "6d676b5f736563726574",
        "bWdrX3NlY3JldA==",
        "%6D%67%6B%5F%73%65%63%72%65%74",
        "tercesDkgm",
    ] {
        let found = forms.iter().any(|form| hidden.contains(form.as_str()));
        assert_eq!(found, !hidden.starts_with("terces"), "{hidden}");
    }
}

/// A secret as it stands, and in what it is often turned into.
fn forms_of(secret: &str) -> Vec<String> {
    let bytes = secret.as_bytes();
    let hex = |separator: &str, upper: bool| {
        bytes.iter().fold(String::new(), |mut text, byte| {
            let written = if upper {
                write!(text, "{separator}{byte:02X}")
            } else {
                write!(text, "{separator}{byte:02x}")
            };
            written.unwrap();
            text
        })
    };
    let mut forms = vec![
        secret.to_owned(),
        hex("", false),
        hex("", true),
        hex("%", false),
        hex("%", true),
    ];
    // Inside longer base64, at each of the three places a byte can have.
    forms.extend((0..3).map(|skip| base64(&bytes[skip.min(bytes.len())..])));
    forms.push(secret.replace('_', "%5F"));
    forms
}

/// Whole groups of three bytes only: what stays the same whatever follows.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let group = |group: &[u8]| {
        let bits = group
            .iter()
            .fold(0_usize, |bits, byte| bits << 8 | usize::from(*byte));
        [18, 12, 6, 0].map(|shift| char::from(DIGITS[bits >> shift & 63]))
    };
    bytes.chunks_exact(3).flat_map(group).collect()
}
