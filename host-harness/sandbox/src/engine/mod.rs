//! The engine that components run on: its configuration, and the tick by which it interrupts them.

mod ticker;

use std::sync::Arc;

use tokio::sync::{Semaphore, SemaphorePermit};
use wasmtime::{
    Config, CustomCodeMemory, Engine, InstanceAllocationStrategy, PoolingAllocationConfig,
};

use crate::error::LoadError;
use crate::limits::{
    INSTANCES, LIVE_INSTANCES, MEMORIES, MEMORY_BYTES, STACK_BYTES, TABLE_ELEMENTS, TABLES,
};

use ticker::Ticker;
pub use ticker::Ticking;

/// Where the machine code of a component is. An engine runs code of one of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    /// In the program's own text, which the system has made executable already.
    BuiltIn,
    /// In memory of its own: compiled by this process, read from a file, or a copy of the former.
    Loaded,
}

/// An engine that takes instances from a pool for `calls` at once, at most [`LIVE_INSTANCES`]; on a machine where the pool's address space can't be had (32 bits,
/// `ulimit -v`), one that allocates each on demand.
///
/// # Errors
/// [`LoadError::Engine`] where not even the latter can start.
pub fn pooled(code: Code, calls: u32) -> Result<Engine, LoadError> {
    let mut config = running(code);
    let pool = pool(calls.clamp(1, LIVE_INSTANCES));
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    Engine::new(&config).or_else(|_| on_demand(code))
}

/// An engine that allocates each instance on demand, for one call at a time: to set up the pool takes longer than a short
/// command. Compiled code fits both.
///
/// # Errors
/// [`LoadError::Engine`]: this machine can't run one.
pub fn on_demand(code: Code) -> Result<Engine, LoadError> {
    made(&running(code))
}

/// An engine with the tick that interrupts what runs on it: what a call needs of a component's place.
pub struct Machine {
    engine: Engine,
    ticker: Ticker,
    calls: u32,
    /// A place for each call that the pool has room for.
    places: Semaphore,
}

impl Machine {
    /// On this engine, for so many calls at once; its thread is started by the first one.
    pub fn new(engine: Engine, calls: u32) -> Self {
        Self {
            engine,
            ticker: Ticker::new(),
            calls,
            places: Semaphore::new(calls as usize),
        }
    }

    /// How many calls it has room for at once.
    pub fn calls(&self) -> u32 {
        self.calls
    }

    /// Waits for a place, which is free again when what is returned is dropped. Without one the pool would refuse the instance.
    pub async fn place(&self) -> Option<SemaphorePermit<'_>> {
        // It is never closed, so there always is one some time.
        self.places.acquire().await.ok()
    }

    /// What compiles and instantiates.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Lets the guest of a call be interrupted, until what is returned is dropped.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn tick(&self) -> std::io::Result<Ticking> {
        self.ticker.tick(&self.engine)
    }
}

/// An engine that compiles for the two above.
///
/// # Errors
/// [`LoadError::Engine`]: this machine can't run one.
#[cfg(feature = "compiler")]
pub fn compiling() -> Result<Engine, LoadError> {
    made(&base())
}

/// An engine that `tune` has had a say in. It allocates on demand: a pool would overrule what was said about memories.
///
/// # Errors
/// [`LoadError::Engine`]: the settings don't go together.
#[cfg(feature = "compiler")]
pub fn tuned(tune: impl FnOnce(&mut Config)) -> Result<Engine, LoadError> {
    let mut config = base();
    tune(&mut config);
    made(&config)
}

fn made(config: &Config) -> Result<Engine, LoadError> {
    Engine::new(config).map_err(refused)
}

fn refused(error: wasmtime::Error) -> LoadError {
    LoadError::Engine(format!("{error:#}"))
}

/// Without the compiler, where there is one: to set it up takes time and memory.
fn running(code: Code) -> Config {
    let mut config = base();
    #[cfg(feature = "compiler")]
    config.enable_compiler(false);
    match code {
        Code::BuiltIn => config.with_custom_code_memory(Some(Arc::new(InText))),
        Code::Loaded => &mut config,
    };
    config
}

/// What every engine here has in common. It is part of the digest by which compiled code is found, so that
/// code made under another configuration is not loaded but made anew.
fn base() -> Config {
    let mut config = compile::settings();
    config.max_wasm_stack(STACK_BYTES);
    config.native_unwind_info(cfg!(windows));
    config
}

/// Code in the program's own text: it was mapped executable and unwritable when the program started, and stays so.
struct InText;

impl CustomCodeMemory for InText {
    fn required_alignment(&self) -> usize {
        // Nobody's rights are changed, so no whole pages are needed.
        1
    }

    fn publish_executable(&self, _: *const u8, _: usize) -> wasmtime::Result<()> {
        Ok(())
    }

    fn unpublish_executable(&self, _: *const u8, _: usize) -> wasmtime::Result<()> {
        Ok(())
    }
}

/// Places for `calls` at once, each with the most that a call may have.
fn pool(calls: u32) -> PoolingAllocationConfig {
    let mut pool = PoolingAllocationConfig::new();
    let per_store = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    // The totals go by what a component has and not by the most that one may have: about four core modules
    // and two tables come of wit-bindgen, and every place in the pool costs address space whether it is
    // used or not.
    pool.total_component_instances(calls)
        .total_core_instances(calls * 8)
        .total_memories(calls)
        .total_tables(calls * 4)
        .total_stacks(calls)
        .max_memory_size(MEMORY_BYTES)
        .table_elements(TABLE_ELEMENTS)
        .max_core_instances_per_component(per_store(INSTANCES))
        .max_tables_per_component(per_store(TABLES))
        .max_memories_per_component(per_store(MEMORIES));
    pool
}
