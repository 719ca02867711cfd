//! The component that was built together with this library, and the machine code that the build compiled from it
//! (`build.rs`). The code lies in the program's own text and is run where it lies: nothing is copied, no folder has to be
//! trusted, and the pages are shared by all processes of the program. Loading code is `unsafe`; this is as trusted as the
//! program it is a part of.

use std::ptr::NonNull;
use std::sync::atomic::{AtomicBool, Ordering};

use sandbox::engine::Code;
use sandbox::error::LoadError;
use wasmtime::Engine;
use wasmtime::component::Component;

/// The component.
pub(super) const COMPONENT: &[u8] = include_bytes!(env!("LIBTV_COMPONENT_FILE"));
/// Its SHA-256 in hex: computing it anew at each start would take milliseconds.
pub(super) const DIGEST: &str = env!("LIBTV_COMPONENT_SHA256");
/// How long the code is.
const CODE_BYTES: usize = include_bytes!(env!("LIBTV_COMPILED_FILE")).len();

/// Code says of its sections at which multiple of a page they begin, seen from its own beginning.
#[repr(C, align(4096))]
struct Pages([u8; CODE_BYTES]);

/// The code, among the program's own. Linkers put sections of such names with the text, which the system maps executable.
// SAFETY: it is read as bytes, and run only as what the engine below has found to be its own.
#[cfg_attr(
    target_vendor = "apple",
    allow(unsafe_code),
    unsafe(link_section = "__TEXT,__libtv")
)]
#[cfg_attr(
    not(target_vendor = "apple"),
    allow(unsafe_code),
    unsafe(link_section = ".text.libtv")
)]
static CODE: Pages = Pages(*include_bytes!(env!("LIBTV_COMPILED_FILE")));

/// Whether the code is in use where it lies. Wasmtime notes for the whole process which memory holds which code, and the same memory
/// can't be noted for a second engine while the first is there: that one gets a copy.
static IS_IN_USE: AtomicBool = AtomicBool::new(false);

/// The component from the code that is built in, on an engine that `engine` makes.
///
/// # Errors
/// [`LoadError::Component`] where the code is for another processor or system than this one, else those of `engine`.
pub(super) fn load(
    engine: fn(Code) -> Result<Engine, LoadError>,
) -> Result<(Engine, Component), LoadError> {
    let is_first = !IS_IN_USE.swap(true, Ordering::SeqCst);
    let engine = engine(if is_first {
        Code::BuiltIn
    } else {
        Code::Loaded
    })?;
    let component = if is_first {
        in_place(&engine)
    } else {
        copied(&engine)
    };
    Ok((engine, component?))
}

/// Runs the code where it is.
fn in_place(engine: &Engine) -> Result<Component, LoadError> {
    // SAFETY: the bytes are a part of this program, compiled from this component while it was built. They are never changed,
    // and there as long as the program.
    #[allow(unsafe_code)]
    unsafe { Component::deserialize_raw(engine, NonNull::from(CODE.0.as_slice())) }
        .map_err(|error| does_not_fit(&error))
}

/// Runs a copy of it.
fn copied(engine: &Engine) -> Result<Component, LoadError> {
    // SAFETY: as above.
    #[allow(unsafe_code)]
    unsafe { Component::deserialize(engine, CODE.0.as_slice()) }
        .map_err(|error| does_not_fit(&error))
}

/// What the user can do about it is to take another program: the engine compares processor, system and settings.
fn does_not_fit(error: &wasmtime::Error) -> LoadError {
    LoadError::Component(format!(
        "this program was built for {}, and its code doesn't fit the processor or the system it was started on ({error:#}). Trying again won't help: take the program that was made for this machine, or build it here",
        env!("LIBTV_TARGET")
    ))
}

/// Where the code lies.
#[cfg(test)]
pub(super) fn place() -> std::ops::Range<*const u8> {
    CODE.0.as_ptr_range()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_engine_that_the_code_does_not_fit_says_so_and_what_to_do() {
        let mut other = wasmtime::Config::new();
        other.epoch_interruption(false);
        let other = Engine::new(&other).unwrap();
        for refused in [in_place(&other), copied(&other)] {
            let said = refused.err().unwrap().to_string();
            assert!(said.contains("doesn't fit the processor"), "{said}");
            assert!(said.contains(env!("LIBTV_TARGET")), "{said}");
            assert!(said.contains("build it here"), "{said}");
        }
    }
}
