//! The API key in a keyring, where the user asked for that and one answers. The keyring is a fake behind the
//! library's own trait; for the program's own one it is a `secret-tool` that behaves as libsecret's does.

use std::collections::BTreeMap;
use std::fs;
use std::sync::{Arc, Mutex};

use fakes::{DIRECT_KEY, Fake, GATEWAY_KEY};
use host_harness::{CallError, CommandEnd, Keyring, Output, Secret, Stdio};

use crate::env::{TestEnv, block_on};

#[derive(Clone, Default)]
struct Stand(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    key: Option<String>,
    locked: bool,
    loads: u32,
}

impl Stand {
    fn answers<T>(&self, work: impl FnOnce(&mut State) -> T) -> Result<T, String> {
        let mut state = self.0.lock().unwrap();
        if state.locked {
            return Err("it is locked".to_owned());
        }
        Ok(work(&mut state))
    }

    fn lock(&self, locked: bool) {
        self.0.lock().unwrap().locked = locked;
    }

    fn key(&self) -> Option<String> {
        self.0.lock().unwrap().key.clone()
    }
}

impl Keyring for Stand {
    fn load(&self) -> Result<Option<Secret>, String> {
        self.answers(|state| {
            state.loads += 1;
            state.key.clone().map(Secret::new)
        })
    }

    fn store(&self, secret: &str) -> Result<(), String> {
        self.answers(|state| state.key = Some(secret.to_owned()))
    }

    fn remove(&self) -> Result<(), String> {
        self.answers(|state| state.key = None)
    }
}

/// What a command printed, and how it ended.
struct Ran {
    printed: String,
    end: CommandEnd,
}

fn run(env: &TestEnv, keyring: &Stand, arguments: &[&str]) -> Ran {
    try_run(env, keyring, arguments).unwrap()
}

/// Runs a command as a program with this keyring does.
fn try_run(env: &TestEnv, keyring: &Stand, arguments: &[&str]) -> Result<Ran, CallError> {
    env.keys_in(arguments);
    let printed: Arc<Mutex<Vec<u8>>> = Arc::default();
    let stdio = Stdio {
        stdout: Output::to(Kept(Arc::clone(&printed))),
        stderr: Output::to(Kept(Arc::clone(&printed))),
        key_input: Box::new(|| Ok(String::new())),
    };
    let keyring = keyring.clone();
    let harness = env.harness_with(|settings| settings.with_keyring(keyring));
    let arguments = arguments.iter().map(Into::into).collect();
    let end = block_on(harness.run_command(arguments, stdio))?;
    let printed = String::from_utf8(printed.lock().unwrap().clone()).unwrap();
    env.printed(&printed);
    Ok(Ran { printed, end })
}

struct Kept(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn file(env: &TestEnv) -> BTreeMap<String, serde_json::Value> {
    serde_json::from_str(&fs::read_to_string(env.config_path()).unwrap()).unwrap()
}

fn empty() -> (TestEnv, Stand) {
    let env = TestEnv::builder().config(Some(r#"{"mine":1}"#)).start();
    (env, Stand::default())
}

#[test]
fn a_key_goes_into_the_keyring_where_the_user_asks_for_it_and_is_used_from_there() {
    let (env, keyring) = empty();
    let ran = run(
        &env,
        &keyring,
        &["setup", "--api-key", GATEWAY_KEY, "--keyring"],
    );
    assert!(
        ran.printed.contains("✅ API Key saved (****1234)"),
        "{}",
        ran.printed
    );
    assert_eq!(ran.end.warning, None);
    assert_eq!(keyring.key().as_deref(), Some(GATEWAY_KEY));
    assert!(!file(&env).contains_key("apiKey"), "{:?}", file(&env));
    assert_eq!(file(&env)["mine"], 1);
    let ran = run(&env, &keyring, &["check"]);
    assert_eq!(ran.end.exit_code, 0, "{}", ran.printed);
    assert!(
        ran.printed
            .contains("🔐 The key is kept in: the keyring of the operating system"),
        "{}",
        ran.printed
    );
    let sent = env.gateway().requests().pop().unwrap();
    assert_eq!(sent.header("x-api-key"), Some(GATEWAY_KEY));
}

#[test]
fn without_being_asked_the_key_stays_in_the_file_and_the_keyring_is_left_alone() {
    let (env, keyring) = empty();
    run(&env, &keyring, &["setup", "--api-key", GATEWAY_KEY]);
    assert_eq!(file(&env)["apiKey"], GATEWAY_KEY);
    let ran = run(&env, &keyring, &["check"]);
    let place = format!("🔐 The key is kept in: {}", env.config_path().display());
    assert!(ran.printed.contains(&place), "{}", ran.printed);
    let state = keyring.0.lock().unwrap();
    assert_eq!((&state.key, state.loads), (&None, 0));
}

#[test]
fn where_no_keyring_answers_the_key_is_kept_in_the_file_and_that_is_told() {
    let (env, keyring) = empty();
    keyring.lock(true);
    let ran = run(
        &env,
        &keyring,
        &["setup", "--api-key", GATEWAY_KEY, "--keyring"],
    );
    let warning = ran.end.warning.unwrap();
    assert!(
        warning.contains("it is locked") && warning.contains("libtv.json"),
        "{warning}"
    );
    assert_eq!(file(&env)["apiKey"], GATEWAY_KEY);
    assert_eq!(run(&env, &keyring, &["check"]).end.exit_code, 0);
}

#[test]
fn a_key_of_an_earlier_installation_moves_over_when_the_user_asks() {
    let env = TestEnv::new();
    let keyring = Stand::default();
    run(
        &env,
        &keyring,
        &["setup", "--video-ratio", "1:1", "--keyring"],
    );
    assert_eq!(keyring.key().as_deref(), Some(GATEWAY_KEY));
    assert!(!file(&env).contains_key("apiKey"));
    assert_eq!(file(&env)["videoRatio"], "1:1");
    assert_eq!(run(&env, &keyring, &["check"]).end.exit_code, 0);
}

#[test]
fn once_asked_later_keys_go_there_as_well_and_remove_key_removes_them_there() {
    let (env, keyring) = empty();
    run(
        &env,
        &keyring,
        &["setup", "--api-key", GATEWAY_KEY, "--keyring"],
    );
    let ran = run(&env, &keyring, &["update-key", "--api-key", DIRECT_KEY]);
    assert!(
        ran.printed.contains("****1234 → ****5678"),
        "{}",
        ran.printed
    );
    assert_eq!(keyring.key().as_deref(), Some(DIRECT_KEY));
    let ran = run(&env, &keyring, &["remove-key"]);
    assert!(
        ran.printed.contains("✅ Key removed (****5678)"),
        "{}",
        ran.printed
    );
    assert_eq!(keyring.key(), None);
    assert_eq!(file(&env).keys().collect::<Vec<_>>(), ["mine"]);
}

#[test]
fn a_keyring_that_is_locked_later_is_told_and_not_taken_for_no_key_at_all() {
    let (env, keyring) = empty();
    run(
        &env,
        &keyring,
        &["setup", "--api-key", GATEWAY_KEY, "--keyring"],
    );
    keyring.lock(true);
    let ran = run(&env, &keyring, &["check"]);
    assert_eq!(ran.end.exit_code, 1);
    let refused = try_run(&env, &keyring, &["remove-key"]).err().unwrap();
    assert!(refused.to_string().contains("it is locked"), "{refused}");
    let notes = ran.end.notes.join("\n");
    assert!(notes.contains("can't be used: it is locked"), "{notes}");
    keyring.lock(false);
    assert_eq!(run(&env, &keyring, &["check"]).end.exit_code, 0);
}

/// A `secret-tool` with one entry for each set of attributes. It fails without words when there is no such entry, and with
/// words while `locked` is there.
#[cfg(unix)]
const SECRET_TOOL: &str = r#"#!/bin/sh
folder=$(dirname "$0")
[ ! -e "$folder/locked" ] || { echo "secret-tool: Cannot get secret of a locked object" >&2; exit 1; }
action=$1; shift
case $1 in --label=*) shift ;; esac
entry="$folder/entry-$(printf %s "$*" | cksum | tr ' ' -)"
case $action in
  store) cat > "$entry" ;;
  lookup) cat "$entry" 2> /dev/null ;;
  clear) rm "$entry" 2> /dev/null ;;
esac
"#;

#[cfg(unix)]
#[test]
fn the_program_keeps_its_key_in_the_desktops_keyring() {
    use std::os::unix::fs::PermissionsExt;
    let mut env = TestEnv::builder().config(None).start();
    let tools = env.folder().join("tools");
    fs::create_dir(&tools).unwrap();
    fs::write(tools.join("secret-tool"), SECRET_TOOL).unwrap();
    fs::set_permissions(tools.join("secret-tool"), fs::Permissions::from_mode(0o755)).unwrap();
    let empty = env.folder().join("empty");
    fs::create_dir(&empty).unwrap();

    env.set("PATH", &empty);
    env.run_with_input(["setup", "--api-key", "-", "--keyring"], GATEWAY_KEY)
        .ok()
        .hints("libsecret");
    assert_eq!(file(&env)["apiKey"], GATEWAY_KEY, "where none answers");

    env.set("PATH", format!("{}:/usr/bin:/bin", tools.display()));
    env.run_with_input(["setup", "--api-key", "-", "--keyring"], GATEWAY_KEY)
        .ok();
    assert!(!format!("{:?}", file(&env)).contains(GATEWAY_KEY));
    let kept: Vec<_> = fs::read_dir(&tools)
        .unwrap()
        .map(|entry| fs::read_to_string(entry.unwrap().path()).unwrap())
        .filter(|text| text == GATEWAY_KEY)
        .collect();
    assert_eq!(kept.len(), 1);
    env.run(["check"])
        .ok()
        .says("the keyring of the operating system")
        .says("\u{2705} Key valid");

    fs::write(tools.join("locked"), "").unwrap();
    env.run(["check"]).exits(1).never_says("Key valid");
    fs::remove_file(tools.join("locked")).unwrap();
    env.run(["remove-key"]).ok();
    env.run(["check"]).refused("API Key not configured.");
    fs::remove_dir_all(tools).unwrap();
}
