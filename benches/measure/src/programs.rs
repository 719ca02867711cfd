//! What is measured, and the system's Python; a second program is built here when its row is asked for.

use std::env::consts::EXE_SUFFIX;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use tempfile::TempDir;

use crate::Failed;

/// The interpreter that comes with the system, not one of a version manager: those start through a script.
const PYTHON: &str = "/usr/bin/python3";
/// The profile of the smallest program.
const SMALL: &str = "small";

/// The programs under measurement.
#[derive(Debug, Clone)]
pub struct Programs {
    /// `libtv-video`.
    pub program: PathBuf,
    /// Where it was built, with the component nearby.
    pub built: PathBuf,
    /// The system's Python.
    pub python: PathBuf,
    /// Where the program is.
    _folder: Arc<TempDir>,
}

impl Programs {
    /// With this program.
    ///
    /// # Errors
    /// When the program or Python isn't there.
    pub fn found(program: &Path) -> Result<Self, Failed> {
        let python = Path::new(PYTHON);
        let python = if python.exists() {
            python.to_owned()
        } else {
            on_path("python3").ok_or_else(|| Failed::new("python3 is missing: it is a rival"))?
        };
        Self::installed(program, python)
    }

    /// With another program.
    ///
    /// # Errors
    /// When it isn't there.
    pub fn with(&self, program: &Path) -> Result<Self, Failed> {
        Self::installed(program, self.python.clone())
    }

    /// Copied, as every program is that somebody installs: what the linker wrote lies in the system's memory in single pages,
    /// and each start takes a sixth longer to map it.
    fn installed(program: &Path, python: PathBuf) -> Result<Self, Failed> {
        let folder = tempfile::Builder::new()
            .prefix("libtv-benches-program-")
            .tempdir()?;
        let copy = folder.path().join(format!("libtv-video{EXE_SUFFIX}"));
        std::fs::copy(program, &copy)
            .map_err(|error| Failed::new(format!("{}: {error}", program.display())))?;
        Ok(Self {
            program: copy,
            built: program.canonicalize()?,
            python,
            _folder: Arc::new(folder),
        })
    }
}

/// Builds the program a second time, as small as it gets: the commands alone, in the profile for size.
///
/// # Errors
/// When cargo fails.
pub fn smallest() -> Result<PathBuf, Failed> {
    // Beside target/release, whichever target folder this binary was built in.
    let own = std::env::current_exe()?;
    let target = own
        .ancestors()
        .nth(2)
        .ok_or_else(|| Failed::new("this binary is in no target folder"))?;
    eprintln!("building libtv-video in the profile {SMALL}…");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args(["build", "--locked", "--profile", SMALL, "--target-dir"])
        .arg(target)
        .args(["--package", "host-harness"])
        .args(["--no-default-features", "--features", "program"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status()?;
    if !status.success() {
        return Err(Failed::new("libtv-video does not build for size"));
    }
    Ok(target.join(SMALL).join("libtv-video"))
}

fn on_path(name: &str) -> Option<PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH")?)
        .map(|folder| folder.join(name))
        .find(|path| path.exists())
}
