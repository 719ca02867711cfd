//! What machine code of a component depends on: the settings that the side which compiles and the side which runs have to
//! share, and under the feature `compiler` the compiling.
//!
//! A package of its own, since a build script and the program need wasmtime with different features, and cargo keeps those
//! apart only below packages that both of them name. The script has the compiler and no runtime, the program a runtime and no
//! compiler. It is not where code is run, or kept.
#![deny(unsafe_code)]

use wasmtime::Config;
#[cfg(feature = "compiler")]
use wasmtime::Engine;

/// What every engine has in common. Code says by which settings it was made, and an engine refuses what was made by others.
pub fn settings() -> Config {
    let mut config = Config::new();
    // Epochs cost 30 % of parsing speed where fuel costs 50 %, and they let the wall clock and other steps in.
    config.epoch_interruption(true);
    // WASI 0.2 has no concurrency inside an instance.
    config.concurrency_support(false);
    // Tells where in the component's bytes a trap was; without names in them it tells nobody anything.
    config.generate_address_map(false);
    config
}

/// Whether code for this target needs tables for unwinding. Wasmtime does without; they are for tools that unwind through the
/// component's frames. Windows asks for them.
pub fn needs_unwinding(target: &str) -> bool {
    target.contains("-windows-")
}

/// A component's machine code for any processor of the kind `target` (a triple as rustc names it).
///
/// # Errors
/// A clause: the compiler doesn't know the target, or refuses the component.
#[cfg(feature = "compiler")]
pub fn compile(component: &[u8], target: &str) -> Result<Vec<u8>, String> {
    let mut config = settings();
    config.native_unwind_info(needs_unwinding(target));
    // With a target named, nothing is taken from the processor that the build happens to run on.
    config
        .target(target)
        .and_then(|config| Engine::new(config))
        .and_then(|engine| engine.precompile_component(component))
        .map_err(|error| format!("{error:#}"))
}

#[cfg(test)]
mod tests {
    use super::needs_unwinding;

    #[test]
    fn windows_alone_needs_tables_for_unwinding() {
        assert!(needs_unwinding("x86_64-pc-windows-gnu"));
        assert!(needs_unwinding("aarch64-pc-windows-msvc"));
        for other in ["x86_64-unknown-linux-musl", "aarch64-apple-darwin"] {
            assert!(!needs_unwinding(other), "{other}");
        }
    }
}
