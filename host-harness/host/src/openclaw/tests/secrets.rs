//! Secrets and variables that are kept elsewhere.

use serde_json::{Value, json};

use super::{Machine, holds};

#[test]
fn a_reference_is_looked_up_where_it_leads() {
    let secret = |secret: Value, providers: Value| {
        json!({"channels": {"feishu": {"appId": "a", "appSecret": secret}}, "secrets": {"providers": providers}}).to_string()
    };
    let env = |text: &str| Machine::with(&secret(text.into(), json!({}))).var("MY_SECRET", " s1 ");
    for spelling in [
        "${MY_SECRET}",
        "$MY_SECRET",
        "secretref-env:MY_SECRET",
        "__env__:MY_SECRET",
    ] {
        assert_eq!(env(spelling).app(), "a:s1", "{spelling}");
    }
    assert_eq!(env("x-${MY_SECRET}").app(), "a:x- s1");
    assert_eq!(env("x$${MY_SECRET}").app(), "a:x${MY_SECRET}");
    assert_eq!(env("pa$$word").app(), "a:pa$$word");

    let reference = json!({"source": "env", "provider": "default", "id": "MY_SECRET"});
    let allowed = json!({"default": {"source": "env", "allowlist": ["MY_SECRET"]}});
    for providers in [json!({}), allowed] {
        let machine = Machine::with(&secret(reference.clone(), providers)).var("MY_SECRET", "s1");
        assert_eq!(machine.app(), "a:s1");
    }
    let without_provider = json!({"source": "env", "id": "MY_SECRET"});
    let machine = Machine::with(&secret(without_provider, json!({}))).var("MY_SECRET", "s1");
    assert_eq!(machine.app(), "a:s1");

    let file = |mode: &str, id: &str, content: &str| {
        let providers =
            json!({"f": {"source": "file", "path": "~/.openclaw/secrets", "mode": mode}});
        let reference = json!({"source": "file", "provider": "f", "id": id});
        Machine::with(&secret(reference, providers)).file(".openclaw/secrets", content)
    };
    assert_eq!(file("singleValue", "value", "\u{feff}s2\r\n").app(), "a:s2");
    let content = r#"{"a/b": {"m~n": ["x", "s3"]}}"#;
    assert_eq!(file("json", "/a~1b/m~0n/1", content).app(), "a:s3");
}

#[test]
fn a_reference_that_leads_nowhere_is_told_by_its_member_and_no_other_account_is_taken() {
    let told = |secret: Value, providers: Value| {
        let accounts = json!({"one": {"appId": "a", "appSecret": secret}, "two": {"appId": "b", "appSecret": "s"}});
        let config = json!({"channels": {"feishu": {"accounts": accounts}}, "secrets": {"providers": providers}});
        let words = Machine::with(&config.to_string())
            .file("secrets.json", r#"{"a": {"b": "hunter2"}}"#)
            .told();
        holds(
            &words,
            &["openclaw.json", "channels.feishu.accounts.one.appSecret"],
        );
        words
    };
    let unset = told("${GONE_SECRET}".into(), json!({}));
    holds(&unset, &["GONE_SECRET", "not set"]);
    let env = |provider: &str| json!({"source": "env", "provider": provider, "id": "GONE"});
    holds(&told(env("default"), json!({})), &["GONE", "not set"]);
    holds(
        &told(env("x"), json!({})),
        &["secrets.providers.x", "isn't there"],
    );
    holds(
        &told(env("x"), json!({"x": {"source": "env", "allowlist": []}})),
        &["allowlist"],
    );
    holds(
        &told(env("x"), json!({"x": {"source": "file"}})),
        &["its source is another"],
    );
    let exec = json!({"source": "exec", "provider": "vault", "id": "a/b"});
    holds(
        &told(
            exec,
            json!({"vault": {"source": "exec", "command": "/bin/sh"}}),
        ),
        &["another program", "not run"],
    );
    let plugin = json!({"source": "gcp", "provider": "p", "id": "x"});
    holds(&told(plugin, json!({})), &["plug-in"]);
    let file = |id: &str| json!({"source": "file", "provider": "f", "id": id});
    let provider = |path: &str| json!({"f": {"source": "file", "path": path}});
    holds(
        &told(file("/x"), provider("~/gone.json")),
        &["gone.json", "can't be read"],
    );
    holds(
        &told(file("/a/x"), provider("~/secrets.json")),
        &["secrets.json", "nothing at /a/x"],
    );
    holds(
        &told(file("/a"), provider("~/secrets.json")),
        &["/a is no text"],
    );
    holds(
        &told(file("a"), provider("~/secrets.json")),
        &["no pointer"],
    );
    holds(&told(file("/a"), provider("secrets.json")), &["absolute"]);
    holds(
        &told(
            json!({"source": "file", "provider": "g", "id": "/a"}),
            json!({}),
        ),
        &["secrets.providers.g"],
    );
    for odd in [
        json!({}),
        json!({"value": "hunter2"}),
        json!(1),
        json!(["hunter2"]),
        json!({"source": 1, "id": "x"}),
    ] {
        told(odd, json!({}));
    }
    for nothing in [json!(null), json!(""), json!(" ")] {
        holds(&told(nothing, json!({})), &["missing, or empty"]);
    }
}

#[test]
fn variables_come_from_the_process_then_env_files_then_the_file_itself() {
    let config = r#"{env: {S: "own", vars: {S: "vars", T: "${U}!"}, shellEnv: {enabled: true}},
        channels: {feishu: {appId: "${T}", appSecret: "${S}"}}}"#;
    let machine = || Machine::with(config).var("U", "u");
    assert_eq!(machine().app(), "u!:own");
    let machine = || machine().file(".openclaw/.env", "S=state # c\n");
    assert_eq!(machine().app(), "u!:state");
    let machine = || machine().file("here/.env", "export S='here'\n");
    assert_eq!(machine().app(), "u!:here");
    assert_eq!(machine().var("S", "process").app(), "u!:process");
    let later = Machine::with("{channels: {feishu: {appId: 'a', appSecret: '${S}'}}}");
    assert_eq!(
        later
            .file(".config/openclaw/gateway.env", "S=gateway")
            .app(),
        "a:gateway"
    );
}

#[test]
fn what_openclaw_takes_from_its_environment_is_taken_too() {
    let env = "FEISHU_APP_ID=e\nFEISHU_APP_SECRET=es\n";
    for config in [
        "{}",
        "{channels: {feishu: {enabled: true, dmPolicy: 'pairing'}}}",
    ] {
        assert_eq!(
            Machine::with(config).file(".openclaw/.env", env).app(),
            "e:es"
        );
    }
    let half = Machine::with("{channels: {feishu: {appId: 'a'}}}");
    assert_eq!(half.var("FEISHU_APP_SECRET", "s").app(), "a:s");
    // It belongs to the default account alone.
    let named = Machine::with("{channels: {feishu: {accounts: {b: {appId: 'a'}}}}}");
    holds(
        &named.var("FEISHU_APP_SECRET", "s").told(),
        &["accounts.b.appSecret is missing"],
    );
}

#[test]
fn what_openclaw_would_ask_a_shell_for_is_said_and_not_done() {
    let machine = Machine::with(
        "{env: {shellEnv: {enabled: true}}, channels: {feishu: {appId: 'a', appSecret: '$GONE'}}}",
    );
    holds(&machine.told(), &["GONE", "env.shellEnv"]);
}

#[test]
fn a_bots_token_may_be_all_of_a_file_that_the_account_names() {
    let of = |telegram: Value| {
        let config = json!({"channels": {"telegram": telegram}});
        let machine = Machine::with(&config.to_string())
            .file(".openclaw/token", "\u{feff}1:a\n")
            .file(".openclaw/empty", " \n");
        let found = machine.find_of(&contract::channels::TELEGRAM, None);
        found.map(|account| account.secret.expose().to_owned())
    };
    let path = "~/.openclaw/token";
    assert_eq!(of(json!({"tokenFile": path})).unwrap(), "1:a");
    let accounts = json!({"accounts": {"one": {"enabled": false, "botToken": "2:b"}, "two": {"tokenFile": path}}});
    assert_eq!(of(accounts).unwrap(), "1:a");
    let both = json!({"botToken": "2:b", "tokenFile": path});
    assert_eq!(of(both).unwrap(), "2:b");
    for (file, told) in [
        ("~/.openclaw/gone", "can't be read"),
        ("~/.openclaw/empty", "is empty"),
    ] {
        let words = of(json!({"tokenFile": file})).unwrap_err();
        holds(&words, &["channels.telegram.tokenFile", told]);
    }
}
