//! OpenClaw's configuration as people have it: `check` names the file and the account, or what can't be used and what to set;
//! a delivery goes out as that account and as no other.

use std::path::PathBuf;

use fakes::{FEISHU_APP_ID, FEISHU_APP_SECRET, FEISHU_HOST, Fake, GATEWAY_KEY, LARK_HOST};
use serde_json::json;

use crate::delivery::job;
use crate::delivery_people::{OTHER_ID, OTHER_SECRET, account, bare, came_by};
use crate::env::{TestEnv, block_on};

/// Where OpenClaw keeps its file when nobody says otherwise.
fn usual(env: &TestEnv) -> PathBuf {
    env.folder().join("user/.openclaw")
}

fn write(path: PathBuf, content: impl AsRef<[u8]>) -> PathBuf {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, content).unwrap();
    path
}

/// A plain OpenClaw with this configuration.
fn plain(config: &str) -> (TestEnv, PathBuf) {
    let env = bare().start();
    let path = write(usual(&env).join("openclaw.json"), config);
    (env, path)
}

#[test]
fn the_file_that_openclaws_wizard_writes_is_found_and_used() {
    let (env, path) = plain(&format!(
        "// written by a person\n{{\n  channels: {{\n    feishu: {{ enabled: true, appId: '{FEISHU_APP_ID}', appSecret: \"{FEISHU_APP_SECRET}\", }},\n  }},\n}}\n"
    ));
    let found = format!("found in {}, account default", path.display());
    env.run(["check"]).ok().says(&found).says(FEISHU_APP_ID);
    env.run(["doctor"]).says(&found);
    assert_eq!(came_by(&env), (FEISHU_APP_ID.to_owned(), FEISHU_HOST));
}

#[test]
fn a_configuration_in_pieces_with_its_secrets_elsewhere_is_put_together() {
    let (mut env, _) = plain(
        r#"{"channels": {"$include": "./channels.json5"}, env: {vars: {APP: "${APP_OF_ENV}"}},
            "secrets": {"providers": {"mine": {"source": "file", "path": "~/keys/feishu.json"}}}}"#,
    );
    write(
        usual(&env).join("channels.json5"),
        "{feishu: {domain: 'https://open.larksuite.com/', accounts: {work: {appId: '${APP}', appSecret: {source: 'file', provider: 'mine', id: '/bots/a~1b'}}}}}",
    );
    let secrets = json!({"bots": {"a/b": OTHER_SECRET}}).to_string();
    write(env.folder().join("user/keys/feishu.json"), secrets);
    env.set("APP_OF_ENV", OTHER_ID);
    env.run(["check"]).ok().says("account work").says(OTHER_ID);
    assert_eq!(came_by(&env), (OTHER_ID.to_owned(), LARK_HOST));
    assert!(
        env.feishu().requests().is_empty(),
        "the secret went to Feishu"
    );
}

#[test]
fn a_variable_of_openclaws_env_file_is_found_by_its_reference() {
    for reference in [
        json!("${BOT_SECRET}"),
        json!("$BOT_SECRET"),
        json!({"source": "env", "provider": "default", "id": "BOT_SECRET"}),
    ] {
        let feishu = json!({"appId": OTHER_ID, "appSecret": reference});
        let (env, _) = plain(&json!({"channels": {"feishu": feishu}}).to_string());
        write(
            usual(&env).join(".env"),
            format!("BOT_SECRET={OTHER_SECRET}\n"),
        );
        assert_eq!(came_by(&env).0, OTHER_ID, "{reference}");
    }
}

#[test]
fn a_secret_that_cannot_be_had_is_told_by_its_member_and_no_other_account_is_taken() {
    for (secret, words) in [
        (json!("${BOT_SECRET}"), "BOT_SECRET"),
        (
            json!({"source": "exec", "provider": "vault", "id": "x"}),
            "another program",
        ),
        (
            json!({"source": "file", "provider": "gone", "id": "/x"}),
            "secrets.providers.gone",
        ),
        (json!(null), "missing"),
    ] {
        let accounts = json!({"main": {"appId": OTHER_ID, "appSecret": secret}, "two": account(FEISHU_APP_ID, FEISHU_APP_SECRET)});
        let config =
            json!({"channels": {"feishu": {"defaultAccount": "main", "accounts": accounts}}});
        let (env, path) = plain(&config.to_string());
        let told = env.run(["check"]).says("Feishu credentials: can't be used");
        told.says("channels.feishu.accounts.main.appSecret")
            .says(words)
            .says(&path.display().to_string())
            .says("FEISHU_APP_SECRET");
        let json = env.run(["check", "--json"]).json();
        assert_eq!(json["feishu"], json!(null));
        assert!(json["feishuProblem"].as_str().unwrap().contains(words));
        env.run(["doctor"]).exits(1).says("accounts.main.appSecret");
        // The submit itself says why nothing will arrive, to whoever can mend it.
        let line = ["create-session", "a fox", "--channel", "feishu"];
        let submitted = env.run([&line[..], &["--chat-id", "oc_x"]].concat());
        let note = submitted.ok().json()["operatorNote"].to_string();
        assert!(note.contains("accounts.main.appSecret"), "{note}");
        assert!(note.contains(words), "{note}");
        nothing_is_sent(&env, "accounts.main.appSecret");
    }
}

/// A finished job waits, says why in the log, and neither platform hears of it.
fn nothing_is_sent(env: &TestEnv, reason: &str) {
    env.gateway()
        .set_default_job(job(&["/sd-gen-save-img/1.png"]));
    let serve = env.serve();
    env.submit("a cat");
    serve.wait_for_line(reason);
    for platform in [env.feishu(), env.world().lark()] {
        assert!(platform.requests().is_empty());
    }
}

#[test]
fn a_platform_that_is_not_known_gets_no_secret_and_neither_does_another() {
    for domain in [
        "larksuite",
        "https://open.larksuite.com.example.com",
        "https://example.com",
        "",
    ] {
        let mut feishu = account(OTHER_ID, OTHER_SECRET);
        feishu["domain"] = domain.into();
        let (env, _) = plain(&json!({"channels": {"feishu": feishu}}).to_string());
        env.run(["check"])
            .says("can't be used")
            .says("channels.feishu.domain");
        nothing_is_sent(&env, "channels.feishu.domain");
    }
}

#[test]
fn of_several_bots_the_one_sends_that_the_file_means() {
    let (one, two) = (
        account("cli_nobody", "nothing"),
        account(OTHER_ID, OTHER_SECRET),
    );
    let mut retired = one.clone();
    retired["enabled"] = false.into();
    for feishu in [
        json!({"accounts": {"a": one, "b": two}, "defaultAccount": "b"}),
        json!({"accounts": {"a": one, "default": two}}),
        json!({"accounts": {"a": retired, "b": two}}),
        json!({"appId": OTHER_ID, "appSecret": OTHER_SECRET, "accounts": {"a": one}}),
        json!({"appSecret": OTHER_SECRET, "accounts": {"b": {"appId": OTHER_ID}}}),
    ] {
        let (env, _) = plain(&json!({"channels": {"feishu": feishu}}).to_string());
        assert_eq!(came_by(&env).0, OTHER_ID, "{feishu}");
    }
    let feishu = json!({"accounts": {"a": one, "b": two}, "defaultAccount": "c"});
    let (env, _) = plain(&json!({"channels": {"feishu": feishu}}).to_string());
    env.run(["check"])
        .says("channels.feishu.defaultAccount")
        .says("a, b");
}

#[test]
fn the_places_that_openclaw_names_are_looked_at_and_told() {
    let good = json!({"channels": {"feishu": account(OTHER_ID, OTHER_SECRET)}}).to_string();
    let mut env = bare().start();
    let told = env
        .run(["check"])
        .ok()
        .says("Feishu credentials: not found");
    told.says(&usual(&env).join("openclaw.json").display().to_string())
        .says("nexu/runtime/openclaw/state/openclaw.json")
        .says("FEISHU_APP_ID and FEISHU_APP_SECRET");
    write(env.folder().join("srv/.openclaw/openclaw.json"), &good);
    env.set("OPENCLAW_HOME", env.folder().join("srv"));
    env.run(["check"])
        .ok()
        .says("srv/.openclaw/openclaw.json, account default");
    let (mut env, _) = plain("{}");
    let named = write(env.folder().join("named.json5"), &good);
    env.set("OPENCLAW_CONFIG_PATH", &named);
    assert_eq!(came_by(&env).0, OTHER_ID);
}

#[test]
fn a_file_that_is_there_and_cannot_be_read_is_told_and_no_other_is_taken() {
    let good = json!({"channels": {"feishu": account(FEISHU_APP_ID, FEISHU_APP_SECRET)}});
    let (env, _) = plain(&good.to_string());
    let state = env.home().join("runtime/openclaw/state");
    for (content, words) in [
        (&b"{\"channels\": {"[..], "JSON5"),
        (b"{channels: {$include: 'gone.json'}}", "gone.json"),
        (b"\xff\xfe{\0}\0", "UTF-16"),
    ] {
        let path = write(state.join("openclaw.json"), content);
        env.run(["check"])
            .says("can't be used")
            .says(&path.display().to_string())
            .says(words);
    }
    nothing_is_sent(&env, "openclaw.json");
}

#[test]
fn a_byte_order_mark_is_part_of_no_key_and_of_no_configuration() {
    let env = TestEnv::builder().config(None).start();
    let key = format!("\u{feff}{GATEWAY_KEY}\r\n");
    env.run_with_input(["setup", "--api-key", "-"], &key).ok();
    assert_eq!(env.config()["apiKey"], GATEWAY_KEY);
    let marked = format!(
        "\u{feff}{}",
        json!({"apiKey": GATEWAY_KEY, "videoRatio": "9:16"})
    );
    let env = TestEnv::builder().config(Some(&marked)).start();
    env.run(["check"]).ok().line("📐 Video ratio: 9:16");
    env.run(["update-ratio", "--video-ratio", "1:1"]).ok();
    assert_eq!(env.config()["videoRatio"], "1:1");
}

#[test]
fn the_skill_goes_where_this_openclaw_looks_for_it() {
    let mut env = TestEnv::new();
    env.set("OPENCLAW_HOME", "~/claw");
    env.run(["skill", "install", "--for", "openclaw"]).ok();
    let skill = env
        .folder()
        .join("user/claw/.openclaw/skills/libtv-video/SKILL.md");
    assert!(skill.is_file(), "{}", skill.display());
    // Without a name, too: that it is there is seen by its folder.
    std::fs::remove_dir_all(skill.parent().unwrap()).unwrap();
    env.run(["skill", "install"]).ok();
    assert!(skill.is_file());
    assert!(!env.folder().join("user/.openclaw").exists());
}

#[test]
fn an_embedding_program_reads_openclaws_files_as_well() {
    let (env, _) =
        plain(&json!({"channels": {"feishu": account(OTHER_ID, OTHER_SECRET)}}).to_string());
    let configuration = block_on(env.harness().check(None)).unwrap();
    assert_eq!(configuration.accounts[0].id, OTHER_ID);
}
