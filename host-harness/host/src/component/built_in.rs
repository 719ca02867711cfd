//! The component that was built together with this library, and the code compiled from it beforehand, where the build
//! was given some (`build.rs`). Loading code is `unsafe`: here it is as trusted as the program it is a part of.

use wasmtime::Engine;
use wasmtime::component::Component;

/// The component.
pub(super) const COMPONENT: &[u8] = include_bytes!(env!("LIBTV_COMPONENT_FILE"));
/// Its SHA-256 in hex: computing it anew at each start would take milliseconds.
pub(super) const DIGEST: &str = env!("LIBTV_COMPONENT_SHA256");
/// Code compiled from it; empty when the build was given none.
const CODE: &[u8] = include_bytes!(env!("LIBTV_COMPILED_FILE"));

/// The component from the code that is built in. None without such code, or when it is for another engine: the engine
/// compares version, configuration and processor.
pub(super) fn load(engine: &Engine) -> Option<Component> {
    if CODE.is_empty() {
        return None;
    }
    // SAFETY: the bytes are a part of this program. The build took them only with the digest that their maker named, and
    // only when they were made from this component.
    #[allow(unsafe_code)]
    unsafe { Component::deserialize(engine, CODE) }.ok()
}

#[cfg(all(test, feature = "compiler"))]
mod tests {
    use super::*;
    use crate::component::Component as Linked;
    use sandbox::engine;

    #[test]
    fn code_compiled_for_any_processor_of_this_kind_fits_the_engine_that_runs_it() {
        let compiled = Linked::precompile_embedded().unwrap();
        let code = compiled
            .file
            .strip_prefix(DIGEST.as_bytes())
            .and_then(|rest| rest.strip_prefix(b"\n"))
            .unwrap();
        let engine = engine::new().unwrap();
        // SAFETY: the line above made it.
        #[allow(unsafe_code)]
        let loaded = unsafe { Component::deserialize(&engine, code) };
        assert!(loaded.is_ok(), "{:?}", loaded.err());
        assert_eq!(compiled.sha256.len(), 64);
    }
}
