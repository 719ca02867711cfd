//! What is measured, and the system's Python; a second program is built here when its row is asked for.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Failed;

/// The interpreter that comes with the system, not one of a version manager: those start through a script.
const PYTHON: &str = "/usr/bin/python3";
/// The profile of a program without the compiler.
const SMALL: &str = "small";

/// The programs under measurement.
#[derive(Debug, Clone)]
pub struct Programs {
    /// `libtv-video`.
    pub program: PathBuf,
    /// The system's Python.
    pub python: PathBuf,
    /// Compiled code, for all labs.
    pub cache: PathBuf,
}

impl Programs {
    /// With this program, which compiles the component into `cache`, as `skill install` has it done.
    ///
    /// # Errors
    /// When the program or Python isn't there, or it can't be compiled.
    pub fn found(program: &Path, cache: &Path) -> Result<Self, Failed> {
        let python = Path::new(PYTHON);
        let python = if python.exists() {
            python.to_owned()
        } else {
            on_path("python3").ok_or_else(|| Failed::new("python3 is missing: it is a rival"))?
        };
        let program = program
            .canonicalize()
            .map_err(|error| Failed::new(format!("{}: {error}", program.display())))?;
        let output = Command::new(&program)
            .arg("precompile")
            .env("LIBTV_CACHE_DIR", cache)
            .output()?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stdout);
            return Err(Failed::new(format!("{}: {said}", program.display())));
        }
        Ok(Self {
            program,
            python,
            cache: cache.to_owned(),
        })
    }
}

/// Builds the program a second time, without the compiler, from code that the other compiles beforehand, as
/// CONTRIBUTING.md says.
///
/// # Errors
/// When the program or cargo fails.
pub fn without_compiler(programs: &Programs) -> Result<PathBuf, Failed> {
    let compiled = programs.cache.join("for-the-build");
    let output = Command::new(&programs.program)
        .arg("precompile")
        .arg("--output")
        .arg(&compiled)
        .output()?;
    let digest = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    if !output.status.success() {
        return Err(Failed::new(digest));
    }
    // Beside target/release, whichever target folder this binary was built in.
    let own = std::env::current_exe()?;
    let target = own
        .ancestors()
        .nth(2)
        .ok_or_else(|| Failed::new("this binary is in no target folder"))?;
    eprintln!("building libtv-video without the compiler…");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args(["build", "--locked", "--profile", SMALL, "--target-dir"])
        .arg(target)
        .args(["--package", "host-harness"])
        .args(["--no-default-features", "--features", "program"])
        .env("LIBTV_PRECOMPILED", &compiled)
        .env("LIBTV_PRECOMPILED_SHA256", &digest)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status()?;
    if !status.success() {
        return Err(Failed::new(
            "libtv-video does not build without the compiler",
        ));
    }
    Ok(target.join(SMALL).join("libtv-video"))
}

fn on_path(name: &str) -> Option<PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH")?)
        .map(|folder| folder.join(name))
        .find(|path| path.exists())
}
