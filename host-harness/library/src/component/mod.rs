//! The compiled component and the engine it runs on. Made once; every call takes a fresh instance from it.

mod cache;
mod engine;
mod link;

use std::path::Path;
use std::sync::Arc;

use wasmtime::Engine;
use wasmtime::component::InstancePre;
use wasmtime_wasi::p2::bindings::CommandPre;

use crate::bindings::LibtvVideoPre;
use crate::error::StartError;
use crate::sandbox::Guest;

/// The component that was built together with this library.
const EMBEDDED: &[u8] = include_bytes!(env!("LIBTV_COMPONENT_FILE"));

/// A component of the world `libtv:video/libtv-video`, compiled and linked. Cheap to clone.
#[derive(Clone)]
pub struct Component {
    inner: Arc<Inner>,
}

struct Inner {
    engine: Engine,
    typed: LibtvVideoPre<Guest>,
    command: Result<CommandPre<Guest>, String>,
    digest: String,
    _ticker: engine::Ticker,
}

impl Component {
    /// The component built together with this library. `cache` is a folder for compiled code, made private if need be;
    /// without one the component is compiled every time (about 0.1 s in a release build).
    ///
    /// # Errors
    /// [`StartError::Engine`] on a machine that can't run it.
    pub fn embedded(cache: Option<&Path>) -> Result<Self, StartError> {
        Self::from_bytes(EMBEDDED, cache)
    }

    /// Any component of the same world. WASI 0.2 is all it may import.
    ///
    /// # Errors
    /// [`StartError::Component`] when the bytes are no such component.
    pub fn from_bytes(bytes: &[u8], cache: Option<&Path>) -> Result<Self, StartError> {
        let engine = engine::new()?;
        let (component, digest) = cache::load(&engine, bytes, cache)?;
        let refuse = |error: wasmtime::Error| StartError::Component(format!("{error:#}"));
        let linker = link::linker(&engine).map_err(refuse)?;
        let pre = linker.instantiate_pre(&component).map_err(refuse)?;
        let command =
            CommandPre::new(InstancePre::clone(&pre)).map_err(|error| format!("{error:#}"));
        let typed = LibtvVideoPre::new(pre).map_err(refuse)?;
        let ticker = engine::Ticker::start(&engine)?;
        Ok(Self {
            inner: Arc::new(Inner {
                engine,
                typed,
                command,
                digest,
                _ticker: ticker,
            }),
        })
    }

    /// The bytes that [`embedded`](Self::embedded) runs, for whoever passes them on to another runtime.
    pub fn embedded_bytes() -> &'static [u8] {
        EMBEDDED
    }

    /// SHA-256 of the component, in hex: what was run, for a log.
    pub fn digest(&self) -> &str {
        &self.inner.digest
    }

    pub(crate) fn engine(&self) -> &Engine {
        &self.inner.engine
    }

    pub(crate) fn typed(&self) -> &LibtvVideoPre<Guest> {
        &self.inner.typed
    }

    pub(crate) fn command(&self) -> Result<&CommandPre<Guest>, &str> {
        self.inner.command.as_ref().map_err(String::as_str)
    }
}
