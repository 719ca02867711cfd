//! The component: the skill's core, driven by WASI 0.2.
//!
//! Two entries lead in, the typed exports of `wit/world.wit` (`exports`) and the command line
//! (`command`); both run procedures of the core, whose effects `drive` performs. There is no logic of
//! the skill here, and no state: every call starts from the files.

// A native build exists for the unit tests alone: nobody calls the exports there.
#![cfg_attr(not(target_arch = "wasm32"), allow(dead_code))]

mod command;
mod drive;
mod environment;
mod exports;
mod input;
mod settings;

/// The world in Rust, as `guest/bindings` writes it.
#[allow(missing_docs, clippy::all, clippy::unwrap_used)]
#[rustfmt::skip]
mod bindings;

/// Who implements the world's exports.
struct Component;

impl wasip2::exports::cli::run::Guest for Component {
    fn run() -> Result<(), ()> {
        command::run()
    }
}

// In a native build the exported names would not link.
#[cfg(target_arch = "wasm32")]
bindings::export!(Component with_types_in bindings);
#[cfg(target_arch = "wasm32")]
wasip2::cli::command::export!(Component);
