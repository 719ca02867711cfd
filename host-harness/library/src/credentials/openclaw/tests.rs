//! Shapes and places as people have them: each one from OpenClaw's documents, its code, or a report.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use serde_json::{Value, json};

use super::{Account, Places, feishu_account};
use crate::capabilities::{FEISHU, LARKSUITE};

/// A machine with an OpenClaw: `home/.openclaw`, and variables.
struct Machine {
    folder: tempfile::TempDir,
    variables: Vec<(String, String)>,
}

impl Machine {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            variables: Vec::new(),
        }
    }

    /// With `~/.openclaw/openclaw.json`.
    fn with(config: &str) -> Self {
        Self::new().file(".openclaw/openclaw.json", config)
    }

    /// The same, and `channels.feishu` is this.
    fn feishu(feishu: &Value) -> Self {
        Self::with(&json!({"channels": {"feishu": feishu}}).to_string())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn file(self, name: &str, content: impl AsRef<[u8]>) -> Self {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
        self
    }

    fn var(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    fn find(&self, name: Option<&str>) -> Result<Account, String> {
        let mut variables = self.variables.clone();
        let home = self.folder.path().to_str().unwrap().to_owned();
        variables.push(("HOME".to_owned(), home));
        let lookup = move |name: &str| {
            let known = variables.iter().find(|(known, _)| known == name);
            known.map(|(_, value)| value.into())
        };
        let mut places = Places::from_lookup(&lookup);
        places.refer_to(Arc::new(lookup), Some(self.path("here")));
        feishu_account(&places, &self.path("nexu"), name)
    }

    #[track_caller]
    fn app(&self) -> String {
        self.app_called(None)
    }

    /// The app's id and its secret.
    #[track_caller]
    fn app_called(&self, name: Option<&str>) -> String {
        let account = self.find(name).unwrap_or_else(|error| panic!("{error}"));
        format!("{}:{}", account.app_id, account.secret.expose())
    }

    /// Why there is no app; never with a secret in it.
    #[track_caller]
    fn told(&self) -> String {
        self.told_of(None)
    }

    #[track_caller]
    fn told_of(&self, name: Option<&str>) -> String {
        let Err(words) = self.find(name) else {
            panic!("an app was found")
        };
        assert!(!words.contains("hunter2"), "{words}");
        words
    }
}

#[track_caller]
fn holds(words: &str, parts: &[&str]) {
    for part in parts {
        assert!(words.contains(part), "no {part} in: {words}");
    }
}

#[test]
fn accounts_may_be_a_list_or_an_object_and_the_first_usable_one_counts() {
    let list = json!({"accounts": [{"appId": ""}, {"appId": "a", "appSecret": "s"}, {"appId": "b", "appSecret": "s"}]});
    assert_eq!(Machine::feishu(&list).app(), "a:s");
    let object = json!({"accounts": {"z": {"appId": "z", "appSecret": "s"}, "m": {"appId": "m", "appSecret": "s"}}});
    assert_eq!(Machine::feishu(&object).app(), "z:s");
}

#[test]
fn an_account_is_found_by_its_name_and_no_other_is_taken_instead() {
    let object = json!({"accounts": {"z": {"appId": "1", "appSecret": "s"}, "m": {"appId": "2", "appSecret": "s"}}});
    let machine = Machine::feishu(&object);
    assert_eq!(machine.app_called(Some("m")), "2:s");
    holds(
        &machine.told_of(Some("q")),
        &["FEISHU_ACCOUNT", "q", "z, m"],
    );
    let list = json!({"accounts": [{"appId": "1", "appSecret": "s"}, {"name": "m", "appId": "2", "appSecret": "s"}]});
    assert_eq!(Machine::feishu(&list).app_called(Some("m")), "2:s");
}

#[test]
fn a_name_is_taken_as_openclaw_takes_it() {
    let accounts = json!({"accounts": {"Sales Bot": {"appId": "1", "appSecret": "s"}, "机器人": {"appId": "2", "appSecret": "s"}, "default": {}}});
    let machine = Machine::feishu(&accounts);
    assert_eq!(machine.app_called(Some(" sales-bot ")), "1:s");
    assert_eq!(machine.app_called(Some("机器人")), "2:s");
    machine.told_of(Some("机器"));
}

#[test]
fn an_account_takes_from_the_channel_what_it_doesnt_say_itself() {
    let top = json!({"appId": "top", "appSecret": "t", "domain": "lark"});
    let with = |accounts: Value| {
        let mut feishu = top.clone();
        feishu["accounts"] = accounts;
        Machine::feishu(&feishu)
    };
    assert_eq!(Machine::feishu(&top).app(), "top:t");
    assert_eq!(with(json!({})).app(), "top:t");
    assert_eq!(with(Value::Null).app(), "top:t");
    assert_eq!(
        with(json!({"default": {}, "b": {"appId": "b"}})).app(),
        "top:t"
    );
    assert_eq!(
        with(json!({"default": {"botName": "x"}})).app_called(Some("default")),
        "top:t"
    );
    assert_eq!(
        with(json!({"b": {"appId": "b"}})).app_called(Some("b")),
        "b:t"
    );
    assert_eq!(with(json!({"b": {"appId": "b"}})).app(), "top:t");
    assert_eq!(with(json!({"Default": {"appId": "d"}})).app(), "d:t");
    let account = with(json!({"b": {"appId": "b"}})).find(Some("b")).unwrap();
    assert_eq!(account.origin, Ok(LARKSUITE));
    // What is empty overrides, too.
    let words = with(json!({"b": {"appId": "", "appSecret": "hunter2"}})).told_of(Some("b"));
    holds(&words, &["channels.feishu.accounts.b.appId is missing"]);
}

#[test]
fn which_account_is_meant_is_said_by_the_file_and_not_by_its_order() {
    let account = |id: &str| json!({"appId": id, "appSecret": "s"});
    let off = |id: &str| json!({"appId": id, "appSecret": "s", "enabled": false});
    let app = |feishu: Value| Machine::feishu(&feishu).app();
    let both = json!({"a": account("a"), "default": account("d")});
    assert_eq!(app(json!({"accounts": both})), "d:s");
    assert_eq!(app(json!({"accounts": both, "defaultAccount": "a"})), "a:s");
    assert_eq!(app(json!({"accounts": both, "defaultAccount": " "})), "d:s");
    assert_eq!(
        app(json!({"accounts": {"old": off("o"), "a": account("a")}})),
        "a:s"
    );
    assert_eq!(
        app(json!({"accounts": {"default": off("o"), "a": account("a")}})),
        "a:s"
    );
    let hidden = json!({"accounts": {"__nexu_internal_1": account("x"), "a": account("a")}});
    assert_eq!(app(hidden), "a:s");

    let told = |feishu: Value| Machine::feishu(&feishu).told();
    let gone = told(json!({"accounts": both, "defaultAccount": "gone"}));
    holds(
        &gone,
        &[
            "openclaw.json",
            "channels.feishu.defaultAccount",
            "a, default",
        ],
    );
    let disabled =
        told(json!({"accounts": {"old": off("o"), "a": account("a")}, "defaultAccount": "old"}));
    holds(
        &disabled,
        &[
            "channels.feishu.accounts.old.enabled is false",
            "defaultAccount",
        ],
    );
    holds(
        &told(json!({"accounts": {"old": off("o")}})),
        &["every account has enabled set to false"],
    );
    let mut channel = account("x");
    channel["enabled"] = false.into();
    holds(&told(channel), &["channels.feishu.enabled is false"]);
    holds(
        &told(json!({"accounts": both, "defaultAccount": 1})),
        &["defaultAccount is not a text"],
    );
}

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
fn files_are_included_as_openclaw_includes_them() {
    let whole = Machine::with(r#"{"channels": {"$include": "./channels.json5"}}"#)
        .file(
            ".openclaw/channels.json5",
            "{feishu: {$include: 'sub/f.json'}}",
        )
        .file(
            ".openclaw/sub/f.json",
            r#"{"appId": "a", "$include": "../secret.json"}"#,
        )
        .file(
            ".openclaw/secret.json",
            r#"{"appSecret": "${S}", "appId": "lost"}"#,
        );
    assert_eq!(whole.var("S", "s").app(), "a:s");
    let list = Machine::with(r#"{"$include": ["a.json", "b.json"], agents: {$include: "gone.json"}}"#)
        .file(".openclaw/a.json", r#"{"channels": {"feishu": {"appId": "a", "appSecret": "a"}, "slack": {"$include": "gone"}}}"#)
        .file(".openclaw/b.json", r#"{"channels": {"feishu": {"appSecret": "b"}}}"#);
    assert_eq!(list.app(), "a:b");
}

#[test]
fn what_cannot_be_included_is_named_by_its_path() {
    let including =
        |name: &str| Machine::with(&json!({"channels": {"$include": name}}).to_string());
    holds(
        &including("gone.json").told(),
        &["openclaw.json", "gone.json", "can't be read"],
    );
    let broken = including("b.json").file(".openclaw/b.json", "{feishu: {appSecret: 'hunter2' x");
    holds(&broken.told(), &["b.json", "JSON5"]);
    holds(
        &including("../out.json").file("out.json", "{}").told(),
        &["out.json", "OPENCLAW_INCLUDE_ROOTS"],
    );
    let allowed = including("../more/out.json")
        .file(
            "more/out.json",
            r#"{"feishu": {"appId": "a", "appSecret": "s"}}"#,
        )
        .var("OPENCLAW_INCLUDE_ROOTS", "~/more:/elsewhere");
    #[cfg(unix)]
    assert_eq!(allowed.app(), "a:s");
    let circle = including("a.json").file(
        ".openclaw/a.json",
        r#"{"feishu": {"$include": "./a.json"}}"#,
    );
    holds(&circle.told(), &["include each other", "a.json → "]);
    let list = including("l.json").file(".openclaw/l.json", r#"{"x": 1, "$include": 7}"#);
    holds(&list.told(), &["l.json", "neither a path nor a list"]);
    let mixed = including("m.json")
        .file(
            ".openclaw/m.json",
            r#"{"feishu": {}, "$include": "n.json"}"#,
        )
        .file(".openclaw/n.json", "[1]");
    holds(&mixed.told(), &["m.json", "has to be an object"]);
}

#[cfg(unix)]
#[test]
fn a_link_out_of_the_folder_is_not_followed() {
    let machine =
        Machine::with(r#"{"channels": {"$include": "link.json"}}"#).file("out.json", "{}");
    std::os::unix::fs::symlink(
        machine.path("out.json"),
        machine.path(".openclaw/link.json"),
    )
    .unwrap();
    holds(&machine.told(), &["link.json", "outside"]);
}

#[test]
fn includes_end_at_ten_levels_and_at_a_number_of_files() {
    let chain = |levels: usize| {
        let mut machine = Machine::with(r#"{"channels": {"feishu": {"$include": "1.json"}}}"#);
        for level in 1..levels {
            let next = format!(r#"{{"$include": "{}.json"}}"#, level + 1);
            machine = machine.file(&format!(".openclaw/{level}.json"), next);
        }
        machine.file(
            &format!(".openclaw/{levels}.json"),
            r#"{"appId": "a", "appSecret": "s"}"#,
        )
    };
    assert_eq!(chain(10).app(), "a:s");
    holds(&chain(11).told(), &["11.json", "ten files deep"]);
    let many = vec!["1.json"; 100];
    let machine = Machine::with(&json!({"channels": {"$include": many}}).to_string());
    holds(
        &machine.file(".openclaw/1.json", "{}").told(),
        &["64 files"],
    );
}

#[test]
fn every_place_is_looked_at_in_its_order_and_told_when_nothing_is_there() {
    let config =
        |id: &str| json!({"channels": {"feishu": {"appId": id, "appSecret": "s"}}}).to_string();
    let machine = Machine::new();
    holds(
        &machine.told(),
        &[
            "not found",
            "nexu/runtime/openclaw/state/openclaw.json",
            ".openclaw/openclaw.json",
        ],
    );
    let machine = machine.file(".clawdbot/clawdbot.json", config("former"));
    assert_eq!(machine.app(), "former:s");
    let machine = machine.file(".openclaw/openclaw.json", config("usual"));
    assert_eq!(machine.app(), "usual:s");
    let machine = machine
        .file("srv/.openclaw/openclaw.json", config("home"))
        .var("OPENCLAW_HOME", "~/srv");
    assert_eq!(machine.app(), "home:s");
    let own = machine.path("own.json5");
    let machine = machine
        .file("own.json5", config("path"))
        .var("OPENCLAW_CONFIG_PATH", own.to_str().unwrap());
    assert_eq!(machine.app(), "path:s");
    let machine = machine.file("nexu/runtime/openclaw/state/openclaw.json", config("nexu"));
    assert_eq!(machine.app(), "nexu:s");
    let state = machine.path("state");
    let machine = machine
        .file("state/openclaw.json", config("state"))
        .var("OPENCLAW_STATE_DIR", state.to_str().unwrap());
    let found = machine.find(None).unwrap();
    assert_eq!(found.app_id, "state");
    holds(&found.found_in, &["state/openclaw.json", "account default"]);
}

#[test]
fn a_file_without_an_app_is_passed_over_and_one_that_cannot_be_used_is_not() {
    let usual = json!({"channels": {"feishu": {"appId": "usual", "appSecret": "s"}}}).to_string();
    let with_nexu =
        |nexu: &str| Machine::with(&usual).file("nexu/runtime/openclaw/state/openclaw.json", nexu);
    for empty in [
        "{}",
        "{channels: {}}",
        "{channels: {feishu: {enabled: false}}}",
        "{channels: {feishu: {accounts: {a: {}}}}}",
    ] {
        assert_eq!(with_nexu(empty).app(), "usual:s", "{empty}");
    }
    for (broken, word) in [
        ("{", "JSON5"),
        ("[]", "not a JSON object"),
        ("", "JSON5"),
        ("{channels: []}", "channels"),
        ("{channels: {feishu: 1}}", "channels.feishu"),
        (
            "{channels: {feishu: {accounts: 'x'}}}",
            "channels.feishu.accounts",
        ),
        (
            "{channels: {feishu: {accounts: [1]}}}",
            "channels.feishu.accounts[0]",
        ),
        (
            "{channels: {feishu: {appId: 1, appSecret: {}}}}",
            "channels.feishu.appId",
        ),
        ("\u{1}", "JSON5"),
    ] {
        holds(
            &with_nexu(broken).told(),
            &["nexu/runtime/openclaw/state/openclaw.json", word],
        );
    }
    let folder = Machine::with(&usual).file("nexu/runtime/openclaw/state/openclaw.json/x", "");
    holds(
        &folder.told(),
        &["nexu/runtime/openclaw/state/openclaw.json can't be read"],
    );
    let wide = Machine::with(&usual).file(
        "nexu/runtime/openclaw/state/openclaw.json",
        b"\xff\xfe{\0}\0",
    );
    holds(&wide.told(), &["UTF-16"]);
    let gone = Machine::with(&usual).var("OPENCLAW_CONFIG_PATH", "/gone/openclaw.json");
    holds(
        &gone.told(),
        &["OPENCLAW_CONFIG_PATH", "/gone/openclaw.json"],
    );
}

#[test]
fn a_platform_is_known_by_each_of_its_spellings_and_by_no_other() {
    let origin = |domain: &str| {
        let feishu = json!({"domain": "lark", "accounts": {"a": {"appId": "a", "appSecret": "s", "domain": domain}}});
        Machine::feishu(&feishu).find(None).unwrap().origin
    };
    for (domain, known) in [
        ("feishu", FEISHU),
        ("Feishu", FEISHU),
        ("LARK", LARKSUITE),
        (" lark ", LARKSUITE),
        ("https://open.larksuite.com", LARKSUITE),
        ("https://open.larksuite.com/", LARKSUITE),
        ("HTTPS://Open.LarkSuite.com:443", LARKSUITE),
        ("https://open.feishu.cn", FEISHU),
        ("https://open.feishu.cn/", FEISHU),
    ] {
        assert_eq!(origin(domain), Ok(known), "{domain}");
    }
    for other in [
        "",
        "larksuite",
        "open.larksuite.com",
        "http://open.larksuite.com",
        "https://open.larksuite.com.example.com",
        "https://open.larksuite.com@example.com",
        "https://open.larksuite.com:8443",
        "https://open.feishu.cn/open-apis/x",
        "https://example.com",
        "国际版",
    ] {
        holds(
            &origin(other).unwrap_err(),
            &["channels.feishu.accounts.a.domain", "can't be used"],
        );
    }
    let lark = Machine::feishu(&json!({"appId": "a", "appSecret": "s", "domain": 1}));
    holds(
        &lark.find(None).unwrap().origin.unwrap_err(),
        &["channels.feishu.domain is not a text"],
    );
    let unsaid = Machine::feishu(&json!({"appId": "a", "appSecret": "s"}));
    assert_eq!(unsaid.find(None).unwrap().origin, Ok(FEISHU));
}

#[test]
fn names_from_the_file_command_no_terminal() {
    let accounts = json!({"accounts": {"a\u{1b}[2J": {"appId": "a"}}});
    let words = Machine::feishu(&accounts).told();
    assert!(!words.contains('\u{1b}'), "{words:?}");
}
