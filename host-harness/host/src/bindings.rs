//! The component's world as Rust functions, generated from `wit/`. The records are those of `types`; by hand is only what the
//! macro looks for beside them.
#![allow(missing_docs, dead_code, clippy::all)]

wasmtime::component::bindgen!({
    path: "../../wit",
    world: "libtv-video",
    exports: { default: async },
    require_store_data_send: true,
    with: { "libtv:video/types": crate::bindings::interface },
});

/// The interface `types` as the macro would make it: it has no functions, so there is nothing to implement or to link.
pub mod interface {
    use wasmtime::component::{HasData, Linker};

    pub use crate::types::*;

    pub trait HostWithStore<T>: HasData {}

    impl<T, D: HasData + ?Sized> HostWithStore<T> for D {}

    pub trait Host {}

    impl<T: ?Sized> Host for T {}

    pub fn add_to_linker<T, D: HasData>(
        _: &mut Linker<T>,
        _: fn(&mut T) -> D::Data<'_>,
    ) -> wasmtime::Result<()> {
        Ok(())
    }
}
