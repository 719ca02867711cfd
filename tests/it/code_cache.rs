//! Compiled code is run only when nobody else can have written it, and only whole.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};

use crate::env::TestEnv;

/// A user who is not this one.
const SOMEBODY: u32 = 65_534;

struct Cold {
    env: TestEnv,
    cache: PathBuf,
}

/// A cache with the code that `precompile` leaves.
fn precompiled() -> Cold {
    let mut env = TestEnv::new().unwatched();
    let cache = env.folder().join("cold");
    env.set("LIBTV_CACHE_DIR", &cache);
    env.run(["precompile"]).ok();
    Cold { env, cache }
}

impl Cold {
    fn files(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(&self.cache).unwrap().flatten();
        entries.map(|entry| entry.path()).collect()
    }

    fn code(&self) -> PathBuf {
        self.files().remove(0)
    }

    /// A command compiled for itself: what was there was not run.
    #[track_caller]
    fn compiles(&self) {
        self.env.run(["check"]).ok();
        let quick = |path: &PathBuf| path.to_str().unwrap().ends_with(".quick.compiled");
        assert!(self.files().iter().any(quick), "{:?}", self.files());
    }
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn code_that_others_could_have_put_into_a_folder_that_was_open_is_not_run() {
    let cold = precompiled();
    let code = cold.code();
    set_mode(&cold.cache, 0o777);
    cold.compiles();
    assert!(!code.exists());
    let mode = fs::metadata(&cold.cache).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
}

#[test]
fn code_of_another_user_in_a_folder_that_is_private_by_now_is_not_run() {
    let cold = precompiled();
    // Only root can give files away.
    if chown(cold.code(), Some(SOMEBODY), None).is_ok() {
        cold.compiles();
    }
}

#[test]
fn code_that_others_can_write_to_or_have_under_another_name_is_not_run() {
    let cold = precompiled();
    set_mode(&cold.code(), 0o620);
    cold.compiles();
    let cold = precompiled();
    fs::hard_link(cold.code(), cold.env.folder().join("other-name")).unwrap();
    cold.compiles();
    let cold = precompiled();
    let code = cold.code();
    fs::rename(&code, cold.env.folder().join("elsewhere")).unwrap();
    symlink("../elsewhere", &code).unwrap();
    cold.compiles();
}

#[test]
fn code_that_was_damaged_is_not_run() {
    let cold = precompiled();
    let code = cold.code();
    let mut bytes = fs::read(&code).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 4096].fill(0xcc);
    fs::write(&code, &bytes).unwrap();
    cold.compiles();
    let cold = precompiled();
    let code = fs::OpenOptions::new()
        .write(true)
        .open(cold.code())
        .unwrap();
    code.set_len(1000).unwrap();
    cold.compiles();
}

#[test]
fn code_that_was_only_copied_is_whole_and_is_run() {
    let cold = precompiled();
    let code = cold.code();
    let bytes = fs::read(&code).unwrap();
    fs::write(&code, bytes).unwrap();
    cold.env.run(["check"]).ok();
    assert_eq!(cold.files(), [code]);
}
