//! The engine that components run on: its configuration, and the tick by which it interrupts them.

mod ticker;

use wasmtime::{Config, Engine, InstanceAllocationStrategy, PoolingAllocationConfig};
#[cfg(feature = "compiler")]
use wasmtime::{OptLevel, RegallocAlgorithm};

use crate::error::LoadError;
use crate::limits::{
    INSTANCES, LIVE_INSTANCES, MEMORIES, MEMORY_BYTES, STACK_BYTES, TABLE_ELEMENTS, TABLES,
};

use ticker::Ticker;
pub use ticker::Ticking;

/// An engine that takes instances from a pool; on a machine where the pool's address space can't be had (32 bits,
/// `ulimit -v`), one that allocates each on demand.
///
/// # Errors
/// [`LoadError::Engine`] where not even the latter can start.
pub fn new() -> Result<Engine, LoadError> {
    let mut config = running();
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool()));
    Engine::new(&config).or_else(|_| on_demand())
}

/// An engine that allocates each instance on demand, for one call at a time: to set up the pool takes longer than a short
/// command. Compiled code fits both.
///
/// # Errors
/// [`LoadError::Engine`]: this machine can't run one.
pub fn on_demand() -> Result<Engine, LoadError> {
    made(&running())
}

/// An engine with the tick that interrupts what runs on it: what a call needs of a component's place.
pub struct Machine {
    engine: Engine,
    ticker: Ticker,
}

impl Machine {
    /// On this engine; its thread is started by the first call.
    pub fn new(engine: Engine) -> Self {
        Self {
            engine,
            ticker: Ticker::new(),
        }
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

/// How much the compiler takes upon itself. The code does the same, and any engine here runs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effort {
    /// Half the time, for code that is three quarters larger: for a command that somebody waits for.
    Quick,
    /// The best code, for what runs long or often.
    Full,
}

/// An engine that compiles for the two above.
///
/// # Errors
/// [`LoadError::Engine`]: this machine can't run one.
#[cfg(feature = "compiler")]
pub fn compiling(effort: Effort) -> Result<Engine, LoadError> {
    let mut config = base();
    match effort {
        Effort::Quick => config
            .cranelift_opt_level(OptLevel::None)
            .cranelift_regalloc_algorithm(RegallocAlgorithm::SinglePass),
        Effort::Full => &mut config,
    };
    made(&config)
}

/// An engine that compiles for any processor of the kind `target` (a triple as rustc names it), not only for the one it
/// runs on.
///
/// # Errors
/// [`LoadError::Engine`]: the compiler doesn't know the target.
#[cfg(feature = "compiler")]
pub fn for_shipping(target: &str) -> Result<Engine, LoadError> {
    let mut config = base();
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool()));
    config
        .target(target)
        .and_then(|config| Engine::new(config))
        .map_err(refused)
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

/// Without the compiler: to set it up takes time and memory, and most processes find their code compiled.
fn running() -> Config {
    #[cfg_attr(not(feature = "compiler"), allow(unused_mut))]
    let mut config = base();
    #[cfg(feature = "compiler")]
    config.enable_compiler(false);
    config
}

/// What every engine here has in common. It is part of the digest by which compiled code is found, so that
/// code made under another configuration is not loaded but made anew.
fn base() -> Config {
    let mut config = Config::new();
    // Epochs cost 30 % of parsing speed where fuel costs 50 %, and they let the wall clock and other steps in.
    config.epoch_interruption(true);
    config.max_wasm_stack(STACK_BYTES);
    // WASI 0.2 has no concurrency inside an instance.
    config.concurrency_support(false);
    // For tools that unwind through the component's frames. wasmtime does without, but Windows asks for it.
    if !cfg!(windows) {
        config.native_unwind_info(false);
    }
    // Tells where in the component's bytes a trap was; without names in them it tells nobody anything.
    config.generate_address_map(false);
    config
}

/// Places for [`LIVE_INSTANCES`] calls at once, each with the most that a call may have.
fn pool() -> PoolingAllocationConfig {
    let mut pool = PoolingAllocationConfig::new();
    let per_store = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    // The totals go by what a component has and not by the most that one may have: about four core modules
    // and two tables come of wit-bindgen, and every place in the pool costs address space whether it is
    // used or not.
    pool.total_component_instances(LIVE_INSTANCES)
        .total_core_instances(LIVE_INSTANCES * 8)
        .total_memories(LIVE_INSTANCES)
        .total_tables(LIVE_INSTANCES * 4)
        .total_stacks(LIVE_INSTANCES)
        .max_memory_size(MEMORY_BYTES)
        .table_elements(TABLE_ELEMENTS)
        .max_core_instances_per_component(per_store(INSTANCES))
        .max_tables_per_component(per_store(TABLES))
        .max_memories_per_component(per_store(MEMORIES));
    pool
}
