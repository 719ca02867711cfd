//! Builds one of the workspace's packages as a component, from within a build script. Nothing is taken from the
//! environment but cargo's own variables: the bytes depend on the sources alone.
//! Used by the scripts of `host` (the guest) and of `tests` (the hostile components).

use std::path::{Path, PathBuf};
use std::process::Command;

const TARGET: &str = "wasm32-wasip2";
/// What every component is made of.
const WORKSPACE: [&str; 4] = ["wit", "Cargo.toml", "Cargo.lock", "rust-toolchain.toml"];
/// Settings of the outer build that must not reach the inner one: they are for another target, or for clippy.
const REMOVED: [&str; 9] = [
    "RUSTFLAGS",
    "RUSTDOCFLAGS",
    "RUSTC",
    "RUSTC_WRAPPER",
    "RUSTC_WORKSPACE_WRAPPER",
    "RUSTC_LINKER",
    "CLIPPY_ARGS",
    "LLVM_PROFILE_FILE",
    "TARGET",
];
/// Cargo's variables that say where packages come from, not how to build.
const KEPT: [&str; 6] = [
    "CARGO_HOME",
    "CARGO_HTTP_",
    "CARGO_NET_",
    "CARGO_REGISTR",
    "CARGO_SOURCE_",
    "CARGO_TERM_",
];
/// What makes every component smaller, at no cost to what it does. `release/sizes` has the same.
const SMALLER: [&str; 4] = [
    // SHA-256 as a loop: unrolled it is 6 KB of code, for digests of a few hundred bytes.
    "--cfg=sha2_backend_soft=\"compact\"",
    // Each number of a function or an address in as few bytes as it needs: the linker leaves room for the largest one
    // otherwise, 63 KB in all.
    "-Clink-arg=--compress-relocations",
    // An address is a number, and not added up where it is used: 18 KB. Nothing loads a component's module anywhere else.
    "-Crelocation-model=static",
    // Half a megabyte of stack, so that every address behind it is below a megabyte and takes three bytes and not four: 4 KB.
    // The end-to-end tests pass with an eighth of it.
    "-Clink-arg=-zstack-size=524288",
];

/// Builds `package` for [`TARGET`] and puts the component into `OUT_DIR`. `sources`, seen from the workspace, are what
/// it is made of beside the workspace's own files.
pub fn build(workspace: &Path, package: &str, sources: &[&str]) -> Result<PathBuf, String> {
    for source in WORKSPACE.iter().chain(sources) {
        println!(
            "cargo::rerun-if-changed={}",
            workspace.join(source).display()
        );
    }
    ensure_target()?;

    // A target folder of its own: with the outer one the two cargos would wait for each other. Shared by all profiles, and by all
    // targets of the outer build, which have a folder of their own in between: the component is the same for each.
    let out = PathBuf::from(variable("OUT_DIR")?);
    let profile_folder = out
        .ancestors()
        .find(|folder| folder.ends_with("build"))
        .and_then(Path::parent);
    let target = variable("TARGET")?;
    let target_folder = profile_folder
        .and_then(Path::parent)
        .map(|folder| match folder.parent() {
            Some(above) if folder.ends_with(&target) => above,
            _ => folder,
        })
        .unwrap_or(&out)
        .join("component");
    let mut cargo = Command::new(variable("CARGO")?);
    cargo
        .args([
            "build",
            "--locked",
            "--package",
            package,
            "--target",
            TARGET,
            "--profile",
            "component",
            "--target-dir",
        ])
        .arg(&target_folder)
        .current_dir(workspace);
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy().into_owned();
        let is_cargos =
            name.starts_with("CARGO_") && !KEPT.iter().any(|kept| name.starts_with(kept));
        if is_cargos || REMOVED.contains(&name.as_str()) {
            cargo.env_remove(name);
        }
    }
    let mut flags = without_this_machine(workspace);
    flags.extend(SMALLER.map(str::to_owned));
    cargo.env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}"));
    let output = cargo
        .output()
        .map_err(|error| format!("cargo can't be started for the component: {error}"))?;
    if !output.status.success() {
        // Only lines that begin with `cargo::error=` are shown as errors.
        let text = String::from_utf8_lossy(&output.stderr);
        for line in text.lines() {
            println!("cargo::error={line}");
        }
        return Err(format!(
            "the component (package {package}) does not build; the lines above say why"
        ));
    }
    let built = target_folder
        .join(TARGET)
        .join("component")
        .join(format!("{package}.wasm"));
    // A copy: another build may replace the file while the compiler reads it.
    let embedded = out.join(format!("{package}.wasm"));
    std::fs::copy(&built, &embedded)
        .map_err(|error| format!("{} can't be copied: {error}", built.display()))?;
    Ok(embedded)
}

/// Panic messages name source files, and a path of the builder's would be in them.
fn without_this_machine(workspace: &Path) -> Vec<String> {
    let mut flags = vec![format!("--remap-path-prefix={}=.", workspace.display())];
    let home = std::env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cargo")));
    // One folder a registry; its name depends on how the registry is reached.
    let registries = home.and_then(|home| std::fs::read_dir(home.join("registry/src")).ok());
    for registry in registries.into_iter().flatten().flatten() {
        flags.push(format!(
            "--remap-path-prefix={}=registry",
            registry.path().display()
        ));
    }
    flags
}

fn ensure_target() -> Result<(), String> {
    let output = Command::new(variable("RUSTC")?)
        .args(["--print", "sysroot"])
        .output()
        .map_err(|error| format!("rustc can't be started: {error}"))?;
    let sysroot = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
    if sysroot
        .join("lib/rustlib")
        .join(TARGET)
        .join("lib")
        .is_dir()
    {
        return Ok(());
    }
    let added = Command::new("rustup")
        .args(["target", "add", TARGET])
        .output()
        .is_ok_and(|output| output.status.success());
    if added {
        Ok(())
    } else {
        Err(format!(
            "the target {TARGET} is missing: run `rustup target add {TARGET}`"
        ))
    }
}

/// A variable that cargo sets for build scripts.
pub fn variable(name: &str) -> Result<String, String> {
    std::env::var(name).map_err(|_| format!("{name} is not set: build with cargo"))
}
