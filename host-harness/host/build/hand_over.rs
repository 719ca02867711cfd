//! Tells the library what it embeds: the component, its digest, and the machine code that is compiled from it here, for the
//! target that the library is built for.

use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::component::variable;

/// Compiles, and says what is embedded.
///
/// # Errors
/// A sentence: a file can't be read or written, or there is no code for the target.
pub fn hand_over(component: &Path) -> Result<(), String> {
    let bytes = read(component)?;
    let digest = digest(&bytes);
    let target = variable("TARGET")?;
    let code = compile::compile(&bytes, &target)
        .map_err(|reason| format!("the component can't be compiled for {target}: {reason}"))?;
    let compiled = PathBuf::from(variable("OUT_DIR")?).join("compiled");
    std::fs::write(&compiled, code)
        .map_err(|error| format!("{} can't be written: {error}", compiled.display()))?;
    let set = |name: &str, value: &dyn std::fmt::Display| {
        println!("cargo::rustc-env={name}={value}");
    };
    set("LIBTV_COMPONENT_FILE", &component.display());
    set("LIBTV_COMPONENT_SHA256", &digest);
    set("LIBTV_COMPILED_FILE", &compiled.display());
    set("LIBTV_TARGET", &target);
    Ok(())
}

/// A file, whole.
///
/// # Errors
/// A sentence: it can't be read.
pub fn read(path: &Path) -> Result<Vec<u8>, String> {
    std::fs::read(path).map_err(|error| format!("{} can't be read: {error}", path.display()))
}

/// SHA-256, in hex.
pub fn digest(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
