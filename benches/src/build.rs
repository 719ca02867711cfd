//! Builds what is measured, as a user would, and finds the system's Python.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Failed;
use crate::lab::Programs;

/// The interpreter that comes with the system, not one of a version manager: those start through a script.
const PYTHON: &str = "/usr/bin/python3";

/// The programs under measurement: `given`, or built in release mode beside this binary.
///
/// # Errors
/// When cargo fails.
pub fn programs(given: Option<&Path>, tiny: bool) -> Result<Programs, Failed> {
    let python = Path::new(PYTHON);
    let python = if python.exists() {
        python.to_owned()
    } else {
        on_path("python3").ok_or_else(|| Failed::new("python3 is missing: it is a rival"))?
    };
    if let Some(program) = given {
        return Ok(Programs {
            program: program.canonicalize()?,
            without_compiler: None,
            python,
        });
    }
    let _ = tiny;
    let program = cargo(&[])?;
    Ok(Programs {
        program,
        without_compiler: None,
        python,
    })
}

/// Runs `cargo build` for the program; where it is then.
fn cargo(more: &[&str]) -> Result<PathBuf, Failed> {
    eprintln!("building libtv-video …");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args([
            "build",
            "--release",
            "--locked",
            "--package",
            "host-harness",
        ])
        .args(more)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status()?;
    if !status.success() {
        return Err(Failed::new("libtv-video does not build"));
    }
    // target/release, whichever target folder this binary was built in.
    let own = std::env::current_exe()?;
    let target = own
        .ancestors()
        .nth(2)
        .ok_or_else(|| Failed::new("this binary is in no target folder"))?;
    Ok(target.join("release/libtv-video"))
}

fn on_path(name: &str) -> Option<PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH")?)
        .map(|folder| folder.join(name))
        .find(|path| path.exists())
}
