//! The component as machine code and the engine it runs on. Made once; every call takes a fresh instance from it.

mod built_in;

#[cfg(feature = "compiler")]
use std::path::Path;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use wasmtime::Engine;
use wasmtime::component::InstancePre;
use wasmtime_wasi::p2::bindings::CommandPre;

#[cfg(feature = "compiler")]
use sandbox::component::cache;
use sandbox::component::{link, refused};
use sandbox::engine::{self, Code, Machine};
use sandbox::error::LoadError;

use crate::bindings::LibtvVideoPre;
use crate::error::StartError;
use crate::limits::{EMBEDDED_INSTANCES, LIVE_INSTANCES};
use sandbox::call::Guest;

/// A component of the world `libtv:video/libtv-video`, compiled and linked. Cheap to clone.
#[derive(Clone)]
pub struct Component {
    inner: Arc<Inner>,
}

/// Shared by all clones.
struct Inner {
    machine: Machine,
    /// The typed exports. Imports are resolved already, so that a call only has to instantiate.
    typed: LibtvVideoPre<Guest>,
    /// The command line, or why the component has none: an embedder's may have the typed exports alone.
    command: Result<CommandPre<Guest>, String>,
    /// SHA-256 of the component's bytes, in hex.
    digest: String,
    /// Where compiled code is kept; the built-in needs no such place.
    cache: Option<PathBuf>,
}

impl Component {
    /// The component built together with this library, as the machine code that the build made of it. Nothing is compiled, and
    /// nothing is kept anywhere. It is loaded once: whoever asks again gets a clone.
    ///
    /// # Errors
    /// [`StartError::Engine`] on a machine that can't run it. [`StartError::Component`] where the program was built for another
    /// kind of processor or system.
    ///
    /// It has room for [`EMBEDDED_INSTANCES`] calls at once; further ones wait for a place.
    pub fn embedded() -> Result<Self, StartError> {
        static POOLED: Mutex<Option<Component>> = Mutex::new(None);
        let engine = |code| engine::pooled(code, EMBEDDED_INSTANCES);
        Self::embedded_once(&POOLED, engine, EMBEDDED_INSTANCES)
    }

    /// The same with room for as many calls at once as one process may make ([`LIVE_INSTANCES`]): for a timer of hundreds of steps.
    ///
    /// # Errors
    /// As above.
    pub fn embedded_for_many() -> Result<Self, StartError> {
        static LARGE: Mutex<Option<Component>> = Mutex::new(None);
        let engine = |code| engine::pooled(code, LIVE_INSTANCES);
        Self::embedded_once(&LARGE, engine, LIVE_INSTANCES)
    }

    /// The same for a process that makes one call at a time and soon ends: it starts in less time, since there is no pool
    /// to set up.
    ///
    /// # Errors
    /// As above.
    pub fn embedded_for_one_call() -> Result<Self, StartError> {
        static ON_DEMAND: Mutex<Option<Component>> = Mutex::new(None);
        Self::embedded_once(&ON_DEMAND, engine::on_demand, LIVE_INSTANCES)
    }

    fn embedded_once(
        loaded: &Mutex<Option<Self>>,
        engine: fn(Code) -> Result<Engine, LoadError>,
        calls: u32,
    ) -> Result<Self, StartError> {
        // Nothing that it guards can be half done.
        let mut loaded = loaded.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(component) = &*loaded {
            return Ok(component.clone());
        }
        let (engine, component) = built_in::load(engine)?;
        let machine = Machine::new(engine, calls);
        let component = Self::of(machine, &component, built_in::DIGEST.to_owned(), None)?;
        Ok(loaded.insert(component).clone())
    }

    /// Any component of the same world. WASI 0.2 is all it may import. It takes up to a second to compile; what comes of that is
    /// kept in `cache`, a folder that is made private if need be.
    ///
    /// # Errors
    /// [`StartError::Component`] when the bytes are no such component.
    #[cfg(feature = "compiler")]
    pub fn from_bytes(bytes: &[u8], cache: Option<&Path>) -> Result<Self, StartError> {
        let engine = engine::pooled(Code::Loaded, LIVE_INSTANCES)?;
        Self::on(engine, engine::compiling, bytes, cache)
    }

    /// [`from_bytes`](Self::from_bytes) on an engine that `tune` has had a say in: memories of the caller's own, for
    /// instance. Instances are allocated on demand then, not from a pool. Its argument is wasmtime's own, whose version changes
    /// with this library's: hence the feature `unstable`.
    ///
    /// # Errors
    /// As above, and [`StartError::Engine`] for settings that don't go together.
    #[cfg(all(feature = "compiler", feature = "unstable"))]
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
        let compiled = cache::load(&engine, compiler, (bytes, &digest), cache)?;
        let machine = Machine::new(engine, LIVE_INSTANCES);
        Self::of(machine, &compiled, digest, cache.map(Path::to_owned))
    }

    fn of(
        machine: Machine,
        component: &wasmtime::component::Component,
        digest: String,
        cache: Option<PathBuf>,
    ) -> Result<Self, StartError> {
        let linker = link::linker(machine.engine()).map_err(refused)?;
        let pre = linker.instantiate_pre(component).map_err(refused)?;
        let command =
            CommandPre::new(InstancePre::clone(&pre)).map_err(|error| format!("{error:#}"));
        // The exports are looked up once; a component of another world is refused here and not at its first
        // call.
        let typed = LibtvVideoPre::new(pre).map_err(refused)?;
        Ok(Self {
            inner: Arc::new(Inner {
                machine,
                typed,
                command,
                digest,
                cache,
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
    pub(crate) fn cache(&self) -> Option<&std::path::Path> {
        self.inner.cache.as_deref()
    }

    /// How many steps a timer may have at once on it: the rest of its places are for calls beside them.
    pub(crate) fn steps_at_once(&self) -> usize {
        self.inner.machine.calls() as usize * 4 / 5
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_is_run_where_it_lies_once_and_whoever_asks_again_gets_the_same() {
        let of = |component: &Component| {
            let pre: &InstancePre<Guest> = component.typed().instance_pre();
            pre.component().image_range()
        };
        let [first, second] = [(); 2].map(|()| Component::embedded().unwrap());
        let [third, fourth] = [(); 2].map(|()| Component::embedded_for_one_call().unwrap());
        assert_eq!(of(&first), of(&second));
        assert_eq!(of(&third), of(&fourth));
        let large = Component::embedded_for_many().unwrap();
        let places = [of(&first), of(&third), of(&large)];
        let in_place = places.iter().filter(|range| **range == built_in::place());
        assert_eq!(in_place.count(), 1, "{places:?}");
    }

    #[test]
    fn an_embedding_program_has_a_small_pool_and_a_timer_leaves_some_of_it_to_calls() {
        let small = Component::embedded().unwrap();
        assert_eq!(small.inner.machine.calls(), EMBEDDED_INSTANCES);
        assert!(small.steps_at_once() > crate::limits::PARALLEL_STEPS);
        assert!(small.steps_at_once() < EMBEDDED_INSTANCES as usize);
        // Exactly what a timer may be asked for.
        let most = Component::embedded_for_many().unwrap().steps_at_once();
        assert_eq!(most, crate::limits::MAX_PARALLEL_STEPS);
    }
}
