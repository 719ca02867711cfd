//! The component's world as Rust types, generated from `wit/`. Nothing is written by hand here.
#![allow(missing_docs, clippy::all)]

wasmtime::component::bindgen!({
    path: "../../wit",
    world: "libtv-video",
    exports: { default: async },
    require_store_data_send: true,
});

pub use libtv::video::types::{Event, Failure, SessionState};
