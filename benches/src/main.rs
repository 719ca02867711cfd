//! `cargo run --release -p benches -- …`: builds the program and what measures it, and runs the latter (`measure/`) with
//! the same arguments. Both in one go of cargo, which takes half the time of one after the other: they share most of what
//! they are made of, and while one is linked the other is compiled. So this crate depends on nothing.

use std::env::{self, consts::EXE_SUFFIX};
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

const PROGRAM: [&str; 2] = ["host-harness", "libtv-video"];
const MEASURE: [&str; 2] = ["benches-measure", "benches-measure"];

fn main() -> ExitCode {
    let arguments: Vec<OsString> = env::args_os().skip(1).collect();
    match run(&arguments) {
        Ok(code) => code,
        Err(reason) => {
            eprintln!("❌ {reason}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[OsString]) -> Result<ExitCode, String> {
    let folder = own_folder()?;
    let mut measure = command(folder.join(format!("{}{EXE_SUFFIX}", MEASURE[1])));
    measure.args(arguments);
    if needs_program(arguments) {
        build(&folder, &[MEASURE, PROGRAM])?;
        let program = folder.join(format!("{}{EXE_SUFFIX}", PROGRAM[1]));
        measure.arg("--program").arg(program);
    } else {
        build(&folder, &[MEASURE])?;
    }
    let status = measure
        .status()
        .map_err(|error| format!("{} can't be started: {error}", MEASURE[1]))?;
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
}

/// Not where one is named, and not for a look at the options or a mistake in them.
fn needs_program(arguments: &[OsString]) -> bool {
    let is_given = |argument: &OsString| {
        let text = argument.to_string_lossy();
        text == "--program" || text.starts_with("--program=")
    };
    let asks_for_help = |argument: &OsString| argument == "--help" || argument == "-h";
    !arguments.is_empty() && !arguments.iter().any(is_given) && !arguments.iter().any(asks_for_help)
}

/// Builds these packages' programs in the profile and into the folder of this one.
fn build(folder: &Path, packages: &[[&str; 2]]) -> Result<(), String> {
    let profile = match folder.file_name().and_then(OsStr::to_str) {
        Some("debug") => "dev",
        Some(profile) => profile,
        None => return Err("this binary is in no folder of a profile".to_owned()),
    };
    let mut cargo = command(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo
        .args(["build", "--locked", "--profile", profile, "--target-dir"])
        .arg(folder.parent().unwrap_or(folder))
        .current_dir(env!("CARGO_MANIFEST_DIR"));
    for [package, binary] in packages {
        cargo.args(["--package", package, "--bin", binary]);
    }
    let status = cargo
        .status()
        .map_err(|error| format!("cargo can't be started: {error}"))?;
    if status.success() {
        Ok(())
    } else {
        Err("what is to be measured does not build: the lines above say why".to_owned())
    }
}

/// Without what cargo says of this package to whatever it runs: build scripts would run again on account of it.
fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    for (name, _) in env::vars_os() {
        let is_of = |prefix| name.to_string_lossy().starts_with(prefix);
        if is_of("CARGO_PKG_") || is_of("CARGO_MANIFEST_") {
            command.env_remove(name);
        }
    }
    command
}

/// `target/release` or `target/debug`, wherever the target folder is.
fn own_folder() -> Result<PathBuf, String> {
    let own = env::current_exe().map_err(|error| format!("this binary isn't found: {error}"))?;
    own.parent()
        .map(Path::to_owned)
        .ok_or_else(|| "this binary is in no folder".to_owned())
}
