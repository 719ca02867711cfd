//! Tells the library what it embeds: the component, its digest, and code that was compiled from it beforehand, where there
//! is some: `LIBTV_PRECOMPILED` names what `libtv-video precompile --output FILE` wrote, `LIBTV_PRECOMPILED_SHA256` the
//! digest that it printed.

use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::component::variable;

/// Tells the library what to embed.
pub fn hand_over(component: &Path) -> Result<(), String> {
    let bytes = read(component)?;
    let digest = hex(&Sha256::digest(&bytes));
    let compiled = PathBuf::from(variable("OUT_DIR")?).join("compiled");
    let code = match std::env::var_os("LIBTV_PRECOMPILED") {
        Some(file) => precompiled(Path::new(&file), &digest)?,
        None => Vec::new(),
    };
    std::fs::write(&compiled, code)
        .map_err(|error| format!("{} can't be written: {error}", compiled.display()))?;
    println!("cargo::rerun-if-env-changed=LIBTV_PRECOMPILED");
    println!("cargo::rerun-if-env-changed=LIBTV_PRECOMPILED_SHA256");
    let set = |name: &str, value: &dyn std::fmt::Display| {
        println!("cargo::rustc-env={name}={value}");
    };
    set("LIBTV_COMPONENT_FILE", &component.display());
    set("LIBTV_COMPONENT_SHA256", &digest);
    set("LIBTV_COMPILED_FILE", &compiled.display());
    set("LIBTV_TARGET", &variable("TARGET")?);
    Ok(())
}

/// The compiled code in a file, when it is the one that was meant, and made from this component. Running it is as good
/// as running the compiler that made it: so its digest has to be named.
fn precompiled(file: &Path, component: &str) -> Result<Vec<u8>, String> {
    println!("cargo::rerun-if-changed={}", file.display());
    let content = read(file)?;
    let (expected, found) = (
        variable("LIBTV_PRECOMPILED_SHA256")?,
        hex(&Sha256::digest(&content)),
    );
    if expected != found {
        return Err(format!(
            "{} has the digest {found}, not LIBTV_PRECOMPILED_SHA256 ({expected})",
            file.display()
        ));
    }
    let code = content
        .strip_prefix(component.as_bytes())
        .and_then(|rest| rest.strip_prefix(b"\n"));
    code.map(<[u8]>::to_vec).ok_or_else(|| {
        format!(
            "{} was made from another component: run `libtv-video precompile --output` of this source again",
            file.display()
        )
    })
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    std::fs::read(path).map_err(|error| format!("{} can't be read: {error}", path.display()))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
