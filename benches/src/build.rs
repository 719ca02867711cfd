//! Builds what is measured, as a user would, and finds the system's Python.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Failed;
use crate::lab::Programs;

/// The interpreter that comes with the system, not one of a version manager: those start through a script.
const PYTHON: &str = "/usr/bin/python3";

/// The programs under measurement: `given`, or built in release mode beside this binary. `cache` is for compiled code.
///
/// # Errors
/// When cargo fails.
pub fn programs(given: Option<&Path>, cache: &Path) -> Result<Programs, Failed> {
    let python = Path::new(PYTHON);
    let python = if python.exists() {
        python.to_owned()
    } else {
        on_path("python3").ok_or_else(|| Failed::new("python3 is missing: it is a rival"))?
    };
    let program = match given {
        Some(program) => program.canonicalize()?,
        None => cargo("release", &[], &[])?,
    };
    Ok(Programs {
        program,
        without_compiler: None,
        python,
        cache: cache.to_owned(),
    })
}

/// Builds the program a second time, without the compiler, from code that `program` compiles beforehand into `folder`, as
/// CONTRIBUTING.md says.
///
/// # Errors
/// When the program or cargo fails.
pub fn without_compiler(program: &Path, folder: &Path) -> Result<PathBuf, Failed> {
    let compiled = folder.join("compiled");
    let output = Command::new(program)
        .arg("precompile")
        .arg("--output")
        .arg(&compiled)
        .output()?;
    let digest = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    if !output.status.success() {
        return Err(Failed::new(digest));
    }
    let file = compiled.to_string_lossy().into_owned();
    cargo(
        "small",
        &["--no-default-features", "--features", "program"],
        &[
            ("LIBTV_PRECOMPILED", &file),
            ("LIBTV_PRECOMPILED_SHA256", &digest),
        ],
    )
}

/// Runs `cargo build` for the program; where it is then.
fn cargo(profile: &str, more: &[&str], variables: &[(&str, &str)]) -> Result<PathBuf, Failed> {
    eprintln!("building libtv-video {}…", more.join(" "));
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args(["build", "--profile", profile, "--locked"])
        .args(["--package", "host-harness"])
        .args(more)
        .envs(variables.iter().copied())
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status()?;
    if !status.success() {
        return Err(Failed::new("libtv-video does not build"));
    }
    // Beside target/release, whichever target folder this binary was built in.
    let own = std::env::current_exe()?;
    let target = own
        .ancestors()
        .nth(2)
        .ok_or_else(|| Failed::new("this binary is in no target folder"))?;
    Ok(target.join(profile).join("libtv-video"))
}

fn on_path(name: &str) -> Option<PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH")?)
        .map(|folder| folder.join(name))
        .find(|path| path.exists())
}
