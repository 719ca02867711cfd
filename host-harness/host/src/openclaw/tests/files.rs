//! Which file is read, and what it includes.

use serde_json::json;

use super::{Machine, holds};

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
    // Two folders in one variable are parted as on Unix.
    #[cfg(unix)]
    {
        let allowed = including("../more/out.json")
            .file(
                "more/out.json",
                r#"{"feishu": {"appId": "a", "appSecret": "s"}}"#,
            )
            .var("OPENCLAW_INCLUDE_ROOTS", "~/more:/elsewhere");
        assert_eq!(allowed.app(), "a:s");
    }
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

#[cfg(unix)]
#[test]
fn a_pipe_that_nobody_writes_to_is_not_waited_for() {
    let machine = Machine::with(r#"{"channels": {"$include": "pipe"}}"#);
    let pipe = machine.path(".openclaw/pipe");
    let mode = rustix::fs::Mode::RUSR;
    rustix::fs::mknodat(rustix::fs::CWD, pipe, rustix::fs::FileType::Fifo, mode, 0).unwrap();
    holds(&machine.told(), &["pipe", "no file"]);
}
