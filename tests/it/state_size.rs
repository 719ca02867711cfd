//! The state folder is bounded, whatever a component writes into it.

use std::fs::{self, File};
use std::path::PathBuf;

use fakes::Fake;

use crate::delivery::job;
use crate::env::{CHAT, TestEnv};

/// As `limits::STATE_BYTES`, which a user reads in `grants`.
const STATE_BYTES: u64 = 4 << 30;
const REASON: &str = "it used more than 4294967296 bytes in the state folder";

/// Fills the state folder to its quota, with a file that takes no space on the disk. The account of what was written
/// goes, so that the folder is measured.
fn fill(env: &TestEnv) -> PathBuf {
    let filler = env.state().join("filler");
    File::create(&filler).unwrap().set_len(STATE_BYTES).unwrap();
    fs::remove_file(env.home().join("libtv-state-size")).unwrap();
    filler
}

#[test]
fn in_a_full_state_folder_nothing_is_submitted_and_once_there_is_room_it_is() {
    let env = TestEnv::new();
    env.submit("the first");
    let filler = fill(&env);
    let out = env.run(["create-session", "a cat"]).exits(1);
    assert!(out.stdout.contains(REASON), "{}", out.stdout);
    let paid = env.gateway().requests_to("POST /libtv/v1/session").len();
    assert_eq!(paid, 1, "a request that could not be stored was sent");
    let recorded = env.run(["audit", "--json", "--last", "1"]).ok().json();
    assert_eq!(recorded["outcome"], "stopped-at-state-bytes-limit");
    // Reading needs no room.
    env.run(["tasks"]).ok();
    fs::remove_file(filler).unwrap();
    env.run(["create-session", "a cat"]).ok();
}

#[test]
fn a_session_whose_step_found_no_room_goes_on_when_there_is_some() {
    let env = TestEnv::new();
    env.gateway()
        .set_default_job(job(&["/sd-gen-save-img/1.png"]));
    let id = env.submit("a cat");
    let filler = fill(&env);
    let serve = env.serve();
    let line = serve.wait_for_line(&format!("{id}: step failed"));
    assert!(line.contains(REASON), "{line}");
    assert!(env.chat().is_empty());
    fs::remove_file(filler).unwrap();
    env.wait_for_messages(CHAT, 1);
}

#[test]
fn what_many_commands_write_is_added_up_without_measuring_the_folder() {
    let env = TestEnv::new();
    env.submit("the first");
    let account = env.home().join("libtv-state-size");
    let used = || -> u64 {
        let text = fs::read_to_string(&account).unwrap();
        text.split_whitespace().next().unwrap().parse().unwrap()
    };
    let before = used();
    // Nobody measures: this would count.
    let filler = env.state().join("filler");
    File::create(&filler).unwrap().set_len(1 << 30).unwrap();
    for _ in 0..3 {
        env.submit("another");
    }
    let grown = used() - before;
    assert!(
        grown > 0 && grown < 1 << 20,
        "{grown} bytes for three sessions"
    );
    // All that is left is searched for secrets.
    fs::remove_file(filler).unwrap();
}

#[test]
fn the_account_of_the_folders_size_is_not_in_the_folder() {
    let env = TestEnv::new();
    env.submit("a cat");
    let names: Vec<_> = crate::env::files_below(&env.state());
    assert!(!names.iter().any(|name| name.ends_with("libtv-state-size")));
    assert!(env.home().join("libtv-state-size").exists());
}
