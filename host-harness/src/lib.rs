//! The program `libtv-video`, and under this name the library it is made of, which programs embed:
//!
//! ```toml
//! host-harness = { version = "0.1", default-features = false }
//! ```
//!
//! Everything of the library is [`libtv_harness`]; the crates under `doors/` build on that one, and the program on them.
#![deny(unsafe_code)]

#[cfg(feature = "program")]
mod cli;

pub use libtv_harness::*;

/// Runs the command line with the process's arguments: reads the environment, prints, handles signals. Commands of the
/// skill are passed on to the component, which has its own command line.
#[cfg(feature = "program")]
pub fn program() -> std::process::ExitCode {
    cli::main()
}

/// The same on a component that `load` loads, in place of the embedded one; it is told where compiled code is kept.
#[cfg(feature = "program")]
pub fn program_with(
    load: impl Fn(Option<&std::path::Path>) -> Result<Component, StartError> + Send + Sync + 'static,
) -> std::process::ExitCode {
    // The first one counts; there is one call in a process.
    let _ = cli::LOAD.set(Box::new(load));
    cli::main()
}
