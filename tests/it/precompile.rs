//! `precompile`: the component is compiled before it is needed.

use std::fs;
use std::path::Path;
use std::time::SystemTime;

use crate::env::TestEnv;

/// The compiled code in a folder, and when it was written.
fn compiled(folder: &Path) -> Vec<(String, SystemTime)> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .map(|entry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            (name, entry.metadata().unwrap().modified().unwrap())
        })
        .collect()
}

#[test]
fn precompile_leaves_the_first_command_nothing_to_compile() {
    let mut env = TestEnv::new().unwatched();
    let cache = env.folder().join("cold");
    env.set("LIBTV_CACHE_DIR", &cache);
    env.run(["precompile"])
        .ok()
        .says(&cache.display().to_string());
    let before = compiled(&cache);
    assert_eq!(before.len(), 1, "{before:?}");
    env.run(["check"]).ok();
    assert_eq!(compiled(&cache), before);
}

#[test]
fn a_first_command_compiles_the_quick_way_and_precompile_replaces_its_code() {
    let mut env = TestEnv::new().unwatched();
    let cache = env.folder().join("cold");
    env.set("LIBTV_CACHE_DIR", &cache);
    let is_quick = |code: &(String, SystemTime)| code.0.ends_with(".quick.compiled");
    env.run(["check"]).ok();
    let first = compiled(&cache);
    assert!(matches!(&first[..], [code] if is_quick(code)), "{first:?}");
    env.run(["check"]).ok();
    assert_eq!(compiled(&cache), first);
    env.run(["precompile"]).ok();
    let then = compiled(&cache);
    assert!(matches!(&then[..], [code] if !is_quick(code)), "{then:?}");
    env.run(["check"]).ok();
    assert_eq!(compiled(&cache), then);
}

#[test]
fn precompile_into_a_file_prints_its_digest_and_nothing_else() {
    let env = TestEnv::new();
    let file = env.folder().join("compiled");
    let out = env
        .run([Path::new("precompile"), Path::new("--output"), &file])
        .ok();
    let digest = out.stdout.trim_end();
    assert!(
        digest.len() == 64 && digest.bytes().all(|byte| byte.is_ascii_hexdigit()),
        "{digest}"
    );
    // What it was made from stands at its beginning.
    let content = fs::read(&file).unwrap();
    assert!(content[..64].iter().all(u8::is_ascii_hexdigit) && content[64] == b'\n');
    let nowhere = env.folder().join("no/such/folder");
    let refused = env
        .run([Path::new("precompile"), Path::new("--output"), &nowhere])
        .exits(1);
    assert!(refused.stdout.starts_with("❌ "), "{}", refused.stdout);
}
