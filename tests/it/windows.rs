//! What is another on Windows than elsewhere: the home folder, letters, files that somebody has open, the keyring, privacy.

use std::ffi::OsStr;
use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};

use fakes::GATEWAY_KEY;

use crate::env::{CHAT, TestEnv, USER_HOME, files_below};

/// A user's folder as they are: with a blank, with letters of three scripts.
const USER: &str = "王 小明 ü";

#[test]
fn the_home_folder_is_in_the_users_profile_whatever_letters_that_has() {
    let mut env = TestEnv::new();
    let profile = env.folder().join(USER);
    fs::create_dir(&profile).unwrap();
    env.set(USER_HOME, &profile);
    env.set("HOME", env.folder().join("nobody's"));
    env.set("NEXU_HOME", "");
    env.run_with_input(
        ["setup", "--api-key", "-", "--video-ratio", "9:16"],
        &format!("{GATEWAY_KEY}\r\n"),
    )
    .ok()
    .says(USER);
    assert!(profile.join(".nexu").join("libtv.json").is_file());
    assert!(!env.folder().join("nobody's").exists());
    let id = env
        .ask("红色的狐狸 🦊 läuft", "feishu", CHAT)
        .ok()
        .session_id();
    env.watch(&id).ok();
    env.wait_for_messages(CHAT, 1);
    let words = env.gateway().submits().pop().unwrap().text;
    assert!(words.starts_with("红色的狐狸 🦊 läuft"), "{words}");
    env.run(["query-session", &id, "--short"]).ok();
    env.run(["status"]).ok().says("红色的狐狸");
    let folder = profile.join("out put");
    let folder = folder.to_str().unwrap();
    env.run(["download-results", &id, "--output-dir", folder])
        .ok()
        .says("out put");
    assert_eq!(files_below(OsStr::new(folder).as_ref()).len(), 1);
    // It lies where keys are kept, in a home of its own: what is left is searched for keys.
    env.run(["remove-key"]).ok();
}

#[test]
fn what_a_program_writes_is_utf_8_on_every_console() {
    let env = TestEnv::new();
    let shown = env.run(["check"]).ok().stdout;
    assert!(shown.contains("✅") && shown.contains("🔑"), "{shown}");
    assert!(!shown.contains('\u{1b}'), "a pipe gets no colours: {shown}");
}

/// Other programs have a file open for moments, again and again: virus scanners, indexers, backups.
#[test]
fn a_file_that_others_read_all_the_time_is_replaced_all_the_same() {
    let env = TestEnv::new();
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !is_over.load(Ordering::Relaxed) {
                // Between two names there may be none for a moment.
                if let Ok(text) = fs::read_to_string(env.config_path()) {
                    assert!(
                        text.ends_with('}') || text.ends_with("}\n"),
                        "half of it: {text}"
                    );
                }
            }
        });
        let changed = env.run(["update-ratio", "--video-ratio", "1:1"]);
        is_over.store(true, Ordering::Relaxed);
        changed.ok();
    });
    assert_eq!(env.config()["videoRatio"], "1:1");
}

#[test]
fn the_key_goes_into_the_credential_manager_where_the_user_asks_for_it() {
    let env = TestEnv::builder().config(None).start();
    env.run_with_input(["setup", "--api-key", "-", "--keyring"], GATEWAY_KEY)
        .ok();
    assert!(!env.config().to_string().contains(GATEWAY_KEY));
    env.run(["check"])
        .ok()
        .says("the keyring of the operating system")
        .says("✅ Key valid");
    env.run(["remove-key"]).ok();
    env.run(["check"]).refused("API Key not configured.");
}

#[test]
fn the_skill_is_installed_into_a_folder_with_blanks() {
    let env = TestEnv::new();
    let skills = env.folder().join("my skills");
    env.run(["skill", "install", "--for", skills.to_str().unwrap()])
        .ok();
    assert!(skills.join("libtv-video").join("SKILL.md").is_file());
    env.run(["skill", "install", "--for", skills.to_str().unwrap()])
        .ok();
}
