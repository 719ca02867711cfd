//! Builds the component, or takes one that was built before, compiles it for the target, and hands both to the library, which embeds them.

#[path = "build/component.rs"]
mod component;
#[path = "build/hand_over.rs"]
mod hand_over;
#[path = "build/names.rs"]
mod names;
#[path = "build/prebuilt.rs"]
mod prebuilt;
#[path = "build/words.rs"]
mod words;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

fn main() -> ExitCode {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=build");
    let component = prebuilt::prebuilt().and_then(|found| found.map_or_else(build, Ok));
    match component.and_then(|component| hand_over::hand_over(&component)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            println!("cargo::error={reason}");
            ExitCode::FAILURE
        }
    }
}

fn build() -> Result<PathBuf, String> {
    let crate_folder = PathBuf::from(component::variable("CARGO_MANIFEST_DIR")?);
    let workspace = crate_folder
        .parent()
        .and_then(Path::parent)
        .ok_or("the crate has no workspace around it")?;
    let built = component::build(
        workspace,
        "guest",
        &[
            "guest/src",
            "guest/Cargo.toml",
            "core/src",
            "core/Cargo.toml",
            "contract/src",
            "contract/Cargo.toml",
        ],
    )?;
    let bytes = std::fs::read(&built)
        .map_err(|error| format!("{} can't be read: {error}", built.display()))?;
    let component = words::with_words(&names::without_names(&bytes)?, &workspace.join("wit"))?;
    let embedded = built.with_file_name("component.wasm");
    std::fs::write(&embedded, component)
        .map_err(|error| format!("{} can't be written: {error}", embedded.display()))?;
    Ok(embedded)
}
