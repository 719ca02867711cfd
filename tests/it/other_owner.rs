//! Home folders as they are elsewhere: of another owner, without permissions, read-only, on what can't sync a folder. What a
//! file system doesn't know is no error; what must write and can't says so.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};

use fakes::Fake;
use host_harness::Submit;
use host_harness::fault_injection::Faults;

use crate::env::{CHAT, Output, PROGRAM, TestEnv, block_on};

const SOMEBODY: u32 = 65_534;
/// Of util-linux: runs a program without root's rights over other users' files.
const SETPRIV: &str = "/usr/bin/setpriv";

/// Runs a command as a user to whom the files in the home folder don't belong.
fn run(env: &TestEnv, arguments: &[&str]) -> Output {
    let all = ["--bounding-set=-all", PROGRAM].into_iter();
    env.run_program(SETPRIV, all.chain(arguments.iter().copied()))
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// A home folder that somebody else owns, with these rights for everybody; `None` where only root could make one, and this isn't root.
fn of_somebody(env: &TestEnv, path: &Path, mode: u32) -> Option<()> {
    fs::create_dir_all(path).unwrap();
    set_mode(path, mode);
    let is_there = Path::new(SETPRIV).exists();
    (is_there && chown(path, Some(SOMEBODY), None).is_ok() && !env.home().as_os_str().is_empty())
        .then_some(())
}

fn all_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = vec![folder.to_owned()];
    for entry in fs::read_dir(folder).unwrap().flatten() {
        if entry.file_type().unwrap().is_dir() {
            found.extend(all_below(&entry.path()));
        } else {
            found.push(entry.path());
        }
    }
    found
}

/// Nothing in the home folder can be written by whoever [`run`] is.
fn make_read_only(env: &TestEnv) -> Option<()> {
    for path in all_below(&env.home()) {
        set_mode(&path, if path.is_dir() { 0o555 } else { 0o444 });
        chown(&path, Some(SOMEBODY), None).ok()?;
    }
    Path::new(SETPRIV).exists().then_some(())
}

#[test]
fn a_state_folder_of_another_owner_works_and_that_is_told_by_check() {
    let env = TestEnv::new();
    let Some(()) = of_somebody(&env, &env.state(), 0o777) else {
        return;
    };
    run(
        &env,
        &[
            "create-session",
            "a cat",
            "--channel",
            "feishu",
            "--chat-id",
            CHAT,
        ],
    )
    .ok();
    run(&env, &["check"]).ok().hints("can't be made private");
    run(&env, &["status"]).ok();
    let out = run(&env, &["recover"]).ok();
    assert!(
        !out.stderr.contains("can't be made private"),
        "told once: {out:?}"
    );
    let mode = |path: PathBuf| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    for path in all_below(&env.home().join("libtv-recipients")) {
        assert_eq!(mode(path.clone()) & 0o077, 0, "{}", path.display());
    }
    assert_eq!(env.gateway().requests_to("POST /libtv/v1/session").len(), 1);
}

#[test]
fn folders_of_another_owner_beside_the_state_folder_are_used_as_they_are() {
    let env = TestEnv::new();
    for name in ["libtv-recipients", "libtv-audit", "libtv-video/active"] {
        let folder = env.home().join(name);
        if of_somebody(&env, &folder, 0o777).is_none() {
            return;
        }
    }
    run(
        &env,
        &[
            "create-session",
            "a cat",
            "--channel",
            "feishu",
            "--chat-id",
            CHAT,
        ],
    )
    .ok();
    run(&env, &["audit", "--verify"]).ok();
}

#[test]
fn in_a_read_only_home_what_only_reads_works_and_what_must_write_says_so() {
    let env = TestEnv::new();
    let id = env.submit("a cat");
    let Some(()) = make_read_only(&env) else {
        return;
    };
    run(&env, &["check"]).ok();
    run(&env, &["status"]).ok().says(&id[..8]);
    run(&env, &["grants"]).ok();
    run(&env, &["--help"]).ok();
    run(&env, &["create-session", "--help"]).ok();
    let sent = env.gateway().requests_to("POST /libtv/v1/session").len();
    for command in [
        &["create-session", "a dog"][..],
        &[
            "create-session",
            "a dog",
            "--channel",
            "feishu",
            "--chat-id",
            "oc_new",
        ],
        &["update-ratio", "--video-ratio", "1:1"],
        &["setup", "--video-ratio", "1:1"],
        &["serve"],
    ] {
        let out = run(&env, command).exits(1);
        assert!(out.stdout.starts_with("❌ "), "{command:?}: {out:?}");
        assert!(out.stdout.contains("read-only"), "{command:?}: {out:?}");
    }
    let after = env.gateway().requests_to("POST /libtv/v1/session").len();
    assert_eq!(after, sent, "nothing is paid for that can't be stored");
}

#[test]
fn a_home_that_is_empty_and_read_only_is_enough_to_look_around() {
    let env = TestEnv::new();
    let Some(()) = make_read_only(&env) else {
        return;
    };
    run(&env, &["check"]).ok();
    run(&env, &["status"]).ok();
    run(&env, &["create-session", "a dog"])
        .exits(1)
        .says("read-only");
}

#[test]
fn a_home_that_everybody_can_write_to_is_refused_and_one_of_a_group_is_told() {
    let env = TestEnv::new();
    set_mode(&env.home(), 0o777);
    for command in [&["check"][..], &["create-session", "a cat"], &["status"]] {
        let out = env.run(command).exits(1);
        out.says("everybody on this machine can write to it");
    }
    assert!(env.gateway().requests().is_empty());
    // As `/tmp`: others can't replace what is ours.
    set_mode(&env.home(), 0o1777);
    env.run(["check"]).ok();
    // As a volume with fsGroup.
    set_mode(&env.home(), 0o2775);
    env.run(["check"]).ok().hints("can be written by others");
    env.run(["create-session", "a cat"]).ok();
}

#[test]
fn where_a_folder_can_not_be_synced_a_job_is_submitted_and_polled_all_the_same() {
    let env = TestEnv::new();
    let now_ms = std::time::UNIX_EPOCH.elapsed().unwrap().as_millis();
    let faults = Faults::new(u64::try_from(now_ms).unwrap());
    faults.refuse_folder_syncs(true);
    block_on(async {
        let harness = env.harness_with(|settings| settings.with_faults(faults.clone()));
        let submission = harness
            .submit(Submit::message("a cat").to("feishu", CHAT))
            .await
            .unwrap();
        harness.poll(&submission.session_id).await.unwrap();
    });
    assert!(faults.refused_folder_syncs() > 0, "it was tried");
}
