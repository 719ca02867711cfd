//! Machine code: the program's own is built in and kept nowhere; what an embedder has compiled from another component is run
//! from a folder only when nobody else can have written it, and only whole.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use host_harness::{Component, StartError};

use crate::env::{TestEnv, files_below};
use crate::no_component::{ATTACKS, bomb};

/// A user who is not this one.
const SOMEBODY: u32 = 65_534;

/// An embedder's folder with the code of one component.
struct Cold {
    folder: tempfile::TempDir,
    cache: PathBuf,
}

impl Cold {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let cache = folder.path().join("cold");
        Self { folder, cache }
    }
}

/// A folder in which the code is: compiled once, and copied.
fn compiled() -> Cold {
    static FIRST: OnceLock<(OsString, Vec<u8>)> = OnceLock::new();
    let (name, code) = FIRST.get_or_init(|| {
        let cold = Cold::new();
        cold.load();
        let code = cold.code();
        (
            code.file_name().unwrap().to_owned(),
            fs::read(code).unwrap(),
        )
    });
    let cold = Cold::new();
    fs::create_dir(&cold.cache).unwrap();
    set_mode(&cold.cache, 0o700);
    let path = cold.cache.join(name);
    fs::write(&path, code).unwrap();
    set_mode(&path, 0o600);
    cold
}

impl Cold {
    /// Of an empty component, which is compiled in no time. Once its code is there and was looked at, it is refused: it has nothing of
    /// what is called.
    fn load(&self) {
        let empty = bomb("is_of_another_world").unwrap();
        match Component::from_bytes(empty, Some(&self.cache)) {
            Err(StartError::Component(reason)) => assert!(reason.contains("no export"), "{reason}"),
            other => panic!("{:?}", other.err()),
        }
    }

    fn files(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(&self.cache).unwrap().flatten();
        entries.map(|entry| entry.path()).collect()
    }

    fn code(&self) -> PathBuf {
        self.files().remove(0)
    }

    fn inode(&self) -> u64 {
        fs::metadata(self.code()).unwrap().ino()
    }

    /// It was compiled anew: what was there was not run, and is replaced.
    #[track_caller]
    fn compiles(&self) {
        let code = self.code();
        let made = |path: &Path| {
            let meta = fs::symlink_metadata(path).unwrap();
            (meta.ino(), meta.ctime(), meta.ctime_nsec())
        };
        let before = made(&code);
        self.load();
        assert_ne!(made(&self.code()), before);
    }
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn the_program_compiles_nothing_and_keeps_no_code_anywhere() {
    let mut env = TestEnv::new().unwatched();
    // Where earlier versions kept it.
    let cache = env.folder().join("cold");
    env.set("LIBTV_CACHE_DIR", &cache);
    env.run(["check"]).ok();
    assert!(!cache.exists());
    assert!(!env.home().join("libtv-cache").exists());
    let large = |path: &PathBuf| fs::metadata(path).is_ok_and(|meta| meta.len() > 100_000);
    let kept: Vec<PathBuf> = files_below(&env.home()).into_iter().filter(large).collect();
    assert!(kept.is_empty(), "{kept:?}");
}

#[test]
fn code_that_others_could_have_put_into_a_folder_that_was_open_is_not_run() {
    let cold = compiled();
    set_mode(&cold.cache, 0o777);
    cold.compiles();
    let mode = fs::metadata(&cold.cache).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
}

#[test]
fn code_of_another_user_in_a_folder_that_is_private_by_now_is_not_run() {
    let cold = compiled();
    // Only root can give files away.
    if chown(cold.code(), Some(SOMEBODY), None).is_ok() {
        cold.compiles();
    }
}

#[test]
fn code_that_others_can_write_to_or_have_under_another_name_is_not_run() {
    let cold = compiled();
    set_mode(&cold.code(), 0o620);
    cold.compiles();
    let cold = compiled();
    fs::hard_link(cold.code(), cold.folder.path().join("other-name")).unwrap();
    cold.compiles();
    let cold = compiled();
    let code = cold.code();
    fs::rename(&code, cold.folder.path().join("elsewhere")).unwrap();
    symlink("../elsewhere", &code).unwrap();
    cold.compiles();
}

#[test]
fn code_that_was_damaged_is_not_run() {
    let cold = compiled();
    let code = cold.code();
    let mut bytes = fs::read(&code).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 64].fill(0xcc);
    fs::write(&code, &bytes).unwrap();
    cold.compiles();
    let cold = compiled();
    let code = fs::OpenOptions::new()
        .write(true)
        .open(cold.code())
        .unwrap();
    code.set_len(1000).unwrap();
    cold.compiles();
}

#[test]
fn code_that_was_only_copied_is_whole_and_is_run() {
    let (first, copy) = (Cold::new(), Cold::new());
    Component::from_bytes(ATTACKS, Some(&first.cache)).unwrap();
    fs::create_dir(&copy.cache).unwrap();
    set_mode(&copy.cache, 0o700);
    let path = copy.cache.join(first.code().file_name().unwrap());
    fs::copy(first.code(), &path).unwrap();
    let before = copy.inode();
    Component::from_bytes(ATTACKS, Some(&copy.cache)).unwrap();
    assert_eq!(copy.files(), [path]);
    assert_eq!(copy.inode(), before);
}
