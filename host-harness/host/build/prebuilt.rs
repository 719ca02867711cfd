//! A component that was built before, in the place of building it here: an embedding program's build then needs no target
//! `wasm32-wasip2`, no sources of the guest, and none of the crates that only the guest is made of. It counts by its digest alone.

use std::path::PathBuf;

use crate::hand_over::{digest, read};

/// Where it is: a file of a release, `libtv-video-VERSION.wasm`.
const FILE: &str = "LIBTV_PREBUILT_COMPONENT";
/// What it has to be: its SHA-256 in hex, as `SHA256SUMS` of the release says it.
const DIGEST: &str = "LIBTV_PREBUILT_COMPONENT_SHA256";

/// The prebuilt component, where one is named.
///
/// # Errors
/// A sentence: it can't be read, nothing says what it has to be, or it is something else.
pub fn prebuilt() -> Result<Option<PathBuf>, String> {
    for name in [FILE, DIGEST] {
        println!("cargo::rerun-if-env-changed={name}");
    }
    let Some(path) = std::env::var_os(FILE).filter(|path| !path.is_empty()) else {
        return Ok(None);
    };
    let path = PathBuf::from(path);
    // From a folder of cargo's own a relative path would mean another file than where it was set.
    if !path.is_absolute() {
        return Err(format!("{FILE} has to be an absolute path"));
    }
    println!("cargo::rerun-if-changed={}", path.display());
    let wanted = std::env::var(DIGEST)
        .map_err(|_| format!("{FILE} is set, and {DIGEST} has to say what it is"))?;
    let found = digest(&read(&path)?);
    if !found.eq_ignore_ascii_case(wanted.trim()) {
        return Err(format!(
            "{} is not the component that {DIGEST} names: it has {found}",
            path.display()
        ));
    }
    Ok(Some(path))
}
