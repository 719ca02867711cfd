//! Which account is meant, and what it is made of.

use serde_json::{Value, json};

use super::{Machine, holds};
use contract::services::{FEISHU_ORIGIN as FEISHU, LARK_ORIGIN as LARKSUITE};

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
    assert_eq!(account.origin, Ok(LARKSUITE.into()));
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
    let named = json!({"channels": {"feishu": {"accounts": both, "defaultAccount": "${BOT}"}}});
    let named = Machine::with(&named.to_string());
    holds(
        &named.told(),
        &["channels.feishu.defaultAccount refers to", "BOT"],
    );
    assert_eq!(named.var("BOT", "A").app(), "a:s");
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
        assert_eq!(origin(domain), Ok(known.into()), "{domain}");
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
    assert_eq!(unsaid.find(None).unwrap().origin, Ok(FEISHU.into()));
}

#[test]
fn names_from_the_file_command_no_terminal() {
    let accounts = json!({"accounts": {"a\u{1b}[2J": {"appId": "a"}}});
    let words = Machine::feishu(&accounts).told();
    assert!(!words.contains('\u{1b}'), "{words:?}");
}
