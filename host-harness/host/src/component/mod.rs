//! The compiled component and the engine it runs on. Made once; every call takes a fresh instance from it.

mod built_in;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use wasmtime::Engine;
use wasmtime::component::InstancePre;
use wasmtime_wasi::p2::bindings::CommandPre;

#[cfg(feature = "compiler")]
use sandbox::component::cache;
use sandbox::component::{link, refused};
use sandbox::engine::{self, Effort, Machine};
use sandbox::error::LoadError;

use crate::bindings::LibtvVideoPre;
use crate::error::StartError;
use sandbox::call::Guest;

/// A component of the world `libtv:video/libtv-video`, compiled and linked. Cheap to clone.
#[derive(Clone)]
pub struct Component {
    inner: Arc<Inner>,
}

/// Code that a build takes with it: `LIBTV_PRECOMPILED` names the file, `LIBTV_PRECOMPILED_SHA256` its digest.
#[cfg(feature = "compiler")]
#[derive(Debug, Clone)]
pub struct Precompiled {
    /// The component's digest, a line end, the code.
    pub file: Vec<u8>,
    /// The file's SHA-256, in hex.
    pub sha256: String,
}

/// Shared by all clones: compiled code is megabytes.
struct Inner {
    machine: Machine,
    /// The typed exports. Imports are resolved already, so that a call only has to instantiate.
    typed: LibtvVideoPre<Guest>,
    /// The command line, or why the component has none: an embedder's may have the typed exports alone.
    command: Result<CommandPre<Guest>, String>,
    /// SHA-256 of the component's bytes, in hex.
    digest: String,
    /// Where compiled code is kept.
    cache: Option<PathBuf>,
}

impl Component {
    /// The component built together with this library: from code that was compiled beforehand and built in, else from
    /// `cache`, a folder for compiled code, made private if need be; else it is compiled, which takes up to a second once.
    ///
    /// # Errors
    /// [`StartError::Engine`] on a machine that can't run it. [`StartError::Component`] when nothing is built in that fits
    /// this machine, and there is no compiler (the feature `compiler`).
    pub fn embedded(cache: Option<&Path>) -> Result<Self, StartError> {
        Self::embedded_on(engine::new()?, Effort::Full, cache)
    }

    /// The same where the code is there already, built in or in `cache`; `None` where it would have to be compiled. Compiling takes
    /// tens of megabytes, which the process has from then on: one that is to stay small has another one do it, and asks again.
    ///
    /// # Errors
    /// [`StartError::Engine`] on a machine that can't run it.
    pub fn embedded_if_compiled(cache: Option<&Path>) -> Result<Option<Self>, StartError> {
        let engine = engine::new()?;
        let compiled = built_in::load(&engine).or_else(|| find_embedded(&engine, cache));
        compiled
            .map(|compiled| Self::of(engine, &compiled, built_in::DIGEST.to_owned(), cache))
            .transpose()
    }

    /// The same for a process that makes one call at a time and soon ends: it starts in less time, since there is no pool
    /// to set up, and where it has to compile it takes the quick way, for code that is larger and slower. Many calls are
    /// what [`embedded`](Self::embedded) is for, which compiles anew then, and leaves better code for both.
    ///
    /// # Errors
    /// As above.
    pub fn embedded_for_one_call(cache: Option<&Path>) -> Result<Self, StartError> {
        Self::embedded_on(engine::on_demand()?, Effort::Quick, cache)
    }

    fn embedded_on(
        engine: Engine,
        effort: Effort,
        cache: Option<&Path>,
    ) -> Result<Self, StartError> {
        let compiled = match built_in::load(&engine) {
            Some(compiled) => compiled,
            None => compile_embedded(&engine, effort, cache)?,
        };
        Self::of(engine, &compiled, built_in::DIGEST.to_owned(), cache)
    }

    /// Any component of the same world. WASI 0.2 is all it may import.
    ///
    /// # Errors
    /// [`StartError::Component`] when the bytes are no such component.
    #[cfg(feature = "compiler")]
    pub fn from_bytes(bytes: &[u8], cache: Option<&Path>) -> Result<Self, StartError> {
        let compiler = || engine::compiling(Effort::Full);
        Self::on(engine::new()?, compiler, bytes, cache)
    }

    /// [`from_bytes`](Self::from_bytes) on an engine that `tune` has had a say in: memories of the caller's own, for
    /// instance. Instances are allocated on demand then, not from a pool.
    ///
    /// # Errors
    /// As above, and [`StartError::Engine`] for settings that don't go together.
    #[cfg(feature = "compiler")]
    pub fn with_engine(
        bytes: &[u8],
        cache: Option<&Path>,
        tune: impl FnOnce(&mut wasmtime::Config),
    ) -> Result<Self, StartError> {
        let engine = engine::tuned(tune)?;
        Self::on(engine.clone(), || Ok(engine), bytes, cache)
    }

    #[cfg(feature = "compiler")]
    fn on(
        engine: Engine,
        compiler: impl FnOnce() -> Result<Engine, LoadError>,
        bytes: &[u8],
        cache: Option<&Path>,
    ) -> Result<Self, StartError> {
        use sha2::{Digest, Sha256};
        let digest = cache::hex(&Sha256::digest(bytes));
        let compiled = cache::load(&engine, compiler, Effort::Full, (bytes, &digest), cache)?;
        Self::of(engine, &compiled, digest, cache)
    }

    /// The embedded component, compiled for any processor of this kind.
    ///
    /// # Errors
    /// [`StartError`] where the compiler refuses.
    #[cfg(feature = "compiler")]
    pub fn precompile_embedded() -> Result<Precompiled, StartError> {
        use sha2::{Digest, Sha256};
        let code = cache::compile(
            &engine::for_shipping(env!("LIBTV_TARGET"))?,
            built_in::COMPONENT,
        )?;
        let file = [built_in::DIGEST.as_bytes(), b"\n", &code].concat();
        let sha256 = cache::hex(&Sha256::digest(&file));
        Ok(Precompiled { file, sha256 })
    }

    fn of(
        engine: Engine,
        component: &wasmtime::component::Component,
        digest: String,
        cache: Option<&Path>,
    ) -> Result<Self, StartError> {
        let linker = link::linker(&engine).map_err(refused)?;
        let pre = linker.instantiate_pre(component).map_err(refused)?;
        let command =
            CommandPre::new(InstancePre::clone(&pre)).map_err(|error| format!("{error:#}"));
        // The exports are looked up once; a component of another world is refused here and not at its first
        // call.
        let typed = LibtvVideoPre::new(pre).map_err(refused)?;
        Ok(Self {
            inner: Arc::new(Inner {
                machine: Machine::new(engine),
                typed,
                command,
                digest,
                cache: cache.map(Path::to_owned),
            }),
        })
    }

    /// The bytes that [`embedded`](Self::embedded) runs, for whoever passes them on to another runtime.
    pub fn embedded_bytes() -> &'static [u8] {
        built_in::COMPONENT
    }

    /// SHA-256 of the component, in hex: what was run, for a log.
    pub fn digest(&self) -> &str {
        &self.inner.digest
    }

    /// Where compiled code is kept: nobody else has business there.
    pub(crate) fn cache(&self) -> Option<&Path> {
        self.inner.cache.as_deref()
    }

    /// Where its calls run.
    pub(crate) fn machine(&self) -> &Machine {
        &self.inner.machine
    }

    /// The typed exports, linked and ready to be instantiated.
    pub(crate) fn typed(&self) -> &LibtvVideoPre<Guest> {
        &self.inner.typed
    }

    /// The command line, linked in the same way.
    ///
    /// # Errors
    /// Why it has none, as a clause.
    pub(crate) fn command(&self) -> Result<&CommandPre<Guest>, &str> {
        self.inner.command.as_ref().map_err(String::as_str)
    }
}

#[cfg(feature = "compiler")]
fn compile_embedded(
    engine: &Engine,
    effort: Effort,
    folder: Option<&Path>,
) -> Result<wasmtime::component::Component, LoadError> {
    let component = (built_in::COMPONENT, built_in::DIGEST);
    let compiler = || engine::compiling(effort);
    cache::load(engine, compiler, effort, component, folder)
}

/// From the cache.
#[cfg(feature = "compiler")]
fn find_embedded(engine: &Engine, folder: Option<&Path>) -> Option<wasmtime::component::Component> {
    cache::find(engine, Effort::Full, built_in::DIGEST, folder?)
}

#[cfg(not(feature = "compiler"))]
fn find_embedded(_: &Engine, _: Option<&Path>) -> Option<wasmtime::component::Component> {
    None
}

#[cfg(not(feature = "compiler"))]
fn compile_embedded(
    _: &Engine,
    _: Effort,
    _: Option<&Path>,
) -> Result<wasmtime::component::Component, LoadError> {
    Err(LoadError::Component(
        "this build has no compiler, and no compiled code that fits this machine".to_owned(),
    ))
}
